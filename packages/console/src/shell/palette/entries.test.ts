import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ranked } from './entries.ts';

const screens = [
  { title: { zh: '额度与租约', en: 'Limits and leases' }, code: 'LIM' },
  { title: { zh: '簿记总账', en: 'Ledger' }, code: 'LED' },
  { title: { zh: '委托', en: 'Orders' }, code: 'ORD' },
];
const found = (typed: string) => ranked(screens, typed, 'zh').map((each) => each.code);

test('a function code is found first, then what begins so, in either language whatever is shown', () => {
  assert.deepEqual(found('led'), ['LED']);
  assert.deepEqual(found('l'), ['LIM', 'LED']);
  assert.deepEqual(found('orders'), ['ORD']);
  assert.deepEqual(found('租约'), ['LIM']);
  assert.deepEqual(found('zzz'), []);
});

test('nothing typed offers everything in the order in which it stands on the rail', () => {
  assert.deepEqual(found('  '), ['LIM', 'LED', 'ORD']);
});
