import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeName } from '../code-names.ts';
import { toneOf } from './tone.ts';

test('[DS-14] an outcome that nobody knows is louder than a refusal, and both it and a beginning have a Chinese name', () => {
  assert.equal(toneOf('outcome unknown'), 'bad');
  assert.equal(toneOf('begun'), 'mild');
  assert.equal(toneOf('refused: WRONG_CREDENTIAL'), 'warn');
  assert.equal(toneOf('failed'), 'warn');
  assert.equal(toneOf('done'), '');
  for (const each of ['outcome unknown', 'begun']) assert.match(codeName('outcome', each, 'zh'), /\p{Script=Han}/u);
});
