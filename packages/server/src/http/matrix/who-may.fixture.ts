import type { RouteName, ViewName } from '@meridian/api';
import { conflictOf, DUTIES, type Principal, type Resource, type UserDuty } from '@meridian/security';

/**
 * Who may ask for what, written down route by route from the duties' descriptions (DS-7, DS-10, AI-a) and from nothing
 * else: neither policies nor actions are read here.
 *
 * `duties` everybody who may; `*` is whoever has signed in. `change` and `sensitive` need a second factor; `leaving` does
 * not. `home` is never read from abroad; `clients` names clients row by row: from abroad only by their own users.
 * `own-session`, `own-request`: also whoever holds or made the thing. `checks`: the duty that a request names decides, its
 * maker never. `not-maker`, `not-oneself`: never whoever made it or is it.
 */
const TABLE: Readonly<Record<RouteName, string>> = {
  'POST /v1/session': 'anybody',
  'GET /v1/session/federation': 'anybody',
  'POST /v1/session/federation': 'anybody',
  'PUT /v1/session/federation': 'anybody',
  'POST /v1/session/second-factor': 'begun',
  'POST /v1/session/challenge': 'begun',
  'GET /v1/session': 'security auditor own-session',
  'DELETE /v1/session': 'security own-session leaving',
  'POST /v1/session/password': 'own-session change',
  'POST /v1/session/totp': 'own-session change',
  'PUT /v1/session/totp': 'own-session change',
  'POST /v1/session/keys': 'own-session change',
  'PUT /v1/session/keys': 'own-session change',
  'GET /v1/sessions': 'security auditor own-session',
  'DELETE /v1/sessions/{session}': 'security own-session leaving',

  'GET /v1/house': '*',
  'GET /v1/ribbon': '*',
  'GET /v1/exposures': 'trader risk compliance auditor',
  'GET /v1/search': 'trader risk clearing compliance security auditor model-owner model-validator administrator',

  'GET /v1/orders': 'trader client risk compliance auditor clients',
  'GET /v1/orders/{market}/{order}': 'trader client risk compliance auditor clients',
  'POST /v1/orders': 'trader client change',
  'POST /v1/orders/check': 'trader client auditor',
  'DELETE /v1/orders/{market}/{order}': 'trader client change',
  'GET /v1/tradable': 'trader client auditor',
  'POST /v1/kill/preview': 'trader risk auditor',
  'POST /v1/kill': 'trader risk change',
  'GET /v1/kill': 'trader risk auditor',
  'POST /v1/kill/release': 'risk change',

  'GET /v1/accounts': 'trader client risk clearing compliance auditor clients',
  'GET /v1/accounts/{master}': 'trader client risk clearing compliance auditor clients',
  'GET /v1/clients/{client}/name': 'compliance auditor sensitive home',
  'POST /v1/transfers': 'client clearing change',
  'GET /v1/transfers': 'trader client risk clearing compliance auditor clients',
  'GET /v1/contracts': 'trader client risk clearing compliance auditor clients',
  'GET /v1/contracts/{contract}': 'trader client risk clearing compliance auditor clients',
  'GET /v1/limits': 'trader risk compliance auditor',
  'GET /v1/limits/{cell}': 'trader risk compliance auditor',
  'PUT /v1/limits/{cell}': 'risk change',
  'GET /v1/lists': 'risk compliance auditor',

  'GET /v1/batches': 'risk clearing auditor',
  'GET /v1/batches/{batch}': 'risk clearing auditor',
  'POST /v1/batches/{batch}/run': 'clearing change',
  'GET /v1/operations': 'clearing auditor own-request',
  'GET /v1/operations/{operation}': 'clearing auditor own-request',
  'GET /v1/reports': 'client clearing compliance auditor clients',
  'GET /v1/reports/{document}/content': 'client clearing compliance auditor clients sensitive',
  'GET /v1/mails': 'clearing auditor clients',
  'POST /v1/mails/{mail}/resend': 'clearing clients change',
  'GET /v1/ledger/trial-balance': 'clearing auditor sensitive home',
  'GET /v1/ledger/journals': 'clearing auditor sensitive home',
  'GET /v1/ledger/journals/{journal}': 'clearing auditor sensitive home',
  'POST /v1/ledger/journals/{journal}/reverse': 'clearing change',
  'GET /v1/trace/{level}/{id}': 'risk compliance auditor clients',
  'GET /v1/log/{market}/{seq}': 'risk compliance auditor clients',

  'GET /v1/approvals': 'compliance auditor own-request named-duty',
  'GET /v1/approvals/{approval}': 'compliance auditor own-request named-duty',
  'POST /v1/approvals/{approval}/decision': 'named-duty not-maker needs-maker change',
  'POST /v1/approvals/{approval}/withdraw': 'own-request change',
  'GET /v1/audit': 'compliance security auditor sensitive home',
  'GET /v1/audit/proof': 'compliance security auditor sensitive home',
  'GET /v1/users': 'security auditor administrator home',
  'GET /v1/duties': 'security auditor administrator home',
  'POST /v1/users': 'administrator not-oneself change',
  'POST /v1/users/{user}/revoke': 'security change',

  'GET /v1/ai': 'risk compliance auditor model-owner model-validator',
  'PUT /v1/ai/mode': 'risk compliance change',
  'GET /v1/models': 'risk compliance auditor model-owner model-validator',
  'GET /v1/models/{version}': 'risk compliance auditor model-owner model-validator',
  'POST /v1/models/{version}/register': 'model-owner change',
  'POST /v1/models/{version}/validate': 'model-validator not-maker change',
  'POST /v1/models/{version}/approve': 'risk compliance not-maker change',
  'POST /v1/models/{version}/deploy': 'risk change',
  'POST /v1/models/{version}/suspend': 'risk compliance model-owner model-validator change',
  'GET /v1/decisions': 'risk compliance auditor sensitive home',
  'POST /v1/decisions/{decision}/review': 'risk compliance not-maker change',
};

