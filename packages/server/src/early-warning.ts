import { type Ai, type AiOptions, type Holding, openAi, type PriceHistory, SYSTEM } from '@meridian/ai';
import { currency, type DateText, type Instant, isProblem, type Logger, wallClock } from '@meridian/base';
import { convertMinor, crossRate, type MarketFacts, type RateSet } from '@meridian/market';
import type { PositionSnapshot, RiskMonitor } from '@meridian/risk';
import type { AuditLog } from '@meridian/security';
import type { Database, Queryable } from '@meridian/store';
import { bookDate } from './approval/approval-desk.ts';
import { markHistories } from './mark-history.ts';
import { reasonOf } from './process/child.ts';
import { firmRates } from './reading/firm-rates.ts';

/**
 * The models in the house: strictly beside the order path. Master accounts are judged as business time goes on; whatever
 * fails here is noted, and the house goes on as if there were no models. AI-a … AI-f
 */
export interface ModelDesk {
  readonly ai: Ai;
  /** The last proof of the decision log; undefined before the first. */
  replayed(): ReplayProof | undefined;
  /** Judges the accounts if it is time to, and does what the day asks for. Never two at once, never throws. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

export interface ReplayProof {
  readonly decisions: number;
  /** Every score came out to the bit and the chain is whole. */
  readonly exact: boolean;
  /** Wall time. */
  readonly at: Instant;
}

export interface ModelDeskOptions {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly facts: MarketFacts;
  readonly risk: Pick<RiskMonitor, 'snapshot' | 'positions'>;
  readonly businessNow: () => Instant;
  readonly logger: Logger;
  /** Closes from before the house's own marks, see {@link readClosingHistory}. */
  readonly history?: PriceHistory | undefined;
  /** Tests inject faults by it. */
  readonly workerOptions?: AiOptions['workerOptions'];
}

/** Between two judgements, business time: margins move with prices, and a person can look at one warning in so long. */
export const JUDGE_EVERY = 5 * 60 * 1_000_000;
/** Between two looks at the clock, wall time. */
const TICK_MS = 1_000;

export function openModelDesk(options: ModelDeskOptions): ModelDesk {
  const { database, audit, risk, businessNow, logger } = options;
  const ai = openAi({
    database,
    audit,
    logger,
    ...(options.workerOptions === undefined ? {} : { workerOptions: options.workerOptions }),
  });
  let judgedAt = Number.NEGATIVE_INFINITY;
  let date: DateText | undefined;
  let proof: ReplayProof | undefined;
  let last: Promise<void> = Promise.resolve();
  const books = lastKnown<Awaited<ReturnType<typeof readBooks>>>();
  const marks = lastKnown<Awaited<ReturnType<typeof markHistories>>>();

  async function judge(at: Instant, businessDate: DateText): Promise<void> {
    const snapshot = risk.snapshot();
    const { accounts, set } = await books(() => readBooks(database, at));
    const known = await marks(() => markHistories(database, businessDate, options.history));
    const holdings = holdingsOf(risk.positions(), accounts, set);
    await ai.earlyWarning.assess({ snapshot, holdings, marks: (listing) => known.get(listing), businessDate, at });
  }

  /** Each part by itself: a database that is away must not keep the rule from judging. */
  async function part(what: string, work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => logger.warn(`early warning: ${what} failed`, { reason: reasonOf(error) }));
  }

  async function once(): Promise<void> {
    const at = businessNow();
    if (at - judgedAt < JUDGE_EVERY) return;
    judgedAt = at;
    const [today, ended] = [bookDate(options), date];
    date = today;
    const isNewDay = today !== ended;
    // What came of earlier decisions is known when the day is over.
    if (isNewDay && ended !== undefined) await part('close', () => ai.earlyWarning.noteClose(risk.snapshot(), ended, at));
    if (isNewDay) await part('expiry', () => ai.registry.expire(at));
    await part('judgement', () => judge(at, today));
    await part('reviews', () => ai.reviews.lapse(at));
    if (isNewDay)
      await part('proof', async () => {
        proof = await replay(ai, at, logger);
      });
  }

  const sweep = () => {
    last = last.then(() => part('sweep', once));
    return last;
  };
  const timer = setInterval(() => void sweep(), TICK_MS);
  timer.unref();
  return {
    ai,
    replayed: () => proof,
    sweep,
    async close() {
      clearInterval(timer);
      await last;
      await ai.close();
    },
  };
}

/** Proves the decision log. One that is broken switches the models off: what they say cannot be accounted for. AI-b */
async function replay({ decisions, registry }: Ai, at: Instant, logger: Logger): Promise<ReplayProof> {
  const { decisions: proved, fault } = await decisions.replay();
  if (fault !== undefined) {
    logger.error('the decision log does not replay', { reason: `decision ${fault.no}: ${fault.kind}` });
    if ((await registry.mode()) === 'model')
      await registry.setMode('rules', `decision ${fault.no} does not replay: ${fault.kind}`, SYSTEM, at);
  }
  return { decisions: Number(proved), exact: fault === undefined, at: wallClock.now() };
}

interface AccountRow {
  readonly account: bigint;
  readonly master: bigint;
  readonly base: string;
}

interface BooksRead {
  readonly accounts: ReadonlyMap<number, AccountRow>;
  readonly set: RateSet | undefined;
}

async function readBooks(db: Queryable, at: Instant): Promise<BooksRead> {
  const { rows } = await db.query<AccountRow>(
    `SELECT b.account, b.master, m.base_currency AS base
       FROM accounts.business_account b JOIN accounts.master_account m ON m.master = b.master`,
  );
  const { set } = await firmRates(db, at);
  return { accounts: new Map(rows.map((row) => [Number(row.account), row])), set };
}

/** Reads, or while that fails gives what was read last: a database that is away keeps nobody from being judged. */
function lastKnown<T>(): (read: () => Promise<T>) => Promise<T> {
  let known: { readonly value: T } | undefined;
  return async (read) => {
    try {
      known = { value: await read() };
      return known.value;
    } catch (error) {
      if (known === undefined) throw error;
      return known.value;
    }
  };
}

/** What every master holds by listing, in its base currency; what has no rate is left out, and the sums tell that it is. */
function holdingsOf(positions: readonly PositionSnapshot[], accounts: BooksRead['accounts'], set: BooksRead['set']): Holding[] {
  const worths = new Map<string, Holding>();
  for (const { account, listing, currency: code, worth } of positions) {
    const owner = accounts.get(account);
    if (owner === undefined) continue;
    const inBase = code === owner.base ? worth : converted(worth, code, owner.base, set);
    if (inBase === undefined) continue;
    const master = Number(owner.master);
    const key = `${master}/${listing}`;
    worths.set(key, { master, listing, worth: (worths.get(key)?.worth ?? 0) + inBase });
  }
  return [...worths.values()];
}

function converted(worth: number, from: string, to: string, set: RateSet | undefined): number | undefined {
  if (set === undefined) return undefined;
  try {
    return Number(convertMinor(BigInt(worth), crossRate(set, currency(from), currency(to)), 'half-even'));
  } catch (error) {
    if (isProblem(error, 'FX_RATE_MISSING')) return undefined;
    throw error;
  }
}
