import { type Instant, invariant, isProblem, type Logger, silentLogger } from '@meridian/base';
import type { Database, Transaction } from '@meridian/store';
import {
  type Attempt,
  endAttempt,
  fence,
  holdingBatch,
  openAttempt,
  recordFaults,
  type StepRun,
  stepRuns,
  type Trigger,
  takeOver,
} from './attempt.ts';
import { problem } from './problems.ts';
import { type BatchFault, type BatchKey, batchId, faultOf, hashOf, type Step, StepFailed, type StepScope } from './step.ts';

export interface BatchRun<C> extends Trigger {
  readonly key: BatchKey;
  readonly steps: readonly Step<C>[];
  readonly context: C;
  readonly at: Instant;
  /** 0: from the beginning. k > 0: steps before k are inherited by hash. CL-e */
  readonly fromStep?: number;
  /** Hash of every fact and rule that the steps read from outside their inputs. */
  readonly configHash: string;
  readonly codeVersion: string;
  /** Host and process, for people. */
  readonly holder: string;
  readonly logger?: Logger;
  /** What must be true as soon as an attempt has failed, in the transaction that says so: its report and its mails. */
  readonly whenFailed?: (tx: Transaction, attempt: number) => Promise<void>;
}

export interface BatchOutcome {
  readonly batch: string;
  readonly attempt: number;
  readonly state: 'succeeded' | 'failed';
  /** Output hash of the last step; of a failed batch, null. */
  readonly outputHash: string | null;
  readonly failedStep: string | null;
  readonly faults: readonly BatchFault[];
}

/** Database faults that a step did not cause: the attempt stays open and is taken over when the database is back. */
const PASSING: readonly string[] = ['DATABASE_AWAY', 'DATABASE_CONFLICT', 'DISK_FULL', 'BATCH_FENCED'];

/**
 * Runs a batch to its end: a new attempt, or the one that a dead process left. CL-1, CL-a, CL-e, CL-g.
 * @throws Problem BATCH_HELD | BATCH_ALREADY_PUBLISHED | BATCH_FENCED | BATCH_STEP_UNKNOWN | DATABASE_AWAY
 */
export async function runBatch<C>(database: Database, run: BatchRun<C>): Promise<BatchOutcome> {
  invariant(new Set(run.steps.map((step) => step.name)).size === run.steps.length, 'step names are unique');
  if ((run.fromStep ?? 0) < 0 || (run.fromStep ?? 0) >= run.steps.length)
    throw problem('BATCH_STEP_UNKNOWN', { step: run.fromStep ?? 0 });
  return holdingBatch(database, run.key, run.actor, run.reason, async () => {
    const left = await takeOver(database, run.key, run.holder);
    if (left === undefined) await refusePublished(database, run.key);
    const owner = left ?? (await openAttempt(database, { ...run, fromStep: run.fromStep ?? 0 }));
    const logger = (run.logger ?? silentLogger).child({ batch: owner.batch, attempt: owner.attempt, epoch: owner.epoch });
    logger.info(left === undefined ? 'batch attempt opened' : 'batch attempt taken over');
    return runSteps(database, run, owner, logger);
  });
}

async function refusePublished(database: Database, key: BatchKey): Promise<void> {
  const batch = batchId(key);
  const { rows } = await database.query<{ live_attempt: number | null }>(
    'SELECT live_attempt FROM clearing.batch WHERE batch = $1',
    [batch],
  );
  const live = rows[0]?.live_attempt ?? null;
  if (live !== null) throw problem('BATCH_ALREADY_PUBLISHED', { batch, attempt: live });
}

async function runSteps<C>(database: Database, run: BatchRun<C>, owner: Attempt, logger: Logger): Promise<BatchOutcome> {
  for (const [index, step] of run.steps.entries()) {
    const done = await stepRuns(database, owner);
    if (done.some((earlier) => earlier.step === index)) continue;
    invariant(done.length === index, 'steps are done in order');
    try {
      await runStep(database, run, owner, step, index, done);
      logger.info('batch step done', { step: step.name });
    } catch (error) {
      const faults = faultsOf(error);
      if (faults === undefined) throw error;
      await recordFailure(database, run, owner, { name: step.name, index, faults, error });
      logger.warn('batch step failed', { step: step.name, rule: faults[0]?.rule ?? '-' });
      return { ...owner, state: 'failed', outputHash: null, failedStep: step.name, faults };
    }
  }
  const done = await stepRuns(database, owner);
  await database.transaction(async (tx) => {
    await fence(tx, owner);
    await endAttempt(tx, owner, 'succeeded');
  });
  return { ...owner, state: 'succeeded', outputHash: done.at(-1)?.output_hash ?? null, failedStep: null, faults: [] };
}

