import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Features, score } from './artefact.ts';
import { type Answer, canaryShare, type Decider, openDecider, placeOf } from './decider.ts';
import type { FaultPlan } from './faulty-worker.fixture.ts';
import { MODEL, sealedModel } from './model.fixture.ts';
import type { VersionRecord } from './model-version.ts';
import type { ModelRegistry } from './registry.ts';
import { ruleScore } from './rule.ts';
import { openScorer, type Scorer, type ScorerFault } from './scorer.ts';
import {
  championed,
  RISK,
  type ScratchRegistry,
  SHADOW_BEGIN,
  SHADOW_END,
  scratchRegistry,
  USE_CASE,
} from './scratch-registry.ts';

/** Long enough for two busy cores; the bench measures the real one. */
const DEADLINE_MS = 1_500;
const DECISIONS = 400;
const FAULT_AT = 100;

let house: ScratchRegistry;
const champion = sealedModel();
before(async () => {
  house = await scratchRegistry();
  await championed(house, champion.body);
});
after(() => house?.remove());

const featuresOf = (i: number): Features => ({ dtb: 0.1 + (i % 37) / 10, concentration: (i % 11) / 10 });

interface Harness {
  readonly decider: Decider;
  readonly scorer: Scorer;
  readonly calls: Int32Array;
}

async function harness(
  plan: Omit<FaultPlan, 'calls' | 'lateMs'>,
  registry: ModelRegistry = house.registry,
  // The breaker’s clock stands still: a busy machine must not run into the probe.
  now: () => number = () => 0,
) {
  const calls = new SharedArrayBuffer(4);
  const worker = new URL('./faulty-worker.fixture.ts', import.meta.url);
  const workerData: FaultPlan = { ...plan, calls, lateMs: 3 * DEADLINE_MS };
  const scorer = openScorer({ worker, workerData, deadlineMs: DEADLINE_MS, now });
  const decider = openDecider({ registry, scorer, deadlineMs: DEADLINE_MS });
  await scorer.load(champion);
  while (!(await decider.standby(USE_CASE, SHADOW_END)).models.has(champion.sha256)) await scorer.load(champion);
  return { scorer, decider, calls: new Int32Array(calls) } satisfies Harness;
}

/** Asks four hundred times; after the fault the worker is waited for now and then, so that it is asked again. */
async function asked({ decider, scorer }: Harness, onFault: () => Promise<void> = async () => {}): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < DECISIONS; i++) {
    if (i === FAULT_AT) await onFault();
    if (i > FAULT_AT && i < FAULT_AT + 8 && answers.at(-1)?.fallback !== 'registry') await scorer.load(champion);
    const standby = await decider.standby(USE_CASE, SHADOW_END);
    const [answer] = await decider.decide(standby, 'master 1', featuresOf(i), SHADOW_END);
    answers.push(answer);
  }
  return answers;
}

const kinds = (answers: readonly Answer[]) => new Set(answers.map(({ fallback }) => fallback));

const FAULTS: readonly (readonly [FaultPlan['fault'], ScorerFault])[] = [
  ...([
    ['crash', 'crash'],
    ['hang', 'deadline'],
    ['spin', 'deadline'],
    ['nan', 'not-a-number'],
  ] as const),
  ...([
    ['range', 'out-of-range'],
    ['late', 'deadline'],
    ['hash', 'wrong-artefact'],
  ] as const),
];
for (const [fault, named] of FAULTS) {
  test(`[AI-c] ${fault}: every decision is answered, the rule answers at the faulted one, the model no more`, async (t) => {
    const it = await harness({ fault, from: FAULT_AT, times: 1_000 });
    t.after(() => it.scorer.close());
    const answers = await asked(it);
    assert.equal(answers.length, DECISIONS);
    for (const [i, { route, score: said }] of answers.entries()) {
      assert.equal(route, i < FAULT_AT ? 'CHAMPION' : 'rules', `decision ${i}`);
      assert.equal(said, i < FAULT_AT ? score(MODEL, featuresOf(i)) : ruleScore(featuresOf(i)['dtb'] as number));
    }
    assert.equal(answers[FAULT_AT]?.fallback, named);
    assert.ok(kinds(answers.slice(FAULT_AT)).has('breaker'), 'the breaker opened');
    assert.equal(Atomics.load(it.calls, 0), FAULT_AT + 3, 'after three faults in a row it is left alone');
  });
}

