import { CancelOrder, NO_PRICE, OrderStatus, REJECTION, ReplaceOrder } from '@meridian/messages';
import { CLORDID_CHARS_MAX } from './bounds.ts';
import type { ClientState } from './client-state.ts';
import { hashBytes, hashBytesAgain } from './column.ts';
import { ACTION } from './hedge-port.ts';
import { setHold, setWorking, workingNeeded } from './hold.ts';
import {
  Candidate,
  checkCells,
  checkPermission,
  checkPosition,
  checkPrice,
  checkRate,
  checkSize,
  countArrival,
} from './order-check.ts';
import { EXEC_STATUS, sendIntent } from './order-entry.ts';
import { reportCancelRejected, reportOrder, reportRefusal, shownStatus } from './order-report.ts';
import { CHANGE, STATUS } from './order-table.ts';
import { REQUEST, RequestTable } from './request-table.ts';

/** Hot path: no allocation. A client's cancel, replace and status request. */

const G = ReplaceOrder.at;
const F = CancelOrder.at;

const candidate = new Candidate();
/** Where the texts of the request being handled stand. */
const place = { text: 0, orig: 0 };

function findTexts(view: DataView, at: number): void {
  place.text = at;
  place.orig = at + 1 + view.getUint8(at);
}

/** The order a ClOrdID of today's names; −1 none. Only the id in force names it: an accepted replace changes the name. */
function orderNamed(s: ClientState, session: number, view: DataView, text: number): number {
  if (view.getUint8(text) > CLORDID_CHARS_MAX) return -1;
  const day = s.day.ordinal;
  const r = s.requests.find(RequestTable.hash(session, day, view, text), session, day, view, text);
  return r < 0 ? -1 : (s.requests.order[r] as number);
}

export function cancelOrder(s: ClientState, view: DataView, frame: number, length: number): void {
  const at = frame + 16;
  change(
    s,
    view,
    frame,
    length,
    REQUEST.cancel,
    at + CancelOrder.fixedBytes,
    view.getFloat64(at + F.inSeq, true),
    at + F.fault,
  );
}

export function replaceOrder(s: ClientState, view: DataView, frame: number, length: number): void {
  const at = frame + 16;
  candidate.quantity = view.getFloat64(at + G.quantity, true);
  candidate.price = view.getFloat64(at + G.price, true);
  change(
    s,
    view,
    frame,
    length,
    REQUEST.replace,
    at + ReplaceOrder.fixedBytes,
    view.getFloat64(at + G.inSeq, true),
    at + G.fault,
  );
}

function change(
  s: ClientState,
  view: DataView,
  frame: number,
  length: number,
  kind: number,
  texts: number,
  inSeq: number,
  faultAt: number,
): void {
  const session = view.getUint32(frame + 16, true);
  findTexts(view, texts);
  const responseTo = kind === REQUEST.cancel ? 1 : 2;
  if (!s.sessions.has(session)) {
    reportCancelRejected(s, -1, session, responseTo, REJECTION.ORDER_UNKNOWN, view, place.text, place.orig);
    return;
  }
  s.sessions.consumed(session, inSeq);
  s.verdict.clear();
  // Session and inbound number are eight and four bytes at the front of every request's body.
  const bodyA = hashBytes(kind, view, frame + 28, frame + length);
  const bodyB = hashBytesAgain(kind, view, frame + 28, frame + length);
  const day = s.day.ordinal;
  const tooLong = view.getUint8(place.text) > CLORDID_CHARS_MAX;
  const hash = tooLong ? 0 : RequestTable.hash(session, day, view, place.text);
  const known = tooLong ? -1 : s.requests.find(hash, session, day, view, place.text);
  if (known >= 0) {
    repeat(s, known, kind, bodyA, bodyB, session, view);
    return;
  }
  const o = orderNamed(s, session, view, place.orig);
  const rejection = tooLong ? REJECTION.ORDER_MALFORMED : check(s, o, kind, view.getUint16(faultAt, true));
  const forgettable =
    tooLong || o < 0 || s.orders.live[o] === 0 || rejection === REJECTION.THROTTLED || rejection === REJECTION.CAPACITY;
  let request = -1;
  if (!forgettable) {
    const { requests, orders } = s;
    request = requests.add(hash, session, day, view, place.text);
    requests.kind[request] = kind;
    requests.bodyA[request] = bodyA;
    requests.bodyB[request] = bodyB;
    requests.order[request] = o;
    requests.rejection[request] = rejection;
    requests.before[request] = orders.requests[o] as number;
    orders.requests[o] = request;
  }
  if (rejection !== 0) {
    reportCancelRejected(s, o, session, responseTo, rejection, view, place.text, place.orig);
    return;
  }
  if (kind === REQUEST.cancel) startCancel(s, o, request);
  else startReplace(s, o, request, candidate);
}

