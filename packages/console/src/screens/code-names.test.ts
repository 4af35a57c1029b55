import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROUTES, VIEWS } from '@meridian/api';
import { codeName } from './code-names.ts';

test('[DS-10] every action that a route or a view asks for has a Chinese name', () => {
  const asked = [...ROUTES.map(({ action }) => action), ...Object.values(VIEWS).map(({ action }) => action)];
  const unnamed = asked.filter((action) => action !== null && !/\p{Script=Han}/u.test(codeName('action', action, 'zh')));
  assert.deepEqual([...new Set(unnamed)], []);
  assert.ok(asked.length > 40);
});

test('a code that has no name is shown as it is, in English always', () => {
  assert.equal(codeName('rule', 'a-new-rule', 'zh'), 'a-new-rule');
  assert.equal(codeName('rule', 'margin-lock', 'zh'), '锁定初始保证金');
  assert.equal(codeName('rule', 'margin-lock', 'en'), 'margin-lock');
});

test('a refusal of the audit log keeps its reason', () => {
  assert.equal(codeName('outcome', 'refused: WRONG_CREDENTIAL', 'zh'), '拒绝：WRONG_CREDENTIAL');
  assert.equal(codeName('outcome', 'refused', 'zh'), '拒绝');
});
