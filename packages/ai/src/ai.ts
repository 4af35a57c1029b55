import { type Logger, silentLogger } from '@meridian/base';
import type { AuditLog } from '@meridian/security';
import type { Database } from '@meridian/store';
import { openDecider } from './decider.ts';
import { type DecisionLog, openDecisionLog } from './decision-log.ts';
import { type EarlyWarning, openEarlyWarning } from './early-warning.ts';
import { type ModelRegistry, openRegistry } from './registry.ts';
import { openReviewQueue, type ReviewQueue } from './review.ts';
import { openScorer, type Scorer, type ScorerOptions } from './scorer.ts';

export interface AiOptions {
  readonly database: Database;
  readonly audit: AuditLog;
  readonly logger?: Logger;
  /** Tests inject faults by it. */
  readonly workerOptions?: Pick<ScorerOptions, 'worker' | 'workerData' | 'deadlineMs'>;
}

/** Everything of this room over one database. Outside the order path and never needed by it. */
export interface Ai {
  readonly registry: ModelRegistry;
  readonly decisions: DecisionLog;
  readonly reviews: ReviewQueue;
  readonly scorer: Scorer;
  readonly earlyWarning: EarlyWarning;
  close(): Promise<void>;
}

export function openAi({ database, audit, logger = silentLogger, workerOptions = {} }: AiOptions): Ai {
  const registry = openRegistry({ database, audit });
  const decisions = openDecisionLog({ database, audit });
  const reviews = openReviewQueue({ database, audit });
  const scorer = openScorer({ logger, ...workerOptions });
  const { deadlineMs } = workerOptions;
  const decider = openDecider({ registry, scorer, logger, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
  const earlyWarning = openEarlyWarning({ database, decider, decisions, reviews, logger });
  return { registry, decisions, reviews, scorer, earlyWarning, close: () => scorer.close() };
}
