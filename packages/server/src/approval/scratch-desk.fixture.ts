import '../rooms.ts';
import fs from 'node:fs';
import path from 'node:path';
import { type AccountCentre, openAccountCentre } from '@meridian/accounts';
import { type AnswerOf, ROUTES, type RouteName } from '@meridian/api';
import { type Instant, parseInstant, silentLogger, type TSchema, validateConfig } from '@meridian/base';
import { loadMarketFacts } from '@meridian/market';
import { recordReference } from '@meridian/reference';
import {
  type Approvals,
  type AuditLog,
  applyRowSecurity,
  openApprovals,
  openAuditLog,
  openAuthorizer,
  openUserDirectory,
  type Principal,
  type UserDirectory,
  type UserDuty,
} from '@meridian/security';
import { type Database, scratchDatabase } from '@meridian/store';
import type { KillState } from '@meridian/trading';
import { demoAccounts, demoReference } from '../demo/cast.ts';
import type { BoundRoute } from '../http/contract.ts';
import { openCursors } from '../http/cursor.ts';
import { openDecisions } from '../http/decision.ts';
import type { Asking, Endpoint, Endpoints } from '../http/endpoint.ts';
import { approvalEndpoints } from '../http/routes/approval.ts';
import { requestEndpoints } from '../http/routes/request.ts';
import { transferEndpoints } from '../http/routes/transfer.ts';
import { MIGRATIONS } from '../migrations.ts';
import type { ApprovalDesk } from './approval-desk.ts';
import { houseExecutors } from './executors.ts';

/** The demo's parties over a real database with real books, users, policies and inbox. Nodes are lists of switches. For tests. */

export const MARKETS = ['ARCX', 'XNYS'] as const;
/** The firm's identity provider; nobody asks it here. */
export const ISSUER = 'https://login.example';
export const NOW: Instant = parseInstant('2013-10-07T14:00:00Z');

export const person = (user: string, duty: UserDuty, more: Partial<Principal> = {}): Principal => ({
  ...{
    user,
    duties: [duty],
    jurisdiction: 'CN',
    clients: [],
    entities: [1n, 2n],
    session: `s-${user}`,
    since: 0,
    strong: true,
  },
  ...more,
});
export const RISK = person('risk', 'risk');
export const RISK_TWO = person('risk-2', 'risk');
export const CLEARING = person('clearing', 'clearing');
export const CLEARING_TWO = person('clearing-2', 'clearing');
export const SECURITY = person('security', 'security');
export const ADMINISTRATOR = person('administrator', 'administrator');
export const CLIENT = person('client', 'client', { clients: [1n], entities: [1n] });
export const OTHER_CLIENT = person('client-2', 'client', { clients: [3n], entities: [1n] });

/** A node's side of the kill switch, as it answers the server. */
export interface Switches {
  engaged: KillState[];
  /** Answers as if the market were away. */
  isAway: boolean;
}

export interface ScratchDesk {
  readonly database: Database;
  readonly centre: AccountCentre;
  readonly audit: AuditLog;
  readonly users: UserDirectory;
  readonly switches: ReadonlyMap<string, Switches>;
  readonly passwords: Map<string, string>;
  readonly faults: unknown[];
  readonly approvals: Approvals;
  /** What is behind the routes of requests, cash and the inbox. */
  readonly endpoints: Partial<Endpoints>;
  /** Another life of the process over the same database; `over` replaces what its executors act on. */
  life(over?: Partial<ApprovalDesk>): Approvals;
  /** Asks as the door does: what it acts on, the policies, the work, the answer's schema. */
  ask<N extends RouteName>(route: N, principal: Principal, asking?: Partial<Asking<N>>): Promise<AnswerOf<N>>;
  remove(): Promise<void>;
}

