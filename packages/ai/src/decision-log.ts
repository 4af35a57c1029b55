import { canonicalJson, type Instant, wallClock } from '@meridian/base';
import type { AuditLog } from '@meridian/security';
import { type Database, instantParameter, type Queryable, type Transaction } from '@meridian/store';
import { type Artefact, type Features, openArtefact, score } from './artefact.ts';
import type { Fallback, Route } from './decider.ts';
import { sha256 } from './digest.ts';
import type { Tier } from './governance.ts';
import { SYSTEM } from './registry.ts';
import { ruleScore } from './rule.ts';

/** What a decision was made from: the features as they were scored, and the figures behind them for people. */
export interface DecisionInput {
  readonly features: Features;
  readonly figures: Readonly<Record<string, number | string | null>>;
}

/** Why, by code, strongest first. `points` of log odds; the values that its text may name. AI-e */
export interface Reason {
  readonly code: string;
  readonly points: number;
  readonly values: Readonly<Record<string, number | string>>;
}

/** What would have made the outcome another, found by search and verified by scoring again. */
export interface Counterfactual {
  readonly code: 'add-margin' | 'reduce-notional';
  /** Whole minor units of `currency`; and as its text shows it. */
  readonly amount: number;
  readonly shown: string;
  readonly currency: string;
  /** The score with it, below the threshold. */
  readonly score: number;
}

/** One decision as it is recorded. AI-b, AI-e */
export interface NewDecision {
  readonly useCase: string;
  /** A token, e.g. "master 7". */
  readonly subject: string;
  readonly businessDate: string;
  readonly at: Instant;
  readonly route: Route;
  readonly version: string | null;
  readonly artefact: string | null;
  readonly fallback: Fallback | null;
  readonly input: DecisionInput;
  /** null when there were not the data to tell. */
  readonly score: number | null;
  readonly threshold: number;
  readonly outcome: 'quiet' | 'warn' | 'unknown';
  readonly tier: Tier;
  readonly reasons: readonly Reason[];
  /** Each by itself would lift the warning; null where there is none. */
  readonly counterfactual: readonly Counterfactual[] | null;
  readonly explanationZh: string;
  readonly explanationEn: string;
  readonly latencyUs: number;
}

export interface Decision extends NewDecision {
  /** 1, 2, 3 … without gaps. */
  readonly no: bigint;
  /** Wall time. */
  readonly recordedAt: Instant;
  readonly prevHash: string;
  readonly hash: string;
}

/**
 * The first thing wrong. `missing`, `edited`, `link`, `truncated`, `beyond` as in the audit log · `anchor` the audit log
 * noted another hash for it · `artefact` its bytes are gone or give another hash · `score` scoring again gives other bits.
 */
export interface DecisionFault {
  readonly no: bigint;
  readonly kind: 'missing' | 'edited' | 'link' | 'truncated' | 'beyond' | 'anchor' | 'artefact' | 'score';
}

export interface DecisionVerdict {
  readonly decisions: bigint;
  /** Of them, scores worked out again; by models, by the rule. */
  readonly byModel: bigint;
  readonly byRule: bigint;
  readonly fault: DecisionFault | undefined;
}

export interface DecisionLog {
  /** Appends in one transaction, in order. @returns their numbers */
  append(decisions: readonly NewDecision[]): Promise<readonly bigint[]>;
  /** What came of a decision. Once; the same again changes nothing. */
  recordOutcomes(outcomes: readonly { readonly decision: bigint; readonly happened: boolean }[], at: Instant): Promise<void>;
  /** Decisions in the log, and of them those that the rules made because a model that should have answered did not. */
  count(): Promise<{ readonly decisions: bigint; readonly fallbacks: bigint }>;
  /** Newest first; at most `limit` (100 by default, 1,000 at most). */
  list(filter: { readonly subject?: string; readonly before?: bigint; readonly limit?: number }): Promise<readonly Decision[]>;
  /** Proves the chain and scores every decision again from its artefact and input: the same bits, or the first fault. */
  replay(): Promise<DecisionVerdict>;
}

