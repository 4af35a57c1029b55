import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem, MICROS_PER_DAY } from '@meridian/base';
import type { Duty } from '@meridian/security';
import {
  type Actor,
  COMMAND_NAMES,
  type CommandName,
  type Evidence,
  govern,
  MANDATORY_SUITES,
  type Standing,
  type Step,
  TRANSITIONS,
} from './governance.ts';
import { seededUniform } from './metrics.ts';

/** The edges as the governance note draws them, written down apart from the program's table. */
const EDGES = new Set([
  ...['DRAFT>SUBMITTED', 'SUBMITTED>IN_VALIDATION', 'IN_VALIDATION>VALIDATED', 'IN_VALIDATION>REJECTED'],
  ...['VALIDATED>APPROVED', 'VALIDATED>REJECTED', 'APPROVED>SHADOW', 'APPROVED>SUSPENDED', 'SHADOW>CANARY'],
  ...['CANARY>CHAMPION', 'CHAMPION>STANDBY', 'STANDBY>CHAMPION', 'SUSPENDED>SHADOW', 'SUSPENDED>IN_VALIDATION'],
  ...['SHADOW>SUSPENDED', 'CANARY>SUSPENDED', 'CHAMPION>SUSPENDED', 'STANDBY>SUSPENDED'],
  ...['DRAFT', 'SUBMITTED', 'VALIDATED', 'APPROVED', 'SHADOW', 'STANDBY', 'SUSPENDED'].map((state) => `${state}>RETIRED`),
]);
const PEOPLE: readonly Actor[] = [
  ...(['owner-1', 'owner-2'].map((user) => ({ user, team: 'quant', duty: 'model-owner' })) as Actor[]),
  { user: 'owner-3', team: 'desk', duty: 'model-owner' },
  ...(['validator-1', 'validator-2'].map((user) => ({ user, team: 'validation', duty: 'model-validator' })) as Actor[]),
  // Duties that fit, people that do not: of the owning team, or authors in another coat.
  { user: 'validator-3', team: 'quant', duty: 'model-validator' },
  { user: 'owner-1', team: 'validation', duty: 'model-validator' },
  { user: 'validator-1', team: 'risk', duty: 'risk' },
  { user: 'owner-1', team: 'risk', duty: 'risk' },
  { user: 'risk-1', team: 'risk', duty: 'risk' },
  { user: 'risk-2', team: 'risk', duty: 'risk' },
  { user: 'risk-1', team: 'risk', duty: 'compliance' },
  { user: 'compliance-1', team: 'compliance', duty: 'compliance' },
  { user: 'system', team: 'house', duty: 'system' },
  { user: 'operator', team: 'house', duty: 'operator' },
  { user: 'trader', team: 'desk', duty: 'trader' },
];
/** Where a life ends: in the random walk its place is taken by a new draft. */
const FINAL = new Set(['RETIRED', 'REJECTED']);
const ENDINGS = new Set<CommandName>(['retire', 'fail', 'decline', 'suspend']);
const FULL: Evidence = {
  lineage: true,
  suites: MANDATORY_SUITES.map((suite) => ({ suite, passed: true })),
  shadow: { days: 60, labelled: 1_000, holds: true },
};

const draft = (version: string, useCase = 'warning', more: Partial<Standing> = {}): Standing => ({
  ...{ version, useCase, tier: 'T2', state: 'DRAFT', since: 0, ownerTeam: 'quant', authors: ['owner-1'] },
  ...{ validator: null, signatures: [], approvedUntil: null, promoter: null },
  ...more,
});
const actor = (user: string, duty: Duty, team: string): Actor => ({ user, duty, team });
const OWNER = actor('owner-1', 'model-owner', 'quant');
const VALIDATOR = actor('validator-1', 'model-validator', 'validation');
const RISK = actor('risk-1', 'risk', 'risk');
const OTHER_RISK = actor('risk-2', 'risk', 'risk');
const COMPLIANCE = actor('compliance-1', 'compliance', 'compliance');
const MACHINE = actor('system', 'system', 'house');

/** Carries commands out one after another. */
function carried(versions: readonly Standing[], ...commands: [CommandName, Actor, string?][]): Standing[] {
  return commands.reduce<Standing[]>(
    (all, [name, by, version = 'v1'], n) => applied(all, govern(all, { name, version, actor: by, at: n + 1 }, FULL)),
    [...versions],
  );
}
const applied = (all: readonly Standing[], steps: readonly Step[]): Standing[] =>
  all.map((each) => steps.find(({ before }) => before.version === each.version)?.after ?? each);
