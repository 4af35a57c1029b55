/**
 * Hot path: struct of arrays. A table is an object whose typed-array members are its columns; a row is an index. Columns
 * double together when rows run out; nothing else here allocates. Rows are found through open addressing in Int32Array.
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
 * Rows by hash: linear probing, load at most one half, backward-shift deletion (no tombstones). The caller walks
 *
 *     for (let at = hash & index.mask; (row = index.rows[at]!) >= 0; at = (at + 1) & index.mask) …
 *
 * and compares keys itself. `hashOf` is kept per row so that the index can grow and delete alone.
 */
export class HashIndex {
  rows = new Int32Array(16).fill(-1);
  mask = 15;
  count = 0;
  hashOf = new Int32Array(16);

  /** Room for `rows` rows; the owner's columns grow alike. */
  widen(rows: number): void {
    if (rows > this.hashOf.length) {
      const wider = new Int32Array(rows);
      wider.set(this.hashOf);
      this.hashOf = wider;
    }
  }

  insert(row: number, hash: number): void {
    if (row >= this.hashOf.length) this.widen(Math.max(row + 1, this.hashOf.length * 2));
    if (this.count * 2 >= this.rows.length) this.#spread(this.rows.length * 2);
    this.hashOf[row] = hash;
    this.#place(row, hash);
    this.count++;
  }

  /** Prepares for `rows` rows in all, so that inserting them allocates nothing. */
  reserve(rows: number): void {
    this.widen(rows);
    let cells = this.rows.length;
    while (cells < rows * 2) cells *= 2;
    if (cells > this.rows.length) this.#spread(cells);
  }

  remove(row: number): void {
    let hole = (this.hashOf[row] as number) & this.mask;
    while (this.rows[hole] !== row) hole = (hole + 1) & this.mask;
    for (let at = (hole + 1) & this.mask; (this.rows[at] as number) >= 0; at = (at + 1) & this.mask) {
      const home = (this.hashOf[this.rows[at] as number] as number) & this.mask;
      if (((at - home) & this.mask) >= ((at - hole) & this.mask)) {
        this.rows[hole] = this.rows[at] as number;
        hole = at;
      }
    }
    this.rows[hole] = -1;
    this.count--;
  }

  clear(): void {
    this.rows.fill(-1);
    this.count = 0;
  }

  #place(row: number, hash: number): void {
    let at = hash & this.mask;
    while ((this.rows[at] as number) >= 0) at = (at + 1) & this.mask;
    this.rows[at] = row;
  }

  #spread(cells: number): void {
    const old = this.rows;
    this.rows = new Int32Array(cells).fill(-1);
    this.mask = cells - 1;
    for (const row of old) if (row >= 0) this.#place(row, this.hashOf[row] as number);
  }
}
