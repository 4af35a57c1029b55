import type { Queryable } from '@meridian/store';
import { moment } from '../document/document.ts';
import { keepDocument } from '../document-store.ts';
import { type Notice, queueNotices } from '../mail.ts';
import { batchReport } from '../report.ts';
import { type BatchKey, batchId, hashOf, type Step } from '../step.ts';
import type { MarketContext } from './plan.ts';

/** Renders the batch's report and queues its mails, in the transaction that says so. CL-f */
export const report: Step<MarketContext> = {
  name: 'report',
  async run(tx, scope) {
    const recipients = scope.context.facts.rules.mail.batch;
    const documents = await reportAttempt(tx, scope.key, scope.attempt, recipients);
    return {
      outputHash: hashOf(['reported', scope.outputHash('publish')]),
      rowsIn: documents.length,
      rowsOut: recipients.length,
      summary: { documents, recipients: recipients.length },
    };
  },
};

/** The report of an attempt, published or failed, kept and queued to the recipients. */
export async function reportAttempt(
  tx: Queryable,
  key: BatchKey,
  attempt: number,
  recipients: readonly string[],
): Promise<string[]> {
  const batch = batchId(key);
  const document = await batchReport(tx, batch, attempt, { next: await nextDue(tx, key) });
  const fileName = `clearing-${key.market}-${key.clearingDate}-${key.seq}-${attempt}`;
  const documents = await keepDocument(tx, { batch, attempt, fileName }, document);
  const { zh, en } = document.verdict.text;
  const subject = `[Meridian] 清算 ${key.market} ${key.clearingDate} #${attempt} ${zh} / ${en}`;
  const kind = document.kind === 'batch-report' ? 'batch-report' : 'failure-report';
  const notice = (recipient: string): Notice => ({ batch, attempt, kind, recipient, subject, documents });
  await queueNotices(tx, recipients.map(notice));
  return documents;
}

async function nextDue(tx: Queryable, key: BatchKey): Promise<string | null> {
  const { rows } = await tx.query<{ due_at: bigint }>(
    `SELECT due_at FROM clearing.batch_due WHERE kind = 'market' AND market = $1 AND business = $2 AND clearing_date > $3
        AND state = 'planned' ORDER BY clearing_date LIMIT 1`,
    [key.market, key.business, key.clearingDate],
  );
  return rows[0] === undefined ? null : moment(Number(rows[0].due_at));
}
