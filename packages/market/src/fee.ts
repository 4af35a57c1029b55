import { type Currency, type DateText, minorDigits, mulDiv, parseDecimal, pow10, type Rounding, rescale } from '@meridian/base';
import { tableMarket } from './market-code.ts';
import { PRICE_DIGITS } from './price.ts';
import { type DatedFact, factOn, isReliable, notCovered, type Provenance, validOn } from './provenance.ts';

/** Decimals of fee rates: 0.0000174 of the value = 17 400 000n. */
export const FEE_RATE_DIGITS = 12;

/** A levy of a rule book for one side of a trade, as a dated fact. */
export interface FeeFact extends DatedFact {
  readonly name: string;
  readonly side: 'buy' | 'sell' | 'both';
  readonly basis: FeeBasis | null;
  /** Bounds per charge in decimals of the currency; null = none. */
  readonly min: string | null;
  readonly max: string | null;
}

/** What a levy is a part of. `rate` and `perUnit` in FEE_RATE_DIGITS; `fixed` as decimal text of the currency. */
export type FeeBasis =
  | { readonly kind: 'rate'; readonly rate: bigint }
  | { readonly kind: 'per-unit'; readonly perUnit: bigint }
  | { readonly kind: 'fixed'; readonly amount: string };

/** The quantity that is charged and rounded once: a fill, an order, or a contract note (client × listing × side × day). */
export type FeeLevel = 'fill' | 'order' | 'note';

/** Which facts make up a market's levies in an interval, and how each is rounded. */
export interface FeeSchedule {
  readonly market: string;
  readonly from: DateText;
  readonly to: DateText | null;
  readonly currency: Currency;
  readonly items: readonly FeeItem[];
}

export interface FeeItem {
  readonly code: string;
  readonly facts: readonly string[];
  readonly rounding: Rounding;
  readonly level: FeeLevel;
  /** The amount is rounded to a multiple of this many minor units: 100 for stamp duty in whole dollars. */
  readonly unitMinor: bigint;
  readonly from: DateText | null;
  readonly to: DateText | null;
  readonly exemptClasses: readonly string[];
}

/** One levy as it applies to one side of a trade on a date. */
export interface FeeLine extends Provenance {
  readonly code: string;
  readonly name: string;
  readonly factId: string;
  readonly currency: Currency;
  readonly basis: FeeBasis;
  readonly rounding: Rounding;
  readonly level: FeeLevel;
  readonly unitMinor: bigint;
  readonly minMinor: bigint | null;
  readonly maxMinor: bigint | null;
}

/** What is charged: Σ quantity in units, and Σ quantity × price in PRICE_DIGITS decimals of the currency, both exact. */
export interface FeeCharge {
  readonly quantity: bigint;
  readonly value: bigint;
}

/**
 * The levies of one side of a trade. A date outside the market's schedules, or with an item that nothing reliable is
 * known about, is refused: a missing fee is no zero fee.
 * @throws Problem FACT_NOT_COVERED | FACT_UNCHECKED
 */
export function feeSchedule(
  book: { readonly facts: readonly FeeFact[]; readonly schedules: readonly FeeSchedule[] },
  mic: string,
  date: DateText,
  side: 'buy' | 'sell',
  securityClass: string,
): FeeLine[] {
  const market = tableMarket(mic);
  const schedule = book.schedules.find((s) => s.market === market && s.from <= date && (s.to === null || date <= s.to));
  if (schedule === undefined) throw notCovered(market, 'fee schedule', date);
  return schedule.items.flatMap((item) => {
    if ((item.from !== null && date < item.from) || (item.to !== null && date > item.to)) return [];
    const rows = book.facts.filter((f) => item.facts.includes(f.id));
    const fact = rows.find((f) => validOn(f, date) && isReliable(f)) ?? factOn(rows, market, `fee ${item.code}`, date);
    if (fact.basis === null) throw notCovered(market, `fee ${item.code}`, date);
    if ((fact.side !== 'both' && fact.side !== side) || item.exemptClasses.includes(securityClass)) return [];
    return [lineOf(schedule.currency, item, fact, fact.basis)];
  });
}

function lineOf(code: Currency, item: FeeItem, fact: FeeFact, basis: FeeBasis): FeeLine {
  const bound = (text: string | null) => (text === null ? null : parseDecimal(text, minorDigits(code)));
  return {
    code: item.code,
    name: fact.name,
    factId: fact.id,
    currency: code,
    basis,
    rounding: item.rounding,
    level: item.level,
    unitMinor: item.unitMinor,
    minMinor: bound(fact.min),
    maxMinor: bound(fact.max),
    source: fact.source,
    confidence: fact.confidence,
    ...(fact.checked === undefined ? {} : { checked: fact.checked }),
  };
}

/**
 * A levy in minor units of its currency, rounded once by the line's rounding to the line's unit, then bounded.
 * Nothing traded, nothing charged.
 */
export function feeAmount(line: FeeLine, charge: FeeCharge): bigint {
  if (charge.quantity === 0n) return 0n;
  const minor = roundedAmount(line, charge);
  if (line.minMinor !== null && minor < line.minMinor) return line.minMinor;
  return line.maxMinor !== null && minor > line.maxMinor ? line.maxMinor : minor;
}

function roundedAmount(line: FeeLine, charge: FeeCharge): bigint {
  const digits = minorDigits(line.currency);
  const toUnit = (numerator: bigint, scaleDigits: number) =>
    mulDiv(numerator, pow10(digits), pow10(scaleDigits) * line.unitMinor, line.rounding) * line.unitMinor;
  switch (line.basis.kind) {
    case 'rate':
      return toUnit(charge.value * line.basis.rate, PRICE_DIGITS + FEE_RATE_DIGITS);
    case 'per-unit':
      return toUnit(charge.quantity * line.basis.perUnit, FEE_RATE_DIGITS);
    case 'fixed':
      return rescale(parseDecimal(line.basis.amount, FEE_RATE_DIGITS), FEE_RATE_DIGITS, digits, line.rounding);
  }
}

export function feeAmounts(lines: readonly FeeLine[], charge: FeeCharge): { readonly code: string; readonly minor: bigint }[] {
  return lines.map((line) => ({ code: line.code, minor: feeAmount(line, charge) }));
}
