import type { AnswerOf } from '@meridian/api';
import { type Bilingual, formatInstant } from '@meridian/base';
import {
  APPROVAL_STATES,
  type Approval,
  type Approvals,
  type Authorizer,
  approvalResource,
  type DecisionContext,
  openDuties,
  type Principal,
} from '@meridian/security';
import type { Cursors } from '../cursor.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';
import { requireVersion } from '../version.ts';

type ApprovalRoutes =
  | 'GET /v1/approvals'
  | 'GET /v1/approvals/{approval}'
  | 'POST /v1/approvals/{approval}/decision'
  | 'POST /v1/approvals/{approval}/withdraw';
type ApprovalLine = AnswerOf<'GET /v1/approvals/{approval}'>;

export interface ApprovalEndpointsOptions {
  readonly approvals: Approvals;
  readonly authorizer: Authorizer;
  readonly context: DecisionContext;
  readonly cursors: Cursors;
  /** What a kind of request is called. */
  readonly title: (kind: string) => Bilingual;
}

/** Requests of a page when nobody says how many. */
const PAGE_LINES = 50;
/** Requests read at most to fill a page: what is in nobody's view is passed over. */
const READ_MAX = 2_000;
const CHUNK_MAX = 200;

/** The approvals inbox (审批箱): what somebody made, and what waits for their duty. DS-10, RC-d */
export function approvalEndpoints(options: ApprovalEndpointsOptions): Pick<Endpoints, ApprovalRoutes> {
  const { approvals, authorizer, context } = options;
  const may = (principal: Principal, action: 'approval.read' | 'approval.decide', approval: Approval) =>
    authorizer.decide(principal, action, approvalResource(approval, principal), context).allow;
  const mayDecide = (principal: Principal, approval: Approval): boolean =>
    isOpenTo(principal, approval) && may(principal, 'approval.decide', approval);
  const line = (principal: Principal, approval: Approval) =>
    approvalLine(approval, options.title(approval.kind), principal, mayDecide(principal, approval));

  /** The thing itself; one that does not exist, or whose id is none, is answered like somebody else's. */
  const resource = async ({ principal, params }: { principal: Principal; params: { approval: string } }) => {
    const approval = await approvals.get(params.approval).catch(orUnknown);
    return approval && approvalResource(approval, principal);
  };
  const answered = (principal: Principal, approval: Approval) => ({
    body: line(principal, approval),
    version: versionOf(approval),
  });

  return {
    'GET /v1/approvals': {
      resource: async ({ principal }) => listResource(principal),
      async handle({ principal, query }) {
        const page = await readPage(options, principal, query, (approval) => may(principal, 'approval.read', approval));
        return { body: { ...page, items: page.items.map((approval) => line(principal, approval)) } };
      },
    },
    'GET /v1/approvals/{approval}': {
      resource,
      handle: async ({ principal, params }) => answered(principal, await approvals.get(params.approval)),
    },
    'POST /v1/approvals/{approval}/decision': {
      resource,
      async handle(asking) {
        const { principal, params, body } = asking;
        const approval = await approvals.get(params.approval);
        requireVersion(asking, versionOf(approval));
        // Who is to be changed does not look at it either, whoever asked for it.
        if (isAbout(principal, approval)) throw problem('OWN_REQUEST', { action: 'approval.decide' });
        return answered(principal, await approvals.decide(principal, approval.id, body));
      },
    },
    'POST /v1/approvals/{approval}/withdraw': {
      resource,
      handle: async ({ principal, params }) => answered(principal, await approvals.withdraw(principal, params.approval)),
    },
  };
}

function orUnknown(error: unknown): undefined {
  if ((error as { code?: string }).code === 'APPROVAL_UNKNOWN') return undefined;
  throw error;
}

/** A list is asked for as one's own: every line of it is decided by itself. */
function listResource(principal: Principal) {
  const [client] = principal.clients;
  return { kind: 'approval', maker: principal.user, ...(client === undefined ? {} : { client }) };
}

