import { REJECTION } from '@meridian/messages';
import { POSITIONS_MAX } from './bounds.ts';
import { REQUESTS_PER_COMMAND } from './hedge-id.ts';
import { ACTION, EXECUTION, type Intent } from './hedge-port.ts';
import { leavesOfChild, orderChild, refuseIntent, reportChild } from './hedge-report.ts';
import type { HedgeState } from './hedge-state.ts';
import { CHANGE, STATUS } from './order-table.ts';
import { LEG_OPEN_SHORT, legOf } from './position-table.ts';
import { TradingAccounts } from './trading-account.ts';

/** Hot path: no allocation. What a client node wants done: checked against the trading account, sent to the venue. */
export function takeIntent(h: HedgeState, m: Intent): void {
  if (m.action === ACTION.order) sendChild(h, m);
  else if (m.action === ACTION.replace) replaceChild(h, m);
  else if (m.action === ACTION.cancel) cancelChild(h, m);
}

/** The next request's number: the command and its ordinal, which its ClOrdID is made of. */
function nextRequest(h: HedgeState): number {
  return h.seq * REQUESTS_PER_COMMAND + h.requests++;
}

/** Tells the client node. The message's numbers not named here are 0. */
export function tell(h: HedgeState, intent: number, kind: number, k: number, rejection: number): void {
  const e = h.client.message;
  e.intent = intent;
  e.kind = kind;
  e.quantity = 0;
  e.price = 0;
  e.rejection = rejection;
  e.seq = h.seq;
  e.k = k;
  e.refSeq = 0;
  e.refK = 0;
  h.client.send();
}

function sendChild(h: HedgeState, m: Intent): void {
  const { children, accounts } = h;
  const leg = legOf(m.side, m.effect);
  const known = m.route < h.routes.count ? accounts.positions.find(h.routes.tradingAccount[m.route] as number, m.listing) : -1;
  if (known >= 0) accounts.refresh(children, known, m.side);
  const rejection = checkIntent(h, m, leg, h.time);
  if (rejection !== 0) {
    const k = refuseIntent(h, m, rejection);
    tell(h, m.intent, EXECUTION.rejected, k, rejection);
    return;
  }
  countLeaving(h, m.route);
  const position = accounts.row(h.routes.tradingAccount[m.route] as number, m.listing);
  const c = children.open(m.intent);
  children.id[c] = h.seq;
  children.route[c] = m.route;
  children.listing[c] = m.listing;
  children.side[c] = m.side;
  children.leg[c] = leg;
  children.type[c] = m.type;
  children.tif[c] = m.tif;
  children.quantity[c] = m.quantity;
  children.price[c] = m.price;
  children.cum[c] = 0;
  children.acknowledged[c] = 0;
  children.change[c] = CHANGE.none;
  children.position[c] = position;
  children.working[c] = 0;
  children.request[c] = nextRequest(h);
  children.changeRequest[c] = -1;
  children.addRequest(c, children.request);
  accounts.link(children, c);
  setWorking(h, c, m.quantity);
  orderChild(h, c, ACTION.order);
}

/** Whether the trading account may send this at `time`; changes nothing. Of the intent it reads route, listing, side, quantity and price. */
export function checkIntent(h: HedgeState, m: Readonly<Intent>, leg: number, time: number): number {
  const { routes, sessions, accounts, children } = h;
  if (m.route >= routes.count || routes.known[m.route] === 0) return REJECTION.NOT_PERMITTED;
  const session = routes.session[m.route] as number;
  if (!sessions.has(session) || sessions.role[session] !== 2) return REJECTION.NOT_PERMITTED;
  if (leg === 0 || children.find(m.intent) >= 0) return REJECTION.ORDER_MALFORMED;
  if (leg === LEG_OPEN_SHORT && routes.shortAllowed[m.route] === 0) return REJECTION.SHORT_REFUSED;
  const position = accounts.positions.find(routes.tradingAccount[m.route] as number, m.listing);
  if (children.full || (position < 0 && accounts.positions.count === POSITIONS_MAX)) return REJECTION.CAPACITY;
  if (TradingAccounts.needsStock(leg) && (position < 0 || m.quantity > accounts.sellable(position, leg)))
    return REJECTION.SELLABLE_EXCEEDED;
  const wash = position < 0 ? 0 : accounts.checkWash(children, position, m.side, m.price);
  return wash !== 0 ? wash : checkRouteRate(h, m.route, time);
}

/** Children and replaces of a route that left in the second of `time`. */
export function leftIn({ routes }: HedgeState, route: number, time: number): number {
  return routes.second[route] === Math.floor(time / 1_000_000) ? (routes.arrived[route] as number) : 0;
}