function faultsOf(error: unknown): readonly BatchFault[] | undefined {
  if (error instanceof StepFailed) return error.faults;
  return isProblem(error) && !PASSING.includes(error.code) ? [faultOf(error)] : undefined;
}

async function runStep<C>(
  database: Database,
  run: BatchRun<C>,
  owner: Attempt,
  step: Step<C>,
  index: number,
  done: readonly StepRun[],
): Promise<void> {
  const scope = scopeOf(run, owner, done);
  const inputHash = hashOf([run.configHash, run.codeVersion, step.name, done.map((earlier) => earlier.output_hash)]);
  let runs = 0;
  const within = async (tx: Transaction): Promise<void> => {
    runs++;
    await fence(tx, owner);
    const started = await wallOf(tx);
    const output = await step.run(tx, scope);
    const faults = output.faults ?? [];
    invariant(
      faults.every((fault) => fault.severity === 'warning'),
      'a step that is done has warnings only',
    );
    await recordFaults(tx, owner, index, faults);
    await tx.query(
      `INSERT INTO clearing.step_run (batch, attempt, step, name, state, data_attempt, input_hash, output_hash,
                                      rows_in, rows_out, errors, summary, started_wall)
       VALUES ($1, $2, $3, $4, 'done', $2, $5, $6, $7, $8, $9, $10, $11)`,
      [
        ...[owner.batch, owner.attempt, index, step.name, inputHash, output.outputHash],
        ...[output.rowsIn, output.rowsOut, faults.length, { json: output.summary }, started],
      ],
    );
  };
  if (step.commit === undefined) await database.transaction(within);
  else await step.commit(scope, within);
  invariant(runs > 0, 'the step ran inside its transaction');
}

async function wallOf(tx: Transaction): Promise<string> {
  const { rows } = await tx.query<{ wall: string }>('SELECT clock_timestamp()::text AS wall');
  return (rows[0] as { wall: string }).wall;
}

function scopeOf<C>(run: BatchRun<C>, owner: Attempt, done: readonly StepRun[]): StepScope<C> {
  const earlier = (name: string): StepRun => {
    const found = done.find((candidate) => candidate.name === name);
    invariant(found !== undefined, () => `step ${name} is not done yet`);
    return found;
  };
  return {
    batch: owner.batch,
    key: owner.key,
    attempt: owner.attempt,
    at: owner.at,
    context: run.context,
    dataAttempt: (name) => earlier(name).data_attempt,
    summary: (name) => earlier(name).summary,
    outputHash: (name) => earlier(name).output_hash,
  };
}

interface Failure {
  readonly name: string;
  readonly index: number;
  readonly faults: readonly BatchFault[];
  readonly error: unknown;
}

async function recordFailure<C>(database: Database, run: BatchRun<C>, owner: Attempt, failure: Failure): Promise<void> {
  const { name, index, faults, error } = failure;
  await database.transaction(async (tx) => {
    await fence(tx, owner);
    if (error instanceof StepFailed) await error.keep?.(tx);
    await recordFaults(tx, owner, index, faults);
    await tx.query(
      `INSERT INTO clearing.step_run (batch, attempt, step, name, state, data_attempt, input_hash, output_hash,
                                      rows_in, rows_out, errors, summary, started_wall)
       VALUES ($1, $2, $3, $4, 'failed', $2, '', NULL, 0, 0, $5, '{}', clock_timestamp())`,
      [owner.batch, owner.attempt, index, name, faults.length],
    );
    await endAttempt(tx, owner, 'failed');
    await run.whenFailed?.(tx, owner.attempt);
  });
}
