import type { AnswerOf } from '@meridian/api';
import type { Bilingual, Instant } from '@meridian/base';
import { BATCH_LINES } from '@meridian/clearing';
import type { Queryable } from '@meridian/store';
import { instantText, orNull } from './figure.ts';
import type { PageAsk } from './page.ts';
import { stepsOf } from './step-title.ts';

/** Batches (批次), planned and run, with their attempts, steps, faults and inputs. CL-b, CL-d */

type Batch = AnswerOf<'GET /v1/batches'>['items'][number];
type BatchDetail = AnswerOf<'GET /v1/batches/{batch}'>;
export type BatchBar = BatchDetail['bar'];

export interface BatchRow {
  readonly batch: string;
  readonly kind: 'market' | 'client-day';
  readonly market: string;
  readonly business: string;
  readonly clearing_date: string;
  readonly state: Batch['state'];
  readonly attempt: number;
  readonly step: string | null;
  /** Business instants; null for a batch that nobody planned, or that is not published. */
  readonly close_at: bigint | null;
  readonly due_at: bigint | null;
  readonly at: bigint | null;
  readonly published_at: bigint | null;
  readonly holder: string | null;
  readonly reason_zh: string | null;
  readonly reason_en: string | null;
  readonly output_hash: string | null;
}

/** The latest clearing date first. */
export async function batches(
  db: Queryable,
  filter: { readonly market?: string; readonly date?: string },
  ask: PageAsk,
): Promise<BatchRow[]> {
  const [date = null, market = null, batch = null] = ask.after ?? [];
  const { rows } = await db.query<BatchRow>(
    `SELECT * FROM (${BATCH_LINES}) x
      WHERE ($1::text IS NULL OR market = $1) AND ($2::date IS NULL OR clearing_date = $2)
        AND ($3::date IS NULL OR clearing_date < $3 OR clearing_date = $3 AND (market, batch) > ($4, $5))
      ORDER BY clearing_date DESC, market, batch LIMIT $6`,
    [filter.market ?? null, filter.date ?? null, date, market, batch, ask.limit],
  );
  return rows;
}

export async function batchRow(db: Queryable, batch: string): Promise<BatchRow | undefined> {
  return (await db.query<BatchRow>(`SELECT * FROM (${BATCH_LINES}) x WHERE batch = $1`, [batch])).rows[0];
}

/** Batches whose business instants fall into a window, at most 500. */
export async function batchesWithin(db: Queryable, from: Instant, to: Instant): Promise<BatchRow[]> {
  const { rows } = await db.query<BatchRow>(
    `SELECT * FROM (${BATCH_LINES}) x
      WHERE greatest(due_at, at, published_at) >= $1 AND least(close_at, due_at, at, published_at) < $2
      ORDER BY clearing_date, market, batch LIMIT 500`,
    [from, to],
  );
  return rows;
}

const reasonOf = (row: BatchRow): Bilingual | null =>
  row.reason_zh === null ? null : { zh: row.reason_zh, en: row.reason_en ?? row.reason_zh };

export function batchLine(row: BatchRow): Batch {
  return {
    ...{ batch: row.batch, kind: row.kind, market: row.market, business: row.business, date: row.clearing_date },
    ...{ state: row.state, attempt: row.attempt, step: row.step, due: orNull(row.due_at, instantText) },
    ...{ published: orNull(row.published_at, instantText), heldBy: row.holder, reason: reasonOf(row) },
    ...{ outputHash: row.output_hash, version: row.attempt },
  };
}

export interface StepRow {
  readonly batch: string;
  readonly attempt: number;
  readonly step: number;
  readonly name: string;
  readonly state: 'done' | 'inherited' | 'failed';
  readonly data_attempt: number;
  readonly input_hash: string;
  readonly output_hash: string | null;
  readonly rows_in: bigint;
  readonly rows_out: bigint;
  readonly errors: number;
  readonly summary: Record<string, unknown>;
  readonly started_wall: number;
  readonly ended_wall: number;
}

/** The steps of each batch's newest attempt. */
export async function stepRuns(db: Queryable, rows: readonly BatchRow[]): Promise<Map<string, StepRow[]>> {
  const run = rows.filter(({ attempt }) => attempt > 0);
  if (run.length === 0) return new Map();
  const { rows: found } = await db.query<StepRow>(
    `SELECT s.* FROM clearing.step_run s JOIN unnest($1::text[], $2::integer[]) AS w (batch, attempt)
         ON (s.batch, s.attempt) = (w.batch, w.attempt) ORDER BY s.batch, s.step`,
    [run.map(({ batch }) => batch), run.map(({ attempt }) => attempt)],
  );
  return Map.groupBy(found, ({ batch }) => batch);
}

/** The step that an attempt has not told of yet: running while the attempt runs, else waiting. */
const untold = (row: BatchRow, index: number, done: number): 'running' | 'waiting' =>
  row.state === 'running' && index === done ? 'running' : 'waiting';

/**
 * A batch on its market's lane. Steps are placed only where business time is wall time: the demo scales it, and what a
 * step's wall times were there says nothing about the ribbon.
 */
