import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { declareProblems, type Instant, MICROS_PER_DAY } from '@meridian/base';
import {
  hasCondition,
  movesLastPrice,
  PRICE_DIGITS,
  readMinuteQuotes,
  readPrints,
  readSecondQuotes,
  SALE_CONDITION,
  TAPE_PARTICIPANTS,
  type TapePrint,
  type TapeQuote,
} from '@meridian/market';
import { NODE_PRICE_DIGITS } from '@meridian/messages';

const { problem } = declareProblems({
  RECORDING_MISSING: {
    status: 404,
    title: { zh: '没有行情记录', en: 'No recorded session' },
    detail: { zh: '{dir} 中没有可用的行情记录文件', en: 'There is no recorded session file in {dir}' },
    remedy: { zh: '恢复随程序发布的 data/session 文件夹', en: 'Restore the folder data/session as it was shipped' },
  },
});

const PRICE_DIVISOR = 10 ** (PRICE_DIGITS - NODE_PRICE_DIGITS);

/** What one row of a tape is. */
export const QUOTE = 0;
/** A print on a market whose conditions let it move the last price. */
export const PRINT = 1;
/** The same, made in an opening or closing auction. */
export const AUCTION_PRINT = 2;

/**
 * The recorded rows of one symbol, in the order in which they became known: a quote bar is known when its bar ends, a
 * print at its stamp. Off-market prints, suspicious prints and prints whose conditions do not set a last price are not on
 * the tape. Struct of arrays, prices in NODE_PRICE_SCALE; a row holds bid, bid size, ask, ask size or price, size, 0, 0.
 */
export interface Tape {
  readonly symbol: string;
  readonly length: number;
  readonly time: Float64Array;
  readonly kind: Uint8Array;
  readonly values: Float64Array;
}

/** A price that the primary market stated about its own auction. */
export interface OfficialPrice {
  readonly price: number;
  readonly size: number;
  readonly time: Instant;
}

export interface RecordedFile {
  readonly name: string;
  /** Of the file as it lies on the disk. */
  readonly sha256: string;
}

/** The recorded sessions of a folder. An input of the venue: its log names the files by hash. */
export interface Recording {
  readonly files: readonly RecordedFile[];
  tape(symbol: string): Tape;
  /** Opening and closing prices of a symbol as the market `mic` itself printed them, in order of time. */
  officialPrices(symbol: string, mic: string): readonly (OfficialPrice & { readonly kind: 'opening' | 'closing' })[];
}

/**
 * Reads the files of a session folder: `*_ticks_*`, `*_1s_quotes_*`, `*_1min_quotes_*`, gzipped CSV. Where a symbol has
 * quotes by the second on a day, its minute quotes of that day are left out: they repeat every sixtieth.
 * @throws Problem RECORDING_MISSING; SESSION_FILE_INVALID naming file and line
 */
export async function readRecording(dir: string): Promise<Recording> {
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('.csv.gz')).sort();
  const files: RecordedFile[] = [];
  const prints: TapePrint[] = [];
  const seconds: TapeQuote[] = [];
  const minutes: TapeQuote[] = [];
  for (const name of names) {
    const into = name.includes('_ticks_')
      ? prints
      : name.includes('_1s_quotes_')
        ? seconds
        : name.includes('_1min_quotes_')
          ? minutes
          : null;
    if (into === null) continue;
    const bytes = await readFile(join(dir, name));
    files.push({ name, sha256: createHash('sha256').update(bytes).digest('hex') });
    const csv = (await promisify(gunzip)(bytes)).toString('latin1');
    if (into === prints) append(prints, readPrints(name, csv));
    else append(into as TapeQuote[], into === seconds ? readSecondQuotes(name, csv) : readMinuteQuotes(name, csv));
  }
  if (files.length === 0) throw problem('RECORDING_MISSING', { dir });
  return recordingOf(files, prints, finest(seconds, minutes));
}

