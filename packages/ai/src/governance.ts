import { type Instant, MICROS_PER_DAY } from '@meridian/base';
import type { Duty } from '@meridian/security';
import { problem } from './problems.ts';

/** Where a model version stands (模型版本状态). AI-a, AI-c. */
export const STATES = [
  ...(['DRAFT', 'SUBMITTED', 'IN_VALIDATION', 'VALIDATED', 'REJECTED', 'APPROVED'] as const),
  ...(['SHADOW', 'CANARY', 'CHAMPION', 'STANDBY', 'RETIRED', 'SUSPENDED'] as const),
] as const;
export type ModelState = (typeof STATES)[number];

/** By impact: T1 blocks or moves money, T2 influences staff, T3 is an internal hint. AI-e. */
export type Tier = 'T1' | 'T2' | 'T3';

/** Somebody who acts, in one duty, as a member of one team. The house itself acts as `system`. */
export interface Actor {
  readonly user: string;
  readonly team: string;
  readonly duty: Duty;
}

/**
 * Who may not do it, judged by user and by team. `maker` only an author, of the owning team · `not-maker` no author and
 * nobody of the owning team · `own-team` no model owner of another team · `the-validator` only who took the validation ·
 * `not-validator` not who validated · `not-promoter` not who sent it to the canary.
 */
type Apart = 'maker' | 'not-maker' | 'own-team' | 'the-validator' | 'not-validator' | 'not-promoter';

/** What must be on file: data lineage · every mandatory suite passed · an approval still in force, or lapsed · the shadow time. */
type Needs = 'lineage' | 'suites' | 'in-force' | 'lapsed' | 'shadow-time';

interface Transition {
  readonly from: readonly ModelState[];
  readonly to: ModelState;
  readonly duties: readonly Duty[];
  readonly apart?: readonly Apart[];
  readonly needs?: readonly Needs[];
}

const LIVE = ['SHADOW', 'CANARY', 'CHAMPION', 'STANDBY'] as const satisfies readonly ModelState[];

/**
 * The life cycle as data; the database holds the same edges. `supersede` and `reinstall` only ever happen with a promotion
 * and a rollback. A rollback and a suspension need no approval; only people lead out of SUSPENDED.
 */
export const TRANSITIONS = {
  submit: { from: ['DRAFT'], to: 'SUBMITTED', duties: ['model-owner'], apart: ['maker'], needs: ['lineage'] },
  assign: { from: ['SUBMITTED'], to: 'IN_VALIDATION', duties: ['model-validator'], apart: ['not-maker'] },
  pass: {
    ...{ from: ['IN_VALIDATION'], to: 'VALIDATED', duties: ['model-validator'] },
    ...{ apart: ['not-maker', 'the-validator'], needs: ['suites'] },
  },
  fail: { from: ['IN_VALIDATION'], to: 'REJECTED', duties: ['model-validator'], apart: ['not-maker', 'the-validator'] },
  approve: { from: ['VALIDATED'], to: 'APPROVED', duties: ['risk', 'compliance'], apart: ['not-maker', 'not-validator'] },
  decline: { from: ['VALIDATED'], to: 'REJECTED', duties: ['risk', 'compliance'], apart: ['not-maker', 'not-validator'] },
  deploy: { from: ['APPROVED'], to: 'SHADOW', duties: ['risk'], apart: ['not-maker'], needs: ['in-force'] },
  canary: { from: ['SHADOW'], to: 'CANARY', duties: ['risk'], apart: ['not-maker'], needs: ['in-force', 'shadow-time'] },
  promote: {
    ...{ from: ['CANARY'], to: 'CHAMPION', duties: ['risk'] },
    ...{ apart: ['not-maker', 'not-promoter'], needs: ['in-force', 'shadow-time'] },
  },
  supersede: { from: ['CHAMPION'], to: 'STANDBY', duties: ['risk'] },
  rollback: { from: ['CHAMPION'], to: 'SUSPENDED', duties: ['risk', 'system', 'operator'] },
  reinstall: { from: ['STANDBY'], to: 'CHAMPION', duties: ['risk', 'system', 'operator'], needs: ['in-force'] },
  suspend: {
    ...{ from: LIVE, to: 'SUSPENDED' },
    ...{ duties: ['risk', 'compliance', 'model-validator', 'model-owner', 'system', 'operator'] },
  },
  expire: { from: ['APPROVED', ...LIVE], to: 'SUSPENDED', duties: ['system'], needs: ['lapsed'] },
  reinstate: {
    ...{ from: ['SUSPENDED'], to: 'SHADOW', duties: ['model-validator'] },
    ...{ apart: ['not-maker'], needs: ['in-force', 'suites'] },
  },
  revalidate: { from: ['SUSPENDED'], to: 'IN_VALIDATION', duties: ['model-validator'], apart: ['not-maker'] },
  retire: {
    ...{ from: ['DRAFT', 'SUBMITTED', 'VALIDATED', 'APPROVED', 'SHADOW', 'STANDBY', 'SUSPENDED'], to: 'RETIRED' },
    ...{ duties: ['model-owner', 'risk'], apart: ['own-team'] },
  },
} as const satisfies Readonly<Record<string, Transition>>;
export type TransitionName = keyof typeof TRANSITIONS;

