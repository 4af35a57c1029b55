import os from 'node:os';
import type { AccountCentre } from '@meridian/accounts';
import {
  addDays,
  type DateText,
  dateText,
  type Instant,
  isProblem,
  type Logger,
  type Problem,
  silentLogger,
} from '@meridian/base';
import { brokerFileName } from '@meridian/messages';
import type { Database, Transaction } from '@meridian/store';
import { CLIENT_DAY_STEPS, type ClientDayContext, missingBatches } from './client-day.ts';
import { keepPrints } from './document-store.ts';
import { arrivedFile, markerOf, registerFile } from './drop-folder.ts';
import { type Delivery, type Mailer, openMailer, type SmtpSettings } from './mail.ts';
import { problem } from './problems.ts';
import { type ClearingFacts, configHash, marketRule } from './rules.ts';
import { type BatchOutcome, runBatch } from './runner.ts';
import { type DueBatch, dueBatches, markDone, nextDue, planBatches, planWindow } from './schedule.ts';
import { type BatchStatus, batchStatus, type ClearingStatus, clearingStatus } from './status.ts';
import { cutOf, type MarketContext } from './step/plan.ts';
import { reportAttempt } from './step/report.ts';
import { type BatchKey, batchId } from './step.ts';
import { MARKET_STEPS } from './steps.ts';

export interface ClearingOptions {
  readonly pool: Database;
  readonly accountCentre: AccountCentre;
  readonly facts: ClearingFacts;
  /** Where brokers' files arrive. */
  readonly dropDir: string;
  /** Where reports, confirmations and statements are put besides the database. */
  readonly outDir: string;
  /** Undefined: mails stay queued. */
  readonly smtp?: SmtpSettings;
  readonly logger?: Logger;
  /** Version of this program; part of every step's input hash. */
  readonly codeVersion?: string;
}

/** Something that is due and cannot go on by itself yet, with the reason as a problem. */
export interface Waiting {
  readonly batch: string;
  readonly reason: Problem;
}

/** What one call of {@link Clearing.advance} did. */
export interface Progress {
  readonly published: readonly BatchOutcome[];
  readonly failed: readonly BatchOutcome[];
  readonly waiting: readonly Waiting[];
  readonly mail: Delivery;
  /** The next planned batch after `now`. */
  readonly nextDue: Instant | null;
}

export interface RunOptions {
  /** Steps before it are inherited by hash; 0 by default. CL-e */
  readonly fromStep?: number;
  readonly reason?: string;
}

export interface Clearing {
  /** Plans ahead and runs what is due up to business time `now`. Markets run beside each other. CL-7, CL-b */
  advance(now: Instant): Promise<Progress>;
  /**
   * Runs one batch by hand. CL-c
   * @param mic a market, or '-' for the client day of a business date
   * @param at business instant of the publication
   * @throws Problem BATCH_HELD | BATCH_NOT_CUT | BATCH_WAITS_FOR_FILE | BATCH_ALREADY_PUBLISHED | BATCH_FENCED | …
   */
  run(mic: string, date: string, actor: string, at: Instant, options?: RunOptions): Promise<BatchOutcome>;
  status(): Promise<ClearingStatus>;
  /** One batch with its attempts, steps and errors. @throws Problem BATCH_UNKNOWN */
  batch(mic: string, date: string): Promise<BatchStatus>;
  /** Sends what is queued. */
  deliver(): Promise<Delivery>;
  close(): Promise<void>;
}

const CODE_VERSION = '1';
const NO_MAIL: Delivery = { sent: 0, failed: 0, dead: 0, left: 0 };

/** Problems that mean "not yet": the batch stays planned. */
const NOT_YET: readonly string[] = [
  ...['BATCH_HELD', 'BATCH_NOT_CUT', 'BATCH_WAITS_FOR_FILE', 'BATCH_WAITS_FOR_BATCH', 'BATCH_FENCED', 'DATABASE_AWAY'],
  ...['DATABASE_CONFLICT', 'ACCOUNTS_BUSY'],
];

interface Room extends ClearingOptions {
  readonly logger: Logger;
  readonly mailer: Mailer | undefined;
  readonly configHash: string;
  readonly holder: string;
  readonly codeVersion: string;
}

