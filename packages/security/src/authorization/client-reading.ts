import type { Database, Parameter, Queryable, Rows, Transaction } from '@meridian/store';
import type { Principal } from '../principal.ts';
import { CLIENT_ROLE } from './client-tables.ts';
import { problem } from './problems.ts';

/**
 * Runs `work` as a client reads: in one read-only snapshot, under a role that row-level security holds to the rows of
 * the principal's clients, whatever statements `work` sends. The programs' own connection is used; its role must be the
 * tables' owner or meridian_app.
 * @throws Problem CLIENT_READING_ONLY when the principal is not a client's user
 */
export function asClient<T>(database: Database, principal: Principal, work: (reads: Queryable) => Promise<T>): Promise<T> {
  if (!principal.duties.includes('client')) throw problem('CLIENT_READING_ONLY', { user: principal.user });
  const first = { sql: 'SELECT security.enter_clients($1::bigint[])', parameters: [principal.clients] };
  return database.transaction((tx) => work(readsOf(tx)), { readOnly: true, isolation: 'repeatable read', first });
}

function readsOf(tx: Transaction): Queryable {
  return {
    async query<R extends object>(sql: Parameters<Queryable['query']>[0], parameters: readonly Parameter[] = []) {
      // Again before every statement: one that could change the role would not help the next.
      await tx.query(`SET LOCAL ROLE ${CLIENT_ROLE}`);
      if (typeof sql !== 'string' || parameters.length > 0) return tx.query<R>(sql, parameters);
      // Without parameters the driver would send a text of several statements as it stands.
      return alone<R>(tx, sql);
    },
  };
}

async function alone<R extends object>(tx: Transaction, text: string): Promise<Rows<R>> {
  const query = { text, queryMode: 'extended' as const };
  const result = await tx.client.query<R>(query);
  return { rows: result.rows, rowCount: result.rowCount ?? 0 };
}
