import './declarations.ts';

export { type Ai, type AiOptions, openAi } from './ai.ts';
export { type Artefact, type Features, openArtefact, type SealedArtefact, score, seal } from './artefact.ts';
export { buildTrainingData, type Provenance, type TrainingData } from './dataset.ts';
export { type Answer, type Decider, type Fallback, openDecider, type Route, RULE_THRESHOLD } from './decider.ts';
export {
  type Counterfactual,
  type Decision,
  type DecisionFault,
  type DecisionLog,
  type DecisionVerdict,
  type NewDecision,
  openDecisionLog,
  type Reason,
} from './decision-log.ts';
export { aiShapes } from './declarations.ts';
export {
  type AssessmentInput,
  type EarlyWarning,
  type Holding,
  type MarkHistory,
  openEarlyWarning,
  type Warning,
} from './early-warning.ts';
export { REASONS, type ReasonCode, tellCounterfactual, tellReason } from './explain.ts';
export { type Figures, type GateVerdict, judge } from './gate.ts';
export {
  type Actor,
  COMMAND_NAMES,
  type CommandName,
  type Evidence,
  type GovernanceCommand,
  govern,
  isInForce,
  MANDATORY_SUITES,
  type ModelState,
  type Move,
  movesFrom,
  SHADOW_MIN,
  STATES,
  type Standing,
  type Step,
  type Suite,
  type Tier,
  TRANSITIONS,
} from './governance.ts';
export type { ReliabilityBin } from './metrics.ts';
export type { Mode } from './mode.ts';
export type { NewVersion, TrainingRecord, VersionRecord } from './model-version.ts';
export { type PriceHistory, readPriceHistory } from './price-history.ts';
export {
  type DatasetRecord,
  type ModelCase,
  type ModelRegistry,
  openRegistry,
  type RegistryOptions,
  type Routing,
  SYSTEM,
  type TransitionRecord,
} from './registry.ts';
export { type NewReview, openReviewQueue, type ReviewItem, type ReviewQueue, type ReviewVerdict } from './review.ts';
export { normalCdf, ruleScore } from './rule.ts';
export { DEADLINE_MS, openScorer, type Scorer, type ScorerFault, type ScorerOptions } from './scorer.ts';
export { SHIPPED_HISTORY, SHIPPED_PROVENANCE, SHIPPED_SEED, shippedEarlyWarning } from './shipped.ts';
export { MARGIN_SHORTFALL, TRAINING_CODE, type Trained, trainEarlyWarning, validateEarlyWarning } from './train.ts';
export type { Reliability, ReliabilityRecord, ValidationResult, ValidationRun } from './validation.ts';
