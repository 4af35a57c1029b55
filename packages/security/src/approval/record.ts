import { createHash } from 'node:crypto';
import { canonicalJson, type Instant } from '@meridian/base';
import { instantParameter, type Parameter, type Queryable, type Transaction } from '@meridian/store';
import type { UserDuty } from '../duty.ts';
import type { Approval, ApprovalDecision, ApprovalState, CheckingDuty } from './approval.ts';
import { problem } from './problems.ts';

/** All SQL of the approvals inbox. A state is changed only in a transaction that holds the request's row. */

const COLUMNS = `a.id, a.no, a.kind, a.target, a.duties, a.client, a.entity, a.payload, a.before, a.version, a.diff,
  a.request_hash AS "requestHash", a.reason, a.maker, a.made_at AS "madeAt", a.expires_at AS "expiresAt", a.state,
  a.state_at AS "stateAt", a.note`;

type Row = Omit<Approval, 'decisions'> & { readonly no: bigint };

async function withDecisions(over: Queryable, rows: readonly Row[]): Promise<Approval[]> {
  if (rows.length === 0) return [];
  const found = await over.query<ApprovalDecision & { approval: string }>(
    `SELECT approval, checker, duty, verdict, reason, at FROM security.approval_decision
      WHERE approval = ANY($1::uuid[]) ORDER BY at, checker`,
    [rows.map((row) => row.id)],
  );
  const byRequest = Map.groupBy(found.rows, (row) => row.approval);
  return rows.map(({ no: _no, ...row }) => ({
    ...row,
    decisions: (byRequest.get(row.id) ?? []).map(({ approval: _approval, ...decision }) => decision),
  }));
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @throws Problem APPROVAL_UNKNOWN */
export async function readApproval(over: Queryable, id: string, lock: '' | 'FOR UPDATE' = ''): Promise<Approval> {
  const unknown = () => problem('APPROVAL_UNKNOWN', { id: id.slice(0, 64) });
  if (!ID.test(id)) throw unknown();
  const { rows } = await over.query<Row>(`SELECT ${COLUMNS} FROM security.approval a WHERE a.id = $1 ${lock}`, [id]);
  const approval = (await withDecisions(over, rows))[0];
  if (approval === undefined) throw unknown();
  return approval;
}

export async function approvalOfKey(
  over: Queryable,
  maker: string,
  kind: string,
  idempotencyKey: string,
): Promise<Approval | undefined> {
  const { rows } = await over.query<Row>(
    `SELECT ${COLUMNS} FROM security.approval a WHERE a.maker = $1 AND a.kind = $2 AND a.idempotency_key = $3`,
    [maker, kind, idempotencyKey],
  );
  return (await withDecisions(over, rows))[0];
}

/** @returns false when the maker has used the key for this kind already */
export async function insertApproval(tx: Transaction, approval: Approval, idempotencyKey: string): Promise<boolean> {
  const { rowCount } = await tx.query(
    `INSERT INTO security.approval
       (id, kind, target, duties, client, entity, payload, before, version, diff, request_hash, idempotency_key, reason,
        maker, made_at, expires_at, state, state_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'waiting', $15)
     ON CONFLICT ON CONSTRAINT approval_key DO NOTHING`,
    [
      ...[approval.id, approval.kind, approval.target, approval.duties, approval.client, approval.entity],
      ...[{ json: approval.payload }, { json: approval.before }, approval.version, { json: approval.diff }],
      ...[approval.requestHash, idempotencyKey, approval.reason, approval.maker],
      ...[instantParameter(approval.madeAt), instantParameter(approval.expiresAt)],
    ],
  );
  return rowCount === 1;
}

export async function insertDecision(tx: Transaction, id: string, decision: ApprovalDecision): Promise<void> {
  await tx.query(
    `INSERT INTO security.approval_decision (approval, checker, duty, verdict, reason, at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, decision.checker, decision.duty, decision.verdict, decision.reason, instantParameter(decision.at)],
  );
}

export async function moveApproval(
  tx: Transaction,
  id: string,
  state: ApprovalState,
  at: Instant,
  note: string | null = null,
): Promise<void> {
  await tx.query('UPDATE security.approval SET state = $2, state_at = $3, note = $4 WHERE id = $1', [
    ...[id, state, instantParameter(at), note],
  ]);
}

/** Which requests: all that meet every condition given. */
export interface ApprovalFilter {
  /** Waits for a checker of one of these duties. */
  readonly forDuty?: UserDuty | readonly UserDuty[];
  readonly maker?: string;
  /** Neither made nor decided by this user: what is left for them to check. */
  readonly checker?: string;
  readonly state?: ApprovalState;
  readonly kind?: string;
  readonly client?: bigint;
}

/** A request past its time counts as expired before anybody has noted so. */
const STATE_NOW = `CASE WHEN a.state IN ('waiting', 'approved') AND a.expires_at <= $1 THEN 'expired' ELSE a.state END`;

function conditions(filter: ApprovalFilter, now: Instant): { where: string; values: Parameter[] } {
  const values: Parameter[] = [instantParameter(now)];
  // Named in every statement, so that its type is known also where no condition asks for it.
  const parts = ['$1::timestamptz IS NOT NULL'];
  const add = (value: Parameter, condition: (n: string) => string) => {
    values.push(value);
    parts.push(condition(`$${values.length}`));
  };
  if (filter.forDuty !== undefined) add([filter.forDuty].flat() as string[], (n) => openDutyAmong(n));
  if (filter.maker !== undefined) add(filter.maker, (n) => `a.maker = ${n}`);
  if (filter.checker !== undefined) add(filter.checker, (n) => uncheckedBy(n));
  if (filter.state !== undefined) add(filter.state, (n) => `${STATE_NOW} = ${n}`);
  if (filter.kind !== undefined) add(filter.kind, (n) => `a.kind = ${n}`);
  if (filter.client !== undefined) add(filter.client, (n) => `a.client = ${n}`);
  return { where: parts.join(' AND '), values };
}

const openDutyAmong = (n: string) => `EXISTS (
  SELECT FROM unnest(a.duties) AS needed(duty) WHERE needed.duty = ANY(${n}::text[]) GROUP BY needed.duty
  HAVING count(*) > (SELECT count(*) FROM security.approval_decision d
                      WHERE d.approval = a.id AND d.verdict = 'approve' AND d.duty = needed.duty))`;
const uncheckedBy = (n: string) => `lower(a.maker) <> lower(${n}) AND NOT EXISTS (
  SELECT FROM security.approval_decision d WHERE d.approval = a.id AND lower(d.checker) = lower(${n}))`;

export interface ApprovalPage {
  readonly approvals: readonly Approval[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
}

/** Newest first. */
export async function listApprovals(
  over: Queryable,
  filter: ApprovalFilter,
  now: Instant,
  limit: number,
  cursor?: string,
): Promise<ApprovalPage> {
  const { where, values } = conditions(filter, now);
  const from = cursor === undefined ? '' : `AND a.no < $${values.push(positionOf(cursor))}`;
  const { rows } = await over.query<Row>(
    `SELECT ${COLUMNS.replace('a.state,', `${STATE_NOW} AS state,`)} FROM security.approval a
      WHERE ${where} ${from} ORDER BY a.no DESC LIMIT ${limit + 1}`,
    values,
  );
  const page = rows.slice(0, limit);
  const approvals = await withDecisions(over, page);
  return rows.length > limit ? { approvals, next: String(page.at(-1)?.no) } : { approvals };
}

function positionOf(cursor: string): bigint {
  if (!/^\d{1,18}$/.test(cursor)) throw problem('APPROVAL_MALFORMED', { what: 'cursor', allowed: 'as it was given' });
  return BigInt(cursor);
}

export async function countApprovals(over: Queryable, filter: ApprovalFilter, now: Instant): Promise<number> {
  const { where, values } = conditions(filter, now);
  const { rows } = await over.query<{ count: bigint }>(`SELECT count(*) FROM security.approval a WHERE ${where}`, values);
  return Number(rows[0]?.count ?? 0n);
}

/** Requests in `state`, or past their time, oldest first. */
export async function idsToSettle(over: Queryable, what: 'approved' | 'expired', now: Instant): Promise<string[]> {
  const condition = what === 'approved' ? `a.state = 'approved'` : `a.state IN ('waiting', 'approved') AND a.expires_at <= $1`;
  const { rows } = await over.query<{ id: string }>(
    `SELECT a.id FROM security.approval a WHERE $1::timestamptz IS NOT NULL AND ${condition} ORDER BY a.no`,
    [instantParameter(now)],
  );
  return rows.map((row) => row.id);
}

export const contentHash = (content: unknown): string => createHash('sha256').update(canonicalJson(content)).digest('hex');

export const asDuties = (duty: CheckingDuty | readonly [CheckingDuty, CheckingDuty], needs: 1 | 2): CheckingDuty[] =>
  typeof duty === 'string' ? Array<CheckingDuty>(needs).fill(duty) : [...duty];
