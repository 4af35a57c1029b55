import fs from 'node:fs';
import path from 'node:path';
import { type MarkHistory, type PriceHistory, readPriceHistory } from '@meridian/ai';
import { type DateText, isProblem, type Logger } from '@meridian/base';
import { PRICE_DIGITS } from '@meridian/market';
import type { Queryable } from '@meridian/store';
import type { DataFolder } from './data-folder.ts';

/** Closes kept of a listing: the sixty returns that a volatility asks for, and room. */
const CLOSES_MAX = 130;
const FILES = ['closing-history.csv', 'closing-history.csv.gz'];

/**
 * Closes from before the house's own marks began, where it was given any: `closing-history.csv` (or .gz) in the data folder,
 * columns `date`, `symbol`, `mic` and a close in the quote currency. A file that cannot be read is noted and left out: a new
 * house then judges nobody before it has sixty marks of its own.
 */
export function readClosingHistory({ root }: Pick<DataFolder, 'root'>, logger: Logger): PriceHistory | undefined {
  const file = FILES.map((name) => path.join(root, name)).find((each) => fs.existsSync(each));
  if (file === undefined) return undefined;
  try {
    return readPriceHistory(file);
  } catch (error) {
    if (!isProblem(error)) throw error;
    logger.warn('closing history left out', { reason: error.message });
    return undefined;
  }
}

interface MarksRow {
  readonly listing: bigint;
  readonly mic: string;
  readonly code: string;
  readonly closes: readonly bigint[] | null;
  readonly first: string | null;
  readonly last: string | null;
}

/**
 * The official closing marks of every listing up to a date, oldest first, and before the first of them what the history
 * says. A series of the history belongs to the listing of its symbol and market, or of its symbol where it names no market.
 */
export async function markHistories(
  db: Queryable,
  until: DateText,
  history?: PriceHistory,
): Promise<ReadonlyMap<number, MarkHistory>> {
  const { rows } = await db.query<MarksRow>(
    `SELECT l.listing, l.mic, l.code, m.closes, m.first::text AS first, m.last::text AS last
       FROM (SELECT DISTINCT ON (listing) listing, mic, code FROM reference.listing
              WHERE valid_from <= $1 ORDER BY listing, valid_from DESC) l
       LEFT JOIN LATERAL (
         SELECT array_agg(price ORDER BY trade_date) AS closes, min(trade_date) AS first, max(trade_date) AS last
           FROM (SELECT trade_date, price FROM accounts.mark WHERE listing = l.listing AND trade_date <= $1
                  ORDER BY trade_date DESC LIMIT ${CLOSES_MAX}) k) m ON true`,
    [until],
  );
  const series = new Map(history?.series.map((each) => [`${each.group}/${each.symbol}`, each]));
  const found = new Map<number, MarkHistory>();
  for (const { listing, mic, code, closes, first, last } of rows) {
    const marks = (closes ?? []).map((price) => Number(price) / 10 ** PRICE_DIGITS);
    const earlier = series.get(`${mic}/${code}`) ?? series.get(`all/${code}`);
    const end = earlier?.dates.findLastIndex((date) => (first === null ? date <= until : date < first)) ?? -1;
    const lastDate = last ?? earlier?.dates[end];
    if (lastDate === undefined) continue;
    const all = [...(earlier?.closes.slice(0, end + 1) ?? []), ...marks].slice(-CLOSES_MAX);
    found.set(Number(listing), { closes: all, lastDate: lastDate as DateText });
  }
  return found;
}
