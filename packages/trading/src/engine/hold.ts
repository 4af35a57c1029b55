import { invariant } from '@meridian/base';
import { CELLS_PER_ORDER } from './bounds.ts';
import type { ClientState } from './client-state.ts';
import { needOfCell } from './order-check.ts';
import { CHANGE } from './order-table.ts';
import { LEG_CLOSE_LONG, LEG_CLOSE_SHORT } from './position-table.ts';

/**
 * Hot path: no allocation. What an order keeps reserved: leaves in its position's working leg, and its part of each limit
 * cell. The reserved amount stands in the order; a change moves the cell by the exact difference, so nothing drifts.
 *
 * Invariant: a cell's `used` = Σ holds of orders + `filled`, and never more than granted − returned. Where a fill needs
 * more than its order reserved (a sell above its limit, a new rate) the difference is taken from the free part if all
 * cells have it; otherwise the fill holds what the order had, and real-time risk sees the rest.
 */

/** Quantity still open at the venue. */
export function leavesOf(s: ClientState, o: number): number {
  if (s.orders.live[o] === 0) return 0;
  return Math.max(0, (s.orders.quantity[o] as number) - (s.orders.cum[o] as number));
}

/** Counts `working` units of the order in its position's leg. */
export function setWorking(s: ClientState, o: number, working: number): void {
  const { orders, positions } = s;
  const before = orders.working[o] as number;
  if (working === before) return;
  positions.work(orders.position[o] as number, orders.leg[o] as number, working - before);
  orders.working[o] = working;
}

/** What the order must keep working: while a replace is in flight the larger of both sizes. */
export function workingNeeded(s: ClientState, o: number): number {
  const leaves = leavesOf(s, o);
  if (s.orders.change[o] !== CHANGE.replace || s.orders.live[o] === 0) return leaves;
  return Math.max(leaves, (s.orders.changeQuantity[o] as number) - (s.orders.cum[o] as number));
}

/** Sets the n-th hold of an order and moves the cell by the difference. */
export function setHold(s: ClientState, o: number, n: number, amount: number): void {
  const { orders, cells } = s;
  const at = o + n;
  const cell = s.accounts.cells[(orders.account[o] as number) * CELLS_PER_ORDER + n] as number;
  const used = (cells.used[cell] as number) + amount - (orders.hold[at] as number);
  invariant(
    used >= 0 && used <= (cells.granted[cell] as number) - (cells.returned[cell] as number),
    'a slice holds what is used',
  );
  cells.used[cell] = used;
  orders.hold[at] = amount;
}

/** What the order's leaves need of its n-th cell now: the larger side of a replace in flight. */
function restNeed(s: ClientState, o: number, n: number): number {
  const { orders } = s;
  const leaves = leavesOf(s, o);
  const account = orders.account[o] as number;
  const listing = orders.listing[o] as number;
  let need = leaves === 0 ? 0 : needOfCell(s, account, listing, n, leaves, orders.holdPrice[o] as number);
  if (orders.change[o] === CHANGE.replace && orders.live[o] === 1) {
    const left = (orders.changeQuantity[o] as number) - (orders.cum[o] as number);
    const changed = left <= 0 ? 0 : needOfCell(s, account, listing, n, left, orders.changeHoldPrice[o] as number);
    if (need >= 0 && (changed < 0 || changed > need)) need = changed;
  }
  return need;
}

/** After anything but a fill: gives back what the order does not need any more. It never takes more. */
export function releaseSurplus(s: ClientState, o: number): void {
  setWorking(s, o, workingNeeded(s, o));
  if (closing(s, o)) return;
  const count = s.accounts.cellCount[s.orders.account[o] as number] as number;
  for (let n = 0; n < count; n++) {
    const held = s.orders.hold[o + n] as number;
    if (held === 0) continue;
    const need = restNeed(s, o, n);
    // A rate that vanished says nothing new about the need: what is held stays held.
    if (need >= 0 && need < held) setHold(s, o, n, need);
  }
}

function closing(s: ClientState, o: number): boolean {
  const leg = s.orders.leg[o] as number;
  return leg === LEG_CLOSE_LONG || leg === LEG_CLOSE_SHORT;
}

/**
 * Moves a fill's part from the order's hold to the fill's. Called with the order's cum already raised. The fill's row
 * keeps its part per cell for a later bust.
 */
