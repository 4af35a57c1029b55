import './rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openAccountCentre } from '@meridian/accounts';
import { MANDATORY_SUITES, MARGIN_SHORTFALL, type ReasonCode, shippedEarlyWarning, TRANSITIONS } from '@meridian/ai';
import type { AnswerOf, BodyOf, RouteName } from '@meridian/api';
import {
  addDays,
  currency,
  dateText,
  formatInstant,
  type Instant,
  isProblem,
  parseInstant,
  silentLogger,
} from '@meridian/base';
import { crossRate, loadMarketFacts } from '@meridian/market';
import { recordRateSet, recordReference } from '@meridian/reference';
import type { PositionSnapshot, RiskSnapshot } from '@meridian/risk';
import { type Action, type AuditLog, DUTIES, openAuditLog, openAuthorizer, type Principal } from '@meridian/security';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { asked, CLEARING, CLIENT, person, RISK, RISK_TWO } from './approval/scratch-desk.fixture.ts';
import { demoAccounts, demoReference } from './demo/cast.ts';
import { JUDGE_EVERY, type ModelDesk, openModelDesk } from './early-warning.ts';
import { openCursors } from './http/cursor.ts';
import { openDecisions } from './http/decision.ts';
import type { Asking } from './http/endpoint.ts';
import { modelEndpoints } from './http/routes/model.ts';
import { MIGRATIONS } from './migrations.ts';
import { recordCloses } from './published-close.fixture.ts';
import { snapshotReader } from './reading/house.ts';

const BEGIN = parseInstant('2013-10-08T14:00:00Z');
const DAY = 24 * 3_600 * 1_000_000;
const OWNER = person('model-owner', 'model-owner');
const VALIDATOR = person('model-validator', 'model-validator');
const COMPLIANCE = person('compliance', 'compliance');

let scratch: ScratchDatabase;
let audit: AuditLog;
let desk: ModelDesk;
let now: Instant = BEGIN;
let equity = 30_000_000;
let ask: <N extends RouteName>(route: N, principal: Principal, asking?: Partial<Asking<N>>) => Promise<AnswerOf<N>>;

/** Master 1 holds 1,000,000.00 CNY of SPY, a tenth of which is required. */
const GROSS = 100_000_000;
const risk = {
  snapshot: (): RiskSnapshot => ({
    ...{ at: now, clients: [], underlyings: [], issuers: [], markets: [] },
    masters: [
      {
        ...{ master: 1, client: 1, currency: 'CNY', cash: equity, equity, requirement: GROSS / 10, ratio: null },
        ...{ exposure: GROSS, leverage: null, callOpen: false },
      },
    ],
    firm: { currency: 'CNY', long: 0, short: 0, net: 0, gross: 0, underlying: null, counterparty: null },
  }),
  positions: () => positions,
};
const OWN: PositionSnapshot[] = [
  { account: 1, listing: 1, quantity: 1, currency: 'CNY', cost: GROSS, worth: GROSS, profit: 0 },
];
let positions = OWN;

const openDesk = (): ModelDesk =>
  openModelDesk({
    ...{ database: scratch.database, audit, facts: loadMarketFacts(), risk, businessNow: () => now, logger: silentLogger },
    workerOptions: { deadlineMs: 500 },
  });

before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  const { database } = scratch;
  audit = openAuditLog(database, fs.mkdtempSync(path.join(scratch.dataDir, 'keys-')));
  const centre = openAccountCentre({ pool: database });
  await recordReference(database, demoReference(['ARCX', 'XNYS']), { maker: 'maker', checker: 'checker' });
  for (const command of demoAccounts(['ARCX', 'XNYS'])) await centre.execute(command);
  await centre.close();
  desk = openDesk();
  const reading = { database, read: snapshotReader(database), cursors: openCursors() };
  const endpoints = modelEndpoints({ ai: desk.ai, replayed: desk.replayed, reading, businessNow: () => now });
  const decisions = openDecisions(openAuthorizer(), { secondFactor: 'optional' });
  ask = (name, principal, asking = {}) => asked(endpoints, decisions, name, principal, asking);
});
after(async () => {
  assert.equal((await audit.verify()).fault, undefined);
  await desk.close();
  await scratch.remove();
});

const fails = (code: string) => (error: unknown) => isProblem(error, code);
const behind = (sql: string) =>
  scratch.database.connection((connection) =>
    connection.script(`SET session_replication_role = replica; ${sql}; SET session_replication_role = origin`),
  );
