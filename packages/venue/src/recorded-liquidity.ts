import { BUY, type OrderBook, opposite, SELL, type Side } from './order-book.ts';

/**
 * The rest of the market, played into a book. The displayed quote stands there as background orders, so that an order of
 * ours queues behind the size displayed at its price; a print takes what rests at its price or better.
 *
 * Between two recorded quotes the quote follows the prints: a print through a displayed price, or at one that is used up,
 * shows that the market trades there, so that side is displayed anew at the print's price with the size recorded last, and
 * the other side keeps its recorded distance.
 */
export interface RecordedLiquidity {
  /** Replaces the displayed quote. A size of 0 displays nothing on that side. */
  quote(bid: number, bidSize: number, ask: number, askSize: number): void;
  /** A print on the market, at its price. */
  print(price: number, size: number): void;
  /** Takes every background order out of the book. */
  withdraw(): void;
  save(): SavedLiquidity;
  restore(saved: SavedLiquidity): void;
}

interface Displayed {
  price: number;
  /** As recorded last; what rests may be less. */
  size: number;
  /** Background orders at this price, oldest first. */
  orders: number[];
}

export interface SavedLiquidity {
  readonly bid: Displayed;
  readonly ask: Displayed;
  readonly nextOrder: number;
  readonly lastPrint: number;
  readonly lastAggressor: Side;
}

export function createRecordedLiquidity(book: OrderBook): RecordedLiquidity {
  let bid: Displayed = { price: 0, size: 0, orders: [] };
  let ask: Displayed = { price: 0, size: 0, orders: [] };
  /** Background orders count down from −1. */
  let nextOrder = -1;
  let lastPrint = 0;
  let lastAggressor: Side = BUY;
  const displayed = (side: Side) => (side === BUY ? bid : ask);

  function standing(of: Displayed): number {
    of.orders = of.orders.filter((order) => book.quantity(order) > 0);
    return of.orders.reduce((sum, order) => sum + book.quantity(order), 0);
  }

  /** What stays displayed keeps its place in time; what is added queues at the end; what goes, goes from the end. */
  function display(side: Side, price: number, size: number): void {
    const now = displayed(side);
    if (price !== now.price || size === 0) {
      for (const order of now.orders) book.cancel(order);
      now.orders = [];
    }
    now.price = price;
    now.size = size;
    let excess = standing(now) - size;
    while (excess > 0) {
      const newest = now.orders.at(-1) as number;
      const quantity = book.quantity(newest);
      if (quantity > excess) {
        book.replace(newest, price, quantity - excess);
        return;
      }
      book.cancel(newest);
      now.orders.pop();
      excess -= quantity;
    }
    if (excess === 0) return;
    now.orders.push(nextOrder);
    book.enter(nextOrder--, side, price, -excess, 'day');
  }

  /** Who came to whom. Between bid and offer nobody did; at a locked price the last change of price tells. */
  function aggressorOf(price: number): Side | undefined {
    const bestAsk = book.best(SELL)?.price ?? (ask.size > 0 ? ask.price : undefined);
    const bestBid = book.best(BUY)?.price ?? (bid.size > 0 ? bid.price : undefined);
    const lifts = bestAsk !== undefined && price >= bestAsk;
    const hits = bestBid !== undefined && price <= bestBid;
    if (lifts && hits) return price > lastPrint ? BUY : price < lastPrint ? SELL : lastAggressor;
    return lifts ? BUY : hits ? SELL : undefined;
  }

  /** The quote follows a print that went through its displayed side or used it up. */
  function follow(touched: Side, price: number): void {
    const side = displayed(touched);
    if (side.size === 0) return;
    const through = touched === SELL ? price > side.price : price < side.price;
    if (!through && !(price === side.price && standing(side) === 0)) return;
    const other = displayed(opposite(touched));
    const distance = other.price - side.price;
    const { size } = side;
    display(touched, price, size);
    if (through && other.size > 0 && price + distance > 0) display(opposite(touched), price + distance, other.size);
  }

  return {
    quote(bidPrice, bidSize, askPrice, askSize) {
      display(BUY, bidPrice, bidSize);
      display(SELL, askPrice, askSize);
    },
    print(price, size) {
      const aggressor = aggressorOf(price);
      if (aggressor !== undefined) {
        book.consume(opposite(aggressor), price, size);
        follow(opposite(aggressor), price);
        lastAggressor = aggressor;
      }
      lastPrint = price;
    },
    withdraw() {
      for (const side of [bid, ask]) for (const order of side.orders) book.cancel(order);
      bid = { price: 0, size: 0, orders: [] };
      ask = { price: 0, size: 0, orders: [] };
    },
    save: () => ({ bid, ask, nextOrder, lastPrint, lastAggressor }),
    restore(saved) {
      bid = { ...saved.bid, orders: [...saved.bid.orders] };
      ask = { ...saved.ask, orders: [...saved.ask.orders] };
      ({ nextOrder, lastPrint, lastAggressor } = saved);
    },
  };
}
