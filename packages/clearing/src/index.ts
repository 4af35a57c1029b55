import './catalogue.ts';

export { type Clearing, type ClearingOptions, openClearing, type Progress, type RunOptions, type Waiting } from './clearing.ts';
export type { Delivery, SmtpSettings } from './mail.ts';
export { type ClearingFacts, ClearingRules, clearingRules } from './rules.ts';
export type { BatchOutcome } from './runner.ts';
export { changeDue, type DueBatch, planBatches } from './schedule.ts';
export {
  BATCH_LINES,
  type BatchLine,
  type BatchStatus,
  type ClearingStatus,
  clearingStatus,
  type ErrorLine,
  type StepLine,
} from './status.ts';
export type { BatchFault } from './step.ts';
