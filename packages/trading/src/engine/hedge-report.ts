import { invariant } from '@meridian/base';
import { EVENT_TYPE, HedgeFill, HedgeOrder, HedgeReport } from '@meridian/messages';
import { writeHedgeId } from './hedge-id.ts';
import { ACTION } from './hedge-port.ts';
import type { HedgeState } from './hedge-state.ts';

/** Hot path: no allocation. What a hedge node says: orders to the venue, and what became of them. */

const O = HedgeOrder.at;
const F = HedgeFill.at;
const R = HedgeReport.at;

/** Copies a text with its length byte, an empty one when there is no source. */
function copyText(from: DataView | null, at: number, to: DataView, target: number): number {
  if (from === null) {
    to.setUint8(target, 0);
    return target + 1;
  }
  const length = from.getUint8(at);
  for (let i = 0; i <= length; i++) to.setUint8(target + i, from.getUint8(at + i));
  return target + 1 + length;
}

export function leavesOfChild(h: HedgeState, child: number): number {
  const { children } = h;
  return children.live[child] === 0 ? 0 : Math.max(0, (children.quantity[child] as number) - (children.cum[child] as number));
}

/** FIX D, G or F to the venue: a change is named by the request in flight, after the one it changes. */
export function orderChild(h: HedgeState, c: number, action: number): void {
  const { children, out } = h;
  const route = children.route[c] as number;
  const session = h.routes.session[route] as number;
  const at = out.begin(EVENT_TYPE['hedge-order']);
  const v = out.view;
  v.setFloat64(at + O.child, children.id[c] as number, true);
  v.setFloat64(at + O.intent, children.intent[c] as number, true);
  v.setUint8(at + O.action, action);
  v.setUint32(at + O.route, route, true);
  v.setUint32(at + O.session, session, true);
  v.setFloat64(at + O.outSeq, h.sessions.takeOut(session), true);
  v.setUint32(at + O.listing, children.listing[c] as number, true);
  v.setUint8(at + O.side, children.side[c] as number);
  v.setUint8(at + O.type, children.type[c] as number);
  v.setUint8(at + O.tif, children.tif[c] as number);
  const changed = action === ACTION.replace;
  v.setFloat64(at + O.quantity, (changed ? children.changeQuantity[c] : children.quantity[c]) as number, true);
  v.setFloat64(at + O.price, (changed ? children.changePrice[c] : children.price[c]) as number, true);
  const first = action === ACTION.order;
  let end = writeHedgeId(h.key, first ? children.request : children.changeRequest, c, v, at + HedgeOrder.fixedBytes);
  if (!first) end = writeHedgeId(h.key, children.request, c, v, end);
  else v.setUint8(end++, 0);
  out.end(end);
}

/** A hedge-fill and a hedge-report begin with the child in one layout. */
for (const fact of ['child', 'intent', 'route', 'listing', 'side', 'execType'] as const)
  invariant(R[fact] === F[fact], `two layouts of ${fact}`);

function writeChild(h: HedgeState, c: number, v: DataView, at: number, execType: number): void {
  const { children } = h;
  v.setFloat64(at + R.child, children.id[c] as number, true);
  v.setFloat64(at + R.intent, children.intent[c] as number, true);
  v.setUint32(at + R.route, children.route[c] as number, true);
  v.setUint32(at + R.listing, children.listing[c] as number, true);
  v.setUint8(at + R.side, children.side[c] as number);
  v.setUint8(at + R.execType, execType);
}

/** A fill, bust or correction; its time and texts stand in the venue's report, at the places given. @returns its ordinal in the command. */
export function reportChildFill(
  h: HedgeState,
  c: number,
  execType: number,
  quantity: number,
  price: number,
  transactTime: number,
  from: DataView,
  execId: number,
  execRefId: number,
  venueOrderId: number,
): number {
  const { children, out } = h;
  const k = out.nextK;
  const at = out.begin(EVENT_TYPE['hedge-fill']);
  const v = out.view;
  writeChild(h, c, v, at, execType);
  v.setFloat64(at + F.quantity, quantity, true);
  v.setFloat64(at + F.price, price, true);
  v.setFloat64(at + F.cumQuantity, children.cum[c] as number, true);
  v.setFloat64(at + F.leavesQuantity, leavesOfChild(h, c), true);
  v.setFloat64(at + F.transactTime, from.getFloat64(transactTime, true), true);
  let end = copyText(from, execId, v, at + HedgeFill.fixedBytes);
  end = copyText(from, execRefId, v, end);
  out.end(copyText(from, venueOrderId, v, end));
  return k;
}

/** Any other change of a child. @returns its ordinal in the command. */
export function reportChild(
  h: HedgeState,
  c: number,
  execType: number,
  status: number,
  rejection: number,
  from: DataView | null,
  venueOrderId: number,
): number {
  const { children, out } = h;
  const k = out.nextK;
  const at = out.begin(EVENT_TYPE['hedge-report']);
  const v = out.view;
  writeChild(h, c, v, at, execType);
  v.setUint8(at + R.status, status);
  v.setUint16(at + R.rejection, rejection, true);
  v.setFloat64(at + R.quantity, children.quantity[c] as number, true);
  v.setFloat64(at + R.price, children.price[c] as number, true);
  v.setFloat64(at + R.cumQuantity, children.cum[c] as number, true);
  v.setFloat64(at + R.leavesQuantity, leavesOfChild(h, c), true);
  out.end(copyText(from, venueOrderId, v, at + HedgeReport.fixedBytes));
  return k;
}

/** An intent that never became a child. */
export function refuseIntent(
  h: HedgeState,
  m: Readonly<Record<'intent' | 'route' | 'listing' | 'side' | 'quantity' | 'price', number>>,
  rejection: number,
): number {
  const { out } = h;
  const k = out.nextK;
  const at = out.begin(EVENT_TYPE['hedge-report']);
  const v = out.view;
  v.setFloat64(at + R.child, 0, true);
  v.setFloat64(at + R.intent, m.intent, true);
  v.setUint32(at + R.route, m.route, true);
  v.setUint32(at + R.listing, m.listing, true);
  v.setUint8(at + R.side, m.side);
  v.setUint8(at + R.execType, 0x38);
  v.setUint8(at + R.status, 0x38);
  v.setUint16(at + R.rejection, rejection, true);
  v.setFloat64(at + R.quantity, m.quantity, true);
  v.setFloat64(at + R.price, m.price, true);
  v.setFloat64(at + R.cumQuantity, 0, true);
  v.setFloat64(at + R.leavesQuantity, 0, true);
  v.setUint8(at + HedgeReport.fixedBytes, 0);
  out.end(at + HedgeReport.fixedBytes + 1);
  return k;
}
