import type { Queryable } from '@meridian/store';
import { problem } from './problems.ts';
import { type BatchKey, batchId } from './step.ts';

/** One line of `clear status`. */
export interface BatchLine {
  readonly batch: string;
  readonly kind: 'market' | 'client-day';
  readonly market: string;
  readonly business: string;
  readonly clearingDate: string;
  /** `planned`: no attempt yet; `running`, `failed`; `published`. */
  readonly state: 'planned' | 'running' | 'failed' | 'published' | 'skipped';
  readonly attempt: number;
  /** The last step with an outcome. */
  readonly step: string | null;
  /** Microseconds, business time; null for a batch that was not planned. */
  readonly dueAt: number | null;
  readonly heldBy: string | null;
  readonly reason: string | null;
  readonly outputHash: string | null;
}

export interface ClearingStatus {
  readonly batches: readonly BatchLine[];
  readonly mail: { readonly queued: number; readonly sent: number; readonly dead: number };
}

export interface StepLine {
  readonly step: number;
  readonly name: string;
  readonly state: 'done' | 'inherited' | 'failed';
  readonly attempt: number;
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly outputHash: string | null;
}

export interface ErrorLine {
  readonly attempt: number;
  readonly step: number;
  readonly rule: string;
  readonly severity: 'fatal' | 'warning';
  readonly file: string | null;
  readonly line: number | null;
  readonly byte: number | null;
  readonly field: string | null;
  readonly value: string | null;
  readonly reason: { readonly zh: string; readonly en: string };
  readonly advice: { readonly zh: string; readonly en: string };
}

export interface BatchStatus extends BatchLine {
  readonly attempts: readonly {
    readonly attempt: number;
    readonly state: string;
    readonly actor: string;
    readonly trigger: string;
  }[];
  readonly steps: readonly StepLine[];
  readonly errors: readonly ErrorLine[];
}

/**
 * Every batch there is or will be, one row: what is planned beside what ran, its newest attempt and step, who holds it, and the
 * first fatal fault of it. Instants are of business.
 */
export const BATCH_LINES = `
  SELECT coalesce(b.batch, u.market || '.' || u.business || '.' || u.clearing_date || '.1') AS batch, coalesce(b.kind, u.kind) AS kind,
         coalesce(b.market, u.market) AS market, coalesce(b.business, u.business) AS business,
         coalesce(b.clearing_date, u.clearing_date) AS clearing_date, u.close_at, u.due_at, a.at, b.published_at,
         coalesce(a.attempt, 0) AS attempt,
         CASE WHEN b.live_attempt IS NOT NULL THEN 'published' WHEN a.state = 'running' THEN 'running'
              WHEN a.state = 'failed' THEN 'failed' WHEN u.state = 'skipped' THEN 'skipped' ELSE 'planned' END AS state,
         s.name AS step, o.holder, e.reason_zh, e.reason_en, b.output_hash
    FROM clearing.batch b
    FULL JOIN clearing.batch_due u ON (u.market, u.business, u.clearing_date) = (b.market, b.business, b.clearing_date)
    LEFT JOIN LATERAL (SELECT * FROM clearing.attempt a WHERE a.batch = b.batch ORDER BY a.attempt DESC LIMIT 1) a ON true
    LEFT JOIN LATERAL (SELECT name FROM clearing.step_run s WHERE (s.batch, s.attempt) = (a.batch, a.attempt)
                        ORDER BY s.step DESC LIMIT 1) s ON true
    LEFT JOIN clearing.op_lock o ON o.scope = 'batch' AND o.key = b.batch AND a.state = 'running'
    LEFT JOIN LATERAL (SELECT reason_zh, reason_en FROM clearing.batch_error e
                        WHERE (e.batch, e.attempt) = (a.batch, a.attempt) AND e.severity = 'fatal' ORDER BY e.no LIMIT 1) e ON true`;

interface LineRow {
  readonly batch: string;
  readonly kind: BatchLine['kind'];
  readonly market: string;
  readonly business: string;
  readonly clearing_date: string;
  readonly due_at: bigint | null;
  readonly attempt: number;
  readonly state: BatchLine['state'];
  readonly step: string | null;
  readonly holder: string | null;
  readonly reason_en: string | null;
  readonly output_hash: string | null;
}

const lineOf = (row: LineRow): BatchLine => ({
  ...{ batch: row.batch, kind: row.kind, market: row.market, business: row.business, clearingDate: row.clearing_date },
  ...{ state: row.state, attempt: row.attempt, step: row.step, dueAt: row.due_at === null ? null : Number(row.due_at) },
  ...{ heldBy: row.holder, reason: row.reason_en, outputHash: row.output_hash },
});

/** At most this many batches, the latest first. */
const BATCHES_MAX = 500;

export async function clearingStatus(database: Queryable): Promise<ClearingStatus> {
  const { rows } = await database.query<LineRow>(`${BATCH_LINES} ORDER BY clearing_date DESC, market LIMIT ${BATCHES_MAX}`);
  const mail = await database.query<{ queued: number; sent: number; dead: number }>(
    `SELECT count(*) FILTER (WHERE state = 'queued')::int AS queued, count(*) FILTER (WHERE state = 'sent')::int AS sent,
            count(*) FILTER (WHERE state = 'dead')::int AS dead FROM clearing.notification`,
  );
  return { batches: rows.map(lineOf), mail: mail.rows[0] as ClearingStatus['mail'] };
}

/** @throws Problem BATCH_UNKNOWN */
export async function batchStatus(database: Queryable, key: BatchKey): Promise<BatchStatus> {
  const batch = batchId(key);
  const { rows } = await database.query<LineRow>(`SELECT * FROM (${BATCH_LINES}) x WHERE batch = $1`, [batch]);
  const line = rows[0];
  if (line === undefined) throw problem('BATCH_UNKNOWN', { market: key.market, date: key.clearingDate });
  const attempts = await database.query<{ attempt: number; state: string; actor: string; trigger: string }>(
    'SELECT attempt, state, actor, trigger FROM clearing.attempt WHERE batch = $1 ORDER BY attempt',
    [batch],
  );
  const steps = await database.query<StepLine>(
    `SELECT step, name, state, data_attempt AS attempt, rows_in::int AS "rowsIn", rows_out::int AS "rowsOut", output_hash AS "outputHash"
       FROM clearing.step_run WHERE batch = $1 AND attempt = $2 ORDER BY step`,
    [batch, line.attempt],
  );
  const errors = await database.query<ErrorLine>(
    `SELECT attempt, step, rule, severity, file, line, byte::int AS byte, field, value,
            jsonb_build_object('zh', reason_zh, 'en', reason_en) AS reason, jsonb_build_object('zh', advice_zh, 'en', advice_en) AS advice
       FROM clearing.batch_error WHERE batch = $1 AND attempt = $2 ORDER BY no`,
    [batch, line.attempt],
  );
  return { ...lineOf(line), attempts: attempts.rows, steps: steps.rows, errors: errors.rows };
}
