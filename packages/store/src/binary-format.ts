// Hot path: one growing buffer, no allocation per value. PostgreSQL's binary COPY format, version 1.
import type { Instant } from '@meridian/base';
import { problem } from './problems.ts';

export type CopyType = 'int4' | 'int8' | 'float8' | 'text' | 'bool' | 'date' | 'timestamptz' | 'uuid' | 'jsonb' | 'bytea';

/** int8 as bigint or as a safe integer; date as YYYY-MM-DD; timestamptz as {@link Instant}; jsonb as its JSON text. */
export type CopyValue = number | bigint | string | boolean | Uint8Array | null;

const SIGNATURE = Buffer.from('PGCOPY\n\u00ff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const TRAILER = Buffer.from([0xff, 0xff]);
/** Microseconds and days from 1970 to PostgreSQL's epoch, 2000-01-01. */
const EPOCH_MICROS = 946_684_800_000_000;
const EPOCH_DAYS = 10_957;
const MILLIS_PER_DAY = 86_400_000;
const CHUNK_BYTES = 64 * 1024;

/** Writes rows into chunks of about 64 KiB. */
export class BinaryWriter {
  #buffer = Buffer.allocUnsafe(CHUNK_BYTES * 2);
  #at = SIGNATURE.copy(this.#buffer);

  row(fields: number): void {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(fields, this.#at);
  }

  /** @throws RangeError naming why the value does not fit the type */
  value(type: CopyType, value: CopyValue): void {
    this.#reserve(24);
    if (value === null) this.#int32(-1);
    else this.#write[type](value);
  }

  /** A finished chunk, when there is one. */
  chunk(): Buffer | undefined {
    if (this.#at < CHUNK_BYTES) return undefined;
    const full = Buffer.from(this.#buffer.subarray(0, this.#at));
    this.#at = 0;
    return full;
  }

  end(): Buffer {
    return Buffer.concat([this.#buffer.subarray(0, this.#at), TRAILER]);
  }

  readonly #write: Readonly<Record<CopyType, (value: Exclude<CopyValue, null>) => void>> = {
    int4: (v) => {
      fits(typeof v === 'number' && Number.isInteger(v) && v >= -0x8000_0000 && v <= 0x7fff_ffff, 'not an int4');
      this.#int32(4);
      this.#int32(v as number);
    },
    int8: (v) => {
      fits(typeof v === 'bigint' ? BigInt.asIntN(64, v) === v : Number.isSafeInteger(v), 'not an int8');
      this.#int64(v as number | bigint);
    },
    float8: (v) => {
      fits(typeof v === 'number', 'not a number');
      this.#int32(8);
      this.#at = this.#buffer.writeDoubleBE(v as number, this.#at);
    },
    bool: (v) => {
      fits(typeof v === 'boolean', 'not a boolean');
      this.#int32(1);
      this.#at = this.#buffer.writeUInt8(v ? 1 : 0, this.#at);
    },
    date: (v) => {
      const days = daysOf(v);
      this.#int32(4);
      this.#int32(days);
    },
    timestamptz: (v) => {
      fits(Number.isSafeInteger(v), 'not an instant');
      // Before 1740 the shift to PostgreSQL's epoch leaves the integers that a double holds.
      const shifted = (v as Instant) - EPOCH_MICROS;
      this.#int64(Number.isSafeInteger(shifted) ? shifted : BigInt(v as Instant) - BigInt(EPOCH_MICROS));
    },
    text: (v) => this.#text(v, ''),
    jsonb: (v) => this.#text(v, '\u0001'),
    uuid: (v) => {
      fits(typeof v === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(v), 'not a uuid');
      this.#bytes(Buffer.from((v as string).replaceAll('-', ''), 'hex'));
    },
    bytea: (v) => {
      fits(v instanceof Uint8Array, 'not bytes');
      this.#bytes(v as Uint8Array);
    },
  };

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }

  #int32(value: number): void {
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  #int64(value: number | bigint): void {
    this.#int32(8);
    if (typeof value === 'bigint') {
      this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
    } else {
      const high = Math.floor(value / 0x1_0000_0000);
      this.#int32(high);
      this.#at = this.#buffer.writeUInt32BE(value - high * 0x1_0000_0000, this.#at);
    }
  }

  #bytes(value: Uint8Array): void {
    this.#reserve(4 + value.length);
    this.#int32(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** jsonb is its version byte, 1, and the text. */
  #text(value: CopyValue, version: string): void {
    fits(typeof value === 'string' && !value.includes('\0') && value.isWellFormed(), 'not a text without NUL');
    const text = version + (value as string);
    // Three bytes hold any UTF-16 unit.
    this.#reserve(4 + text.length * 3);
    const written = this.#buffer.write(text, this.#at + 4, 'utf8');
    this.#int32(written);
    this.#at += written;
  }
}

function fits(condition: boolean, reason: string): void {
  if (!condition) throw new RangeError(reason);
}

function daysOf(value: CopyValue): number {
  const millis = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  // Date.parse takes 30 February for 2 March.
  fits(!Number.isNaN(millis) && new Date(millis).toISOString().startsWith(value as string), 'not a date');
  return millis / MILLIS_PER_DAY - EPOCH_DAYS;
}

/** Reads rows out of binary COPY chunks; ints as numbers, int8 as bigint, the rest as {@link CopyValue} says. */
export async function* readBinary(chunks: AsyncIterable<Uint8Array>, types: readonly CopyType[]): AsyncGenerator<CopyValue[]> {
  let rest: Buffer = Buffer.alloc(0);
  let isHeaderRead = false;
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!isHeaderRead) {
      if (rest.length < SIGNATURE.length) continue;
      at = SIGNATURE.length;
      isHeaderRead = true;
    }
    for (let next = readRow(rest, at, types); next !== undefined; next = readRow(rest, at, types)) {
      if (next.row === undefined) return;
      yield next.row;
      at = next.at;
    }
    rest = rest.subarray(at);
  }
  throw problem('COPY_VALUE', { row: 0, column: '*', type: 'binary', reason: 'the stream ended early' });
}

