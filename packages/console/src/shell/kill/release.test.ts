import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releaseOf } from './release-target.ts';

test('[RC-l] a switch’s name says what is to be released; an order that was taken back stays so', () => {
  assert.deepEqual(releaseOf({ id: 'firm', scope: 'firm' }), { scope: 'firm' });
  assert.deepEqual(releaseOf({ id: 'market:ARCX', scope: 'market' }), { scope: 'market', market: 'ARCX' });
  assert.deepEqual(releaseOf({ id: 'account:7', scope: 'account' }), { scope: 'account', id: '7' });
  assert.equal(releaseOf({ id: 'order:9', scope: 'order' }), undefined);
});
