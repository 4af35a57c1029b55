import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type DateText, type Instant, isProblem, MICROS_PER_DAY } from '@meridian/base';
import { checkDatabase } from '@meridian/catalog';
import { violatedConstraint } from '@meridian/store';
import './index.ts';
import { type Actor, COMMAND_NAMES, TRANSITIONS } from './governance.ts';
import { type ReliabilityBin, reliability, seededUniform } from './metrics.ts';
import {
  advance,
  COMPLIANCE,
  championed,
  DATASET,
  OTHER_RISK,
  OWNER,
  passSuites,
  RISK,
  registered,
  type ScratchRegistry,
  SHADOW_BEGIN,
  SHADOW_END,
  scratchRegistry,
  seedShadow,
  T0,
  USE_CASE,
  VALIDATOR,
} from './scratch-registry.ts';

let house: ScratchRegistry;
before(async () => {
  house = await scratchRegistry();
});
after(() => house?.remove());

const refused = (code: string, work: Promise<unknown>) => assert.rejects(work, (error) => isProblem(error, code));
/** The database itself refuses. */
const barred = (constraint: string | undefined, sql: string, parameters: readonly (string | number)[] = []) =>
  assert.rejects(house.database.query(sql, parameters), (error) =>
    constraint === undefined ? true : violatedConstraint(error) === constraint,
  );
const state = async (version: string) => (await house.registry.versions()).find((each) => each.version === version)?.state;

test('[DS-1] every column of the room is declared with its type and class', async () => {
  const drifts = await checkDatabase((sql: string) => house.database.query(sql));
  const kinds = ['undeclared', 'absent', 'type', 'relation'];
  assert.deepEqual(
    drifts.filter((drift) => drift.name.startsWith('ai.') && kinds.includes(drift.kind)),
    [],
  );
});

test('[AI-a] the database holds the same edges as the program', async () => {
  const { rows } = await house.database.query<{ edge: string }>(
    `SELECT transition || ' ' || from_state || ' ' || to_state || ' ' || duty AS edge FROM ai.legal_transition`,
  );
  const edges = Object.entries(TRANSITIONS).flatMap(([name, { from, to, duties }]) =>
    from.flatMap((each) => duties.map((duty) => `${name} ${each} ${to} ${duty}`)),
  );
  assert.deepEqual(rows.map(({ edge }) => edge).sort(), edges.sort());
});

test('[AI-a, AI-c] registered, validated, approved, in the shadow, promoted, rolled back: all of it in the audit chain', async () => {
  const first = await championed(house);
  assert.equal(await state(first), 'CHAMPION');
  const second = await championed(house, undefined, (version) =>
    barred(
      'one_champion',
      `INSERT INTO ai.transition (version, transition, from_state, to_state, actor, team, duty, reason, at, audit_no)
       VALUES ($1, 'promote', 'CANARY', 'CHAMPION', 'risk-2', 'risk', 'risk', 'beside the first', '2024-03-02Z', 0)`,
      [version],
    ),
  );
  assert.deepEqual([await state(first), await state(second)], ['STANDBY', 'CHAMPION']);
  assert.equal((await house.registry.routing(USE_CASE, SHADOW_END)).champion?.version, second);
  const machine: Actor = { user: 'system', team: 'house', duty: 'system' };
  await house.registry.command({ name: 'rollback', version: second, actor: machine, at: SHADOW_END + 1 }, 'drift');
  assert.deepEqual([await state(first), await state(second)], ['CHAMPION', 'SUSPENDED']);

  const history = await house.registry.history(first);
  assert.deepEqual(
    history.map(({ transition }) => transition),
    ['submit', 'assign', 'pass', 'approve', 'deploy', 'canary', 'promote', 'supersede', 'reinstall'],
  );
  const { rows } = await house.database.query<{ no: bigint; action: string; actor: string }>(
    'SELECT no, action, actor FROM security.audit_entry WHERE no = ANY($1)',
    [history.map(({ auditNo }) => auditNo)],
  );
  assert.deepEqual(
    rows.map(({ action, actor }) => `${action} ${actor}`).sort(),
    history.map(({ transition, actor }) => `model ${transition} ${actor}`).sort(),
  );
  const { rows: ran } = await house.database.query<{ route: string; open: boolean }>(
    'SELECT route, closed_at IS NULL AS open FROM ai.deployment WHERE version = $1 ORDER BY no',
    [first],
  );
  assert.deepEqual(
    ran.map(({ route, open }) => `${route} ${open}`),
    [...['SHADOW false', 'CANARY false', 'CHAMPION false', 'STANDBY false', 'CHAMPION true']],
  );
  assert.deepEqual((await house.audit.verify()).fault, undefined);
  await house.registry.command({ name: 'suspend', version: first, actor: machine, at: SHADOW_END + 2 }, 'test is over');
});

