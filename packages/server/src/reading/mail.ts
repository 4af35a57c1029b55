import type { AnswerOf } from '@meridian/api';
import type { Queryable } from '@meridian/store';
import { documentName } from './document.ts';
import { instantText, orNull } from './figure.ts';
import type { PageAsk } from './page.ts';

/** Mails of the clearing room (通知邮件). Their times are wall time: mail is about the world, not the business day. CL-f */

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
}

const MAIL = `SELECT n.*, b.clearing_date FROM clearing.notification n JOIN clearing.batch b ON b.batch = n.batch`;

/** The latest clearing date first. */
export async function mails(db: Queryable, ask: PageAsk): Promise<MailRow[]> {
  const [date = null, id = null] = ask.after ?? [];
  const { rows } = await db.query<MailRow>(
    `SELECT * FROM (${MAIL}) x WHERE $1::date IS NULL OR clearing_date < $1 OR clearing_date = $1 AND id > $2
      ORDER BY clearing_date DESC, id LIMIT $3`,
    [date, id, ask.limit],
  );
  return rows;
}

export async function mailRow(db: Queryable, id: string): Promise<MailRow | undefined> {
  return (await db.query<MailRow>(`${MAIL} WHERE n.id = $1`, [id])).rows[0];
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
