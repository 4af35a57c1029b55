import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ROUTES, type Route, type RouteName, type ServerMessage, VIEWS, type ViewName } from '@meridian/api';
import { canonicalJson, silentLogger } from '@meridian/base';
import { type AuditLog, type AuditRecord, type Authorizer, openAuthorizer, type Principal } from '@meridian/security';
import type { Shape } from './contract.ts';
import { type HttpDoor, openHttpDoor } from './door.ts';
import type { Endpoint, Endpoints } from './endpoint.ts';
import { handshake, openLine } from './hostile/line.fixture.ts';
import { type CanaryAnswer, canaryAnswer } from './matrix/canary.fixture.ts';
import {
  expected,
  HELD,
  isChange,
  isClearedFor,
  isNoted,
  JURISDICTIONS,
  maySubscribe,
  principalOf,
  RELATIONS,
  type Relation,
  type Stage,
  thingOf,
} from './matrix/who-may.fixture.ts';
import { sampleOf } from './sample.fixture.ts';
import { csrfOf, type ScratchDoor, STATUS, scratchDoor } from './scratch-door.fixture.ts';
import type { LiveView } from './stream/live-view.ts';

/**
 * The whole door, asked everything by everybody. Endpoints say whose the thing is that is asked for and answer canaries; the
 * policies, the masking and the database of first answers are the house's own. Only the audit log is in memory: what it is
 * told is checked in every cell.
 */
interface Cell {
  readonly stage: Stage;
  readonly who: Principal;
  readonly relation: Relation;
}
let cell: Cell;
let reached = 0;
let noted: AuditRecord[] = [];
const answers = new Map<RouteName, CanaryAnswer>();
const nameOf = (route: Route) => `${route.method} ${route.path}` as RouteName;

let house: ScratchDoor;
/** Where requests name what they act on, and where the door itself says it. */
let doors: { readonly named: HttpDoor; readonly unnamed: HttpDoor };

function endpoints(isNamed: boolean): Endpoints {
  const all: Record<string, Endpoint<RouteName>> = {};
  for (const route of ROUTES as readonly Route[]) {
    const { body } = answers.get(nameOf(route)) as CanaryAnswer;
    all[nameOf(route)] = {
      // What has a name in its path says whose it is at every door.
      ...(isNamed || route.params !== undefined ? { resource: async () => thingOf(cell.relation, cell.who, route.tag) } : {}),
      handle: async () => {
        reached++;
        const file = { media: 'text/plain', name: 'report.txt', bytes: Buffer.from(String(body)) };
        return { body, ...(route.versioned ? { version: 7 } : {}), ...(route.media ? { file } : {}) } as never;
      },
    };
  }
  return all as unknown as Endpoints;
}

const audit = {
  record: async (entry: AuditRecord) => void noted.push(entry),
  append: async (_: unknown, entry: AuditRecord) => void noted.push(entry),
  checkpoint: async () => {},
} as unknown as AuditLog;

before(async () => {
  house = await scratchDoor();
  for (const route of ROUTES as readonly Route[]) answers.set(nameOf(route), canaryAnswer(route));
  const open = (isNamed: boolean) =>
    openHttpDoor({
      ...{ port: 0, endpoints: endpoints(isNamed), directory: house.sessions, authorizer, audit, secondFactor: 'required' },
      ...{
        database: house.scratch.database,
        logger: silentLogger,
        status: { status: async () => STATUS, ready: async () => true },
      },
      limits: { perAddress: 10_000_000, perUser: 10_000_000, signIns: 10_000_000 },
    });
  doors = { named: await open(true), unnamed: await open(false) };
});
after(async () => {
  await doors?.named.close();
  await doors?.unnamed.close();
  await house?.close();
});

/** The policies' own decisions; what they decide is a function of the question, so the same question is put once. */
function remembering(policies: Authorizer): Authorizer {
  const known = new WeakMap<Principal, Map<string, ReturnType<Authorizer['decide']>>>();
  return {
    allowedActions: policies.allowedActions,
    decide(who, action, thing, context) {
      const decisions = known.get(who) ?? new Map<string, ReturnType<Authorizer['decide']>>();
      known.set(who, decisions);
      const question = canonicalJson({ action, thing, context });
      const decision = decisions.get(question) ?? policies.decide(who, action, thing, context);
      decisions.set(question, decision);
      return decision;
    },
  };
}
const authorizer = remembering(openAuthorizer());

interface Request {
  readonly route: Route;
  readonly name: RouteName;
  readonly url: string;
  readonly payload: string | undefined;
}

