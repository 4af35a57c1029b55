import type { EventSink } from '@meridian/log';
import {
  type CommandBody,
  HedgeIntent,
  REJECTION,
  COMMAND_TYPE as T,
  VenueCancelReject,
  VenueReport,
} from '@meridian/messages';
import { hashBytes, hashBytesAgain } from './column.ts';
import { ExecutionTable } from './execution-table.ts';
import { newRequestNumber, readHedgeId } from './hedge-id.ts';
import { CHANGE_REFUSED, closeChild, settleWorking, statusOf, takeIntent, tell } from './hedge-intent.ts';
import { EXECUTION, type Intent, newIntent } from './hedge-port.ts';
import { reportChild, reportChildFill } from './hedge-report.ts';
import type { HedgeState } from './hedge-state.ts';
import { raise } from './order-report.ts';
import { CHANGE, STATUS } from './order-table.ts';

/**
 * The hedge node (对冲节点): children of intents at one market's venue, in the house account. TC-6. Hot path: no
 * allocation. A report is believed once: its repeat is ignored, the same ExecID with another body raises an exception. A
 * fill always counts in the trading account, whatever became of its order.
 */
const V = VenueReport.at;
const X = VenueCancelReject.at;
const I = HedgeIntent.at;
const intent: Intent = newIntent();
/** The request that the report being handled answers. */
const named = newRequestNumber();

/** Where the texts of the report being handled stand. */
const text = { clOrdId: 0, execId: 0, execRefId: 0, venueOrderId: 0 };

export function beginHedgeCommand(h: HedgeState, seq: number, time: number, out: EventSink): void {
  h.seq = seq;
  h.time = time;
  h.requests = 0;
  h.out = out;
}

/** @returns whether the command is the hedge node's. */
export function applyHedgeHot(h: HedgeState, type: number, view: DataView, frame: number, length: number): boolean {
  switch (type) {
    case T['venue-report']:
      takeReport(h, view, frame, length);
      return true;
    case T['venue-cancel-reject']:
      takeCancelReject(h, view, frame + 16);
      return true;
    case T['hedge-intent']:
      takeIntent(h, readIntent(view, frame + 16));
      return true;
    default:
      return false;
  }
}

function readIntent(view: DataView, at: number): Intent {
  intent.intent = view.getFloat64(at + I.intent, true);
  intent.action = view.getUint8(at + I.action);
  intent.route = view.getUint32(at + I.route, true);
  intent.listing = view.getUint32(at + I.listing, true);
  intent.side = view.getUint8(at + I.side);
  intent.effect = view.getUint8(at + I.effect);
  intent.type = view.getUint8(at + I.type);
  intent.tif = view.getUint8(at + I.tif);
  intent.quantity = view.getFloat64(at + I.quantity, true);
  intent.price = view.getFloat64(at + I.price, true);
  return intent;
}

/** @returns the dense id the fact concerns, 0 when it was refused, −1 when it is none of the hedge node's. */
export function applyHedgeFact(h: HedgeState, fact: { readonly name: string; readonly body: unknown }): number {
  if (fact.name === 'define-route') {
    const body = fact.body as CommandBody<'define-route'>;
    return h.routes.define(body) ? body.route : 0;
  }
  if (fact.name === 'define-session') {
    const body = fact.body as CommandBody<'define-session'>;
    if (body.role !== 'hedge') return -1;
    return h.sessions.define(body) ? body.session : 0;
  }
  if (fact.name === 'borrow') {
    const body = fact.body as CommandBody<'borrow'>;
    if (body.route >= h.routes.count || h.routes.known[body.route] === 0) return 0;
    h.accounts.setBorrow(h.accounts.row(h.routes.tradingAccount[body.route] as number, body.listing), body.quantity);
    return body.listing;
  }
  return -1;
}

function findTexts(view: DataView, at: number): void {
  text.clOrdId = at;
  const orig = at + 1 + view.getUint8(at);
  text.execId = orig + 1 + view.getUint8(orig);
  text.execRefId = text.execId + 1 + view.getUint8(text.execId);
  text.venueOrderId = text.execRefId + 1 + view.getUint8(text.execRefId);
}

