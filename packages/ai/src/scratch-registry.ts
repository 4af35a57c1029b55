import './declarations.ts';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson, type DateText, type Instant, MICROS_PER_DAY, parseInstant } from '@meridian/base';
import { type AuditLog, type Duty, openAuditLog } from '@meridian/security';
import { type Database, type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { type Actor, type CommandName, MANDATORY_SUITES } from './governance.ts';
import { type DatasetRecord, type ModelRegistry, openRegistry } from './registry.ts';

/** A real database with the room's tables, an audit log and people, for this room's tests. */
export interface ScratchRegistry {
  readonly database: Database;
  readonly scratch: ScratchDatabase;
  readonly audit: AuditLog;
  readonly registry: ModelRegistry;
  remove(): Promise<void>;
}

export const USE_CASE = 'margin-shortfall';
export const T0: Instant = parseInstant('2024-01-02T00:00:00Z');
export const SHADOW_BEGIN = T0 + 10 * MICROS_PER_DAY;
export const SHADOW_END = T0 + 60 * MICROS_PER_DAY;
const by = (user: string, duty: Duty, team: string): Actor => ({ user, duty, team });
export const OWNER = by('owner-1', 'model-owner', 'quant');
export const VALIDATOR = by('validator-1', 'model-validator', 'validation');
export const RISK = by('risk-1', 'risk', 'risk');
export const OTHER_RISK = by('risk-2', 'risk', 'risk');
export const COMPLIANCE = by('compliance-1', 'compliance', 'compliance');

/** From draft to champion, by whom. */
export const LIFE: readonly (readonly [CommandName, Actor])[] = [
  ...([
    ['submit', OWNER],
    ['assign', VALIDATOR],
    ['pass', VALIDATOR],
    ['approve', RISK],
  ] as const),
  ...([
    ['approve', COMPLIANCE],
    ['deploy', RISK],
    ['canary', RISK],
    ['promote', OTHER_RISK],
  ] as const),
];

export const DATASET: DatasetRecord = {
  ...{ id: 'ds-test', sha256: 'f'.repeat(64), title: 'test prices', source: 'written by the test', licence: 'Apache-2.0' },
  ...{ legalBasis: 'no personal data', class: 'general', mayShip: true, simulated: 'clients', residency: 'market' },
  ...{ firstDate: '2013-01-02', lastDate: '2013-12-30', rows: 1000, sampling: { clients: 4 }, quality: { rejected: 0 } },
};

export async function scratchRegistry(): Promise<ScratchRegistry> {
  const folders = ['security', 'ai'].map((room) => fileURLToPath(new URL(`../../${room}/migrations`, import.meta.url)));
  const scratch = await scratchDatabase(folders);
  const keys = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-ai-keys-'));
  const audit = openAuditLog(scratch.database, keys);
  const registry = openRegistry({ database: scratch.database, audit });
  const { owner, ownerTeam } = { owner: OWNER.user, ownerTeam: OWNER.team };
  await registry.openCase(
    { useCase: USE_CASE, tier: 'T2', title: 'early warning', rule: '2Φ(−DtB)', owner, ownerTeam },
    OWNER,
    T0,
  );
  await registry.recordDataset(DATASET, OWNER, T0);
  return {
    ...{ database: scratch.database, scratch, audit, registry },
    async remove() {
      await scratch.remove();
      fs.rmSync(keys, { recursive: true, force: true });
    },
  };
}

/** Registers a draft around any artefact text. */
export function registered(
  registry: ModelRegistry,
  artefact: string = canonicalJson({ nonce: Math.random() }),
): Promise<string> {
  const training = {
    ...{ params: {}, codeVersion: 'test', environment: 'test', trainedFrom: '2013-01-02', trainedTo: '2013-12-30' },
    ...{ seed: 1, startedAt: T0, endedAt: T0, iterations: 1 },
  };
  const datasets = [{ dataset: DATASET.id, role: 'training' }] as const;
  return registry.register({ useCase: USE_CASE, artefact, training, authors: [], datasets }, OWNER, T0);
}

/** Takes a version along its life, up to and including a number of commands; suites pass on the way. */
export async function advance(registry: ModelRegistry, version: string, steps: number, at: Instant = T0): Promise<void> {
  for (const [name, actor] of LIFE.slice(0, steps)) {
    if (name === 'pass') await passSuites(registry, version, at);
    await registry.command({ name, version, actor, at }, 'test');
  }
}

export function passSuites(registry: ModelRegistry, version: string, at: Instant, passed = true): Promise<void> {
  const runs = MANDATORY_SUITES.map((suite) => ({
    ...{ suite, testCase: 'all', metric: 'lead', value: 1, low: 0.5, high: 1.5, threshold: 0, passed },
  }));
  return registry.recordValidation(version, { runs }, 'report', VALIDATOR, at);
}

/** Shadow decisions with known outcomes, straight into the tables: what months in the shadow leave behind. */
export async function seedShadow(
  database: Database,
  version: string,
  days: number,
  rows: number,
  from: DateText,
): Promise<void> {
  await database.query(
    `WITH d AS (
       INSERT INTO ai.decision (no, use_case, subject, business_date, at, route, version, artefact_sha256, input, score, threshold,
         outcome, tier, reasons, explanation_zh, explanation_en, latency_us, recorded_at, prev_hash, hash)
       SELECT (SELECT coalesce(max(no), 0) FROM ai.decision) + i, v.use_case, 'M' || (i % 50), $3::date + (i % $4::int), $3::date + (i % $4::int),
              'SHADOW', v.id, v.artefact_sha256, '{"features": {"dtb": 1.5}}', CASE WHEN i % 20 = 0 THEN 0.9 ELSE 0.05 END, 0.5, 'quiet', 'T2',
              '[]', '', '', 0, now(), '', ''
         FROM ai.model_version v, generate_series(1, $2::int) AS i WHERE v.id = $1
       RETURNING no)
     INSERT INTO ai.decision_outcome (decision, happened, known_at) SELECT no, no % 20 = 0, now() FROM d`,
    [version, rows, from, days],
  );
}

/** Registers an artefact and takes it to champion through a shadow of real length. `beforePromotion` happens in the canary. */
export async function championed(
  { registry, database }: ScratchRegistry,
  artefact?: string,
  beforePromotion: (version: string) => Promise<void> = async () => {},
): Promise<string> {
  const version = await registered(registry, artefact);
  await advance(registry, version, 6, SHADOW_BEGIN);
  await seedShadow(database, version, 25, 1_000, '2024-01-15' as DateText);
  for (const [name, actor] of LIFE.slice(6)) {
    if (name === 'promote') await beforePromotion(version);
    await registry.command({ name, version, actor, at: SHADOW_END }, 'test');
  }
  return version;
}
