import { REJECTION } from '@meridian/messages';
import type { ClientState } from './client-state.ts';
import { ACTION, EXECUTION, type ExecutionReport } from './hedge-port.ts';
import { forgetHold, holdFill, releaseFill, releaseSurplus, retakeHold } from './hold.ts';
import { closeOrder, sendIntent } from './order-entry.ts';
import { raise, reportChangeRefused, reportFill, reportOrder } from './order-report.ts';
import { CHANGE, STATUS } from './order-table.ts';

/**
 * Hot path: no allocation. What the hedge node says became of an order. Mirror (镜像直通): the client's order is new when
 * its child is, and filled by exactly what the child was filled. A fill that finds its order closed is never dropped and
 * never given to the client: the hedge has it, and an exception asks a person.
 */
export function executeOrder(s: ClientState, e: ExecutionReport): void {
  const o = s.orders.find(e.intent);
  if (o < 0) {
    raise(s.out, 2, 0, 0, e.intent, e.quantity, e.price, 0, null, 0);
    return;
  }
  if (e.kind === EXECUTION.trade) fill(s, o, e);
  else if (e.kind === EXECUTION.bust) bust(s, o, e);
  else if (e.kind === EXECUTION.correction) correct(s, o, e);
  else if (e.kind === EXECUTION.replaced) replaced(s, o);
  else if (e.kind === EXECUTION.changeRefused) changeRefused(s, o, e.rejection);
  else if (s.orders.live[o] === 1) advance(s, o, e);
}

function advance(s: ClientState, o: number, e: ExecutionReport): void {
  const { orders } = s;
  if (e.kind === EXECUTION.acknowledged) {
    if (orders.status[o] !== STATUS.pending) return;
    orders.status[o] = STATUS.new;
    reportOrder(s, o, STATUS.new, STATUS.new, -1, -1);
  } else if (e.kind === EXECUTION.rejected) {
    orders.rejection[o] = e.rejection === 0 ? REJECTION.VENUE_REFUSED : e.rejection;
    orders.cell[o] = 0;
    orders.limit[o] = 0;
    orders.used[o] = 0;
    orders.requested[o] = 0;
    orders.wouldPass[o] = 0;
    finishOrder(s, o, STATUS.rejected, STATUS.rejected);
  } else if (e.kind === EXECUTION.cancelled) {
    const dayEnded = orders.withdraw[o] === 2 && orders.change[o] !== CHANGE.cancel;
    const status = dayEnded ? STATUS.expired : STATUS.cancelled;
    finishOrder(s, o, status, status);
  } else if (e.kind === EXECUTION.expired) finishOrder(s, o, STATUS.expired, STATUS.expired);
}

/** The order's last report. A cancel the client asked for names the request. */
export function finishOrder(s: ClientState, o: number, execType: number, status: number): void {
  const { orders } = s;
  const asked = orders.change[o] === CHANGE.cancel && status === STATUS.cancelled;
  const request = asked ? (orders.changeRequest[o] as number) : -1;
  orders.status[o] = status;
  orders.change[o] = CHANGE.none;
  closeOrder(s, o);
  reportOrder(s, o, execType, status, request, request < 0 ? -1 : (orders.request[o] as number));
}

function replaced(s: ClientState, o: number): void {
  const { orders } = s;
  if (orders.change[o] !== CHANGE.replace) return;
  const before = orders.request[o] as number;
  orders.quantity[o] = orders.changeQuantity[o] as number;
  orders.price[o] = orders.changePrice[o] as number;
  orders.holdPrice[o] = orders.changeHoldPrice[o] as number;
  orders.request[o] = orders.changeRequest[o] as number;
  orders.change[o] = CHANGE.none;
  orders.changeRequest[o] = -1;
  // Fills that crossed the replace may have used up the new quantity.
  settleStatus(s, o);
  if (orders.live[o] === 1) releaseSurplus(s, o);
  reportOrder(s, o, 0x35, orders.status[o] as number, -1, before);
  withdrawNow(s, o);
}

function changeRefused(s: ClientState, o: number, rejection: number): void {
  const { orders } = s;
  const change = orders.change[o] as number;
  if (change === CHANGE.none) return;
  const request = orders.changeRequest[o] as number;
  orders.change[o] = CHANGE.none;
  orders.changeRequest[o] = -1;
  if (change !== CHANGE.withdraw) {
    // It may have filled to its old size while the larger one was still asked for.
    settleStatus(s, o);
    if (orders.live[o] === 1) releaseSurplus(s, o);
    const code = rejection === 0 ? REJECTION.VENUE_REFUSED : rejection;
    reportChangeRefused(s, o, change === CHANGE.cancel ? 1 : 2, code, request);
    withdrawNow(s, o);
  }
}

function withdrawNow(s: ClientState, o: number): void {
  if (s.orders.live[o] === 1 && s.orders.withdraw[o] !== 0) withdrawOrder(s, o, s.orders.withdraw[o] as number);
}

/**
 * The house takes the order back: a kill switch (1), the end of the day (2). Its child is cancelled first; the order ends
 * when the venue says so. With a change in flight it waits for that answer.
 */
