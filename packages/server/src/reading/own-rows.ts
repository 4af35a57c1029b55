import { InvariantError } from '@meridian/base';
import { asClient, type Principal } from '@meridian/security';
import type { Database } from '@meridian/store';

/** Rows of a table that row security guards, by their key. */
export interface OwnRows {
  readonly table: keyof typeof KEYS;
  readonly ids: readonly (bigint | string | null)[];
}

const KEYS = {
  'accounts.master_account': ['master', 'bigint'],
  'accounts.sub_account': ['sub', 'bigint'],
  'accounts.contract': ['contract', 'bigint'],
  'clearing.document': ['id', 'text'],
} as const;

/**
 * The database's own word on rows that are about to be shown to a client's user: under row security the session must see
 * every one of them. Figures that stand beside them (marks, symbols, worth) come from tables that clients do not read.
 * @throws InvariantError: a statement found somebody else's row, and nothing is answered
 */
export async function confirmOwn(database: Database, principal: Principal, own: OwnRows | undefined): Promise<void> {
  if (own === undefined || !principal.duties.includes('client')) return;
  const ids = [...new Set(own.ids.filter((id) => id !== null).map(String))];
  if (ids.length === 0) return;
  const [key, type] = KEYS[own.table];
  const { rows } = await asClient(database, principal, (reads) =>
    reads.query<{ seen: bigint }>(`SELECT count(*) AS seen FROM ${own.table} WHERE ${key} = ANY ($1::${type}[])`, [ids]),
  );
  if (Number(rows[0]?.seen) !== ids.length) throw new InvariantError(`a row of ${own.table} is not this client's`);
}