/** What somebody may ask for; the rest follows from these. */
export type CommandName = Exclude<TransitionName, 'supersede' | 'reinstall'>;
export const COMMAND_NAMES = (Object.keys(TRANSITIONS) as TransitionName[]).filter(
  (name): name is CommandName => name !== 'supersede' && name !== 'reinstall',
);

/** One of each must sign before a version counts as approved. */
export const SIGNATURES = ['risk', 'compliance'] as const satisfies readonly Duty[];

/** Suites without which nothing is validated; the gate runs them. AI-a. */
export const MANDATORY_SUITES = ['baseline', 'discrimination', 'out-of-time', 'extreme', 'robustness', 'fairness'] as const;
export type Suite = (typeof MANDATORY_SUITES)[number];

/** How long an approval holds. */
export const APPROVAL_DAYS: Readonly<Record<Tier, number>> = { T1: 365, T2: 365, T3: 730 };

/** Least time in the shadow before a client's account meets the model, and least decisions whose outcome is known. */
export const SHADOW_MIN: Readonly<Record<Tier, { readonly days: number; readonly labelled: number }>> = {
  T1: { days: 60, labelled: 1_000 },
  T2: { days: 20, labelled: 1_000 },
  T3: { days: 20, labelled: 1_000 },
};

export interface Signature {
  readonly user: string;
  readonly team: string;
  readonly duty: Duty;
}

/** A version as governance sees it. */
export interface Standing {
  readonly version: string;
  readonly useCase: string;
  readonly tier: Tier;
  readonly state: ModelState;
  /** When it came to this state. */
  readonly since: Instant;
  readonly ownerTeam: string;
  /** Everybody who made it: owner, operator of the training, committers. */
  readonly authors: readonly string[];
  readonly validator: { readonly user: string; readonly team: string } | null;
  /** Of this round of validation. */
  readonly signatures: readonly Signature[];
  readonly approvedUntil: Instant | null;
  /** Who sent it to the canary. */
  readonly promoter: string | null;
}

/** What is on file for a version, read with it. */
export interface Evidence {
  /** A training data set with source, licence, legal basis and class stands behind it. */
  readonly lineage: boolean;
  /** Suites of this round (or since the suspension) by their last result. */
  readonly suites: readonly { readonly suite: string; readonly passed: boolean }[];
  /** Trading days in the shadow, decisions whose outcome is known, and whether the gate holds on them. */
  readonly shadow: { readonly days: number; readonly labelled: number; readonly holds: boolean };
}

export interface GovernanceCommand {
  readonly name: CommandName;
  readonly version: string;
  readonly actor: Actor;
  readonly at: Instant;
}

/** One change of one version; several make up a promotion or a rollback. */
export interface Step {
  readonly transition: TransitionName;
  readonly before: Standing;
  readonly after: Standing;
}

/** Versions that answer to somebody who is not there any more may take no part. */
export const isInForce = (standing: Standing, at: Instant): boolean =>
  standing.approvedUntil !== null && at < standing.approvedUntil;

/**
 * What a command does to the versions of one use case. Pure: no clock, no I/O.
 * @throws Problem MODEL_UNKNOWN | MODEL_DUTY_REFUSED | MODEL_TRANSITION_REFUSED | MODEL_SEPARATION_REFUSED |
 *   MODEL_EVIDENCE_MISSING: nothing changes
 */
export function govern(versions: readonly Standing[], command: GovernanceCommand, evidence: Evidence): readonly Step[] {
  const standing = versions.find(({ version }) => version === command.version);
  if (standing === undefined) throw problem('MODEL_UNKNOWN', { what: command.version });
  check(command.name, standing, command, evidence);
  const step = (transition: TransitionName, before: Standing): Step => ({
    ...{ transition, before },
    after: moved(transition, before, command),
  });
  const own = step(command.name, standing);
  const others = versions.filter((each) => each !== standing && each.useCase === standing.useCase);
  if (command.name === 'promote')
    return [...others.filter(({ state }) => state === 'CHAMPION').map((each) => step('supersede', each)), own];
  if (command.name === 'rollback') {
    const next = others
      .filter((each) => each.state === 'STANDBY' && isInForce(each, command.at))
      .reduce<Standing | undefined>((newest, each) => (newest && newest.since >= each.since ? newest : each), undefined);
    return next === undefined ? [own] : [own, step('reinstall', next)];
  }
  return [own];
}

