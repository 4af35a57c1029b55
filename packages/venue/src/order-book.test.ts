import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BUY,
  createOrderBook,
  MARKET,
  type OrderBook,
  RECORDED_PRINT,
  SELL,
  type Side,
  type TimeInForce,
} from './order-book.ts';

type Heard = ['add', number, Side, number, number] | ['match', number, number, number, number] | ['cancel', number, number];

function listening(): { book: OrderBook; heard: Heard[] } {
  const heard: Heard[] = [];
  const book = createOrderBook({
    add: (...event) => heard.push(['add', ...event]),
    match: (...event) => heard.push(['match', ...event]),
    cancel: (...event) => heard.push(['cancel', ...event]),
  });
  return { book, heard };
}

test('the better price trades first, then the older order', () => {
  const { book, heard } = listening();
  book.enter(1, SELL, 101, 10, 'day');
  book.enter(2, SELL, 100, 10, 'day');
  book.enter(3, SELL, 100, 10, 'day');
  heard.length = 0;
  book.enter(4, BUY, 101, 25, 'day');
  assert.deepEqual(heard, [
    ['match', 2, 4, 100, 10],
    ['match', 3, 4, 100, 10],
    ['match', 1, 4, 101, 5],
  ]);
  assert.deepEqual(book.best(SELL), { price: 101, quantity: 5 });
});

test('quantity down keeps its place in the queue; quantity up and a new price lose it', () => {
  const { book, heard } = listening();
  for (const order of [1, 2, 3]) book.enter(order, BUY, 100, 10, 'day');
  book.replace(1, 100, 5);
  book.replace(2, 100, 11);
  heard.length = 0;
  book.consume(BUY, 100, 100);
  assert.deepEqual(heard, [
    ['match', 1, RECORDED_PRINT, 100, 5],
    ['match', 3, RECORDED_PRINT, 100, 10],
    ['match', 2, RECORDED_PRINT, 100, 11],
  ]);
});

test('a replace to a marketable price trades at once', () => {
  const { book, heard } = listening();
  book.enter(1, SELL, 101, 10, 'day');
  book.enter(2, BUY, 99, 10, 'day');
  heard.length = 0;
  book.replace(2, 101, 12);
  assert.deepEqual(heard, [
    ['cancel', 2, 10],
    ['match', 1, 2, 101, 10],
    ['add', 2, BUY, 101, 2],
  ]);
});

test('IOC cancels its remainder, FOK trades in full or not at all', () => {
  const { book, heard } = listening();
  book.enter(1, SELL, 100, 10, 'day');
  heard.length = 0;
  book.enter(2, BUY, 100, 11, 'fok');
  book.enter(3, BUY, 100, 11, 'ioc');
  assert.deepEqual(heard, [
    ['cancel', 2, 11],
    ['match', 1, 3, 100, 10],
    ['cancel', 3, 1],
  ]);
});

test('a market order rests at its last price when it is bigger than the book, and is cancelled by an empty one', () => {
  const { book, heard } = listening();
  book.enter(1, SELL, 100, 10, 'day');
  heard.length = 0;
  book.enter(2, BUY, MARKET, 15, 'day');
  book.enter(3, BUY, MARKET, 5, 'day');
  assert.deepEqual(heard, [
    ['match', 1, 2, 100, 10],
    ['add', 2, BUY, 100, 5],
    ['cancel', 3, 5],
  ]);
});

test('background orders may cross each other without trading, and trade with everybody else', () => {
  const { book, heard } = listening();
  book.enter(-1, BUY, 101, 10, 'day');
  book.enter(-2, SELL, 100, 10, 'day');
  book.enter(1, SELL, 101, 4, 'day');
  assert.deepEqual(heard, [
    ['add', -1, BUY, 101, 10],
    ['add', -2, SELL, 100, 10],
    ['match', -1, 1, 101, 4],
  ]);
});

// — against a naive book: one array, sorted anew for every match —

interface Naive {
  readonly order: number;
  readonly side: Side;
  price: number;
  left: number;
  age: number;
}

