import { canonicalJson, type Instant } from '@meridian/base';
import type { AuditLog, AuditValue } from '@meridian/security';
import { type Database, instantParameter, type Queryable, sqlState, type Transaction } from '@meridian/store';
import { sha256 } from './digest.ts';
import {
  type Actor,
  type Evidence,
  type GovernanceCommand,
  govern,
  isInForce,
  type ModelState,
  type Standing,
  type Step,
  type Tier,
} from './governance.ts';
import { type Mode, readMode, setMode } from './mode.ts';
import { problem } from './problems.ts';
import { shadowRecord } from './shadow-record.ts';

/** A use case with its owner and the rule that answers whenever no model may. */
export interface ModelCase {
  readonly useCase: string;
  readonly tier: Tier;
  readonly title: string;
  /** Names the rule, e.g. "2Φ(−DtB)". */
  readonly rule: string;
  readonly owner: string;
  readonly ownerTeam: string;
}

/** Where training data come from and what may be done with them (数据血缘与分级). AI-1. */
export interface DatasetRecord {
  readonly id: string;
  readonly sha256: string;
  readonly title: string;
  readonly source: string;
  readonly licence: string;
  readonly legalBasis: string;
  readonly class: 'core' | 'important' | 'general';
  /** Whether what was learnt from it may be handed on with the program. */
  readonly mayShip: boolean;
  /** What in it is made up, in words; "" when nothing is. */
  readonly simulated: string;
  /** ISO 3166 country, or "market" for public facts. */
  readonly residency: string;
  readonly firstDate: string;
  readonly lastDate: string;
  readonly rows: number;
  readonly sampling: Readonly<Record<string, unknown>>;
  readonly quality: Readonly<Record<string, unknown>>;
}

/** How a version was made. JR/T 0221-2021 asks for every one of these. */
export interface TrainingRecord {
  readonly params: Readonly<Record<string, unknown>>;
  readonly codeVersion: string;
  readonly environment: string;
  readonly trainedFrom: string;
  readonly trainedTo: string;
  readonly seed: number;
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly iterations: number;
}

export interface NewVersion {
  readonly useCase: string;
  /** Canonical JSON; its SHA-256 names it. */
  readonly artefact: string;
  readonly training: TrainingRecord;
  /** Besides who registers it. */
  readonly authors: readonly string[];
  readonly datasets: readonly { readonly dataset: string; readonly role: 'training' | 'test' }[];
}

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

export interface VersionRecord extends Standing {
  readonly artefact: string;
  readonly trainedFrom: string;
  readonly trainedTo: string;
  readonly registeredAt: Instant;
  readonly datasets: readonly string[];
}

export interface TransitionRecord {
  readonly no: bigint;
  readonly version: string;
  readonly transition: string;
  readonly from: ModelState;
  readonly to: ModelState;
  readonly actor: string;
  readonly team: string;
  readonly duty: string;
  readonly reason: string;
  readonly at: Instant;
  /** Its entry in the audit log. */
  readonly auditNo: bigint;
}

/** What answers now. A lapsed or missing version leaves the rules. */
export interface Routing {
  /** `rules`: all models are switched off. */
  readonly mode: Mode;
  readonly champion: VersionRecord | null;
  readonly canary: VersionRecord | null;
  readonly shadow: readonly VersionRecord[];
}

/** The model registry of record (模型登记簿). Every change stands in the audit log, in the same transaction. AI-a, DS-10. */
export interface ModelRegistry {
  /** Opens a use case; the same again changes nothing. @throws Problem MODEL_CONFLICT | MODEL_DUTY_REFUSED */
  openCase(model: ModelCase, actor: Actor, at: Instant): Promise<void>;
  /** @throws Problem MODEL_CONFLICT when the id stands for other data */
  recordDataset(dataset: DatasetRecord, actor: Actor, at: Instant): Promise<void>;
  /** Registers a draft. @returns its id, e.g. "margin-shortfall-1" @throws Problem MODEL_UNKNOWN | MODEL_CONFLICT | … */
  register(version: NewVersion, actor: Actor, at: Instant): Promise<string>;
  /** @throws Problem MODEL_SEPARATION_REFUSED | MODEL_TRANSITION_REFUSED | MODEL_DUTY_REFUSED */
  recordValidation(version: string, runs: readonly ValidationRun[], report: string, actor: Actor, at: Instant): Promise<void>;
  /** Carries a command out, or throws what {@link govern} throws. `reason` stands in the record. */
  command(command: GovernanceCommand, reason: string): Promise<readonly Step[]>;
  /** Suspends every version whose approval has lapsed. @returns their ids */
  expire(at: Instant): Promise<readonly string[]>;
  cases(): Promise<readonly ModelCase[]>;
  versions(useCase?: string): Promise<readonly VersionRecord[]>;
  dataset(id: string): Promise<DatasetRecord>;
  validations(version: string): Promise<readonly (ValidationRun & { readonly at: Instant })[]>;
  history(version: string): Promise<readonly TransitionRecord[]>;
  /** The bytes under a hash; undefined when there are none. @throws Problem ARTEFACT_INVALID when they do not give it */
  artefact(sha256: string): Promise<string | undefined>;
  routing(useCase: string, at: Instant): Promise<Routing>;
  mode(): Promise<Mode>;
  /** Switches all models off, or on again. The machine may switch off; only people switch on. @throws Problem MODEL_DUTY_REFUSED */
  setMode(mode: Mode, reason: string, actor: Actor, at: Instant): Promise<void>;
}