/** One row from `at`; undefined when it is not there in whole; without `row` at the trailer. */
function readRow(buffer: Buffer, at: number, types: readonly CopyType[]): { row?: CopyValue[]; at: number } | undefined {
  if (buffer.length < at + 2) return undefined;
  const count = buffer.readInt16BE(at);
  if (count === -1) return { at: at + 2 };
  if (count !== types.length)
    throw problem('COPY_VALUE', { row: 0, column: '*', type: 'binary', reason: `${count} columns instead of ${types.length}` });
  const row: CopyValue[] = [];
  let next = at + 2;
  for (const type of types) {
    if (buffer.length < next + 4) return undefined;
    const length = buffer.readInt32BE(next);
    next += 4;
    if (length < 0) {
      row.push(null);
      continue;
    }
    if (buffer.length < next + length) return undefined;
    row.push(readValue(type, buffer.subarray(next, next + length)));
    next += length;
  }
  return { row, at: next };
}

function readValue(type: CopyType, bytes: Buffer): CopyValue {
  switch (type) {
    case 'int4':
      return bytes.readInt32BE();
    case 'int8':
      return bytes.readBigInt64BE();
    case 'float8':
      return bytes.readDoubleBE();
    case 'bool':
      return bytes.readUInt8() === 1;
    case 'date':
      return dateOf(bytes.readInt32BE() + EPOCH_DAYS);
    case 'timestamptz':
      return instantOf(bytes.readBigInt64BE() + BigInt(EPOCH_MICROS));
    case 'text':
      return bytes.toString('utf8');
    case 'jsonb':
      return bytes.toString('utf8', 1);
    case 'uuid':
      return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    case 'bytea':
      return Buffer.from(bytes);
  }
}

/** Infinity and years that four digits do not hold are no dates of this house. */
function dateOf(days: number): string {
  const date = new Date(days * MILLIS_PER_DAY);
  fits(!Number.isNaN(date.getTime()) && /^\d{4}-/.test(date.toISOString()), 'not a date between 0000 and 9999');
  return date.toISOString().slice(0, 10);
}

function instantOf(micros: bigint): Instant {
  const instant = Number(micros);
  fits(Number.isSafeInteger(instant), 'not an instant');
  return instant;
}