const requests: readonly Request[] = (ROUTES as readonly Route[]).map((route) => {
  const params = (route.params === undefined ? {} : sampleOf(route.params as Shape)) as Record<string, string>;
  const query = (route.query === undefined ? {} : sampleOf(route.query as Shape, false)) as Record<string, string>;
  const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) => params[key] as string);
  const search = new URLSearchParams(query).toString();
  const payload = route.body === undefined ? undefined : JSON.stringify(sampleOf(route.body as Shape));
  return { route, name: nameOf(route), url: search === '' ? path : `${path}?${search}`, payload };
});

let keys = 0;
function headersFor({ route, payload }: Request, token: string | undefined, who: Principal): Record<string, string> {
  return {
    ...(token === undefined ? {} : { cookie: `meridian=${token}` }),
    ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    ...(route.method === 'GET' ? {} : { origin: 'http://localhost:80', 'x-csrf-token': csrfOf(who.session) }),
    ...(route.method === 'GET' ? {} : { 'idempotency-key': `matrix-${++keys}` }),
    ...(route.versioned ? { 'if-match': '"7"' } : {}),
  };
}

/** @returns what is wrong with the cell; nothing where all is as it must be */
async function faultsOf(request: Request, token: string | undefined): Promise<string[]> {
  const { stage, who, relation } = cell;
  const { route, name, url, payload } = request;
  [reached, noted] = [0, []];
  const door = relation === 'unnamed' ? doors.unnamed : doors.named;
  const { statusCode, body } = await door.app.inject({
    ...{ method: route.method, url, headers: headersFor(request, token, who) },
    ...(payload === undefined ? {} : { payload }),
  });
  const wanted = expected({ stage, who, name, thing: thingOf(relation, who, route.tag) });
  const { plain, sensitive } = answers.get(name) as CanaryAnswer;
  const faults: string[] = [];
  const status = wanted === 'done' ? (route.status ?? 200) : wanted;
  if (statusCode !== status) faults.push(`answered ${statusCode}, not ${status}: ${body.slice(0, 120)}`);
  if (reached !== (wanted === 'done' ? 1 : 0)) faults.push(`the work was reached ${reached} times`);
  const isOpen = wanted === 'done';
  const isCleared = isOpen && isClearedFor(stage === 'open' ? who : principalOf([], 'ZZ', false), name);
  if (sensitive.some((canary) => body.includes(canary) !== isCleared))
    faults.push(`sensitive fields are not as cleared=${isCleared}`);
  if (plain.some((canary) => body.includes(canary) !== isOpen)) faults.push(`plain fields are not as open=${isOpen}`);
  // Whoever is somebody, at any stage, leaves a trace of each change and each sensitive read, refusals as well.
  const traces = isNoted(name) && (stage === 'open' || (stage === 'pending' && isOpen)) ? 1 : 0;
  if (noted.length !== traces) faults.push(`${noted.length} audit entries`);
  const outcome = noted[0]?.outcome ?? '';
  if (noted.length === 1 && (outcome === 'done') !== isOpen) faults.push(`noted as ${outcome}`);
  return faults.map((fault) => `${who.user} (${stage}) · ${name} · ${relation}: ${fault}`);
}

test('[DS-3] [DS-7] every route × duty × relation × place × factor is answered as an independent table says: no leak', async (t) => {
  const [from, used] = [performance.now(), process.cpuUsage()];
  const askers: { stage: Stage; who: Principal; token: string | undefined }[] = [];
  for (const jurisdiction of JURISDICTIONS)
    for (const strong of [true, false])
      for (const duties of HELD) {
        const who = principalOf(duties, jurisdiction, strong);
        askers.push({ stage: 'open', who, token: house.sessions.admit(who) });
      }
  const late = principalOf(['trader'], 'CN', false);
  askers.push({
    stage: 'pending',
    who: { ...late, user: 'late', session: 'session-late' },
    token: house.sessions.begin('late', 'second-factor'),
  });
  askers.push({ stage: 'nobody', who: late, token: undefined });
  askers.push({ stage: 'nobody', who: late, token: 'x'.repeat(43) });

  const faults: string[] = [];
  const tally = new Map<string, number>();
  let cells = 0;
  for (const { stage, who, token } of askers)
    for (const request of requests)
      for (const relation of RELATIONS) {
        // What has a name in its path is never asked for without one.
        if (relation === 'unnamed' && request.route.params !== undefined) continue;
        cell = { stage, who, relation };
        faults.push(...(await faultsOf(request, token)));
        cells++;
        const wanted = String(expected({ stage, who, name: request.name, thing: thingOf(relation, who, request.route.tag) }));
        tally.set(wanted, (tally.get(wanted) ?? 0) + 1);
      }
  const { user, system } = process.cpuUsage(used);
  const seconds = `${((performance.now() - from) / 1_000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of one core`;
  t.diagnostic(`${cells} cells, ${askers.length} askers, ${requests.length} routes, ${faults.length} leaks, ${seconds}`);
  t.diagnostic([...tally].map(([wanted, count]) => `${wanted}: ${count}`).join(', '));
  assert.deepEqual(faults.slice(0, 25), []);
  for (const wanted of ['done', '401', '403', '404']) assert.ok((tally.get(wanted) ?? 0) > 50, wanted);
});