export interface RegistryOptions {
  readonly database: Database;
  readonly audit: AuditLog;
}

export function openRegistry({ database, audit }: RegistryOptions): ModelRegistry {
  /** Works in one transaction and notes the audit log's new end outside the database. */
  async function noted<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const result = await database.transaction(work);
    await audit.checkpoint();
    return result;
  }
  const note = async (tx: Transaction, actor: Actor, action: string, target: string, params: Record<string, AuditValue>) =>
    (
      await audit.append(tx, {
        ...{ actor: actor.user, duty: actor.duty, action, target, outcome: 'done' },
        params: { ...params, team: actor.team },
      })
    ).no;

  return {
    openCase: (model, actor, at) => noted((tx) => openCase(tx, model, actor, at, note)),
    recordDataset: (dataset, actor, at) => noted((tx) => recordDataset(tx, dataset, actor, at, note)),
    register: (version, actor, at) => noted((tx) => register(tx, version, actor, at, note)),
    recordValidation: (version, runs, report, actor, at) =>
      noted((tx) => recordValidation(tx, version, runs, report, actor, at, note)),
    command: (command, reason) => noted((tx) => carryOut(tx, command, reason, note)),
    async expire(at) {
      const { rows } = await database.query<{ id: string }>(LAPSED, [instantParameter(at)]);
      for (const { id: version } of rows) {
        const command = { name: 'expire', version, actor: SYSTEM, at } as const;
        await noted((tx) => carryOut(tx, command, 'approval lapsed', note));
      }
      return rows.map(({ id }) => id);
    },
    cases: async () => (await database.query<ModelCase>(`SELECT ${CASE_COLUMNS} FROM ai.model ORDER BY use_case`)).rows,
    versions: (useCase) => readVersions(database, useCase),
    async dataset(id) {
      const { rows } = await database.query<DatasetRow>(`SELECT ${DATASET_COLUMNS} FROM ai.dataset WHERE id = $1`, [id]);
      const [row] = rows;
      if (row === undefined) throw problem('MODEL_UNKNOWN', { what: id });
      return { ...row, rows: Number(row.rows) };
    },
    validations: async (version) => (await database.query<ValidationRun & { at: Instant }>(RUNS, [version])).rows,
    history: async (version) => (await database.query<TransitionRecord>(HISTORY, [version])).rows,
    async artefact(hash) {
      const { rows } = await database.query<{ body: string }>('SELECT body FROM ai.artefact WHERE sha256 = $1', [hash]);
      const body = rows[0]?.body;
      if (body !== undefined && sha256(body) !== hash)
        throw problem('ARTEFACT_INVALID', { reason: `the bytes stored under ${hash} give another hash` });
      return body;
    },
    mode: () => readMode(database),
    setMode: (mode, reason, actor, at) => noted((tx) => setMode(tx, mode, reason, actor, at, note)),
    async routing(useCase, at) {
      const mode = await readMode(database);
      if (mode === 'rules') return { mode, champion: null, canary: null, shadow: [] };
      const versions = (await readVersions(database, useCase)).filter((version) => isInForce(version, at));
      const of = (state: ModelState) => versions.filter((version) => version.state === state);
      return { mode, champion: of('CHAMPION')[0] ?? null, canary: of('CANARY').at(-1) ?? null, shadow: of('SHADOW') };
    },
  };
}

/** The house itself. */
export const SYSTEM: Actor = { user: 'system', team: 'house', duty: 'system' };

type Note = (
  tx: Transaction,
  actor: Actor,
  action: string,
  target: string,
  params: Record<string, AuditValue>,
) => Promise<bigint>;
type DatasetRow = Omit<DatasetRecord, 'rows'> & { rows: bigint };

const CASE_COLUMNS = `use_case AS "useCase", tier, title, rule, owner, owner_team AS "ownerTeam"`;
const DATASET_COLUMNS = `id, sha256, title, source, licence, legal_basis AS "legalBasis", class, may_ship AS "mayShip", simulated,
  residency, first_date AS "firstDate", last_date AS "lastDate", row_count AS rows, sampling, quality`;