/**
 * Opens the clearing room (清算中心) over its database. One worker runs it; a second one is kept out batch by batch. Every
 * batch that runs takes two connections of the pool, so a pool needs twice the number of markets.
 */
export function openClearing(options: ClearingOptions): Clearing {
  const logger = options.logger ?? silentLogger;
  const room: Room = {
    ...options,
    logger,
    mailer: options.smtp === undefined ? undefined : openMailer(options.pool, options.smtp, logger),
    configHash: configHash(options.facts),
    holder: `${os.hostname()}:${process.pid}`,
    codeVersion: options.codeVersion ?? CODE_VERSION,
  };
  const deliver = () => room.mailer?.deliver() ?? Promise.resolve(NO_MAIL);
  return {
    advance: (now) => advance(room, now, deliver),
    run: (mic, date, actor, at, run = {}) => {
      const key = keyOf(room, mic, dateText(date));
      const trigger = { trigger: 'manual' as const, actor, reason: run.reason ?? 'by hand' };
      return runKey(room, key, at, trigger, run.fromStep ?? 0);
    },
    status: () => clearingStatus(room.pool),
    batch: (mic, date) => batchStatus(room.pool, keyOf(room, mic, dateText(date))),
    deliver,
    close: async () => room.mailer?.close(),
  };
}

function keyOf(room: Room, mic: string, date: DateText): BatchKey {
  const { business } = room.facts.rules;
  if (mic === '-') return { kind: 'client-day', market: '-', business, clearingDate: date, seq: 1 };
  marketRule(room.facts.rules, mic);
  return { kind: 'market', market: mic, business, clearingDate: date, seq: 1 };
}

async function advance(room: Room, now: Instant, deliver: () => Promise<Delivery>): Promise<Progress> {
  const unplanned = await planAhead(room, now);
  const due = await dueBatches(room.pool, now);
  const published: BatchOutcome[] = [];
  const failed: BatchOutcome[] = [];
  const waiting: Waiting[] = unplanned === undefined ? [] : [{ batch: 'plan', reason: unplanned }];
  const chains = Map.groupBy(
    due.filter((row) => row.kind === 'market'),
    (row) => row.market,
  );
  const runRow = async (row: DueBatch): Promise<boolean> => {
    const outcome = await runDue(room, row);
    if ('reason' in outcome) waiting.push(outcome);
    else (outcome.state === 'succeeded' ? published : failed).push(outcome);
    return !('reason' in outcome) && outcome.state === 'succeeded';
  };
  // A market's batches follow each other; what holds one up holds up its own market only.
  const ends = await Promise.allSettled(
    [...chains.values()].map(async (rows) => {
      for (const row of rows) if (!(await runRow(row))) break;
    }),
  );
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
  for (const row of due.filter((candidate) => candidate.kind === 'client-day')) if (!(await runRow(row))) break;
  return { published, failed, waiting, mail: await deliver(), nextDue: await nextDue(room.pool, now) };
}

/**
 * Plans as far as the calendars reach. Where they end is told as something that waits, days before it hurts; what is due
 * runs all the same.
 * @throws Problem CALENDAR_NOT_COVERED when not even today is known
 */
async function planAhead(room: Room, now: Instant): Promise<Problem | undefined> {
  let [from, to] = planWindow(now);
  const today = addDays(from, 1);
  for (let refused: Problem | undefined; ; ) {
    try {
      await planBatches(room.pool, room.facts, from, to);
      return refused;
    } catch (error) {
      if (!isProblem(error, 'CALENDAR_NOT_COVERED') || to <= today) throw error;
      refused = error;
      if (from < today) from = today;
      else to = addDays(to, -1);
    }
  }
}

async function runDue(room: Room, row: DueBatch): Promise<BatchOutcome | Waiting> {
  const key = keyOf(room, row.market, row.clearing_date);
  const batch = batchId(key);
  try {
    if (key.kind === 'market') await refuseSameFailure(room, key);
    return await runKey(room, key, Number(row.due_at), { trigger: 'auto', actor: 'planner', reason: 'due' }, 0);
  } catch (error) {
    if (isProblem(error, 'BATCH_ALREADY_PUBLISHED')) await markDone(room.pool, key);
    else if (!isProblem(error) || !(NOT_YET.includes(error.code) || error.code === 'BATCH_FAILED')) throw error;
    return { batch, reason: error };
  }
}

