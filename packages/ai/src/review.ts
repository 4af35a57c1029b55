import { type Instant, MICROS_PER_SECOND } from '@meridian/base';
import type { AuditLog } from '@meridian/security';
import { type Database, instantParameter, type Transaction } from '@meridian/store';
import type { Actor } from './governance.ts';
import { problem } from './problems.ts';

/** Hours in which somebody must look. */
const SLA_HOURS = 4;
const HOUR = 3_600 * MICROS_PER_SECOND;
/** After a veto the same account is not raised again for so long. */
const VETO_HOURS = 24;

/**
 * A warning that waits for a person (人工复核). `OPEN`, `UPHELD` and `LAPSED` leave the account tightened; only a veto lifts it. What
 * nobody looks at in time stays as tight as it is: time never loosens. AI-f
 */
export interface ReviewItem {
  readonly no: bigint;
  readonly decision: bigint;
  readonly useCase: string;
  readonly subject: string;
  /** Who may decide it. */
  readonly duty: 'risk' | 'compliance';
  /** What the warning asks for, e.g. "pre-call". */
  readonly action: string;
  readonly state: 'OPEN' | 'UPHELD' | 'VETOED' | 'LAPSED';
  readonly raisedAt: Instant;
  readonly dueAt: Instant;
  readonly endedAt: Instant | null;
  /** Who decided, and why; null until somebody has. */
  readonly reviewer: string | null;
  readonly reason: string | null;
}

export interface ReviewVerdict {
  readonly item: bigint;
  readonly verdict: 'uphold' | 'veto';
  readonly reason: string;
  readonly actor: Actor;
  readonly at: Instant;
}

export interface NewReview {
  readonly decision: bigint;
  readonly useCase: string;
  readonly subject: string;
  readonly action: string;
  readonly at: Instant;
}

export interface ReviewQueue {
  /** Raises an item unless one is open for the subject or was vetoed lately. @returns its number, if raised */
  raise(review: NewReview): Promise<bigint | undefined>;
  /** Open ones first, then the newest; at most `limit`, 200 by default. */
  list(limit?: number): Promise<readonly ReviewItem[]>;
  /** Items of these decisions. */
  ofDecisions(decisions: readonly bigint[]): Promise<readonly ReviewItem[]>;
  /** Decides an item, for good. @throws Problem REVIEW_REFUSED | MODEL_DUTY_REFUSED | MODEL_SEPARATION_REFUSED */
  decide(verdict: ReviewVerdict): Promise<void>;
  /** Closes what is overdue; it stays tightened. @returns how many */
  lapse(at: Instant): Promise<number>;
  /** Subjects that a review keeps tightened: by its last item, unless that was vetoed. */
  tightened(useCase: string): Promise<readonly string[]>;
}

export interface ReviewQueueOptions {
  readonly database: Database;
  readonly audit: AuditLog;
}

export function openReviewQueue({ database, audit }: ReviewQueueOptions): ReviewQueue {
  return {
    async raise({ decision, useCase, subject, action, at }) {
      const { rows } = await database.query<{ no: bigint }>(
        `INSERT INTO ai.review_item (decision, use_case, subject, duty, action, raised_at, due_at)
         SELECT $1, $2, $3, 'risk', $4, $5, $6
          WHERE NOT EXISTS (SELECT 1 FROM ai.review_item r WHERE r.use_case = $2 AND r.subject = $3
            AND (r.state = 'OPEN' OR (r.state = 'VETOED' AND r.ended_at > $7)))
         ON CONFLICT DO NOTHING RETURNING no`,
        [
          ...[decision, useCase, subject, action, instantParameter(at), instantParameter(at + SLA_HOURS * HOUR)],
          instantParameter(at - VETO_HOURS * HOUR),
        ],
      );
      return rows[0]?.no;
    },
    list: async (limit = 200) =>
      (
        await database.query<ReviewItem>(
          `${ITEMS} ORDER BY (state = 'OPEN') DESC, CASE WHEN state = 'OPEN' THEN due_at END, i.no DESC LIMIT $1`,
          [Math.min(limit, 1_000)],
        )
      ).rows,
    ofDecisions: async (decisions) =>
      (await database.query<ReviewItem>(`${ITEMS} WHERE decision = ANY($1) ORDER BY i.no`, [decisions])).rows,
    async decide(verdict) {
      await database.transaction((tx) => decide(tx, audit, verdict));
      await audit.checkpoint();
    },
    async lapse(at) {
      const { rowCount } = await database.query(
        `UPDATE ai.review_item SET state = 'LAPSED', ended_at = $1 WHERE state = 'OPEN' AND due_at <= $1`,
        [instantParameter(at)],
      );
      return rowCount;
    },
    async tightened(useCase) {
      const { rows } = await database.query<{ subject: string }>(
        `SELECT subject FROM (SELECT DISTINCT ON (subject) subject, state FROM ai.review_item WHERE use_case = $1
           ORDER BY subject, no DESC) last WHERE state <> 'VETOED' ORDER BY subject`,
        [useCase],
      );
      return rows.map(({ subject }) => subject);
    },
  };
}

const ITEMS = `SELECT i.no, i.decision, i.use_case AS "useCase", i.subject, i.duty, i.action, i.state, i.raised_at AS "raisedAt",
    i.due_at AS "dueAt", i.ended_at AS "endedAt", v.reviewer, v.reason
  FROM ai.review_item i LEFT JOIN ai.review_verdict v ON v.item = i.no`;

async function decide(tx: Transaction, audit: AuditLog, { item, verdict, reason, actor, at }: ReviewVerdict): Promise<void> {
  const refuse = (why: string) => problem('REVIEW_REFUSED', { item, reason: why });
  const { rows } = await tx.query<ReviewItem>(`${ITEMS} WHERE i.no = $1 FOR UPDATE OF i`, [item]);
  const [found] = rows;
  if (found === undefined) throw refuse('there is no such item');
  if (found.state !== 'OPEN') throw refuse(`it is ${found.state}, and that is final`);
  if (at < found.raisedAt) throw refuse('it was raised later than that');
  if (reason.trim().length < 4) throw refuse('a verdict needs a reason');
  if (actor.duty !== found.duty)
    throw problem('MODEL_DUTY_REFUSED', { command: verdict, needed: found.duty, duty: actor.duty });
  const makers = await tx.query(
    `SELECT 1 FROM ai.model m WHERE m.use_case = $1 AND (m.owner_team = $2 OR m.owner = $3)
     UNION ALL SELECT 1 FROM ai.version_author a JOIN ai.model_version v ON v.id = a.version
      WHERE v.use_case = $1 AND a.author = $3`,
    [found.useCase, actor.team, actor.user],
  );
  if (makers.rowCount > 0)
    throw problem('MODEL_SEPARATION_REFUSED', {
      ...{ user: actor.user, version: found.useCase, command: verdict },
      reason: 'made the model',
    });
  const { no } = await audit.append(tx, {
    ...{ actor: actor.user, duty: actor.duty, action: `review ${verdict}`, target: `review ${item}`, outcome: 'done' },
    params: { item, verdict, team: actor.team },
  });
  await tx.query(
    `INSERT INTO ai.review_verdict (item, verdict, reason, reviewer, team, duty, at, audit_no) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [item, verdict, reason, actor.user, actor.team, actor.duty, instantParameter(at), no],
  );
}