/** Who may subscribe to which view. Nothing of a stream is masked: whoever would be shown masks is not let in. */
const VIEW_TABLE: Readonly<Record<ViewName, string>> = {
  orders: 'trader client risk compliance auditor',
  margins: 'trader risk compliance auditor',
  exposures: 'trader risk compliance auditor',
};

/** What a client's user and an administrator may look at besides: themselves, their requests, the clocks. */
const PERSONAL = /^(GET|DELETE|POST|PUT) \/v1\/(session|sessions|house|ribbon|operations)\b|^GET \/v1\/approvals|\/withdraw$/;
const OF_USERS = /^GET \/v1\/(users|duties|search)$|^POST \/v1\/users$/;
const CHECKING: readonly UserDuty[] = ['risk', 'clearing', 'compliance', 'security', 'model-validator'];

export type Stage = 'nobody' | 'pending' | 'open';
export interface Asked {
  readonly stage: Stage;
  readonly who: Principal;
  readonly name: RouteName;
  /** Undefined: it does not exist. */
  readonly thing: Resource | undefined;
}

/** What has to happen: the work is done and shown, or the status of the refusal. */
export function expected({ stage, who, name, thing }: Asked): 'done' | 401 | 403 | 404 {
  const words = TABLE[name].split(' ');
  if (words.includes('anybody')) return 'done';
  if (stage === 'nobody') return 401;
  if (stage === 'pending') return / \/v1\/session(\/|$)/.test(name) ? 'done' : 403;
  if (words.includes('begun')) return 'done';
  if (!somethings(who).some((some) => sees(who, some, words) && may(who, some, words, name))) return 403;
  if (thing === undefined || !sees(who, thing, words)) return 404;
  if (may(who, thing, words, name)) return 'done';
  return isOwnJudge(who, thing, words) ? 403 : 404;
}

/** Whether the thing is there at all for whoever asks: entity, client, place. */
function sees(who: Principal, { client, entity }: Resource, words: readonly string[]): boolean {
  const isOwn = client !== undefined && who.clients.includes(client);
  if (entity !== undefined && !who.entities.includes(entity)) return false;
  if (who.duties.includes('client') && client !== undefined && !isOwn) return false;
  if (who.jurisdiction === 'CN') return true;
  if (words.includes('home')) return false;
  return client === undefined ? !words.includes('clients') : isOwn;
}

function may(who: Principal, thing: Resource, words: readonly string[], name: string): boolean {
  if (!who.strong && (words.includes('change') || words.includes('sensitive'))) return false;
  if (isOwnJudge(who, thing, words)) return false;
  if (who.duties.includes('client') && thing.client === undefined && !PERSONAL.test(name)) return false;
  if (who.duties.includes('administrator') && !PERSONAL.test(name) && !OF_USERS.test(name)) return false;
  if (words.includes('*')) return true;
  if (words.includes('own-session') && (thing.user === undefined || thing.user === who.user)) return true;
  if (words.includes('own-request') && thing.maker === who.user) return true;
  if (words.includes('named-duty') && CHECKING.some((duty) => duty === thing.duty && who.duties.includes(duty))) return true;
  return who.duties.some((duty) => words.includes(duty));
}

