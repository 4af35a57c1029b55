/**
 * The one contract between a client node and a hedge node: intent out, execution in. TC-6. Both messages are objects of
 * plain numbers that their sender owns and fills anew each time; the receiver reads them during the call. Neither side
 * can name anything else of the other: no client, account, session or request passes here.
 */
export interface Intent {
  /** The client order's id, a number without meaning outside. */
  intent: number;
  action: number;
  route: number;
  listing: number;
  side: number;
  effect: number;
  type: number;
  tif: number;
  quantity: number;
  price: number;
}

/** What became of an intent. Quantities in units, prices in NODE_PRICE_SCALE. */
export interface ExecutionReport {
  intent: number;
  kind: number;
  quantity: number;
  price: number;
  rejection: number;
  /** The hedge event behind it, in the hedge node's numbering; for a bust or correction also the fill it changes. */
  seq: number;
  k: number;
  refSeq: number;
  refK: number;
}

export const ACTION = { order: 1, replace: 2, cancel: 3 } as const;

export const EXECUTION = {
  acknowledged: 1,
  trade: 2,
  bust: 3,
  correction: 4,
  cancelled: 5,
  replaced: 6,
  rejected: 7,
  expired: 8,
  changeRefused: 9,
} as const;

/** Where a client node's intents go. */
export interface IntentPort {
  readonly message: Intent;
  /** The message is filled: act on it. */
  send(): void;
}

/** Where a hedge node's executions go. */
export interface ExecutionPort {
  readonly message: ExecutionReport;
  send(): void;
}

// A member that once held a fraction keeps its double for ever: later stores change it in place and allocate nothing.
const DOUBLE = 0.5;

export const newIntent = (): Intent => ({
  intent: DOUBLE,
  action: 0,
  route: 0,
  listing: 0,
  side: 0,
  effect: 0,
  type: 0,
  tif: 0,
  quantity: DOUBLE,
  price: DOUBLE,
});

export const newExecutionReport = (): ExecutionReport => ({
  intent: DOUBLE,
  kind: 0,
  quantity: DOUBLE,
  price: DOUBLE,
  rejection: 0,
  seq: DOUBLE,
  k: 0,
  refSeq: DOUBLE,
  refK: 0,
});
