import { invariant } from '@meridian/base';
import { CancelRejected, ClientFill, EVENT_TYPE, ExceptionRaised, OrderReport } from '@meridian/messages';
import type { ClientState } from './client-state.ts';
import { leavesOf, marginHold } from './hold.ts';
import type { Candidate } from './order-check.ts';
import { CHANGE, STATUS } from './order-table.ts';

/** Hot path: no allocation. How a client node says what became of its orders: order-report, client-fill, cancel-rejected. */

const R = OrderReport.at;
const F = ClientFill.at;
const C = CancelRejected.at;

/** FIX 39 as the client sees it: a change in flight shows. */
export function shownStatus(s: ClientState, o: number): number {
  const { orders } = s;
  if (orders.live[o] === 1) {
    if (orders.change[o] === CHANGE.cancel) return STATUS.pendingCancel;
    if (orders.change[o] === CHANGE.replace) return STATUS.pendingReplace;
  }
  return orders.status[o] as number;
}

function outOf(s: ClientState, session: number): number {
  return s.sessions.has(session) && s.sessions.role[session] === 1 ? s.sessions.takeOut(session) : 0;
}

/** Copies a text with its length byte. */
function copyText(from: DataView, at: number, to: DataView, target: number): number {
  const length = from.getUint8(at);
  for (let i = 0; i <= length; i++) to.setUint8(target + i, from.getUint8(at + i));
  return target + 1 + length;
}

/** An order-report and a client-fill begin with the order in one layout: what it is and where it stands. */
const ORDER = {
  ...{ order: F.order, session: F.session, outSeq: F.outSeq, account: F.account, listing: F.listing, side: F.side },
  ...{ effect: F.effect, type: F.type, tif: F.tif, execType: F.execType, status: F.status },
  ...{ quantity: F.orderQuantity, price: F.orderPrice },
};
/** Further on both say in one layout how far it has come. */
const PROGRESS = { leavesQuantity: F.leavesQuantity - F.cumQuantity, cumValue: F.cumValue - F.cumQuantity };
for (const [fact, at] of Object.entries(ORDER)) invariant(R[fact as keyof typeof ORDER] === at, `two layouts of ${fact}`);
for (const [fact, at] of Object.entries(PROGRESS))
  invariant(R[fact as keyof typeof PROGRESS] - R.cumQuantity === at, `two layouts of ${fact}`);

function writeOrder(s: ClientState, o: number, v: DataView, at: number, execType: number, status: number): void {
  const { orders } = s;
  const session = orders.session[o] as number;
  v.setFloat64(at + R.order, orders.id[o] as number, true);
  v.setUint32(at + R.session, session, true);
  v.setFloat64(at + R.outSeq, outOf(s, session), true);
  v.setUint32(at + R.account, orders.account[o] as number, true);
  v.setUint32(at + R.listing, orders.listing[o] as number, true);
  v.setUint8(at + R.side, orders.side[o] as number);
  v.setUint8(at + R.effect, orders.effect[o] as number);
  v.setUint8(at + R.type, orders.type[o] as number);
  v.setUint8(at + R.tif, orders.tif[o] as number);
  v.setUint8(at + R.execType, execType);
  v.setUint8(at + R.status, status);
  v.setFloat64(at + R.quantity, orders.quantity[o] as number, true);
  v.setFloat64(at + R.price, orders.price[o] as number, true);
}

function writeProgress(s: ClientState, o: number, v: DataView, at: number): void {
  v.setFloat64(at, s.orders.cum[o] as number, true);
  v.setFloat64(at + PROGRESS.leavesQuantity, leavesOf(s, o), true);
  v.setFloat64(at + PROGRESS.cumValue, s.orders.value[o] as number, true);
}

/** A report on a known order. Requests −1 leave the order's own id. */
export function reportOrder(s: ClientState, o: number, execType: number, status: number, request: number, orig: number): void {
  const { orders, out } = s;
  const at = out.begin(EVENT_TYPE['order-report']);
  const v = out.view;
  writeOrder(s, o, v, at, execType, status);
  writeProgress(s, o, v, at + R.cumQuantity);
  const refused = status === STATUS.rejected;
  v.setUint16(at + R.rejection, refused ? (orders.rejection[o] as number) : 0, true);
  v.setUint32(at + R.cell, refused ? (orders.cell[o] as number) : 0, true);
  v.setFloat64(at + R.limit, refused ? (orders.limit[o] as number) : 0, true);
  v.setFloat64(at + R.used, refused ? (orders.used[o] as number) : 0, true);
  v.setFloat64(at + R.requested, refused ? (orders.requested[o] as number) : 0, true);
  v.setFloat64(at + R.wouldPass, refused ? (orders.wouldPass[o] as number) : 0, true);
  let end = s.requests.writeText(request < 0 ? (orders.request[o] as number) : request, v, at + OrderReport.fixedBytes);
  end = s.requests.writeText(orig, v, end);
  out.end(end);
}

