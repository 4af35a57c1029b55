import { createHash } from 'node:crypto';
import { canonicalJson, type Instant, Problem, type ProblemKind, type ProblemParams, problemKind } from '@meridian/base';
import type { Transaction } from '@meridian/store';

/** Which batch: market × business × clearing date × seq. CL-a. A client day has market '-'. */
export interface BatchKey {
  readonly kind: 'market' | 'client-day';
  readonly market: string;
  readonly business: string;
  /** The session date of a market; the business date of a client day. */
  readonly clearingDate: string;
  readonly seq: number;
}

/** The batch's name, and the root of every id derived inside it: "ARCX.swap.2013-10-07.1". */
export function batchId(key: BatchKey): string {
  return `${key.market}.${key.business}.${key.clearingDate}.${key.seq}`;
}

/** Something found wrong, located: CL-d. `params` fill the texts of the declared problem `rule`. */
export interface BatchFault {
  readonly rule: string;
  readonly severity: 'fatal' | 'warning';
  readonly params: ProblemParams;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** Offset in the file, from 0. */
  readonly byte?: number;
  readonly field?: string;
  readonly value?: string;
  readonly contract?: bigint;
}

/**
 * A step found fatal faults: its data are rolled back, the faults are kept, the attempt ends as failed. `keep` writes
 * what must survive that, in the transaction that records the failure.
 */
export class StepFailed extends Error {
  override readonly name = 'StepFailed';
  readonly faults: readonly BatchFault[];
  readonly keep: ((tx: Transaction) => Promise<void>) | undefined;

  constructor(faults: readonly BatchFault[], keep?: (tx: Transaction) => Promise<void>) {
    super(faults.map((fault) => fault.rule).join(', '));
    this.faults = faults;
    this.keep = keep;
  }
}

/** A Problem met inside a step becomes a fault of the batch. */
export function faultOf(problem: Problem): BatchFault {
  return { rule: problem.code, severity: 'fatal', params: problem.params };
}

export function faultTexts(fault: BatchFault): {
  reason: { zh: string; en: string };
  advice: { zh: string; en: string };
} {
  const kind = problemKind(fault.rule) as ProblemKind;
  const told = new Problem(fault.rule, fault.params);
  return { reason: { zh: told.detail('zh'), en: told.detail('en') }, advice: kind.remedy };
}

export interface StepOutput {
  /** Hash of everything the step wrote: a function of its inputs and the configuration, never of attempt or time. */
  readonly outputHash: string;
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** What the report says about the step: counts and totals as plain JSON. */
  readonly summary: Readonly<Record<string, unknown>>;
  readonly faults?: readonly BatchFault[];
}

/** What a step may see. It has no clock, no random and no sequence. */
export interface StepScope<C> {
  readonly batch: string;
  readonly key: BatchKey;
  readonly attempt: number;
  /** Business instant of the attempt: stamped on what is published, part of no hash. */
  readonly at: Instant;
  readonly context: C;
  /** The attempt under which an earlier step's rows lie: its own, or the one it inherited from. */
  dataAttempt(step: string): number;
  /** The summary an earlier step left. */
  summary(step: string): Readonly<Record<string, unknown>>;
  outputHash(step: string): string;
}

/** One stage of a batch. CL-1. Data and the record of the step are written in one transaction. */
export interface Step<C> {
  readonly name: string;
  /** Computes and writes the step's rows. @throws StepFailed with located faults, or a Problem */
  run(tx: Transaction, scope: StepScope<C>): Promise<StepOutput>;
  /**
   * Carries the step's transaction where somebody else must own it: publication is one transaction of the account
   * centre. Must call `within` exactly once inside it.
   */
  commit?(scope: StepScope<C>, within: (tx: Transaction) => Promise<void>): Promise<void>;
}

/** SHA-256 over canonical JSON: equal rows in equal order give equal hashes. */
export function hashOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
