import { type Approval, type Authorizer, approvalResource, type DecisionContext, type Principal } from '@meridian/security';
import { type Approvals, approvalVersion, approvalView } from '../approval-view.ts';
import type { Cursors } from '../cursor.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';
import { requireVersion } from '../version.ts';

/** What the inbox stands on. */
export interface ApprovalHouse {
  readonly approvals: Approvals;
  readonly authorizer: Authorizer;
  readonly secondFactor: DecisionContext['secondFactor'];
  readonly cursors: Cursors;
}

type ApprovalRoutes = Extract<keyof Endpoints, `${string} /v1/approvals${string}`>;

const PAGE_APPROVALS = 50;
const RAW_MAX = 200;
/** Pages looked through for one that shows something. */
const LOOKS_MAX = 20;
const STATES = ['waiting', 'approved', 'executed', 'refused', 'returned', 'withdrawn', 'expired', 'failed'] as const;

export function approvalEndpoints({
  approvals,
  authorizer,
  secondFactor,
  cursors,
}: ApprovalHouse): Pick<Endpoints, ApprovalRoutes> {
  const may = (principal: Principal, action: 'approval.read' | 'approval.decide', approval: Approval): boolean =>
    authorizer.decide(principal, action, approvalResource(approval, principal), { secondFactor }).allow;
  const shown = (approval: Approval, principal: Principal) =>
    approvalView(approval, principal, approval.state === 'waiting' && may(principal, 'approval.decide', approval));
  const find = (id: string): Promise<Approval | undefined> =>
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)
      ? approvals.get(id).catch((error: unknown) => {
          if ((error as { code?: string }).code === 'APPROVAL_UNKNOWN') return undefined;
          throw error;
        })
      : Promise.resolve(undefined);
  const named = async ({ params, principal }: { params: { approval: string }; principal: Principal }) => {
    const approval = await find(params.approval);
    return approval && approvalResource(approval, principal);
  };

  return {
    'GET /v1/approvals': {
      handle: async ({ principal, query, at }) => {
        const { cursor, limit = PAGE_APPROVALS, mine, state } = query;
        const walk = { route: 'GET /v1/approvals', user: principal.user, query };
        const begun = cursor === undefined ? undefined : cursors.open(walk, cursor);
        const known = state === undefined ? undefined : STATES.find((each) => each === state);
        if (state !== undefined && known === undefined)
          throw problem('QUERY_REFUSED', { field: 'state', reason: 'no such state' });
        const filter = {
          ...(known === undefined ? {} : { state: known }),
          ...(mine === 'true' ? { maker: principal.user } : {}),
        };
        // Newest first there are no sequence numbers to be as of: the walk is as of when it began, wall time in seconds.
        const asOf = begun?.asOf ?? Math.floor(at / 1_000_000);
        let position = begun?.position;
        let items: Approval[] = [];
        for (let look = 0; look < LOOKS_MAX; look++) {
          const page = await approvals.list({
            ...filter,
            limit: Math.min(limit, RAW_MAX),
            ...(position === undefined ? {} : { cursor: position }),
          });
          items = page.approvals.filter(
            (each) => may(principal, 'approval.read', each) && (mine !== 'false' || each.maker !== principal.user),
          );
          position = page.next;
          if (items.length > 0 || position === undefined) break;
        }
        const next = position === undefined ? null : cursors.seal(walk, { asOf, position });
        return { body: { items: items.map((each) => shown(each, principal)), next, asOf } };
      },
    },
    'GET /v1/approvals/{approval}': {
      resource: named,
      handle: async ({ params, principal }) => {
        const approval = await approvals.get(params.approval);
        return { body: shown(approval, principal), version: approvalVersion(approval) };
      },
    },
    'POST /v1/approvals/{approval}/decision': {
      resource: named,
      handle: async (asking) => {
        const { params, principal, body } = asking;
        requireVersion(asking, approvalVersion(await approvals.get(params.approval)));
        const approval = await approvals.decide(principal, params.approval, body);
        return { body: shown(approval, principal), version: approvalVersion(approval) };
      },
    },
    'POST /v1/approvals/{approval}/withdraw': {
      resource: named,
      handle: async ({ params, principal }) => {
        const approval = await approvals.withdraw(principal, params.approval);
        return { body: shown(approval, principal), version: approvalVersion(approval) };
      },
    },
  };
}