const LIFE: [CommandName, Actor][] = [
  ...([
    ['submit', OWNER],
    ['assign', VALIDATOR],
    ['pass', VALIDATOR],
  ] as [CommandName, Actor][]),
  ...([
    ['approve', RISK],
    ['approve', COMPLIANCE],
    ['deploy', RISK],
  ] as [CommandName, Actor][]),
  ...([
    ['canary', RISK],
    ['promote', OTHER_RISK],
  ] as [CommandName, Actor][]),
];
const refused = (code: string, work: () => unknown) => assert.throws(work, (error) => isProblem(error, code));

test('[AI-a] a version goes from draft to champion through every pair of eyes, and what it replaces stands by', () => {
  const [first] = carried([draft('v1')], ...LIFE);
  assert.equal(first?.state, 'CHAMPION');
  const both = carried(
    [first as Standing, draft('v2')],
    ...LIFE.map(([name, by]): [CommandName, Actor, string] => [name, by, 'v2']),
  );
  assert.deepEqual(
    both.map(({ state }) => state),
    ['STANDBY', 'CHAMPION'],
  );
});

test('[AI-c] a rollback needs no approval: the machine takes the champion out and the one standing by takes over', () => {
  const both = carried(
    [...carried([draft('v1')], ...LIFE), draft('v2')],
    ...LIFE.map(([name, by]): [CommandName, Actor, string] => [name, by, 'v2']),
    ['rollback', MACHINE, 'v2'],
  );
  assert.deepEqual(
    both.map(({ state }) => state),
    ['CHAMPION', 'SUSPENDED'],
  );
  const alone = carried(carried([draft('v1')], ...LIFE), ['rollback', MACHINE]);
  assert.equal(alone[0]?.state, 'SUSPENDED', 'nobody stands by: the rules answer');
});

test('[AI-a] who made a model neither validates, approves, deploys nor promotes it; nor does the team', () => {
  const submitted = carried([draft('v1')], ['submit', OWNER]);
  const as = (duty: Duty) => [actor('owner-1', duty, 'elsewhere'), actor('stranger', duty, 'quant')];
  for (const by of as('model-validator')) refused('MODEL_SEPARATION_REFUSED', () => carried(submitted, ['assign', by]));
  const validated = carried([draft('v1')], ...LIFE.slice(0, 3));
  for (const by of [...as('risk'), actor('validator-1', 'risk', 'risk')])
    refused('MODEL_SEPARATION_REFUSED', () => carried(validated, ['approve', by]));
  refused('MODEL_SEPARATION_REFUSED', () =>
    carried(validated, ['approve', RISK], ['approve', actor('risk-1', 'compliance', 'risk')]),
  );
  refused('MODEL_SEPARATION_REFUSED', () => carried(validated, ['approve', RISK], ['approve', OTHER_RISK]));
  refused('MODEL_SEPARATION_REFUSED', () => carried([draft('v1')], ...LIFE.slice(0, 7), ['promote', RISK]));
  refused('MODEL_DUTY_REFUSED', () => carried(submitted, ['assign', OWNER]));
});

test('[AI-b] a suspension is the machine’s to make and only people’s to lift; without approval in force it is validated anew', () => {
  const suspended = carried([draft('v1')], ...LIFE, ['suspend', MACHINE]);
  assert.equal(suspended[0]?.state, 'SUSPENDED');
  for (const name of COMMAND_NAMES) assert.throws(() => carried(suspended, [name, MACHINE]), name);
  assert.equal(carried(suspended, ['reinstate', VALIDATOR])[0]?.state, 'SHADOW');
  const lapsed = { ...(suspended[0] as Standing), approvedUntil: 0 };
  refused('MODEL_EVIDENCE_MISSING', () => carried([lapsed], ['reinstate', VALIDATOR]));
  const again = carried([lapsed], ['revalidate', VALIDATOR]);
  assert.deepEqual([again[0]?.state, again[0]?.signatures, again[0]?.approvedUntil], ['IN_VALIDATION', [], null]);
});

test('[AI-a] evidence decides: no lineage, a failed or absent suite, too short a shadow or no lead over the rule', () => {
  const attempt = (name: CommandName, by: Actor, from: number, evidence: Partial<Evidence>) => () =>
    govern(carried([draft('v1')], ...LIFE.slice(0, from)), { name, version: 'v1', actor: by, at: 9 }, { ...FULL, ...evidence });
  refused('MODEL_EVIDENCE_MISSING', attempt('submit', OWNER, 0, { lineage: false }));
  refused('MODEL_EVIDENCE_MISSING', attempt('pass', VALIDATOR, 2, { suites: FULL.suites.slice(1) }));
  const failing = FULL.suites.map((run, i) => ({ ...run, passed: i !== 2 }));
  refused('MODEL_EVIDENCE_MISSING', attempt('pass', VALIDATOR, 2, { suites: failing }));
  for (const shadow of [{ days: 19 }, { labelled: 999 }, { holds: false }])
    refused('MODEL_EVIDENCE_MISSING', attempt('canary', RISK, 6, { shadow: { ...FULL.shadow, ...shadow } }));
});

