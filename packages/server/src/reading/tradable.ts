import type { AnswerOf } from '@meridian/api';
import { type DateText, isProblem } from '@meridian/base';
import { type Listing, listing as listingTerms, type MarketFacts, tickAt } from '@meridian/market';
import type { RiskSnapshot } from '@meridian/risk';
import type { Queryable } from '@meridian/store';
import { orNull, priceText } from './figure.ts';
import { PERMISSIONS } from './list-entry.ts';
import type { Sight } from './sight.ts';

type Tradable = AnswerOf<'GET /v1/tradable'>;
type TradableListing = Tradable['listings'][number];

interface AccountRow {
  readonly account: bigint;
  readonly code: string;
  readonly client: bigint;
  readonly token: string;
  readonly markets: string[];
}
interface ListingRow {
  readonly listing: bigint;
  readonly security: bigint;
  readonly mic: string;
  readonly code: string;
  readonly name: string;
  readonly quote: string;
  readonly security_class: string;
  readonly valid_from: DateText;
  readonly valid_to: DateText | null;
  readonly firm: number | null;
  /** The strictest entry of the groups and clients in view, where every one of them has one; null: none has. */
  readonly own: number | null;
}

/** What the ticket may offer: accounts that a route leads from, and listings on a list. RC-a, RC-b */
export async function tradable(
  db: Queryable,
  sight: Sight,
  facts: MarketFacts,
  risk: RiskSnapshot,
  on: DateText,
): Promise<Tradable> {
  const inForce = (of: string, at: string) =>
    `${of}.valid_from <= ${at} AND (${of}.valid_to IS NULL OR ${of}.valid_to >= ${at})`;
  const accounts = await db.query<AccountRow>(
    `SELECT b.account, b.code, b.client, c.token, array_agg(DISTINCT r.mic ORDER BY r.mic) AS markets
       FROM accounts.business_account b JOIN accounts.client c ON c.client = b.client
       JOIN reference.route r ON r.entity = b.hedge_entity AND ${inForce('r', '$3')}
      WHERE ($1::bigint[] IS NULL OR b.client = ANY ($1)) AND b.entity = ANY ($2) AND b.state = 'open' AND b.permission > 0
      GROUP BY b.account, b.code, b.client, c.token ORDER BY b.code LIMIT 2000`,
    [sight.clients, sight.entities, on],
  );
  const listings = await db.query<ListingRow>(
    `WITH seen AS (SELECT client, client_group FROM accounts.client
                    WHERE ($1::bigint[] IS NULL OR client = ANY ($1)) AND entity = ANY ($2))
     SELECT l.listing, l.security, l.mic, l.code, s.name, l.quote, s.security_class, l.valid_from, l.valid_to, f.permission AS firm,
            (SELECT CASE WHEN bool_or(x.permission = 0) THEN 0 WHEN bool_or(x.permission = 2) THEN 2 ELSE max(x.permission) END
               FROM reference.list_entry x
              WHERE x.listing = l.listing AND ${inForce('x', '$3')} AND $1::bigint[] IS NOT NULL
                AND (x.scope = 'client' AND x.scope_id IN (SELECT client FROM seen)
                     OR x.scope = 'group' AND x.scope_id IN (SELECT client_group FROM seen))) AS own
       FROM reference.listing l
       JOIN reference.security s ON s.security = l.security AND ${inForce('s', '$3')}
       LEFT JOIN LATERAL (SELECT permission FROM reference.list_entry x
                           WHERE x.listing = l.listing AND x.scope = 'firm' AND ${inForce('x', '$3')} LIMIT 1) f ON true
      WHERE ${inForce('l', '$3')}
        AND EXISTS (SELECT 1 FROM reference.list_entry x WHERE x.listing = l.listing AND ${inForce('x', '$3')})
      ORDER BY l.mic, l.code LIMIT 5000`,
    [sight.clients, sight.entities, on],
  );
  const prices = new Map(risk.underlyings.map(({ listing, price }) => [listing, price]));
  return {
    accounts: accounts.rows.map(({ account, code, client, token, markets }) => ({
      ...{ account: String(account), code, client: String(client), token, markets: markets.slice(0, 20) },
    })),
    listings: listings.rows.flatMap((row) => listingLine(row, facts, prices.get(Number(row.listing)) ?? null, on)),
  };
}

/** The strictest of the lists that bear on it; what is on no list of theirs is not traded. */
function permissionOf({ firm, own }: ListingRow): (typeof PERMISSIONS)[number] | undefined {
  const found = [firm, own].filter((each): each is number => each !== null);
  if (found.length === 0) return undefined;
  return found.includes(0) ? PERMISSIONS[0] : found.includes(2) ? PERMISSIONS[2] : PERMISSIONS[1];
}

/** A listing whose lot is not known cannot be ordered and is left out; without a tick or a price these are null. */
function listingLine(row: ListingRow, facts: MarketFacts, last: number | null, on: DateText): TradableListing[] {
  const permission = permissionOf(row);
  const terms = listingTerms({
    ...{ id: String(row.listing), securityId: String(row.security), mic: row.mic, code: row.code, quote: row.quote },
    ...{ securityClass: row.security_class as Listing['securityClass'], validFrom: row.valid_from, validTo: row.valid_to },
  });
  const lot = known(() => facts.lot(terms, on));
  if (permission === undefined || lot === undefined) return [];
  const price = last === null ? null : BigInt(Math.round(last));
  return [
    {
      ...{ listing: String(row.listing), market: row.mic, symbol: row.code, name: row.name.slice(0, 80) },
      ...{ currency: terms.currency, lot: String(lot.round), permission },
      tick:
        price === null
          ? null
          : orNull(
              known(() => tickAt(facts.tickTable(terms, on), price)),
              priceText,
            ),
      last: orNull(price, priceText),
      lastAt: null,
    },
  ];
}

/** What the rule books do not cover is unknown. */
function known<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    if (isProblem(error)) return undefined;
    throw error;
  }
}
