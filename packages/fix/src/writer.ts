/**
 * Hot path: messages are written forward into one growing buffer per connection; the header comes from bytes laid out
 * once per session, BodyLength and CheckSum are filled in when the body is complete. Nothing is allocated per message.
 */
import { type Instant, invariant } from '@meridian/base';
import { problem } from './problems.ts';
import { civilFromDays, POWERS_OF_TEN } from './value.ts';

const SOH = 1;
const ZERO = 48;
const EQUALS = 61;

/** What a message body is written through: to the wire, or into a record that is written to the wire again later. */
export interface FieldWriter {
  /** @throws Problem FIX_TEXT_REFUSED for empty text, text with SOH, or characters beyond Latin-1. */
  text(tag: number, value: string): FieldWriter;
  /** |value| < 2^53. */
  int(tag: number, value: number): FieldWriter;
  /** `scaled` in units of 10^-digits: decimal(44, 1674150, 4) writes 44=167.415. Trailing zeros are left out. */
  decimal(tag: number, scaled: number, digits: number): FieldWriter;
  /** UTC, milliseconds (what is finer is cut), the precision of FIX 4.4. */
  timestamp(tag: number, instant: Instant): FieldWriter;
  /** One character by its code. */
  char(tag: number, code: number): FieldWriter;
  flag(tag: number, value: boolean): FieldWriter;
  /** A length field and its data field; data may hold any byte. */
  data(lengthTag: number, tag: number, value: Uint8Array): FieldWriter;
  /** A value of a received message, byte by byte. */
  copy(tag: number, bytes: Uint8Array, from: number, to: number): FieldWriter;
}

/** Bytes that wait to be handed to a connection. */
export class OutBuffer {
  bytes: Buffer;
  length = 0;

  constructor(capacity = 16_384) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Makes room for `count` bytes behind `length`. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.bytes.length, this.length + count));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/** BodyLength is expected to have three digits: shorter and longer messages are moved by what they differ. */
const LENGTH_DIGITS = 3;

/** Writes the messages of one session, one after the other, into an {@link OutBuffer}. */
export class MessageWriter implements FieldWriter {
  readonly #prefix: Buffer;
  readonly #parties: Buffer;
  readonly #time = Buffer.alloc(21);
  #timeMillis = Number.NaN;
  #timeDay = Number.NaN;
  #out: OutBuffer = new OutBuffer(0);
  #start = 0;

  constructor(beginString: string, senderCompId: string, targetCompId: string) {
    this.#prefix = Buffer.from(`8=${beginString}\x019=${'0'.repeat(LENGTH_DIGITS)}\x0135=`, 'latin1');
    this.#parties = Buffer.from(`\x0149=${senderCompId}\x0156=${targetCompId}\x0152=`, 'latin1');
  }

