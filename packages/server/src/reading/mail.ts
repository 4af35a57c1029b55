import type { AnswerOf } from '@meridian/api';
import type { Queryable } from '@meridian/store';
import { documentName } from './document.ts';
import { instantText, orNull } from './figure.ts';
import type { PageAsk } from './page.ts';
import type { owned, Sight } from './sight.ts';

/**
 * Mails of the clearing room (通知邮件). Their times are wall time: mail is about the world, not the business day. A mail is
 * whose its papers are; one about a market's batch is the house's. CL-f, DS-7
 */

export interface MailRow {
  readonly id: string;
  readonly batch: string;
  readonly attempt: number;
  readonly kind: string;
  readonly recipient: string;
  readonly subject: string;
  readonly documents: string[];
  readonly state: 'queued' | 'sent' | 'dead';
  readonly tries: number;
  readonly sent_wall: number | null;
  readonly last_error: string | null;
  readonly clearing_date: string;
  /** Whose its papers are. */
  readonly clients: bigint[];
  readonly entities: bigint[];
}

/** A client's mail whose papers are gone belongs to nobody who could be asked for it, and is not found. */
const MAIL = `
  SELECT n.*, b.clearing_date, o.clients, o.entities
    FROM clearing.notification n JOIN clearing.batch b ON b.batch = n.batch
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(DISTINCT d.client) FILTER (WHERE d.client IS NOT NULL), '{}') AS clients,
             coalesce(array_agg(DISTINCT c.entity) FILTER (WHERE c.entity IS NOT NULL), '{}') AS entities
        FROM clearing.document d LEFT JOIN accounts.client c ON c.client = d.client WHERE d.id = ANY (n.documents)) o
   WHERE (n.kind <> 'client-day' OR cardinality(o.entities) > 0)`;

/** The latest clearing date first. */
export async function mails(db: Queryable, sight: Sight, ask: PageAsk): Promise<MailRow[]> {
  const [date = null, id = null] = ask.after ?? [];
  const { rows } = await db.query<MailRow>(
    `SELECT * FROM (${MAIL}) x
      WHERE entities <@ $1 AND ($2::bigint[] IS NULL OR clients <@ $2 AND cardinality(clients) > 0)
        AND ($3::date IS NULL OR clearing_date < $3 OR clearing_date = $3 AND id > $4)
      ORDER BY clearing_date DESC, id LIMIT $5`,
    [sight.entities, sight.clients, date, id, ask.limit],
  );
  return rows;
}

export async function mailRow(db: Queryable, id: string): Promise<MailRow | undefined> {
  return (await db.query<MailRow>(`${MAIL} AND n.id = $1`, [id])).rows[0];
}

/** Whose a mail is. Of several entities the one that is out of view decides: who does not see all of it sees nothing. */
export function mailOwner({ clients, entities }: MailRow, sight: Sight): Parameters<typeof owned>[2] {
  const [client = null, ...others] = clients;
  const hidden = entities.find((entity) => !sight.entities.includes(entity));
  return { client: others.length === 0 ? client : null, entity: hidden ?? entities[0] ?? null };
}

/**
 * Queues a mail once more, from its first try; one that is queued stays as it is. It is the same mail under the same
 * Message-ID, so that a mailbox that has it already recognises it.
 */
export async function queueAgain(db: Queryable, id: string): Promise<void> {
  await db.query(
    `UPDATE clearing.notification SET state = 'queued', tries = 0, sent_wall = NULL, last_error = NULL, next_wall = clock_timestamp()
      WHERE id = $1 AND state <> 'queued'`,
    [id],
  );
}

export function mailLine(row: MailRow): AnswerOf<'GET /v1/mails'>['items'][number] {
  return {
    ...{ mail: row.id, batch: row.batch, attempt: row.attempt, kind: row.kind, recipient: row.recipient },
    ...{ subject: row.subject, documents: row.documents.slice(0, 50).map(documentName), state: row.state, tries: row.tries },
    ...{ sent: orNull(row.sent_wall, instantText), error: row.last_error },
  };
}
