import './declarations.ts';
import { randomUUID } from 'node:crypto';
import {
  type BusinessClock,
  canonicalJson,
  formatInstant,
  type Instant,
  invariant,
  isProblem,
  type Problem,
} from '@meridian/base';
import type { Database, Transaction } from '@meridian/store';
import type { AuditLog } from '../audit.ts';
import type { UserDuty } from '../duty.ts';
import type { Principal } from '../principal.ts';
import {
  type Approval,
  type ApprovalDecision,
  type ApprovalExecutor,
  type ApprovalState,
  type CheckingDuty,
  openDuties,
  type Verdict,
} from './approval.ts';
import { openExecution } from './execution.ts';
import { problem } from './problems.ts';
import {
  type ApprovalFilter,
  type ApprovalPage,
  approvalOfKey,
  asDuties,
  contentHash,
  countApprovals,
  idsToSettle,
  insertApproval,
  insertDecision,
  listApprovals,
  moveApproval,
  readApproval,
} from './record.ts';

export interface ApprovalDraft {
  readonly kind: string;
  readonly target: string;
  readonly payload: unknown;
  /** Why, for the checkers. */
  readonly reason: string;
  /** Made by the client: the same one brings the same request back. 1 to 100 characters. */
  readonly idempotencyKey: string;
}

/** The one inbox of everything that needs a second person (审批箱). DS-10, RC-d, CL-e, AI-a. */
export interface Approvals {
  /**
   * Asks for something. Repeated with the same key and content it returns the request as it stands now.
   * @throws Problem APPROVAL_KIND_UNKNOWN | APPROVAL_MALFORMED | APPROVAL_KEY_REUSED | APPROVALS_TOO_MANY; the executor's own
   */
  request(by: Principal, draft: ApprovalDraft): Promise<Approval>;
  /**
   * Decides; the last approval needed executes at once. The same decision again changes nothing.
   * @throws Problem APPROVAL_OWN | APPROVAL_DUTY | APPROVAL_DECIDED | APPROVAL_SETTLED | APPROVAL_EXPIRED | APPROVAL_UNKNOWN
   */
  decide(by: Principal, id: string, decision: { readonly verdict: Verdict; readonly reason: string }): Promise<Approval>;
  /**
   * Decides requests of one kind alike, each by itself, at most 50.
   * @throws Problem APPROVAL_BATCH before anything is decided
   */
  decideAll(
    by: Principal,
    ids: readonly string[],
    decision: { readonly verdict: Verdict; readonly reason: string },
  ): Promise<readonly BatchOutcome[]>;
  /** @throws Problem APPROVAL_NOT_MAKER | APPROVAL_SETTLED | APPROVAL_EXPIRED | APPROVAL_UNKNOWN */
  withdraw(by: Principal, id: string): Promise<Approval>;
  /** @throws Problem APPROVAL_UNKNOWN */
  get(id: string): Promise<Approval>;
  /** Newest first; at most 200 a page, 50 by default. */
  list(filter?: ApprovalFilter & { readonly limit?: number; readonly cursor?: string }): Promise<ApprovalPage>;
  count(filter?: ApprovalFilter): Promise<number>;
  /** Executes what was approved before a crash or an outage; call it at start and now and then. @returns how many settled */
  resume(): Promise<number>;
  /** Notes that requests are past their time; nothing depends on when. @returns how many */
  expire(): Promise<number>;
}

export type BatchOutcome =
  | { readonly id: string; readonly approval: Approval }
  | { readonly id: string; readonly problem: Problem };

export interface ApprovalsOptions {
  readonly database: Database;
  readonly audit: AuditLog;
  /** Wall time: people wait by it. */
  readonly clock: BusinessClock;
  readonly executors: readonly ApprovalExecutor[];
  /** Told of failures to execute that will be tried again. */
  readonly onFault: (id: string, error: unknown) => void;
}

const PAYLOAD_CHARS_MAX = 65_536;
const REASON_CHARS_MAX = 1_000;
const WAITING_MAX = 200;
const BATCH_MAX = 50;
const PAGE_MAX = 200;