/** The refusal of an order that never became one (or of a question about it), with the verdict's numbers. `text` is where its ClOrdID stands in `from`. */
export function reportRefusal(
  s: ClientState,
  c: Candidate,
  execType: number,
  session: number,
  from: DataView,
  text: number,
): void {
  const { out, verdict } = s;
  const at = out.begin(EVENT_TYPE['order-report']);
  const v = out.view;
  v.setFloat64(at + R.order, execType === STATUS.rejected ? s.seq : 0, true);
  v.setUint32(at + R.session, session, true);
  v.setFloat64(at + R.outSeq, outOf(s, session), true);
  v.setUint32(at + R.account, c.account, true);
  v.setUint32(at + R.listing, c.listing, true);
  v.setUint8(at + R.side, c.side);
  v.setUint8(at + R.effect, c.effect);
  v.setUint8(at + R.type, c.type);
  v.setUint8(at + R.tif, c.tif);
  v.setUint8(at + R.execType, execType);
  v.setUint8(at + R.status, STATUS.rejected);
  v.setFloat64(at + R.quantity, c.quantity, true);
  v.setFloat64(at + R.price, c.price, true);
  v.setFloat64(at + R.cumQuantity, 0, true);
  v.setFloat64(at + R.leavesQuantity, 0, true);
  v.setFloat64(at + R.cumValue, 0, true);
  v.setUint16(at + R.rejection, verdict.rejection, true);
  v.setUint32(at + R.cell, verdict.cell, true);
  v.setFloat64(at + R.limit, verdict.limit, true);
  v.setFloat64(at + R.used, verdict.used, true);
  v.setFloat64(at + R.requested, verdict.requested, true);
  v.setFloat64(at + R.wouldPass, verdict.wouldPass, true);
  const end = copyText(from, text, v, at + OrderReport.fixedBytes);
  v.setUint8(end, 0);
  out.end(end + 1);
}

/** A fill, bust or correction of `quantity` at `price`; the fill's own name is (refSeq, refK) for the latter two. */
export function reportFill(s: ClientState, o: number, fill: number, execType: number, hedgeSeq: number, hedgeK: number): void {
  const { orders, fills, out } = s;
  const at = out.begin(EVENT_TYPE['client-fill']);
  const v = out.view;
  writeOrder(s, o, v, at, execType, shownStatus(s, o));
  v.setFloat64(at + F.quantity, fills.quantity[fill] as number, true);
  v.setFloat64(at + F.price, fills.price[fill] as number, true);
  writeProgress(s, o, v, at + F.cumQuantity);
  v.setUint32(at + F.rateSet, s.currencies.rateSet, true);
  v.setFloat64(at + F.hold, marginHold(s, o, fill), true);
  const first = execType === 0x46;
  v.setFloat64(at + F.refSeq, first ? 0 : (fills.seq[fill] as number), true);
  v.setUint32(at + F.refK, first ? 0 : (fills.k[fill] as number), true);
  v.setFloat64(at + F.hedgeSeq, hedgeSeq, true);
  v.setUint32(at + F.hedgeK, hedgeK, true);
  out.end(s.requests.writeText(orders.request[o] as number, v, at + ClientFill.fixedBytes));
}

/** FIX 35=9. `order` row −1: there is no such order. Texts stand in `from`. */
export function reportCancelRejected(
  s: ClientState,
  o: number,
  session: number,
  responseTo: number,
  rejection: number,
  from: DataView,
  text: number,
  orig: number,
): void {
  const { out } = s;
  const at = out.begin(EVENT_TYPE['cancel-rejected']);
  const v = out.view;
  v.setFloat64(at + C.order, o < 0 ? 0 : (s.orders.id[o] as number), true);
  v.setUint32(at + C.session, session, true);
  v.setFloat64(at + C.outSeq, outOf(s, session), true);
  v.setUint8(at + C.status, o < 0 ? STATUS.rejected : shownStatus(s, o));
  v.setUint8(at + C.responseTo, responseTo);
  v.setUint16(at + C.rejection, rejection, true);
  const end = copyText(from, text, v, at + CancelRejected.fixedBytes);
  out.end(copyText(from, orig, v, end));
}

/** The venue refused the change in flight: the same report, its ids from the order's requests. */
export function reportChangeRefused(s: ClientState, o: number, responseTo: number, rejection: number, request: number): void {
  const { out, orders } = s;
  const at = out.begin(EVENT_TYPE['cancel-rejected']);
  const v = out.view;
  const session = orders.session[o] as number;
  v.setFloat64(at + C.order, orders.id[o] as number, true);
  v.setUint32(at + C.session, session, true);
  v.setFloat64(at + C.outSeq, outOf(s, session), true);
  v.setUint8(at + C.status, shownStatus(s, o));
  v.setUint8(at + C.responseTo, responseTo);
  v.setUint16(at + C.rejection, rejection, true);
  const end = s.requests.writeText(request, v, at + CancelRejected.fixedBytes);
  out.end(s.requests.writeText(orders.request[o] as number, v, end));
}

/** Something a person must look at. `text`: an execution id standing in `from`, or −1. */
export function raise(
  out: ClientState['out'],
  kind: number,
  listing: number,
  child: number,
  order: number,
  quantity: number,
  price: number,
  side: number,
  from: DataView | null,
  text: number,
): void {
  const at = out.begin(EVENT_TYPE['exception-raised']);
  const v = out.view;
  const X = ExceptionRaised.at;
  v.setUint8(at + X.kind, kind);
  v.setUint32(at + X.listing, listing, true);
  v.setFloat64(at + X.child, child, true);
  v.setFloat64(at + X.order, order, true);
  v.setFloat64(at + X.quantity, quantity, true);
  v.setFloat64(at + X.price, price, true);
  v.setUint8(at + X.side, side);
  if (from === null) {
    v.setUint8(at + ExceptionRaised.fixedBytes, 0);
    out.end(at + ExceptionRaised.fixedBytes + 1);
  } else out.end(copyText(from, text, v, at + ExceptionRaised.fixedBytes));
}
