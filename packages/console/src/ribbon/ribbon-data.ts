import type { Instant } from '@meridian/base';

/** A stretch of a market's day. Breaks are what lies between two sessions and are not drawn. */
export interface RibbonSession {
  readonly open: Instant;
  readonly close: Instant;
  readonly kind: 'continuous' | 'auction' | 'break' | 'half-day';
}

export type StepState = 'done' | 'running' | 'waiting' | 'blocked' | 'failed';

/** A step of a batch. Times are null while it has not begun or not ended; nothing is guessed for them. */
export interface RibbonStep {
  readonly name: string;
  readonly state: StepState;
  readonly start: Instant | null;
  readonly end: Instant | null;
}

export interface RibbonBatch {
  readonly id: string;
  readonly name: string;
  /** Null: not begun, and no planned begin is known; then only its deadline is drawn. */
  readonly start: Instant | null;
  readonly end: Instant | null;
  readonly state: StepState;
  readonly steps: readonly RibbonStep[];
  readonly deadline: Instant | null;
  /** One sentence, only where somebody must act. */
  readonly message: string | null;
}

export interface RibbonLane {
  readonly market: string;
  readonly name: string;
  /** Under the name: MICs, or what the lane holds. */
  readonly codes: string;
  readonly zone: string;
  readonly open: boolean;
  /** In place of the codes where something is out of the ordinary: a holiday. */
  readonly note: string | null;
  readonly sessions: readonly RibbonSession[];
  readonly batches: readonly RibbonBatch[];
}

/** Twenty-four hours (or more, or fewer) of markets and batches. */
export interface RibbonData {
  readonly from: Instant;
  readonly to: Instant;
  readonly now: Instant;
  readonly lanes: readonly RibbonLane[];
}