/** @throws InvariantError when two executors have one kind, or one asks for what no request can have */
export function openApprovals(options: ApprovalsOptions): Approvals {
  const { database, audit, clock } = options;
  const executors = new Map(options.executors.map((each) => [each.kind, each]));
  invariant(executors.size === options.executors.length, 'one executor a kind');
  for (const { duty, needs, ttl } of options.executors)
    invariant((typeof duty === 'string' || needs === 2) && Number.isSafeInteger(ttl) && ttl > 0, 'an executor can be met');
  const execution = openExecution({ ...options, executors });

  /** Work on one request whose row is held; its state as it is now. */
  async function held<T>(id: string, work: (tx: Transaction, request: Approval, at: Instant) => Promise<T>): Promise<T> {
    const expired = Symbol('expired');
    const result = await database.transaction(async (tx) => {
      const request = await readApproval(tx, id, 'FOR UPDATE');
      const at = Math.max(clock.now(), request.stateAt);
      if (isOpen(request) && at >= request.expiresAt) {
        await execution.noteExpiry(tx, request, at);
        return expired;
      }
      return work(tx, request, at);
    });
    await audit.checkpoint();
    if (result === expired) {
      const { expiresAt } = await readApproval(database, id);
      throw problem('APPROVAL_EXPIRED', { id, at: formatInstant(expiresAt) });
    }
    return result as T;
  }

  async function decide(by: Principal, id: string, given: { verdict: Verdict; reason: string }): Promise<Approval> {
    checkReason(given.reason);
    const state = await held(id, async (tx, request, at) => {
      const duty = dutyToDecide(by, request, given.verdict);
      if (duty === undefined) return request.state;
      const decision: ApprovalDecision = { checker: by.user, duty, verdict: given.verdict, reason: given.reason, at };
      await insertDecision(tx, id, decision);
      const after = stateAfter(request, decision);
      if (after !== 'waiting') await moveApproval(tx, id, after, at);
      await audit.append(tx, {
        actor: by.user,
        duty,
        action: 'approval.decide',
        target: `${request.kind} ${request.target}`,
        params: { approval: id, kind: request.kind, content_hash: contentHash(decision) },
        outcome: given.verdict,
      });
      return after;
    });
    if (state === 'approved') await execution.settle(id);
    return readApproval(database, id);
  }

  return {
    request: (by, draft) => request(options, executors, by, draft),
    decide,
    async decideAll(by, ids, given) {
      const requests = await Promise.all([...new Set(ids)].slice(0, BATCH_MAX + 1).map((id) => readApproval(database, id)));
      const kinds = new Set(requests.map(({ kind }) => kind));
      if (kinds.size !== 1 || requests.length > BATCH_MAX)
        throw problem('APPROVAL_BATCH', { max: BATCH_MAX, kinds: [...kinds].join(', ') });
      const outcomes: BatchOutcome[] = [];
      for (const { id } of requests) outcomes.push(await outcomeOf(id, () => decide(by, id, given)));
      return outcomes;
    },
    async withdraw(by, id) {
      await held(id, async (tx, request, at) => {
        if (request.maker !== by.user) throw problem('APPROVAL_NOT_MAKER', { user: by.user, id });
        if (request.state === 'withdrawn') return;
        if (request.state !== 'waiting') throw problem('APPROVAL_SETTLED', { id, state: request.state });
        await moveApproval(tx, id, 'withdrawn', at);
        await audit.append(tx, {
          actor: by.user,
          duty: dutyOf(by),
          action: 'approval.withdraw',
          target: `${request.kind} ${request.target}`,
          params: { approval: id, kind: request.kind },
          outcome: 'withdrawn',
        });
      });
      return readApproval(database, id);
    },
    get: (id) => readApproval(database, id),
    list: ({ limit = 50, cursor, ...filter } = {}) => {
      if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX)
        throw problem('APPROVAL_MALFORMED', { what: 'limit', allowed: `1 to ${PAGE_MAX}` });
      return listApprovals(database, filter, clock.now(), limit, cursor);
    },
    count: (filter = {}) => countApprovals(database, filter, clock.now()),
    async resume() {
      let settled = 0;
      for (const id of await idsToSettle(database, 'approved', clock.now())) if (await execution.settle(id)) settled++;
      return settled;
    },
    async expire() {
      const ids = await idsToSettle(database, 'expired', clock.now());
      for (const id of ids) await outcomeOf(id, () => held(id, async (_tx, request) => request));
      return ids.length;
    },
  };
}

const isOpen = ({ state }: Approval): boolean => state === 'waiting' || state === 'approved';

/** The outcome of one among several: problems are its answer, everything else ends them all. */
async function outcomeOf(id: string, work: () => Promise<Approval>): Promise<BatchOutcome> {
  try {
    return { id, approval: await work() };
  } catch (error) {
    if (isProblem(error) && error.status < 500) return { id, problem: error };
    throw error;
  }
}

function dutyOf(by: Principal): UserDuty {
  const duty = by.duties[0];
  invariant(duty !== undefined, 'who makes requests holds a duty');
  return duty;
}

function checkReason(reason: unknown): void {
  if (typeof reason !== 'string' || reason.length > REASON_CHARS_MAX || reason.includes('\0'))
    throw problem('APPROVAL_MALFORMED', { what: 'reason', allowed: `${REASON_CHARS_MAX} characters` });
}

