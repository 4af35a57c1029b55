import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type DateText, isProblem } from '@meridian/base';
import type { MasterSnapshot, RiskSnapshot } from '@meridian/risk';
import { violatedConstraint } from '@meridian/store';
import { type Ai, openAi } from './ai.ts';
import { score } from './artefact.ts';
import { openDecisionLog } from './decision-log.ts';
import type { AssessmentInput, Holding, MarkHistory } from './early-warning.ts';
import { seededUniform } from './metrics.ts';
import {
  COMPLIANCE,
  championed,
  OWNER,
  RISK,
  type ScratchRegistry,
  SHADOW_END,
  scratchRegistry,
  USE_CASE,
} from './scratch-registry.ts';
import { shippedEarlyWarning } from './shipped.ts';

const HOUR = 3_600_000_000;
const DAY = 24 * HOUR;
const shipped = shippedEarlyWarning();
let house: ScratchRegistry;
let ai: Ai;
before(async () => {
  house = await scratchRegistry();
  await championed(house, shipped.body);
  // Its time in the shadow was put there by hand; the log begins now.
  await behind('DELETE FROM ai.decision_outcome; DELETE FROM ai.decision');
  ai = openAi({ ...house, workerOptions: { deadlineMs: 2_000 } });
  await ai.scorer.load(shipped);
  // The first sweep finds the model on its way: the rule answers; from then on it is there.
  let route = '';
  for (let attempt = 0; attempt < 100 && route !== 'CHAMPION'; attempt++) {
    const [warning] = await ai.earlyWarning.assess(sweep([master(1, 3e7)]));
    route = warning?.decision.route ?? '';
  }
  assert.equal(route, 'CHAMPION');
});
after(async () => {
  await ai?.close();
  await house?.remove();
});
beforeEach(() => behind('DELETE FROM ai.review_verdict; DELETE FROM ai.review_item; DELETE FROM ai.decision_outcome'));

const behind = (sql: string) =>
  house.database.connection(async (connection) => {
    await connection.script(`SET session_replication_role = replica; ${sql}; SET session_replication_role = origin`);
  });

/** Holds 1,000,000.00 CNY of one listing; 10 % of it is required. */
const GROSS = 1e8;
const master = (id: number, equity: number): MasterSnapshot => ({
  ...{ master: id, client: id, currency: 'CNY', cash: equity, equity, requirement: 1e7, ratio: Math.floor(equity / 10) },
  ...{ exposure: GROSS, leverage: null, callOpen: false },
});
const snapshotOf = (masters: readonly MasterSnapshot[]): RiskSnapshot => ({
  ...{ at: SHADOW_END, masters, clients: [], underlyings: [], issuers: [], markets: [] },
  firm: { currency: 'CNY', long: 0, short: 0, net: 0, gross: 0, underlying: null, counterparty: null },
});
const uniform = seededUniform(4);
let close = 100;
/** A percent a day, more or less. */
const CLOSES = Array.from({ length: 80 }, () => (close *= 1 + (uniform() - 0.5) * 0.035));

function sweep(masters: readonly MasterSnapshot[], day = 0, more: Partial<AssessmentInput> = {}): AssessmentInput {
  const holdings: Holding[] = masters.map(({ master: id }) => ({ master: id, listing: 7, worth: GROSS }));
  const businessDate = new Date(Date.UTC(2024, 2, 4 + day)).toISOString().slice(0, 10) as DateText;
  const marks = (): MarkHistory => ({ closes: CLOSES, lastDate: businessDate });
  return { snapshot: snapshotOf(masters), holdings, marks, businessDate, at: SHADOW_END + day * DAY, ...more };
}

test('[AI-e] the champion answers; near the call line it warns with reasons and a way out in both languages, and a person is asked', async () => {
  const [calm, near] = await ai.earlyWarning.assess(sweep([master(1, 3e7), master(2, 1.05e7)]));
  assert.deepEqual([calm?.outcome, near?.outcome, near?.decision.route], ['quiet', 'warn', 'CHAMPION']);
  assert.equal(near?.score, score(shipped.model, near?.decision.input.features ?? {}));
  const { reasons, counterfactual, explanationZh, explanationEn } = near?.decision ?? assert.fail();
  assert.equal(reasons[0]?.code, 'NEAR_BREACH');
  assert.match(explanationZh, /^模型估计 5 个交易日内保证金不足的概率为 [\d.]+%，达到预警线 11\.1%：缓冲 5,000\.00 CNY 只够/);
  assert.match(explanationZh, /追加保证金 [\d,.]+ CNY，或减少名义本金 [\d,.]+ CNY，即可解除预警。$/);
  assert.match(explanationEn, /would lift the warning\.$/);
  // Its own advice, followed to the cent, is assessed again.
  const added = counterfactual?.find(({ code }) => code === 'add-margin')?.amount as number;
  const [mended] = await ai.earlyWarning.assess(sweep([master(2, 1.05e7 + added)]));
  assert.equal(mended?.outcome, 'quiet');
  const [item] = await ai.reviews.list();
  assert.deepEqual([item?.decision, item?.subject, item?.duty, item?.state], [near?.no, 'master 2', 'risk', 'OPEN']);
});

