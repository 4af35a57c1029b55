import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { finish, HashIndex, hashBytes, hashBytesAgain } from './column.ts';
import { PositionTable } from './position-table.ts';

test('two hashes of a million neighbouring execution ids never collide together', () => {
  const view = new DataView(new ArrayBuffer(16));
  const seen = new Map<number, number[]>();
  let collisions = 0;
  for (let n = 0; n < 1_000_000; n++) {
    const text = `E${n.toString(36)}`;
    for (let i = 0; i < text.length; i++) view.setUint8(i, text.charCodeAt(i));
    const a = hashBytes(3, view, 0, text.length);
    const b = hashBytesAgain(3, view, 0, text.length);
    const others = seen.get(a);
    if (others === undefined) seen.set(a, [b]);
    else {
      collisions++;
      assert.ok(!others.includes(b), text);
      others.push(b);
    }
  }
  // One hash of 32 bits alone does collide among so many; were it otherwise this would prove nothing.
  assert.ok(collisions > 20);
});

test('an index finds exactly the rows that were put in and not taken out', () => {
  const operation = fc.record({ key: fc.integer({ min: 0, max: 60 }), put: fc.boolean() });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
      const index = new HashIndex();
      const there = new Set<number>();
      // Few distinct hashes: long runs, wrapping round the end.
      const hash = (key: number) => finish(key % 7) | 0xe;
      for (const { key, put } of operations) {
        if (put && !there.has(key)) {
          index.insert(key, hash(key));
          there.add(key);
        } else if (!put && there.delete(key)) index.remove(key, hash(key));
      }
      for (let key = 0; key <= 60; key++) {
        let found = false;
        for (let at = hash(key) & index.mask; (index.cells[at * 2] as number) >= 0; at = (at + 1) & index.mask)
          if (index.cells[at * 2] === key) found = true;
        assert.equal(found, there.has(key));
      }
    }),
  );
});

test('a table whose rows lie whole keeps every column of every row as it grows', () => {
  const positions = new PositionTable();
  const rows = Array.from({ length: 100 }, (_, i) => positions.row(1 + (i % 7), i));
  rows.forEach((row, i) => {
    positions.long[row] = i + 0.5;
    positions.closingShort[row] = -i;
  });
  for (let i = 100; i < 5_000; i++) positions.row(1, i);
  positions.reserve(10_000);
  rows.forEach((row, i) => {
    assert.equal(positions.find(1 + (i % 7), i), row);
    assert.deepEqual([positions.long[row], positions.closingShort[row], positions.short[row]], [i + 0.5, -i, 0]);
  });
  assert.deepEqual([...positions.rows()].slice(0, 100), rows);
});