export function checkRouteRate(h: HedgeState, route: number, time: number): number {
  return leftIn(h, route, time) >= (h.routes.orderRateMax[route] as number) ? REJECTION.THROTTLED : 0;
}

function countLeaving(h: HedgeState, route: number): void {
  const { routes } = h;
  routes.arrived[route] = leftIn(h, route, h.time) + 1;
  routes.second[route] = Math.floor(h.time / 1_000_000);
}

/** The child of the intent if it lives and no change of it is under way; else −1, with the refusal told. */
function changeable(h: HedgeState, intent: number): number {
  const { children } = h;
  const c = children.find(intent);
  let rejection = 0;
  if (c < 0) rejection = REJECTION.ORDER_UNKNOWN;
  else if (children.live[c] === 0) rejection = REJECTION.ORDER_CLOSED;
  else if (children.change[c] !== CHANGE.none) rejection = REJECTION.ORDER_BUSY;
  if (rejection === 0) return c;
  refuseChange(h, c, intent, rejection);
  return -1;
}

function replaceChild(h: HedgeState, m: Intent): void {
  const { children, accounts } = h;
  const c = changeable(h, m.intent);
  if (c < 0) return;
  const position = children.position[c] as number;
  const leg = children.leg[c] as number;
  const leaves = m.quantity - (children.cum[c] as number);
  accounts.refresh(children, position, children.side[c] as number);
  let rejection = 0;
  if (TradingAccounts.needsStock(leg) && leaves - (children.working[c] as number) > accounts.sellable(position, leg))
    rejection = REJECTION.SELLABLE_EXCEEDED;
  if (rejection === 0) rejection = accounts.checkWash(children, position, children.side[c] as number, m.price);
  if (rejection === 0) rejection = checkRouteRate(h, children.route[c] as number, h.time);
  if (rejection !== 0) {
    refuseChange(h, c, m.intent, rejection);
    return;
  }
  countLeaving(h, children.route[c] as number);
  children.change[c] = CHANGE.replace;
  children.changeQuantity[c] = m.quantity;
  children.changePrice[c] = m.price;
  children.changeRequest[c] = nextRequest(h);
  children.addRequest(c, children.changeRequest);
  accounts.showPrice(position, children.side[c] === 1, m.price, false);
  setWorking(h, c, Math.max(children.working[c] as number, leaves));
  orderChild(h, c, ACTION.replace);
}

function cancelChild(h: HedgeState, m: Intent): void {
  const { children } = h;
  const c = changeable(h, m.intent);
  if (c < 0) return;
  children.change[c] = CHANGE.cancel;
  children.changeRequest[c] = nextRequest(h);
  children.addRequest(c, children.changeRequest);
  orderChild(h, c, ACTION.cancel);
}

/** FIX 35=9 as a code point: a change was refused, by the house or by the venue. */
export const CHANGE_REFUSED = 0x39;

function refuseChange(h: HedgeState, c: number, intent: number, rejection: number): void {
  const k = c < 0 ? h.out.nextK : reportChild(h, c, CHANGE_REFUSED, statusOf(h, c), rejection, null, 0);
  tell(h, intent, EXECUTION.changeRefused, k, rejection);
}

/** FIX 39 of a child. */
export function statusOf(h: HedgeState, c: number): number {
  const { children } = h;
  const filled = (children.cum[c] as number) >= (children.quantity[c] as number);
  if (children.live[c] === 0) return filled ? STATUS.filled : STATUS.cancelled;
  if (children.acknowledged[c] === 0 && children.cum[c] === 0) return STATUS.pending;
  return (children.cum[c] as number) > 0 ? STATUS.partial : STATUS.new;
}

/** Counts `working` units of the child in its trading account's leg. */
export function setWorking(h: HedgeState, c: number, working: number): void {
  const { children, accounts } = h;
  const before = children.working[c] as number;
  if (working === before) return;
  accounts.positions.work(children.position[c] as number, children.leg[c] as number, working - before);
  children.working[c] = working;
}

/** What the child must keep working: while a replace is in flight the larger of both sizes. */
export function settleWorking(h: HedgeState, c: number): void {
  const { children } = h;
  const leaves = leavesOfChild(h, c);
  const asked = (children.changeQuantity[c] as number) - (children.cum[c] as number);
  setWorking(h, c, children.live[c] === 1 && children.change[c] === CHANGE.replace ? Math.max(leaves, asked) : leaves);
}

/** The child will not trade any more. */
export function closeChild(h: HedgeState, c: number): void {
  h.children.close(c);
  h.accounts.unlink(h.children, c);
  setWorking(h, c, 0);
}