/** The next judgement. */
async function later(by = JUDGE_EVERY): Promise<void> {
  now += by;
  await desk.sweep();
}
const listed = async (query: object = {}) => (await ask('GET /v1/decisions', RISK, { query: query as never })).items;

describe('early warning in the house', () => {
  test('[AI-c] says that it cannot tell while there are no prices', async () => {
    await later();
    const [decision] = await listed();
    assert.equal(decision?.reasons[0]?.code, 'NO_PRICES' satisfies ReasonCode);
    assert.deepEqual([decision?.outcome, decision?.score, decision?.master, decision?.token], ['unknown', null, '1', 'FUND-A']);
  });

  test('[AI-c] judges every five minutes of business time, by the rule while no model is deployed', async () => {
    // Eighty official closes that move by one percent, up and down by turns.
    await recordCloses(
      scratch.database,
      Array.from({ length: 80 }, (_, n) => ({
        ...{ listing: 1, market: 'ARCX', date: addDays(dateText('2013-10-07'), -n), price: n % 2 === 0 ? 168.67 : 167 },
      })),
    );
    const before = (await listed()).length;
    await later(JUDGE_EVERY / 2);
    assert.equal((await listed()).length, before);
    await later(JUDGE_EVERY / 2);
    const [decision, ...others] = await listed();
    assert.equal(others.length, before);
    assert.deepEqual(
      [decision?.route, decision?.outcome, decision?.fault, decision?.version],
      ['rules', 'quiet', 'no-model', null],
    );
    assert.equal((await ask('GET /v1/ai', RISK)).champion, null);
  });

  test('[AI-f] a warning waits for a person of risk, whose veto is final; it names its reasons and a way out', async () => {
    equity = 10_100_000;
    await later();
    const [decision] = await listed({ review: 'waiting' });
    assert.deepEqual([decision?.outcome, decision?.review?.state], ['warn', 'waiting']);
    assert.equal(decision?.reasons[0]?.code, 'NEAR_BREACH' satisfies ReasonCode);
    assert.match(decision?.explanation.zh ?? '', /保证金不足的概率/);
    assert.match(decision?.counterfactual?.en ?? '', /would lift the warning/);
    const params = { decision: decision?.decision as string };
    const verdict = (principal: Principal, body: BodyOf<'POST /v1/decisions/{decision}/review'>) =>
      ask('POST /v1/decisions/{decision}/review', principal, { params, body });
    await assert.rejects(verdict(CLEARING, { verdict: 'veto', reason: 'no' }), fails('DUTY_NOT_PERMITTED'));
    await assert.rejects(verdict(COMPLIANCE, { verdict: 'veto', reason: 'not mine' }), fails('MODEL_DUTY_REFUSED'));
    const ended = await verdict(RISK, { verdict: 'veto', reason: 'the client wired the margin' });
    assert.deepEqual([ended.review?.state, ended.review?.by], ['vetoed', 'risk']);
    await assert.rejects(verdict(RISK_TWO, { verdict: 'confirm', reason: 'look again' }), fails('REVIEW_REFUSED'));
    const quiet = { decision: (await listed()).find(({ review }) => review === null)?.decision as string };
    const asking = { params: quiet, body: { verdict: 'veto', reason: 'what for' } as const };
    await assert.rejects(ask('POST /v1/decisions/{decision}/review', RISK, asking), fails('DECISION_NOT_REVIEWED'));
    await assert.rejects(ask('GET /v1/decisions', CLIENT), fails('DUTY_NOT_PERMITTED'));
    await assert.rejects(ask('GET /v1/decisions', person('abroad', 'risk', { jurisdiction: 'HK' })), fails('FROM_ABROAD'));
  });

  test('[RC-n] what is settled in another currency counts at the rate of record, and nothing is guessed without one', async () => {
    const usd = { currency: 'USD', worth: Math.round(GROSS / 6.1) };
    positions = [{ account: 1, listing: 1, quantity: 1, cost: 0, profit: 0, ...usd }];
    await later();
    assert.equal((await listed())[0]?.reasons[0]?.code, 'HOLDINGS_DIFFER' satisfies ReasonCode);
    const set = loadMarketFacts().rateSets.at(now);
    const rate = crossRate(set, currency('USD'), currency('CNY'));
    positions = [
      { ...(positions[0] as PositionSnapshot), worth: Math.round((GROSS * Number(rate.denominator)) / Number(rate.numerator)) },
    ];
    await recordRateSet(scratch.database, set, { maker: 'maker', checker: 'checker' });
    await later();
    assert.equal((await listed())[0]?.outcome, 'warn');
    positions = OWN;
  });

  test('[AI-c] a house whose tables are away goes on judging by what it knew, and writes down later what it decided meanwhile', async () => {
    await behind('ALTER SCHEMA ai RENAME TO ai_away');
    await later();
    assert.equal(desk.ai.earlyWarning.unwritten, 1);
    await behind('ALTER SCHEMA ai_away RENAME TO ai; ALTER SCHEMA accounts RENAME TO accounts_away');
    await later();
    await behind('ALTER SCHEMA accounts_away RENAME TO accounts');
    const [booksAway, late] = await listed();
    assert.deepEqual([desk.ai.earlyWarning.unwritten, booksAway?.fault, late?.fault], [0, 'no-model', 'registry']);
  });
});