const VERSIONS = `SELECT v.id AS version, v.use_case AS "useCase", v.tier, v.state, v.since, v.owner_team AS "ownerTeam", v.round,
    (SELECT coalesce(json_agg(a.author ORDER BY a.author), '[]') FROM ai.version_author a WHERE a.version = v.id) AS authors,
    CASE WHEN v.validator IS NULL THEN NULL ELSE json_build_object('user', v.validator, 'team', v.validator_team) END AS validator,
    (SELECT coalesce(json_agg(json_build_object('user', s.approver, 'team', s.team, 'duty', s.duty) ORDER BY s.at, s.duty), '[]')
       FROM ai.approval s WHERE s.version = v.id AND s.round = v.round) AS signatures,
    v.approved_until AS "approvedUntil", v.promoter, v.artefact_sha256 AS artefact,
    v.trained_from AS "trainedFrom", v.trained_to AS "trainedTo", v.registered_at AS "registeredAt",
    (SELECT coalesce(json_agg(d.dataset ORDER BY d.role, d.dataset), '[]') FROM ai.version_dataset d
      WHERE d.version = v.id) AS datasets
  FROM ai.model_version v WHERE $1::text IS NULL OR v.use_case = $1 ORDER BY v.use_case, v.no`;
const RUNS = `SELECT suite, test_case AS "testCase", metric, value, low, high, threshold, passed, at
  FROM ai.validation_run WHERE version = $1 ORDER BY no`;
const HISTORY = `SELECT no, version, transition, from_state AS "from", to_state AS "to", actor, team, duty, reason, at,
    audit_no AS "auditNo" FROM ai.transition WHERE version = $1 ORDER BY no`;
const LAPSED = `SELECT id FROM ai.model_version WHERE approved_until <= $1
  AND state IN ('APPROVED', 'SHADOW', 'CANARY', 'CHAMPION', 'STANDBY') ORDER BY id`;

async function readVersions(over: Queryable, useCase?: string): Promise<(VersionRecord & { round: number })[]> {
  return (await over.query<VersionRecord & { round: number }>(VERSIONS, [useCase ?? null])).rows;
}

function refuseOtherDuty(actor: Actor, command: string): void {
  if (actor.duty !== 'model-owner') throw problem('MODEL_DUTY_REFUSED', { command, needed: 'model-owner', duty: actor.duty });
}

async function openCase(tx: Transaction, model: ModelCase, actor: Actor, at: Instant, note: Note): Promise<void> {
  refuseOtherDuty(actor, 'open');
  const { rows } = await tx.query<ModelCase>(`SELECT ${CASE_COLUMNS} FROM ai.model WHERE use_case = $1`, [model.useCase]);
  const known = rows[0];
  if (known !== undefined) {
    if (canonicalJson(known) !== canonicalJson(model)) throw problem('MODEL_CONFLICT', { what: model.useCase });
    return;
  }
  await tx.query(
    `INSERT INTO ai.model (use_case, tier, title, rule, owner, owner_team, opened_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [model.useCase, model.tier, model.title, model.rule, model.owner, model.ownerTeam, instantParameter(at)],
  );
  await note(tx, actor, 'model open', model.useCase, { use_case: model.useCase });
}

async function recordDataset(tx: Transaction, dataset: DatasetRecord, actor: Actor, at: Instant, note: Note): Promise<void> {
  refuseOtherDuty(actor, 'record a data set');
  const { rows } = await tx.query<DatasetRow>(`SELECT ${DATASET_COLUMNS} FROM ai.dataset WHERE id = $1`, [dataset.id]);
  const known = rows[0];
  if (known !== undefined) {
    if (canonicalJson({ ...known, rows: Number(known.rows) }) !== canonicalJson(dataset))
      throw problem('MODEL_CONFLICT', { what: dataset.id });
    return;
  }
  const { id, title, source, licence, legalBasis, mayShip, simulated, residency, firstDate, lastDate } = dataset;
  await tx.query(
    `INSERT INTO ai.dataset (id, sha256, title, source, licence, legal_basis, class, may_ship, simulated, residency, first_date,
       last_date, row_count, sampling, quality, recorded_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      ...[id, dataset.sha256, title, source, licence, legalBasis, dataset.class, mayShip, simulated, residency],
      ...[firstDate, lastDate, dataset.rows, { json: dataset.sampling }, { json: dataset.quality }, instantParameter(at)],
    ],
  );
  await note(tx, actor, 'model dataset', id, { dataset: id });
}

