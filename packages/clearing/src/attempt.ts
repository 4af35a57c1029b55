import { type Instant, invariant, isProblem } from '@meridian/base';
import type { Connection, Database, Queryable, Transaction } from '@meridian/store';
import { problem } from './problems.ts';
import { type BatchFault, type BatchKey, batchId, faultTexts } from './step.ts';

/** Who starts an attempt and why. */
export interface Trigger {
  readonly trigger: 'auto' | 'manual';
  readonly actor: string;
  readonly reason: string;
}

/** A running attempt under the epoch that owns it. */
export interface Attempt {
  readonly batch: string;
  readonly key: BatchKey;
  readonly attempt: number;
  readonly epoch: number;
  readonly at: Instant;
}

export interface StepRun {
  readonly step: number;
  readonly name: string;
  readonly data_attempt: number;
  readonly output_hash: string;
  readonly summary: Readonly<Record<string, unknown>>;
}

interface AttemptRow {
  readonly attempt: number;
  readonly epoch: number;
  readonly at: bigint;
  readonly actor: string;
  readonly trigger: string;
  readonly since: number;
}

/**
 * Holds the batch for the time of `work`: one process, auto or by hand. The session lock is given up by PostgreSQL the
 * moment its holder dies, so a crashed attempt can be taken over at once. It is not what correctness rests on: that is
 * the partial unique index and the epoch checked in every step's transaction. CL-g
 * @throws Problem BATCH_HELD naming the holder
 */
export async function holdingBatch<T>(
  database: Database,
  key: BatchKey,
  holder: string,
  purpose: string,
  work: () => Promise<T>,
): Promise<T> {
  const batch = batchId(key);
  return database.connection(async (connection) => {
    const { rows } = await connection.query<{ held: boolean }>(
      `SELECT pg_try_advisory_lock(hashtextextended('clearing:' || $1, 0)) AS held`,
      [batch],
    );
    if (rows[0]?.held !== true) throw await heldProblem(connection, batch);
    await connection.query(
      `INSERT INTO clearing.op_lock (scope, key, holder, purpose) VALUES ('batch', $1, $2, $3)
       ON CONFLICT (scope, key) DO UPDATE SET holder = $2, purpose = $3, since_wall = clock_timestamp()`,
      [batch, holder, purpose],
    );
    try {
      return await work();
    } finally {
      await release(connection, batch);
    }
  });
}

async function release(connection: Connection, batch: string): Promise<void> {
  try {
    await connection.query(`DELETE FROM clearing.op_lock WHERE scope = 'batch' AND key = $1`, [batch]);
    await connection.query(`SELECT pg_advisory_unlock(hashtextextended('clearing:' || $1, 0))`, [batch]);
  } catch (error) {
    // A lost connection has given the lock up already; the next holder overwrites the shown row.
    if (!isProblem(error, 'DATABASE_AWAY')) throw error;
  }
}

async function heldProblem(connection: Queryable, batch: string): Promise<Error> {
  const { rows } = await connection.query<{ holder: string; since: number }>(
    `SELECT holder, since_wall AS since FROM clearing.op_lock WHERE scope = 'batch' AND key = $1`,
    [batch],
  );
  const running = await runningAttempt(connection, batch);
  return problem('BATCH_HELD', {
    batch,
    attempt: running?.attempt ?? 0,
    holder: running?.actor ?? rows[0]?.holder ?? '-',
    trigger: running?.trigger ?? '-',
    since: new Date((running?.since ?? rows[0]?.since ?? 0) / 1_000).toISOString(),
  });
}

async function runningAttempt(database: Queryable, batch: string): Promise<AttemptRow | undefined> {
  const { rows } = await database.query<AttemptRow>(
    `SELECT attempt, epoch, at, actor, trigger, started_wall AS since
       FROM clearing.attempt WHERE batch = $1 AND state = 'running'`,
    [batch],
  );
  return rows[0];
}

/**
 * Takes over an attempt whose holder died: same attempt, same business instant, next epoch. The steps that are recorded
 * stay; whatever the dead process still sends is refused by its old epoch.
 */
export async function takeOver(database: Database, key: BatchKey, holder: string): Promise<Attempt | undefined> {
  const batch = batchId(key);
  const running = await runningAttempt(database, batch);
  if (running === undefined) return undefined;
  const { rowCount } = await database.query(
    `UPDATE clearing.attempt SET epoch = epoch + 1, holder = $4, lease_wall = clock_timestamp()
      WHERE batch = $1 AND attempt = $2 AND epoch = $3 AND state = 'running'`,
    [batch, running.attempt, running.epoch, holder],
  );
  if (rowCount !== 1) throw problem('BATCH_FENCED', { batch, attempt: running.attempt, epoch: running.epoch });
  return { batch, key, attempt: running.attempt, epoch: running.epoch + 1, at: Number(running.at) };
}

export interface NewAttempt extends Trigger {
  readonly key: BatchKey;
  readonly at: Instant;
  /** Steps before this one are inherited from the latest attempt that finished them. 0: everything anew. CL-e */
  readonly fromStep: number;
  readonly configHash: string;
  readonly codeVersion: string;
  readonly holder: string;
}

/**
 * Opens the next attempt of a batch that nobody runs.
 * @throws Problem BATCH_STEP_UNKNOWN when no attempt has finished all steps before `fromStep`
 */