function naiveBook() {
  let rows: Naive[] = [];
  let age = 0;
  const heard: Heard[] = [];
  const queue = (side: Side) =>
    rows
      .filter((r) => r.side === side && r.left > 0)
      .sort((a, b) => (a.price === b.price ? a.age - b.age : side === BUY ? b.price - a.price : a.price - b.price));
  const meets = (side: Side, price: number, limit: number) => (side === SELL ? price <= limit : price >= limit);

  function enter(order: number, side: Side, price: number, quantity: number, tif: TimeInForce): void {
    const limit = price === MARKET && side === SELL ? -MARKET : price;
    const against = side === BUY ? SELL : BUY;
    const makers = queue(against).filter((r) => meets(against, r.price, limit));
    if (tif === 'fok' && makers.reduce((sum, r) => sum + r.left, 0) < quantity) {
      heard.push(['cancel', order, quantity]);
      return;
    }
    let left = quantity;
    let last: number | undefined;
    for (const maker of makers) {
      if (left === 0) break;
      if (order < 0 && maker.order < 0) continue;
      const traded = Math.min(left, maker.left);
      maker.left -= traded;
      left -= traded;
      last = maker.price;
      heard.push(['match', maker.order, order, maker.price, traded]);
    }
    if (left === 0) return;
    const at = price === MARKET ? last : price;
    if (tif === 'day' && at !== undefined) {
      rows.push({ order, side, price: at, left, age: age++ });
      heard.push(['add', order, side, at, left]);
    } else heard.push(['cancel', order, left]);
  }

  const find = (order: number) => rows.find((r) => r.order === order && r.left > 0);
  function cancel(order: number): void {
    const row = find(order);
    if (row === undefined) return;
    heard.push(['cancel', order, row.left]);
    rows = rows.filter((r) => r !== row);
  }
  return {
    heard,
    enter,
    cancel,
    replace(order: number, price: number, quantity: number): void {
      const row = find(order) as Naive;
      if (price === row.price && quantity <= row.left) {
        if (quantity < row.left) heard.push(['cancel', order, row.left - quantity]);
        row.left = quantity;
        return;
      }
      const { side } = row;
      cancel(order);
      enter(order, side, price, quantity, 'day');
    },
    consume(side: Side, price: number, quantity: number): void {
      let left = quantity;
      for (const row of queue(side).filter((r) => meets(side, r.price, price))) {
        const traded = Math.min(left, row.left);
        if (traded === 0) break;
        row.left -= traded;
        left -= traded;
        heard.push(['match', row.order, RECORDED_PRINT, row.price, traded]);
      }
    },
    rests: (order: number) => find(order) !== undefined,
    depth: (side: Side) => queue(side).map(({ order, price, left }) => ({ order, price, quantity: left })),
  };
}

const side = fc.constantFrom<Side>(BUY, SELL);
const price = fc.integer({ min: 95, max: 105 });
const quantity = fc.integer({ min: 1, max: 30 });
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('enter' as const),
      side,
      price: fc.oneof({ weight: 9, arbitrary: price }, { weight: 1, arbitrary: fc.constant(MARKET) }),
      quantity,
      tif: fc.constantFrom<TimeInForce>('day', 'day', 'day', 'ioc', 'fok'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('background' as const), side, price, quantity }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('replace' as const), pick: fc.nat(), price, quantity }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('consume' as const), side, price, quantity }) },
);

/** Quantity of an order that traded or was cancelled. */
function accounted(heard: readonly Heard[], order: number): number {
  let sum = 0;
  for (const h of heard) {
    if (h[0] === 'match' && (h[1] === order || h[2] === order)) sum += h[4];
    if (h[0] === 'cancel' && h[1] === order) sum += h[2];
  }
  return sum;
}

test('the book agrees with a naive one on every word, never stays crossed, and loses no quantity', () => {
  const seed = Date.now() & 0x7fffffff;
  console.log(`order book seed ${seed}`);
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 120, size: 'max' }), (actions) => {
      const { book, heard } = listening();
      const naive = naiveBook();
      const entered = new Map<number, number>();
      const ids: number[] = [];
      let next = 1;
      for (const a of actions) {
        if (a.kind === 'enter' || a.kind === 'background') {
          const order = a.kind === 'enter' ? next : -next;
          next++;
          ids.push(order);
          entered.set(order, a.quantity);
          const tif = a.kind === 'enter' ? a.tif : 'day';
          book.enter(order, a.side, a.price, a.quantity, tif);
          naive.enter(order, a.side, a.price, a.quantity, tif);
        } else if (a.kind === 'consume') {
          book.consume(a.side, a.price, a.quantity);
          naive.consume(a.side, a.price, a.quantity);
        } else if (ids.length > 0) {
          const order = ids[a.pick % ids.length] as number;
          if (a.kind === 'cancel') {
            book.cancel(order);
            naive.cancel(order);
          } else if (naive.rests(order)) {
            const open = book.quantity(order);
            const from = heard.length;
            book.replace(order, a.price, a.quantity);
            naive.replace(order, a.price, a.quantity);
            // What left as "cancelled" came back as the new open quantity, or was the part given up.
            const gone = heard[from]?.[0] === 'cancel' ? (heard[from][2] as number) : 0;
            entered.set(order, (entered.get(order) as number) + a.quantity - open + gone);
          }
        }
        assert.deepEqual(heard, naive.heard);
        for (const [order, quantity] of entered) assert.equal(quantity, accounted(heard, order) + book.quantity(order));
        assert.deepEqual([...book.orders(BUY)], naive.depth(BUY));
        assert.deepEqual([...book.orders(SELL)], naive.depth(SELL));
        const own = (s: Side) => [...book.orders(s)].find((o) => o.order > 0)?.price;
        const [bid, ask] = [book.best(BUY)?.price, book.best(SELL)?.price];
        assert.ok(own(BUY) === undefined || ask === undefined || (own(BUY) as number) < ask, 'a bid of ours crosses');
        assert.ok(own(SELL) === undefined || bid === undefined || (own(SELL) as number) > bid, 'an offer of ours crosses');
      }
    }),
    { seed, numRuns: 300 },
  );
});
