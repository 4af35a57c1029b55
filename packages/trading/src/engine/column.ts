/**
 * Hot path. A table is an object whose typed-array members are its columns. Columns double together when rows run out;
 * nothing else here allocates. Rows are found through open addressing in Int32Array. There are two ways to lay a table out:
 *
 * - Struct of arrays: each column has its own memory, a row is an index. For what is written in order and for facts.
 * - Rows that lie whole ({@link WholeRows}): the columns are views of one array, a row is named by the place where it
 *   begins, so that `table.quantity[row]` reads the same. For what commands find at random places: a row is three or four
 *   neighbouring cache lines instead of one for each of its columns.
 */
export type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/** Columns that hold several values per row: name → how many. All others hold one. */
export type Strides = Readonly<Record<string, number>>;

function columnsOf(table: object): [string, Column][] {
  return Object.entries(table).filter(([, value]) => ArrayBuffer.isView(value)) as [string, Column][];
}

/** Makes room for `rows` rows in every column, keeping what is there. */
export function widen(table: object, rows: number, strides: Strides = {}): void {
  for (const [name, column] of columnsOf(table)) {
    const wider = new (column.constructor as new (length: number) => Column)(rows * (strides[name] ?? 1));
    wider.set(column as never);
    (table as Record<string, Column>)[name] = wider;
  }
}

/** All numbers of a table whose rows lie whole, one row behind the other; its other columns are views of the same memory. */
export interface WholeRows {
  whole: Float64Array;
}

/** The n-th number of every row, as a column that is read at the place where the row begins. */
export function nth(whole: Float64Array, n: number): Float64Array {
  return whole.subarray(n);
}

/** Makes room for `numbers` in all in a table whose rows lie whole, keeping what is there. */
export function lengthen(table: WholeRows, numbers: number): void {
  const whole = new Float64Array(numbers);
  whole.set(table.whole);
  for (const [name, column] of columnsOf(table)) {
    const view =
      column instanceof Uint8Array ? new Uint8Array(whole.buffer) : new Float64Array(whole.buffer, column.byteOffset);
    (table as unknown as Record<string, Column>)[name] = view;
  }
}

const PAGE = 4_096;

/** Has the system hand over a table's memory now instead of at the first use of each page. */
export function touch(table: object): void {
  for (const memory of new Set(columnsOf(table).map(([, { buffer }]) => buffer))) {
    const bytes = new Uint8Array(memory);
    for (let at = 0; at < bytes.length; at += PAGE) bytes[at] = bytes[at] as number;
  }
}

/** Each column's first `rows` rows as bytes, in the order of declaration: what a snapshot keeps of a table. */
export function usedBytes(table: object, rows: number, strides: Strides = {}): Uint8Array[] {
  return columnsOf(table).map(
    ([name, column]) =>
      new Uint8Array(column.buffer, column.byteOffset, rows * (strides[name] ?? 1) * column.BYTES_PER_ELEMENT),
  );
}

/** One step of a 32-bit mixing function (MurmurHash3's body). */
export function mix(hash: number, value: number): number {
  let x = Math.imul(value, 0xcc9e2d51);
  x = Math.imul((x << 15) | (x >>> 17), 0x1b873593);
  const h = hash ^ x;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** MurmurHash3's finaliser: every bit of the input reaches the low bits that address a table. */
export function finish(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hash of a sequence number. Runs of neighbours must scatter: probing would walk a whole run to find a free place. */
export function hashSeq(seq: number): number {
  return finish(Math.imul(seq, 0x9e3779b1));
}

/** Hash of bytes `start`…`end` of a view. */
export function hashBytes(seed: number, view: DataView, start: number, end: number): number {
  let hash = seed;
  let at = start;
  for (; at + 4 <= end; at += 4) hash = mix(hash, view.getInt32(at, true));
  let tail = end - start;
  for (; at < end; at++) tail = (tail << 8) | view.getUint8(at);
  return finish(mix(hash, tail));
}

/**
 * A second hash of the same bytes that shares no step with {@link hashBytes}: under one function with two seeds, texts
 * that collide under the first seed often collide under the second too, and 64 bits are worth little more than 32.
 */
export function hashBytesAgain(seed: number, view: DataView, start: number, end: number): number {
  let hash = Math.imul(seed ^ (end - start), 0x165667b1);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x27d4eb2f);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) {
    hash = Math.imul(hash ^ view.getUint8(at), 0x9e3779b1);
    hash ^= hash >>> 13;
  }
  return finish(hash);
}

/**
 * Rows by hash: linear probing, load at most one half, backward-shift deletion (no tombstones). A cell is a row and its
 * hash side by side, so that a walk leaves its cache line only for a row whose hash agrees. The caller walks
 *
 *     for (let at = hash & index.mask; ; at = (at + 1) & index.mask) {
 *       const row = index.cells[at * 2] as number;
 *       if (row < 0 || (index.cells[at * 2 + 1] === hash && …the key is the row's)) return row;
 *     }
 */
export class HashIndex {
  /** Row (−1: free) and hash, alternating. */
  cells = new Int32Array(32).fill(-1);
  mask = 15;
  count = 0;

  insert(row: number, hash: number): void {
    if (this.count * 2 > this.mask) this.#spread((this.mask + 1) * 2);
    this.#place(row, hash);
    this.count++;
  }

  /** Prepares for `rows` rows in all, so that inserting them allocates nothing. */
  reserve(rows: number): void {
    let places = this.mask + 1;
    while (places < rows * 2) places *= 2;
    if (places > this.mask + 1) this.#spread(places);
  }

  /** Takes out a row that is there under this hash. */
  remove(row: number, hash: number): void {
    const { cells, mask } = this;
    let hole = hash & mask;
    while (cells[hole * 2] !== row || cells[hole * 2 + 1] !== hash) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; (cells[at * 2] as number) >= 0; at = (at + 1) & mask) {
      const home = (cells[at * 2 + 1] as number) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        cells[hole * 2] = cells[at * 2] as number;
        cells[hole * 2 + 1] = cells[at * 2 + 1] as number;
        hole = at;
      }
    }
    cells[hole * 2] = -1;
    this.count--;
  }

  clear(): void {
    this.cells.fill(-1);
    this.count = 0;
  }

  #place(row: number, hash: number): void {
    const { cells, mask } = this;
    let at = hash & mask;
    while ((cells[at * 2] as number) >= 0) at = (at + 1) & mask;
    cells[at * 2] = row;
    cells[at * 2 + 1] = hash;
  }

  #spread(places: number): void {
    const old = this.cells;
    this.cells = new Int32Array(places * 2).fill(-1);
    this.mask = places - 1;
    for (let at = 0; at < old.length; at += 2)
      if ((old[at] as number) >= 0) this.#place(old[at] as number, old[at + 1] as number);
  }
}
