import type { EventSink } from '@meridian/log';
import {
  acceptGrant,
  bookUse,
  type CommandBody,
  EVENT_TYPE,
  Execution,
  FactApplied,
  giveBack,
  LeaseBooked,
  LeaseReport,
  NO_PRICE,
  PriceSet,
  ReferencePrice,
  COMMAND_TYPE as T,
} from '@meridian/messages';
import type { ClientState } from './client-state.ts';
import { type ExecutionReport, newExecutionReport } from './hedge-port.ts';
import { throwSwitch } from './kill-switch.ts';
import { cancelOrder, replaceOrder, reportStatus } from './order-change.ts';
import { enterOrder } from './order-entry.ts';
import { executeOrder, finishOrder, withdrawOrder } from './order-execution.ts';
import { raise } from './order-report.ts';
import { CHANGE, ORDER_ROW, STATUS } from './order-table.ts';
import { DAY } from './trading-day.ts';

/**
 * The client node (对客节点): one market's orders of clients, checked and answered. TC-6. Hot commands are read in place;
 * `hot` and `fact` say whether the command was the node's.
 */
const P = ReferencePrice.at;
const E = Execution.at;
const execution: ExecutionReport = newExecutionReport();

/** Called before every command: business time moves, phases with it. */
export function beginCommand(s: ClientState, seq: number, time: number, out: EventSink): void {
  s.seq = seq;
  s.time = time;
  s.out = out;
  if (time >= s.day.boundary) advanceDay(s);
}

/** Called behind every command: a closing day is cut once nothing is live any more. */
export function endCommand(s: ClientState): void {
  if (s.day.state === DAY.closing && s.orders.liveCount === 0) cutDay(s);
}

function cutDay(s: ClientState): void {
  s.cells.cut();
  s.day.cut(s.out);
}

function advanceDay(s: ClientState): void {
  const { day, orders } = s;
  if (day.state === DAY.closing) {
    // The venue had its time: what is still open ends here, a fill still to come is a late one.
    for (let o = 0; o < orders.rows.end; o += ORDER_ROW) {
      if (orders.live[o] === 0) continue;
      raise(s.out, 5, orders.listing[o] as number, 0, orders.id[o] as number, 0, 0, orders.side[o] as number, null, 0);
      finishOrder(s, o, STATUS.expired, STATUS.expired);
    }
    cutDay(s);
    if (s.time >= day.boundary) advanceDay(s);
    return;
  }
  if (!day.advance(s.time, s.out)) return;
  if (orders.liveCount > 0) {
    day.sayClosing(s.out);
    for (let o = 0; o < orders.rows.end; o += ORDER_ROW) if (orders.live[o] === 1) withdrawOrder(s, o, 2);
  }
  if (orders.liveCount === 0) cutDay(s);
  if (s.time >= day.boundary) advanceDay(s);
}

/** @returns whether the command is the client node's. */
export function applyHot(s: ClientState, type: number, view: DataView, frame: number, length: number): boolean {
  const at = frame + 16;
  switch (type) {
    case T['new-order']:
      enterOrder(s, view, frame, length);
      return true;
    case T['replace-order']:
      replaceOrder(s, view, frame, length);
      return true;
    case T['cancel-order']:
      cancelOrder(s, view, frame, length);
      return true;
    case T['order-status']:
      reportStatus(s, view, frame);
      return true;
    case T['reference-price']:
      setPrice(s, view, at);
      return true;
    case T.execution:
      executeOrder(s, readExecution(view, at));
      return true;
    case T['report-leases']:
      for (let cell = 1; cell < s.cells.count; cell++) if (s.cells.known[cell] === 1) reportLease(s, cell);
      return true;
    default:
      return false;
  }
}

function readExecution(view: DataView, at: number): ExecutionReport {
  execution.intent = view.getFloat64(at + E.intent, true);
  execution.kind = view.getUint8(at + E.kind);
  execution.quantity = view.getFloat64(at + E.quantity, true);
  execution.price = view.getFloat64(at + E.price, true);
  execution.rejection = view.getUint16(at + E.rejection, true);
  execution.seq = view.getFloat64(at + E.seq, true);
  execution.k = view.getUint32(at + E.k, true);
  execution.refSeq = view.getFloat64(at + E.refSeq, true);
  execution.refK = view.getUint32(at + E.refK, true);
  return execution;
}

