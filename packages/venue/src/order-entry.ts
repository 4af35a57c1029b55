import { type Instant, invariant } from '@meridian/base';
import { type Body, type Layout, NO_PRICE } from '@meridian/messages';
import { BUY, isBackground, MARKET, type OrderBook, RECORDED_PRINT, SELL, type Side } from './order-book.ts';
import type { Report } from './report-desk.ts';
import type { VenueCancel, VenueNew, VenueReplace, VenueStatus } from './venue-command.ts';

type BodyOf<L> = L extends Layout<infer F> ? Readonly<Body<F>> : never;

/** An order of a member, as the venue holds it. Quantities in units, prices NODE_PRICE_SCALE. */
export interface VenueOrder {
  readonly order: number;
  readonly session: number;
  readonly listing: number;
  /** FIX 54: 1, 2, 5. */
  readonly side: number;
  readonly type: number;
  readonly tif: number;
  readonly account: string;
  readonly symbol: string;
  quantity: number;
  price: number;
  cumQuantity: number;
  cumValue: number;
  /** FIX 39 as a code point. */
  status: number;
  /** Of the last accepted new, replace or cancel. */
  clOrdId: string;
}

/** One side of a trade. */
export interface ExecutionRecord {
  readonly execution: number;
  readonly order: number;
  /** The other side, when that was a member's order too; 0 otherwise. */
  readonly counter: number;
  readonly quantity: number;
  readonly price: number;
  readonly time: Instant;
  readonly clOrdId: string;
  standing: boolean;
}

/** A line of the broker's day: a fill, or the bust of one. A correction is a bust and a new fill. */
export interface BrokerEntry {
  readonly kind: 'fill' | 'bust';
  readonly execution: number;
  /** Of a bust: the busted execution. Of a corrected fill: the one it replaces. 0 otherwise. */
  readonly reference: number;
  readonly order: number;
  readonly listing: number;
  readonly side: number;
  readonly account: string;
  readonly quantity: number;
  readonly price: number;
  readonly time: Instant;
  readonly clOrdId: string;
  /** Session date on which the trade was made. */
  readonly tradeDate: string;
  /** Date of the broker file that tells it; '' until the next day opens. */
  fileDate: string;
}

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

/** FIX 39 and 150. */
const NEW = code('0');
const PARTIAL = code('1');
const FILLED = code('2');
const CANCELLED = code('4');
const REPLACED = code('5');
const REJECTED = code('8');
const EXPIRED = code('C');
const TRADE = code('F');
const CORRECTED = code('G');
const BUSTED = code('H');
const STATUS = code('I');
const NONE = 65_535;

function code(character: string): number {
  return character.charCodeAt(0);
}

/** FIX 103 and 102, as far as a venue says them. */
const REASON = { unknownSymbol: 1, closed: 2, tooLarge: 3, duplicate: 6, unsupported: 11, quantity: 13, other: 99 } as const;
const CANCEL_REASON = { tooLate: 0, unknown: 1, duplicate: 6, other: 99 } as const;

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
  readonly executions: ReadonlyMap<number, ExecutionRecord>;
  readonly entries: readonly BrokerEntry[];
  save(): SavedEntry;
  restore(saved: SavedEntry): void;
}

export interface SavedEntry {
  readonly nextOrder: number;
  readonly nextExecution: number;
  readonly cancels: number;
  readonly orders: readonly VenueOrder[];
  readonly clOrdIds: readonly (readonly [string, number])[];
  readonly executions: readonly ExecutionRecord[];
  readonly entries: readonly BrokerEntry[];
}

