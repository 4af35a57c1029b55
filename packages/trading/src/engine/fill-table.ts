import { CELLS_PER_ORDER, EXECUTIONS_KEPT } from './bounds.ts';
import { HashIndex, hashSeq, touch, widen } from './column.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

const STRIDES = { hold: CELLS_PER_ORDER };

/**
 * Hot path: struct of arrays. Client fills by the hedge fill behind them, in a ring: what a bust or a correction needs to
 * take a fill back.
 */
export class FillTable {
  /** Sequence number and ordinal of the hedge fill, in the hedge node's numbering: the key. */
  hedgeSeq = new Float64Array(16);
  hedgeK = new Uint32Array(16);
  /** The client fill's own name. */
  seq = new Float64Array(16);
  k = new Uint32Array(16);
  order = new Float64Array(16);
  quantity = new Float64Array(16);
  price = new Float64Array(16);
  /** The market's cuts before it: after the next cut the books hold what it held. */
  cut = new Uint32Array(16);
  hold = new Float64Array(16 * CELLS_PER_ORDER);

  count = 0;
  next = 0;
  readonly #index = new HashIndex();

  find(hedgeSeq: number): number {
    const { cells, mask } = this.#index;
    const hash = hashSeq(hedgeSeq);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = cells[at * 2] as number;
      if (row < 0 || (cells[at * 2 + 1] === hash && this.hedgeSeq[row] === hedgeSeq)) return row;
    }
  }

  /** A row for the next fill; the oldest gives way. The caller writes every column. */
  add(hedgeSeq: number): number {
    const row = this.next;
    if (this.count === EXECUTIONS_KEPT) this.#index.remove(row, hashSeq(this.hedgeSeq[row] as number));
    else {
      this.count++;
      if (row === this.hedgeSeq.length) widen(this, row * 2, STRIDES);
    }
    this.next = (row + 1) % EXECUTIONS_KEPT;
    this.hedgeSeq[row] = hedgeSeq;
    this.#index.insert(row, hashSeq(hedgeSeq));
    return row;
  }

  reserve(rows: number): void {
    if (rows > this.hedgeSeq.length) widen(this, rows, STRIDES);
    touch(this);
    this.#index.reserve(rows);
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.count, STRIDES);
    to.number(this.next);
  }

  restore(from: SnapshotReader): void {
    this.count = from.table(this, STRIDES);
    this.next = from.number();
    for (let row = 0; row < this.count; row++) this.#index.insert(row, hashSeq(this.hedgeSeq[row] as number));
  }
}
