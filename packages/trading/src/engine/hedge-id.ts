import { finish, mix } from './column.ts';

/**
 * ClOrdIDs of child orders: twelve characters 0–9 A–Z that say nothing to an outsider and everything to the node. They
 * are a keyed permutation of (seq, n-th request of that command), so they never repeat within a market's log, and the node
 * reads them back without a table of texts. Four Feistel rounds over 2 × 27 bits, the key from the market's name.
 */
export const HEDGE_ID_CHARS = 12;

const HALF_BITS = 27;
const HALF = 2 ** HALF_BITS;
const MASK = HALF - 1;
const ROUNDS = 4;
/** Requests of one command. */
export const REQUESTS_PER_COMMAND = 2 ** 20;
/** Above this the number would leave 2^53. */
export const SEQ_MAX = 2 ** 33 - 1;

export function hedgeKey(market: string): number {
  let key = 0x6d657269;
  for (let i = 0; i < market.length; i++) key = mix(key, market.charCodeAt(i));
  return finish(key);
}

function round(half: number, key: number, n: number): number {
  return finish(mix(mix(key, half), n)) & MASK;
}

/** A request's number in a member that once held a fraction: as an argument or result it would be allocated each time. */
export interface RequestNumber {
  number: number;
}

export const newRequestNumber = (): RequestNumber => ({ number: 0.5 });

/** Writes the text of `numbers[row]` with its length byte; returns the offset behind it. */
export function writeHedgeId(key: number, numbers: Float64Array, row: number, view: DataView, at: number): number {
  const request = numbers[row] as number;
  let left = Math.floor(request / HALF);
  let right = request - left * HALF;
  for (let n = 0; n < ROUNDS; n++) {
    const next = left ^ round(right, key, n);
    left = right;
    right = next;
  }
  view.setUint8(at, HEDGE_ID_CHARS);
  writeDigits(left, view, at + 1);
  writeDigits(right, view, at + 7);
  return at + 1 + HEDGE_ID_CHARS;
}

/** Leaves the request behind a text in `into`; −1 for a text this node cannot have written. */
export function readHedgeId(key: number, view: DataView, at: number, into: RequestNumber): void {
  into.number = -1;
  if (view.getUint8(at) !== HEDGE_ID_CHARS) return;
  let left = readDigits(view, at + 1);
  let right = readDigits(view, at + 7);
  if (left < 0 || right < 0) return;
  for (let n = ROUNDS - 1; n >= 0; n--) {
    const before = right ^ round(left, key, n);
    right = left;
    left = before;
  }
  const request = left * HALF + right;
  if (request <= Number.MAX_SAFE_INTEGER) into.number = request;
}

function writeDigits(half: number, view: DataView, at: number): void {
  let rest = half | 0;
  for (let i = 5; i >= 0; i--) {
    const above = (rest / 36) | 0;
    const digit = (rest - above * 36) | 0;
    view.setUint8(at + i, digit < 10 ? 48 + digit : 55 + digit);
    rest = above;
  }
}

function readDigits(view: DataView, at: number): number {
  let half = 0;
  for (let i = 0; i < 6; i++) {
    const c = view.getUint8(at + i);
    const digit = c >= 48 && c <= 57 ? c - 48 : c >= 65 && c <= 90 ? c - 55 : -1;
    if (digit < 0) return -1;
    half = half * 36 + digit;
  }
  return half <= MASK ? half : -1;
}

/** The ClOrdID of the first request of the command at `seq`, as text. */
export function childClOrdId(market: string, seq: number): string {
  const view = new DataView(new ArrayBuffer(1 + HEDGE_ID_CHARS));
  writeHedgeId(hedgeKey(market), Float64Array.of(seq * REQUESTS_PER_COMMAND), 0, view, 0);
  return String.fromCharCode(...new Uint8Array(view.buffer, 1));
}
