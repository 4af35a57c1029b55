import type { CommandBody, Slice } from '@meridian/messages';
import { DENSE_ID_MAX } from './bounds.ts';
import { widen } from './column.ts';
import type { CurrencyTable } from './reference-table.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

export const MEASURE = { 'initial-margin': 1, notional: 2, position: 3 } as const;

/**
 * Hot path: struct of arrays. Slices of limit cells (额度租约). UA-6, UA-7. Row = dense id of the cell.
 * Always 0 ≤ used ≤ granted − returned, and used = what open orders hold + what fills hold that no batch has booked.
 */
export class CellTable {
  known = new Uint8Array(16);
  measure = new Uint8Array(16);
  currency = new Uint8Array(16);
  /** The issuer an order's listing must belong to; 0 any. */
  issuer = new Uint32Array(16);
  epoch = new Float64Array(16);
  granted = new Float64Array(16);
  returned = new Float64Array(16);
  used = new Float64Array(16);
  /** The part of `used` that unbooked fills hold. */
  filled = new Float64Array(16);
  /** The part of `filled` from before the last cut: what a batch may book. Busts of later fills never reach it. */
  bookable = new Float64Array(16);
  count = 1;

  define(body: CommandBody<'define-cell'>, currencies: CurrencyTable): boolean {
    const row = body.cell;
    const money = body.currency === null ? 0 : currencies.admit(body.currency);
    const issuer = body.scope === 'issuer' ? body.scopeId : (body.issuer ?? 0);
    if (row >= DENSE_ID_MAX || (money === 0) !== (body.measure === 'position')) return false;
    if (body.scope === 'issuer' && body.issuer !== null && body.issuer !== body.scopeId) return false;
    if (row >= this.known.length) widen(this, Math.max(row + 1, this.known.length * 2));
    // What is held was counted by the cell's first meaning; another needs another cell.
    if (this.known[row] === 1)
      return this.measure[row] === MEASURE[body.measure] && this.currency[row] === money && this.issuer[row] === issuer;
    this.known[row] = 1;
    this.count = Math.max(this.count, row + 1);
    this.measure[row] = MEASURE[body.measure];
    this.currency[row] = money;
    this.issuer[row] = issuer;
    return true;
  }

  has(cell: number): boolean {
    return cell < this.count && this.known[cell] === 1;
  }

  free(cell: number): number {
    return (this.granted[cell] as number) - (this.returned[cell] as number) - (this.used[cell] as number);
  }

  /** The counters as the lease protocol's functions take them. */
  slice(cell: number): Slice {
    return {
      granted: this.granted[cell] as number,
      returned: this.returned[cell] as number,
      used: this.used[cell] as number,
    };
  }

  put(cell: number, slice: Readonly<Slice>): void {
    this.granted[cell] = slice.granted;
    this.returned[cell] = slice.returned;
    this.used[cell] = slice.used;
  }

  /** The market's cut: what fills hold now waits for the batch. */
  cut(): void {
    this.bookable.set(this.filled);
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.count);
  }

  restore(from: SnapshotReader): void {
    this.count = from.table(this);
  }
}