/** Undefined when this checker has decided so already. */
function dutyToDecide(by: Principal, request: Approval, verdict: Verdict): CheckingDuty | undefined {
  const { id } = request;
  const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();
  if (isSame(by.user, request.maker)) throw problem('APPROVAL_OWN', { user: by.user, id });
  const earlier = request.decisions.find(({ checker }) => isSame(checker, by.user));
  if (earlier?.verdict === verdict) return undefined;
  if (earlier !== undefined) throw problem('APPROVAL_DECIDED', { user: by.user, id, verdict: earlier.verdict });
  if (request.state !== 'waiting') throw problem('APPROVAL_SETTLED', { id, state: request.state });
  const open = openDuties(request);
  const duty = open.find((each) => by.duties.includes(each));
  if (duty === undefined) throw problem('APPROVAL_DUTY', { id, duties: open.join(', ') });
  return duty;
}

function stateAfter(request: Approval, decision: ApprovalDecision): ApprovalState {
  if (decision.verdict === 'refuse') return 'refused';
  if (decision.verdict === 'return') return 'returned';
  const decisions = [...request.decisions, decision];
  return openDuties({ duties: request.duties, decisions }).length === 0 ? 'approved' : 'waiting';
}

async function request(
  { database, audit, clock }: ApprovalsOptions,
  executors: ReadonlyMap<string, ApprovalExecutor>,
  by: Principal,
  draft: ApprovalDraft,
): Promise<Approval> {
  const { kind, target, payload, reason, idempotencyKey } = draft;
  const executor = executors.get(kind);
  if (executor === undefined) throw problem('APPROVAL_KIND_UNKNOWN', { kind: String(kind).slice(0, 64) });
  checkDraft(draft);
  const requestHash = contentHash({ kind, target, payload, reason });
  const same = await approvalOfKey(database, by.user, kind, idempotencyKey);
  if (same !== undefined) return repeated(same, requestHash);
  const valid = executor.validate(payload, target);
  const made = await database.transaction(async (tx) => {
    // Requests of one maker come one after another, so that they can be counted.
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('security.approval'), hashtext($1))`, [by.user]);
    const waiting = await countApprovals(tx, { maker: by.user, state: 'waiting' }, clock.now());
    if (waiting >= WAITING_MAX) throw problem('APPROVALS_TOO_MANY', { maker: by.user, waiting, max: WAITING_MAX });
    const before = await executor.read(target, tx);
    const { client, entity } = executor.concerns?.(target, valid, before.state) ?? {};
    const at = clock.now();
    const approval: Approval = {
      ...{ id: randomUUID(), kind, target, payload, reason, requestHash, maker: by.user },
      ...{ duties: asDuties(executor.duty, executor.needs), client: client ?? null, entity: entity ?? null },
      ...{ before: before.state, version: before.version, diff: executor.diff(before.state, valid) },
      ...{ madeAt: at, expiresAt: at + executor.ttl, state: 'waiting', stateAt: at, note: null, decisions: [] },
    };
    if (!(await insertApproval(tx, approval, idempotencyKey))) return undefined;
    await audit.append(tx, {
      actor: by.user,
      duty: dutyOf(by),
      action: 'approval.request',
      target: `${kind} ${target}`,
      params: { approval: approval.id, kind, content_hash: requestHash },
      outcome: 'waiting',
    });
    return approval.id;
  });
  await audit.checkpoint();
  if (made !== undefined) return readApproval(database, made);
  // Somebody with the same key was faster.
  return repeated((await approvalOfKey(database, by.user, kind, idempotencyKey)) as Approval, requestHash);
}

function repeated(same: Approval, requestHash: string): Approval {
  if (same.requestHash !== requestHash) throw problem('APPROVAL_KEY_REUSED', { id: same.id });
  return same;
}

function checkDraft({ target, payload, reason, idempotencyKey }: ApprovalDraft): void {
  checkReason(reason);
  const isText = (value: unknown, max: number) => typeof value === 'string' && value.length >= 1 && value.length <= max;
  if (!isText(target, 200) || target.includes('\0'))
    throw problem('APPROVAL_MALFORMED', { what: 'target', allowed: '1-200 characters' });
  if (!isText(idempotencyKey, 100) || idempotencyKey.includes('\0'))
    throw problem('APPROVAL_MALFORMED', { what: 'idempotencyKey', allowed: '1-100 characters' });
  if (!isStorable(payload))
    throw problem('APPROVAL_MALFORMED', { what: 'payload', allowed: `JSON of ${PAYLOAD_CHARS_MAX} characters` });
}

function isStorable(payload: unknown): boolean {
  try {
    const text = canonicalJson(payload);
    // What jsonb cannot hold: NUL and half a surrogate pair.
    return text.length <= PAYLOAD_CHARS_MAX && !/\\u(0000|d[89a-f])/.test(text);
  } catch {
    return false;
  }
}