  /** Starts a message. Header fields beyond the standard six follow through {@link FieldWriter}, before the body. */
  begin(out: OutBuffer, type: string, seq: number, sendingTime: Instant): void {
    this.#out = out;
    this.#start = out.length;
    out.reserve(128 + this.#prefix.length + this.#parties.length);
    const bytes = out.bytes;
    let at = copyInto(bytes, out.length, this.#prefix);
    for (let i = 0; i < type.length; i++) {
      bytes[at] = type.charCodeAt(i);
      at = (at + 1) | 0;
    }
    bytes[at] = SOH;
    bytes[at + 1] = 51;
    bytes[at + 2] = 52;
    bytes[at + 3] = EQUALS;
    at = writeNatural(bytes, at + 4, seq);
    at = copyInto(bytes, at, this.#parties);
    at = this.#timestampAt(bytes, at, sendingTime);
    bytes[at] = SOH;
    out.length = at + 1;
  }

  /** Completes the message with BodyLength and CheckSum. */
  end(): void {
    const out = this.#out;
    out.reserve(16);
    const bytes = out.bytes;
    const bodyFrom = this.#start + this.#prefix.length - 3;
    const body = out.length - bodyFrom;
    const digits = digitsOf(body);
    if (digits !== LENGTH_DIGITS) {
      bytes.copyWithin(bodyFrom + digits - LENGTH_DIGITS, bodyFrom, out.length);
      out.length += digits - LENGTH_DIGITS;
      bytes[bodyFrom + digits - LENGTH_DIGITS - 1] = SOH;
    }
    writeNatural(bytes, bodyFrom - LENGTH_DIGITS - 1, body);
    let sum = 0;
    let at = this.#start;
    for (; at < out.length; at = (at + 1) | 0) sum = (sum + (bytes[at] as number)) | 0;
    sum &= 255;
    bytes[at] = 49;
    bytes[at + 1] = ZERO;
    bytes[at + 2] = EQUALS;
    bytes[at + 3] = ZERO + ((sum / 100) | 0);
    bytes[at + 4] = ZERO + (((sum / 10) | 0) % 10);
    bytes[at + 5] = ZERO + (sum % 10);
    bytes[at + 6] = SOH;
    out.length = at + 7;
  }

  /** Takes back an unfinished message. */
  abandon(): void {
    this.#out.length = this.#start;
  }

  text(tag: number, value: string): this {
    const at = this.#tag(tag, value.length);
    const bytes = this.#out.bytes;
    if (value.length === 0) throw problem('FIX_TEXT_REFUSED', { tag });
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code === SOH || code > 255) throw problem('FIX_TEXT_REFUSED', { tag });
      bytes[at + i] = code;
    }
    return this.#close(at + value.length);
  }

  int(tag: number, value: number): this {
    return this.decimal(tag, value, 0);
  }

  decimal(tag: number, scaled: number, digits: number): this {
    invariant(Number.isSafeInteger(scaled) && digits >= 0 && digits < 16, 'a FIX number is an integer below 2^53 with a scale');
    let at = this.#tag(tag, 40);
    const bytes = this.#out.bytes;
    let value = scaled;
    if (value < 0) {
      value = -value;
      bytes[at] = 45;
      at = (at + 1) | 0;
    }
    if (digits === 0) return this.#close(writeNatural(bytes, at, value));
    const unit = POWERS_OF_TEN[digits] as number;
    const whole = Math.floor(value / unit);
    at = writeNatural(bytes, at, whole);
    let fraction = value - whole * unit;
    if (fraction === 0) return this.#close(at);
    bytes[at] = 46;
    let last = at;
    for (let place = at + digits; place > at; place = (place - 1) | 0) {
      const rest = Math.floor(fraction / 10);
      const digit = fraction - rest * 10;
      bytes[place] = ZERO + digit;
      if (last === at && digit !== 0) last = place;
      fraction = rest;
    }
    return this.#close(last + 1);
  }

  timestamp(tag: number, instant: Instant): this {
    const at = this.#tag(tag, 21);
    return this.#close(this.#timestampAt(this.#out.bytes, at, instant));
  }

  char(tag: number, code: number): this {
    invariant(code > SOH && code < 256, 'a FIX character is one byte');
    const at = this.#tag(tag, 1);
    this.#out.bytes[at] = code;
    return this.#close(at + 1);
  }

  flag(tag: number, value: boolean): this {
    return this.char(tag, value ? 89 : 78);
  }

  data(lengthTag: number, tag: number, value: Uint8Array): this {
    this.int(lengthTag, value.length);
    const at = this.#tag(tag, value.length);
    this.#out.bytes.set(value, at);
    return this.#close(at + value.length);
  }

  copy(tag: number, bytes: Uint8Array, from: number, to: number): this {
    let at = this.#tag(tag, to - from);
    const out = this.#out.bytes;
    for (let k = from; k < to; k = (k + 1) | 0) {
      out[at] = bytes[k] as number;
      at = (at + 1) | 0;
    }
    return this.#close(at);
  }

  /** Writes "tag=" with room for the value and its SOH; gives the offset of the value. */
  #tag(tag: number, room: number): number {
    this.#out.reserve(room + 12);
    const at = writeNatural(this.#out.bytes, this.#out.length, tag);
    this.#out.bytes[at] = EQUALS;
    return at + 1;
  }

  #close(at: number): this {
    this.#out.bytes[at] = SOH;
    this.#out.length = at + 1;
    return this;
  }

  /** YYYYMMDD-HH:MM:SS.sss. The last text is kept: a burst of messages falls into one millisecond. */
  #timestampAt(bytes: Buffer, at: number, instant: Instant): number {
    const millis = Math.floor(instant / 1000);
    if (millis !== this.#timeMillis) this.#setTime(millis);
    return copyInto(bytes, at, this.#time);
  }

  #setTime(millis: number): void {
    this.#timeMillis = millis;
    const time = this.#time;
    const day = Math.floor(millis / 86_400_000);
    if (day !== this.#timeDay) {
      this.#timeDay = day;
      time.write(`${String(civilFromDays(day)).padStart(8, '0')}-00:00:00.000`, 'latin1');
    }
    const ofDay = (millis - day * 86_400_000) | 0;
    const second = (ofDay / 1000) | 0;
    const minute = (second / 60) | 0;
    writeTwo(time, 9, (minute / 60) | 0);
    writeTwo(time, 12, minute % 60);
    writeTwo(time, 15, second % 60);
    time[18] = ZERO + (((ofDay % 1000) / 100) | 0);
    writeTwo(time, 19, ofDay % 100);
  }
}

function writeTwo(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = ZERO + ((value / 10) | 0);
  bytes[at + 1] = ZERO + (value % 10);
}

function copyInto(bytes: Uint8Array, at: number, source: Uint8Array): number {
  for (let i = 0; i < source.length; i = (i + 1) | 0) bytes[at + i] = source[i] as number;
  return (at + source.length) | 0;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits = (digits + 1) | 0;
  return digits;
}

/** Writes an integer 0 ≤ value < 2^53 in decimal; gives the offset behind it. */
function writeNatural(bytes: Uint8Array, at: number, value: number): number {
  const end = (at + digitsOf(value)) | 0;
  let place = (end - 1) | 0;
  let rest = value;
  while (rest > 0x7fff_ffff) {
    const tenth = Math.floor(rest / 10);
    bytes[place] = ZERO + (rest - tenth * 10);
    place = (place - 1) | 0;
    rest = tenth;
  }
  let low = rest | 0;
  do {
    const tenth = (low / 10) | 0;
    bytes[place] = (ZERO + low - Math.imul(tenth, 10)) | 0;
    place = (place - 1) | 0;
    low = tenth;
  } while (low > 0);
  return end;
}