test('[AI-a] 100,000 random commands: no illegal state, none by the wrong hands, every edge walked', (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  t.diagnostic(`SEED=${seed}`);
  const uniform = seededUniform(seed);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(uniform() * of.length)] as T;
  const walked = new Map<string, number>();
  let [done, carriedOut] = [0, 0];
  while (done < 100_000) {
    // Some begin far along, or the rare ends would hardly be met.
    let all: Standing[] = [];
    for (const version of ['a1', 'a2', 'a3', 'b1', 'b2']) {
      const authors = uniform() < 0.3 ? ['owner-1', 'owner-2'] : ['owner-1'];
      const first = draft(version, version[0], { tier: pick(['T1', 'T2', 'T3']), authors });
      const begun = LIFE.slice(0, Math.floor(uniform() * (LIFE.length + 1)));
      all = carried([...all, first], ...begun.map(([name, by]): [CommandName, Actor, string] => [name, by, version]));
    }
    let at = 100;
    for (let n = 0; n < 250; n++, done++) {
      at += Math.floor(uniform() ** 40 * 400 * MICROS_PER_DAY);
      const before = pick(all);
      // Half of the time something that this state knows, or nothing would ever get far.
      const fitting = COMMAND_NAMES.filter((name) => (TRANSITIONS[name].from as readonly string[]).includes(before.state));
      const onwards = uniform() < 0.8 ? fitting.filter((each) => !ENDINGS.has(each)) : fitting;
      const name = uniform() < 0.8 && onwards.length > 0 ? pick(onwards) : pick(COMMAND_NAMES);
      const by =
        uniform() < 0.7
          ? pick(PEOPLE.filter(({ duty }) => (TRANSITIONS[name].duties as readonly Duty[]).includes(duty)))
          : pick(PEOPLE);
      const evidence =
        uniform() < 0.8
          ? FULL
          : { ...FULL, lineage: uniform() < 0.5, suites: FULL.suites.slice(1), shadow: { days: 1, labelled: 2, holds: false } };
      let steps: readonly Step[];
      try {
        steps = govern(all, { name, version: before.version, actor: by, at }, evidence);
      } catch (error) {
        if (!isProblem(error)) throw error;
        continue;
      }
      carriedOut++;
      for (const step of steps) judge(step, by, at, evidence, walked);
      all = applied(all, steps).map((each) => (FINAL.has(each.state) ? draft(each.version, each.useCase) : each));
      for (const useCase of ['a', 'b'])
        assert.ok(all.filter((each) => each.useCase === useCase && each.state === 'CHAMPION').length <= 1, 'one champion');
    }
  }
  assert.deepEqual([...walked.keys()].sort(), [...EDGES].sort(), 'exactly the edges of the note');
  t.diagnostic(`${done} commands, ${carriedOut} carried out, 0 illegal`);
});

/** What must hold of every change, stated apart from the machine. */
function judge({ before, after }: Step, by: Actor, at: number, evidence: Evidence, walked: Map<string, number>): void {
  const made = (user: string, team: string) => before.authors.includes(user) || team === before.ownerTeam;
  if (before.state !== after.state) {
    const edge = `${before.state}>${after.state}`;
    assert.ok(EDGES.has(edge), edge);
    walked.set(edge, (walked.get(edge) ?? 0) + 1);
  }
  const isTowardsUse = ['IN_VALIDATION', 'VALIDATED', 'APPROVED', 'SHADOW', 'CANARY'].includes(after.state);
  if (isTowardsUse) assert.ok(!made(by.user, by.team), 'its makers do not let it through');
  if (before.state === 'SUSPENDED') assert.ok(!['system', 'operator'].includes(by.duty), 'only people lift a suspension');
  if (after.state === 'VALIDATED' && before.state === 'IN_VALIDATION') {
    assert.equal(before.validator?.user, by.user);
    assert.ok(evidence.suites.length === MANDATORY_SUITES.length);
  }
  if (['APPROVED', 'SHADOW', 'CANARY', 'CHAMPION', 'STANDBY'].includes(after.state)) {
    const users = after.signatures.map(({ user }) => user);
    assert.deepEqual(after.signatures.map(({ duty }) => duty).sort(), ['compliance', 'risk']);
    assert.equal(new Set([...users, after.validator?.user]).size, 3, 'three people besides its makers');
    for (const { user, team } of after.signatures) assert.ok(!made(user, team));
  }
  if (['SHADOW', 'CANARY', 'CHAMPION'].includes(after.state)) assert.ok(at < (after.approvedUntil ?? 0), 'approval in force');
  if (after.state === 'CHAMPION' && before.state === 'CANARY') assert.notEqual(after.promoter, by.user, 'four eyes');
}
