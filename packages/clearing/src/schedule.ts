import { addDays, type DateText, dateIn, type Instant, MICROS_PER_SECOND } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import { problem } from './problems.ts';
import type { ClearingFacts } from './rules.ts';

/** Days ahead that are materialised. */
export const PLAN_DAYS = 10;

/** A row of the plan: what is due when. */
export interface DueBatch {
  readonly kind: 'market' | 'client-day';
  readonly market: string;
  readonly business: string;
  readonly clearing_date: DateText;
  readonly close_at: bigint;
  readonly due_at: bigint;
  readonly state: 'planned' | 'done' | 'skipped';
}

/** Where a session's close falls in Beijing: the business date of everything cleared there. */
const HOUSE_ZONE = 'Asia/Shanghai';

/**
 * Writes the plan of the sessions from `from` to `to`, both inclusive: a batch per market at its close plus the stated
 * delay, and a client day per business date when the last of its markets is due. Rows that are there stay as people left
 * them. CL-b
 * @returns rows added
 * @throws Problem CALENDAR_NOT_COVERED beyond a market's calendar: nothing is planned that is not known
 */
export async function planBatches(database: Queryable, facts: ClearingFacts, from: DateText, to: DateText): Promise<number> {
  const { rules, market } = facts;
  const rows = rules.markets.flatMap((rule) =>
    market.calendar.sessions(rule.mic, from, to).map((session) => ({
      ...{ kind: 'market', market: rule.mic, business: rules.business, clearing_date: session.date as string },
      ...{ close_at: session.close, due_at: session.close + rule.delaySeconds * MICROS_PER_SECOND, state: 'planned' },
      businessDate: dateIn(session.close, HOUSE_ZONE),
    })),
  );
  const waited = rows.filter((row) => rules.clientDay.markets.includes(row.market));
  const days = [...Map.groupBy(waited, (row) => row.businessDate)].map(([date, own]) => ({
    ...{ kind: 'client-day', market: '-', business: rules.business, clearing_date: date, state: 'planned' },
    ...{ close_at: Math.max(...own.map((row) => row.close_at)), due_at: Math.max(...own.map((row) => row.due_at)) },
  }));
  const { rowCount } = await database.query(
    `INSERT INTO clearing.batch_due (kind, market, business, clearing_date, close_at, due_at, state)
     SELECT kind, market, business, clearing_date, close_at, due_at, state
       FROM jsonb_populate_recordset(NULL::clearing.batch_due, $1::jsonb) ON CONFLICT DO NOTHING`,
    [{ json: [...rows, ...days] }],
  );
  return rowCount;
}

/** The plan's days around a moment: yesterday, whose close may be due today, to {@link PLAN_DAYS} ahead. */
export function planWindow(now: Instant): readonly [from: DateText, to: DateText] {
  const today = dateIn(now, 'UTC');
  return [addDays(today, -1), addDays(today, PLAN_DAYS)];
}

/** What is due up to a moment and not done, oldest first. */
export async function dueBatches(database: Queryable, now: Instant): Promise<DueBatch[]> {
  const { rows } = await database.query<DueBatch>(
    `SELECT kind, market, business, clearing_date, close_at, due_at, state FROM clearing.batch_due
      WHERE state = 'planned' AND due_at <= $1 ORDER BY due_at, market, clearing_date`,
    [now],
  );
  return rows;
}

export async function nextDue(database: Queryable, after: Instant): Promise<Instant | null> {
  const { rows } = await database.query<{ due_at: bigint | null }>(
    `SELECT min(due_at) AS due_at FROM clearing.batch_due WHERE state = 'planned' AND due_at > $1`,
    [after],
  );
  const due = rows[0]?.due_at ?? null;
  return due === null ? null : Number(due);
}

/** Moves a planned batch to another moment, or skips it; who and why is kept. @throws Problem BATCH_DUE_FINAL | BATCH_UNKNOWN */
export async function changeDue(
  database: Queryable,
  row: Pick<DueBatch, 'market' | 'business' | 'clearing_date'>,
  change: { readonly dueAt: Instant } | 'skip',
  by: { readonly actor: string; readonly reason: string },
): Promise<void> {
  const { rowCount } = await database.query(
    `UPDATE clearing.batch_due SET due_at = coalesce($4, due_at), state = $5, changed_by = $6, reason = $7
      WHERE market = $1 AND business = $2 AND clearing_date = $3 AND state = 'planned'`,
    [
      ...[row.market, row.business, row.clearing_date, change === 'skip' ? null : change.dueAt],
      ...[change === 'skip' ? 'skipped' : 'planned', by.actor, by.reason],
    ],
  );
  if (rowCount === 1) return;
  const { rows } = await database.query<{ state: string }>(
    'SELECT state FROM clearing.batch_due WHERE market = $1 AND business = $2 AND clearing_date = $3',
    [row.market, row.business, row.clearing_date],
  );
  const place = { market: row.market, date: row.clearing_date };
  throw rows[0] === undefined
    ? problem('BATCH_UNKNOWN', place)
    : problem('BATCH_DUE_FINAL', { ...place, state: rows[0].state });
}

export async function markDone(
  tx: Queryable,
  key: { readonly market: string; readonly business: string; readonly clearingDate: string },
): Promise<void> {
  await tx.query(
    `UPDATE clearing.batch_due SET state = 'done' WHERE market = $1 AND business = $2 AND clearing_date = $3 AND state = 'planned'`,
    [key.market, key.business, key.clearingDate],
  );
}
