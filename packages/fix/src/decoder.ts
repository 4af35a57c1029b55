/**
 * Hot path: cuts a byte stream into messages without copying, except for the tail of a chunk that ends inside one.
 */
import { FixMessage } from './message.ts';

export const MESSAGE_BYTES_MAX = 65_536;

export const Decoded = { more: 0, message: 1, garbled: 2 } as const;
export type Decoded = (typeof Decoded)[keyof typeof Decoded];

/** Why bytes were not taken for a message. */
export type Garble = 'noise' | 'framing' | 'over-long' | 'body-length' | 'checksum' | 'fields';

const SOH = 1;
const ZERO = 48;
const EQUALS = 61;
/** "8=FIX" */
const BEGIN = Buffer.from('8=FIX', 'latin1');
const TRAILER = Buffer.from('\x0110=', 'latin1');
/** BeginString and BodyLength fit into this many bytes, or the message is garbled. */
const PREFIX_BYTES_MAX = 32;

/**
 * Cuts a stream into messages. A garbled message uses up no sequence number, so it is skipped and the gap it leaves is
 * asked for again (FIX 4.4 volume 2, "Garbled message"). A wrong BodyLength swallows everything up to the first
 * CheckSum field at or behind its claimed end: bytes that a sender counted into one message are never read as another.
 */
export class Decoder {
  readonly message: FixMessage;
  /** Set with {@link Decoded.garbled}. */
  garble: Garble = 'noise';
  readonly #bytesMax: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #to = 0;
  #kept: Buffer = Buffer.alloc(0);

  constructor(message = new FixMessage(), bytesMax = MESSAGE_BYTES_MAX) {
    this.message = message;
    this.#bytesMax = bytesMax;
  }

  /** Hands over a chunk. It is read until {@link next} answers `more`; after that it may be reused. */
  push(chunk: Uint8Array): void {
    const rest = this.#to - this.#at;
    if (rest === 0) {
      this.#bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      this.#at = 0;
      this.#to = chunk.length;
      return;
    }
    if (this.#kept.length < rest + chunk.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(4096, 2 * (rest + chunk.length)));
      larger.set(this.#bytes.subarray(this.#at, this.#to));
      this.#kept = larger;
    } else if (this.#bytes !== this.#kept) {
      this.#kept.set(this.#bytes.subarray(this.#at, this.#to));
    } else if (this.#at > 0) {
      this.#kept.copyWithin(0, this.#at, this.#to);
    }
    this.#kept.set(chunk, rest);
    this.#bytes = this.#kept;
    this.#at = 0;
    this.#to = rest + chunk.length;
  }

  /** Bytes pushed and not yet read. */
  get waiting(): number {
    return this.#to - this.#at;
  }

  /** Forgets what is left of the stream: the connection it came from is gone. */
  reset(): void {
    this.#at = 0;
    this.#to = 0;
  }

  next(): Decoded {
    const bytes = this.#bytes;
    const start = this.#at;
    const to = this.#to;
    const seen = to - start < BEGIN.length ? to - start : BEGIN.length;
    for (let k = 0; k < seen; k = (k + 1) | 0) if (bytes[start + k] !== BEGIN[k]) return this.#skip(start + 1, 'noise');
    let at = start + BEGIN.length;
    const prefixTo = to - start < PREFIX_BYTES_MAX ? to : start + PREFIX_BYTES_MAX;
    while (at < prefixTo && bytes[at] !== SOH) at = (at + 1) | 0;
    const beginTo = at;
    let length = 0;
    if (at + 3 < prefixTo) {
      if (bytes[at + 1] !== 57 || bytes[at + 2] !== EQUALS) return this.#skip(start + 1, 'framing');
      at = (at + 3) | 0;
      while (at < prefixTo && bytes[at] !== SOH) {
        const digit = ((bytes[at] as number) - ZERO) | 0;
        if (digit < 0 || digit > 9 || length > 9_999_999) return this.#skip(start + 1, 'framing');
        length = (Math.imul(length, 10) + digit) | 0;
        at = (at + 1) | 0;
      }
    } else at = prefixTo;
    if (at >= prefixTo) return to - start < PREFIX_BYTES_MAX ? this.#more() : this.#skip(start + 1, 'framing');
    if (length > this.#bytesMax) return this.#skip(start + 1, 'over-long');
    const bodyFrom = (at + 1) | 0;
    const bodyTo = (bodyFrom + length) | 0;
    if (bodyTo + 7 > to) return this.#more();
    if (!isTrailer(bytes, bodyTo)) return this.#swallow(start, bodyTo);
    let sum = 0;
    for (let k = start; k < bodyFrom; k = (k + 1) | 0) sum = (sum + (bytes[k] as number)) | 0;
    const computed = this.message.parse(bytes, bodyFrom, bodyTo, sum);
    const stated =
      ((bytes[bodyTo + 3] as number) - ZERO) * 100 +
      ((bytes[bodyTo + 4] as number) - ZERO) * 10 +
      (bytes[bodyTo + 5] as number) -
      ZERO;
    const end = (bodyTo + 7) | 0;
    this.#at = end;
    if (computed < 0) return this.#garbled('fields');
    if (computed !== stated) return this.#garbled('checksum');
    this.message.start = start;
    this.message.end = end;
    this.message.beginFrom = start + 2;
    this.message.beginTo = beginTo;
    return Decoded.message;
  }

  /** Keeps the unread tail in a buffer of its own, because the chunk belongs to whoever handed it over. */
  #more(): Decoded {
    const rest = this.#to - this.#at;
    if (rest > 0 && this.#bytes !== this.#kept) {
      if (this.#kept.length < rest) this.#kept = Buffer.allocUnsafeSlow(Math.max(4096, 2 * rest));
      this.#kept.set(this.#bytes.subarray(this.#at, this.#to));
      this.#bytes = this.#kept;
      this.#at = 0;
      this.#to = rest;
    }
    return Decoded.more;
  }

  /** Goes on at the next "8=FIX", or at a tail that may become one. */
  #skip(from: number, garble: Garble): Decoded {
    const found = this.#bytes.subarray(0, this.#to).indexOf(BEGIN, from);
    let at = found === -1 ? Math.max(from, this.#to - BEGIN.length + 1) : found;
    while (found === -1 && at < this.#to && BEGIN.compare(this.#bytes, at, this.#to, 0, this.#to - at) !== 0) at++;
    this.#at = at;
    return this.#garbled(garble);
  }

  #swallow(start: number, claimedTo: number): Decoded {
    const trailer = this.#bytes.subarray(0, this.#to).indexOf(TRAILER, claimedTo - 1);
    const end = trailer === -1 ? -1 : this.#bytes.subarray(0, this.#to).indexOf(SOH, trailer + TRAILER.length);
    if (end !== -1) {
      this.#at = end + 1;
      return this.#garbled('body-length');
    }
    return this.#to - start > this.#bytesMax ? this.#skip(start + 1, 'over-long') : this.#more();
  }

  #garbled(garble: Garble): Decoded {
    this.garble = garble;
    return Decoded.garbled;
  }
}

/** "10=ddd", SOH on both sides. */
function isTrailer(bytes: Buffer, at: number): boolean {
  if (bytes[at - 1] !== SOH || bytes[at] !== 49 || bytes[at + 1] !== ZERO || bytes[at + 2] !== EQUALS || bytes[at + 6] !== SOH)
    return false;
  for (let k = at + 3; k < at + 6; k++) if ((bytes[k] as number) < ZERO || (bytes[k] as number) > 57) return false;
  return true;
}