export function batchBar(row: BatchRow, steps: readonly StepRow[], now: Instant, mode: 'demo' | 'production'): BatchBar {
  const begin = row.at ?? row.due_at;
  const isLate = row.state === 'planned' && row.due_at !== null && row.due_at <= BigInt(now);
  const late = { zh: '已到期，尚未运行', en: 'Due, and not run yet' };
  return {
    ...{ batch: row.batch, business: row.business, date: row.clearing_date, attempt: row.attempt },
    state: isLate ? 'waiting' : row.state,
    step: steps.at(-1)?.step ?? null,
    steps: stepsOf(row.kind).map(([name], index) => {
      const run = steps.find((each) => each.name === name);
      const placed = mode === 'production' && run !== undefined && run.state !== 'inherited' ? run : undefined;
      return {
        ...{ name, state: run?.state ?? untold(row, index, steps.length) },
        start: orNull(placed?.started_wall, instantText),
        end: orNull(placed?.ended_wall, instantText),
      };
    }),
    start: orNull(begin, instantText),
    end: orNull(row.published_at, instantText),
    due: orNull(row.due_at, instantText),
    message: row.state === 'failed' ? reasonOf(row) : isLate ? late : null,
  };
}

/** Start and end of steps and attempts are wall time: when the machine worked, whatever day it was in the business. */
export async function batchDetail(
  db: Queryable,
  row: BatchRow,
  now: Instant,
  mode: 'demo' | 'production',
): Promise<BatchDetail> {
  const runs = (await stepRuns(db, [row])).get(row.batch) ?? [];
  return {
    batch: batchLine(row),
    attempts: await attempts(db, row.batch),
    steps: stepsOf(row.kind).map(([name, title], index): BatchDetail['steps'][number] => {
      const run = runs.find((each) => each.name === name);
      if (run === undefined)
        return {
          ...{ step: index, name, title, state: untold(row, index, runs.length), attempt: row.attempt, rowsIn: 0, rowsOut: 0 },
          ...{ errors: 0, inputHash: null, outputHash: null, started: null, ended: null, summary: {} },
        };
      return {
        ...{ step: run.step, name, title, state: run.state, attempt: run.data_attempt, errors: run.errors },
        ...{
          rowsIn: Number(run.rows_in),
          rowsOut: Number(run.rows_out),
          inputHash: run.input_hash === '' ? null : run.input_hash,
        },
        ...{ outputHash: run.output_hash, started: instantText(run.started_wall), ended: instantText(run.ended_wall) },
        summary: run.summary,
      };
    }),
    faults: await faults(db, row.batch),
    inputs: (
      await db.query<BatchDetail['inputs'][number]>(
        'SELECT kind, ref, hash FROM clearing.batch_input WHERE batch = $1 AND attempt = $2 ORDER BY kind, ref LIMIT 1000',
        [row.batch, row.attempt],
      )
    ).rows,
    breaks: (
      await db.query<BatchDetail['breaks'][number]>(
        `SELECT recon, key, kind, field, left_value AS left, right_value AS right, difference, severity, state
           FROM clearing.recon_break WHERE batch = $1 AND attempt = $2 ORDER BY recon, key, kind, field LIMIT 1000`,
        [row.batch, row.attempt],
      )
    ).rows,
    bar: batchBar(row, runs, now, mode),
  };
}

async function attempts(db: Queryable, batch: string): Promise<BatchDetail['attempts']> {
  const { rows } = await db.query<{
    attempt: number;
    parent_attempt: number | null;
    from_step: number;
    state: string;
    trigger: string;
    actor: string;
    reason: string;
    started_wall: number;
    ended_wall: number | null;
  }>(
    `SELECT attempt, parent_attempt, from_step, state, trigger, actor, reason, started_wall, ended_wall
       FROM clearing.attempt WHERE batch = $1 ORDER BY attempt DESC LIMIT 100`,
    [batch],
  );
  return rows.map((row) => ({
    ...{ attempt: row.attempt, parent: row.parent_attempt, fromStep: row.from_step, state: row.state, trigger: row.trigger },
    ...{ actor: row.actor, reason: row.reason, started: instantText(row.started_wall) },
    ended: orNull(row.ended_wall, instantText),
  }));
}

/** The newest attempt's first. */
async function faults(db: Queryable, batch: string): Promise<BatchDetail['faults']> {
  const { rows } = await db.query<Omit<BatchDetail['faults'][number], 'byte'> & { byte: bigint | null }>(
    `SELECT attempt, step, rule, severity, file, line, byte, field, left(value, 400) AS value,
            jsonb_build_object('zh', reason_zh, 'en', reason_en) AS reason, jsonb_build_object('zh', advice_zh, 'en', advice_en) AS advice
       FROM clearing.batch_error WHERE batch = $1 ORDER BY attempt DESC, no LIMIT 1000`,
    [batch],
  );
  return rows.map((row) => ({ ...row, byte: orNull(row.byte, Number) }));
}
