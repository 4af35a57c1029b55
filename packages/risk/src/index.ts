export type { CallTerms } from './books-of-record.ts';
export { riskShapes } from './catalogue.ts';
export type {
  ClientSnapshot,
  Concentration,
  Exposure,
  MasterSnapshot,
  PositionSnapshot,
  RiskSnapshot,
  UnderlyingSnapshot,
} from './exposure.ts';
export { RiskFold } from './fold.ts';
export { marginCallDue } from './margin-call.ts';
export {
  CALL_TERMS,
  openRiskMonitor,
  RISK_LOG,
  type RiskMonitor,
  type RiskMonitorOptions,
  type RiskSignal,
} from './monitor.ts';
export { type RiskTieOut, tieoutRisk } from './tie-out.ts';
