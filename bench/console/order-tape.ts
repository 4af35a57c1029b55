import type { Instant } from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';

/**
 * The events of a busy market as its node numbers them: orders come and are acknowledged, and fill bit by bit. Made from a seed,
 * so that every run tells the same tale.
 */
export const MARKET = 'ARCX';
export const ACCOUNTS = 40;
export const LISTINGS = 16;

/** FIX 39 and 150, as the node writes them. */
const PENDING = 0x41;
const NEW = 0x30;
const PARTIAL = 0x31;
const TRADE = 0x46;
/** Above what a run fills of one order. */
const QUANTITY = 5_000_000;
const FILL = 100;
/** 167.41, in 1/10,000. */
const PRICE = 1_674_100;
/** One event in so many brings an order: ten a second, where 50,000 in a session are two. Its acknowledgement is the next one. */
const COMING = 200;

interface Order {
  readonly order: number;
  readonly account: number;
  readonly listing: number;
  readonly side: number;
  fills: number;
}

/** A fill of one of the newest orders: what a blotter that shows them has to show. */
export interface Awaited {
  readonly order: number;
  /** Its quantity filled so far, this fill included. */
  readonly filled: number;
}

export class OrderTape {
  readonly #orders: Order[] = [];
  #seq = 0;
  #state: number;
  #unacknowledged: Order | undefined;

  constructor(seed: number) {
    this.#state = seed;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Two events for each of `count` orders: entered, acknowledged; three for every other one, which is filled in part. */
  *opening(count: number): Generator<NumberedEvent> {
    for (let i = 0; i < count; i++) {
      const { order, event } = this.#enter();
      yield event;
      yield this.#report(order, NEW);
      if (i % 2 === 0) yield this.#fill(order);
    }
  }

  /** The next event: every other fill is of one of the `inView` newest orders, and then is awaited. */
  next(inView: number): { readonly event: NumberedEvent; readonly awaited: Awaited | undefined } {
    if (this.#seq % COMING === 0 || this.#unacknowledged !== undefined) return { event: this.#come(), awaited: undefined };
    const all = this.#orders.length;
    const isSeen = this.#seq % 2 === 0;
    const from = isSeen ? all - inView : 0;
    const order = this.#orders[from + Math.floor(this.#random() * (isSeen ? inView : all - inView))] as Order;
    const event = this.#fill(order);
    return { event, awaited: isSeen ? { order: order.order, filled: order.fills * FILL } : undefined };
  }

  #come(): NumberedEvent {
    const waiting = this.#unacknowledged;
    if (waiting !== undefined) {
      this.#unacknowledged = undefined;
      return this.#report(waiting, NEW);
    }
    const { order, event } = this.#enter();
    this.#unacknowledged = order;
    return event;
  }

  #enter(): { readonly order: Order; readonly event: NumberedEvent } {
    const order: Order = {
      ...{ order: this.#seq + 1, account: 1 + Math.floor(this.#random() * ACCOUNTS) },
      ...{ listing: 1 + Math.floor(this.#random() * LISTINGS), side: this.#random() < 0.5 ? 1 : 2, fills: 0 },
    };
    this.#orders.push(order);
    return { order, event: this.#report(order, PENDING) };
  }

  #report({ order, account, listing, side, fills }: Order, status: number): NumberedEvent {
    const body = {
      ...{ order, session: 1, outSeq: 0, account, listing, side, effect: 1, type: 2, tif: 0, execType: status, status },
      ...{ quantity: QUANTITY, price: PRICE, cumQuantity: fills * FILL, leavesQuantity: QUANTITY - fills * FILL },
      ...{ cumValue: fills * FILL * PRICE, rejection: 0, cell: 0, limit: 0, used: 0, requested: 0, wouldPass: 0 },
      ...{ clOrdId: `C${order}`, origClOrdId: '' },
    };
    return { name: 'order-report', header: this.#header(1), body };
  }

  #fill(order: Order): NumberedEvent {
    order.fills++;
    const cum = order.fills * FILL;
    const body = {
      ...{ order: order.order, session: 1, outSeq: 0, account: order.account, listing: order.listing, side: order.side },
      ...{ effect: 1, type: 2, tif: 0, execType: TRADE, status: PARTIAL, orderQuantity: QUANTITY, orderPrice: PRICE },
      ...{ quantity: FILL, price: PRICE, cumQuantity: cum, leavesQuantity: QUANTITY - cum, cumValue: cum * PRICE },
      ...{ rateSet: 1, hold: 0, refSeq: 0, refK: 0, hedgeSeq: 0, hedgeK: 0, clOrdId: `C${order.order}` },
    };
    return { name: 'client-fill', header: this.#header(3), body };
  }

  /** One event a command, half a millisecond of business time apart. */
  #header(type: number): NumberedEvent['header'] {
    this.#seq++;
    return { length: 0, type, version: 1, time: timeOf(this.#seq), seq: this.#seq, k: 0 };
  }

  /** Lehmer's generator. */
  #random(): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return this.#state / 2_147_483_647;
  }
}

const OPEN = Date.UTC(2013, 9, 7, 13, 30) * 1_000;

export const timeOf = (seq: number): Instant => OPEN + seq * 500;
