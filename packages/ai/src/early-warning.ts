import { addDays, type DateText, type Instant, type Logger, silentLogger } from '@meridian/base';
import type { MasterSnapshot, RiskSnapshot } from '@meridian/risk';
import { type Database, instantParameter } from '@meridian/store';
import { type Answer, type Decider, RULE_THRESHOLD } from './decider.ts';
import type { DecisionLog, NewDecision, Reason } from './decision-log.ts';
import { counterfactuals, explain, type ReasonCode, reasonsOf } from './explain.ts';
import { type Portfolio, RETURNS_MIN, structureOf } from './features.ts';
import type { Tier } from './governance.ts';
import type { ReviewQueue } from './review.ts';
import { HORIZON_DAYS } from './rule.ts';
import { MARGIN_SHORTFALL } from './train.ts';

/** What a master holds of one listing. */
export interface Holding {
  readonly master: number;
  readonly listing: number;
  /** Signed, in minor units of the master's base currency. */
  readonly worth: number;
}

/** Daily closes of a listing in its quote currency, oldest first, up to `lastDate`. */
export interface MarkHistory {
  readonly closes: ArrayLike<number>;
  readonly lastDate: DateText;
}

export interface AssessmentInput {
  readonly snapshot: RiskSnapshot;
  readonly holdings: readonly Holding[];
  /** The house's official marks; undefined where there are none. Never guessed. */
  readonly marks: (listing: number) => MarkHistory | undefined;
  readonly businessDate: DateText;
  readonly at: Instant;
}

/** What an assessment said of one master. */
export interface Warning {
  readonly master: number;
  readonly outcome: NewDecision['outcome'];
  readonly score: number | null;
  readonly decision: NewDecision;
  /** Its number in the log; null while the log could not be written: it is kept and written later. */
  readonly no: bigint | null;
}

export interface EarlyWarning {
  /**
   * Judges every master that holds something: by the model that is deployed, or by the rule at that very decision. Each answer is
   * logged, a warning goes to review. It can only tighten: an account once warned about stays so until a person says otherwise.
   * Always answers; the database may be away.
   */
  assess(input: AssessmentInput): Promise<readonly Warning[]>;
  /**
   * Tells what came of earlier decisions, at a business date's close: a master that is short now was rightly warned about on
   * the five dates before; one that was not short on five dates in a row was not. @returns decisions labelled
   */
  noteClose(snapshot: RiskSnapshot, businessDate: DateText, at: Instant): Promise<number>;
  /** Decisions that wait for the database. */
  readonly unwritten: number;
}

export interface EarlyWarningOptions {
  readonly database: Database;
  readonly decider: Decider;
  readonly decisions: DecisionLog;
  readonly reviews: ReviewQueue;
  readonly logger?: Logger;
}

const TIER: Tier = 'T2';
/** Marks older than this many days are none. */
const STALE_DAYS = 7;
/** Holdings and the monitor's exposure may differ by this share: they are read a moment apart. */
const DIFFERENCE_MAX = 0.02;
/** Decisions kept while the log cannot be written; beyond, the oldest go, and the log says how many. */
const UNWRITTEN_MAX = 10_000;

export function openEarlyWarning({
  database,
  decider,
  decisions,
  reviews,
  logger = silentLogger,
}: EarlyWarningOptions): EarlyWarning {
  const unwritten: NewDecision[] = [];

  /** Writes what waits and what is new, in order. @returns numbers of the new ones, or nothing when the log is away */
  async function write(fresh: readonly NewDecision[]): Promise<readonly bigint[]> {
    try {
      const numbers = await decisions.append([...unwritten, ...fresh]);
      const late = unwritten.splice(0).length;
      return numbers.slice(late);
    } catch (error) {
      unwritten.push(...fresh);
      const lost = unwritten.splice(0, Math.max(0, unwritten.length - UNWRITTEN_MAX)).length;
      logger.warn('decisions could not be written', { decisions: unwritten.length, reason: (error as Error).message });
      if (lost > 0) logger.error('decisions were lost', { decisions: lost });
      return [];
    }
  }

  async function raise(decision: NewDecision, no: bigint): Promise<void> {
    const { useCase, subject, at } = decision;
    await reviews.raise({ decision: no, useCase, subject, action: 'pre-call', at });
  }

  return {
    async assess(input) {
      const standby = await decider.standby(MARGIN_SHORTFALL, input.at);
      const byMaster = Map.groupBy(input.holdings, ({ master }) => master);
      const told: { master: number; decision: NewDecision; beside: NewDecision[] }[] = [];
      for (const master of input.snapshot.masters) {
        if (master.exposure === 0) continue;
        const subject = `master ${master.master}`;
        const read = portfolioOf(master, byMaster.get(master.master) ?? [], input);
        const structure = 'reason' in read ? undefined : structureOf(read);
        if ('reason' in read || structure === undefined) {
          const reason = 'reason' in read ? read.reason : { code: 'NOT_DEFINED', points: 0, values: {} };
          told.push({ master: master.master, decision: undecided(subject, master, reason, input), beside: [] });
          continue;
        }
        const answers = await decider.decide(standby, subject, structure.features, input.at);
        const [decision, ...beside] = answers.map((answer) => decided(subject, master, read, answer, input));
        told.push({ master: master.master, decision: decision as NewDecision, beside });
      }
      const numbers = await write(told.flatMap(({ decision, beside }) => [decision, ...beside]));
      const warnings: Warning[] = [];
      let at = 0;
      for (const { master, decision, beside } of told) {
        const no = numbers[at] ?? null;
        at += 1 + beside.length;
        if (no !== null && decision.outcome === 'warn')
          await raise(decision, no).catch(() => logger.warn('a review could not be raised'));
        warnings.push({ master, outcome: decision.outcome, score: decision.score, decision, no });
      }
      return warnings;
    },
    noteClose: (snapshot, businessDate, at) => noteClose(database, snapshot, businessDate, at),
    get unwritten() {
      return unwritten.length;
    },
  };
}

