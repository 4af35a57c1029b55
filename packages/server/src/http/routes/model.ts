import {
  type Actor,
  type Ai,
  type CommandName,
  type Evidence,
  govern,
  MANDATORY_SUITES,
  type ModelState,
  movesFrom,
  type ReliabilityBin,
  type ReliabilityRecord,
  TRANSITIONS,
  tellCounterfactual,
  tellReason,
  type VersionRecord,
} from '@meridian/ai';
import type { AnswerOf, BodyOf } from '@meridian/api';
import { declareProblems, formatInstant, type Instant, isProblem } from '@meridian/base';
import type { Duty, Principal, Resource } from '@meridian/security';
import type { ReplayProof } from '../../early-warning.ts';
import {
  type DecisionRow,
  decisionRow,
  decisions,
  REVIEW_STATES,
  validationRows,
  versionFigures,
} from '../../reading/decision.ts';
import type { ReadingHouse } from '../../reading/house.ts';
import { pageOf } from '../../reading/page.ts';
import { sightOf } from '../../reading/sight.ts';
import type { Asking, Endpoint, Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

const { problem: refusal } = declareProblems({
  MODEL_MOVE_ELSEWHERE: {
    status: 422,
    title: { zh: '此处不能如此变更', en: 'Not a step of this kind' },
    detail: { zh: '“{move}”不能把版本变为 {to}', en: 'No {move} brings a version to {to}' },
    remedy: { zh: '见该版本的可行步骤', en: 'See which moves the version has' },
  },
  DECISION_NOT_REVIEWED: {
    status: 409,
    title: { zh: '该决定无需复核', en: 'Nothing to review' },
    detail: { zh: '决定 {decision} 没有待复核事项', en: 'Decision {decision} waits for nobody' },
    remedy: { zh: '见复核队列', en: 'See the queue of reviews' },
  },
});

const STEPS = {
  register: ['submit', 'retire'],
  validate: ['assign', 'revalidate', 'pass', 'fail', 'reinstate'],
  approve: ['approve', 'decline'],
  deploy: ['deploy', 'canary', 'promote'],
  suspend: ['rollback', 'suspend'],
} as const satisfies Readonly<Record<string, readonly CommandName[]>>;
type StepKind = keyof typeof STEPS;
type StepRoute = `POST /v1/models/{version}/${StepKind}`;
type ModelRoutes =
  | StepRoute
  | 'GET /v1/ai'
  | 'PUT /v1/ai/mode'
  | 'GET /v1/models'
  | 'GET /v1/models/{version}'
  | 'GET /v1/decisions'
  | 'POST /v1/decisions/{decision}/review';
type Line = AnswerOf<'GET /v1/models'>[number];
type Detail = AnswerOf<'GET /v1/models/{version}'>;
type DecisionLine = AnswerOf<'GET /v1/decisions'>['items'][number];

export interface ModelEndpointsOptions {
  readonly ai: Pick<Ai, 'registry' | 'decisions' | 'reviews' | 'scorer'>;
  /** The last proof of the decision log; undefined before the first. */
  readonly replayed: () => ReplayProof | undefined;
  readonly reading: Pick<ReadingHouse, 'read' | 'cursors' | 'database'>;
  /** Models live in business time: approvals lapse, canaries grow and reviews fall due by it. */
  readonly businessNow: () => Instant;
}

/** Models, what they decided, and the switch over all of them (模型治理). AI-a … AI-f */
export function modelEndpoints(options: ModelEndpointsOptions): Pick<Endpoints, ModelRoutes> {
  const { ai, reading } = options;
  const { database } = reading;
  const house = async (): Promise<Resource> => ({ kind: 'model' });
  const one = async ({ principal, params }: Pick<Asking<StepRoute>, 'principal' | 'params'>) => {
    const found = await versionOf(ai, params.version);
    return found && modelResource(principal, found);
  };
  const step = (kind: StepKind): Endpoint<StepRoute> => ({
    resource: one,
    async handle({ principal, params, body }) {
      await takeStep(options, kind, principal, params.version, body);
      return { body: await detail(options, principal, params.version) };
    },
  });

  return {
    'GET /v1/ai': { resource: house, handle: async () => ({ body: await state(options) }) },
    'PUT /v1/ai/mode': {
      resource: house,
      async handle({ principal, body: { mode, reason } }) {
        if (reason.trim() === '') throw problem('BODY_REFUSED', { field: '/reason', reason: 'say why' });
        const duty = principal.duties.find((each) => each === 'risk' || each === 'compliance') ?? dutyOf(principal);
        await ai.registry.setMode(mode, reason, { user: principal.user, team: duty, duty }, options.businessNow());
        return { body: await state(options) };
      },
    },
    'GET /v1/models': {
      resource: house,
      handle: async ({ principal }) => ({ body: await lines(options, principal, await ai.registry.versions()) }),
    },
    'GET /v1/models/{version}': {
      resource: one,
      async handle({ principal, params }) {
        const body = await detail(options, principal, params.version);
        return { body, version: body.version.revision };
      },
    },
    'POST /v1/models/{version}/register': step('register'),
    'POST /v1/models/{version}/validate': step('validate'),
    'POST /v1/models/{version}/approve': step('approve'),
    'POST /v1/models/{version}/deploy': step('deploy'),
    'POST /v1/models/{version}/suspend': step('suspend'),
    'GET /v1/decisions': {
      resource: async () => ({ kind: 'decision' }),
      handle: async (asking) => ({
        body: await pageOf(reading, 'GET /v1/decisions', asking, {
          rows: (db, ask) => decisions(db, sightOf(asking.principal), asking.query.review, ask),
          key: ({ no }) => [no],
          items: (rows) => rows.map(decisionLine),
        }),
      }),
    },
    'POST /v1/decisions/{decision}/review': {
      async resource({ principal, params }) {
        const row = await decisionRow(database, params.decision);
        if (row === undefined) return undefined;
        const made = (await ai.registry.versions(row.useCase)).some(({ authors }) => authors.includes(principal.user));
        return {
          ...{ kind: 'decision', id: params.decision, ...(made ? { maker: principal.user } : {}) },
          ...(row.client === null ? {} : { client: row.client }),
          ...(row.entity === null ? {} : { entity: row.entity }),
        };
      },
      async handle({ principal, params, body }) {
        await review(options, principal, params.decision, body);
        return { body: decisionLine((await decisionRow(database, params.decision)) as DecisionRow) };
      },
    },
  };
}

/** The bookkeeping of one step: which command it is, by whom in which duty. @throws Problem of the registry */
async function takeStep(
  { ai, businessNow }: ModelEndpointsOptions,
  kind: StepKind,
  principal: Principal,
  version: string,
  { to, reason }: BodyOf<StepRoute>,
): Promise<void> {
  const standing = await versionOf(ai, version);
  if (standing === undefined) throw problem('NO_SUCH_RESOURCE');
  const name = commandFor(kind, inside(to), standing.state, principal);
  if (name === undefined) throw refusal('MODEL_MOVE_ELSEWHERE', { move: kind, to });
  await ai.registry.command({ name, version, actor: actorOf(principal, name, standing), at: businessNow() }, reason);
}

/** Of the steps that lead there: one that is open now and theirs, else one that is open, else any, which then says why not. */
function commandFor(kind: StepKind, to: ModelState, from: ModelState, { duties }: Principal): CommandName | undefined {
  const there = STEPS[kind].filter((name) => TRANSITIONS[name].to === to);
  const open = there.filter((name) => (TRANSITIONS[name].from as readonly ModelState[]).includes(from));
  const theirs = open.filter((name) =>
    (TRANSITIONS[name].duties as readonly Duty[]).some((duty) => duties.includes(duty as never)),
  );
  return theirs[0] ?? open[0] ?? there[0];
}

const dutyOf = ({ duties }: Principal): Duty => duties[0] as Duty;

/**
 * Nobody's team is kept: who made a model is of the team that owns it, and everybody else is of the team that their duty is.
 * So nobody of another duty can be of the makers' team, and a model owner who had no part in a model is not either.
 */
function actorOf(principal: Principal, name: CommandName, { authors, ownerTeam }: VersionRecord): Actor {
  const wanted: readonly Duty[] = TRANSITIONS[name].duties;
  const duty = principal.duties.find((each) => wanted.includes(each)) ?? dutyOf(principal);
  return { user: principal.user, team: authors.includes(principal.user) ? ownerTeam : duty, duty };
}

async function versionOf({ registry }: Pick<Ai, 'registry'>, version: string): Promise<VersionRecord | undefined> {
  return (await registry.versions()).find((each) => each.version === version);
}

const modelResource = ({ user }: Principal, { version, authors }: VersionRecord): Resource => ({
  ...{ kind: 'model', id: version },
  ...(authors.includes(user) ? { maker: user } : {}),
});

const outside = (state: ModelState): Line['state'] => state.toLowerCase().replace('_', '-') as Line['state'];
const inside = (state: Line['state']): ModelState => state.toUpperCase().replace('-', '_') as ModelState;

async function state({ ai, replayed, reading }: ModelEndpointsOptions): Promise<AnswerOf<'GET /v1/ai'>> {
  const { decisions: made, fallbacks } = await ai.decisions.count();
  const { rows } = await reading.database.query<{ open: number; champion: string | null }>(
    `SELECT (SELECT count(*)::int FROM ai.review_item WHERE state = 'OPEN') AS open,
            (SELECT id FROM ai.model_version WHERE state = 'CHAMPION' ORDER BY since DESC LIMIT 1) AS champion`,
  );
  const proof = replayed();
  return {
    ...{ mode: await ai.registry.mode(), breaker: ai.scorer.breaker, champion: rows[0]?.champion ?? null },
    ...{ decisions: Number(made), fallbacks: Number(fallbacks), reviews: rows[0]?.open ?? 0 },
    replay: proof === undefined ? null : { decisions: proof.decisions, exact: proof.exact, at: formatInstant(proof.at) },
  };
}

async function lines(
  { ai, reading, businessNow }: ModelEndpointsOptions,
  principal: Principal,
  versions: readonly VersionRecord[],
): Promise<Line[]> {
  const [cases, figures] = [await ai.registry.cases(), await versionFigures(reading.database)];
  const at = businessNow();
  return versions.slice(0, 500).map((standing) => {
    const { version, useCase, tier, artefact, approvedUntil } = standing;
    const of = cases.find((each) => each.useCase === useCase);
    return {
      ...{ version, model: (of?.title ?? useCase).slice(0, 64), useCase, tier, state: outside(standing.state) },
      ...{ artefactHash: artefact, owner: of?.owner ?? standing.ownerTeam },
      trained: instantOrNull(figures.get(version)?.ended_at),
      expires: instantOrNull(approvedUntil),
      live: standing.state === 'CHAMPION' || standing.state === 'CANARY',
      moves: moves(principal, standing, at),
      revision: figures.get(version)?.revision ?? 0,
    };
  });
}

const instantOrNull = (at: Instant | null | undefined): string | null =>
  at === null || at === undefined ? null : formatInstant(at);

/** Everything on file: what then still refuses a step is who asks. */
const COMPLETE: Evidence = {
  lineage: true,
  suites: MANDATORY_SUITES.map((suite) => ({ suite, passed: true })),
  shadow: { days: Number.MAX_SAFE_INTEGER, labelled: Number.MAX_SAFE_INTEGER, holds: true },
};

/** Steps that people may take from here, once for every duty. `mine`: nothing about who asks stands in the way. */
function moves(principal: Principal, standing: VersionRecord, at: Instant): Line['moves'] {
  return movesFrom(standing.state)
    .filter(({ duties }) => duties.some((duty) => duty !== 'system' && duty !== 'operator'))
    .flatMap(({ name, to, duties }) =>
      duties
        .filter((duty) => duty !== 'system' && duty !== 'operator')
        .map((duty) => ({
          ...{ to: outside(to), duty },
          mine: (principal.duties as readonly Duty[]).includes(duty) && isOpenTo(principal, name, standing, at),
        })),
    )
    .slice(0, 12);
}

function isOpenTo(principal: Principal, name: CommandName, standing: VersionRecord, at: Instant): boolean {
  try {
    govern([standing], { name, version: standing.version, actor: actorOf(principal, name, standing), at }, COMPLETE);
    return true;
  } catch (error) {
    if (isProblem(error) && error.status < 500) return false;
    throw error;
  }
}

async function detail(options: ModelEndpointsOptions, principal: Principal, version: string): Promise<Detail> {
  const { ai, reading } = options;
  const standing = await versionOf(ai, version);
  if (standing === undefined) throw problem('NO_SUCH_RESOURCE');
  const [line] = await lines(options, principal, [standing]);
  const datasets = await Promise.all([...new Set(standing.datasets)].slice(0, 50).map((id) => ai.registry.dataset(id)));
  const body = await ai.registry.artefact(standing.artefact);
  return {
    version: line as Line,
    card: body === undefined ? {} : cardOf(body),
    datasets: datasets.map(({ id, source, licence, class: kind, rows, legalBasis, sha256 }) => ({
      ...{ dataset: id, source: source.slice(0, 400), licence: licence.slice(0, 200), class: kind, rows },
      ...{ legalBasis: legalBasis.slice(0, 400), sha256 },
    })),
    validations: (await validationRows(reading.database, version)).map(({ testCase, validator, at, ...run }) => ({
      ...run,
      ...{ case: testCase, by: validator, at: formatInstant(at) },
    })),
    reliability: reliabilityOf(await ai.registry.reliability(version)),
    transitions: (await ai.registry.history(version)).slice(-500).map(({ at, from, to, actor, duty, reason }) => ({
      ...{ at: formatInstant(at), from: outside(from), to: outside(to), by: actor, duty, reason: reason.slice(0, 400) },
    })),
  };
}

function reliabilityOf(found: ReliabilityRecord | undefined): Detail['reliability'] {
  if (found === undefined) return null;
  const { model, rule, validator, at } = found;
  const bins = (of: readonly ReliabilityBin[]) => of.slice(0, 100).map((bin) => ({ ...bin }));
  return { model: bins(model), rule: bins(rule), by: validator, at: formatInstant(at) };
}

/** The model's own card: what it learnt from, how it is built, from which line on it warns. */
function cardOf(body: string): Detail['card'] {
  const { training, kind, intercept, terms, calibration, threshold } = JSON.parse(body) as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries({ kind, threshold, intercept, terms, calibration, training }).filter(([, value]) => value !== undefined),
  );
}

