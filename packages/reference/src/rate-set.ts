import { currency, type DateText } from '@meridian/base';
import type { RateSet } from '@meridian/market';
import type { Queryable } from '@meridian/store';
import { type FourEyes, fourEyes } from './record.ts';

/**
 * Records a published rate set under the next dense id; a set of the same source and date that is there already keeps
 * its id. Ids rise with recording, not with publication.
 */
export async function recordRateSet(tx: Queryable, set: RateSet, by: FourEyes): Promise<bigint> {
  fourEyes(by);
  const found = await rateSetId(tx, set.source, set.date);
  if (found !== undefined) return found;
  const { rows } = await tx.query<{ id: bigint }>(
    `INSERT INTO reference.rate_set (rate_set, source, rate_date, published_at, maker, checker)
     SELECT coalesce(max(rate_set), 0) + 1, $1, $2, $3, $4, $5 FROM reference.rate_set RETURNING rate_set AS id`,
    [set.source, set.date, BigInt(set.publishedAt), by.maker, by.checker],
  );
  const id = (rows[0] as { id: bigint }).id;
  const quotes = [...set.rates.keys()];
  await tx.query(
    `INSERT INTO reference.rate (rate_set, base, quote, rate) SELECT $1, $2, quote, rate FROM unnest($3::text[], $4::bigint[]) AS t (quote, rate)`,
    [id, set.base, quotes, quotes.map((quote) => set.rates.get(quote) as bigint)],
  );
  return id;
}

async function rateSetId(tx: Queryable, source: string, date: DateText): Promise<bigint | undefined> {
  const { rows } = await tx.query<{ id: bigint }>(
    `SELECT rate_set AS id FROM reference.rate_set WHERE source = $1 AND rate_date = $2`,
    [source, date],
  );
  return rows[0]?.id;
}

/** A recorded rate set by its dense id; undefined when there is none. */
export async function readRateSet(database: Queryable, id: bigint): Promise<RateSet | undefined> {
  const { rows } = await database.query<{ source: string; date: DateText; at: bigint }>(
    `SELECT source, rate_date AS date, published_at AS at FROM reference.rate_set WHERE rate_set = $1`,
    [id],
  );
  const head = rows[0];
  if (head === undefined) return undefined;
  const rates = await database.query<{ base: string; quote: string; rate: bigint }>(
    `SELECT base, quote, rate FROM reference.rate WHERE rate_set = $1 ORDER BY quote`,
    [id],
  );
  return {
    id: `${head.source}-${head.date}`,
    source: head.source,
    base: currency((rates.rows[0] as { base: string }).base),
    date: head.date,
    publishedAt: Number(head.at),
    rates: new Map(rates.rows.map((row) => [row.quote, row.rate])),
  };
}
