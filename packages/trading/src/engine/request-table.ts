import { CLORDID_CHARS_MAX, REQUESTS_MAX } from './bounds.ts';
import { finish, HashIndex, hashBytes, lengthen, mix, nth, touch } from './column.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** Numbers in front of a row's text, and of the whole row: length byte and {@link CLORDID_CHARS_MAX} characters fill the rest. */
const BEFORE_TEXT = 10;
const REQUEST_ROW = BEFORE_TEXT + (CLORDID_CHARS_MAX + 1) / 8;

/** Where a row's text stands in the table's bytes. */
const textOf = (row: number): number => (row + BEFORE_TEXT) * 8;

export const REQUEST = { order: 1, replace: 2, cancel: 3 } as const;

/**
 * Hot path: rows that lie whole. Requests of clients by (session, trading day, ClOrdID): the id names one request for ever
 * that day. A second arrival with the same body gets the first answer, with another body a refusal. Each request belongs
 * to the order it made or wanted to change, and is forgotten with it.
 */
export class RequestTable {
  whole = new Float64Array(16 * REQUEST_ROW);
  session = nth(this.whole, 0);
  day = nth(this.whole, 1);
  kind = nth(this.whole, 2);
  /** Two lanes over everything in the command behind its inbound number. */
  bodyA = nth(this.whole, 3);
  bodyB = nth(this.whole, 4);
  order = nth(this.whole, 5);
  /** The refusal it was answered with; 0 accepted. */
  rejection = nth(this.whole, 6);
  /** The request before it that concerns the same order; −1 none. In a free row: the next free row. */
  before = nth(this.whole, 7);
  used = nth(this.whole, 8);
  hash = nth(this.whole, 9);
  /** The same memory as bytes: the id with its length in front, behind each row's numbers. */
  text = new Uint8Array(this.whole.buffer);

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
    const start = textOf(row);
    const length = view.getUint8(at);
    for (let i = 0; i <= length; i++) if (this.text[start + i] !== view.getUint8(at + i)) return false;
    return true;
  }

  /** Remembers a request of at most {@link CLORDID_CHARS_MAX} characters. */
  add(hash: number, session: number, day: number, view: DataView, at: number): number {
    let row = this.#free;
    if (row >= 0) {
      // A member that held only whole numbers and gets a double would change its shape, and all code that knew it.
      this.#free = (this.before[row] as number) | 0;
      this.#freeCount--;
    } else {
      row = this.count++ * REQUEST_ROW;
      if (row === this.whole.length) lengthen(this, row * 2);
    }
    this.session[row] = session;
    this.day[row] = day;
    this.used[row] = 1;
    this.hash[row] = hash;
    const length = view.getUint8(at);
    const start = textOf(row);
    for (let i = 0; i <= length; i++) this.text[start + i] = view.getUint8(at + i);
    this.#index.insert(row, hash);
    return row;
  }

  forget(row: number): void {
    this.#index.remove(row, this.hash[row] as number);
    this.used[row] = 0;
    this.before[row] = this.#free;
    this.#free = row | 0;
    this.#freeCount++;
  }

  /** Writes the id with its length byte; returns the offset behind it. Row −1 writes an empty text. */
  writeText(row: number, view: DataView, at: number): number {
    if (row < 0) {
      view.setUint8(at, 0);
      return at + 1;
    }
    const start = textOf(row);
    const length = this.text[start] as number;
    for (let i = 0; i <= length; i++) view.setUint8(at + i, this.text[start + i] as number);
    return at + 1 + length;
  }

  /** The id as a text; for doors and screens, not for the hot path. */
  textAt(row: number): string {
    const start = textOf(row);
    return String.fromCharCode(...this.text.subarray(start + 1, start + 1 + (this.text[start] as number)));
  }

  reserve(rows: number): void {
    if (rows * REQUEST_ROW > this.whole.length) lengthen(this, rows * REQUEST_ROW);
    touch(this);
    this.#index.reserve(rows);
  }

  save(to: SnapshotWriter): void {
    to.whole(this, this.count * REQUEST_ROW);
    to.json([this.#free, this.#freeCount]);
  }

  restore(from: SnapshotReader): void {
    this.count = from.whole(this) / REQUEST_ROW;
    [this.#free, this.#freeCount] = from.json() as [number, number];
    for (let row = 0; row < this.count * REQUEST_ROW; row += REQUEST_ROW)
      if (this.used[row] === 1) this.#index.insert(row, this.hash[row] as number);
  }
}
