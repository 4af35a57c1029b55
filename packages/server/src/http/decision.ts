import { createHash } from 'node:crypto';
import type { Problem } from '@meridian/base';
import {
  type Action,
  type AuditRecord,
  type AuthorizationDecision,
  type AuthorizationReason,
  type Authorizer,
  type DecisionContext,
  DUTIES,
  type Principal,
  type Resource,
} from '@meridian/security';
import { isCleared } from './clearance.ts';
import type { BoundRoute } from './contract.ts';
import { problem } from './problems.ts';

/** Reasons that are told; the others mean that there is nothing to see. */
const TOLD = {
  OWN_REQUEST: 'OWN_REQUEST',
  NO_BUSINESS_DATA: 'NO_BUSINESS_DATA',
  NOT_OF_A_CLIENT: 'NOT_OF_A_CLIENT',
  FROM_ABROAD: 'FROM_ABROAD',
  SECOND_FACTOR: 'SECOND_FACTOR_NEEDED',
} as const satisfies Partial<Record<AuthorizationReason, string>>;

export interface Decisions {
  /** What a principal may do to anything at all; the same answer whatever exists. @throws Problem, status 403 */
  requireAction(bound: BoundRoute, principal: Principal, query: object | undefined): void;
  /**
   * Decides on one thing. `named`: a thing was named, by path or body; one that does not exist and one that is somebody
   * else's are then answered alike. @throws Problem, status 403 or 404
   */
  requireThing(bound: BoundRoute, principal: Principal, resource: Resource | undefined): AuthorizationDecision;
  /** For streams. */
  mayRead(principal: Principal, action: string): boolean;
  /** For the console: what it shows. */
  allowed(principal: Principal): readonly Action[];
}

export function openDecisions(authorizer: Authorizer, context: DecisionContext): Decisions {
  // A principal is one object as long as nothing about it changes.
  const allowedOf = new WeakMap<Principal, readonly Action[]>();
  const allowed = (principal: Principal): readonly Action[] => {
    const known = allowedOf.get(principal);
    if (known !== undefined) return known;
    const actions = authorizer.allowedActions(principal, context);
    allowedOf.set(principal, actions);
    return actions;
  };
  return {
    allowed,
    requireAction({ action, route }, principal, query) {
      if (action === null) return;
      const own = houseOrOwn(route.tag, principal, query);
      const decision = authorizer.decide(principal, action, own, context);
      if (decision.allow || allowed(principal).includes(action)) return;
      throw refusal(action, decision.reason);
    },
    requireThing({ action }, principal, resource) {
      if (resource === undefined) throw problem('NO_SUCH_RESOURCE');
      const decision = authorizer.decide(principal, action as Action, resource, context);
      if (decision.allow) return decision;
      if (decision.reason === 'OWN_REQUEST' || decision.reason === 'SECOND_FACTOR')
        throw refusal(action as Action, decision.reason);
      throw problem('NO_SUCH_RESOURCE');
    },
    // The stream shows figures as they are: to whoever would be shown masked ones it shows none.
    mayRead: (principal, action) =>
      isCleared(principal, 'stream') &&
      authorizer.decide(principal, action as Action, houseOrOwn('stream', principal, undefined), context).allow,
  };
}

/**
 * What a request acts on that names no single thing: of a client's user its client, of a request its maker, of a session
 * its holder; otherwise the house.
 */
export function houseOrOwn(kind: string, principal: Principal, query: object | undefined): Resource {
  if (kind === 'session') return { kind, user: principal.user };
  if (kind === 'approvals' || kind === 'operations') return { kind, maker: principal.user };
  if (!principal.duties.includes('client')) return { kind };
  const asked = (query as { readonly client?: string } | undefined)?.client;
  const client = asked === undefined ? principal.clients[0] : BigInt(asked);
  return { kind, ...(client === undefined ? {} : { client }) };
}

function refusal(action: Action, reason: AuthorizationReason | undefined): Problem {
  const told =
    reason === undefined ? undefined : (TOLD as Readonly<Record<string, keyof typeof TOLD | 'SECOND_FACTOR_NEEDED'>>)[reason];
  return problem((told ?? 'DUTY_NOT_PERMITTED') as 'DUTY_NOT_PERMITTED', { action });
}

/** What is noted of a request in the audit log. */
export interface Noted {
  readonly bound: BoundRoute;
  readonly principal: Principal;
  readonly resource: Resource | undefined;
  readonly decision: AuthorizationDecision | undefined;
  readonly path: string;
  readonly address: string;
  readonly trace: string;
  /** Its idempotency key; empty where it has none. */
  readonly key: string;
}

/**
 * What the audit log says of a request, but for how it went: everything that changes is noted, and every sensitive read. The
 * key of a change stands there hashed: attempts under one key are seen to be one. DS-7, DS-10
 */
export function entryOf({
  bound,
  principal,
  resource,
  decision,
  path,
  address,
  trace,
  key,
}: Noted): Omit<AuditRecord, 'outcome'> {
  const duty = DUTIES.find((each) => decision?.policies.includes(each)) ?? principal.duties[0];
  return {
    actor: principal.user,
    duty: duty ?? 'system',
    action: bound.action ?? bound.name,
    target: (resource?.id === undefined ? path : `${resource.kind} ${resource.id}`).slice(0, 200),
    params: {
      ...{ route: bound.name, session: principal.session, address, trace },
      ...(key === '' ? {} : { key_hash: createHash('sha256').update(key).digest('hex').slice(0, 16) }),
    },
  };
}