/** What is held, with the returns behind it; or why that cannot be told. */
function portfolioOf(
  { equity, requirement, exposure }: MasterSnapshot,
  holdings: readonly Holding[],
  { marks, businessDate }: AssessmentInput,
): Portfolio | { readonly reason: Reason } {
  const lacking = (code: ReasonCode, values: Reason['values'] = {}) => ({ reason: { code, points: 0, values } });
  const held = holdings.filter(({ worth }) => worth !== 0);
  const gross = held.reduce((sum, { worth }) => sum + Math.abs(worth), 0);
  if (!(Math.abs(gross - exposure) <= DIFFERENCE_MAX * exposure)) return lacking('HOLDINGS_DIFFER');
  const withReturns: { worth: number; returns: Float64Array }[] = [];
  for (const { listing, worth } of held) {
    const history = marks(listing);
    if (history === undefined || history.closes.length <= RETURNS_MIN) return lacking('NO_PRICES', { listing });
    if (history.lastDate < addDays(businessDate, -STALE_DAYS))
      return lacking('STALE_PRICES', { listing, date: history.lastDate });
    const { closes } = history;
    const returns = Float64Array.from({ length: RETURNS_MIN }, (_, i) => {
      const day = closes.length - RETURNS_MIN + i;
      return (closes[day] as number) / (closes[day - 1] as number) - 1;
    });
    if (!returns.every(Number.isFinite)) return lacking('NO_PRICES', { listing });
    withReturns.push({ worth, returns });
  }
  return { equity, requirement, holdings: withReturns };
}

const figuresOf = ({ equity, requirement, exposure, currency }: MasterSnapshot) => ({
  equity,
  requirement,
  exposure,
  currency,
});

function undecided(
  subject: string,
  master: MasterSnapshot,
  reason: Reason,
  { businessDate, at }: AssessmentInput,
): NewDecision {
  const told = { score: null, threshold: RULE_THRESHOLD, outcome: 'unknown', reasons: [reason], counterfactual: null } as const;
  const { zh, en } = explain({ ...told, byRule: true });
  return {
    ...{ useCase: MARGIN_SHORTFALL, subject, businessDate, at, route: 'rules', version: null, artefact: null },
    ...{ fallback: 'insufficient-data', input: { features: {}, figures: figuresOf(master) }, ...told },
    ...{ tier: TIER, explanationZh: zh, explanationEn: en, latencyUs: 0 },
  };
}

function decided(
  subject: string,
  master: MasterSnapshot,
  portfolio: Portfolio,
  answer: Answer,
  { businessDate, at }: AssessmentInput,
): NewDecision {
  const { route, version, artefact, fallback, score, threshold, latencyUs } = answer;
  const structure = structureOf(portfolio) as NonNullable<ReturnType<typeof structureOf>>;
  const outcome = score >= threshold ? ('warn' as const) : ('quiet' as const);
  const told = {
    ...{ score, threshold, outcome },
    reasons: outcome === 'warn' ? reasonsOf(answer, portfolio, master.currency) : [],
    counterfactual: outcome === 'warn' ? counterfactuals(answer, portfolio, master.currency) : null,
  };
  const { zh, en } = explain({ ...told, byRule: answer.model === null });
  const input = {
    features: structure.features,
    figures: { ...figuresOf(master), gross: structure.gross, volatility: structure.volatility },
  };
  return {
    ...{ useCase: MARGIN_SHORTFALL, subject, businessDate, at, route, version, artefact, fallback, input, ...told },
    ...{ tier: TIER, explanationZh: zh, explanationEn: en, latencyUs },
  };
}

/** Decisions older than this many days have been told about long ago. */
const TOLD_DAYS = 60;

/**
 * Business dates are those of the assessments, and of the close itself: there is one on each. `later` counts the ones
 * between a decision and the close, which is the decision's first possible day of shortfall when it is 1.
 */
const LABEL = `WITH dates AS (
    SELECT business_date, row_number() OVER (ORDER BY business_date DESC) - 1 AS later
      FROM (SELECT DISTINCT business_date FROM ai.decision
             WHERE use_case = $1 AND business_date BETWEEN $2::date - ${TOLD_DAYS} AND $2::date
            UNION SELECT $2::date) d)
  INSERT INTO ai.decision_outcome (decision, happened, known_at)
  SELECT d.no, s.happened, $3
    FROM ai.decision d JOIN dates USING (business_date), LATERAL (SELECT d.subject = ANY($4::text[]) AS happened) s
   WHERE d.use_case = $1 AND d.score IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM ai.decision_outcome o WHERE o.decision = d.no)
     AND CASE WHEN s.happened THEN later BETWEEN 1 AND ${HORIZON_DAYS} ELSE later >= ${HORIZON_DAYS} END
  ON CONFLICT DO NOTHING`;

async function noteClose(database: Database, snapshot: RiskSnapshot, date: DateText, at: Instant): Promise<number> {
  const short = snapshot.masters.filter(({ equity, requirement }) => equity < requirement);
  const subjects = short.map(({ master }) => `master ${master}`);
  const { rowCount } = await database.query(LABEL, [MARGIN_SHORTFALL, date, instantParameter(at), subjects]);
  return rowCount;
}