test('[DS-7] every sensitive field of every answer can be traced, and every change is known as one', () => {
  const sensitive = [...answers.values()].reduce((sum, answer) => sum + answer.sensitive.length, 0);
  assert.ok(sensitive > 150, String(sensitive));
  for (const route of ROUTES as readonly Route[]) {
    const isAsking =
      route.method === 'GET' ||
      /(check|preview|challenge|second-factor|federation)$/.test(route.path) ||
      route.path === '/v1/session';
    if (!isAsking) assert.ok(isChange(nameOf(route)), nameOf(route));
  }
});

const viewNames = Object.keys(VIEWS) as ViewName[];
/** Views with one row each that everybody may see: what is asked here is who gets as far as that. */
const views: readonly LiveView[] = viewNames.map((name) => ({
  ...{ name, seq: 1, keys: () => ['CANARY-ROW'], has: () => true, isVisible: () => true },
  value: (_: string, column: string) => `CANARY-${column}`,
  onChange: () => () => {},
}));
const pulse = () => ({ businessTime: 0, seq: {}, approvals: 0, alerts: 0 });

/** What came of asking for a view: its rows, a refusal's code, or the status of a line that was never opened. */
async function subscribed(door: ScratchDoor, token: string | undefined): Promise<Map<ViewName, string>> {
  const cookie: Record<string, string> = token === undefined ? {} : { cookie: `meridian=${token}` };
  const line = await openLine(door.port, handshake(`127.0.0.1:${door.port}`, { origin: door.origin, ...cookie }));
  const found = new Map<ViewName, string>();
  if (line.status !== 101) for (const view of viewNames) found.set(view, String(line.status));
  for (const [i, view] of viewNames.entries())
    if (line.status === 101) line.say({ op: 'sub', id: i + 1, view, v: 1, range: [0, 9], columns: [...VIEWS[view].columns] });
  while (found.size < viewNames.length) {
    const frame = await line.next();
    if (frame === undefined) break;
    const message = JSON.parse(frame.payload.toString()) as ServerMessage;
    if (message.op === 'snap') found.set(viewNames[message.id - 1] as ViewName, message.keys.join());
    if (message.op === 'error') found.set(viewNames[(message.id ?? 0) - 1] as ViewName, message.problem.code);
  }
  line.end();
  return found;
}

test('[DS-7] every view of the stream × duty × place × factor: only who may is let in', async (t) => {
  const door = await scratchDoor({ secondFactor: 'required', stream: { views, pulse } });
  const faults: string[] = [];
  let [cells, open] = [0, 0];
  const look = async (stage: Stage, who: Principal, token: string | undefined, otherwise: string) => {
    for (const [view, came] of await subscribed(door, token)) {
      const wanted = maySubscribe(stage, who, view) ? 'CANARY-ROW' : otherwise;
      if (came !== wanted) faults.push(`${who.user} (${stage}) · ${view}: ${came}, not ${wanted}`);
      cells++;
      if (came === 'CANARY-ROW') open++;
    }
  };
  try {
    for (const jurisdiction of JURISDICTIONS)
      for (const strong of [true, false])
        for (const duties of HELD) {
          const who = principalOf(duties, jurisdiction, strong);
          await look('open', who, door.sessions.admit(who), 'STREAM_NOT_ALLOWED');
        }
    const late = principalOf(['trader'], 'CN', false);
    await look('pending', late, door.sessions.begin('late', 'second-factor'), '401');
    await look('nobody', late, undefined, '401');
    await look('nobody', late, 'x'.repeat(43), '401');
  } finally {
    await door.close();
  }
  t.diagnostic(`${cells} subscriptions, ${open} let in, ${faults.length} leaks`);
  assert.deepEqual(faults, []);
  assert.ok(open > 50);
});