test('[AI-c] the registry down: the rule answers at that decision, and at every one after it', async (t) => {
  const away = await scratchRegistry();
  t.after(() => away.remove().catch(() => {}));
  await championed(away, champion.body);
  const it = await harness({ fault: 'none', from: 0, times: 0 }, away.registry);
  t.after(() => it.scorer.close());
  const answers = await asked(it, () => away.scratch.postgres.stop());
  assert.equal(answers.length, DECISIONS);
  for (const [i, { route, fallback }] of answers.entries())
    assert.deepEqual([route, fallback], i < FAULT_AT ? ['CHAMPION', null] : ['rules', 'registry'], `decision ${i}`);
});

test('[AI-c] a model that recovers is let back by one probe; one that does not waits twice as long each time, five minutes at most', async (t) => {
  let clock = 0;
  const it = await harness({ fault: 'nan', from: 0, times: 5 }, house.registry, () => clock);
  t.after(() => it.scorer.close());
  const standby = await it.decider.standby(USE_CASE, SHADOW_END);
  const fallback = async () => (await it.decider.decide(standby, 'master 1', featuresOf(1), SHADOW_END))[0].fallback;
  const told: (string | null)[] = [];
  for (let i = 0; i < 4; i++) told.push(await fallback());
  clock = 1_999;
  told.push(await fallback());
  clock = 2_000; // the probe, which fails: four seconds
  told.push(await fallback());
  clock = 5_999;
  told.push(await fallback());
  clock = 6_000; // fails again: eight
  told.push(await fallback());
  clock = 14_000; // the sixth call is well
  told.push(await fallback(), await fallback());
  const nan = 'not-a-number';
  assert.deepEqual(told, [nan, nan, nan, 'breaker', 'breaker', nan, 'breaker', nan, null, null]);
});

test('[AI-a] a canary meets a fixed, growing share of the accounts; the others hear the champion and it is watched silently', async (t) => {
  const it = await harness({ fault: 'none', from: 0, times: 0 });
  t.after(() => it.scorer.close());
  const { routing, models } = await it.decider.standby(USE_CASE, SHADOW_END);
  const canary: VersionRecord = {
    ...(routing?.champion as VersionRecord),
    version: 'canary',
    state: 'CANARY',
    since: SHADOW_BEGIN,
  };
  const day = 86_400_000_000;
  assert.deepEqual(
    [0, 5, 10].map((days) => canaryShare(SHADOW_BEGIN, SHADOW_BEGIN + days * day)),
    [0.05, 0.25, 1],
  );
  let met = 0;
  for (let i = 0; i < DECISIONS; i++) {
    const standby = { routing: { mode: 'model' as const, champion: routing?.champion ?? null, canary, shadow: [] }, models };
    const [answer, ...beside] = await it.decider.decide(standby, `master ${i}`, featuresOf(i), SHADOW_BEGIN + 6 * day);
    const isMet = placeOf(USE_CASE, `master ${i}`) < 0.25;
    assert.deepEqual([answer.version, answer.route], isMet ? ['canary', 'CANARY'] : [routing?.champion?.version, 'CHAMPION']);
    assert.deepEqual(
      beside.map(({ version, route }) => `${version} ${route}`),
      isMet ? [] : ['canary SHADOW'],
    );
    if (isMet) met++;
  }
  assert.ok(met > 60 && met < 140, `${met} of ${DECISIONS} at a quarter`);
});

test('[AI-c] switched off, the rule answers everybody from that sweep on; anybody on duty may switch off, only people on', async (t) => {
  const it = await harness({ fault: 'none', from: 0, times: 0 });
  t.after(() => it.scorer.close());
  const answer = async () =>
    (await it.decider.decide(await it.decider.standby(USE_CASE, SHADOW_END), 'master 1', featuresOf(1), SHADOW_END)).map(
      ({ route, fallback }) => `${route} ${fallback}`,
    );
  const machine = { user: 'system', team: 'house', duty: 'system' } as const;
  assert.deepEqual(await answer(), ['CHAMPION null']);
  await house.registry.setMode('rules', 'nobody trusts it today', machine, SHADOW_END);
  assert.deepEqual(await answer(), ['rules switched-off']);
  await assert.rejects(house.registry.setMode('model', 'again', machine, SHADOW_END), /MODEL_DUTY_REFUSED/);
  await assert.rejects(
    house.database.query(
      `INSERT INTO ai.mode_change (mode, actor, team, duty, reason, at, audit_no) VALUES ('model', 'system', 'house', 'system', 'x', now(), 0)`,
    ),
  );
  await house.registry.setMode('model', 'looked at', RISK, SHADOW_END);
  assert.deepEqual(await answer(), ['CHAMPION null']);
});