export async function scratchDesk(): Promise<ScratchDesk> {
  const scratch = await scratchDatabase(MIGRATIONS);
  const { database } = scratch;
  await database.transaction((tx) => applyRowSecurity((sql) => tx.query(sql)));
  const keys = fs.mkdtempSync(path.join(scratch.dataDir, 'keys-'));
  const audit = openAuditLog(database, keys);
  const centre = openAccountCentre({ pool: database });
  await recordReference(database, demoReference(MARKETS), { maker: 'maker', checker: 'checker' });
  for (const command of demoAccounts(MARKETS)) await centre.execute(command);
  const users = openUserDirectory({ database, audit, keys, policy: { secondFactor: 'optional' } });
  const switches = new Map<string, Switches>(MARKETS.map((market) => [market, { engaged: [], isAway: false }]));
  const passwords = new Map<string, string>();
  const faults: unknown[] = [];
  const desk: ApprovalDesk = {
    ...{ database, accounts: centre, audit, facts: loadMarketFacts(), users, logger: silentLogger },
    nodes: new Map(MARKETS.map((market) => [market, nodeOf(switches.get(market) as Switches)])),
    handOver: async (user, password) => void passwords.set(user, password),
    businessNow: () => NOW,
    booksChanged: async () => {},
  };
  const life = (over: Partial<ApprovalDesk> = {}) => {
    const { executors } = houseExecutors({ ...desk, ...over });
    const clock = { now: () => Date.now() * 1_000 };
    return openApprovals({ database, audit, clock, executors, onFault: (_id, error) => void faults.push(error) });
  };
  const approvals = life();
  const authorizer = openAuthorizer();
  const context = { secondFactor: 'optional' } as const;
  const { title } = houseExecutors(desk);
  const endpoints: Partial<Endpoints> = {
    ...approvalEndpoints({ approvals, authorizer, context, cursors: openCursors(), title }),
    ...requestEndpoints({ database, approvals, issuer: ISSUER }),
    ...transferEndpoints({ desk, approvals }),
  };
  const decisions = openDecisions(authorizer, context);
  return {
    ...{ database, centre, audit, users, switches, passwords, faults, approvals, endpoints, life },
    ask: (route, principal, asking = {}) => asked(endpoints, decisions, route, principal, asking),
    async remove() {
      await centre.close();
      await scratch.remove();
    },
  };
}

function nodeOf(side: Switches): Pick<import('../link/rpc.ts').ProcessClient, 'ask'> {
  return {
    async ask(what, body) {
      if (side.isAway) throw new Error('the market is away');
      if (what === 'killed') return structuredClone(side.engaged);
      const { scope } = body as { scope: { scope: string; id?: number } };
      side.engaged = side.engaged.filter((each) => each.scope !== scope.scope || each.id !== (scope.id ?? null));
      return {};
    },
  };
}

let key = 0;

/** A request as the door takes it: schemas, policies, endpoint, schema. */
export async function asked<N extends RouteName>(
  endpoints: Partial<Endpoints>,
  decisions: ReturnType<typeof openDecisions>,
  name: N,
  principal: Principal,
  asking: Partial<Asking<N>>,
): Promise<AnswerOf<N>> {
  const endpoint = endpoints[name] as Endpoint<N>;
  const route = ROUTES.find((each) => `${each.method} ${each.path}` === name) as (typeof ROUTES)[number];
  const whole = {
    ...{ params: {}, query: {}, body: {}, language: 'en', key: `key-${++key}-test`, ifMatch: undefined, at: NOW },
    ...{ ip: '127.0.0.1', trace: 't', principal, ...asking },
  } as unknown as Asking<N>;
  const parts = route as { params?: TSchema; query?: TSchema; body?: TSchema };
  for (const part of ['params', 'query', 'body'] as const)
    if (parts[part] !== undefined) validateConfig(parts[part], whole[part]);
  const bound = { name, route, action: route.action } as unknown as BoundRoute;
  decisions.requireAction(bound, principal, whole.query as object);
  decisions.requireThing(bound, principal, await endpoint.resource?.(whole));
  const { body } = await endpoint.handle(whole);
  validateConfig(route.answer as TSchema, JSON.parse(JSON.stringify(body)));
  return body;
}