export function withdrawOrder(s: ClientState, o: number, why: number): void {
  const { orders } = s;
  orders.withdraw[o] = why;
  if (orders.change[o] !== CHANGE.none) return;
  orders.change[o] = CHANGE.withdraw;
  sendIntent(s, o, ACTION.cancel, orders.quantity[o] as number, orders.price[o] as number);
}

function fill(s: ClientState, o: number, e: ExecutionReport): void {
  const { orders, fills, positions } = s;
  const room = orders.live[o] === 0 ? 0 : Math.max(0, fillable(s, o));
  const quantity = Math.min(room, e.quantity);
  if (quantity < e.quantity) {
    const id = orders.id[o] as number;
    raise(s.out, 1, orders.listing[o] as number, 0, id, e.quantity - quantity, e.price, orders.side[o] as number, null, 0);
    if (quantity === 0) return;
  }
  orders.cum[o] = (orders.cum[o] as number) + quantity;
  orders.value[o] = (orders.value[o] as number) + quantity * e.price;
  positions.fill(orders.position[o] as number, orders.leg[o] as number, quantity);
  const row = fills.add(e.seq);
  fills.hedgeK[row] = e.k;
  fills.seq[row] = s.seq;
  fills.k[row] = s.out.nextK;
  fills.order[row] = orders.id[o] as number;
  fills.quantity[row] = quantity;
  fills.price[row] = e.price;
  fills.cut[row] = s.day.cuts;
  holdFill(s, o, row, quantity, e.price);
  settleStatus(s, o);
  reportFill(s, o, row, 0x46, e.seq, e.k);
}

/** Leaves; while a replace is in flight the venue may have agreed to the larger size before it said so. */
function fillable(s: ClientState, o: number): number {
  const { orders } = s;
  const quantity = orders.quantity[o] as number;
  const size = orders.change[o] === CHANGE.replace ? Math.max(quantity, orders.changeQuantity[o] as number) : quantity;
  return size - (orders.cum[o] as number);
}

function settleStatus(s: ClientState, o: number): void {
  const { orders } = s;
  if (orders.live[o] === 0) return;
  const cum = orders.cum[o] as number;
  const open = orders.change[o] === CHANGE.replace ? fillable(s, o) : (orders.quantity[o] as number) - cum;
  if (open > 0) {
    orders.status[o] = cum > 0 ? STATUS.partial : STATUS.new;
    return;
  }
  // A change in flight stays: the venue's answer, too late, still goes to the client.
  orders.status[o] = STATUS.filled;
  closeOrder(s, o);
}

/** The fill that a bust or correction changes, and its order; −1 and an exception when either is forgotten. */
function findFill(s: ClientState, e: ExecutionReport): number {
  const row = s.fills.find(e.refSeq);
  if (row >= 0 && (s.fills.quantity[row] as number) > 0 && s.orders.find(s.fills.order[row] as number) >= 0) return row;
  raise(s.out, 3, 0, 0, e.intent, e.quantity, e.price, 0, null, 0);
  return -1;
}

/** Takes a fill out of the order, the position and the holds. */
function bust(s: ClientState, o: number, e: ExecutionReport): void {
  const row = findFill(s, e);
  if (row < 0) return;
  const { fills } = s;
  applyChange(s, o, row, 0, 0);
  if (!releaseFill(s, o, row)) forgetHold(s, row);
  if (s.orders.live[o] === 1) retakeHold(s, o);
  settleChanged(s, o);
  reportFill(s, o, row, 0x48, e.seq, e.k);
  fills.quantity[row] = 0;
}

function correct(s: ClientState, o: number, e: ExecutionReport): void {
  const row = findFill(s, e);
  if (row < 0) return;
  const { orders, fills } = s;
  applyChange(s, o, row, e.quantity, e.price);
  fills.quantity[row] = e.quantity;
  fills.price[row] = e.price;
  if (releaseFill(s, o, row)) holdFill(s, o, row, e.quantity, e.price);
  else if (orders.live[o] === 1) retakeHold(s, o);
  const over = (orders.cum[o] as number) - (orders.quantity[o] as number);
  if (over > 0) {
    const id = orders.id[o] as number;
    raise(s.out, 5, orders.listing[o] as number, 0, id, over, e.price, orders.side[o] as number, null, 0);
  }
  settleChanged(s, o);
  reportFill(s, o, row, 0x47, e.seq, e.k);
}

function applyChange(s: ClientState, o: number, row: number, quantity: number, price: number): void {
  const { orders, fills, positions } = s;
  const before = fills.quantity[row] as number;
  orders.cum[o] = (orders.cum[o] as number) + quantity - before;
  orders.value[o] = (orders.value[o] as number) + quantity * price - before * (fills.price[row] as number);
  positions.fill(orders.position[o] as number, orders.leg[o] as number, quantity - before);
}

/** A live order is what its fills make it; a filled one that lost a fill does not trade again: the rest is cancelled. */
function settleChanged(s: ClientState, o: number): void {
  const { orders } = s;
  if (orders.live[o] === 1) settleStatus(s, o);
  else if (orders.status[o] === STATUS.filled && (orders.cum[o] as number) < (orders.quantity[o] as number))
    orders.status[o] = STATUS.cancelled;
}
