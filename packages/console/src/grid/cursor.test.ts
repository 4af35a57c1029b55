import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Cursor, moveCursor, spanOf } from './cursor.ts';

const press = (cursor: Cursor, key: string, held: { ctrlKey?: boolean; shiftKey?: boolean } = {}) =>
  moveCursor(cursor, { key, ctrlKey: false, shiftKey: false, ...held }, 100, 5, 20);

test('arrows move a cell, pages a window, Home and End a row, with Ctrl the whole grid', () => {
  const at: Cursor = { row: 10, column: 2, anchor: 10 };
  assert.deepEqual(press(at, 'ArrowDown'), { row: 11, column: 2, anchor: 11 });
  assert.deepEqual(press(at, 'PageDown'), { row: 30, column: 2, anchor: 30 });
  assert.deepEqual(press(at, 'End'), { row: 10, column: 4, anchor: 10 });
  assert.deepEqual(press(at, 'End', { ctrlKey: true }), { row: 99, column: 4, anchor: 99 });
  assert.deepEqual(press(at, 'Home', { ctrlKey: true }), { row: 0, column: 0, anchor: 0 });
  assert.equal(press(at, 'x'), undefined);
});

test('the header is above the first row, and a range never reaches into it', () => {
  const first: Cursor = { row: 0, column: 0, anchor: 0 };
  assert.equal(press(first, 'ArrowUp')?.row, -1);
  assert.deepEqual(press(first, 'ArrowUp', { shiftKey: true }), first);
  assert.deepEqual(spanOf(press({ row: 5, column: 0, anchor: 5 }, 'ArrowUp', { shiftKey: true }) as Cursor), [4, 5]);
});

test('no sequence of keys leaves the grid', () => {
  const keys = fc.constantFrom('ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End');
  fc.assert(
    fc.property(fc.array(fc.tuple(keys, fc.boolean(), fc.boolean())), (strokes) => {
      let cursor: Cursor = { row: 0, column: 0, anchor: 0 };
      for (const [key, ctrlKey, shiftKey] of strokes) cursor = press(cursor, key, { ctrlKey, shiftKey }) as Cursor;
      const [first, last] = spanOf(cursor);
      assert.ok(cursor.row >= -1 && cursor.row < 100 && cursor.column >= 0 && cursor.column < 5 && first >= -1 && last < 100);
    }),
  );
});
