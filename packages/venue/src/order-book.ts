import { invariant } from '@meridian/base';

/**
 * A limit order book of one listing: price first, then time. It knows no clock, no session and no file; it speaks to the
 * world only through {@link BookListener}. Prices and quantities are integers of the caller's scale.
 *
 * Orders with a negative id are *background*: recorded liquidity that stands for the rest of the market. Background orders
 * never trade with each other, so the recorded quote may stand locked or crossed without inventing trades.
 */
export const BUY = 1;
export const SELL = 2;
export type Side = typeof BUY | typeof SELL;

export type TimeInForce = 'day' | 'ioc' | 'fok';

/** The limit of a market order: it takes any price. */
export const MARKET = Number.MAX_SAFE_INTEGER;

/** The incoming side of a match that is a recorded print. */
export const RECORDED_PRINT = 0;

export interface BookListener {
  /** An order, or what is left of it, now rests behind all others of its price. */
  add(order: number, side: Side, price: number, quantity: number): void;
  /** A resting order traded with an incoming one, or with a recorded print, at the resting order's price. */
  match(resting: number, incoming: number, price: number, quantity: number): void;
  /** Quantity left the book, or never entered it, without trading. */
  cancel(order: number, quantity: number): void;
}

export interface Level {
  readonly price: number;
  readonly quantity: number;
}

export interface OrderBook {
  /**
   * Trades what it can and rests the remainder. A day market order that traded rests at its last price (market to limit);
   * one that met nobody is cancelled whole. IOC cancels its remainder; FOK trades in full or not at all.
   */
  enter(order: number, side: Side, price: number, quantity: number, tif: TimeInForce): void;
  /**
   * Gives a resting order a new price and open quantity. Quantity down at the same price keeps its place; anything else
   * leaves the book and enters again at the end of the queue.
   */
  replace(order: number, price: number, quantity: number): void;
  /** Takes a resting order out; its open quantity, 0 when it does not rest. */
  cancel(order: number): number;
  /** A recorded print takes what rests on `side` at `price` or better, in price-time order; the quantity taken. */
  consume(side: Side, price: number, quantity: number): number;
  /** Open quantity of a resting order, 0 when it does not rest. */
  quantity(order: number): number;
  best(side: Side): Level | undefined;
  /** All resting orders in price-time order. */
  orders(side: Side): Iterable<{ readonly order: number; readonly price: number; readonly quantity: number }>;
}

interface Resting {
  readonly order: number;
  readonly side: Side;
  readonly queue: Queue;
  quantity: number;
  previous: Resting | undefined;
  next: Resting | undefined;
}

/** The orders of one price, oldest first. */
interface Queue {
  readonly price: number;
  quantity: number;
  first: Resting | undefined;
  last: Resting | undefined;
}

