import { type DateText, declareProblems, type Instant, MICROS_PER_MILLI, parseDecimal } from '@meridian/base';
import { PRICE_DIGITS } from './price.ts';
import { readSaleCondition } from './sale-condition.ts';

const { problem } = declareProblems({
  SESSION_FILE_INVALID: {
    status: 422,
    title: { zh: '行情记录文件无效', en: 'Invalid recorded session' },
    detail: { zh: '{file} 第 {line} 行：{reason}', en: '{file}, line {line}: {reason}' },
    remedy: { zh: '恢复原始数据文件', en: 'Restore the original data file' },
  },
});

/** A print of the consolidated tape. Price in PRICE_DIGITS decimals as an integer double. */
export interface TapePrint {
  readonly at: Instant;
  readonly symbol: string;
  readonly price: number;
  readonly size: number;
  /** Participant code of the tape, e.g. P (NYSE Arca), N (NYSE), D (off exchange). */
  readonly participant: string;
  readonly condition: number;
  readonly suspicious: boolean;
}

/** A best bid and offer. Prices as in {@link TapePrint}; `spanMicros`: the bar the values closed in, 0 for a point. */
export interface TapeQuote {
  readonly at: Instant;
  readonly spanMicros: number;
  readonly symbol: string;
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
}

/** `ts_utc,symbol,price,size,exchange,sale_condition,suspicious`, in order of time. @throws Problem SESSION_FILE_INVALID */
export function readPrints(file: string, csv: string): TapePrint[] {
  return rows(file, csv, 'ts_utc,symbol,price,size,exchange,sale_condition,suspicious', (cell, fail) => {
    const condition = readSaleCondition(cell(5));
    return {
      at: instantOf(cell(0), fail),
      symbol: cell(1),
      price: priceOf(cell(2), fail),
      size: sizeOf(cell(3), fail),
      participant: cell(4),
      condition: condition ?? fail('sale condition is no mask'),
      suspicious: cell(6) !== '0',
    };
  });
}

/** Quotes by the second: `ts_utc,symbol,bid,bid_size,ask,ask_size`; the stamp opens the second. @throws Problem SESSION_FILE_INVALID */
export function readSecondQuotes(file: string, csv: string): TapeQuote[] {
  return rows(file, csv, 'ts_utc,symbol,bid,bid_size,ask,ask_size', (cell, fail) => ({
    at: instantOf(cell(0), fail),
    spanMicros: 1_000_000,
    symbol: cell(1),
    bid: priceOf(cell(2), fail),
    bidSize: sizeOf(cell(3), fail),
    ask: priceOf(cell(4), fail),
    askSize: sizeOf(cell(5), fail),
  }));
}

const MINUTE_HEADER = 'ts_utc,symbol,bid_open,bid_high,bid_low,bid_close,bid_size,ask_open,ask_high,ask_low,ask_close,ask_size';

/** Closing bid and ask of each minute bar; the stamp opens the minute. @throws Problem SESSION_FILE_INVALID */
export function readMinuteQuotes(file: string, csv: string): TapeQuote[] {
  return rows(file, csv, MINUTE_HEADER, (cell, fail) => ({
    at: instantOf(cell(0), fail),
    spanMicros: 60_000_000,
    symbol: cell(1),
    bid: priceOf(cell(5), fail),
    bidSize: sizeOf(cell(6), fail),
    ask: priceOf(cell(10), fail),
    askSize: sizeOf(cell(11), fail),
  }));
}

type Fail = (reason: string) => never;

function rows<R extends { readonly at: Instant; readonly symbol: string }>(
  file: string,
  csv: string,
  header: string,
  read: (cell: (index: number) => string, fail: Fail) => R,
): R[] {
  const lines = csv.trimEnd().split('\n');
  const columns = header.split(',').length;
  const found: R[] = [];
  const latest = new Map<string, Instant>();
  for (let n = 0; n < lines.length; n++) {
    const fail: Fail = (reason) => {
      throw problem('SESSION_FILE_INVALID', { file, line: n + 1, reason });
    };
    const line = (lines[n] as string).trimEnd();
    if (n === 0) {
      if (line !== header) fail('unexpected header');
      continue;
    }
    const cells = line.split(',');
    if (cells.length !== columns) fail(`${cells.length} cells instead of ${columns}`);
    const row = read((index) => cells[index] as string, fail);
    if (row.at < (latest.get(row.symbol) ?? 0)) fail('time runs backwards');
    latest.set(row.symbol, row.at);
    found.push(row);
  }
  return found;
}

const STAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

function instantOf(text: string, fail: Fail): Instant {
  return STAMP.test(text) ? Date.parse(text) * MICROS_PER_MILLI : fail('malformed time stamp');
}

function priceOf(text: string, fail: Fail): number {
  try {
    return Number(parseDecimal(text, PRICE_DIGITS));
  } catch {
    return fail('malformed price');
  }
}

function sizeOf(text: string, fail: Fail): number {
  return /^\d{1,12}$/.test(text) ? Number(text) : fail('malformed size');
}

/** The recorded sessions that ship with the project. */
export interface RecordedSessions {
  readonly dates: readonly DateText[];
  /** Prints of the consolidated tape; empty where none were recorded. */
  prints(symbol: string, date: DateText): readonly TapePrint[];
  /** The finest quotes recorded for a symbol and date. */
  quotes(symbol: string, date: DateText): readonly TapeQuote[];
}