const GENESIS = '0'.repeat(64);
const PAGE = 2_000;
/** Decisions between two notes of the chain in the audit log. */
const ANCHOR_EVERY = 1_000n;
const ANCHORED = 'decisions anchored';

export interface DecisionLogOptions {
  readonly database: Database;
  readonly audit: AuditLog;
}

/**
 * The decision log in PostgreSQL: append-only, every entry holds the hash of the one before, and the audit log notes the
 * chain's end every thousand decisions and with the first of each process.
 */
export function openDecisionLog({ database, audit }: DecisionLogOptions): DecisionLog {
  let anchored = -1n;
  async function append(tx: Transaction, decisions: readonly NewDecision[]): Promise<bigint[]> {
    await tx.query(`INSERT INTO ai.decision_head (no, hash) VALUES (0, $1) ON CONFLICT DO NOTHING`, [GENESIS]);
    const { rows } = await tx.query<Head>('SELECT no, hash FROM ai.decision_head FOR UPDATE');
    let { no, hash } = rows[0] as Head;
    const numbers: bigint[] = [];
    for (const decision of decisions) {
      const content = { ...decision, no: no + 1n, recordedAt: wallClock.now(), prevHash: hash };
      [no, hash] = [content.no, hashOf(content)];
      await insert(tx, { ...content, hash });
      numbers.push(no);
    }
    await tx.query('UPDATE ai.decision_head SET no = $1, hash = $2', [no, hash]);
    if (anchored < 0n || no - anchored >= ANCHOR_EVERY) {
      const { user: actor, duty } = SYSTEM;
      const params = { decision: no, decision_hash: hash };
      await audit.append(tx, { actor, duty, action: ANCHORED, target: `decision ${no}`, params, outcome: 'done' });
      anchored = no;
    }
    return numbers;
  }
  return {
    append: async (decisions) => (decisions.length === 0 ? [] : database.transaction((tx) => append(tx, decisions))),
    async recordOutcomes(outcomes, at) {
      await database.query(
        `INSERT INTO ai.decision_outcome (decision, happened, known_at)
         SELECT d, h, $3 FROM unnest($1::bigint[], $2::boolean[]) AS o (d, h) ON CONFLICT (decision) DO NOTHING`,
        [outcomes.map(({ decision }) => decision), outcomes.map(({ happened }) => happened), instantParameter(at)],
      );
    },
    async count() {
      const { rows } = await database.query<{ decisions: bigint; fallbacks: bigint }>(
        `SELECT count(*) AS decisions, count(*) FILTER (WHERE fallback NOT IN ('no-model', 'switched-off', 'insufficient-data'))
           AS fallbacks FROM ai.decision`,
      );
      return rows[0] as { decisions: bigint; fallbacks: bigint };
    },
    list: async ({ subject, before, limit = 100 }) =>
      (
        await database.query<Decision>(
          `SELECT ${COLUMNS} FROM ai.decision WHERE ($1::text IS NULL OR subject = $1) AND ($2::bigint IS NULL OR no < $2)
            ORDER BY no DESC LIMIT $3`,
          [subject ?? null, before ?? null, Math.min(limit, 1_000)],
        )
      ).rows,
    replay: () => database.transaction(replayed, { isolation: 'repeatable read', readOnly: true }),
  };
}

interface Head {
  readonly no: bigint;
  readonly hash: string;
}

const COLUMNS = `no, use_case AS "useCase", subject, business_date AS "businessDate", at, route, version,
  artefact_sha256 AS artefact, fallback, input, score, threshold, outcome, tier, reasons, counterfactual,
  explanation_zh AS "explanationZh", explanation_en AS "explanationEn", latency_us AS "latencyUs", recorded_at AS "recordedAt",
  prev_hash AS "prevHash", hash`;

function hashOf({ hash: _, ...content }: Omit<Decision, 'hash'> & { readonly hash?: string }): string {
  return sha256(canonicalJson({ ...content, latencyUs: String(content.latencyUs) }));
}

