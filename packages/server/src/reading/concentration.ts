import { currency, type Instant, minorDigits, parseDecimal } from '@meridian/base';
import type { PositionSnapshot } from '@meridian/risk';
import type { Queryable } from '@meridian/store';
import { bounded } from './account.ts';
import { ppmOf } from './figure.ts';
import { firmRates } from './firm-rates.ts';

/** What of an order bears on it, once it were filled. `notional`: decimal in whole units of `currency`. */
export interface FilledOrder {
  readonly account: number;
  readonly listing: number;
  readonly side: string;
  readonly notional: string;
  readonly currency: string;
}

/**
 * How much of what a client holds would be of the order's issuer (成交后集中度), in parts per million of the gross worth of all
 * of its positions, rounded up: at the risk fold's latest prices and the rates of record, other orders left out. Null where a
 * rate is missing, and of a client that would hold nothing. RC-i
 */
export async function concentrationAfter(
  db: Queryable,
  positions: readonly PositionSnapshot[],
  order: FilledOrder,
  now: Instant,
): Promise<number | null> {
  const rates = await firmRates(db, now);
  const own = await db.query<{ account: bigint }>(
    `SELECT account FROM accounts.business_account
      WHERE client = (SELECT client FROM accounts.business_account WHERE account = $1)`,
    [order.account],
  );
  const listed = await db.query<{ listing: bigint; issuer: bigint }>(
    `SELECT DISTINCT ON (l.listing) l.listing, s.issuer FROM reference.listing l JOIN reference.security s ON s.security = l.security
      ORDER BY l.listing, l.valid_from DESC, s.valid_from DESC`,
  );
  const accounts = new Set(own.rows.map(({ account }) => Number(account)));
  const issuers = new Map(listed.rows.map(({ listing, issuer }) => [Number(listing), issuer]));
  const minor = parseDecimal(order.notional, minorDigits(currency(order.currency)));
  const bought = rates.minor(order.side === 'buy' ? minor : -minor, order.currency);
  const holdings = positions
    .filter(({ account }) => accounts.has(account))
    .map(({ account, listing, worth, currency: code }) => ({ account, listing, worth: rates.minor(BigInt(worth), code) }));
  const isSame = (each: { account: number; listing: number }) =>
    each.account === order.account && each.listing === order.listing;
  if (!holdings.some(isSame)) holdings.push({ account: order.account, listing: order.listing, worth: 0n });

  let [whole, part] = [0n, 0n];
  for (const holding of holdings) {
    if (holding.worth === undefined || bought === undefined) return null;
    const worth = isSame(holding) ? holding.worth + bought : holding.worth;
    const gross = worth < 0n ? -worth : worth;
    whole += gross;
    if (issuers.get(holding.listing) === issuers.get(order.listing)) part += gross;
  }
  return bounded(ppmOf(part, whole));
}
