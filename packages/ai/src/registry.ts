import { canonicalJson, type Instant } from '@meridian/base';
import type { AuditLog, AuditValue } from '@meridian/security';
import { type Database, instantParameter, type Transaction } from '@meridian/store';
import { sha256 } from './digest.ts';
import { type Actor, type GovernanceCommand, govern, isInForce, type ModelState, type Step, type Tier } from './governance.ts';
import { type Mode, readMode, setMode } from './mode.ts';
import { lockedVersions, type NewVersion, readVersions, register, type VersionRecord } from './model-version.ts';
import { problem } from './problems.ts';
import { type Note, refuseOtherDuty } from './registry-note.ts';
import {
  evidenceOf,
  type ReliabilityRecord,
  recordValidation,
  reliabilityOf,
  type ValidationResult,
  type ValidationRun,
  validationRuns,
} from './validation.ts';

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
  recordValidation(version: string, result: ValidationResult, report: string, actor: Actor, at: Instant): Promise<void>;
  /** Carries a command out, or throws what {@link govern} throws. `reason` stands in the record. */
  command(command: GovernanceCommand, reason: string): Promise<readonly Step[]>;
  /** Suspends every version whose approval has lapsed. @returns their ids */
  expire(at: Instant): Promise<readonly string[]>;
  cases(): Promise<readonly ModelCase[]>;
  versions(useCase?: string): Promise<readonly VersionRecord[]>;
  dataset(id: string): Promise<DatasetRecord>;
  validations(version: string): Promise<readonly (ValidationRun & { readonly at: Instant })[]>;
  /** What the newest validation of a version found said and happened; undefined before the first. */
  reliability(version: string): Promise<ReliabilityRecord | undefined>;
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
    recordValidation: (version, result, report, actor, at) =>
      noted((tx) => recordValidation(tx, version, result, report, actor, at, note)),
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
    validations: (version) => validationRuns(database, version),
    reliability: (version) => reliabilityOf(database, version),
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

type DatasetRow = Omit<DatasetRecord, 'rows'> & { rows: bigint };

const CASE_COLUMNS = `use_case AS "useCase", tier, title, rule, owner, owner_team AS "ownerTeam"`;
const DATASET_COLUMNS = `id, sha256, title, source, licence, legal_basis AS "legalBasis", class, may_ship AS "mayShip", simulated,
  residency, first_date AS "firstDate", last_date AS "lastDate", row_count AS rows, sampling, quality`;
const HISTORY = `SELECT no, version, transition, from_state AS "from", to_state AS "to", actor, team, duty, reason, at,
    audit_no AS "auditNo" FROM ai.transition WHERE version = $1 ORDER BY no`;
const LAPSED = `SELECT id FROM ai.model_version WHERE approved_until <= $1
  AND state IN ('APPROVED', 'SHADOW', 'CANARY', 'CHAMPION', 'STANDBY') ORDER BY id`;

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

async function carryOut(tx: Transaction, command: GovernanceCommand, reason: string, note: Note): Promise<readonly Step[]> {
  const versions = await lockedVersions(tx, command.version);
  const standing = versions.find((each) => each.version === command.version) as VersionRecord;
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