export function holdFill(s: ClientState, o: number, fill: number, quantity: number, price: number): void {
  setWorking(s, o, workingNeeded(s, o));
  const { orders, cells, fills, accounts } = s;
  const account = orders.account[o] as number;
  const listing = orders.listing[o] as number;
  const count = accounts.cellCount[account] as number;
  for (let n = 0; n < CELLS_PER_ORDER; n++) fills.hold[fill * CELLS_PER_ORDER + n] = 0;
  if (closing(s, o)) return;

  let affordable = true;
  for (let n = 0; n < count; n++) {
    const need = needOfCell(s, account, listing, n, quantity, price);
    const rest = restNeed(s, o, n);
    s.need[n] = need;
    s.rest[n] = rest;
    const cell = accounts.cells[account * CELLS_PER_ORDER + n] as number;
    const more = need + rest - (orders.hold[o + n] as number);
    if (need < 0 || rest < 0 || more > cells.free(cell)) affordable = false;
  }
  for (let n = 0; n < count; n++) {
    const held = orders.hold[o + n] as number;
    const need = s.need[n] as number;
    const rest = s.rest[n] as number;
    const kept = affordable ? rest : rest < 0 ? held : Math.min(rest, held);
    const taken = affordable ? need : need < 0 ? held - kept : Math.min(need, held - kept);
    setHold(s, o, n, kept);
    takeFilled(s, accounts.cells[account * CELLS_PER_ORDER + n] as number, taken);
    fills.hold[fill * CELLS_PER_ORDER + n] = taken;
  }
}

/** Moves the fills' part of a cell, and its use with it. */
function takeFilled(s: ClientState, cell: number, amount: number): void {
  const { cells } = s;
  cells.filled[cell] = (cells.filled[cell] as number) + amount;
  cells.used[cell] = (cells.used[cell] as number) + amount;
  invariant((cells.filled[cell] as number) >= 0 && (cells.used[cell] as number) >= 0, 'fills release no more than they hold');
}

/** A bust gives back what its fill held, unless the books took it over at the cut. @returns whether it did. */
export function releaseFill(s: ClientState, o: number, fill: number): boolean {
  const { fills, accounts } = s;
  const account = s.orders.account[o] as number;
  if (fills.cut[fill] !== s.day.cuts) return false;
  for (let n = 0; n < (accounts.cellCount[account] as number); n++) {
    const at = fill * CELLS_PER_ORDER + n;
    takeFilled(s, accounts.cells[account * CELLS_PER_ORDER + n] as number, -(fills.hold[at] as number));
    fills.hold[at] = 0;
  }
  return true;
}

/** What a fill consumes of the account's initial-margin cells, minor units of the settlement currency; 0 without such a cell. */
export function marginHold(s: ClientState, o: number, fill: number): number {
  const { accounts, cells } = s;
  const account = s.orders.account[o] as number;
  for (let n = 0; n < (accounts.cellCount[account] as number); n++) {
    const cell = accounts.cells[account * CELLS_PER_ORDER + n] as number;
    if (cells.measure[cell] === 1 && cells.currency[cell] === accounts.currency[account])
      return s.fills.hold[fill * CELLS_PER_ORDER + n] as number;
  }
  return 0;
}

/** The books hold what this fill held; its row holds nothing any more. */
export function forgetHold(s: ClientState, fill: number): void {
  for (let n = 0; n < CELLS_PER_ORDER; n++) s.fills.hold[fill * CELLS_PER_ORDER + n] = 0;
}

/** After a bust the order works more again: it reserves that, if every cell has it free. */
export function retakeHold(s: ClientState, o: number): void {
  setWorking(s, o, workingNeeded(s, o));
  if (closing(s, o)) return;
  const { orders, cells, accounts } = s;
  const account = orders.account[o] as number;
  const count = accounts.cellCount[account] as number;
  for (let n = 0; n < count; n++) {
    const need = restNeed(s, o, n);
    const cell = accounts.cells[account * CELLS_PER_ORDER + n] as number;
    if (need < 0 || need - (orders.hold[o + n] as number) > cells.free(cell)) return;
  }
  for (let n = 0; n < count; n++) setHold(s, o, n, restNeed(s, o, n));
}