function setPrice(s: ClientState, view: DataView, at: number): void {
  const { listings, out } = s;
  const row = view.getUint32(at + P.listing, true);
  const bid = view.getFloat64(at + P.bid, true);
  const ask = view.getFloat64(at + P.ask, true);
  const sourceTime = view.getFloat64(at + P.sourceTime, true);
  // A crossed or older price than the one in force sets nothing; the gate before the node should have stopped it.
  if (row >= listings.count || listings.known[row] === 0 || sourceTime < (listings.sourceTime[row] as number)) return;
  if (bid !== NO_PRICE && ask !== NO_PRICE && bid > ask) return;
  const last = view.getFloat64(at + P.last, true);
  listings.bid[row] = bid;
  listings.ask[row] = ask;
  if (last !== NO_PRICE) listings.last[row] = last;
  listings.sourceTime[row] = sourceTime;
  const to = out.begin(EVENT_TYPE['price-set']);
  const v = out.view;
  v.setUint32(to + PriceSet.at.listing, row, true);
  v.setFloat64(to + PriceSet.at.bid, bid, true);
  v.setFloat64(to + PriceSet.at.ask, ask, true);
  v.setFloat64(to + PriceSet.at.last, listings.last[row] as number, true);
  v.setFloat64(to + PriceSet.at.sourceTime, sourceTime, true);
  out.end(to + PriceSet.fixedBytes);
}

function reportLease(s: ClientState, cell: number): void {
  const { cells, out } = s;
  const at = out.begin(EVENT_TYPE['lease-report']);
  const body = { cell, epoch: cells.epoch[cell] as number, ...cells.slice(cell) };
  out.end(LeaseReport.write(out.view, at, body));
}

type Fact = { readonly name: string; readonly body: unknown };

/**
 * Takes a fact from the door, the account centre or the risk centre. @returns the dense id it concerns, 0 when it was
 * refused, −1 when it is none of the client node's.
 */
export function applyFact(s: ClientState, fact: Fact): number {
  switch (fact.name) {
    case 'define-listing': {
      const body = fact.body as CommandBody<'define-listing'>;
      return s.listings.define(body, s.currencies) ? body.listing : 0;
    }
    case 'define-account': {
      const body = fact.body as CommandBody<'define-account'>;
      return s.accounts.define(body, s.currencies) ? body.account : 0;
    }
    case 'define-route': {
      const body = fact.body as CommandBody<'define-route'>;
      return s.routes.define(body) ? body.route : 0;
    }
    case 'define-session': {
      const body = fact.body as CommandBody<'define-session'>;
      if (body.role === 'hedge') return -1;
      return s.sessions.define(body) ? body.session : 0;
    }
    case 'define-cell': {
      const body = fact.body as CommandBody<'define-cell'>;
      return s.cells.define(body, s.currencies) ? body.cell : 0;
    }
    case 'grant-lease':
      return grant(s, fact.body as CommandBody<'grant-lease'>);
    case 'recall-lease':
      return recall(s, fact.body as CommandBody<'recall-lease'>);
    case 'book-lease':
      return book(s, fact.body as CommandBody<'book-lease'>);
    case 'apply-rate-set': {
      const body = fact.body as CommandBody<'apply-rate-set'>;
      return s.currencies.apply(body) ? body.rateSet : 0;
    }
    case 'trading-day': {
      if (!s.day.define(fact.body as CommandBody<'trading-day'>, s.time)) return 0;
      if (s.time >= s.day.boundary) advanceDay(s);
      return s.day.ordinal + (s.day.next === null ? 0 : 1);
    }
    case 'list-entry':
      return list(s, fact.body as CommandBody<'list-entry'>);
    case 'restrict':
      return restrict(s, fact.body as CommandBody<'restrict'>);
    case 'kill-switch':
      return throwSwitch(s, fact.body as CommandBody<'kill-switch'>);
    default:
      return -1;
  }
}