test('[AI-a] a shadow too short, or no better than the rule, goes no further', async () => {
  const version = await registered(house.registry);
  await advance(house.registry, version, 6, SHADOW_BEGIN);
  const canary = { name: 'canary', version, actor: RISK, at: SHADOW_END } as const;
  await refused('MODEL_EVIDENCE_MISSING', house.registry.command(canary, 'too early'));
  await seedShadow(house.database, version, 25, 1_000, '2024-01-15' as DateText);
  await house.database.query(
    `INSERT INTO ai.decision SELECT (x).* FROM (SELECT jsonb_populate_record(d, jsonb_build_object('no', d.no + 500000, 'score', 0.999)) AS x
       FROM ai.decision d WHERE d.version = $1) s`,
    [version],
  );
  await house.database.query(
    `INSERT INTO ai.decision_outcome SELECT no, false, now() FROM ai.decision WHERE version = $1 AND no > 500000`,
    [version],
  );
  await assert.rejects(
    house.registry.command(canary, 'worse'),
    (error) => isProblem(error) && /a lead over the rule/.test(error.message),
  );
  await house.registry.command({ ...canary, name: 'suspend' }, 'test is over');
});

test('[AI-b] an approval that has lapsed takes every version out by itself', async () => {
  const version = await registered(house.registry);
  await advance(house.registry, version, 6);
  assert.ok((await house.registry.routing(USE_CASE, T0)).shadow.some((each) => each.version === version));
  const late = T0 + 365 * MICROS_PER_DAY;
  assert.deepEqual((await house.registry.routing(USE_CASE, late)).shadow, [], 'lapsed: routed no more, even before the sweep');
  assert.ok((await house.registry.expire(late)).includes(version));
  assert.equal(await state(version), 'SUSPENDED');
  await refused(
    'MODEL_EVIDENCE_MISSING',
    house.registry.command({ name: 'reinstate', version, actor: VALIDATOR, at: late }, 'no'),
  );
  await house.registry.command({ name: 'revalidate', version, actor: VALIDATOR, at: late }, 'anew');
  await refused(
    'MODEL_EVIDENCE_MISSING',
    house.registry.command({ name: 'pass', version, actor: VALIDATOR, at: late }, 'old suites'),
  );
});