test('[AI-c] what is not known is said, never guessed: no prices, stale ones, holdings that do not add up', async () => {
  const cases: [string, Partial<AssessmentInput>][] = [
    ['NO_PRICES', { marks: () => undefined }],
    ['NO_PRICES', { marks: () => ({ closes: CLOSES.slice(0, 60), lastDate: '2024-03-04' as DateText }) }],
    ['STALE_PRICES', { marks: () => ({ closes: CLOSES, lastDate: '2024-01-04' as DateText }) }],
    ['HOLDINGS_DIFFER', { holdings: [{ master: 1, listing: 7, worth: GROSS / 2 }] }],
    ['NOT_DEFINED', { marks: () => ({ closes: CLOSES.map(() => 100), lastDate: '2024-03-04' as DateText }) }],
  ];
  for (const [code, more] of cases) {
    const [warning] = await ai.earlyWarning.assess(sweep([master(1, 1.05e7)], 0, more));
    assert.deepEqual([warning?.outcome, warning?.score, warning?.decision.fallback], ['unknown', null, 'insufficient-data']);
    assert.equal(warning?.decision.reasons[0]?.code, code);
    assert.match(warning?.decision.explanationZh ?? '', /^数据不足/);
  }
  assert.deepEqual(await ai.reviews.list(), []);
  assert.deepEqual(
    await ai.earlyWarning.assess(sweep([{ ...master(1, 1e7), exposure: 0 }])),
    [],
    'nothing held, nothing to say',
  );
});

test('[AI-c] registry and log away: the rule answers every account, and what was decided is written once they are back', async () => {
  await behind('ALTER SCHEMA ai RENAME TO ai_away');
  const away = await ai.earlyWarning.assess(sweep([master(1, 3e7), master(2, 1.05e7)]));
  assert.deepEqual(
    away.map(({ decision, outcome, no }) => [decision.route, decision.fallback, outcome, no]),
    [
      ['rules', 'registry', 'quiet', null],
      ['rules', 'registry', 'warn', null],
    ],
  );
  assert.equal(ai.earlyWarning.unwritten, 2);
  await behind('ALTER SCHEMA ai_away RENAME TO ai');
  const [back] = await ai.earlyWarning.assess(sweep([master(1, 3e7)]));
  assert.equal(ai.earlyWarning.unwritten, 0);
  const [, late] = await ai.decisions.list({ limit: 2 });
  assert.deepEqual([late?.no, late?.fallback], [(back?.no as bigint) - 1n, 'registry']);
  assert.equal((await ai.decisions.replay()).fault, undefined);
});

