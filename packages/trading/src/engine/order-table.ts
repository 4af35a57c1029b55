import { invariant } from '@meridian/base';
import { CELLS_PER_ORDER, ORDERS_LIVE_MAX } from './bounds.ts';
import { HashIndex, hashSeq, widen } from './column.ts';
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

const STRIDES = { hold: CELLS_PER_ORDER };

/**
 * Hot path: struct of arrays. Client orders: live ones, and closed ones until they are the oldest of too many. An order's
 * id is the sequence number of its command; the row is reused, the id is the stamp by which a late message is known.
 */
export class OrderTable {
  id = new Float64Array(16);
  session = new Uint32Array(16);
  account = new Uint32Array(16);
  listing = new Uint32Array(16);
  side = new Uint8Array(16);
  effect = new Uint8Array(16);
  leg = new Uint8Array(16);
  type = new Uint8Array(16);
  tif = new Uint8Array(16);
  quantity = new Float64Array(16);
  price = new Float64Array(16);
  /** The price the order's holds are counted at. */
  holdPrice = new Float64Array(16);
  cum = new Float64Array(16);
  /** Exact Σ quantity × price of the fills. */
  value = new Float64Array(16);
  /** FIX 39 without its pending states. */
  status = new Uint8Array(16);
  live = new Uint8Array(16);
  change = new Uint8Array(16);
  /** 1: once the change in flight is answered, the order is withdrawn. */
  withdraw = new Uint8Array(16);
  changeQuantity = new Float64Array(16);
  changePrice = new Float64Array(16);
  changeHoldPrice = new Float64Array(16);
  position = new Int32Array(16);
  /** Leaves counted in the position's working leg. */
  working = new Float64Array(16);
  /** What the order's leaves hold of each of its account's cells, in the account's order. */
  hold = new Float64Array(16 * CELLS_PER_ORDER);
  /** The request that names the order now, the one in flight, and the newest of all that concern it. −1 none. */
  request = new Int32Array(16);
  changeRequest = new Int32Array(16);
  requests = new Int32Array(16);
  rejection = new Uint16Array(16);
  cell = new Uint32Array(16);
  limit = new Float64Array(16);
  used = new Float64Array(16);
  requested = new Float64Array(16);
  wouldPass = new Float64Array(16);

  readonly rows = new RowStore();
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
    if (row === this.id.length) widen(this, row * 2, STRIDES);
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
    if (rows > this.id.length) widen(this, rows, STRIDES);
    this.#byId.reserve(rows);
    this.rows.reserve(rows);
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.count, STRIDES);
    this.rows.save(to);
  }

  restore(from: SnapshotReader): void {
    from.table(this, STRIDES);
    this.rows.restore(from);
    for (let row = 0; row < this.count; row++) if (this.id[row] !== 0) this.#byId.insert(row, hashSeq(this.id[row] as number));
  }
}
