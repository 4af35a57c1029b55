import { invariant } from '@meridian/base';
import { ORDERS_CLOSED_KEPT } from './bounds.ts';
import { widen } from './column.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/**
 * Hot path: no allocation. Rows of a table of orders, by the place where they begin: live, then closed and still known,
 * then free again. Closed rows stand in a ring; when it is full the oldest must be forgotten before another closes.
 */
export class RowStore {
  /** Rows ever used. */
  count = 0;
  live = 0;
  #freeCount = 0;
  #closedHead = 0;
  #closedCount = 0;
  readonly #free = { row: new Int32Array(16) };
  readonly #closed = new Int32Array(ORDERS_CLOSED_KEPT);
  readonly #step: number;

  /** `step`: numbers from the place of one row to that of the next. */
  constructor(step: number) {
    this.#step = step;
  }

  /** Behind the last row ever used. */
  get end(): number {
    return this.count * this.#step;
  }

  open(): number {
    this.live++;
    return this.#freeCount > 0 ? (this.#free.row[--this.#freeCount] as number) : this.count++ * this.#step;
  }

  /** The closed row to forget before another may close; −1 while there is room. */
  get surplus(): number {
    return this.#closedCount === ORDERS_CLOSED_KEPT ? (this.#closed[this.#closedHead] as number) : -1;
  }

  close(row: number): void {
    invariant(this.#closedCount < ORDERS_CLOSED_KEPT && this.live > 0, 'the oldest closed row is forgotten first');
    this.live--;
    this.#closed[(this.#closedHead + this.#closedCount++) % ORDERS_CLOSED_KEPT] = row;
  }

  /** Frees the oldest closed row and returns it. */
  forget(): number {
    const row = this.#closed[this.#closedHead] as number;
    this.#closedHead = (this.#closedHead + 1) % ORDERS_CLOSED_KEPT;
    this.#closedCount--;
    if (this.#freeCount === this.#free.row.length) widen(this.#free, this.#freeCount * 2);
    this.#free.row[this.#freeCount++] = row;
    return row;
  }

  reserve(rows: number): void {
    if (rows > this.#free.row.length) widen(this.#free, rows);
  }

  save(to: SnapshotWriter): void {
    to.number(this.live);
    to.number(this.count);
    to.table(this.#free, this.#freeCount);
    const ring = { row: new Int32Array(this.#closedCount) };
    for (let i = 0; i < this.#closedCount; i++)
      ring.row[i] = this.#closed[(this.#closedHead + i) % ORDERS_CLOSED_KEPT] as number;
    to.table(ring, this.#closedCount);
  }

  restore(from: SnapshotReader): void {
    this.live = from.number();
    this.count = from.number();
    this.#freeCount = from.table(this.#free);
    const ring = { row: new Int32Array(0) };
    this.#closedCount = from.table(ring);
    this.#closed.set(ring.row.subarray(0, this.#closedCount));
  }
}
