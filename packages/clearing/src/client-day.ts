import type { AccountCommand } from '@meridian/accounts';
import type { Queryable, Transaction } from '@meridian/store';
import type { DayBatch } from './client-document.ts';
import { confirmation } from './confirmation.ts';
import { keepDocument } from './document-store.ts';
import { queueNotices } from './mail.ts';
import { problem } from './problems.ts';
import type { ClearingFacts } from './rules.ts';
import { statement } from './statement.ts';
import { goLive } from './step/go-live.ts';
import type { Publisher } from './step/publish.ts';
import { hashOf, type Step, type StepScope } from './step.ts';

/** What the client day (客户日终) is given. */
export interface ClientDayContext {
  readonly facts: ClearingFacts;
  readonly publisher: Publisher;
}

interface Closing {
  readonly client: number;
  readonly hash: string;
  readonly documents: readonly string[];
}

/** The published batches it closes over: by rule, those of its markets that have a session on this business date. */
const gather: Step<ClientDayContext> = {
  name: 'gather',
  async run(tx, scope) {
    const { markets } = scope.context.facts.rules.clientDay;
    const { rows } = await tx.query<{
      market: string;
      trade_date: string;
      batch: string | null;
      attempt: number;
      hash: string;
    }>(
      `SELECT d.market, d.trade_date, b.batch, b.live_attempt AS attempt, b.output_hash AS hash
         FROM accounts.market_day d
         LEFT JOIN clearing.batch b ON b.market = d.market AND b.business = $2 AND b.clearing_date = d.trade_date
                                   AND b.live_attempt IS NOT NULL
        WHERE d.business_date = $1 AND d.market = ANY ($3) ORDER BY d.market, d.trade_date`,
      [scope.key.clearingDate, scope.key.business, [...markets]],
    );
    const missing = rows.filter((row) => row.batch === null).map((row) => `${row.market} ${row.trade_date}`);
    if (missing.length > 0 || rows.length === 0)
      throw problem('BATCH_WAITS_FOR_BATCH', { batch: scope.batch, missing: missing.join(', ') || markets.join(', ') });
    for (const row of rows)
      await tx.query('INSERT INTO clearing.batch_input (batch, attempt, kind, ref, hash) VALUES ($1, $2, $3, $4, $5)', [
        ...[scope.batch, scope.attempt, 'batch', `${row.batch} attempt ${row.attempt}`, row.hash],
      ]);
    const batches = rows.map(({ batch, attempt, market, trade_date }) => ({ batch, attempt, market, date: trade_date }));
    return {
      outputHash: hashOf(rows.map((row) => row.hash)),
      rowsIn: rows.length,
      rowsOut: rows.length,
      summary: { batches },
    };
  },
};

/** One statement per client, and a confirmation for those who traded. */
const write: Step<ClientDayContext> = {
  name: 'statement',
  async run(tx, scope) {
    const batches = scope.summary('gather')['batches'] as DayBatch[];
    const { rows: clients } = await tx.query<{ client: bigint }>(
      `SELECT DISTINCT client FROM accounts.business_account WHERE state = 'open' ORDER BY client`,
    );
    const closings: Closing[] = [];
    for (const { client } of clients) closings.push(await closeClient(tx, scope, client, batches));
    return {
      outputHash: hashOf(closings.map(({ client, hash }) => [client, hash])),
      rowsIn: batches.length,
      rowsOut: closings.length,
      summary: { closings },
    };
  },
};

async function closeClient(
  tx: Transaction,
  scope: StepScope<ClientDayContext>,
  client: bigint,
  batches: readonly DayBatch[],
): Promise<Closing> {
  const date = scope.key.clearingDate;
  const day = await statement(tx, client, date, batches);
  const confirmed = await confirmation(tx, client, date, batches);
  const place = { batch: scope.batch, attempt: scope.attempt, client };
  const documents = await keepDocument(tx, { ...place, fileName: `statement-${day.token}-${date}` }, day.document);
  if (confirmed !== null)
    documents.push(...(await keepDocument(tx, { ...place, fileName: `confirmation-${day.token}-${date}` }, confirmed)));
  const address = scope.context.facts.rules.mail.clients.find((row) => BigInt(row.client) === client)?.address;
  if (address !== undefined)
    await queueNotices(tx, [
      {
        ...{ batch: scope.batch, attempt: scope.attempt, kind: 'client-day', recipient: address, documents },
        subject: `[Meridian] 日终结算单 ${date} Daily statement`,
      },
    ]);
  return { client: Number(client), hash: hashOf([day.document, confirmed]), documents };
}

/** The account centre records that the client's day is closed, once; our pointer moves with it. */
const close: Step<ClientDayContext> = {
  name: 'publish',
  async run(tx, scope) {
    return goLive(tx, scope, scope.outputHash('statement'));
  },
  async commit(scope, within) {
    await scope.context.publisher.accountCentre.execute(closing(scope), { within });
  },
};

function closing(scope: StepScope<ClientDayContext>): AccountCommand {
  const batches = (scope.summary('gather')['batches'] as DayBatch[]).map((row) => row.batch);
  const closings = scope.summary('statement')['closings'] as Closing[];
  return {
    ...{ kind: 'client-day-close', id: `client-day:${scope.batch}:${scope.attempt}`, at: scope.at, maker: 'clearing' },
    body: {
      businessDate: scope.key.clearingDate as never,
      statements: closings.map(({ client, hash }) => ({ client, batches, hash })),
    },
  };
}

export const CLIENT_DAY_STEPS: readonly Step<ClientDayContext>[] = [gather, write, close];

/** Markets of the rule that trade on the business date and are not published yet; empty: the day may close. */
export async function missingBatches(
  database: Queryable,
  facts: ClearingFacts,
  businessDate: string,
): Promise<readonly string[]> {
  const { rows } = await database.query<{ batch: string }>(
    `SELECT u.market || ' ' || u.clearing_date AS batch FROM clearing.batch_due u
      WHERE u.kind = 'market' AND u.business = $1 AND u.market = ANY ($2) AND u.state = 'planned'
        AND (to_timestamp(u.close_at / 1000000) AT TIME ZONE 'Asia/Shanghai')::date = $3 ORDER BY 1`,
    [facts.rules.business, [...facts.rules.clientDay.markets], businessDate],
  );
  return rows.map((row) => row.batch);
}
