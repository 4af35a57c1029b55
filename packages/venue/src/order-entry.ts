import { type Instant, invariant } from '@meridian/base';
import { type Body, type Layout, NO_PRICE } from '@meridian/messages';
import { BUY, isBackground, MARKET, type OrderBook, RECORDED_PRINT, SELL, type Side } from './order-book.ts';
import type { Report } from './report-desk.ts';
import { createTradeLedger, type ExecutionRecord, type SavedLedger, type TradeLedger } from './trade-ledger.ts';
import type { VenueCancel, VenueNew, VenueReplace, VenueStatus } from './venue-command.ts';
import {
  BUSTED,
  CANCEL_REASON,
  CANCELLED,
  CORRECTED,
  cancelReject,
  EXPIRED,
  executionReport,
  FILLED,
  isWorking,
  leavesOf,
  NEW,
  PARTIAL,
  REASON,
  REJECTED,
  REPLACED,
  type Said,
  STATUS,
  TRADE,
  type VenueOrder,
} from './venue-order.ts';

type BodyOf<L> = L extends Layout<infer F> ? Readonly<Body<F>> : never;

/** What order entry needs of a listing. */
export interface TradedListing {
  readonly listing: number;
  readonly tick: number;
  readonly quantityMax: number;
  readonly book: OrderBook;
  /** A trade that the recording does not know. */
  traded(price: number, quantity: number, time: Instant): void;
  /** Time is now `time`, and the book may change. */
  touched(time: Instant): void;
}

export interface OrderEntryContext {
  listing(symbol: string): TradedListing | undefined;
  byNumber(listing: number): TradedListing;
  /** Session date while continuous trading is on. */
  openDate(): string | undefined;
  send(report: Report): void;
  /** Every n-th accepted cancel is followed by a late fill; 0 never. */
  readonly lateFillEvery: number;
}

/** Orders of one day; beyond them new ones are refused. */
const ORDERS_MAX = 1_000_000;

export interface OrderEntry {
  enter(body: BodyOf<typeof VenueNew>, now: Instant): void;
  replace(body: BodyOf<typeof VenueReplace>, now: Instant): void;
  cancel(body: BodyOf<typeof VenueCancel>, now: Instant): void;
  status(body: BodyOf<typeof VenueStatus>, now: Instant): void;
  /** The book's matches, as the listener hears them. `incoming` is an order, background or the recorded print. */
  matched(listing: TradedListing, resting: number, incoming: number, price: number, quantity: number, now: Instant): void;
  /** Quantity that left the book untraded: reported when it is the remainder of an order that just entered. */
  dropped(order: number, now: Instant): void;
  /** The day is over: every working order expires. */
  expire(now: Instant): void;
  /** A new day opened: orders of earlier days and their ClOrdIDs are forgotten, untold busts get the day's file. */
  dayOpened(date: string): void;
  /** False when no such execution stands. */
  bust(execution: number, now: Instant): boolean;
  correct(execution: number, price: number, now: Instant): boolean;
  readonly orders: ReadonlyMap<number, VenueOrder>;
  readonly ledger: TradeLedger;
  save(): SavedEntry;
  restore(saved: SavedEntry): void;
}

export interface SavedEntry {
  readonly nextOrder: number;
  readonly cancels: number;
  readonly orders: readonly VenueOrder[];
  readonly clOrdIds: readonly (readonly [string, number])[];
  readonly ledger: SavedLedger;
}