async function refuseMissing(room: Room, key: BatchKey): Promise<void> {
  const missing = await missingBatches(room.pool, room.facts, key.clearingDate);
  if (missing.length > 0) throw problem('BATCH_WAITS_FOR_BATCH', { batch: batchId(key), missing: missing.join(', ') });
}

/** A batch that failed is tried again by itself only when its file or the configuration changed; else by hand. */
async function refuseSameFailure(room: Room, key: BatchKey): Promise<void> {
  const batch = batchId(key);
  const { rows } = await room.pool.query<{
    attempt: number;
    state: string;
    config_hash: string;
    hash: string;
    step: string;
    reason: string;
  }>(
    `SELECT a.attempt, a.state, a.config_hash, i.hash, s.name AS step, e.reason_en AS reason FROM clearing.attempt a
       LEFT JOIN clearing.batch_input i ON (i.batch, i.attempt) = (a.batch, a.attempt) AND i.kind = 'file'
       LEFT JOIN clearing.step_run s ON (s.batch, s.attempt) = (a.batch, a.attempt) AND s.state = 'failed'
       LEFT JOIN clearing.batch_error e ON (e.batch, e.attempt, e.step) = (a.batch, a.attempt, s.step) AND e.severity = 'fatal'
      WHERE a.batch = $1 ORDER BY a.attempt DESC, e.no LIMIT 1`,
    [batch],
  );
  const last = rows[0];
  if (last?.state !== 'failed' || last.config_hash !== room.configHash) return;
  const file = arrivedFile(room.dropDir, brokerFileName(key.market, key.clearingDate as DateText));
  if (file !== undefined && file.sha256 !== last.hash) return;
  throw problem('BATCH_FAILED', { batch, attempt: last.attempt, step: last.step, reason: last.reason });
}

async function runKey(
  room: Room,
  key: BatchKey,
  at: Instant,
  by: { readonly trigger: 'auto' | 'manual'; readonly actor: string; readonly reason: string },
  fromStep: number,
): Promise<BatchOutcome> {
  const publisher = { database: room.pool, accountCentre: room.accountCentre };
  const { facts, configHash: hash, codeVersion, holder, logger } = room;
  const common = { ...by, key, at, fromStep, configHash: hash, codeVersion, holder, logger };
  if (key.kind === 'client-day') {
    await refuseMissing(room, key);
    const context: ClientDayContext = { facts, publisher };
    return finish(room, key, await runBatch(room.pool, { ...common, steps: CLIENT_DAY_STEPS, context }));
  }
  await cutOf(room.pool, key.market, key.clearingDate);
  const context: MarketContext = {
    ...{ facts, rule: marketRule(facts.rules, key.market), publisher },
    file: await waitedFile(room, key),
  };
  const whenFailed = async (tx: Transaction, attempt: number): Promise<void> => {
    await reportAttempt(tx, key, attempt, room.facts.rules.mail.batch);
  };
  return finish(room, key, await runBatch(room.pool, { ...common, steps: MARKET_STEPS, context, whenFailed }));
}

/** @throws Problem BATCH_WAITS_FOR_FILE */
async function waitedFile(room: Room, key: BatchKey) {
  const date = key.clearingDate as DateText;
  const name = brokerFileName(key.market, date);
  const arrived = arrivedFile(room.dropDir, name);
  if (arrived === undefined) throw problem('BATCH_WAITS_FOR_FILE', { file: name, marker: markerOf(name) });
  return registerFile(room.pool, arrived, key.market, date);
}

/** Prints of the attempt go to the out folder. */
async function finish(room: Room, key: BatchKey, outcome: BatchOutcome): Promise<BatchOutcome> {
  if (outcome.state === 'succeeded') await markDone(room.pool, key);
  await keepPrints(room.pool, room.outDir, outcome.batch, outcome.attempt);
  return outcome;
}
