import type { Instant } from '@meridian/base';
import { instantParameter, type Queryable, sqlState, type Transaction } from '@meridian/store';
import { sha256 } from './digest.ts';
import type { Actor, Standing } from './governance.ts';
import { problem } from './problems.ts';
import { type Note, refuseOtherDuty } from './registry-note.ts';

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

/** A version of a model as the registry has it (模型版本): where it stands, and what it was learnt from. */
export interface VersionRecord extends Standing {
  readonly artefact: string;
  readonly trainedFrom: string;
  readonly trainedTo: string;
  readonly registeredAt: Instant;
  readonly datasets: readonly string[];
  /** Which validation this is of it: a version that comes back begins a new one. */
  readonly round: number;
}

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

export async function readVersions(over: Queryable, useCase?: string): Promise<VersionRecord[]> {
  return (await over.query<VersionRecord>(VERSIONS, [useCase ?? null])).rows;
}

export async function register(tx: Transaction, version: NewVersion, actor: Actor, at: Instant, note: Note): Promise<string> {
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

/** All versions of a version's use case; nobody else governs them until the transaction ends. */
export async function lockedVersions(tx: Transaction, id: string): Promise<VersionRecord[]> {
  const { rows } = await tx.query<{ use_case: string }>(
    `SELECT m.use_case FROM ai.model m JOIN ai.model_version v USING (use_case) WHERE v.id = $1 FOR UPDATE OF m`,
    [id],
  );
  const [model] = rows;
  if (model === undefined) throw problem('MODEL_UNKNOWN', { what: id });
  return readVersions(tx, model.use_case);
}
