import { CLORDID_CHARS_MAX, REQUESTS_MAX } from './bounds.ts';
import { finish, HashIndex, hashBytes, mix, widen } from './column.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** Length byte and characters. */
const TEXT_BYTES = CLORDID_CHARS_MAX + 1;
const STRIDES = { text: TEXT_BYTES };

export const REQUEST = { order: 1, replace: 2, cancel: 3 } as const;

/**
 * Hot path: struct of arrays. Requests of clients by (session, trading day, ClOrdID): the id names one request for ever
 * that day. A second arrival with the same body gets the first answer, with another body a refusal. Each request belongs
 * to the order it made or wanted to change, and is forgotten with it.
 */
export class RequestTable {
  session = new Uint32Array(16);
  day = new Uint32Array(16);
  kind = new Uint8Array(16);
  /** Two lanes over everything in the command behind its inbound number. */
  bodyA = new Int32Array(16);
  bodyB = new Int32Array(16);
  order = new Int32Array(16);
  /** The refusal it was answered with; 0 accepted. */
  rejection = new Uint16Array(16);
  /** The request before it that concerns the same order; −1 none. In a free row: the next free row. */
  before = new Int32Array(16);
  used = new Uint8Array(16);
  hash = new Int32Array(16);
  text = new Uint8Array(16 * TEXT_BYTES);

  count = 0;
  #free = -1;
  #freeCount = 0;
  readonly #index = new HashIndex();

  get full(): boolean {
    return this.count === REQUESTS_MAX && this.#freeCount === 0;
  }

  static hash(session: number, day: number, view: DataView, at: number): number {
    return finish(mix(hashBytes(day, view, at + 1, at + 1 + view.getUint8(at)), session));
  }

  /** The row whose id stands at `at` of `view`, length first; −1 for a new one. */
  find(hash: number, session: number, day: number, view: DataView, at: number): number {
    const { cells, mask } = this.#index;
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const row = cells[place * 2] as number;
      if (row < 0) return -1;
      if (cells[place * 2 + 1] === hash && this.session[row] === session && this.day[row] === day && this.#same(row, view, at))
        return row;
    }
  }

  #same(row: number, view: DataView, at: number): boolean {
    const start = row * TEXT_BYTES;
    const length = view.getUint8(at);
    for (let i = 0; i <= length; i++) if (this.text[start + i] !== view.getUint8(at + i)) return false;
    return true;
  }

  /** Remembers a request of at most {@link CLORDID_CHARS_MAX} characters. */
  add(hash: number, session: number, day: number, view: DataView, at: number): number {
    let row = this.#free;
    if (row >= 0) {
      this.#free = this.before[row] as number;
      this.#freeCount--;
    } else {
      row = this.count++;
      if (row === this.session.length) widen(this, row * 2, STRIDES);
    }
    this.session[row] = session;
    this.day[row] = day;
    this.used[row] = 1;
    this.hash[row] = hash;
    const length = view.getUint8(at);
    for (let i = 0; i <= length; i++) this.text[row * TEXT_BYTES + i] = view.getUint8(at + i);
    this.#index.insert(row, hash);
    return row;
  }

  forget(row: number): void {
    this.#index.remove(row, this.hash[row] as number);
    this.used[row] = 0;
    this.before[row] = this.#free;
    this.#free = row;
    this.#freeCount++;
  }

  /** Writes the id with its length byte; returns the offset behind it. Row −1 writes an empty text. */
  writeText(row: number, view: DataView, at: number): number {
    if (row < 0) {
      view.setUint8(at, 0);
      return at + 1;
    }
    const start = row * TEXT_BYTES;
    const length = this.text[start] as number;
    for (let i = 0; i <= length; i++) view.setUint8(at + i, this.text[start + i] as number);
    return at + 1 + length;
  }

  reserve(rows: number): void {
    if (rows > this.session.length) widen(this, rows, STRIDES);
    this.#index.reserve(rows);
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.count, STRIDES);
    to.json([this.#free, this.#freeCount]);
  }

  restore(from: SnapshotReader): void {
    this.count = from.table(this, STRIDES);
    [this.#free, this.#freeCount] = from.json() as [number, number];
    for (let row = 0; row < this.count; row++) if (this.used[row] === 1) this.#index.insert(row, this.hash[row] as number);
  }
}
