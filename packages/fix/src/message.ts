/**
 * Hot path: a received message is a set of parallel typed arrays (tag, first byte, end) over the bytes of the chunk it
 * came in, filled in one pass with int32 arithmetic. Nothing is allocated per message; text is made only on request.
 */
import type { Instant } from '@meridian/base';
import { TAGS_MAX } from './dictionary/dictionary.ts';
import { problem } from './problems.ts';
import { readDecimal, readInteger, readTimestamp } from './value.ts';

/** Fields of one message, groups included; a message with more is garbled. */
export const FIELDS_MAX = 2048;

const SOH = 1;
const EQUALS = 61;
const MINUS = 45;
const ZERO = 48;

/** [length field, data field]: data may hold any byte, SOH included, so its extent is told by the field before it. */
export const DATA_FIELDS: readonly (readonly [number, number])[] = [
  [90, 91],
  [93, 89],
  [95, 96],
  [212, 213],
  [348, 349],
  [350, 351],
  [352, 353],
  [354, 355],
  [356, 357],
  [358, 359],
  [360, 361],
  [362, 363],
  [364, 365],
  [445, 446],
  [618, 619],
  [621, 622],
];

const lengthFieldOf = new Int16Array(TAGS_MAX);
for (const [length, data] of DATA_FIELDS) lengthFieldOf[data] = length;

/**
 * One received message, valid until the callback it was handed to returns. Fields are numbered in the order in which
 * they came, MsgType being 0; BeginString, BodyLength and CheckSum stand outside that order.
 * Readers return undefined for an absent field. They throw Problem FIX_FIELD_MALFORMED or FIX_FIELD_OUT_OF_RANGE for a
 * value they cannot represent; thrown out of `onApplication`, the session turns them into a Reject of the message.
 */
export class FixMessage {
  bytes: Buffer = Buffer.alloc(0);
  /** First byte of BeginString and the byte after CheckSum. */
  start = 0;
  end = 0;
  /** MsgType, packed as `packText` does. */
  type = 0;
  count = 0;
  beginFrom = 0;
  beginTo = 0;
  readonly tags = new Int32Array(FIELDS_MAX);
  readonly from = new Int32Array(FIELDS_MAX);
  readonly to = new Int32Array(FIELDS_MAX);
  /** First field number of a standard tag, offset by a base that grows with every message so that nothing is cleared. */
  readonly #slots = new Int32Array(TAGS_MAX);
  #base = 0;