async function insert(tx: Transaction, decision: Decision): Promise<void> {
  const { input, reasons, counterfactual } = decision;
  await tx.query(
    {
      name: 'ai-decision',
      sql: `INSERT INTO ai.decision (no, use_case, subject, business_date, at, route, version, artefact_sha256, fallback, input,
        score, threshold, outcome, tier, reasons, counterfactual, explanation_zh, explanation_en, latency_us, recorded_at,
        prev_hash, hash)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`,
    },
    [
      ...[decision.no, decision.useCase, decision.subject, decision.businessDate, instantParameter(decision.at)],
      ...[decision.route, decision.version, decision.artefact, decision.fallback, { json: input }, decision.score],
      ...[decision.threshold, decision.outcome, decision.tier, { json: reasons }],
      ...[counterfactual === null ? null : { json: counterfactual }, decision.explanationZh, decision.explanationEn],
      ...[decision.latencyUs, instantParameter(decision.recordedAt), decision.prevHash, decision.hash],
    ],
  );
}

async function replayed(tx: Queryable): Promise<DecisionVerdict> {
  const anchors = await readAnchors(tx);
  const models = new Map<string, Artefact | undefined>();
  let [last, lastHash, byModel, byRule] = [0n, GENESIS, 0n, 0n];
  const verdict = (fault?: DecisionFault) => ({ decisions: last, byModel, byRule, fault });
  for (;;) {
    const { rows } = await tx.query<Decision>(`SELECT ${COLUMNS} FROM ai.decision WHERE no > $1 ORDER BY no LIMIT ${PAGE}`, [
      last,
    ]);
    for (const decision of rows) {
      const no = decision.no;
      if (no !== last + 1n) return verdict({ no: last + 1n, kind: 'missing' });
      if (hashOf(decision) !== decision.hash) return verdict({ no, kind: 'edited' });
      if (decision.prevHash !== lastHash) return verdict({ no, kind: 'link' });
      if ((anchors.get(no) ?? decision.hash) !== decision.hash) return verdict({ no, kind: 'anchor' });
      const kind = await scoredOtherwise(tx, decision, models);
      if (kind !== undefined) return verdict({ no, kind });
      [last, lastHash] = [no, decision.hash];
      if (decision.score === null) continue;
      if (decision.artefact === null) byRule++;
      else byModel++;
    }
    if (rows.length < PAGE) break;
  }
  const { rows: heads } = await tx.query<Head>('SELECT no, hash FROM ai.decision_head');
  const head = heads[0] ?? { no: 0n, hash: GENESIS };
  const noted = [...anchors.keys()].reduce((most, no) => (no > most ? no : most), head.no);
  if (noted > last) return verdict({ no: last + 1n, kind: 'truncated' });
  if (head.no < last) return verdict({ no: head.no + 1n, kind: 'beyond' });
  return verdict(head.hash === lastHash ? undefined : { no: last, kind: 'link' });
}

async function scoredOtherwise(
  tx: Queryable,
  { artefact, input, score: recorded }: Decision,
  models: Map<string, Artefact | undefined>,
): Promise<'artefact' | 'score' | undefined> {
  if (recorded === null) return undefined;
  if (artefact === null) return Object.is(ruleScore(input.features['dtb'] as number), recorded) ? undefined : 'score';
  if (!models.has(artefact)) models.set(artefact, await readModel(tx, artefact));
  const model = models.get(artefact);
  if (model === undefined) return 'artefact';
  return Object.is(score(model, input.features), recorded) ? undefined : 'score';
}

async function readModel(tx: Queryable, hash: string): Promise<Artefact | undefined> {
  const { rows } = await tx.query<{ body: string }>('SELECT body FROM ai.artefact WHERE sha256 = $1', [hash]);
  const body = rows[0]?.body;
  return body !== undefined && sha256(body) === hash ? openArtefact(body) : undefined;
}

/** What the audit log noted of the chain. Its own chain is proven apart, by its own verification. */
async function readAnchors(tx: Queryable): Promise<Map<bigint, string>> {
  const { rows } = await tx.query<{ no: string; hash: string }>(
    `SELECT params->>'decision' AS no, params->>'decision_hash' AS hash FROM security.audit_entry WHERE action = $1`,
    [ANCHORED],
  );
  return new Map(rows.map(({ no, hash }) => [BigInt(no), hash]));
}