test('[AI-a, DS-10] over SQL: no state by hand, no illegal edge, no maker as judge, no missing signature, no second champion', async () => {
  const version = await registered(house.registry);
  const insert = `INSERT INTO ai.transition (version, transition, from_state, to_state, actor, team, duty, reason, at, audit_no)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'by hand', now(), 0)`;
  await barred('moved_by_transition', `UPDATE ai.model_version SET state = 'CHAMPION' WHERE id = $1`, [version]);
  await barred('moved_by_transition', `UPDATE ai.model_version SET approved_until = now() + interval '9 years' WHERE id = $1`, [
    version,
  ]);
  await barred('moved_by_transition', `INSERT INTO ai.deployment (version, route, opened_at) VALUES ($1, 'CHAMPION', now())`, [
    version,
  ]);
  await barred('legal_transition', insert, [version, 'promote', 'DRAFT', 'CHAMPION', 'risk-1', 'risk', 'risk']);
  await barred('legal_transition', insert, [version, 'submit', 'DRAFT', 'SUBMITTED', 'owner-1', 'quant', 'risk']);
  await barred('separation_of_duties', insert, [version, 'submit', 'DRAFT', 'SUBMITTED', 'stranger', 'quant', 'model-owner']);
  await advance(house.registry, version, 1);
  const assign = [version, 'assign', 'SUBMITTED', 'IN_VALIDATION'];
  await barred('separation_of_duties', insert, [...assign, 'owner-1', 'validation', 'model-validator']);
  await barred('separation_of_duties', insert, [...assign, 'validator-9', 'quant', 'model-validator']);
  await house.registry.command({ name: 'assign', version, actor: VALIDATOR, at: T0 }, 'mine');
  const pass = [version, 'pass', 'IN_VALIDATION', 'VALIDATED'];
  await barred('mandatory_suites', insert, [...pass, 'validator-1', 'validation', 'model-validator']);
  await barred('separation_of_duties', insert, [...pass, 'validator-2', 'validation', 'model-validator']);
  await passSuites(house.registry, version, T0, false);
  await barred('mandatory_suites', insert, [...pass, 'validator-1', 'validation', 'model-validator']);
  await passSuites(house.registry, version, T0);
  await house.registry.command({ name: 'pass', version, actor: VALIDATOR, at: T0 }, 'passed');
  await barred('two_signatures', insert, [version, 'approve', 'VALIDATED', 'APPROVED', 'risk-1', 'risk', 'risk']);
  const sign = `INSERT INTO ai.approval (version, round, approver, team, duty, comment, at) VALUES ($1, 1, $2, $3, $4, '', now())`;
  await barred('separation_of_duties', sign, [version, 'owner-1', 'risk', 'risk']);
  await barred('separation_of_duties', sign, [version, 'validator-1', 'risk', 'risk']);
  await barred('separation_of_duties', sign, [version, 'risk-9', 'quant', 'risk']);
  await house.registry.command({ name: 'approve', version, actor: RISK, at: T0 }, 'fine');
  await barred('one_signature_a_duty', sign, [version, 'risk-2', 'risk', 'risk']);
  await barred(undefined, sign, [version, 'risk-1', 'risk', 'compliance']);
  await barred(undefined, `INSERT INTO ai.version_author (version, author) VALUES ($1, 'late')`, [version]);
});

test('[AI-a] what was said and what happened is kept of each validation, and the newest is told', async () => {
  const version = await registered(house.registry);
  assert.equal(await house.registry.reliability(version), undefined, 'nobody has judged it');
  await advance(house.registry, version, 2);
  // Counted by hand: two bins of two, scores 0.1, 0.3 (one happened) and 0.5, 0.9 (both did).
  const [quiet, loud] = [
    { low: 0.1, high: 0.3, count: 2, predicted: 0.2, observed: 0.5 },
    { low: 0.5, high: 0.9, count: 2, predicted: 0.7, observed: 1 },
  ];
  const bins = reliability([0.9, 0.1, 0.5, 0.3], [1, 0, 1, 1], 2);
  for (const [i, bin] of [quiet, loud].entries())
    for (const [name, value] of Object.entries(bin))
      assert.ok(Math.abs((bins[i] as unknown as Record<string, number>)[name]! - value) < 1e-12, `${i} ${name}`);
  const record = (model: readonly ReliabilityBin[], report: string, at: Instant, actor: Actor = VALIDATOR) =>
    house.registry.recordValidation(version, { runs: [], reliability: { model, rule: [loud] } }, report, actor, at);
  await refused('MODEL_SEPARATION_REFUSED', record(bins, 'by its maker', T0, { ...OWNER, duty: 'model-validator' }));
  await record([loud], 'first', T0);
  await record([quiet, loud], 'second', T0 + 1);
  await record([quiet, loud], 'second', T0 + 1);
  const found = await house.registry.reliability(version);
  assert.deepEqual(found, { model: [quiet, loud], rule: [loud], validator: VALIDATOR.user, at: T0 + 1 });
  await barred(
    'separation_of_duties',
    `INSERT INTO ai.reliability_bin (version, round, source, bin, low, high, predicted, observed, row_count, validator, team, report_sha256, at)
     SELECT version, round, source, bin, low, high, predicted, observed, row_count, 'owner-1', team, report_sha256, at
       FROM ai.reliability_bin WHERE version = $1 LIMIT 1`,
    [version],
  );
});