function grant(s: ClientState, body: CommandBody<'grant-lease'>): number {
  const { cells } = s;
  if (!cells.has(body.cell)) return 0;
  if (body.epoch < (cells.epoch[body.cell] as number)) return 0;
  cells.epoch[body.cell] = body.epoch;
  const slice = cells.slice(body.cell);
  acceptGrant(slice, body.granted);
  cells.put(body.cell, slice);
  reportLease(s, body.cell);
  return body.cell;
}

function recall(s: ClientState, body: CommandBody<'recall-lease'>): number {
  if (!s.cells.has(body.cell)) return 0;
  const slice = s.cells.slice(body.cell);
  giveBack(slice, body.keepFree);
  s.cells.put(body.cell, slice);
  reportLease(s, body.cell);
  return body.cell;
}

/** All cells of a booking or none: one that asks for more than fills before the cut hold is refused whole and raises an exception. */
function book(s: ClientState, body: CommandBody<'book-lease'>): number {
  const { cells, out } = s;
  const twice = new Set(body.cells.map(({ cell }) => cell)).size !== body.cells.length;
  const wrong = body.cells.find(({ cell, amount }) => !cells.has(cell) || amount > (cells.bookable[cell] as number));
  if (s.bookings.includes(body.booking)) return 1;
  if (twice || wrong !== undefined) {
    raise(out, 6, 0, 0, wrong?.cell ?? 0, wrong?.amount ?? 0, 0, 0, null, 0);
    return 0;
  }
  s.remember(body.booking);
  for (const { cell, amount } of body.cells) {
    const slice = cells.slice(cell);
    bookUse(slice, amount);
    cells.put(cell, slice);
    cells.filled[cell] = (cells.filled[cell] as number) - amount;
    cells.bookable[cell] = (cells.bookable[cell] as number) - amount;
    const at = out.begin(EVENT_TYPE['lease-booked']);
    const event = { cell, amount, returned: slice.returned, used: slice.used, booking: body.booking };
    out.end(LeaseBooked.write(out.view, at, event));
  }
  return 1;
}

function list(s: ClientState, body: CommandBody<'list-entry'>): number {
  const { listings } = s;
  if (body.listing >= listings.count || listings.known[body.listing] === 0) return 0;
  if (body.scope === 'firm') listings.firmList[body.listing] = body.permission;
  else {
    const lists = body.scope === 'group' ? s.groupLists : s.clientLists;
    if (lists.get(body.listing, body.scopeId) < 0)
      listings.scopedLists[body.listing] = (listings.scopedLists[body.listing] as number) + 1;
    lists.put(body.listing, body.scopeId, body.permission);
  }
  return body.listing;
}

/** A halt also takes back what works in its scope; its children are cancelled first. */
function restrict(s: ClientState, body: CommandBody<'restrict'>): number {
  const { accounts, listings, orders } = s;
  const { scope, scopeId, mode } = body;
  if (scope === 'firm') s.firmRestriction = mode;
  else if (scope === 'market') s.marketRestriction = mode;
  else if (scope === 'client') s.clientRestrictions.put(scopeId, 0, mode);
  else if (scope === 'account') {
    if (scopeId >= accounts.count || accounts.known[scopeId] === 0) return 0;
    accounts.restriction[scopeId] = mode;
  } else {
    if (scopeId >= listings.count || listings.known[scopeId] === 0) return 0;
    listings.restriction[scopeId] = mode;
  }
  if (mode === 2)
    for (let o = 0; o < orders.rows.end; o += ORDER_ROW)
      if (orders.live[o] === 1 && inScope(s, o, body) && orders.withdraw[o] === 0 && orders.change[o] !== CHANGE.cancel)
        withdrawOrder(s, o, 1);
  return scopeId;
}

function inScope(s: ClientState, o: number, { scope, scopeId }: CommandBody<'restrict'>): boolean {
  const account = s.orders.account[o] as number;
  if (scope === 'client') return s.accounts.client[account] === scopeId;
  if (scope === 'account') return account === scopeId;
  return scope === 'listing' ? s.orders.listing[o] === scopeId : true;
}

export function sayFact(out: EventSink, type: number, id: number): void {
  const at = out.begin(EVENT_TYPE['fact-applied']);
  out.end(FactApplied.write(out.view, at, { type, id }));
}