async function register(tx: Transaction, version: NewVersion, actor: Actor, at: Instant, note: Note): Promise<string> {
  refuseOtherDuty(actor, 'register');
  // One registration at a time: numbers have no gaps.
  const { rows } = await tx.query<{ tier: string; owner_team: string; no: number }>(
    `SELECT m.tier, m.owner_team, (SELECT count(*)::int + 1 FROM ai.model_version v WHERE v.use_case = m.use_case) AS no
       FROM ai.model m WHERE m.use_case = $1 FOR UPDATE`,
    [version.useCase],
  );
  const [model] = rows;
  if (model === undefined) throw problem('MODEL_UNKNOWN', { what: version.useCase });
  const id = `${version.useCase}-${model.no}`;
  if (model.owner_team !== actor.team)
    throw problem('MODEL_SEPARATION_REFUSED', {
      ...{ user: actor.user, version: id, command: 'register' },
      reason: `is not of ${model.owner_team}`,
    });
  const hash = sha256(version.artefact);
  const { training } = version;
  await tx.query('INSERT INTO ai.artefact (sha256, body) VALUES ($1, $2) ON CONFLICT (sha256) DO NOTHING', [
    ...[hash, version.artefact],
  ]);
  await tx
    .query(
      `INSERT INTO ai.model_version (id, use_case, no, tier, owner_team, artefact_sha256, params, code_version, environment,
         trained_from, trained_to, seed, operator, started_at, ended_at, iterations, registered_at, since)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)`,
      [
        ...[id, version.useCase, model.no, model.tier, model.owner_team, hash, { json: training.params }],
        ...[training.codeVersion, training.environment, training.trainedFrom, training.trainedTo, training.seed, actor.user],
        ...[
          instantParameter(training.startedAt),
          instantParameter(training.endedAt),
          training.iterations,
          instantParameter(at),
        ],
      ],
    )
    .catch((error: unknown) => {
      throw sqlState(error) === '23505' ? problem('MODEL_CONFLICT', { what: hash }, error) : error;
    });
  for (const author of new Set([actor.user, ...version.authors]))
    await tx.query('INSERT INTO ai.version_author (version, author) VALUES ($1, $2)', [id, author]);
  for (const { dataset, role } of version.datasets)
    await tx.query('INSERT INTO ai.version_dataset (version, dataset, role) VALUES ($1, $2, $3)', [id, dataset, role]);
  await note(tx, actor, 'model register', id, { version: id, use_case: version.useCase, artefact: hash });
  return id;
}

async function recordValidation(
  tx: Transaction,
  id: string,
  runs: readonly ValidationRun[],
  report: string,
  actor: Actor,
  at: Instant,
  note: Note,
): Promise<void> {
  if (actor.duty !== 'model-validator')
    throw problem('MODEL_DUTY_REFUSED', { command: 'validate', needed: 'model-validator', duty: actor.duty });
  const version = (await lockedVersions(tx, id)).find((each) => each.version === id) as VersionRecord & { round: number };
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
  const passed = runs.every((run) => run.passed);
  await note(tx, actor, 'model validation', id, { version: id, suites: runs.length, passed });
}

/** All versions of a version's use case; nobody else governs them until the transaction ends. */
async function lockedVersions(tx: Transaction, id: string): Promise<(VersionRecord & { round: number })[]> {
  const { rows } = await tx.query<{ use_case: string }>(
    `SELECT m.use_case FROM ai.model m JOIN ai.model_version v USING (use_case) WHERE v.id = $1 FOR UPDATE OF m`,
    [id],
  );
  const [model] = rows;
  if (model === undefined) throw problem('MODEL_UNKNOWN', { what: id });
  return readVersions(tx, model.use_case);
}

async function carryOut(tx: Transaction, command: GovernanceCommand, reason: string, note: Note): Promise<readonly Step[]> {
  const versions = await lockedVersions(tx, command.version);
  const standing = versions.find((each) => each.version === command.version) as VersionRecord & { round: number };
  const steps = govern(versions, command, await evidenceOf(tx, standing));
  const { actor, at } = command;
  for (const { transition, before, after } of steps) {
    const params = { version: before.version, transition, from_state: before.state, to_state: after.state };
    const auditNo = await note(tx, actor, `model ${transition}`, before.version, params);
    if (after.signatures.length > before.signatures.length)
      await tx.query(
        `INSERT INTO ai.approval (version, round, approver, team, duty, comment, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [before.version, standing.round, actor.user, actor.team, actor.duty, reason, instantParameter(at)],
      );
    // The first of two signatures moves nothing.
    if (after.state === before.state) continue;
    await tx.query(
      `INSERT INTO ai.transition (version, transition, from_state, to_state, actor, team, duty, reason, at, audit_no)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        ...[before.version, transition, before.state, after.state, actor.user, actor.team, actor.duty, reason],
        ...[instantParameter(at), auditNo],
      ],
    );
  }
  return steps;
}

async function evidenceOf(tx: Transaction, standing: VersionRecord & { round: number }): Promise<Evidence> {
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