test('[AI-1] over SQL: what is registered neither changes nor goes; bytes stay under their hash; data have source, licence and class', async () => {
  const tables = [
    'model',
    'artefact',
    'dataset',
    'version_author',
    'version_dataset',
    'validation_run',
    'approval',
    'reliability_bin',
  ];
  for (const table of [...tables, 'legal_transition', 'transition', 'decision', 'decision_outcome', 'review_verdict']) {
    await barred(undefined, `DELETE FROM ai.${table}`);
    await barred(undefined, `TRUNCATE ai.${table} CASCADE`);
  }
  for (const table of ['model_version', 'deployment', 'decision_head', 'review_item'])
    await barred(undefined, `DELETE FROM ai.${table}`);
  await barred(undefined, `UPDATE ai.artefact SET body = 'x'`);
  await barred(undefined, `UPDATE ai.dataset SET licence = 'MIT'`);
  await barred(undefined, `INSERT INTO ai.legal_transition VALUES ('skip', 'DRAFT', 'CHAMPION', 'trader')`);
  await barred('artefact_is_its_hash', `INSERT INTO ai.artefact (sha256, body) VALUES ('${'0'.repeat(64)}', 'anything')`);
  const bare = { ...DATASET, id: 'ds-bare', licence: '' };
  await assert.rejects(house.registry.recordDataset(bare, OWNER, T0));
  await refused('MODEL_CONFLICT', house.registry.recordDataset({ ...DATASET, licence: 'other' }, OWNER, T0));
  await refused(
    'MODEL_DUTY_REFUSED',
    registered({ ...house.registry, register: (v, actor, at) => house.registry.register(v, { ...actor, duty: 'risk' }, at) }),
  );
});

test('[AI-a] 300 random commands on the database: it ends where the machine says, with one champion at most and a whole chain', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`SEED=${seed}`);
  const uniform = seededUniform(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(uniform() * of.length)] as T;
  const people = [OWNER, VALIDATOR, RISK, OTHER_RISK, COMPLIANCE, { ...OWNER, duty: 'risk' as const }];
  const versions = [await registered(house.registry), await registered(house.registry), await registered(house.registry)];
  for (const [i, version] of versions.entries()) await advance(house.registry, version, [6, 2, 0][i] as number, SHADOW_BEGIN);
  await seedShadow(house.database, versions[0] as string, 25, 1_000, '2024-01-15' as DateText);
  let done = 0;
  for (let n = 0; n < 300; n++) {
    const version = pick(versions);
    const before = await state(version);
    const fitting = COMMAND_NAMES.filter(
      (each) =>
        (TRANSITIONS[each].from as readonly string[]).includes(before ?? '') && !['retire', 'fail', 'decline'].includes(each),
    );
    const name = uniform() < 0.9 && fitting.length > 0 ? pick(fitting) : pick(COMMAND_NAMES);
    const able = people.filter(({ duty }) => (TRANSITIONS[name].duties as readonly string[]).includes(duty));
    const actor = uniform() < 0.8 && able.length > 0 ? pick(able) : pick(people);
    try {
      if (before === 'IN_VALIDATION' && uniform() < 0.5) await passSuites(house.registry, version, SHADOW_END + n);
      const steps = await house.registry.command({ name, version, actor, at: SHADOW_END + n }, 'random');
      for (const { after: next } of steps) assert.equal(await state(next.version), next.state);
      done++;
    } catch (error) {
      if (!isProblem(error)) throw error;
      assert.equal(await state(version), before, 'refused: nothing moved');
    }
  }
  const { rows } = await house.database.query<{ n: bigint }>(
    `SELECT count(*) AS n FROM ai.model_version WHERE state = 'CHAMPION'`,
  );
  assert.ok((rows[0]?.n ?? 0n) <= 1n);
  assert.equal((await house.audit.verify()).fault, undefined);
  t.diagnostic(`${done} carried out`);
});