export function createOrderEntry(context: OrderEntryContext): OrderEntry {
  const orders = new Map<number, VenueOrder>();
  let clOrdIds = new Map<string, number>();
  const ledger = createTradeLedger();
  let nextOrder = 1;
  let cancels = 0;
  /** The order that is entering the book just now. */
  let entering = 0;
  const key = (session: number, clOrdId: string) => `${session} ${clOrdId}`;
  const find = (session: number, clOrdId: string) => {
    const order = clOrdIds.get(key(session, clOrdId));
    return order === undefined ? undefined : orders.get(order);
  };

  const say = (of: VenueOrder, execType: number, now: Instant, said?: Said) =>
    context.send(executionReport(of, execType, now, said));
  const today = () => context.openDate() ?? '';

  /** Why a new order is refused; undefined when it is not. */
  function refusal(body: BodyOf<typeof VenueNew>): readonly [reason: number, text: string] | undefined {
    const listing = context.listing(body.symbol);
    if (listing === undefined) return [REASON.unknownSymbol, 'symbol is not listed here'];
    if (clOrdIds.has(key(body.session, body.clOrdId))) return [REASON.duplicate, 'ClOrdID was used before'];
    if (body.side !== 1 && body.side !== 2 && body.side !== 5) return [REASON.unsupported, 'side is not accepted'];
    if (body.type !== 1 && body.type !== 2) return [REASON.unsupported, 'order type is not accepted'];
    if (body.tif !== 0 && body.tif !== 3 && body.tif !== 4) return [REASON.unsupported, 'time in force is not accepted'];
    if (body.quantity <= 0) return [REASON.quantity, 'quantity is not a positive whole number'];
    if (body.quantity > listing.quantityMax) return [REASON.tooLarge, `more than ${listing.quantityMax} units`];
    if (body.type === 2 && !onTick(body.price, listing.tick)) return [REASON.other, 'limit price is absent or off tick'];
    if (orders.size >= ORDERS_MAX) return [REASON.other, 'no more orders are taken today'];
    if (context.openDate() === undefined) return [REASON.closed, 'continuous trading is closed'];
    return undefined;
  }

  function fill(order: number, counter: number, price: number, quantity: number, now: Instant): void {
    const of = orders.get(order) as VenueOrder;
    of.cumQuantity += quantity;
    of.cumValue += quantity * price;
    invariant(of.cumQuantity <= of.quantity, () => `order ${order} is filled beyond its quantity`);
    invariant(Number.isSafeInteger(of.cumValue), 'the value of an order stays below 2^53');
    if (isWorking(of)) of.status = leavesOf(of) > 0 ? PARTIAL : of.bustedQuantity > 0 ? CANCELLED : FILLED;
    const execution = ledger.book(of, { price, quantity, time: now, counter, reference: 0 }, today());
    say(of, TRADE, now, { execution, lastQuantity: quantity, lastPrice: price });
  }

  /** The sides of a standing trade that members hold: one, or two that name each other. */
  function sidesOf(execution: number): readonly [done: ExecutionRecord, of: VenueOrder][] {
    const done = ledger.standing(execution);
    const other = done === undefined ? undefined : ledger.standing(done.counter);
    return [done, other].flatMap((side) =>
      side === undefined ? [] : [[side, orders.get(side.order) as VenueOrder] as const],
    ) as never;
  }

  function lateFill(of: VenueOrder, left: number, now: Instant): void {
    const listing = context.byNumber(of.listing);
    const price = of.price === NO_PRICE ? (listing.book.best(bookSide(of.side) === BUY ? SELL : BUY)?.price ?? 0) : of.price;
    if (price <= 0) return;
    fill(of.order, 0, price, left, now);
    listing.traded(price, left, now);
  }

  return {
    orders,
    ledger,
    enter(body, now) {
      const { session, side, type, tif, account, symbol, quantity, clOrdId } = body;
      const listing = context.listing(symbol);
      const price = type === 1 ? NO_PRICE : body.price;
      const known = find(session, clOrdId);
      if (known !== undefined && body.possResend === 1) {
        say(known, STATUS, now);
        return;
      }
      const refused = refusal(body);
      const number = refused === undefined ? nextOrder++ : 0;
      const of: VenueOrder = {
        ...{ order: number, session, listing: listing?.listing ?? 0, side, type, tif, account, symbol, quantity, price },
        ...{ cumQuantity: 0, cumValue: 0, bustedQuantity: 0, status: refused === undefined ? NEW : REJECTED, clOrdId },
      };
      if (refused !== undefined || listing === undefined) {
        say(of, REJECTED, now, { reason: refused?.[0] ?? REASON.other, text: refused?.[1] ?? '' });
        return;
      }
      orders.set(number, of);
      clOrdIds.set(key(session, clOrdId), number);
      say(of, NEW, now);
      listing.touched(now);
      entering = number;
      const limit = type === 1 ? MARKET : price;
      listing.book.enter(number, bookSide(side), limit, quantity, tif === 3 ? 'ioc' : tif === 4 ? 'fok' : 'day');
      entering = 0;
    },
    replace(body, now) {
      const { session, clOrdId, origClOrdId } = body;
      const of = find(session, origClOrdId);
      const reject = (reason: number, text: string) => context.send(cancelReject(body, 2, of, reason, text, now));
      if (of === undefined || of.clOrdId !== origClOrdId) return reject(CANCEL_REASON.unknown, 'no such order');
      if (clOrdIds.has(key(session, clOrdId))) return reject(CANCEL_REASON.duplicate, 'ClOrdID was used before');
      if (!isWorking(of)) return reject(CANCEL_REASON.tooLate, 'the order is done');
      const listing = context.byNumber(of.listing);
      if (body.symbol !== of.symbol || body.side !== of.side || body.type !== of.type || of.type !== 2)
        return reject(CANCEL_REASON.other, 'symbol, side and type cannot change; only limit orders can be replaced');
      if (!onTick(body.price, listing.tick)) return reject(CANCEL_REASON.other, 'limit price is absent or off tick');
      if (body.quantity <= of.cumQuantity + of.bustedQuantity || body.quantity > listing.quantityMax)
        return reject(CANCEL_REASON.other, 'quantity must exceed what is executed and keep the limit');
      of.quantity = body.quantity;
      of.price = body.price;
      of.clOrdId = clOrdId;
      clOrdIds.set(key(session, clOrdId), of.order);
      say(of, REPLACED, now, { origClOrdId });
      listing.touched(now);
      listing.book.replace(of.order, of.price, leavesOf(of));
    },
    cancel(body, now) {
      const { session, clOrdId, origClOrdId } = body;
      const of = find(session, origClOrdId);
      const reject = (reason: number, text: string) => context.send(cancelReject(body, 1, of, reason, text, now));
      if (of === undefined || of.clOrdId !== origClOrdId) return reject(CANCEL_REASON.unknown, 'no such order');
      if (clOrdIds.has(key(session, clOrdId))) return reject(CANCEL_REASON.duplicate, 'ClOrdID was used before');
      if (!isWorking(of)) return reject(CANCEL_REASON.tooLate, 'the order is done');
      const listing = context.byNumber(of.listing);
      listing.touched(now);
      const left = listing.book.cancel(of.order);
      of.status = CANCELLED;
      of.clOrdId = clOrdId;
      clOrdIds.set(key(session, clOrdId), of.order);
      say(of, CANCELLED, now, { origClOrdId });
      cancels++;
      if (context.lateFillEvery > 0 && cancels % context.lateFillEvery === 0) lateFill(of, left, now);
    },
    status(body, now) {
      const known = find(body.session, body.clOrdId);
      if (known !== undefined) return say(known, STATUS, now);
      const { session, side, symbol, clOrdId } = body;
      const unknown: VenueOrder = {
        ...{ order: 0, session, listing: context.listing(symbol)?.listing ?? 0, side, type: 0, tif: 0, account: '', symbol },
        ...{ quantity: 0, price: NO_PRICE, cumQuantity: 0, cumValue: 0, bustedQuantity: 0, status: REJECTED, clOrdId },
      };
      say(unknown, STATUS, now, { reason: 5, text: 'no such order' });
    },
    matched(listing, resting, incoming, price, quantity, now) {
      const maker = !isBackground(resting);
      const taker = !isBackground(incoming) && incoming !== RECORDED_PRINT;
      // A trade between two members has two sides, which name each other.
      const [first, second] = [ledger.next, ledger.next + 1];
      if (maker) fill(resting, taker ? second : 0, price, quantity, now);
      if (taker) fill(incoming, maker ? first : 0, price, quantity, now);
      if (incoming !== RECORDED_PRINT) listing.traded(price, quantity, now);
    },
    dropped(order, now) {
      if (order !== entering) return;
      const of = orders.get(order) as VenueOrder;
      of.status = CANCELLED;
      say(of, CANCELLED, now, { text: of.tif === 4 ? 'fill or kill: not enough at the limit' : 'nothing more to trade with' });
    },
    expire(now) {
      for (const working of orders.values()) {
        if (!isWorking(working)) continue;
        context.byNumber(working.listing).book.cancel(working.order);
        working.status = EXPIRED;
        say(working, EXPIRED, now);
      }
    },
    dayOpened(date) {
      orders.clear();
      clOrdIds.clear();
      ledger.dayOpened(date);
    },
    bust(execution, now) {
      const sides = sidesOf(execution);
      for (const [done, of] of sides) {
        of.cumQuantity -= done.quantity;
        of.cumValue -= done.quantity * done.price;
        of.bustedQuantity += done.quantity;
        if (of.status === FILLED) of.status = CANCELLED;
        else if (of.status === PARTIAL && of.cumQuantity === 0) of.status = NEW;
        const said = { execution: ledger.takeBack(done, today()), reference: done.execution };
        say(of, BUSTED, now, { ...said, lastQuantity: done.quantity, lastPrice: done.price });
      }
      return sides.length > 0;
    },
    correct(execution, price, now) {
      if (price <= 0) return false;
      const sides = sidesOf(execution);
      // Each side is a bust and a new execution: the new ones are next + 1 and next + 3.
      const numbers = [ledger.next + 1, ledger.next + 3];
      for (const [index, [done, of]] of sides.entries()) {
        const { quantity, execution: reference } = done;
        ledger.takeBack(done, today());
        of.cumValue += quantity * (price - done.price);
        const counter = sides.length === 2 ? (numbers[1 - index] as number) : 0;
        const corrected = ledger.book(of, { price, quantity, time: now, counter, reference }, today());
        say(of, CORRECTED, now, { execution: corrected, reference, lastQuantity: quantity, lastPrice: price });
      }
      return sides.length > 0;
    },
    save: () => ({
      nextOrder,
      cancels,
      orders: [...orders.values()],
      clOrdIds: [...clOrdIds],
      ledger: ledger.save(),
    }),
    restore(saved) {
      ({ nextOrder, cancels } = saved);
      orders.clear();
      for (const order of saved.orders) orders.set(order.order, { ...order });
      clOrdIds = new Map(saved.clOrdIds);
      ledger.restore(saved.ledger);
    },
  };
}

function bookSide(side: number): Side {
  return side === 1 ? BUY : SELL;
}

function onTick(price: number, tick: number): boolean {
  return price > 0 && price % tick === 0;
}
