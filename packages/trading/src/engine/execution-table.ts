import { EXECUTIONS_KEPT } from './bounds.ts';
import { HashIndex, hashBytes, hashBytesAgain, touch, widen } from './column.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/**
 * Hot path: struct of arrays. The venue's reports by (session, ExecID), in a ring: what a repeat is recognised by, and what
 * a bust or correction refers to. An id is kept as 64 bits of hash; two ids that collided would be seen as a repeat with
 * another body and raise an exception, never pass as one.
 */
export class ExecutionTable {
  idA = new Int32Array(16);
  idB = new Int32Array(16);
  bodyA = new Int32Array(16);
  bodyB = new Int32Array(16);
  /** 0: not a fill. */
  quantity = new Float64Array(16);
  price = new Float64Array(16);
  intent = new Float64Array(16);
  seq = new Float64Array(16);
  k = new Uint32Array(16);
  /** Of a correction: the row of the fill it changed. −1: itself. */
  origin = new Int32Array(16);

  count = 0;
  next = 0;
  readonly #index = new HashIndex();

  static idA(session: number, view: DataView, at: number): number {
    return hashBytes(session, view, at + 1, at + 1 + view.getUint8(at));
  }

  static idB(session: number, view: DataView, at: number): number {
    return hashBytesAgain(session, view, at + 1, at + 1 + view.getUint8(at));
  }

  find(idA: number, idB: number): number {
    const { cells, mask } = this.#index;
    for (let at = idA & mask; ; at = (at + 1) & mask) {
      const row = cells[at * 2] as number;
      if (row < 0 || (cells[at * 2 + 1] === idA && this.idB[row] === idB)) return row;
    }
  }

  add(idA: number, idB: number): number {
    const row = this.next;
    if (this.count === EXECUTIONS_KEPT) this.#index.remove(row, this.idA[row] as number);
    else {
      this.count++;
      if (row === this.idA.length) widen(this, row * 2);
    }
    this.next = (row + 1) % EXECUTIONS_KEPT;
    this.idA[row] = idA;
    this.idB[row] = idB;
    this.quantity[row] = 0;
    this.origin[row] = -1;
    this.#index.insert(row, idA);
    return row;
  }

  reserve(rows: number): void {
    if (rows > this.idA.length) widen(this, rows);
    touch(this);
    this.#index.reserve(rows);
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.count);
    to.number(this.next);
  }

  restore(from: SnapshotReader): void {
    this.count = from.table(this);
    this.next = from.number();
    for (let row = 0; row < this.count; row++) this.#index.insert(row, this.idA[row] as number);
  }
}