function check(s: ClientState, o: number, kind: number, fault: number): number {
  const { orders } = s;
  if (fault !== 0) return fault;
  if (o < 0) return REJECTION.ORDER_UNKNOWN;
  if (orders.live[o] === 0) return REJECTION.ORDER_CLOSED;
  if (orders.change[o] !== CHANGE.none) return REJECTION.ORDER_BUSY;
  if (s.requests.full) return REJECTION.CAPACITY;
  if (kind === REQUEST.cancel) return s.day.allowCancel ? 0 : REJECTION.MARKET_CLOSED;
  return checkReplace(s, o);
}

/** The order as it would become, by the same checks; of positions and cells it needs only what it does not hold yet. */
function checkReplace(s: ClientState, o: number): number {
  const { orders } = s;
  const c = candidate;
  const cum = orders.cum[o] as number;
  c.time = s.time;
  c.order = o;
  c.account = orders.account[o] as number;
  c.listing = orders.listing[o] as number;
  c.side = orders.side[o] as number;
  c.effect = orders.effect[o] as number;
  c.leg = orders.leg[o] as number;
  c.type = orders.type[o] as number;
  c.tif = orders.tif[o] as number;
  c.leaves = c.quantity - cum;
  c.working = orders.working[o] as number;
  if ((orders.price[o] === NO_PRICE) !== (c.price === NO_PRICE)) return REJECTION.ORDER_MALFORMED;
  return (
    checkPermission(s, c, s.day.allowReplace) ||
    checkPrice(s, c) ||
    checkSize(s, c) ||
    (c.quantity <= cum ? s.verdict.refuse(REJECTION.REPLACE_BELOW_FILLED, cum, 0, c.quantity, 0) : 0) ||
    checkRate(s, c) ||
    countArrival(s, c) ||
    checkPosition(s, c) ||
    checkCells(s, c)
  );
}

function startCancel(s: ClientState, o: number, request: number): void {
  const { orders } = s;
  orders.change[o] = CHANGE.cancel;
  orders.changeRequest[o] = request;
  reportOrder(s, o, STATUS.pendingCancel, STATUS.pendingCancel, request, orders.request[o] as number);
  sendIntent(s, o, ACTION.cancel, orders.quantity[o] as number, orders.price[o] as number);
}

function startReplace(s: ClientState, o: number, request: number, c: Candidate): void {
  const { orders } = s;
  orders.change[o] = CHANGE.replace;
  orders.changeRequest[o] = request;
  orders.changeQuantity[o] = c.quantity;
  orders.changePrice[o] = c.price;
  orders.changeHoldPrice[o] = c.holdPrice;
  setWorking(s, o, workingNeeded(s, o));
  const count = s.accounts.cellCount[c.account] as number;
  for (let n = 0; n < count; n++) {
    const held = orders.hold[o + n] as number;
    if ((s.need[n] as number) > held) setHold(s, o, n, s.need[n] as number);
  }
  // Until the venue agrees the order is what it was: the report shows the original quantity and price.
  reportOrder(s, o, STATUS.pendingReplace, STATUS.pendingReplace, request, orders.request[o] as number);
  sendIntent(s, o, ACTION.replace, c.quantity, c.price);
}

function repeat(
  s: ClientState,
  known: number,
  kind: number,
  bodyA: number,
  bodyB: number,
  session: number,
  view: DataView,
): void {
  const { requests } = s;
  const responseTo = kind === REQUEST.cancel ? 1 : 2;
  const o = requests.order[known] as number;
  if (requests.kind[known] !== kind || requests.bodyA[known] !== bodyA || requests.bodyB[known] !== bodyB) {
    reportCancelRejected(s, o, session, responseTo, REJECTION.DUPLICATE_ID, view, place.text, place.orig);
  } else if (requests.rejection[known] !== 0) {
    const rejection = requests.rejection[known] as number;
    reportCancelRejected(s, o, session, responseTo, rejection, view, place.text, place.orig);
  } else reportOrder(s, o, EXEC_STATUS, shownStatus(s, o), known, -1);
}

/** FIX 35=H. An order nobody knows is answered as rejected, with order id 0: the door says "unknown order". */
export function reportStatus(s: ClientState, view: DataView, frame: number): void {
  const at = frame + 16;
  const session = view.getUint32(at + OrderStatus.at.session, true);
  if (!s.sessions.has(session)) return;
  s.sessions.consumed(session, view.getFloat64(at + OrderStatus.at.inSeq, true));
  const text = at + OrderStatus.fixedBytes;
  const o = orderNamed(s, session, view, text);
  if (o >= 0) {
    reportOrder(s, o, EXEC_STATUS, shownStatus(s, o), -1, -1);
    return;
  }
  const c = candidate;
  Object.assign(c, NOBODY);
  s.verdict.refuse(REJECTION.ORDER_UNKNOWN);
  reportRefusal(s, c, EXEC_STATUS, session, view, text);
}

/** An order with nothing in it. */
const NOBODY = { account: 0, listing: 0, side: 0, effect: 0, type: 0, tif: 0, quantity: 0, price: NO_PRICE };
