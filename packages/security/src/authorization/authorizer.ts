import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CedarValueJson,
  type Context,
  type DetailedError,
  type EntityJson,
  policySetTextToParts,
  policyToJson,
  preparsePolicySet,
  preparseSchema,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import { isProblem } from '@meridian/base';
import { ACTIONS, type Action, type Resource } from '../action.ts';
import { conflictOf, DUTIES, type UserDuty } from '../duty.ts';
import type { Principal } from '../principal.ts';
import { problem } from './problems.ts';
import { policySchema } from './schema.ts';

/**
 * What a decision depends on besides who, what and on what. `required`: sensitive and changing actions need a second
 * factor; `enrolling`: so they do, but this user has none yet and may add one; `optional`: none is needed.
 */
export interface DecisionContext {
  readonly secondFactor: 'required' | 'enrolling' | 'optional';
}

/** A decision, never an exception: whatever goes wrong is a refusal. */
export interface AuthorizationDecision {
  readonly allow: boolean;
  /** Names of the policies that decided, as their `@id` says; empty where none permits. */
  readonly policies: readonly string[];
  /** Absent when allowed. */
  readonly reason?: AuthorizationReason;
}

/**
 * Why not. `NOT_PERMITTED` no policy permits · `UNKNOWN_ACTION`, `MALFORMED` the question itself was wrong ·
 * `DUTIES_CONFLICT` the duties may not be held together · `FAILED` the evaluation failed · the others are the `@reason`s
 * of policies/always.cedar.
 */
export type AuthorizationReason =
  | 'NOT_PERMITTED'
  | 'UNKNOWN_ACTION'
  | 'MALFORMED'
  | 'DUTIES_CONFLICT'
  | 'FAILED'
  | (typeof REASONS)[number];

const REASONS = [
  ...(['OWN_REQUEST', 'OTHER_CLIENT', 'NOT_OF_A_CLIENT', 'NO_BUSINESS_DATA', 'OTHER_ENTITY', 'FROM_ABROAD'] as const),
  'SECOND_FACTOR' as const,
];
type Reason = (typeof REASONS)[number];

/** Decides who may do what to what, by the policies in `policies/*.cedar`. DS-7, DS-10. */
export interface Authorizer {
  /** Without a context a second factor counts as required. */
  decide(principal: Principal, action: Action, resource: Resource, context?: DecisionContext): AuthorizationDecision;
  /**
   * The actions that this principal may do to at least one thing: what a console shows. Their own client's, their own
   * request, a request of their duty or the house's; every single thing is decided again when it is asked for.
   */
  allowedActions(principal: Principal, context?: DecisionContext): readonly Action[];
}

const POLICIES = fileURLToPath(new URL('./policies/', import.meta.url));
const STRICT: DecisionContext = { secondFactor: 'required' };

/**
 * Reads, validates and parses the policies once; decisions never parse again.
 * @param folder where the *.cedar files lie; the house's own by default
 * @throws Problem POLICY_INVALID on any error or warning: the process must not start
 */
export function openAuthorizer(folder: string = POLICIES): Authorizer {
  const policies = readPolicies(folder);
  const names = checkPolicies(policies);
  const schema = policySchema();
  const texts = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const key = createHash('sha256')
    .update(JSON.stringify([schema, texts]))
    .digest('hex');
  parsed(preparseSchema(key, schema));
  parsed(preparsePolicySet(key, { staticPolicies: texts }));
  const decide: Authorizer['decide'] = (principal, action, resource, context = STRICT) => {
    try {
      return decided(key, names, principal, action, resource, context);
    } catch (error) {
      return refused(isProblem(error, 'AUTHORIZATION_MALFORMED') ? 'MALFORMED' : 'FAILED');
    }
  };
  return {
    decide,
    allowedActions: (principal, context) =>
      (Object.keys(ACTIONS) as Action[]).filter((action) =>
        samples(principal).some((resource) => decide(principal, action, resource, context).allow),
      ),
  };
}

interface Policy {
  readonly id: string;
  readonly text: string;
  readonly reason: Reason | undefined;
}

function invalid(reason: string, cause?: unknown): Error {
  return problem('POLICY_INVALID', { reason: reason.slice(0, 400) }, cause);
}

const said = (errors: readonly DetailedError[]): string => errors.map((each) => each.message).join('; ');

function parsed(answer: { type: 'success' } | { type: 'failure'; errors: DetailedError[] }): void {
  if (answer.type !== 'success') throw invalid(said(answer.errors));
}

function readPolicies(folder: string): Policy[] {
  let files: string[];
  try {
    files = fs.readdirSync(folder).filter((name) => name.endsWith('.cedar'));
  } catch (error) {
    throw invalid(`${folder}: ${(error as NodeJS.ErrnoException).code}`, error);
  }
  const policies = files.sort().flatMap((name) => policiesIn(name, fs.readFileSync(path.join(folder, name), 'utf8')));
  if (policies.length === 0) throw invalid(`${folder}: no policies`);
  const twice = policies.find(({ id }, index) => policies.findIndex((other) => other.id === id) !== index);
  if (twice !== undefined) throw invalid(`two policies are named ${twice.id}`);
  return policies;
}

function policiesIn(file: string, text: string): Policy[] {
  const parts = policySetTextToParts(text);
  if (parts.type !== 'success') throw invalid(`${file}: ${said(parts.errors)}`);
  if (parts.policy_templates.length > 0) throw invalid(`${file}: templates are not used`);
  return parts.policies.map((policy) => {
    const read = policyToJson(policy);
    if (read.type !== 'success') throw invalid(`${file}: ${said(read.errors)}`);
    const { id, reason } = read.json.annotations ?? {};
    if (id === undefined) throw invalid(`${file}: a policy without @id`);
    if (read.json.effect === 'forbid' && !REASONS.some((each) => each === reason))
      throw invalid(`${file}: ${id} forbids without a known @reason`);
    return { id, text: policy, reason: reason as Reason | undefined };
  });
}

