import type { Database, Queryable } from '@meridian/store';
import { inSnapshot } from './snapshot.ts';

/** What the books say, for comparison with nodes, risk and venues. */
export interface BooksTieOut {
  /** Per business account and listing, units: booked + provisional. */
  readonly positions: readonly {
    readonly account: bigint;
    readonly listing: bigint;
    readonly booked: bigint;
    readonly provisional: bigint;
  }[];
  /** Per hedge route and listing, units: bought − sold of good hedge fills. */
  readonly hedges: readonly { readonly route: bigint; readonly listing: bigint; readonly quantity: bigint }[];
  /** Per business account and listing, units: open lots of contracts of record, long − short. */
  readonly contracts: readonly { readonly account: bigint; readonly listing: bigint; readonly quantity: bigint }[];
  /** Per client and currency, minor units: Σ 2010…2014 less what the client owes (1050). */
  readonly money: readonly { readonly client: bigint; readonly currency: string; readonly amount: bigint }[];
  /** Last event of each market in the books. */
  readonly positionsAt: readonly { readonly market: string; readonly seq: bigint; readonly k: number }[];
}

/** All as of one moment. */
export function tieoutBooks(db: Database | Queryable): Promise<BooksTieOut> {
  return inSnapshot(db, readTieOut);
}

async function readTieOut(db: Queryable): Promise<BooksTieOut> {
  const read = async <R extends object>(sql: string) => (await db.query<R>(sql)).rows;
  return {
    positions: await read(
      `SELECT account, listing, quantity AS booked, provisional_quantity AS provisional FROM accounts.position
        WHERE quantity <> 0 OR provisional_quantity <> 0 ORDER BY 1, 2`,
    ),
    hedges: await read(
      `SELECT route, listing, sum(CASE side WHEN 1 THEN quantity ELSE -quantity END)::bigint AS quantity
         FROM accounts.hedge_fill WHERE state = 'good' AND exec_type <> 'H' GROUP BY 1, 2 ORDER BY 1, 2`,
    ),
    contracts: await read(
      `SELECT c.account, c.listing, sum(CASE c.side WHEN 'long' THEN l.quantity_open ELSE -l.quantity_open END)::bigint AS quantity
         FROM accounts.contract c JOIN accounts.contract_lot l ON l.contract = c.contract
        WHERE c.account IS NOT NULL GROUP BY 1, 2 HAVING sum(l.quantity_open) > 0 ORDER BY 1, 2`,
    ),
    money: await read(
      `SELECT m.client, a.currency, -sum(a.posted)::bigint AS amount
         FROM accounts.ledger_account a JOIN accounts.sub_account s ON s.sub = a.sub
         JOIN accounts.master_account m ON m.master = s.master
        WHERE a.code IN ('2010', '2011', '2012', '2013', '2014', '1050') GROUP BY 1, 2 ORDER BY 1, 2`,
    ),
    positionsAt: await read(
      `SELECT stream AS market, seq, k FROM store.consumer_offset WHERE consumer = 'accounts' ORDER BY stream`,
    ),
  };
}