function takeReport(h: HedgeState, view: DataView, frame: number, length: number): void {
  const at = frame + 16;
  const session = view.getUint32(at + V.session, true);
  findTexts(view, at + VenueReport.fixedBytes);
  const execType = view.getUint8(at + V.execType);
  if (!h.sessions.has(session)) {
    complain(h, 2, -1, view, at);
    return;
  }
  h.sessions.consumed(session, view.getFloat64(at + V.inSeq, true));
  // Pending and status reports change nothing and need no memory.
  if (execType === STATUS.pending || execType === STATUS.pendingCancel || execType === STATUS.pendingReplace) return;
  if (execType === 0x49) return;

  const { executions } = h;
  const idA = ExecutionTable.idA(session, view, text.execId);
  const idB = ExecutionTable.idB(session, view, text.execId);
  // Session and inbound number are the twelve bytes in front of the report's body.
  const bodyA = hashBytes(1, view, at + 12, frame + length);
  const bodyB = hashBytesAgain(2, view, at + 12, frame + length);
  const seen = executions.find(idA, idB);
  if (seen >= 0) {
    if (executions.bodyA[seen] !== bodyA || executions.bodyB[seen] !== bodyB) complain(h, 4, -1, view, at);
    return;
  }
  readHedgeId(h.key, view, text.clOrdId, named);
  const c = h.children.findRequest(named);
  if (c < 0 || h.routes.session[h.children.route[c] as number] !== session) {
    complain(h, 2, -1, view, at);
    return;
  }
  const row = executions.add(idA, idB);
  executions.bodyA[row] = bodyA;
  executions.bodyB[row] = bodyB;
  executions.intent[row] = h.children.intent[c] as number;
  executions.seq[row] = h.seq;
  if (execType === 0x46) trade(h, c, row, view, at);
  else if (execType === 0x48) bust(h, c, view, at);
  else if (execType === 0x47) correct(h, c, row, view, at);
  else advance(h, c, execType, view, at);
}

function complain(h: HedgeState, kind: number, c: number, view: DataView, at: number): void {
  const quantity = view.getFloat64(at + V.lastQuantity, true);
  const price = view.getFloat64(at + V.lastPrice, true);
  const { children } = h;
  if (c < 0) raise(h.out, kind, 0, 0, 0, quantity, price, 0, view, text.execId);
  else {
    const listing = children.listing[c] as number;
    const side = children.side[c] as number;
    raise(
      h.out,
      kind,
      listing,
      children.id[c] as number,
      children.intent[c] as number,
      quantity,
      price,
      side,
      view,
      text.execId,
    );
  }
}

function trade(h: HedgeState, c: number, row: number, view: DataView, at: number): void {
  const { children, executions, accounts } = h;
  const quantity = view.getFloat64(at + V.lastQuantity, true);
  const price = view.getFloat64(at + V.lastPrice, true);
  if (quantity <= 0) {
    complain(h, 2, c, view, at);
    return;
  }
  executions.quantity[row] = quantity;
  executions.price[row] = price;
  children.cum[c] = (children.cum[c] as number) + quantity;
  accounts.positions.fill(children.position[c] as number, children.leg[c] as number, quantity);
  if (children.live[c] === 1) {
    const replacing = children.change[c] === CHANGE.replace;
    const size = Math.max(children.quantity[c] as number, replacing ? (children.changeQuantity[c] as number) : 0);
    if ((children.cum[c] as number) >= size) closeChild(h, c);
    else settleWorking(h, c);
  }
  const transactTime = at + V.transactTime;
  const k = reportChildFill(h, c, 0x46, quantity, price, transactTime, view, text.execId, text.execRefId, text.venueOrderId);
  executions.k[row] = k;
  tellFill(h, c, EXECUTION.trade, quantity, price, k, -1);
}

function tellFill(h: HedgeState, c: number, kind: number, quantity: number, price: number, k: number, origin: number): void {
  const e = h.client.message;
  e.intent = h.children.intent[c] as number;
  e.kind = kind;
  e.quantity = quantity;
  e.price = price;
  e.rejection = 0;
  e.seq = h.seq;
  e.k = k;
  e.refSeq = origin < 0 ? 0 : (h.executions.seq[origin] as number);
  e.refK = origin < 0 ? 0 : (h.executions.k[origin] as number);
  h.client.send();
}

/** The row of the fill that a bust or correction changes; −1 with an exception when there is none (any more). */
function findOrigin(h: HedgeState, c: number, view: DataView, at: number): number {
  const { executions } = h;
  const session = view.getUint32(at + V.session, true);
  const idA = ExecutionTable.idA(session, view, text.execRefId);
  const named = executions.find(idA, ExecutionTable.idB(session, view, text.execRefId));
  const row = named >= 0 && (executions.origin[named] as number) >= 0 ? (executions.origin[named] as number) : named;
  if (row >= 0 && (executions.quantity[row] as number) > 0 && executions.intent[row] === h.children.intent[c]) return row;
  complain(h, 3, c, view, at);
  return -1;
}

function bust(h: HedgeState, c: number, view: DataView, at: number): void {
  const row = findOrigin(h, c, view, at);
  if (row < 0) return;
  const { executions } = h;
  const quantity = executions.quantity[row] as number;
  const price = executions.price[row] as number;
  moveFill(h, c, -quantity);
  executions.quantity[row] = 0;
  const transactTime = at + V.transactTime;
  const k = reportChildFill(h, c, 0x48, quantity, price, transactTime, view, text.execId, text.execRefId, text.venueOrderId);
  tellFill(h, c, EXECUTION.bust, quantity, price, k, row);
}

