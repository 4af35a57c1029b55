import type { Instant } from '@meridian/base';
import { type RefusalUnit, type RejectionCode, refusalUnit } from '@meridian/messages';
import type { OrderRefusal } from '../board/order-state.ts';
import type { MarketNode } from '../engine/market-node.ts';
import { type EngineVerdict, judgeOrder, type RuleReading } from '../engine/order-verdict.ts';
import { type DeskTerms, engineTerms } from './desk.ts';
import { decimal, measureOf, showRefusal } from './refusal.ts';

/** One check of the verdict. Prices and amounts as decimals, all else as whole numbers; null where the rule counts nothing. */
export interface VerdictCheck {
  readonly rule: RejectionCode;
  /** Which half of the node asks: the client's side, or the trading account that would hedge. */
  readonly node: 'client' | 'hedge';
  /** Null: it cannot be judged before an earlier one passes. */
  readonly passed: boolean | null;
  readonly unit: RefusalUnit | null;
  readonly currency: string | null;
  /** The limit cell it is about. */
  readonly cell: number | null;
  readonly limit: string | null;
  readonly used: string | null;
  readonly requested: string | null;
  /** Of a failing one: the price or quantity that this rule alone would pass; null none. */
  readonly wouldPass: string | null;
}

/** An amount of money, decimal in major units. */
export interface VerdictAmount {
  readonly amount: string;
  readonly currency: string;
}

/**
 * What the node would answer to an order now (盘前核验). A forecast, not a promise: nothing is reserved by it. It holds at
 * `seq`, the newest command applied, and at business time `at`.
 */
export interface OrderVerdict {
  readonly market: string;
  readonly seq: number;
  readonly at: Instant;
  readonly outcome: 'accept' | 'reject';
  readonly checks: readonly VerdictCheck[];
  /** The refusal an order would be answered with; null when it would be accepted. */
  readonly rejection: OrderRefusal | null;
  /** The greatest quantity that would be accepted now with the other terms as they are, units; 0 none. */
  readonly wouldPass: number;
  /** At the price holds are counted at; null without a price. */
  readonly notional: VerdictAmount | null;
  /** Initial margin and fee buffer; null without a price or a rate. */
  readonly margin: VerdictAmount | null;
}

/** @throws Problem DESK_ACCOUNT_UNKNOWN, DESK_LISTING_UNKNOWN */
export function orderVerdict(node: MarketNode, terms: DeskTerms, fault: number, time: Instant): OrderVerdict {
  const verdict = judgeOrder(node, engineTerms(node, terms), fault, time);
  const { client } = node;
  return {
    market: node.market,
    seq: client.seq,
    at: Math.max(time, client.time),
    outcome: verdict.refusal.rejection === 0 ? 'accept' : 'reject',
    checks: verdict.rules.map((rule) => showCheck(node, terms.listing, rule)),
    rejection: showRefusal(node, terms.listing, verdict.refusal),
    wouldPass: verdict.wouldPass,
    ...amounts(node, terms, verdict),
  };
}

function showCheck(node: MarketNode, listing: number, reading: RuleReading): VerdictCheck {
  const { rule, node: half, passed, cell } = reading;
  const { unit, currency, digits } = measureOf(node, refusalUnit(rule), listing, cell);
  const told = unit !== null && passed !== null;
  const show = (value: number): string | null => (told ? decimal(value, digits) : null);
  const passes = passed !== false || unit === null || reading.wouldPass === 0 ? null : reading.wouldPass;
  return {
    ...{ rule, node: half, passed, unit, currency, cell: cell === 0 ? null : cell },
    limit: show(reading.limit),
    used: show(reading.used),
    requested: show(reading.requested),
    wouldPass: passes === null ? null : decimal(passes, unit === 'price' ? digits : 0),
  };
}

function amounts({ client: s }: MarketNode, terms: DeskTerms, { notional, margin }: EngineVerdict) {
  const money = (amount: number, currency: number): VerdictAmount | null =>
    amount < 0
      ? null
      : { amount: decimal(amount, s.currencies.digits[currency] ?? 0), currency: s.currencies.codes[currency] ?? '' };
  return {
    notional: money(notional, s.listings.currency[terms.listing] as number),
    margin: money(margin, s.accounts.currency[terms.account] as number),
  };
}