/** As a validation leaves it: shares of one, and rows. */
const SAID = {
  model: [{ low: 0.1, high: 0.3, count: 20, predicted: 0.2, observed: 0.15 }],
  rule: [{ low: 0.2, high: 0.6, count: 20, predicted: 0.4, observed: 0.15 }],
};

describe('a model version', () => {
  let version = '';
  const step = (
    kind: 'register' | 'validate' | 'approve' | 'deploy' | 'suspend',
    by: Principal,
    to: BodyOf<'POST /v1/models/{version}/register'>['to'],
  ) => ask(`POST /v1/models/{version}/${kind}`, by, { params: { version }, body: { to, reason: 'as agreed' } });
  const mine = async (by: Principal) =>
    (await ask('GET /v1/models/{version}', by, { params: { version } })).version.moves
      .filter((each) => each.mine)
      .map(({ to, duty }) => `${to} ${duty}`);

  before(async () => {
    const { registry } = desk.ai;
    const shipped = shippedEarlyWarning();
    const actor = { user: OWNER.user, team: 'quant', duty: 'model-owner' } as const;
    await registry.openCase(
      {
        ...{ useCase: MARGIN_SHORTFALL, tier: 'T2', title: 'early warning', rule: '2Φ(−DtB)' },
        ...{ owner: actor.user, ownerTeam: actor.team },
      },
      actor,
      now,
    );
    await registry.recordDataset(
      {
        ...{ id: 'ds-test', sha256: 'f'.repeat(64), title: 'rates', source: 'ECB', licence: 'free', legalBasis: 'public' },
        ...{ class: 'general', mayShip: true, simulated: 'clients', residency: 'market', firstDate: '1999-01-04' },
        ...{ lastDate: '2013-01-04', rows: 1_000, sampling: {}, quality: {} },
      },
      actor,
      now,
    );
    version = await registry.register(
      {
        ...{ useCase: MARGIN_SHORTFALL, artefact: shipped.body, authors: [] },
        datasets: [{ dataset: 'ds-test', role: 'training' }],
        training: {
          ...{
            params: {},
            codeVersion: 'test',
            environment: 'test',
            trainedFrom: '1999-01-04',
            trainedTo: '2011-04-07',
            seed: 1,
          },
          ...{ startedAt: now, endedAt: now, iterations: 1 },
        },
      },
      actor,
      now,
    );
  });

  test('[AI-a] goes from hand to hand: owner, validator, risk and compliance; nobody takes two of them', async () => {
    assert.deepEqual([await mine(OWNER), await mine(VALIDATOR)], [['submitted model-owner', 'retired model-owner'], []]);
    await assert.rejects(step('register', person('owner-2', 'model-owner'), 'submitted'), fails('MODEL_SEPARATION_REFUSED'));
    assert.equal((await step('register', OWNER, 'submitted')).version.state, 'submitted');
    await assert.rejects(step('validate', OWNER, 'in-validation'), fails('DUTY_NOT_PERMITTED'));
    assert.deepEqual(await mine(VALIDATOR), ['in-validation model-validator']);
    const judged = await step('validate', VALIDATOR, 'in-validation');
    assert.deepEqual([judged.version.state, judged.reliability], ['in-validation', null]);
    await assert.rejects(step('validate', VALIDATOR, 'validated'), fails('MODEL_EVIDENCE_MISSING'));
    const runs = MANDATORY_SUITES.map((suite) => ({
      ...{ suite, testCase: 'all', metric: 'lead', value: 1, low: 0.5, high: 1.5, threshold: 0, passed: true },
    }));
    const actor = { user: VALIDATOR.user, team: 'model-validator', duty: 'model-validator' } as const;
    await desk.ai.registry.recordValidation(version, { runs, reliability: SAID }, 'report', actor, now);
    assert.equal((await step('validate', VALIDATOR, 'validated')).version.state, 'validated');
    await assert.rejects(step('approve', RISK, 'champion'), fails('MODEL_MOVE_ELSEWHERE'));
    assert.equal((await step('approve', RISK, 'approved')).version.state, 'validated', 'one signature of two');
    await assert.rejects(step('approve', RISK_TWO, 'approved'), fails('MODEL_SEPARATION_REFUSED'));
    const approved = await step('approve', COMPLIANCE, 'approved');
    assert.deepEqual([approved.version.state, approved.version.live], ['approved', false]);
    assert.deepEqual(
      approved.transitions.map(({ to, by }) => `${to} ${by}`),
      ['submitted model-owner', 'in-validation model-validator', 'validated model-validator', 'approved compliance'],
    );
    assert.equal(approved.datasets[0]?.dataset, 'ds-test');
    assert.equal(approved.validations.length, MANDATORY_SUITES.length);
    assert.deepEqual(approved.reliability, { ...SAID, by: VALIDATOR.user, at: formatInstant(now) });
    assert.ok('terms' in approved.card);
  });

  test('[AI-c] is suspended by anybody on duty, and the switch over all models holds in the next life too', async () => {
    assert.deepEqual(
      (await ask('GET /v1/models', RISK)).map(({ state }) => state),
      ['approved'],
    );
    await assert.rejects(step('suspend', CLEARING, 'suspended'), fails('DUTY_NOT_PERMITTED'));
    // Who may switch the models is one thing; who owns or validates one of them another.
    await assert.rejects(
      ask('PUT /v1/ai/mode', VALIDATOR, { body: { mode: 'rules', reason: 'mine is bad' } }),
      fails('DUTY_NOT_PERMITTED'),
    );
    assert.equal((await ask('PUT /v1/ai/mode', COMPLIANCE, { body: { mode: 'rules', reason: 'a drill' } })).mode, 'rules');
    assert.equal((await ask('PUT /v1/ai/mode', COMPLIANCE, { body: { mode: 'model', reason: 'over' } })).mode, 'model');
    const off = await ask('PUT /v1/ai/mode', RISK, { body: { mode: 'rules', reason: 'a drill' } });
    assert.deepEqual([off.mode, off.breaker], ['rules', 'closed']);
    const next = openDesk();
    assert.equal(await next.ai.registry.mode(), 'rules');
    await next.close();
    await later();
    assert.equal((await listed())[0]?.fault, 'switched-off');
    assert.equal((await ask('PUT /v1/ai/mode', RISK, { body: { mode: 'model', reason: 'it is over' } })).mode, 'model');
    const { rows } = await scratch.database.query(
      `SELECT 1 FROM security.audit_entry WHERE action LIKE 'model %' AND actor = 'risk'`,
    );
    assert.ok(rows.length >= 3, 'signature and two switchings are audited');
  });
});

