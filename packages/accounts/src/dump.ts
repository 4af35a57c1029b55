import { createHash } from 'node:crypto';
import type { Database, Queryable } from '@meridian/store';
import { inSnapshot } from './snapshot.ts';

/** Tables of the books in a fixed order, with the columns that order their rows. Real names are not among them. */
const TABLES: readonly (readonly [table: string, order: string])[] = [
  ['command', 'no'],
  ['client_group', 'client_group'],
  ['manager', 'manager'],
  ['client', 'client'],
  ['identifier', 'subject, subject_id, scheme, valid_from'],
  ['agreement', 'agreement'],
  ['master_account', 'master'],
  ['sub_account', 'sub'],
  ['business_account', 'account'],
  ['ledger_account', 'id'],
  ['journal', 'id'],
  ['posting', 'journal, line'],
  ['hold', 'id'],
  ['market_day', 'market, trade_date'],
  ['fill', 'market, seq, k'],
  ['hedge_fill', 'market, seq, k'],
  ['mark', 'listing, trade_date'],
  ['exception', 'market, seq, k, kind'],
  ['position', 'account, listing'],
  ['contract', 'contract'],
  ['contract_lot', 'contract, lot'],
  ['contract_version', 'contract, version'],
  ['limit_cell', 'cell'],
  ['lease', 'cell, node'],
  ['node_message', 'no'],
  ['margin_call', 'id'],
  ['client_day', 'client, business_date'],
  ['published_batch', 'batch, attempt'],
];

/**
 * The books as text, one line per row, in an order that depends on their contents only. Wall-clock columns are left
 * out. Two databases hold the same books exactly when their dumps are equal bytes.
 */
export async function* canonicalDump(db: Queryable): AsyncGenerator<string> {
  for (const [table, order] of TABLES) {
    const { rows } = await db.query<{ line: string }>(
      `SELECT (to_jsonb(t) - 'recorded_at')::text AS line FROM accounts.${table} t ORDER BY ${order}`,
    );
    for (const { line } of rows) yield `${table} ${line}\n`;
  }
}

/** SHA-256 of the dump as of one moment. */
export function canonicalDigest(db: Database | Queryable): Promise<string> {
  return inSnapshot(db, async (snapshot) => {
    const hash = createHash('sha256');
    for await (const line of canonicalDump(snapshot)) hash.update(line);
    return hash.digest('hex');
  });
}
