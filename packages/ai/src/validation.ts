import type { Instant } from '@meridian/base';
import { instantParameter, type Queryable, type Transaction } from '@meridian/store';
import { sha256 } from './digest.ts';
import type { Actor, Evidence } from './governance.ts';
import type { ReliabilityBin } from './metrics.ts';
import { lockedVersions, type VersionRecord } from './model-version.ts';
import { problem } from './problems.ts';
import type { Note } from './registry-note.ts';
import { shadowRecord } from './shadow-record.ts';

/** One result of an independent validation. */
export interface ValidationRun {
  readonly suite: string;
  readonly testCase: string;
  readonly metric: string;
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly threshold: number;
  readonly passed: boolean;
}

/** What model and rule said of the same rows that training never saw, beside what happened: bins of equal count, by score. AI-a */
export type Reliability = Readonly<Record<'model' | 'rule', readonly ReliabilityBin[]>>;

/** As one validator measured it. */
export interface ReliabilityRecord extends Reliability {
  readonly validator: string;
  readonly at: Instant;
}

/** What an independent validation leaves behind. */
export interface ValidationResult {
  readonly runs: readonly ValidationRun[];
  /** Absent where a suite was judged without rows of its own. */
  readonly reliability?: Reliability;
}

const RUNS = `SELECT suite, test_case AS "testCase", metric, value, low, high, threshold, passed, at
  FROM ai.validation_run WHERE version = $1 ORDER BY no`;

export async function validationRuns(over: Queryable, version: string): Promise<(ValidationRun & { readonly at: Instant })[]> {
  return (await over.query<ValidationRun & { at: Instant }>(RUNS, [version])).rows;
}

// Of the newest validation alone; recorded twice, a bin counts once.
const RELIABILITY = `SELECT DISTINCT ON (source, bin) source, low, high, row_count AS count, predicted, observed, validator, at
  FROM ai.reliability_bin r WHERE version = $1 AND (at, report_sha256) =
    (SELECT n.at, n.report_sha256 FROM ai.reliability_bin n WHERE n.version = r.version ORDER BY n.no DESC LIMIT 1)
  ORDER BY source, bin, no DESC`;

interface BinRow extends Omit<ReliabilityBin, 'count'> {
  readonly source: keyof Reliability;
  readonly count: bigint;
  readonly validator: string;
  readonly at: Instant;
}

/** Of a version's newest validation; undefined before the first. */
export async function reliabilityOf(over: Queryable, version: string): Promise<ReliabilityRecord | undefined> {
  const { rows } = await over.query<BinRow>(RELIABILITY, [version]);
  const [first] = rows;
  if (first === undefined) return undefined;
  const of = (wanted: keyof Reliability): ReliabilityBin[] =>
    rows
      .filter(({ source }) => source === wanted)
      .map(({ low, high, count, predicted, observed }) => ({ low, high, count: Number(count), predicted, observed }));
  return { model: of('model'), rule: of('rule'), validator: first.validator, at: first.at };
}

/** Keeps what an independent validator measured. @throws Problem MODEL_SEPARATION_REFUSED | MODEL_TRANSITION_REFUSED | MODEL_DUTY_REFUSED */
export async function recordValidation(
  tx: Transaction,
  id: string,
  { runs, reliability }: ValidationResult,
  report: string,
  actor: Actor,
  at: Instant,
  note: Note,
): Promise<void> {
  if (actor.duty !== 'model-validator')
    throw problem('MODEL_DUTY_REFUSED', { command: 'validate', needed: 'model-validator', duty: actor.duty });
  const version = (await lockedVersions(tx, id)).find((each) => each.version === id) as VersionRecord;
  const refused = (reason: string) =>
    problem('MODEL_SEPARATION_REFUSED', { user: actor.user, version: id, command: 'validate', reason });
  if (version.authors.includes(actor.user)) throw refused('made the model');
  if (version.ownerTeam === actor.team) throw refused(`is of ${actor.team}, which made the model`);
  if (version.state !== 'IN_VALIDATION' && version.state !== 'SUSPENDED')
    throw problem('MODEL_TRANSITION_REFUSED', {
      ...{ version: id, state: version.state, command: 'validate' },
      reason: 'only from IN_VALIDATION, SUSPENDED',
    });
  if (version.state === 'IN_VALIDATION' && version.validator?.user !== actor.user)
    throw refused('did not take this validation');
  for (const run of runs)
    await tx.query(
      `INSERT INTO ai.validation_run (version, round, suite, test_case, metric, value, low, high, threshold, passed, validator,
         team, report_sha256, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [
        ...[id, version.round, run.suite, run.testCase, run.metric, run.value, run.low, run.high, run.threshold, run.passed],
        ...[actor.user, actor.team, sha256(report), instantParameter(at)],
      ],
    );
  for (const source of ['model', 'rule'] as const)
    for (const [i, { low, high, predicted, observed, count }] of (reliability?.[source] ?? []).entries())
      await tx.query(
        `INSERT INTO ai.reliability_bin (version, round, source, bin, low, high, predicted, observed, row_count, validator, team,
           report_sha256, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
        [
          ...[id, version.round, source, i + 1, low, high, predicted, observed, count],
          ...[actor.user, actor.team, sha256(report), instantParameter(at)],
        ],
      );
  const passed = runs.every((run) => run.passed);
  await note(tx, actor, 'model validation', id, { version: id, suites: runs.length, passed });
}

/** What stands in favour of a version: its lineage, the validation of this round, and what it did in the shadow. */
export async function evidenceOf(tx: Transaction, standing: VersionRecord): Promise<Evidence> {
  const { rows } = await tx.query<{ suite: string; passed: boolean }>(
    `SELECT DISTINCT ON (suite, test_case) suite, passed FROM ai.validation_run
      WHERE version = $1 AND round = $2 AND ($3 OR at >= $4) ORDER BY suite, test_case, no DESC`,
    [standing.version, standing.round, standing.state !== 'SUSPENDED', instantParameter(standing.since)],
  );
  const lineage = await tx.query(`SELECT 1 FROM ai.version_dataset WHERE version = $1 AND role = 'training'`, [
    standing.version,
  ]);
  const inShadow = standing.state === 'SHADOW' || standing.state === 'CANARY';
  return {
    lineage: lineage.rowCount > 0,
    suites: rows,
    shadow: inShadow ? await shadowRecord(tx, standing.version) : { days: 0, labelled: 0, holds: false },
  };
}
