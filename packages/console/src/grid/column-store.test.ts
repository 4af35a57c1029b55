import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ColumnStore, compareCells } from './column-store.ts';
import type { Cell } from './source.ts';

const at = (store: ColumnStore) => Array.from({ length: store.total }, (_, row) => store.keyAt(row));
function ticking() {
  const due: (() => void)[] = [];
  return {
    world: { later: (run: () => void) => void due.push(run) },
    tick: () => {
      for (const run of due.splice(0)) run();
    },
  };
}

test('rows sort by value: decimals as numbers, words by their letters, nothing last in either direction', () => {
  const store = new ColumnStore(['n']);
  store.replace([
    ['a', { n: '10' }],
    ['b', { n: '9.5' }],
    ['c', { n: null }],
    ['d', { n: '-3' }],
  ]);
  store.sort({ column: 'n', descending: false });
  assert.deepEqual(at(store), ['d', 'b', 'a', 'c']);
  store.sort({ column: 'n', descending: true });
  assert.deepEqual(at(store), ['a', 'b', 'd', 'c']);
});

test('equal rows keep the order in which they came', () => {
  const rows = fc.array(fc.record({ n: fc.constantFrom('1', '2', null) }), { maxLength: 60 });
  fc.assert(
    fc.property(rows, fc.boolean(), (values, descending) => {
      const store = new ColumnStore(['n']);
      store.replace(values.map((value, i) => [String(i), value]));
      store.sort({ column: 'n', descending });
      for (let row = 1; row < store.total; row += 1) {
        const [a, b] = [store.cell(row - 1, 'n') as Cell, store.cell(row, 'n') as Cell];
        const order = compareCells(a, b, descending ? -1 : 1);
        assert.ok(order < 0 || (order === 0 && Number(store.keyAt(row - 1)) < Number(store.keyAt(row))));
      }
    }),
  );
});

test('conditions all hold: part of a text, the whole of a number', () => {
  const store = new ColumnStore(['symbol', 'n']);
  store.replace([
    ['a', { symbol: 'SIE.DE', n: 1 }],
    ['b', { symbol: 'SAP.DE', n: 12 }],
    ['c', { symbol: 'ASML', n: 1 }],
  ]);
  store.filter([{ column: 'symbol', value: '.de' }]);
  assert.deepEqual(at(store), ['a', 'b']);
  store.filter([
    { column: 'symbol', value: '.de' },
    { column: 'n', value: '1' },
  ]);
  assert.deepEqual(at(store), ['a']);
  assert.deepEqual([store.rowOf('a'), store.rowOf('b'), store.rowOf('none')], [0, -1, -1]);
});

test('while pinned, a new row waits and a changed key of the sort moves nothing', () => {
  const { world, tick } = ticking();
  const store = new ColumnStore(['n'], world);
  store.replace([
    ['a', { n: 1 }],
    ['b', { n: 2 }],
  ]);
  store.sort({ column: 'n', descending: true });
  store.pin(true);
  store.patch([
    ['c', { n: 9 }],
    ['a', { n: 5 }],
  ]);
  tick();
  assert.deepEqual([at(store), store.waiting, store.cell(1, 'n')], [['b', 'a'], 1, 5]);
  store.pin(false);
  assert.deepEqual([at(store), store.waiting], [['c', 'a', 'b'], 0]);
});

test('a patch tells of the rows it changed, where they now stand', () => {
  const store = new ColumnStore(['n', 'm']);
  store.replace([
    ['a', { n: 1 }],
    ['b', { n: 2 }],
    ['c', { n: 3 }],
  ]);
  store.sort({ column: 'n', descending: true });
  const heard: unknown[] = [];
  store.subscribe((change) => void heard.push(change));
  store.patch([
    ['a', { m: 7 }],
    ['c', { m: 8 }],
  ]);
  assert.deepEqual(heard, [[2, 0]]);
});
