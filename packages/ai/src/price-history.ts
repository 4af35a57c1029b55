import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { sha256 } from './digest.ts';
import { problem } from './problems.ts';

/** Daily closes of one instrument: dates ascending, closes positive. */
export interface PriceSeries {
  readonly symbol: string;
  /** Its market where the file says so, else "all"; fairness is judged by it. */
  readonly group: string;
  readonly dates: readonly string[];
  readonly closes: readonly number[];
}

/** Rows that cleaning took out, by reason. AI-1 */
export interface Rejections {
  readonly malformed: number;
  /** Zero, negative or no number. */
  readonly price: number;
  /** Same symbol and date again. */
  readonly duplicate: number;
  /** A move of more than three fifths against the last accepted close, which comes back: a bad print. */
  readonly spike: number;
  /** Of instruments with too few closes to learn from. */
  readonly short: number;
}

export interface PriceHistory {
  /** SHA-256 of the file's bytes as they lie on disk. */
  readonly sha256: string;
  readonly file: string;
  readonly rows: number;
  readonly rejected: Rejections;
  readonly firstDate: string;
  readonly lastDate: string;
  /** By symbol, ascending. */
  readonly series: readonly PriceSeries[];
}

/** Closes an instrument must have: a warm-up, some months of life, and the horizon. */
const CLOSES_MIN = 400;
const MOVE_MAX = 0.6;
const BYTES_MAX = 512 << 20;

/** What is read as the close, in this order: adjusted for dividends and splits wherever the file has it. */
const CLOSE_COLUMNS = ['adj_close', 'qfq_close', 'close', 'usd_per_bbl'];

/**
 * Reads a CSV of daily closes, plain or .gz. Either one row a symbol and day (`date`, `symbol` or `series`, a close column,
 * perhaps `mic`), or `date` and one column an instrument. Bad rows are counted and left out.
 * @throws Problem PRICE_HISTORY_REFUSED
 */
export function readPriceHistory(path: string): PriceHistory {
  const refuse = (reason: string) => problem('PRICE_HISTORY_REFUSED', { reason });
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(path);
  } catch (error) {
    throw problem('PRICE_HISTORY_REFUSED', { reason: (error as Error).message }, error);
  }
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: BYTES_MAX }) : bytes;
  const lines = plain.toString('utf8').split(/\r?\n/);
  const head = (lines[0] ?? '').split(',');
  const prices = readLines(head, lines.slice(1), refuse);
  const count = { malformed: prices.malformed, price: prices.price, duplicate: 0, spike: 0, short: 0 };
  const series: PriceSeries[] = [];
  for (const [symbol, { group, points }] of [...prices.bySymbol].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const cleaned = clean(points, count);
    if (cleaned.length < CLOSES_MIN) {
      count.short += cleaned.length;
      continue;
    }
    series.push({ symbol, group, dates: cleaned.map(([date]) => date), closes: cleaned.map(([, close]) => close) });
  }
  if (series.length === 0) throw refuse(`no instrument has ${CLOSES_MIN} closes`);
  const firsts = series.map(({ dates }) => dates[0] as string).sort();
  const lasts = series.map(({ dates }) => dates.at(-1) as string).sort();
  return {
    ...{ sha256: sha256(bytes), file: path.slice(path.lastIndexOf('/') + 1), rows: prices.rows, rejected: count, series },
    ...{ firstDate: firsts[0] as string, lastDate: lasts.at(-1) as string },
  };
}

type Point = readonly [date: string, close: number];

interface ReadPrices {
  rows: number;
  malformed: number;
  price: number;
  readonly bySymbol: Map<string, { readonly group: string; readonly points: Point[] }>;
}

function readLines(head: readonly string[], lines: readonly string[], refuse: (reason: string) => Error): ReadPrices {
  const dateAt = head.indexOf('date');
  if (dateAt < 0) throw refuse('there is no column date');
  const symbolAt = head.findIndex((name) => name === 'symbol' || name === 'series');
  const closeAt = CLOSE_COLUMNS.map((name) => head.indexOf(name)).find((at) => at >= 0) ?? -1;
  const micAt = head.indexOf('mic');
  const isWide = symbolAt < 0 && closeAt < 0;
  if (symbolAt >= 0 && closeAt < 0) throw refuse(`none of the columns ${CLOSE_COLUMNS.join(', ')}`);
  const wide = head.map((name, at) => ({ name, at })).filter(({ at }) => at !== dateAt);
  const read: ReadPrices = { rows: 0, malformed: 0, price: 0, bySymbol: new Map() };
  const take = (symbol: string, group: string, date: string, text: string) => {
    const close = Number(text);
    if (text === '' || !Number.isFinite(close) || close <= 0) {
      read.price++;
      return;
    }
    const known = read.bySymbol.get(symbol);
    if (known === undefined) read.bySymbol.set(symbol, { group, points: [[date, close]] });
    else known.points.push([date, close]);
  };
  for (const line of lines) {
    if (line === '') continue;
    read.rows++;
    const cells = line.split(',');
    const date = cells[dateAt] ?? '';
    if (cells.length !== head.length || !/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date))) {
      read.malformed++;
      continue;
    }
    // A blank cell of a wide file is a day on which the instrument had no price, and no fault.
    if (isWide) for (const { name, at } of wide) cells[at] === '' || take(name, 'all', date, cells[at] as string);
    else {
      const symbol = symbolAt < 0 ? 'close' : (cells[symbolAt] as string);
      take(symbol, micAt < 0 ? 'all' : (cells[micAt] as string), date, cells[closeAt] as string);
    }
  }
  return read;
}

function clean(points: readonly Point[], count: { duplicate: number; spike: number }): Point[] {
  const sorted = [...points].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const kept: Point[] = [];
  for (const [i, point] of sorted.entries()) {
    const last = kept.at(-1);
    if (last !== undefined && last[0] === point[0]) {
      count.duplicate++;
      continue;
    }
    const next = sorted[i + 1];
    const isFar = (a: Point, b: Point) => Math.abs(b[1] / a[1] - 1) > MOVE_MAX;
    if (last !== undefined && next !== undefined && isFar(last, point) && !isFar(last, next)) {
      count.spike++;
      continue;
    }
    kept.push(point);
  }
  return kept;
}
