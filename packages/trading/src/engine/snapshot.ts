import { invariant } from '@meridian/base';
import { lengthen, type Strides, usedBytes, type WholeRows, widen } from './column.ts';

/** Writes a node's state: equal states give equal bytes. Little endian, as every machine this runs on is. */
export class SnapshotWriter {
  readonly #parts: Uint8Array[] = [];

  /** A table's columns, first `rows` rows. */
  table(table: object, rows: number, strides: Strides = {}): void {
    this.number(rows);
    for (const bytes of usedBytes(table, rows, strides)) this.bytes(bytes);
  }

  /** The first `numbers` of a table whose rows lie whole. */
  whole({ whole }: WholeRows, numbers: number): void {
    this.bytes(new Uint8Array(whole.buffer, 0, numbers * 8));
  }

  number(value: number): void {
    this.#parts.push(new Uint8Array(Float64Array.of(value).buffer));
  }

  /** Cold state: anything JSON carries. */
  json(value: unknown): void {
    this.bytes(new TextEncoder().encode(JSON.stringify(value)));
  }

  bytes(bytes: Uint8Array): void {
    this.number(bytes.length);
    this.#parts.push(bytes);
  }

  finish(): Uint8Array {
    const whole = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

export class SnapshotReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Fills a freshly made table; returns the rows read. */
  table(table: object, strides: Strides = {}): number {
    const rows = this.number();
    widen(table, Math.max(16, 2 ** Math.ceil(Math.log2(Math.max(1, rows)))), strides);
    for (const target of usedBytes(table, rows, strides)) {
      const bytes = this.bytes();
      invariant(bytes.length === target.length, 'a snapshot fits the tables of the program that reads it');
      target.set(bytes);
    }
    return rows;
  }

  /** Fills a freshly made table whose rows lie whole; returns the numbers read. */
  whole(table: WholeRows): number {
    const bytes = this.bytes();
    let { length } = table.whole;
    while (length * 8 < bytes.length) length *= 2;
    if (length > table.whole.length) lengthen(table, length);
    new Uint8Array(table.whole.buffer).set(bytes);
    return bytes.length / 8;
  }

  number(): number {
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  json(): unknown {
    return JSON.parse(new TextDecoder().decode(this.bytes()));
  }

  bytes(): Uint8Array {
    const length = this.number();
    invariant(length >= 0 && this.#at + length <= this.#bytes.length, 'a snapshot is whole');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  end(): void {
    invariant(this.#at === this.#bytes.length, 'a snapshot has nothing behind its end');
  }
}