type Step = keyof typeof TRANSITIONS;
test('[AI-a] whom the registry takes a step from, the policies let take it, and nobody else', () => {
  const policies = openAuthorizer();
  // Retiring goes by the route of registering, where it is the owner's; risk retires at the command line.
  const STEPS = {
    ...{ 'model.register': ['submit'], 'model.validate': ['assign', 'pass', 'fail', 'reinstate', 'revalidate'] },
    ...{ 'model.approve': ['approve', 'decline'], 'model.deploy': ['deploy', 'canary', 'promote'] },
    'model.suspend': ['suspend', 'rollback'],
  } as const satisfies Partial<Record<Action, readonly Step[]>>;
  for (const [action, steps] of Object.entries(STEPS) as [Action, readonly Step[]][])
    for (const duty of DUTIES) {
      const takes = steps.some((step) => (TRANSITIONS[step].duties as readonly string[]).includes(duty));
      const { allow } = policies.decide(person(duty, duty), action, { kind: 'model' }, { secondFactor: 'required' });
      assert.equal(allow, takes, `${action} by ${duty}`);
    }
});

test('[AI-b] the log is replayed once a day, and one that does not come out switches the models off', async () => {
  await later(DAY);
  const { replay, decisions } = await ask('GET /v1/ai', RISK);
  assert.equal(replay?.exact, true);
  assert.ok((replay?.decisions ?? 0) >= 5 && decisions >= (replay?.decisions ?? 0));
  await behind(`UPDATE ai.decision SET score = 0.5 WHERE no = (SELECT max(no) FROM ai.decision WHERE score IS NOT NULL)`);
  await later(DAY);
  const broken = await ask('GET /v1/ai', RISK);
  assert.deepEqual([broken.replay?.exact, broken.mode], [false, 'rules']);
});