  /**
   * Reads the body between two offsets, whose last byte must be SOH. `sum` is the sum of the bytes before the body.
   * @returns the CheckSum (0–255), or -1 for a body that is not a sequence of fields starting with MsgType.
   */
  parse(bytes: Buffer, bodyFrom: number, bodyTo: number, sum: number): number {
    if (this.#base > 0x7fff_0000) {
      this.#slots.fill(0);
      this.#base = 0;
    }
    this.#base = (this.#base + FIELDS_MAX) | 0;
    this.bytes = bytes;
    let count = 0;
    let at = bodyFrom;
    let total = sum;
    let c = 0;
    while (at < bodyTo) {
      if (count === FIELDS_MAX) return -1;
      let tag = 0;
      const negative = bytes[at] === MINUS;
      if (negative) {
        total = (total + MINUS) | 0;
        at = (at + 1) | 0;
      }
      const tagFrom = at;
      // biome-ignore lint/suspicious/noAssignInExpressions: the byte is tested and used; reading it twice costs a tenth
      while ((c = bytes[at] as number) !== EQUALS) {
        const digit = (c - ZERO) | 0;
        if (digit < 0 || digit > 9 || tag > 99_999_999) return -1;
        tag = (Math.imul(tag, 10) + digit) | 0;
        total = (total + c) | 0;
        at = (at + 1) | 0;
      }
      if (at === tagFrom) return -1;
      total = (total + EQUALS) | 0;
      at = (at + 1) | 0;
      if (negative) tag = -tag | 0;
      this.tags[count] = tag;
      this.from[count] = at;
      if (tag > 0 && tag < TAGS_MAX) {
        if ((this.#slots[tag] as number) < this.#base) this.#slots[tag] = (this.#base + count) | 0;
        const lengthField = lengthFieldOf[tag] as number;
        if (lengthField !== 0 && count > 0 && this.tags[count - 1] === lengthField) {
          const length = readInteger(bytes, this.from[count - 1] as number, this.to[count - 1] as number);
          if (!(length >= 0 && at + length < bodyTo && bytes[at + length] === SOH)) return -1;
          for (const last = at + length; at < last; at = (at + 1) | 0) total = (total + (bytes[at] as number)) | 0;
        }
      }
      // biome-ignore lint/suspicious/noAssignInExpressions: as above
      while ((c = bytes[at] as number) !== SOH) {
        total = (total + c) | 0;
        at = (at + 1) | 0;
      }
      this.to[count] = at;
      total = (total + SOH) | 0;
      at = (at + 1) | 0;
      count = (count + 1) | 0;
    }
    this.count = count;
    if (count === 0 || this.tags[0] !== 35) return -1;
    this.type = this.packed(0);
    return total & 255;
  }

  /** Reads again a whole message that was proven when it came in. */
  reread(bytes: Buffer): void {
    this.start = 0;
    this.end = bytes.length;
    this.beginFrom = 2;
    this.beginTo = bytes.indexOf(SOH);
    this.parse(bytes, bytes.indexOf(SOH, this.beginTo + 1) + 1, bytes.length - 7, 0);
  }

  /** The number of the first field with a tag, or -1. */
  field(tag: number): number {
    if (tag > 0 && tag < TAGS_MAX) {
      const index = ((this.#slots[tag] as number) - this.#base) | 0;
      return index >= 0 && index < this.count ? index : -1;
    }
    return this.fieldWithin(tag, 0, this.count);
  }

  /** The number of the first field with a tag from field `first` up to but without field `last`, or -1. */
  fieldWithin(tag: number, first: number, last: number): number {
    for (let i = first; i < last; i = (i + 1) | 0) if (this.tags[i] === tag) return i;
    return -1;
  }

  has(tag: number): boolean {
    return this.field(tag) >= 0;
  }

  /** Bytes taken for Latin-1. */
  text(tag: number): string | undefined {
    const i = this.field(tag);
    return i < 0 ? undefined : this.textAt(i);
  }

  /** |value| < 2^53. */
  int(tag: number): number | undefined {
    const i = this.field(tag);
    return i < 0 ? undefined : this.intAt(i);
  }

  /** The value in units of 10^-digits, signed, |scaled| < 2^53, never rounded. */
  decimal(tag: number, digits: number): number | undefined {
    const i = this.field(tag);
    return i < 0 ? undefined : this.decimalAt(i, digits);
  }

  /** Code of a one-character value, such as Side; -1 when the field is absent or not of one character. */
  char(tag: number): number {
    const i = this.field(tag);
    return i < 0 ? -1 : this.charAt(i);
  }

  /** True for Y, false for anything else and for an absent field. */
  flag(tag: number): boolean {
    return this.char(tag) === 89;
  }

  /** UTC timestamp in microseconds. */
  timestamp(tag: number): Instant | undefined {
    const i = this.field(tag);
    return i < 0 ? undefined : this.timestampAt(i);
  }

  /** A view of the value's bytes, valid as long as the message. */
  value(tag: number): Uint8Array | undefined {
    const i = this.field(tag);
    return i < 0 ? undefined : this.bytes.subarray(this.from[i], this.to[i]);
  }

  textAt(i: number): string {
    return this.bytes.toString('latin1', this.from[i] as number, this.to[i] as number);
  }

  intAt(i: number): number {
    return this.#sound(i, readInteger(this.bytes, this.from[i] as number, this.to[i] as number));
  }

  decimalAt(i: number, digits: number): number {
    return this.#sound(i, readDecimal(this.bytes, this.from[i] as number, this.to[i] as number, digits));
  }

  charAt(i: number): number {
    return (this.to[i] as number) - (this.from[i] as number) === 1 ? (this.bytes[this.from[i] as number] as number) : -1;
  }

  timestampAt(i: number): Instant {
    return this.#sound(i, readTimestamp(this.bytes, this.from[i] as number, this.to[i] as number));
  }

  /** Up to four bytes as an int32, 0 for an empty or a longer value. */
  packed(i: number): number {
    const from = this.from[i] as number;
    const to = this.to[i] as number;
    if (to - from > 4) return 0;
    let packed = 0;
    for (let at = from; at < to; at = (at + 1) | 0) packed = (packed << 8) | (this.bytes[at] as number);
    return packed;
  }

  /** Whether a field's value is exactly these bytes. */
  equals(i: number, value: Uint8Array): boolean {
    const from = this.from[i] as number;
    if ((this.to[i] as number) - from !== value.length) return false;
    for (let k = 0; k < value.length; k = (k + 1) | 0) if (this.bytes[from + k] !== value[k]) return false;
    return true;
  }

  #sound(i: number, value: number): number {
    if (Number.isFinite(value)) return value;
    const tag = this.tags[i] as number;
    throw problem(Number.isNaN(value) ? 'FIX_FIELD_MALFORMED' : 'FIX_FIELD_OUT_OF_RANGE', { tag });
  }
}
