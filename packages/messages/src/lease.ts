import { invariant } from '@meridian/base';

/**
 * Leases of limit cells (额度租约). UA-6, UA-7, design §1(3).
 *
 * A cell's limit L is granted in slices to nodes. Per (cell, node, epoch) three counters only ever rise: `granted`
 * (owned by the account centre), `returned` (owned by the node) — and `used`, which the node raises and lowers inside its
 * slice. Messages carry the counters themselves, not differences, and merging is max(): a lost, doubled or reordered
 * message changes nothing. All amounts are integers in the cell's unit (minor units for money).
 */
export interface Slice {
  /** Raised by the account centre, merged by max. */
  granted: number;
  /** Raised by the node out of its free part only. */
  returned: number;
  /** Held by open orders and by fills that no batch has booked yet. */
  used: number;
}

export const emptySlice = (): Slice => ({ granted: 0, returned: 0, used: 0 });

/** What the node may still consume. */
export function free(slice: Readonly<Slice>): number {
  return slice.granted - slice.returned - slice.used;
}

// — the node's half —

/** A restated or repeated grant is harmless: the higher cumulative figure holds. */
export function acceptGrant(slice: Slice, grantedCum: number): void {
  slice.granted = Math.max(slice.granted, grantedCum);
}

/** Consumes `amount` if it fits, all or nothing. The caller consumes an order's cells together. */
export function fits(slice: Readonly<Slice>, amount: number): boolean {
  return amount <= free(slice);
}

export function consume(slice: Slice, amount: number): void {
  invariant(amount >= 0 && fits(slice, amount), 'a lease is consumed inside its free part only');
  slice.used += amount;
}

export function release(slice: Slice, amount: number): void {
  invariant(amount >= 0 && amount <= slice.used, 'a lease releases no more than it holds');
  slice.used -= amount;
}

/** Gives back free credit above `keepFree`; returns the new cumulative figure to report. */
export function giveBack(slice: Slice, keepFree: number): number {
  const surplus = Math.max(0, free(slice) - keepFree);
  slice.returned += surplus;
  return slice.returned;
}

/** A batch booked `amount` of what the node held: the use moves to the books and the slice shrinks by the same amount. */
export function bookUse(slice: Slice, amount: number): void {
  release(slice, amount);
  slice.returned += amount;
}

// — the account centre's half —

/** What the centre knows of a cell. `slices` is keyed by node; `booked` is what positions of record consume. */
export interface CellAccount {
  limit: number;
  booked: number;
  readonly slices: Map<string, { granted: number; returned: number }>;
}

/** Σ(granted − returned) over the nodes. */
export function leased(cell: Readonly<CellAccount>): number {
  let sum = 0;
  for (const slice of cell.slices.values()) sum += slice.granted - slice.returned;
  return sum;
}

/** What the centre may still grant; negative when a limit was cut below its use (OVER_LEASED). */
export function headroom(cell: Readonly<CellAccount>): number {
  return cell.limit - cell.booked - leased(cell);
}
