import type { AnswerOf } from '@meridian/api';
import {
  type Bilingual,
  currency,
  divide,
  formatDecimal,
  formatTrimmed,
  minorDigits,
  pow10,
  quoteUnit,
  rescale,
} from '@meridian/base';
import { FX_DIGITS, PRICE_DIGITS, scaledRate } from '@meridian/market';
import type { FirmRates } from './firm-rates.ts';

type Trace = AnswerOf<'GET /v1/trace/{level}/{id}'>;
export type TraceLevel = Trace['levels'][number];
export type LevelName = 'firm' | 'client' | 'master' | 'sub' | 'business' | 'contract' | 'order' | 'fill' | 'journal' | 'log';
/** notional: open quantity at the latest mark · cost: at its own prices · quantity: units. Money in the firm's currency. */
export type Measure = 'notional' | 'quantity' | 'cost';

/** What one figure is measured from. Quantities and values are signed: short is negative. */
export interface Held {
  readonly quantity: bigint;
  /** Σ quantity × price, 8 decimals of the quote unit. */
  readonly value: bigint;
}
/** What a listing's figures are measured with. */
export interface Quoted {
  readonly quote: string;
  /** Latest mark, 8 decimals; null before the first. */
  readonly mark: bigint | null;
}

/**
 * Amounts along one walk. Every amount is an exact integer: prices and one rate for all levels are multiplied out and
 * nothing is rounded before it is shown, so that sums of parts equal their whole to the last digit or do not reconcile.
 */
export interface Gauge {
  readonly measure: Measure;
  readonly unit: string;
  /** The ledger's minor units, in the firm's currency by the same rate; undefined without one. */
  money(minor: bigint, code: string): bigint | undefined;
  /** undefined: no mark, or no rate. */
  of(held: Held, quoted: Quoted): bigint | undefined;
  /** As it is shown: money to its minor unit, half-even. */
  text(amount: bigint | undefined): string | null;
  /** Differences are shown to twelve decimals, never rounded to nothing. */
  exact(difference: bigint): string;
}

/** Decimals of money on a walk: price and rate, and two for quote units of a hundredth. */
const DIGITS = PRICE_DIGITS + FX_DIGITS + 2;
const SHOWN_DIGITS = 12;

export function gaugeOf(measure: Measure, rates: FirmRates): Gauge {
  const money = (minor: bigint, code: string): bigint | undefined => {
    const found = rates.rate(code);
    const digits = minorDigits(currency(code));
    return found === undefined ? undefined : minor * scaledRate(found, 'half-even') * pow10(DIGITS - FX_DIGITS - digits);
  };
  if (measure === 'quantity')
    return {
      ...{ measure, money, unit: 'units' },
      of: ({ quantity }) => quantity,
      text: (amount) => (amount === undefined ? null : String(amount)),
      exact: String,
    };
  const rateOf = new Map<string, bigint | undefined>();
  const rate = (quote: string): bigint | undefined => {
    if (!rateOf.has(quote)) {
      const unit = quoteUnit(quote);
      const found = rates.rate(unit.currency);
      rateOf.set(
        quote,
        found === undefined ? undefined : scaledRate(found, 'half-even') * divide(100n, unit.perCurrencyUnit, 'down'),
      );
    }
    return rateOf.get(quote);
  };
  return {
    ...{ measure, money, unit: rates.firm },
    of({ quantity, value }, { quote, mark }) {
      const found = rate(quote);
      if (measure === 'cost') return value === 0n ? 0n : found === undefined ? undefined : value * found;
      if (quantity === 0n) return 0n;
      return found === undefined || mark === null ? undefined : quantity * mark * found;
    },
    text: (amount) => (amount === undefined ? null : formatDecimal(rescale(amount, DIGITS, 2, 'half-even'), 2)),
    exact: (difference) => formatTrimmed(divide(difference, pow10(DIGITS - SHOWN_DIGITS), 'up'), SHOWN_DIGITS),
  };
}

/** A sum that is unknown as soon as one of its parts is. */
export function sumOf(parts: readonly (bigint | undefined)[]): bigint | undefined {
  let sum = 0n;
  for (const part of parts) {
    if (part === undefined) return undefined;
    sum += part;
  }
  return sum;
}

/** A level as it is worked out, before it is written down. */
export interface Worked {
  readonly level: LevelName;
  readonly id: string;
  readonly label: string;
  /** How it stands, in words. */
  readonly note?: Bilingual;
  readonly path: string | null;
  readonly amount: bigint | undefined;
  readonly children: number;
  readonly childrenSum: bigint | undefined;
  /** Other sources that were compared, beside amount against children: false where one differs. */
  readonly agrees?: boolean;
}

export const reconciled = ({ amount, childrenSum, agrees = true }: Worked): boolean | null =>
  !agrees ? false : amount === undefined || childrenSum === undefined ? null : amount === childrenSum;

export function levelOf(gauge: Gauge, worked: Worked): TraceLevel {
  const { level, id, label, path, children } = worked;
  return {
    ...{ level, id: id.slice(0, 80), label: label.slice(0, 200), note: worked.note ?? null, path, children },
    amount: gauge.text(worked.amount),
    childrenSum: gauge.text(worked.childrenSum),
    reconciles: reconciled(worked),
  };
}
