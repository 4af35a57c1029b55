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
 * The house's own closing history: the marks of every listing up to a date whose market's batch was published, oldest first,
 * in the quote currency and adjusted for nothing. It grows by one a session: a mark that no published batch rests on may still
 * be disputed and does not count. Before the first of them stands what the history says. A series of the history belongs to the listing of its symbol and market, or of its symbol where it names no market.
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
           FROM (SELECT k.trade_date, k.price FROM accounts.mark k
                  WHERE k.listing = l.listing AND k.trade_date <= $1
                    AND EXISTS (SELECT 1 FROM clearing.batch b WHERE b.market = k.market AND b.kind = 'market'
                                   AND b.clearing_date = k.trade_date AND b.live_attempt IS NOT NULL)
                  ORDER BY k.trade_date DESC LIMIT ${CLOSES_MAX}) p) m ON true`,
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