/** @throws Problem DECISION_NOT_REVIEWED | REVIEW_REFUSED | MODEL_DUTY_REFUSED | MODEL_SEPARATION_REFUSED */
async function review(
  { ai, reading, businessNow }: ModelEndpointsOptions,
  principal: Principal,
  decision: string,
  { verdict, reason }: BodyOf<'POST /v1/decisions/{decision}/review'>,
): Promise<void> {
  const row = await decisionRow(reading.database, decision);
  if (row === undefined) throw problem('NO_SUCH_RESOURCE');
  const [item] = await ai.reviews.ofDecisions([row.no]);
  if (item === undefined) throw refusal('DECISION_NOT_REVIEWED', { decision });
  const duty = principal.duties.find((each) => each === item.duty) ?? dutyOf(principal);
  const actor = { user: principal.user, team: duty, duty };
  await ai.reviews.decide({ item: item.no, verdict: verdict === 'veto' ? 'veto' : 'uphold', reason, actor, at: businessNow() });
}

function decisionLine(row: DecisionRow): DecisionLine {
  const { no, at, useCase, route, version, artefact, master, client, token, score, threshold, outcome } = row;
  const lifted = tellCounterfactual(row.counterfactual ?? []);
  return {
    ...{ decision: String(no), at: formatInstant(at), useCase, route: route === 'rules' ? 'rules' : 'model', version },
    ...{ artefactHash: artefact, master, client: client === null ? null : String(client), token, score, threshold, outcome },
    reasons: row.reasons.slice(0, 10).map((each) => ({ code: each.code, text: { ...tellReason(each) }, weight: each.points })),
    explanation: { zh: row.explanationZh, en: row.explanationEn },
    counterfactual: lifted === undefined ? null : { ...lifted },
    ...{ fault: row.fallback, latencyMicroseconds: Number(row.latencyUs) },
    review:
      row.item === null || row.review === null || row.due === null
        ? null
        : {
            ...{ review: String(row.item), state: REVIEW_STATES[row.review], due: formatInstant(row.due) },
            ...{ by: row.reviewer, reason: row.review_reason?.slice(0, 400) ?? null },
          },
  };
}