export function createOrderBook(listener: BookListener): OrderBook {
  const resting = new Map<number, Resting>();
  /** Queues from worst to best price: the best stands at the end, where arrays grow and shrink for free. */
  const bids: Queue[] = [];
  const asks: Queue[] = [];
  const queuesOf = (side: Side) => (side === BUY ? bids : asks);

  /** Where a price stands or belongs among the queues of a side. */
  function place(queues: Queue[], side: Side, price: number): number {
    let low = 0;
    let high = queues.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = (queues[middle] as Queue).price;
      if (side === BUY ? at < price : at > price) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function rest(order: number, side: Side, price: number, quantity: number): void {
    const queues = queuesOf(side);
    const index = place(queues, side, price);
    let queue = queues[index];
    if (queue === undefined || queue.price !== price) {
      queue = { price, quantity: 0, first: undefined, last: undefined };
      queues.splice(index, 0, queue);
    }
    const entry: Resting = { order, side, queue, quantity, previous: queue.last, next: undefined };
    if (queue.last === undefined) queue.first = entry;
    else queue.last.next = entry;
    queue.last = entry;
    queue.quantity += quantity;
    resting.set(order, entry);
    listener.add(order, side, price, quantity);
  }

  function take(entry: Resting, quantity: number): void {
    const { queue } = entry;
    entry.quantity -= quantity;
    queue.quantity -= quantity;
    invariant(entry.quantity >= 0 && queue.quantity >= 0, 'a resting order cannot give more than it has');
    if (entry.quantity > 0) return;
    resting.delete(entry.order);
    if (entry.previous === undefined) queue.first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) queue.last = entry.previous;
    else entry.next.previous = entry.previous;
    if (queue.first === undefined) {
      const queues = queuesOf(entry.side);
      queues.splice(place(queues, entry.side, queue.price), 1);
    }
  }

  /** Trades an incoming order against one side down to its limit; what is left of it and the last price. */
  function trade(incoming: number, against: Side, limit: number, quantity: number): { left: number; last: number | undefined } {
    const queues = queuesOf(against);
    let left = quantity;
    let last: number | undefined;
    for (let i = queues.length - 1; i >= 0 && left > 0; i--) {
      const queue = queues[i] as Queue;
      if (!reaches(against, queue.price, limit)) break;
      let entry = queue.first;
      while (entry !== undefined && left > 0) {
        const next = entry.next;
        if (!(isBackground(incoming) && isBackground(entry.order))) {
          const traded = Math.min(left, entry.quantity);
          left -= traded;
          last = queue.price;
          take(entry, traded);
          listener.match(entry.order, incoming, queue.price, traded);
        }
        entry = next;
      }
    }
    return { left, last };
  }

  function available(against: Side, limit: number, wanted: number): boolean {
    const queues = queuesOf(against);
    let sum = 0;
    for (let i = queues.length - 1; i >= 0 && sum < wanted; i--) {
      const queue = queues[i] as Queue;
      if (!reaches(against, queue.price, limit)) break;
      sum += queue.quantity;
    }
    return sum >= wanted;
  }

  function enter(order: number, side: Side, price: number, quantity: number, tif: TimeInForce): void {
    invariant(!resting.has(order) && order !== RECORDED_PRINT, () => `order ${order} rests already`);
    invariant(Number.isSafeInteger(quantity) && quantity > 0 && Number.isSafeInteger(price), 'price and quantity are integers');
    const against = opposite(side);
    const limit = price === MARKET && side === SELL ? -MARKET : price;
    if (tif === 'fok' && !available(against, limit, quantity)) {
      listener.cancel(order, quantity);
      return;
    }
    const { left, last } = trade(order, against, limit, quantity);
    if (left === 0) return;
    const restAt = price === MARKET ? last : price;
    if (tif === 'day' && restAt !== undefined) rest(order, side, restAt, left);
    else listener.cancel(order, left);
  }

  function cancel(order: number): number {
    const entry = resting.get(order);
    if (entry === undefined) return 0;
    const quantity = entry.quantity;
    take(entry, quantity);
    listener.cancel(order, quantity);
    return quantity;
  }

  return {
    enter,
    cancel,
    replace(order, price, quantity) {
      const entry = resting.get(order);
      invariant(entry !== undefined && quantity > 0, () => `order ${order} does not rest`);
      if (price === entry.queue.price && quantity <= entry.quantity) {
        const less = entry.quantity - quantity;
        if (less === 0) return;
        take(entry, less);
        listener.cancel(order, less);
        return;
      }
      cancel(order);
      enter(order, entry.side, price, quantity, 'day');
    },
    consume(side, price, quantity) {
      return quantity - trade(RECORDED_PRINT, side, price, quantity).left;
    },
    quantity: (order) => resting.get(order)?.quantity ?? 0,
    best(side) {
      const queue = queuesOf(side).at(-1);
      return queue === undefined ? undefined : { price: queue.price, quantity: queue.quantity };
    },
    *orders(side) {
      const queues = queuesOf(side);
      for (let i = queues.length - 1; i >= 0; i--) {
        const { price, first } = queues[i] as Queue;
        for (let entry = first; entry !== undefined; entry = entry.next)
          yield { order: entry.order, price, quantity: entry.quantity };
      }
    },
  };
}

export function opposite(side: Side): Side {
  return side === BUY ? SELL : BUY;
}

/** Whether a resting price on `side` is as good as the incoming limit asks, or better. */
function reaches(side: Side, price: number, limit: number): boolean {
  return side === SELL ? price <= limit : price >= limit;
}

export function isBackground(order: number): boolean {
  return order < 0;
}
