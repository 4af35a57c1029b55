import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reconcile } from './recon.ts';

interface Row {
  readonly id: string;
  readonly quantity: bigint;
}
const keys = { left: (row: Row) => row.id, right: (row: Row) => row.id };
const fields = [{ name: 'quantity', left: (row: Row) => row.quantity, right: (row: Row) => row.quantity }];

test('[CL-2] missing, extra, duplicate and mismatched rows are told apart, with the difference', () => {
  const ours = [
    { id: 'a', quantity: 100n },
    { id: 'b', quantity: 200n },
    { id: 'c', quantity: 300n },
    { id: 'e', quantity: 1n },
  ];
  const theirs = [
    { id: 'a', quantity: 100n },
    { id: 'b', quantity: 150n },
    { id: 'd', quantity: 400n },
    { id: 'e', quantity: 1n },
    { id: 'e', quantity: 1n },
  ];
  const { matched, breaks } = reconcile(ours, theirs, keys, fields);
  assert.deepEqual(
    matched.map((pair) => pair.key),
    ['a'],
  );
  assert.deepEqual(breaks, [
    { kind: 'mismatch', key: 'b', field: 'quantity', left: '200', right: '150', difference: '50' },
    { kind: 'missing', key: 'c', field: '', left: '1', right: '0', difference: null },
    { kind: 'extra', key: 'd', field: '', left: '0', right: '1', difference: null },
    { kind: 'duplicate', key: 'e', field: '', left: '1', right: '2', difference: null },
  ]);
});

test('every key of both sides ends either matched or broken, whatever the order of rows', () => {
  const row = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), quantity: fc.bigInt(0n, 2n) });
  fc.assert(
    fc.property(fc.array(row), fc.array(row), (left, right) => {
      const once = reconcile(left, right, keys, fields);
      const seen = new Set([...once.matched.map((pair) => pair.key), ...once.breaks.map((found) => found.key)]);
      assert.deepEqual(seen, new Set([...left, ...right].map((r) => r.id)));
      for (const pair of once.matched) assert.equal(pair.left.quantity, pair.right.quantity);
      assert.deepEqual(reconcile([...left].reverse(), [...right].reverse(), keys, fields).breaks, once.breaks);
    }),
  );
});

test('a stated tolerance accepts a difference up to it and none beyond', () => {
  const near = [{ ...(fields[0] as (typeof fields)[0]), tolerance: 5n }];
  assert.equal(reconcile([{ id: 'a', quantity: 10n }], [{ id: 'a', quantity: 15n }], keys, near).breaks.length, 0);
  assert.equal(reconcile([{ id: 'a', quantity: 10n }], [{ id: 'a', quantity: 16n }], keys, near).breaks.length, 1);
});