export async function openAttempt(database: Database, fresh: NewAttempt): Promise<Attempt> {
  const batch = batchId(fresh.key);
  return database.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO clearing.batch (batch, kind, market, business, clearing_date, seq) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (batch) DO NOTHING`,
      [batch, fresh.key.kind, fresh.key.market, fresh.key.business, fresh.key.clearingDate, fresh.key.seq],
    );
    const { rows } = await tx.query<{ last: number }>(
      'SELECT coalesce(max(attempt), 0)::int AS last FROM clearing.attempt WHERE batch = $1',
      [batch],
    );
    const attempt = (rows[0]?.last ?? 0) + 1;
    const parent = fresh.fromStep === 0 ? null : await finishedUpTo(tx, batch, fresh.fromStep);
    await tx.query(
      `INSERT INTO clearing.attempt (batch, attempt, parent_attempt, from_step, trigger, actor, reason, epoch, state, at,
                                     config_hash, code_version, holder)
       VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'running', $8, $9, $10, $11)`,
      [
        ...[batch, attempt, parent, fresh.fromStep, fresh.trigger, fresh.actor, fresh.reason],
        ...[fresh.at, fresh.configHash, fresh.codeVersion, fresh.holder],
      ],
    );
    if (parent !== null) await inherit(tx, batch, attempt, parent, fresh.fromStep);
    return { batch, key: fresh.key, attempt, epoch: 1, at: fresh.at };
  });
}

async function finishedUpTo(tx: Transaction, batch: string, fromStep: number): Promise<number> {
  const { rows } = await tx.query<{ attempt: number }>(
    `SELECT attempt FROM clearing.step_run WHERE batch = $1 AND step < $2 AND state <> 'failed'
      GROUP BY attempt HAVING count(*) = $2 ORDER BY attempt DESC LIMIT 1`,
    [batch, fromStep],
  );
  const parent = rows[0]?.attempt;
  if (parent === undefined) throw problem('BATCH_STEP_UNKNOWN', { step: fromStep });
  return parent;
}

async function inherit(tx: Transaction, batch: string, attempt: number, parent: number, fromStep: number): Promise<void> {
  await tx.query(
    `INSERT INTO clearing.step_run (batch, attempt, step, name, state, data_attempt, input_hash, output_hash,
                                    rows_in, rows_out, errors, summary, started_wall)
     SELECT batch, $2, step, name, 'inherited', data_attempt, input_hash, output_hash, rows_in, rows_out, errors, summary,
            clock_timestamp()
       FROM clearing.step_run WHERE batch = $1 AND attempt = $3 AND step < $4`,
    [batch, attempt, parent, fromStep],
  );
  await tx.query(
    `INSERT INTO clearing.batch_input (batch, attempt, kind, ref, hash)
     SELECT batch, $2, kind, ref, hash FROM clearing.batch_input WHERE batch = $1 AND attempt = $3`,
    [batch, attempt, parent],
  );
}

/**
 * The first statement of every step's transaction: only the owner of the running epoch may write. The row stays locked
 * until the transaction ends, so a take-over waits for it and never overlaps it.
 * @throws Problem BATCH_FENCED
 */
export async function fence(tx: Queryable, owner: Attempt): Promise<void> {
  const { rowCount } = await tx.query(
    `UPDATE clearing.attempt SET lease_wall = clock_timestamp()
      WHERE batch = $1 AND attempt = $2 AND epoch = $3 AND state = 'running'`,
    [owner.batch, owner.attempt, owner.epoch],
  );
  if (rowCount !== 1) throw problem('BATCH_FENCED', { batch: owner.batch, attempt: owner.attempt, epoch: owner.epoch });
}

export async function endAttempt(tx: Queryable, owner: Attempt, state: 'succeeded' | 'failed'): Promise<void> {
  const { rowCount } = await tx.query(
    `UPDATE clearing.attempt SET state = $4, ended_wall = clock_timestamp()
      WHERE batch = $1 AND attempt = $2 AND epoch = $3 AND state = 'running'`,
    [owner.batch, owner.attempt, owner.epoch, state],
  );
  invariant(rowCount === 1, 'an attempt is ended by its owner');
}

export async function stepRuns(database: Queryable, owner: { batch: string; attempt: number }): Promise<StepRun[]> {
  const { rows } = await database.query<StepRun>(
    `SELECT step, name, data_attempt, output_hash, summary FROM clearing.step_run
      WHERE batch = $1 AND attempt = $2 AND state <> 'failed' ORDER BY step`,
    [owner.batch, owner.attempt],
  );
  return rows;
}

/** At most this many faults of one attempt are kept; the last one kept says how many more there were. */
export const FAULTS_MAX = 1_000;

export async function recordFaults(tx: Queryable, owner: Attempt, step: number, faults: readonly BatchFault[]): Promise<void> {
  const { rows } = await tx.query<{ last: number }>(
    'SELECT coalesce(max(no), 0)::int AS last FROM clearing.batch_error WHERE batch = $1 AND attempt = $2',
    [owner.batch, owner.attempt],
  );
  let no = rows[0]?.last ?? 0;
  for (const fault of faults.slice(0, FAULTS_MAX)) {
    const { reason, advice } = faultTexts(fault);
    const dropped = no + 1 === FAULTS_MAX && faults.length > FAULTS_MAX ? ` (+${faults.length - FAULTS_MAX})` : '';
    await tx.query(
      `INSERT INTO clearing.batch_error (batch, attempt, no, step, rule, severity, file, line, byte, field, value, contract,
                                         reason_zh, reason_en, advice_zh, advice_en)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
      [
        ...[owner.batch, owner.attempt, ++no, step, fault.rule, fault.severity],
        ...[fault.file ?? null, fault.line ?? null, fault.byte ?? null, fault.field ?? null],
        ...[fault.value?.slice(0, 200) ?? null, fault.contract ?? null],
        ...[reason.zh + dropped, reason.en + dropped, advice.zh, advice.en],
      ],
    );
  }
}
