import { invariant } from '@meridian/base';
import { ORDERS_LIVE_MAX } from './bounds.ts';
import { HashIndex, hashSeq, lengthen, nth, touch } from './column.ts';
import { RowStore } from './row-store.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** FIX 39 as code points. */
export const STATUS = {
  new: 0x30,
  partial: 0x31,
  filled: 0x32,
  cancelled: 0x34,
  rejected: 0x38,
  pending: 0x41,
  pendingCancel: 0x36,
  pendingReplace: 0x45,
  expired: 0x43,
} as const;

/** A change of an order that its venue has not answered yet. */
export const CHANGE = { none: 0, cancel: 1, replace: 2, withdraw: 3 } as const;

/** Numbers of one order's row. */
export const ORDER_ROW = 44;

/**
 * Hot path: rows that lie whole, the rarely read at their end. Client orders: live ones, and closed ones until they are the oldest of too many. An order's
 * id is the sequence number of its command; the row is reused, the id is the stamp by which a late message is known.
 */
export class OrderTable {
  whole = new Float64Array(16 * ORDER_ROW);
  id = nth(this.whole, 0);
  session = nth(this.whole, 1);
  account = nth(this.whole, 2);
  listing = nth(this.whole, 3);
  side = nth(this.whole, 4);
  effect = nth(this.whole, 5);
  leg = nth(this.whole, 6);
  type = nth(this.whole, 7);
  tif = nth(this.whole, 8);
  quantity = nth(this.whole, 9);
  price = nth(this.whole, 10);
  /** The price the order's holds are counted at. */
  holdPrice = nth(this.whole, 11);
  cum = nth(this.whole, 12);
  /** Exact Σ quantity × price of the fills. */
  value = nth(this.whole, 13);
  /** FIX 39 without its pending states. */
  status = nth(this.whole, 14);
  live = nth(this.whole, 15);
  change = nth(this.whole, 16);
  /** 1: once the change in flight is answered, the order is withdrawn. */
  withdraw = nth(this.whole, 17);
  position = nth(this.whole, 18);
  /** Leaves counted in the position's working leg. */
  working = nth(this.whole, 19);
  /** The request that names the order now, the one in flight, and the newest of all that concern it. −1 none. */
  request = nth(this.whole, 20);
  changeRequest = nth(this.whole, 21);
  requests = nth(this.whole, 22);
  /** What the order's leaves hold of each of its account's cells, in the account's order: CELLS_PER_ORDER numbers. */
  hold = nth(this.whole, 23);
  changeQuantity = nth(this.whole, 35);
  changePrice = nth(this.whole, 36);
  changeHoldPrice = nth(this.whole, 37);
  rejection = nth(this.whole, 38);
  cell = nth(this.whole, 39);
  limit = nth(this.whole, 40);
  used = nth(this.whole, 41);
  requested = nth(this.whole, 42);
  wouldPass = nth(this.whole, 43);

  readonly rows = new RowStore(ORDER_ROW);
  readonly #byId = new HashIndex();

  get count(): number {
    return this.rows.count;
  }

  get liveCount(): number {
    return this.rows.live;
  }

  get full(): boolean {
    return this.rows.live === ORDERS_LIVE_MAX;
  }

  /** The row of an order id; −1 for one the node does not (any more) know. */
  find(id: number): number {
    const { cells, mask } = this.#byId;
    const hash = hashSeq(id);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = cells[at * 2] as number;
      if (row < 0 || (cells[at * 2 + 1] === hash && this.id[row] === id)) return row;
    }
  }

  /** A row for a new live order. Its columns but the holds (all 0) are what an earlier order left: the caller writes them. */
  open(id: number): number {
    const row = this.rows.open();
    if (row === this.whole.length) lengthen(this, row * 2);
    this.id[row] = id;
    this.live[row] = 1;
    this.#byId.insert(row, hashSeq(id));
    return row;
  }

  /** The order will not trade any more. It stays known until the ring of closed orders comes round. */
  close(row: number): void {
    invariant(this.live[row] === 1, 'an order closes once');
    this.live[row] = 0;
    this.rows.close(row);
  }

  forgetOldest(): void {
    const row = this.rows.forget();
    this.#byId.remove(row, hashSeq(this.id[row] as number));
    this.id[row] = 0;
  }

  reserve(rows: number): void {
    if (rows * ORDER_ROW > this.whole.length) lengthen(this, rows * ORDER_ROW);
    touch(this);
    this.#byId.reserve(rows);
    this.rows.reserve(rows);
  }

  save(to: SnapshotWriter): void {
    to.whole(this, this.rows.end);
    this.rows.save(to);
  }

  restore(from: SnapshotReader): void {
    from.whole(this);
    this.rows.restore(from);
    for (let row = 0; row < this.rows.end; row += ORDER_ROW)
      if (this.id[row] !== 0) this.#byId.insert(row, hashSeq(this.id[row] as number));
  }
}