function isOwnJudge(who: Principal, { maker, user }: Resource, words: readonly string[]): boolean {
  if (words.includes('not-maker') && maker === who.user) return true;
  if (words.includes('needs-maker') && maker === undefined) return true;
  return words.includes('not-oneself') && user === who.user;
}

/** The kinds of things by which it shows that somebody may do something to nothing at all. */
function somethings(who: Principal): readonly Resource[] {
  const [client] = who.clients;
  return [
    { kind: 'house' },
    ...(client === undefined ? [] : [{ kind: 'thing', client }]),
    { kind: 'request', maker: who.user },
    ...who.duties.map((duty) => ({ kind: 'request', duty, maker: `not ${who.user}` })),
  ];
}

export function maySubscribe(stage: Stage, who: Principal, view: ViewName): boolean {
  if (stage !== 'open') return false;
  if (who.duties.includes('client')) return view === 'orders';
  const isHome = who.jurisdiction === 'CN';
  return isHome && who.duties.some((duty) => VIEW_TABLE[view].split(' ').includes(duty));
}

/** Whether somebody is shown sensitive fields as they are: their own, or at home by a duty that cannot work without. */
export function isClearedFor(who: Principal, name: RouteName): boolean {
  if (who.duties.includes('client') || / \/v1\/sessions?\b/.test(name)) return true;
  const needed: UserDuty[] = ['trader', 'risk', 'clearing', 'compliance', 'security', 'auditor'];
  if (/ \/v1\/(users|duties)\b/.test(name)) needed.push('administrator');
  if (/ \/v1\/approvals\b/.test(name)) needed.push('administrator', 'model-owner', 'model-validator');
  return who.jurisdiction === 'CN' && who.duties.some((duty) => needed.includes(duty));
}

export const isChange = (name: RouteName): boolean => /change|leaving/.test(TABLE[name]);
export const isNoted = (name: RouteName): boolean => /change|leaving|sensitive/.test(TABLE[name]);

/** No duty, every duty, and every two that one person may hold. */
export const HELD: readonly (readonly UserDuty[])[] = [
  [],
  ...DUTIES.map((duty) => [duty]),
  ...DUTIES.flatMap((one, i) => DUTIES.slice(i + 1).map((other) => [one, other])).filter((two) => !conflictOf(two)),
];
export const JURISDICTIONS = ['CN', 'HK', 'US'] as const;

/** Whose something is, seen from whoever asks. `unnamed`: the request names nothing, the door says what it acts on. */
export const RELATIONS = ['own', 'other client', 'other entity', 'house', 'absent', 'unnamed'] as const;
export type Relation = (typeof RELATIONS)[number];

export const OWN_CLIENT = 7n;
const IN_VIEW = 1n;

export function thingOf(relation: Relation, who: Principal, kind: string): Resource | undefined {
  const duty = who.duties.find((each) => CHECKING.includes(each)) ?? 'risk';
  const another = { kind, id: 'some', maker: 'another', user: 'another', duty };
  switch (relation) {
    case 'own':
      return { kind, id: 'some', client: OWN_CLIENT, entity: IN_VIEW, maker: who.user, user: who.user };
    case 'other client':
      return { ...another, client: OWN_CLIENT + 1n, entity: IN_VIEW };
    case 'other entity':
      return { ...another, client: OWN_CLIENT, entity: IN_VIEW + 1n };
    case 'house':
      return another;
    case 'absent':
      return undefined;
    case 'unnamed': {
      const client = who.duties.includes('client') ? { client: OWN_CLIENT } : {};
      if (kind === 'session') return { kind, user: who.user };
      return kind === 'approvals' || kind === 'operations' ? { kind, maker: who.user } : { kind, ...client };
    }
  }
}

export const principalOf = (duties: readonly UserDuty[], jurisdiction: string, strong: boolean): Principal => {
  const user = `${duties.join('+') || 'idle'}-${jurisdiction}-${strong ? 'strong' : 'weak'}`;
  return Object.freeze({
    ...{ user, duties, jurisdiction, strong, since: 0, session: `session-${user}`, entities: [IN_VIEW] },
    clients: duties.includes('client') ? [OWN_CLIENT] : [],
  });
};