/** @returns the reasons of the policies, by name */
function checkPolicies(policies: readonly Policy[]): ReadonlyMap<string, Reason | undefined> {
  const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
  const answer = validate({ validationSettings: { mode: 'strict' }, schema: policySchema(), policies: { staticPolicies } });
  if (answer.type !== 'success') throw invalid(said(answer.errors));
  const { validationErrors, validationWarnings, otherWarnings } = answer;
  const found = [...validationErrors, ...validationWarnings].map(({ policyId, error }) => `${policyId}: ${error.message}`);
  if (found.length + otherWarnings.length > 0) throw invalid([...found, said(otherWarnings)].join('; '));
  return new Map(policies.map(({ id, reason }) => [id, reason]));
}

const refused = (reason: AuthorizationReason): AuthorizationDecision => ({ allow: false, policies: [], reason });

function decided(
  key: string,
  reasons: ReadonlyMap<string, Reason | undefined>,
  principal: Principal,
  action: Action,
  resource: Resource,
  context: DecisionContext,
): AuthorizationDecision {
  if (!Object.hasOwn(ACTIONS, action)) return refused('UNKNOWN_ACTION');
  if (conflictOf(principal.duties) !== undefined) return refused('DUTIES_CONFLICT');
  const user = userEntity(principal);
  const thing = thingEntity(resource);
  const answer = statefulIsAuthorized({
    principal: user.uid,
    action: { type: 'Action', id: action },
    resource: thing.uid,
    context: contextOf(context),
    preparsedSchemaName: key,
    preparsedPolicySetId: key,
    validateRequest: true,
    entities: [user, thing],
  });
  // An erroring policy is skipped by Cedar: a forbid that errs would permit.
  if (answer.type !== 'success' || answer.response.diagnostics.errors.length > 0) return refused('FAILED');
  const { decision, diagnostics } = answer.response;
  const policies = diagnostics.reason.toSorted();
  if (decision === 'allow') return { allow: true, policies };
  return {
    allow: false,
    policies,
    reason: policies.length === 0 ? 'NOT_PERMITTED' : (reasons.get(policies[0] as string) ?? 'FAILED'),
  };
}

function wellFormed(isSo: boolean, what: string): void {
  if (!isSo) throw problem('AUTHORIZATION_MALFORMED', { what });
}

function name(value: unknown, what: string): string {
  wellFormed(typeof value === 'string' && value !== '', what);
  return value as string;
}

/** Ids are bigints by type; a number among them would be a float somewhere, and two ids could become one. */
function id(value: unknown, what: string): string {
  wellFormed(typeof value === 'bigint', what);
  return String(value);
}

function ids(values: unknown, what: string): string[] {
  wellFormed(Array.isArray(values), what);
  return (values as unknown[]).map((value) => id(value, what));
}

function userEntity(principal: Principal): EntityJson {
  const user = name(principal.user, 'principal.user');
  wellFormed(Array.isArray(principal.duties), 'principal.duties');
  wellFormed(/^[A-Z]{2}$/.test(name(principal.jurisdiction, 'principal.jurisdiction')), 'principal.jurisdiction');
  wellFormed(typeof principal.strong === 'boolean', 'principal.strong');
  return {
    uid: { type: 'User', id: user },
    attrs: {
      name: user,
      jurisdiction: principal.jurisdiction,
      clients: ids(principal.clients, 'principal.clients'),
      entities: ids(principal.entities, 'principal.entities'),
      strong: principal.strong,
    },
    parents: principal.duties.map((duty) => ({ type: 'Duty', id: known(duty) })),
  };
}

function known(duty: unknown): UserDuty {
  wellFormed((DUTIES as readonly unknown[]).includes(duty), 'duty');
  return duty as UserDuty;
}

function thingEntity(resource: Resource): EntityJson {
  const attrs: Record<string, CedarValueJson> = { kind: name(resource.kind, 'resource.kind') };
  if (resource.client !== undefined) attrs['client'] = id(resource.client, 'resource.client');
  if (resource.entity !== undefined) attrs['entity'] = id(resource.entity, 'resource.entity');
  if (resource.maker !== undefined) attrs['maker'] = name(resource.maker, 'resource.maker');
  if (resource.user !== undefined) attrs['user'] = name(resource.user, 'resource.user');
  if (resource.duty !== undefined) attrs['duty'] = { __entity: { type: 'Duty', id: known(resource.duty) } };
  if (resource.id !== undefined) name(resource.id, 'resource.id');
  // No policy asks for the id: one name for all keeps foreign texts out of entity names.
  return { uid: { type: 'Thing', id: 'asked' }, attrs, parents: [] };
}

function contextOf({ secondFactor }: DecisionContext): Context {
  wellFormed(['required', 'enrolling', 'optional'].includes(secondFactor), 'context.secondFactor');
  return { secondFactor };
}

function samples(principal: Principal): Resource[] {
  const own = principal.clients.slice(0, 1).map((client): Resource => ({ kind: 'account', client }));
  const duties = principal.duties.map((duty): Resource => ({ kind: 'approval', duty, maker: `not ${principal.user}` }));
  return [{ kind: 'house' }, ...own, { kind: 'approval', maker: principal.user }, ...duties];
}