function correct(h: HedgeState, c: number, row: number, view: DataView, at: number): void {
  const origin = findOrigin(h, c, view, at);
  if (origin < 0) return;
  const { executions } = h;
  const quantity = view.getFloat64(at + V.lastQuantity, true);
  const price = view.getFloat64(at + V.lastPrice, true);
  if (quantity <= 0) {
    complain(h, 2, c, view, at);
    return;
  }
  moveFill(h, c, quantity - (executions.quantity[origin] as number));
  executions.quantity[origin] = quantity;
  executions.price[origin] = price;
  executions.origin[row] = origin;
  const transactTime = at + V.transactTime;
  const k = reportChildFill(h, c, 0x47, quantity, price, transactTime, view, text.execId, text.execRefId, text.venueOrderId);
  tellFill(h, c, EXECUTION.correction, quantity, price, k, origin);
}

function moveFill(h: HedgeState, c: number, quantity: number): void {
  const { children } = h;
  children.cum[c] = (children.cum[c] as number) + quantity;
  h.accounts.positions.fill(children.position[c] as number, children.leg[c] as number, quantity);
  if (children.live[c] === 0) return;
  if ((children.cum[c] as number) >= (children.quantity[c] as number) && children.change[c] !== CHANGE.replace)
    closeChild(h, c);
  else settleWorking(h, c);
}

/** Acknowledged, cancelled, replaced, rejected, expired. Repeated or late ones change nothing. */
function advance(h: HedgeState, c: number, execType: number, view: DataView, at: number): void {
  const { children } = h;
  const id = children.intent[c] as number;
  const from = text.venueOrderId;
  if (execType === 0x35 && children.change[c] === CHANGE.replace) {
    replaced(h, c, view);
    return;
  }
  if (children.live[c] === 0) return;
  if (execType === STATUS.new) {
    if (children.acknowledged[c] === 1) return;
    children.acknowledged[c] = 1;
    tell(h, id, EXECUTION.acknowledged, reportChild(h, c, STATUS.new, statusOf(h, c), 0, view, from), 0);
  } else if (execType === STATUS.cancelled) {
    closeChild(h, c);
    tell(h, id, EXECUTION.cancelled, reportChild(h, c, STATUS.cancelled, STATUS.cancelled, 0, view, from), 0);
  } else if (execType === STATUS.expired || execType === 0x33) {
    closeChild(h, c);
    tell(h, id, EXECUTION.expired, reportChild(h, c, STATUS.expired, STATUS.expired, 0, view, from), 0);
  } else if (execType === STATUS.rejected) {
    closeChild(h, c);
    const code = REJECTION.VENUE_REFUSED;
    tell(h, id, EXECUTION.rejected, reportChild(h, c, STATUS.rejected, STATUS.rejected, code, view, from), code);
  } else complain(h, 2, c, view, at);
}

/** A replace was answered: one of its two prices left the market, and its fills may have used up the size that holds now. */
function settleSize(h: HedgeState, c: number): void {
  const { children, accounts } = h;
  if (children.live[c] === 0) return;
  accounts.priceLeft(children.position[c] as number, children.side[c] === 1);
  if ((children.cum[c] as number) >= (children.quantity[c] as number)) closeChild(h, c);
  else settleWorking(h, c);
}

function replaced(h: HedgeState, c: number, view: DataView): void {
  const { children } = h;
  children.acknowledged[c] = 1;
  children.quantity[c] = children.changeQuantity[c] as number;
  children.price[c] = children.changePrice[c] as number;
  children.request[c] = children.changeRequest[c] as number;
  children.change[c] = CHANGE.none;
  settleSize(h, c);
  const k = reportChild(h, c, 0x35, statusOf(h, c), 0, view, text.venueOrderId);
  tell(h, children.intent[c] as number, EXECUTION.replaced, k, 0);
}

function takeCancelReject(h: HedgeState, view: DataView, at: number): void {
  const session = view.getUint32(at + X.session, true);
  if (!h.sessions.has(session)) return;
  h.sessions.consumed(session, view.getFloat64(at + X.inSeq, true));
  const { children } = h;
  readHedgeId(h.key, view, at + VenueCancelReject.fixedBytes, named);
  const c = children.findRequest(named);
  if (c < 0) {
    raise(h.out, 2, 0, 0, 0, 0, 0, 0, view, at + VenueCancelReject.fixedBytes);
    return;
  }
  // A repeat, or an answer to a request that was answered already.
  if (children.change[c] === CHANGE.none || children.changeRequest[c] !== named.number) return;
  children.change[c] = CHANGE.none;
  children.changeRequest[c] = -1;
  settleSize(h, c);
  // FIX 102: 0 too late, 1 unknown order, 3 already pending.
  const reason = view.getUint16(at + X.reason, true);
  const code = reason <= 1 ? REJECTION.ORDER_CLOSED : reason === 3 ? REJECTION.ORDER_BUSY : REJECTION.VENUE_REFUSED;
  const k = reportChild(h, c, CHANGE_REFUSED, statusOf(h, c), code, null, 0);
  tell(h, children.intent[c] as number, EXECUTION.changeRefused, k, code);
}