export function createOrderEntry(context: OrderEntryContext): OrderEntry {
  const orders = new Map<number, VenueOrder>();
  let clOrdIds = new Map<string, number>();
  const executions = new Map<number, ExecutionRecord>();
  let entries: BrokerEntry[] = [];
  let nextOrder = 1;
  let nextExecution = 1;
  let cancels = 0;
  /** The order that is entering the book just now. */
  let entering = 0;
  const key = (session: number, clOrdId: string) => `${session} ${clOrdId}`;
  const find = (session: number, clOrdId: string) => {
    const order = clOrdIds.get(key(session, clOrdId));
    return order === undefined ? undefined : orders.get(order);
  };

  interface Said {
    readonly execution?: number;
    readonly reference?: number;
    readonly lastQuantity?: number;
    readonly lastPrice?: number;
    readonly reason?: number;
    readonly clOrdId?: string;
    readonly origClOrdId?: string;
    readonly text?: string;
  }

  function say(of: VenueOrder, execType: number, now: Instant, said: Said = {}): void {
    context.send({
      name: 'execution',
      body: {
        session: of.session,
        order: of.order,
        execution: said.execution ?? 0,
        reference: said.reference ?? 0,
        listing: of.listing,
        execType,
        status: of.status,
        side: of.side,
        type: of.type,
        tif: of.tif,
        quantity: of.quantity,
        price: of.price,
        lastQuantity: said.lastQuantity ?? 0,
        lastPrice: said.lastPrice ?? 0,
        cumQuantity: of.cumQuantity,
        leavesQuantity: isWorking(of) ? of.quantity - of.cumQuantity : 0,
        cumValue: of.cumValue,
        transactTime: now,
        reason: said.reason ?? NONE,
        clOrdId: said.clOrdId ?? of.clOrdId,
        origClOrdId: said.origClOrdId ?? '',
        account: of.account,
        symbol: of.symbol,
        text: said.text ?? '',
      },
    });
  }

  function rejectRequest(
    body: { readonly session: number; readonly clOrdId: string; readonly origClOrdId: string },
    responseTo: 1 | 2,
    order: VenueOrder | undefined,
    reason: number,
    text: string,
    now: Instant,
  ): void {
    context.send({
      name: 'cancel-reject',
      body: {
        session: body.session,
        order: order?.order ?? 0,
        status: order?.status ?? REJECTED,
        responseTo,
        reason,
        transactTime: now,
        clOrdId: body.clOrdId,
        origClOrdId: body.origClOrdId,
        account: order?.account ?? '',
        text,
      },
    });
  }

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
    if (context.openDate() === undefined) return [REASON.closed, 'continuous trading is closed'];
    return undefined;
  }

  function fill(order: number, counter: number, price: number, quantity: number, now: Instant): number {
    const of = orders.get(order) as VenueOrder;
    invariant(quantity <= of.quantity - of.cumQuantity, () => `order ${order} is filled beyond its quantity`);
    of.cumQuantity += quantity;
    of.cumValue += quantity * price;
    invariant(Number.isSafeInteger(of.cumValue), 'the value of an order stays below 2^53');
    if (isWorking(of)) of.status = of.cumQuantity === of.quantity ? FILLED : PARTIAL;
    return record(of, 0, counter, price, quantity, now, TRADE);
  }

  /** Books an execution and reports it. */
  function record(
    of: VenueOrder,
    reference: number,
    counter: number,
    price: number,
    quantity: number,
    now: Instant,
    execType: number,
  ): number {
    const execution = nextExecution++;
    const date = context.openDate() ?? '';
    const original = entries.find((e) => e.kind === 'fill' && reference > 0 && e.execution === reference);
    const { clOrdId, time, tradeDate } = original ?? { clOrdId: of.clOrdId, time: now, tradeDate: date };
    executions.set(execution, { execution, order: of.order, counter, quantity, price, time, clOrdId, standing: true });
    const { order, listing, side, account } = of;
    const made = { order, listing, side, account, quantity, price, time, clOrdId, tradeDate, fileDate: date };
    entries.push({ kind: 'fill', execution, reference, ...made });
    say(of, execType, now, { execution, reference, lastQuantity: quantity, lastPrice: price });
    return execution;
  }

  /** Takes an execution out of its order and of the broker's day. */
  function undo(done: ExecutionRecord, of: VenueOrder): void {
    done.standing = false;
    of.cumQuantity -= done.quantity;
    of.cumValue -= done.quantity * done.price;
    const told = entries.find((e) => e.kind === 'fill' && e.execution === done.execution) as BrokerEntry;
    entries.push({
      ...told,
      kind: 'bust',
      execution: nextExecution++,
      reference: done.execution,
      fileDate: context.openDate() ?? '',
    });
  }

  function standing(execution: number): ExecutionRecord | undefined {
    const done = executions.get(execution);
    return done?.standing === true && orders.has(done.order) ? done : undefined;
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
    executions,
    get entries() {
      return entries;
    },
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
        ...{ cumQuantity: 0, cumValue: 0, status: refused === undefined ? NEW : REJECTED, clOrdId },
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
      const reject = (reason: number, text: string) => rejectRequest(body, 2, of, reason, text, now);
      if (of === undefined || of.clOrdId !== origClOrdId) return reject(CANCEL_REASON.unknown, 'no such order');
      if (clOrdIds.has(key(session, clOrdId))) return reject(CANCEL_REASON.duplicate, 'ClOrdID was used before');
      if (!isWorking(of)) return reject(CANCEL_REASON.tooLate, 'the order is done');
      const listing = context.byNumber(of.listing);
      if (body.symbol !== of.symbol || body.side !== of.side || body.type !== of.type || of.type !== 2)
        return reject(CANCEL_REASON.other, 'symbol, side and type cannot change; only limit orders can be replaced');
      if (!onTick(body.price, listing.tick)) return reject(CANCEL_REASON.other, 'limit price is absent or off tick');
      if (body.quantity <= of.cumQuantity || body.quantity > listing.quantityMax)
        return reject(CANCEL_REASON.other, 'quantity must exceed what is executed and keep the limit');
      of.quantity = body.quantity;
      of.price = body.price;
      of.clOrdId = clOrdId;
      clOrdIds.set(key(session, clOrdId), of.order);
      say(of, REPLACED, now, { origClOrdId });
      listing.touched(now);
      listing.book.replace(of.order, of.price, of.quantity - of.cumQuantity);
    },
    cancel(body, now) {
      const { session, clOrdId, origClOrdId } = body;
      const of = find(session, origClOrdId);
      const reject = (reason: number, text: string) => rejectRequest(body, 1, of, reason, text, now);
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
        ...{ quantity: 0, price: NO_PRICE, cumQuantity: 0, cumValue: 0, status: REJECTED, clOrdId },
      };
      say(unknown, STATUS, now, { reason: 5, text: 'no such order' });
    },
    matched(listing, resting, incoming, price, quantity, now) {
      const maker = !isBackground(resting);
      const taker = !isBackground(incoming) && incoming !== RECORDED_PRINT;
      // A trade between two members has two sides, which name each other.
      const [first, second] = [nextExecution, nextExecution + 1];
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
      executions.clear();
      for (const entry of entries) if (entry.fileDate === '') entry.fileDate = date;
    },
    bust(execution, now) {
      const done = standing(execution);
      if (done === undefined) return false;
      for (const side of [done, standing(done.counter)]) {
        if (side === undefined) continue;
        const of = orders.get(side.order) as VenueOrder;
        undo(side, of);
        if (of.status === FILLED) of.status = CANCELLED;
        else if (of.status === PARTIAL && of.cumQuantity === 0) of.status = NEW;
        const said = { execution: nextExecution - 1, reference: side.execution, clOrdId: of.clOrdId };
        say(of, BUSTED, now, { ...said, lastQuantity: side.quantity, lastPrice: side.price });
      }
      return true;
    },
    correct(execution, price, now) {
      const done = standing(execution);
      if (done === undefined || price <= 0) return false;
      const other = standing(done.counter);
      const [first, second] = [nextExecution + 1, nextExecution + 3];
      for (const side of other === undefined ? [done] : [done, other]) {
        const of = orders.get(side.order) as VenueOrder;
        undo(side, of);
        of.cumQuantity += side.quantity;
        of.cumValue += side.quantity * price;
        record(
          of,
          side.execution,
          other === undefined ? 0 : side === done ? second : first,
          price,
          side.quantity,
          now,
          CORRECTED,
        );
      }
      return true;
    },
    save: () => ({
      nextOrder,
      nextExecution,
      cancels,
      orders: [...orders.values()],
      clOrdIds: [...clOrdIds],
      executions: [...executions.values()],
      entries,
    }),
    restore(saved) {
      ({ nextOrder, nextExecution, cancels } = saved);
      orders.clear();
      for (const order of saved.orders) orders.set(order.order, { ...order });
      clOrdIds = new Map(saved.clOrdIds);
      executions.clear();
      for (const done of saved.executions) executions.set(done.execution, { ...done });
      entries = saved.entries.map((entry) => ({ ...entry }));
    },
  };
}

function isWorking(of: VenueOrder): boolean {
  return of.status === NEW || of.status === PARTIAL;
}

function bookSide(side: number): Side {
  return side === 1 ? BUY : SELL;
}

function onTick(price: number, tick: number): boolean {
  return price > 0 && price % tick === 0;
}
