import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { GridChange } from '../grid/source.ts';
import type { Snapshot, Update, ViewportAsk } from './protocol.ts';
import type { Listener, Stream } from './stream.ts';
import { Viewport } from './viewport.ts';

/** A stream that only remembers: what was asked, and whom to tell. */
class Told {
  readonly asked: ViewportAsk[] = [];
  readonly moved: (readonly [number, number])[] = [];
  listener: Listener | undefined;
  readonly stream = {
    subscribe: (ask: ViewportAsk, listener: Listener) => {
      this.asked.push(ask);
      this.listener = listener;
      return {
        move: (range: readonly [number, number]) => void this.moved.push(range),
        ask: (next: ViewportAsk) => void this.asked.push(next),
        end: () => {},
      };
    },
  } as unknown as Stream;

  snap(keys: readonly string[], prices: readonly number[], total = keys.length, from = 0): void {
    const snapshot: Snapshot = {
      op: 'snap',
      id: 1,
      v: 1,
      n: 1,
      seq: 7,
      at: '2026-11-24T08:00:00Z',
      total,
      from,
      keys: [...keys],
      cols: { price: [...prices] },
    };
    this.listener?.onSnapshot(snapshot);
  }

  update(rows: readonly number[], prices: readonly number[], total: number): void {
    const update: Update = {
      op: 'upd',
      id: 1,
      v: 1,
      n: 2,
      seq: 8,
      at: '2026-11-24T08:00:01Z',
      total,
      rows: [...rows],
      cols: { price: [...prices] },
    };
    this.listener?.onUpdate(update);
  }
}

function started() {
  const told = new Told();
  const viewport = new Viewport(told.stream, 'orders', ['price']);
  const changes: GridChange[] = [];
  viewport.subscribe((change) => void changes.push(change));
  viewport.start();
  return { told, viewport, changes };
}
const shown = (viewport: Viewport, count: number) =>
  Array.from({ length: count }, (_, row) => `${viewport.keyAt(row)} ${viewport.cell(row, 'price')}`);

test('an update writes into its rows and tells only of those', () => {
  const { told, viewport, changes } = started();
  told.snap(['a', 'b', 'c'], [1, 2, 3]);
  told.update([0, 2], [10, 30], 3);
  assert.deepEqual(shown(viewport, 3), ['a 10', 'b 2', 'c 30']);
  assert.deepEqual(changes, ['all', [0, 2]]);
});

test('while pinned, rows keep their places, values change in them, and new rows wait until let in', () => {
  const { told, viewport } = started();
  told.snap(['a', 'b', 'c'], [1, 2, 3]);
  viewport.pin(true);
  told.snap(['z', 'a', 'b'], [26, 11, 2], 4);
  assert.deepEqual(shown(viewport, 3), ['a 11', 'b 2', 'c 3']);
  assert.equal(viewport.waiting, 1);
  told.update([2], [22], 4);
  assert.deepEqual(shown(viewport, 3), ['a 11', 'b 22', 'c 3']);
  viewport.pin(false);
  assert.deepEqual(shown(viewport, 3), ['z 26', 'a 11', 'b 22']);
  assert.equal(viewport.waiting, 0);
});

test('what was asked for is shown although pinned: scrolling and sorting are no surprise', () => {
  const { told, viewport } = started();
  told.snap(['a'], [1], 1000);
  viewport.pin(true);
  viewport.want(300, 330);
  assert.deepEqual(told.moved, [[240, 390]]);
  told.snap(['x', 'y'], [8, 9], 1000, 300);
  assert.equal(viewport.keyAt(301), 'y');
  viewport.sort({ column: 'price', descending: true });
  told.snap(['p', 'q'], [5, 4], 1000, 300);
  assert.deepEqual([viewport.rowOf('q'), viewport.keyAt(300)], [301, 'p']);
});

test('rows near those looked at are not asked for again', () => {
  const { told, viewport } = started();
  told.snap(['a'], [1], 50_000);
  viewport.want(0, 60);
  viewport.want(50, 110);
  assert.deepEqual(told.moved, []);
  viewport.want(100, 160);
  assert.deepEqual(told.moved, [[40, 220]]);
});

test('a window is never wider than the house gives', () => {
  fc.assert(
    fc.property(fc.nat(50_000), fc.integer({ min: 1, max: 400 }), (from, rows) => {
      const { told, viewport } = started();
      told.snap(['a'], [1], 50_000);
      viewport.want(from, from + rows);
      for (const [first, past] of told.moved) {
        assert.ok(past - first <= 500 && first >= 0);
        assert.ok(first <= from && past >= Math.min(from + rows, first + 500));
      }
    }),
  );
});

test('whatever the house sends, the shown values are the latest of their keys', () => {
  const keys = ['a', 'b', 'c', 'd', 'e'];
  const step = fc.oneof(
    fc.record({ kind: fc.constant('snap' as const), order: fc.shuffledSubarray(keys, { minLength: 2 }) }),
    fc.record({ kind: fc.constant('update' as const), row: fc.nat(4) }),
    fc.record({ kind: fc.constant('pin' as const), on: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { told, viewport } = started();
      const latest = new Map(keys.map((key) => [key, 0]));
      let order = keys;
      let clock = 0;
      told.snap(
        order,
        order.map(() => 0),
      );
      for (const each of steps) {
        clock += 1;
        if (each.kind === 'pin') viewport.pin(each.on);
        else if (each.kind === 'snap') {
          order = each.order;
          for (const key of order) latest.set(key, clock);
          told.snap(
            order,
            order.map(() => clock),
          );
        } else if (each.row < order.length) {
          latest.set(order[each.row] as string, clock);
          told.update([each.row], [clock], order.length);
        }
        for (let row = 0; row < viewport.total; row += 1) {
          const key = viewport.keyAt(row) as string;
          if (order.includes(key))
            assert.equal(viewport.cell(row, 'price'), latest.get(key), `${key} after ${JSON.stringify(steps)}`);
        }
      }
    }),
  );
});
