import type { DateText } from '@meridian/base';
import { groupOn, type Listing } from './listing.ts';
import { tableMarket } from './market-code.ts';
import { type DatedFact, factOn, notCovered } from './provenance.ts';

/** Lot rule of a market. `boardLot` null: the issuer sets it, so the listing must carry it. */
export interface LotRule extends DatedFact {
  readonly boardLot: number | null;
  /** Least order and its step in units; equal to the lot where odd lots do not trade. */
  readonly orderMin: number | null;
}

export interface Lot {
  /** Units in a round lot. */
  readonly round: number;
  /** Least quantity of an order, in units. */
  readonly orderMin: number;
  /** Order quantities are multiples of it. */
  readonly step: number;
}

/**
 * The lot of a listing at a date: the listing's own (dated) lot where the issuer sets it, else the market's.
 * @throws Problem FACT_NOT_COVERED | FACT_UNCHECKED
 */
export function lotOf(rules: readonly LotRule[], listing: Listing, date: DateText): Lot {
  const rule = factOn(rules, tableMarket(listing.mic), 'lot', date);
  const round = groupOn(listing.boardLots, date) ?? rule.boardLot;
  if (round === null) throw notCovered(listing.mic, `board lot of ${listing.code}`, date);
  const orderMin = rule.orderMin ?? round;
  return { round, orderMin, step: orderMin };
}