/** A recording from rows in memory; {@link readRecording} is the usual way to one. */
export function recordingOf(
  files: readonly RecordedFile[],
  prints: readonly TapePrint[],
  quotes: readonly TapeQuote[],
): Recording {
  const tapes = new Map<string, Tape>();
  for (const symbol of new Set([...prints, ...quotes].map((row) => row.symbol)))
    tapes.set(symbol, tapeOf(symbol, prints, quotes));
  const official = prints.filter((p) => !p.suspicious && p.condition !== 0 && (p.condition & AUCTION) !== 0);
  return {
    files,
    tape: (symbol) => tapes.get(symbol) ?? tapeOf(symbol, [], []),
    officialPrices: (symbol, mic) =>
      officialPricesOf(official.filter((p) => p.symbol === symbol && TAPE_PARTICIPANTS[p.participant] === mic)),
  };
}

const AUCTION =
  SALE_CONDITION.openingPrint | SALE_CONDITION.closingPrint | SALE_CONDITION.officialOpen | SALE_CONDITION.officialClose;

function append<T>(into: T[], rows: readonly T[]): void {
  for (const row of rows) into.push(row);
}

function finest(seconds: readonly TapeQuote[], minutes: readonly TapeQuote[]): TapeQuote[] {
  const key = (q: TapeQuote) => `${q.symbol} ${Math.floor(q.at / MICROS_PER_DAY)}`;
  const covered = new Set(seconds.map(key));
  return [...seconds, ...minutes.filter((q) => !covered.has(key(q)))];
}

function tapeOf(symbol: string, prints: readonly TapePrint[], quotes: readonly TapeQuote[]): Tape {
  type Row = readonly [time: Instant, kind: number, number, number, number, number];
  const rows: Row[] = [];
  for (const q of quotes) {
    if (q.symbol === symbol) rows.push([q.at + q.spanMicros, QUOTE, nodePrice(q.bid), q.bidSize, nodePrice(q.ask), q.askSize]);
  }
  for (const p of prints) {
    if (p.symbol !== symbol || p.suspicious || p.size === 0 || !movesLastPrice(p.condition, p.participant)) continue;
    const auction = hasCondition(p.condition, SALE_CONDITION.openingPrint | SALE_CONDITION.closingPrint);
    rows.push([p.at, auction ? AUCTION_PRINT : PRINT, nodePrice(p.price), p.size, 0, 0]);
  }
  // Stable: rows of one instant keep quotes before prints and the order of their file.
  rows.sort((a, b) => a[0] - b[0]);
  const kept = rows.filter((row) => Number.isInteger(row[2]) && Number.isInteger(row[4]));
  const tape = {
    symbol,
    length: kept.length,
    time: new Float64Array(kept.length),
    kind: new Uint8Array(kept.length),
    values: new Float64Array(kept.length * 4),
  };
  for (let i = 0; i < kept.length; i++) {
    const [time, kind, ...values] = kept[i] as Row;
    tape.time[i] = time;
    tape.kind[i] = kind;
    tape.values.set(values, i * 4);
  }
  return tape;
}

/** A price finer than the node's scale is off every grid: it comes out as a fraction and is left out above. */
function nodePrice(price: number): number {
  return price / PRICE_DIVISOR;
}

/** Per day: the print that states the official price; where the market prints none, its single-priced auction print. */
function officialPricesOf(primary: readonly TapePrint[]): (OfficialPrice & { kind: 'opening' | 'closing' })[] {
  const found: (OfficialPrice & { kind: 'opening' | 'closing' })[] = [];
  for (const day of new Set(primary.map((p) => Math.floor(p.at / MICROS_PER_DAY)))) {
    const ofDay = primary.filter((p) => Math.floor(p.at / MICROS_PER_DAY) === day);
    for (const [kind, flags] of [
      ['opening', [SALE_CONDITION.officialOpen, SALE_CONDITION.openingPrint]],
      ['closing', [SALE_CONDITION.officialClose, SALE_CONDITION.closingPrint]],
    ] as const) {
      for (const flag of flags) {
        const stated = ofDay.filter((p) => hasCondition(p.condition, flag));
        const last = stated.at(-1);
        if (last === undefined) continue;
        // Two prices in one auction are no auction price.
        if (stated.every((p) => p.price === last.price))
          found.push({ kind, price: nodePrice(last.price), size: last.size, time: last.at });
        break;
      }
    }
  }
  return found.sort((a, b) => a.time - b.time);
}
