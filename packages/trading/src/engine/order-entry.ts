import { NewOrder, REJECTION } from '@meridian/messages';
import { CLORDID_CHARS_MAX } from './bounds.ts';
import type { ClientState } from './client-state.ts';
import { hashBytes, hashBytesAgain } from './column.ts';
import { ACTION } from './hedge-port.ts';
import { setHold, setWorking } from './hold.ts';
import { Candidate, checkAccount, checkArrival, checkExposure, countArrival } from './order-check.ts';
import { reportOrder, reportRefusal, shownStatus } from './order-report.ts';
import { CHANGE, STATUS } from './order-table.ts';
import { REQUEST, RequestTable } from './request-table.ts';

/** Hot path: no allocation. A client's new order: recognise, check, reserve, pass on. */

const N = NewOrder.at;
/** Everything behind `session` and `inSeq` is the request's body. */
const BODY = N.account;

const candidate = new Candidate();

export function enterOrder(s: ClientState, view: DataView, frame: number, length: number): void {
  const at = frame + 16;
  const text = at + NewOrder.fixedBytes;
  const c = candidate;
  const session = view.getUint32(at + N.session, true);
  c.account = view.getUint32(at + N.account, true);
  c.listing = view.getUint32(at + N.listing, true);
  c.side = view.getUint8(at + N.side);
  c.effect = view.getUint8(at + N.effect);
  c.type = view.getUint8(at + N.type);
  c.tif = view.getUint8(at + N.tif);
  c.quantity = view.getFloat64(at + N.quantity, true);
  c.price = view.getFloat64(at + N.price, true);
  c.leaves = c.quantity;
  c.time = s.time;
  c.working = 0;
  c.order = -1;
  c.holdPrice = 0.5;
  c.leg = 0;
  s.verdict.clear();

  if (!s.sessions.has(session)) {
    s.verdict.refuse(REJECTION.ORDER_ACCOUNT_UNKNOWN);
    reportRefusal(s, c, STATUS.rejected, session, view, text);
    return;
  }
  s.sessions.consumed(session, view.getFloat64(at + N.inSeq, true));
  const tooLong = view.getUint8(text) > CLORDID_CHARS_MAX;
  const hash = tooLong ? 0 : RequestTable.hash(session, s.day.ordinal, view, text);
  const bodyA = hashBytes(1, view, at + BODY, frame + length);
  const bodyB = hashBytesAgain(2, view, at + BODY, frame + length);
  const known = tooLong ? -1 : s.requests.find(hash, session, s.day.ordinal, view, text);
  if (known >= 0) {
    repeat(s, c, known, bodyA, bodyB, session, view, text);
    return;
  }

  const rejection = tooLong ? REJECTION.ORDER_MALFORMED : check(s, c, session, view.getUint16(at + N.fault, true));
  if (rejection !== 0 && s.verdict.rejection !== rejection) s.verdict.refuse(rejection);
  // What says nothing about the request itself is not remembered: the same id may try again.
  const forgettable =
    tooLong || rejection === REJECTION.THROTTLED || rejection === REJECTION.CAPACITY || s.orders.full || s.requests.full;
  if (rejection !== 0 && forgettable) {
    reportRefusal(s, c, STATUS.rejected, session, view, text);
    return;
  }
  const o = remember(s, c, session, hash, view, text, bodyA, bodyB, rejection);
  if (rejection !== 0) {
    closeOrder(s, o);
    reportOrder(s, o, STATUS.rejected, STATUS.rejected, -1, -1);
    return;
  }
  reserve(s, c, o);
  reportOrder(s, o, STATUS.pending, STATUS.pending, -1, -1);
  sendIntent(s, o, ACTION.order, c.quantity, c.price);
}

/** All checks, none of which changes anything but the count of arrivals. */
function check(s: ClientState, c: Candidate, session: number, fault: number): number {
  return (
    fault ||
    checkAccount(s, c) ||
    checkSession(s, c, session) ||
    checkArrival(s, c, s.day.allowNew, s.day.types) ||
    countArrival(s, c) ||
    checkExposure(s, c)
  );
}

function checkSession(s: ClientState, c: Candidate, session: number): number {
  return s.sessions.accounts.get(session, c.account) === 1 ? 0 : REJECTION.ORDER_ACCOUNT_UNKNOWN;
}

