import { POSITIONS_MAX } from './bounds.ts';
import { finish, HashIndex, lengthen, mix, nth, touch } from './column.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** Numbers of one position's row. */
export const POSITION_ROW = 8;

/**
 * Hot path: rows that lie whole. Positions by owner × listing: owner is a business account in the client node, a trading
 * account in the hedge node. Long and short legs stand apart, as contracts do; `working` counts leaves of live orders.
 */
export class PositionTable {
  whole = new Float64Array(16 * POSITION_ROW);
  owner = nth(this.whole, 0);
  listing = nth(this.whole, 1);
  long = nth(this.whole, 2);
  short = nth(this.whole, 3);
  openingLong = nth(this.whole, 4);
  openingShort = nth(this.whole, 5);
  closingLong = nth(this.whole, 6);
  closingShort = nth(this.whole, 7);
  count = 0;
  readonly index = new HashIndex();

  /** −1 where there is none. */
  find(owner: number, listing: number): number {
    const hash = finish(mix(mix(0, owner), listing));
    const { cells, mask } = this.index;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = cells[at * 2] as number;
      if (row < 0 || (cells[at * 2 + 1] === hash && this.owner[row] === owner && this.listing[row] === listing)) return row;
    }
  }

  /** Behind the last row. */
  get end(): number {
    return this.count * POSITION_ROW;
  }

  /** The rows, for readers outside the hot path. */
  *rows(): Generator<number> {
    for (let row = 0; row < this.end; row += POSITION_ROW) yield row;
  }

  get full(): boolean {
    return this.count === POSITIONS_MAX;
  }

  /** The row, made when absent. The caller checked {@link full}. */
  row(owner: number, listing: number): number {
    const found = this.find(owner, listing);
    if (found >= 0) return found;
    const row = this.end;
    this.count++;
    if (row === this.whole.length) lengthen(this, row * 2);
    this.owner[row] = owner;
    this.listing[row] = listing;
    this.index.insert(row, finish(mix(mix(0, owner), listing)));
    return row;
  }

  /** The leg's leaves of live orders changed by `quantity`. */
  work(row: number, leg: number, quantity: number): void {
    if (leg === LEG_OPEN_LONG) this.openingLong[row] = (this.openingLong[row] as number) + quantity;
    else if (leg === LEG_OPEN_SHORT) this.openingShort[row] = (this.openingShort[row] as number) + quantity;
    else if (leg === LEG_CLOSE_LONG) this.closingLong[row] = (this.closingLong[row] as number) + quantity;
    else this.closingShort[row] = (this.closingShort[row] as number) + quantity;
  }

  /** A fill of `quantity`; negative for a bust. */
  fill(row: number, leg: number, quantity: number): void {
    if (leg === LEG_OPEN_LONG) this.long[row] = (this.long[row] as number) + quantity;
    else if (leg === LEG_OPEN_SHORT) this.short[row] = (this.short[row] as number) + quantity;
    else if (leg === LEG_CLOSE_LONG) this.long[row] = (this.long[row] as number) - quantity;
    else this.short[row] = (this.short[row] as number) - quantity;
  }

  reserve(rows: number): void {
    if (rows * POSITION_ROW > this.whole.length) lengthen(this, rows * POSITION_ROW);
    touch(this);
    this.index.reserve(rows);
  }

  save(to: SnapshotWriter): void {
    to.whole(this, this.end);
  }

  restore(from: SnapshotReader): void {
    this.count = from.whole(this) / POSITION_ROW;
    this.index.clear();
    for (let row = 0; row < this.end; row += POSITION_ROW)
      this.index.insert(row, finish(mix(mix(0, this.owner[row] as number), this.listing[row] as number)));
  }
}

export const LEG_OPEN_LONG = 1;
export const LEG_OPEN_SHORT = 2;
export const LEG_CLOSE_LONG = 3;
export const LEG_CLOSE_SHORT = 4;

/**
 * The leg an order works on, by FIX 54 and 77; 0 for a combination that names none. Buy opens long or closes short,
 * sell closes long, sell short opens short.
 */
export function legOf(side: number, effect: number): number {
  if (side === 1) return effect === 1 ? LEG_OPEN_LONG : effect === 2 ? LEG_CLOSE_SHORT : 0;
  if (side === 2) return effect === 2 ? LEG_CLOSE_LONG : 0;
  return side === 5 && effect === 1 ? LEG_OPEN_SHORT : 0;
}
