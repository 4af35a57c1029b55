import type { Instant } from '@meridian/base';
import type { RefusalUnit, RejectionCode } from '@meridian/messages';
import type { OrderEffect, OrderSide, OrderState, OrderType, TimeInForce } from './order-state.ts';

/** Why an order was refused, in raw numbers of `unit`; `wouldPass` is a price where `unit` is, else a quantity. */
export interface BoardRejection {
  readonly code: RejectionCode;
  readonly unit: RefusalUnit | null;
  /** The limit cell that refused it; 0 none. */
  readonly cell: number;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  readonly wouldPass: number;
}

/** One order as it stands. Quantities in units, prices as decimals of the quote unit, instants business time in UTC microseconds. */
export interface BoardRow {
  /** `ARCX-4711`: unique over all markets. */
  readonly id: string;
  readonly market: string;
  readonly at: Instant;
  readonly session: number;
  readonly account: number;
  readonly listing: number;
  readonly side: OrderSide | null;
  readonly effect: OrderEffect | null;
  readonly type: OrderType | null;
  readonly tif: TimeInForce | null;
  readonly quantity: number;
  /** Limit; null for a market order. */
  readonly price: string | null;
  readonly state: OrderState;
  readonly cumQuantity: number;
  /** Exact Σ quantity × price of the fills, NODE_PRICE_SCALE: the exact average is this ÷ cumQuantity. */
  readonly cumValue: number;
  /** That quotient rounded half even to the eighth decimal; null before the first fill. */
  readonly averagePrice: string | null;
  readonly leaves: number;
  /** What the house's children of this order are filled. Hedge ratio = hedgedQuantity ÷ cumQuantity; mirror keeps it at 1. */
  readonly hedgedQuantity: number;
  readonly rejection: BoardRejection | null;
  /** The client's own name of the order, the newest one. */
  readonly clOrdId: string;
  /** Number of the command that made it, and of the newest that touched it. */
  readonly seq: number;
  readonly lastSeq: number;
  readonly workingAt: Instant | null;
  readonly filledAt: Instant | null;
  readonly lastAt: Instant;
}

export const STEP_KINDS = [
  'report',
  'change-refused',
  'fill',
  'fill-busted',
  'fill-corrected',
  'intent',
  'hedge-order',
  'hedge-report',
  'hedge-fill',
  'hedge-fill-busted',
  'hedge-fill-corrected',
  'exception',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** One thing that happened to an order: the event at (market, seq, k). */
export interface LifeStep {
  readonly kind: StepKind;
  readonly seq: number;
  readonly k: number;
  /** Business time, UTC microseconds. */
  readonly at: Instant;
  /** Of the order as the client sees it behind this; null for the hedge's own. */
  readonly state: OrderState | null;
  readonly quantity: number;
  readonly price: string | null;
  readonly code: RejectionCode | null;
  /** The hedge event behind a fill; null for all else. */
  readonly hedgeSeq: number | null;
}
