import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { canonicalJson } from '@meridian/base';
import { type Features, score } from './artefact.ts';
import { type Decision, type DecisionLog, type NewDecision, openDecisionLog } from './decision-log.ts';
import { sha256 } from './digest.ts';
import { seededUniform } from './metrics.ts';
import { MODEL, sealedModel } from './model.fixture.ts';
import { ruleScore } from './rule.ts';
import { registered, type ScratchRegistry, scratchRegistry, T0, USE_CASE } from './scratch-registry.ts';

let house: ScratchRegistry;
let log: DecisionLog;
let version: string;
const artefact = sealedModel();
before(async () => {
  house = await scratchRegistry();
  version = await registered(house.registry, artefact.body);
});
after(() => house?.remove());
beforeEach(async () => {
  await behind(`DELETE FROM ai.decision_head; DELETE FROM ai.decision_outcome; DELETE FROM ai.decision;
    DELETE FROM security.audit_entry WHERE action = 'decisions anchored'; DELETE FROM security.audit_head; DELETE FROM security.audit_entry`);
  log = openDecisionLog(house);
});

/** What whoever owns the database can do behind every trigger. */
const behind = (sql: string) =>
  house.database.connection(async (connection) => {
    await connection.script(`SET session_replication_role = replica; ${sql}; SET session_replication_role = origin`);
  });

const uniform = seededUniform(7);
/** Awkward doubles on purpose: what JSON and the database do to them must not cost a bit. */
const features = (): Features => ({
  dtb: uniform() * 6,
  concentration: uniform() / 3,
  volTurn: (uniform() - 0.5) * 1e-7,
  netGross: -0,
});

function decision(byModel: boolean): NewDecision {
  const input = { features: features(), figures: { equity: 1_234_567, currency: 'CNY', leverage: null } };
  const answer = byModel
    ? { route: 'CHAMPION' as const, version, artefact: artefact.sha256, fallback: null, score: score(MODEL, input.features) }
    : {
        route: 'rules' as const,
        version: null,
        artefact: null,
        fallback: 'deadline' as const,
        score: ruleScore(input.features['dtb'] as number),
      };
  return {
    ...{ useCase: USE_CASE, subject: 'master 1', businessDate: '2024-01-02', at: T0, input, threshold: 0.2, outcome: 'quiet' },
    ...answer,
    ...{ tier: 'T2', reasons: [], counterfactual: null, explanationZh: '正常', explanationEn: 'quiet', latencyUs: 17 },
  };
}
const filled = async (count: number) => log.append(Array.from({ length: count }, (_, i) => decision(i % 3 !== 0)));

test('[AI-e] the log replays bit for bit, models and rules, also after a restart', async () => {
  await filled(1_500);
  assert.deepEqual(await log.replay(), { decisions: 1_500n, byModel: 1_000n, byRule: 500n, fault: undefined });
  const again = openDecisionLog(house);
  await again.append([decision(true)]);
  assert.equal((await again.replay()).fault, undefined);
  assert.deepEqual(
    (await again.list({ limit: 2 })).map(({ no }) => no),
    [1501n, 1500n],
  );
});

test('[AI-b] what came of a decision is noted once', async () => {
  const [no] = (await filled(2)) as [bigint];
  await log.recordOutcomes([{ decision: no, happened: true }], T0);
  await log.recordOutcomes([{ decision: no, happened: false }], T0);
  const { rows } = await house.database.query<{ happened: boolean }>('SELECT happened FROM ai.decision_outcome');
  assert.deepEqual(rows, [{ happened: true }]);
});

test('[AI-e] an edit, a deletion, an exchange, a cut tail and an entry of somebody else’s are found', async () => {
  const tampered: [string, string, bigint][] = [
    [`UPDATE ai.decision SET outcome = 'warn' WHERE no = 7`, 'edited', 7n],
    [`UPDATE ai.decision SET input = jsonb_set(input, '{features,dtb}', '9') WHERE no = 7`, 'edited', 7n],
    [`DELETE FROM ai.decision WHERE no = 7`, 'missing', 7n],
    [`UPDATE ai.decision SET no = CASE no WHEN 7 THEN -8 ELSE 7 END WHERE no IN (7, 8)`, 'edited', 7n],
    [`DELETE FROM ai.decision WHERE no > 15`, 'truncated', 16n],
    [`UPDATE ai.decision_head SET no = 12`, 'beyond', 13n],
  ];
  for (const [sql, kind, no] of tampered) {
    await filled(20);
    await behind(`ALTER TABLE ai.decision DROP CONSTRAINT IF EXISTS decision_no_check; ${sql}`);
    assert.deepEqual((await log.replay()).fault, { no, kind }, sql);
    await behind(
      'DELETE FROM ai.decision_head; DELETE FROM ai.decision; DELETE FROM security.audit_head; DELETE FROM security.audit_entry',
    );
    log = openDecisionLog(house);
  }
});

/** Rewrites an entry and everything behind it so that the chain is whole again. */
async function rewritten(from: number, change: (decision: Decision) => Partial<Decision>): Promise<void> {
  const all = [...(await log.list({ limit: 1_000 }))].reverse();
  let hash = all[from - 2]?.hash ?? '0'.repeat(64);
  for (const old of all.slice(from - 1)) {
    const { hash: _, ...content } = { ...old, ...(Number(old.no) === from ? change(old) : {}), prevHash: hash };
    hash = sha256(canonicalJson({ ...content, latencyUs: String(content.latencyUs) }));
    await behind(
      `UPDATE ai.decision SET score = ${content.score}, prev_hash = '${content.prevHash}', hash = '${hash}' WHERE no = ${old.no}`,
    );
  }
  await behind(`UPDATE ai.decision_head SET hash = '${hash}'`);
}

test('[AI-e] a chain rewritten to hide another score: scoring again tells, by a single bit', async () => {
  await filled(12);
  await rewritten(6, (old) => ({ score: (old.score as number) * (1 + Number.EPSILON) }));
  assert.deepEqual((await log.replay()).fault, { no: 6n, kind: 'score' });
});

test('[AI-e] a chain rewritten or cut together with its head contradicts what the audit log noted', async () => {
  await log.append([decision(false)]);
  await rewritten(1, () => ({ recordedAt: 1 }));
  await behind(`UPDATE ai.decision SET recorded_at = '1970-01-01 00:00:00.000001+00' WHERE no = 1`);
  assert.deepEqual((await log.replay()).fault, { no: 1n, kind: 'anchor' });
  await behind(`DELETE FROM ai.decision; UPDATE ai.decision_head SET no = 0, hash = '${'0'.repeat(64)}'`);
  assert.deepEqual((await log.replay()).fault, { no: 1n, kind: 'truncated' });
});

test('[AI-a] the bytes behind a decision changed: the replay names it', async () => {
  await filled(3);
  await behind(
    `ALTER TABLE ai.artefact DROP CONSTRAINT artefact_is_its_hash; UPDATE ai.artefact SET body = replace(body, '1.75', '1.76')`,
  );
  assert.deepEqual((await log.replay()).fault, { no: 2n, kind: 'artefact' });
  await behind(`UPDATE ai.artefact SET body = replace(body, '1.76', '1.75')`);
  assert.equal((await log.replay()).fault, undefined);
});
