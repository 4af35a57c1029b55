import type { CommandBodyOf } from './command.ts';
import type { Books, Cause } from './ledger.ts';
import { problem } from './problems.ts';

/** Closes clients' days (客户日终) over the batches each of their statements rests on. Once per client and date. CL-f. */
export async function closeClientDay(books: Books, cause: Cause, body: CommandBodyOf<'client-day-close'>): Promise<void> {
  const batches = new Set(body.statements.flatMap((statement) => statement.batches));
  const { rows } = await books.tx.query<{ batch: string }>(
    'SELECT DISTINCT batch FROM accounts.published_batch WHERE batch = ANY ($1)',
    [[...batches]],
  );
  if (rows.length !== batches.size)
    throw problem('PUBLICATION_REFUSED', { batch: [...batches].join(', ').slice(0, 200), reason: 'not all are published' });
  const { rowCount } = await books.tx.query(
    `INSERT INTO accounts.client_day (client, business_date, closed_at, batches, statement_hash, command_no)
     SELECT s.client, $2, $3, s.batches, s.hash, $4
       FROM jsonb_to_recordset($1::jsonb) AS s (client bigint, batches jsonb, hash text) ORDER BY s.client
     ON CONFLICT (client, business_date) DO NOTHING`,
    [{ json: body.statements }, body.businessDate, cause.at, cause.no],
  );
  if (rowCount !== body.statements.length)
    throw problem('PARTY_EXISTS', { what: 'client day', id: body.businessDate, rule: 'closed once' });
}