const isAbout = ({ user }: Principal, { kind, target }: Approval): boolean => kind === 'user.manage' && target === user;

/** Waits for a duty of theirs, and they have neither made nor decided nor become it. */
function isOpenTo(principal: Principal, approval: Approval): boolean {
  const own = principal.user.toLowerCase();
  return (
    approval.state === 'waiting' &&
    approval.maker.toLowerCase() !== own &&
    !isAbout(principal, approval) &&
    !approval.decisions.some(({ checker }) => checker.toLowerCase() === own) &&
    openDuties(approval).some((duty) => principal.duties.includes(duty))
  );
}

/** Counts what happened to a request: one for making it, one a decision, one for every state it came to. */
export function versionOf(approval: Pick<Approval, 'state' | 'duties' | 'decisions'>): number {
  const { state, decisions } = approval;
  const wasApproved = openDuties(approval).length === 0;
  return 1 + decisions.length + (state === 'waiting' ? 0 : wasApproved && state !== 'approved' ? 2 : 1);
}

const shown = (value: unknown): string | null =>
  value === null || value === undefined
    ? null
    : (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 400).toWellFormed();

function approvalLine(approval: Approval, title: Bilingual, principal: Principal, mayDecide: boolean): ApprovalLine {
  const { id, kind, target, duties, state, maker, madeAt, expiresAt, reason, diff, decisions } = approval;
  return {
    ...{ approval: id, kind, title: { ...title }, target, duty: openDuties(approval)[0] ?? (duties[0] as string) },
    ...{ needs: duties.length, state, maker, made: formatInstant(madeAt), expires: formatInstant(expiresAt) },
    ...{ reason: reason.slice(0, 400), mine: maker === principal.user, mayDecide, version: versionOf(approval) },
    diff: diff
      .slice(0, 200)
      .map(({ field, before, after }) => ({ field: field.slice(0, 80), before: shown(before), after: shown(after) })),
    decisions: decisions
      .slice(0, 10)
      .map(({ checker, verdict, reason: why, at }) => ({ checker, verdict, reason: why.slice(0, 400), at: formatInstant(at) })),
  };
}

interface ListQuery {
  readonly limit?: number;
  readonly cursor?: string;
  readonly state?: string;
  readonly mine?: 'true' | 'false';
}

/**
 * One page, newest first. `mine`: made by the asker; not `mine`: neither made nor decided by them. What may not be seen is passed
 * over; a page may therefore be short and still have a next one.
 */
async function readPage(
  { approvals, cursors }: ApprovalEndpointsOptions,
  principal: Principal,
  query: ListQuery,
  isSeen: (approval: Approval) => boolean,
): Promise<{ items: Approval[]; next: string | null; asOf: number }> {
  const { limit = PAGE_LINES, state, mine } = query;
  const known = APPROVAL_STATES.find((each) => each === state);
  if (state !== undefined && known === undefined)
    throw problem('QUERY_REFUSED', { field: 'state', reason: `one of ${APPROVAL_STATES.join(', ')}` });
  const filter = {
    ...(known === undefined ? {} : { state: known }),
    ...(mine === 'true' ? { maker: principal.user } : {}),
    ...(mine === 'false' ? { checker: principal.user } : {}),
  };
  const walk = { route: 'GET /v1/approvals', user: principal.user, query };
  const begun = query.cursor === undefined ? undefined : cursors.open(walk, query.cursor);
  const asOf = begun?.asOf ?? (await approvals.count());
  const items: Approval[] = [];
  let position = begun?.position;
  for (let read = 0; read < READ_MAX && items.length < limit; ) {
    const chunk = Math.min(CHUNK_MAX, limit - items.length);
    const page = await approvals.list({ ...filter, limit: chunk, ...(position === undefined ? {} : { cursor: position }) });
    items.push(...page.approvals.filter(isSeen));
    position = page.next;
    read += chunk;
    if (position === undefined) break;
  }
  return { items, next: position === undefined ? null : cursors.seal(walk, { asOf, position }), asOf };
}