test('[AI-f] it only tightens: a quiet answer lifts nothing, time lifts nothing, a person’s veto does, and is final', async () => {
  const decide = (item: bigint, verdict: 'uphold' | 'veto', actor = RISK, reason = 'client wired the margin') =>
    ai.reviews.decide({ item, verdict, reason, actor, at: SHADOW_END + HOUR });
  await ai.earlyWarning.assess(sweep([master(2, 1.05e7), master(3, 1.05e7)]));
  await ai.earlyWarning.assess(sweep([master(2, 1.05e7)]));
  const items = await ai.reviews.list();
  assert.equal(items.length, 2, 'one open item an account');
  const [first, second] = ['master 2', 'master 3'].map((subject) => items.find((each) => each.subject === subject));
  await ai.earlyWarning.assess(sweep([master(2, 3e7)]));
  assert.deepEqual(await ai.reviews.tightened(USE_CASE), ['master 2', 'master 3']);
  const item = first?.no as bigint;
  const refused = (code: string, work: Promise<unknown>) => assert.rejects(work, (error) => isProblem(error, code));
  await refused('MODEL_DUTY_REFUSED', decide(item, 'veto', COMPLIANCE));
  await refused('MODEL_SEPARATION_REFUSED', decide(item, 'veto', { ...OWNER, duty: 'risk', team: 'risk' }));
  await refused('MODEL_SEPARATION_REFUSED', decide(item, 'veto', { ...RISK, team: 'quant' }));
  await refused('REVIEW_REFUSED', decide(item, 'veto', RISK, ' '));
  await decide(item, 'veto');
  await refused('REVIEW_REFUSED', decide(item, 'uphold'));
  assert.deepEqual(await ai.reviews.tightened(USE_CASE), ['master 3']);
  assert.equal(await ai.reviews.lapse(SHADOW_END + 5 * HOUR), 1);
  assert.equal((await ai.reviews.list()).find(({ no }) => no === second?.no)?.state, 'LAPSED');
  assert.deepEqual(await ai.reviews.tightened(USE_CASE), ['master 3'], 'nobody looked: it stays tight');
  await ai.earlyWarning.assess(sweep([master(2, 1.05e7)]));
  assert.deepEqual(await ai.reviews.tightened(USE_CASE), ['master 3'], 'vetoed today: not asked again today');
  await ai.earlyWarning.assess(sweep([master(2, 1.05e7)], 2));
  assert.deepEqual(await ai.reviews.tightened(USE_CASE), ['master 2', 'master 3'], 'the day after it may');
});

test('[AI-f] over SQL: no verdict by the model’s makers or another duty, no second one, no item ended or reopened by hand', async () => {
  await ai.earlyWarning.assess(sweep([master(2, 1.05e7)]));
  const item = (await ai.reviews.list())[0]?.no as bigint;
  const barred = (constraint: string, sql: string) =>
    assert.rejects(house.database.query(sql, [item]), (error) => violatedConstraint(error) === constraint, sql);
  const verdict = (reviewer: string, team: string, duty: string) =>
    `INSERT INTO ai.review_verdict VALUES ($1, 'veto', 'by hand', '${reviewer}', '${team}', '${duty}', '2024-03-05Z', 0)`;
  await barred('separation_of_duties', verdict('owner-1', 'risk', 'risk'));
  await barred('separation_of_duties', verdict('risk-9', 'quant', 'risk'));
  await barred('review_duty', verdict('trader', 'desk', 'trader'));
  await barred('ended_by_verdict', `UPDATE ai.review_item SET state = 'VETOED', ended_at = '2024-03-05Z' WHERE no = $1`);
  await barred('ended_by_verdict', `UPDATE ai.review_item SET state = 'LAPSED', ended_at = raised_at WHERE no = $1`);
  await barred('ended_by_verdict', `UPDATE ai.review_item SET due_at = due_at + interval '1 year' WHERE no = $1`);
  await ai.reviews.decide({ item, verdict: 'uphold', reason: 'called the client', actor: RISK, at: SHADOW_END + HOUR });
  await barred('review_open', verdict('risk-2', 'risk', 'risk'));
  await barred('ended_by_verdict', `UPDATE ai.review_item SET state = 'OPEN', ended_at = NULL WHERE no = $1`);
});

test('[AI-b] what came of it: short within five dates is a yes at once, five dates without is a no', async () => {
  await behind(
    'DELETE FROM ai.decision; DELETE FROM ai.decision_head; DELETE FROM security.audit_entry; DELETE FROM security.audit_head',
  );
  const labels = async () => {
    const { rows } = await house.database.query<{ label: string }>(
      `SELECT d.subject || ' ' || d.business_date || ' ' || o.happened AS label FROM ai.decision_outcome o JOIN ai.decision d ON d.no = o.decision`,
    );
    return rows.map(({ label }) => label).sort();
  };
  for (let day = 0; day <= 6; day++) {
    const masters = [master(1, 3e7), master(2, day === 2 ? 0.9e7 : 3e7)];
    const input = sweep(masters, day);
    await ai.earlyWarning.assess(input);
    await ai.earlyWarning.noteClose(input.snapshot, input.businessDate, input.at);
    if (day === 2) assert.deepEqual(await labels(), ['master 2 2024-03-04 true', 'master 2 2024-03-05 true']);
  }
  assert.deepEqual(await labels(), [
    ...['master 1 2024-03-04 false', 'master 1 2024-03-05 false'],
    ...['master 2 2024-03-04 true', 'master 2 2024-03-05 true'],
  ]);
  assert.equal((await openDecisionLog(house).replay()).fault, undefined);
});