/** The second arrival: the first answer, or a refusal when the body is another. Nothing happens again. */
function repeat(
  s: ClientState,
  c: Candidate,
  known: number,
  bodyA: number,
  bodyB: number,
  session: number,
  view: DataView,
  text: number,
): void {
  const { requests, orders } = s;
  if (requests.kind[known] !== REQUEST.order || requests.bodyA[known] !== bodyA || requests.bodyB[known] !== bodyB) {
    s.verdict.refuse(REJECTION.DUPLICATE_ID);
    reportRefusal(s, c, STATUS.rejected, session, view, text);
    return;
  }
  const o = requests.order[known] as number;
  if (orders.status[o] === STATUS.rejected) reportOrder(s, o, STATUS.rejected, STATUS.rejected, known, -1);
  else reportOrder(s, o, EXEC_STATUS, shownStatus(s, o), known, -1);
}

/** FIX 150 = I: order status. */
export const EXEC_STATUS = 0x49;

function remember(
  s: ClientState,
  c: Candidate,
  session: number,
  hash: number,
  view: DataView,
  text: number,
  bodyA: number,
  bodyB: number,
  rejection: number,
): number {
  const { orders, requests, verdict } = s;
  const o = orders.open(s.seq);
  const r = requests.add(hash, session, s.day.ordinal, view, text);
  requests.kind[r] = REQUEST.order;
  requests.bodyA[r] = bodyA;
  requests.bodyB[r] = bodyB;
  requests.order[r] = o;
  requests.rejection[r] = rejection;
  requests.before[r] = -1;
  orders.session[o] = session;
  orders.account[o] = c.account;
  orders.listing[o] = c.listing;
  orders.side[o] = c.side;
  orders.effect[o] = c.effect;
  orders.leg[o] = c.leg;
  orders.type[o] = c.type;
  orders.tif[o] = c.tif;
  orders.quantity[o] = c.quantity;
  orders.price[o] = c.price;
  orders.holdPrice[o] = c.holdPrice;
  orders.cum[o] = 0;
  orders.value[o] = 0;
  orders.status[o] = rejection === 0 ? STATUS.pending : STATUS.rejected;
  orders.change[o] = CHANGE.none;
  orders.withdraw[o] = 0;
  orders.position[o] = -1;
  orders.working[o] = 0;
  orders.request[o] = r;
  orders.changeRequest[o] = -1;
  orders.requests[o] = r;
  orders.rejection[o] = rejection;
  if (rejection !== 0) {
    orders.cell[o] = verdict.cell;
    orders.limit[o] = verdict.limit;
    orders.used[o] = verdict.used;
    orders.requested[o] = verdict.requested;
    orders.wouldPass[o] = verdict.wouldPass;
  }
  return o;
}

function reserve(s: ClientState, c: Candidate, o: number): void {
  s.orders.position[o] = c.position >= 0 ? c.position : s.positions.row(c.account, c.listing);
  setWorking(s, o, c.quantity);
  const count = s.accounts.cellCount[c.account] as number;
  for (let n = 0; n < count; n++) setHold(s, o, n, s.need[n] as number);
}

/** Tells the hedge node what to do for an order: everything it learns is on this one message. */
export function sendIntent(s: ClientState, o: number, action: number, quantity: number, price: number): void {
  const { orders, hedge } = s;
  const m = hedge.message;
  m.intent = orders.id[o] as number;
  m.action = action;
  m.route = s.accounts.route[orders.account[o] as number] as number;
  m.listing = orders.listing[o] as number;
  m.side = orders.side[o] as number;
  m.effect = orders.effect[o] as number;
  m.type = orders.type[o] as number;
  m.tif = orders.tif[o] as number;
  m.quantity = quantity;
  m.price = price;
  hedge.send();
}

/** The order is over: its working leg and its holds are free, and the oldest closed order may be forgotten for it. */
export function closeOrder(s: ClientState, o: number): void {
  const { orders, requests } = s;
  const oldest = orders.rows.surplus;
  if (oldest >= 0) {
    for (let r = orders.requests[oldest] as number; r >= 0; ) {
      const before = requests.before[r] as number;
      requests.forget(r);
      r = before;
    }
    orders.forgetOldest();
  }
  orders.close(o);
  if ((orders.position[o] as number) < 0) return;
  setWorking(s, o, 0);
  const count = s.accounts.cellCount[orders.account[o] as number] as number;
  for (let n = 0; n < count; n++) setHold(s, o, n, 0);
}
