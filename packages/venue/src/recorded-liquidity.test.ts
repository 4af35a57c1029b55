import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUY, createOrderBook, type OrderBook, SELL } from './order-book.ts';
import { createRecordedLiquidity } from './recorded-liquidity.ts';

function market() {
  const fills: [order: number, price: number, quantity: number][] = [];
  const book: OrderBook = createOrderBook({
    add() {},
    match(resting, incoming, price, quantity) {
      for (const order of [resting, incoming]) if (order > 0) fills.push([order, price, quantity]);
    },
    cancel() {},
  });
  return { book, liquidity: createRecordedLiquidity(book), fills };
}

test('an unchanged quote keeps its place before us; what it gains queues behind us', () => {
  const { book, liquidity, fills } = market();
  liquidity.quote(100, 300, 101, 300);
  book.enter(1, BUY, 100, 50, 'day');
  liquidity.quote(100, 300, 101, 300);
  liquidity.print(100, 300);
  assert.deepEqual(fills, [], '300 stood before us');
  liquidity.quote(100, 500, 101, 300);
  liquidity.print(100, 60);
  assert.deepEqual(fills, [[1, 100, 50]]);
});

test('a quote that shrinks shrinks from its end', () => {
  const { book, liquidity, fills } = market();
  liquidity.quote(100, 300, 101, 300);
  book.enter(1, BUY, 100, 50, 'day');
  liquidity.quote(100, 100, 101, 300);
  liquidity.print(100, 120);
  assert.deepEqual(fills, [[1, 100, 20]]);
});

test('a quote through our order meets it, at our price and its size', () => {
  const { book, liquidity, fills } = market();
  liquidity.quote(100, 300, 102, 300);
  book.enter(1, SELL, 101, 500, 'day');
  liquidity.quote(103, 200, 104, 300);
  assert.deepEqual(fills, [[1, 101, 200]]);
});

test('a locked or crossed quote stands and invents no trade', () => {
  const { book, liquidity, fills } = market();
  liquidity.quote(101, 300, 100, 300);
  assert.deepEqual(
    [book.best(BUY), book.best(SELL)],
    [
      { price: 101, quantity: 300 },
      { price: 100, quantity: 300 },
    ],
  );
  assert.deepEqual(fills, []);
});

test('between quotes the quote follows the prints, with its recorded sizes and spread', () => {
  const { book, liquidity } = market();
  liquidity.quote(100, 300, 102, 400);
  liquidity.print(105, 100);
  assert.deepEqual(
    [book.best(BUY), book.best(SELL)],
    [
      { price: 103, quantity: 300 },
      { price: 105, quantity: 400 },
    ],
  );
  book.enter(1, BUY, 105, 400, 'day');
  assert.equal(book.best(SELL), undefined, 'we took it all');
  liquidity.print(105, 100);
  assert.deepEqual(book.best(SELL), { price: 105, quantity: 400 }, 'the market shows that it still offers there');
  liquidity.print(104, 100);
  assert.deepEqual(book.best(SELL), { price: 105, quantity: 400 }, 'a print inside the spread moves nothing');
});

test('withdrawn, nothing of the background is left and our orders stay', () => {
  const { book, liquidity } = market();
  liquidity.quote(100, 300, 102, 400);
  book.enter(1, BUY, 99, 10, 'day');
  liquidity.withdraw();
  assert.deepEqual([[...book.orders(BUY)], [...book.orders(SELL)]], [[{ order: 1, price: 99, quantity: 10 }], []]);
});
