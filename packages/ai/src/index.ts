import './declarations.ts';

export { aiShapes } from './declarations.ts';
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
  SHADOW_MIN,
  STATES,
  type Standing,
  type Step,
  type Suite,
  type Tier,
  TRANSITIONS,
} from './governance.ts';
export {
  type DatasetRecord,
  type ModelCase,
  type ModelRegistry,
  type NewVersion,
  openRegistry,
  type RegistryOptions,
  type Routing,
  SYSTEM,
  type TrainingRecord,
  type TransitionRecord,
  type ValidationRun,
  type VersionRecord,
} from './registry.ts';