function check(name: CommandName, standing: Standing, { actor, at }: GovernanceCommand, evidence: Evidence): void {
  const { version, state } = standing;
  const { from, duties, apart = [], needs = [] }: Transition = TRANSITIONS[name];
  if (!duties.includes(actor.duty))
    throw problem('MODEL_DUTY_REFUSED', { command: name, needed: duties.join(', '), duty: actor.duty });
  if (!from.includes(state))
    throw problem('MODEL_TRANSITION_REFUSED', { version, state, command: name, reason: `only from ${from.join(', ')}` });
  for (const rule of apart) {
    const reason = conflict(rule, standing, actor);
    if (reason !== undefined) throw problem('MODEL_SEPARATION_REFUSED', { user: actor.user, version, command: name, reason });
  }
  if (name === 'approve') {
    const twice = standing.signatures.find(({ user, duty }) => user === actor.user || duty === actor.duty);
    if (twice !== undefined)
      throw problem('MODEL_SEPARATION_REFUSED', {
        ...{ user: actor.user, version, command: name },
        reason: `${twice.user} has signed as ${twice.duty}`,
      });
  }
  const missing = needs.flatMap((need) => lacking(need, standing, at, evidence));
  if (missing.length > 0) throw problem('MODEL_EVIDENCE_MISSING', { version, command: name, missing: missing.join('; ') });
}

function conflict(rule: Apart, { authors, ownerTeam, validator, promoter }: Standing, actor: Actor): string | undefined {
  const made = authors.includes(actor.user);
  switch (rule) {
    case 'maker':
      return made && actor.team === ownerTeam ? undefined : 'is no author of the owning team';
    case 'not-maker':
      if (made) return 'made the model';
      return actor.team === ownerTeam ? `is of ${ownerTeam}, which made the model` : undefined;
    case 'own-team':
      return actor.duty !== 'model-owner' || actor.team === ownerTeam ? undefined : `is not of ${ownerTeam}`;
    case 'the-validator':
      return validator?.user === actor.user ? undefined : 'did not take this validation';
    case 'not-validator':
      return validator?.user === actor.user ? 'validated the model' : undefined;
    case 'not-promoter':
      return promoter === actor.user ? 'sent it to the canary' : undefined;
  }
}

function lacking(need: Needs, standing: Standing, at: Instant, { lineage, suites, shadow }: Evidence): string[] {
  switch (need) {
    case 'lineage':
      return lineage ? [] : ['training data with source, licence, legal basis and class'];
    case 'in-force':
      return isInForce(standing, at) ? [] : ['an approval in force'];
    case 'lapsed':
      return isInForce(standing, at) ? ['an approval that has lapsed'] : [];
    case 'suites':
      return MANDATORY_SUITES.flatMap((suite) => {
        const runs = suites.filter((each) => each.suite === suite);
        if (runs.length === 0) return [`suite ${suite}`];
        return runs.every(({ passed }) => passed) ? [] : [`suite ${suite}, which failed`];
      });
    case 'shadow-time': {
      const { days, labelled } = SHADOW_MIN[standing.tier];
      return [
        ...(shadow.days < days ? [`${days} trading days in the shadow (${shadow.days} so far)`] : []),
        ...(shadow.labelled < labelled ? [`${labelled} decisions with known outcome (${shadow.labelled} so far)`] : []),
        ...(shadow.holds ? [] : ['a lead over the rule on those decisions']),
      ];
    }
  }
}

/** The first of two signatures changes no state. */
function moved(transition: TransitionName, standing: Standing, { actor, at }: GovernanceCommand): Standing {
  const to: ModelState = TRANSITIONS[transition].to;
  if (transition === 'approve') {
    const signatures = [...standing.signatures, { user: actor.user, team: actor.team, duty: actor.duty }];
    if (!SIGNATURES.every((duty) => signatures.some((each) => each.duty === duty))) return { ...standing, signatures };
    return { ...standing, signatures, state: to, since: at, approvedUntil: at + APPROVAL_DAYS[standing.tier] * MICROS_PER_DAY };
  }
  const changed: Standing = { ...standing, state: to, since: at };
  if (transition === 'assign' || transition === 'revalidate')
    return {
      ...changed,
      validator: { user: actor.user, team: actor.team },
      ...{ signatures: [], approvedUntil: null, promoter: null },
    };
  return transition === 'canary' ? { ...changed, promoter: actor.user } : changed;
}

/** A command that somebody could give to a version as it stands, and the duties it asks for. */
export interface Move {
  readonly name: CommandName;
  readonly to: ModelState;
  readonly duties: readonly Duty[];
}

/** By state alone: who is too close to the model, or what is missing, {@link govern} tells. */
export function movesFrom(state: ModelState): readonly Move[] {
  return COMMAND_NAMES.filter((name) => (TRANSITIONS[name].from as readonly ModelState[]).includes(state)).map((name) => ({
    ...{ name, to: TRANSITIONS[name].to, duties: TRANSITIONS[name].duties },
  }));
}
