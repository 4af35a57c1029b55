import type { Instant } from '@meridian/base';
import type { Queryable, Transaction } from '@meridian/store';
import type { Resource } from '../action.ts';
import type { UserDuty } from '../duty.ts';
import type { Principal } from '../principal.ts';

/**
 * `waiting` for checkers · `approved` by all, about to be executed · `executed` · `refused` and `returned` by a checker,
 * or returned because what it was made against has changed since · `withdrawn` by its maker · `expired` · `failed`: the
 * executor refused it.
 */
export const APPROVAL_STATES = [
  ...(['waiting', 'approved', 'executed', 'refused', 'returned', 'withdrawn', 'expired', 'failed'] as const),
] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

export const VERDICTS = ['approve', 'refuse', 'return'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Duties that check requests. */
export type CheckingDuty = Extract<UserDuty, 'risk' | 'clearing' | 'compliance' | 'security' | 'model-validator'>;

/** What would change, for the checker to read. Values as they stand in JSON. */
export interface ApprovalChange {
  /** "limit", "duties". */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface ApprovalDecision {
  readonly checker: string;
  /** The duty in which the checker decided: one of the request's. */
  readonly duty: CheckingDuty;
  readonly verdict: Verdict;
  readonly reason: string;
  /** Wall time. */
  readonly at: Instant;
}

/** A request under four eyes (四眼复核): who makes it is none of its checkers, in the database too. */
export interface Approval {
  readonly id: string;
  /** "limit.change", "user.manage": what the executor of that name does. */
  readonly kind: string;
  /** What it is about, in the executor's words: a limit cell's id, a user's name. */
  readonly target: string;
  /** One for each checker needed: one or two, the same or two different ones. */
  readonly duties: readonly CheckingDuty[];
  readonly client: bigint | null;
  readonly entity: bigint | null;
  /** As JSON, closed by the executor's validation. */
  readonly payload: unknown;
  /** The state it was made against, as JSON, and that state's version. */
  readonly before: unknown;
  readonly version: string;
  readonly diff: readonly ApprovalChange[];
  /** SHA-256 of kind, target, payload and reason. */
  readonly requestHash: string;
  /** The maker's. */
  readonly reason: string;
  readonly maker: string;
  readonly madeAt: Instant;
  readonly expiresAt: Instant;
  readonly state: ApprovalState;
  readonly stateAt: Instant;
  /** Why it was returned or failed by the house: a problem code. */
  readonly note: string | null;
  /** In the order in which they were taken. */
  readonly decisions: readonly ApprovalDecision[];
}

/** What an executor is told of the request besides its payload. */
export interface Execution {
  /** Executing is idempotent on it. */
  readonly id: string;
  readonly target: string;
  readonly maker: string;
  readonly checkers: readonly string[];
  /** Wall time. */
  readonly at: Instant;
}

/**
 * Does one kind of request. Everything it does inside `tx` commits or falls with the request's state and audit entry. One
 * that must work outside (another room's own transaction) answers `isDone`, and bears being run twice with one id.
 */
export interface ApprovalExecutor<Payload = unknown, State = unknown> {
  readonly kind: string;
  /** Of every checker; or of each, where two different ones are needed. */
  readonly duty: CheckingDuty | readonly [CheckingDuty, CheckingDuty];
  /** Distinct checkers, besides the maker. */
  readonly needs: 1 | 2;
  /** How long a request may wait for execution, in microseconds of wall time. */
  readonly ttl: number;
  /** What a request changes, and its version. Read again before executing: lock it there. @throws Problem if there is none */
  read(target: string, over: Queryable): Promise<{ readonly state: State; readonly version: string }>;
  /** The payload out of its JSON. @throws Problem for one that is not closed or not sensible */
  validate(payload: unknown, target: string): Payload;
  diff(before: State, payload: Payload): readonly ApprovalChange[];
  /** Whose business it is, for authorization. */
  concerns?(target: string, payload: Payload, before: State): { readonly client?: bigint; readonly entity?: bigint };
  /** @throws Problem below status 500 to refuse: the request has failed. Whatever else it throws is tried again. */
  execute(tx: Transaction, payload: Payload, execution: Execution): Promise<void>;
  /** Whether an execution of this id has taken effect outside `tx`: asked before it is tried. */
  isDone?(id: string, tx: Transaction): Promise<boolean>;
}

/** Duties whose checker has not approved yet. */
export function openDuties(approval: Pick<Approval, 'duties' | 'decisions'>): CheckingDuty[] {
  const open = [...approval.duties];
  for (const { verdict, duty } of approval.decisions) {
    if (verdict === 'approve' && open.includes(duty)) open.splice(open.indexOf(duty), 1);
  }
  return open;
}

/** The request as policies see it by `principal`: of the open duty that they hold, where they hold one. */
export function approvalResource(approval: Approval, principal: Principal): Resource {
  const { id, maker, client, entity, duties } = approval;
  const open = openDuties(approval);
  const duty = open.find((each) => principal.duties.includes(each)) ?? duties.find((each) => principal.duties.includes(each));
  return {
    kind: 'approval',
    id,
    maker,
    duty: duty ?? (duties[0] as CheckingDuty),
    ...(client === null ? {} : { client }),
    ...(entity === null ? {} : { entity }),
  };
}
