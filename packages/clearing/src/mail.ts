import { createHash } from 'node:crypto';
import { type Logger, silentLogger } from '@meridian/base';
import type { Database, Queryable, Transaction } from '@meridian/store';
import { createTransport, type Transporter } from 'nodemailer';

/** Where mail goes. The demo's mailbox listens on loopback without TLS or login. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  readonly secure?: boolean;
  readonly user?: string;
  readonly password?: string;
  /** The sender's address; its domain also ends every Message-ID. */
  readonly from: string;
}

export interface Notice {
  readonly batch: string;
  readonly attempt: number;
  readonly kind: 'batch-report' | 'failure-report' | 'client-day';
  readonly recipient: string;
  readonly subject: string;
  /** Ids of clearing.document rows to attach; the first HTML one is also the body. */
  readonly documents: readonly string[];
}

/** Tries at most; then the notice is dead, visible in status, and sent again only by hand. */
export const TRIES_MAX = 8;
const BACKOFF_SECONDS_MAX = 600;
/** Notices delivered by one call at most. */
const NOTICES_MAX = 200;

export function noticeId(notice: Pick<Notice, 'batch' | 'attempt' | 'kind' | 'recipient'>): string {
  const parts = [notice.batch, notice.attempt, notice.kind, notice.recipient].join('\n');
  return createHash('sha256').update(parts).digest('hex').slice(0, 32);
}

/** Queues mails in the transaction that makes their reason true. A repeat is the same mail. CL-f */
export async function queueNotices(tx: Queryable, notices: readonly Notice[]): Promise<void> {
  for (const notice of notices) {
    await tx.query(
      `INSERT INTO clearing.notification (id, batch, attempt, kind, recipient, subject, documents, state)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued') ON CONFLICT (id) DO NOTHING`,
      [
        ...[noticeId(notice), notice.batch, notice.attempt, notice.kind, notice.recipient],
        ...[notice.subject.replaceAll(/[\r\n]+/g, ' ').slice(0, 200), [...notice.documents]],
      ],
    );
  }
}

export interface Delivery {
  readonly sent: number;
  readonly failed: number;
  readonly dead: number;
  /** Still queued, due now or later. */
  readonly left: number;
}

/** The mail sender of one worker. Failing mail never fails a batch: the queue keeps it and tries again. */
export interface Mailer {
  deliver(): Promise<Delivery>;
  close(): void;
}

export function openMailer(database: Database, settings: SmtpSettings, logger: Logger = silentLogger): Mailer {
  const transport = createTransport({
    host: settings.host,
    port: settings.port,
    secure: settings.secure ?? false,
    ...(settings.user === undefined ? {} : { auth: { user: settings.user, pass: settings.password ?? '' } }),
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async deliver() {
      const tally = { sent: 0, failed: 0, dead: 0 };
      for (let n = 0; n < NOTICES_MAX; n++) {
        const outcome = await database.transaction((tx) => deliverOne(tx, transport, settings));
        if (outcome === undefined) break;
        tally[outcome]++;
        if (outcome !== 'sent') logger.warn('mail not delivered', { mail_state: outcome });
      }
      const { rows } = await database.query<{ left: number }>(
        `SELECT count(*)::int AS left FROM clearing.notification WHERE state = 'queued'`,
      );
      return { ...tally, left: rows[0]?.left ?? 0 };
    },
    close: () => transport.close(),
  };
}

interface QueuedNotice {
  readonly id: string;
  readonly recipient: string;
  readonly subject: string;
  readonly documents: string[];
  readonly tries: number;
}

/**
 * Sends the next due notice under its row lock, so that two workers never send one twice. A crash between the server's
 * acceptance and our commit sends it again under the same Message-ID, which mailboxes recognise.
 */
async function deliverOne(
  tx: Transaction,
  transport: Transporter,
  settings: SmtpSettings,
): Promise<'sent' | 'failed' | 'dead' | undefined> {
  const { rows } = await tx.query<QueuedNotice>(
    `SELECT id, recipient, subject, documents, tries FROM clearing.notification
      WHERE state = 'queued' AND next_wall <= clock_timestamp()
      ORDER BY next_wall, id LIMIT 1 FOR UPDATE SKIP LOCKED`,
  );
  const notice = rows[0];
  if (notice === undefined) return undefined;
  try {
    await transport.sendMail(await messageOf(tx, notice, settings));
  } catch (error) {
    const state = notice.tries + 1 >= TRIES_MAX ? 'dead' : 'queued';
    const seconds = Math.min(2 ** notice.tries, BACKOFF_SECONDS_MAX);
    await tx.query(
      `UPDATE clearing.notification SET state = $2, tries = tries + 1, last_error = $3,
              next_wall = clock_timestamp() + make_interval(secs => $4) WHERE id = $1`,
      [notice.id, state, (error as Error).message.slice(0, 300), seconds],
    );
    return state === 'dead' ? 'dead' : 'failed';
  }
  await tx.query(
    `UPDATE clearing.notification SET state = 'sent', tries = tries + 1, sent_wall = clock_timestamp(), last_error = NULL
      WHERE id = $1`,
    [notice.id],
  );
  return 'sent';
}

async function messageOf(tx: Transaction, notice: QueuedNotice, settings: SmtpSettings) {
  const { rows } = await tx.query<{ file_name: string; format: string; content: Buffer }>(
    'SELECT file_name, format, content FROM clearing.document WHERE id = ANY ($1) ORDER BY array_position($1, id)',
    [notice.documents],
  );
  const body = rows.find((document) => document.format === 'html');
  return {
    from: settings.from,
    to: { name: '', address: notice.recipient },
    subject: notice.subject,
    messageId: `<${notice.id}@${settings.from.split('@')[1] ?? 'localhost'}>`,
    html: body?.content.toString('utf8') ?? notice.subject,
    text: notice.subject,
    attachments: rows.map((document) => ({ filename: document.file_name, content: document.content })),
  };
}
