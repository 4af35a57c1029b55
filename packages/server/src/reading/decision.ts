import type { Decision } from '@meridian/ai';
import type { Queryable } from '@meridian/store';
import type { PageAsk } from './page.ts';
import type { Sight } from './sight.ts';

/** What models and rules decided (AI 决定), with whom it was about and what people made of it. AI-b, AI-f */

export interface DecisionRow extends Decision {
  /** Null for a subject that is no master account, or none any more. */
  readonly master: string | null;
  readonly client: bigint | null;
  readonly token: string | null;
  readonly entity: bigint | null;
  readonly item: bigint | null;
  readonly review: 'OPEN' | 'UPHELD' | 'VETOED' | 'LAPSED' | null;
  readonly due: number | null;
  readonly reviewer: string | null;
  readonly review_reason: string | null;
}

/** How the interface calls the states of a review. */
export const REVIEW_STATES = { OPEN: 'waiting', UPHELD: 'confirmed', VETOED: 'vetoed', LAPSED: 'lapsed' } as const;

/** What a version in the shadow would have said answered nobody: it belongs to the version's record, not to this list. */
const DECISION = `
  SELECT d.no, d.use_case AS "useCase", d.subject, d.business_date AS "businessDate", d.at, d.route, d.version,
         d.artefact_sha256 AS artefact, d.fallback, d.input, d.score, d.threshold, d.outcome, d.tier, d.reasons, d.counterfactual,
         d.explanation_zh AS "explanationZh", d.explanation_en AS "explanationEn", d.latency_us AS "latencyUs",
         d.recorded_at AS "recordedAt", d.prev_hash AS "prevHash", d.hash,
         m.master::text AS master, m.client, m.entity, c.token,
         i.no AS item, i.state AS review, i.due_at AS due, v.reviewer, v.reason AS review_reason
    FROM ai.decision d
    LEFT JOIN accounts.master_account m ON d.subject = 'master ' || m.master
    LEFT JOIN accounts.client c ON c.client = m.client
    LEFT JOIN ai.review_item i ON i.decision = d.no
    LEFT JOIN ai.review_verdict v ON v.item = i.no
   WHERE d.route <> 'SHADOW'`;

/** The newest first. `review`: in this state of review only. */
export async function decisions(db: Queryable, sight: Sight, review: string | undefined, ask: PageAsk): Promise<DecisionRow[]> {
  const state = Object.entries(REVIEW_STATES).find(([, name]) => name === review)?.[0] ?? review ?? null;
  const { rows } = await db.query<DecisionRow>(
    `${DECISION} AND ($1::bigint[] IS NULL OR m.client = ANY ($1)) AND (m.entity IS NULL AND $1 IS NULL OR m.entity = ANY ($2))
       AND ($3::text IS NULL OR i.state = $3) AND ($4::bigint IS NULL OR d.no < $4) ORDER BY d.no DESC LIMIT $5`,
    [sight.clients, sight.entities, state, ask.after?.[0] ?? null, ask.limit],
  );
  return rows;
}

export async function decisionRow(db: Queryable, no: string): Promise<DecisionRow | undefined> {
  if (!/^[1-9]\d{0,17}$/.test(no)) return undefined;
  return (await db.query<DecisionRow>(`${DECISION} AND d.no = $1`, [no])).rows[0];
}

/** What the registry does not say of its versions itself. */
export interface VersionFigures {
  readonly version: string;
  /** When its training ended. */
  readonly ended_at: number;
  /** Changes of it so far: transitions, signatures, validation results. */
  readonly revision: number;
}

export async function versionFigures(db: Queryable): Promise<Map<string, VersionFigures>> {
  const { rows } = await db.query<VersionFigures>(
    `SELECT v.id AS version, v.ended_at,
            ((SELECT count(*) FROM ai.transition t WHERE t.version = v.id) + (SELECT count(*) FROM ai.approval a WHERE a.version = v.id)
             + (SELECT count(*) FROM ai.validation_run r WHERE r.version = v.id))::int AS revision
       FROM ai.model_version v`,
  );
  return new Map(rows.map((row) => [row.version, row]));
}

export interface ValidationRow {
  readonly suite: string;
  readonly testCase: string;
  readonly metric: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly threshold: number | null;
  readonly passed: boolean;
  readonly validator: string;
  readonly at: number;
}

/** Results of its validations, oldest first, with who ran them. */
export async function validationRows(db: Queryable, version: string): Promise<ValidationRow[]> {
  const { rows } = await db.query<ValidationRow>(
    `SELECT suite, test_case AS "testCase", metric, value, low, high, threshold, passed, validator, at
       FROM ai.validation_run WHERE version = $1 ORDER BY no LIMIT 500`,
    [version],
  );
  return rows;
}
