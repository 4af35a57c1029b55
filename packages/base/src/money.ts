import { type Currency, currency, minorDigits } from './currency.ts';
import { divide, formatDecimal, mulDiv, parseDecimal, type Rounding } from './decimal.ts';
import { InvariantError, invariant } from './invariant.ts';

/** An amount in minor units of one currency. The integer fits an int64. */
export interface Money {
  readonly minor: bigint;
  readonly currency: Currency;
}

const INT64_MAX = 2n ** 63n - 1n;

/** @throws InvariantError when the amount leaves int64. */
export function money(minor: bigint, code: Currency): Money {
  invariant(minor <= INT64_MAX && minor >= -INT64_MAX, () => `amount ${minor} ${code} leaves int64`);
  return { minor, currency: code };
}

export function zero(code: Currency): Money {
  return { minor: 0n, currency: code };
}

/** Reads "12345.67" in the currency's decimals. @throws Problem DECIMAL_MALFORMED | DECIMAL_SCALE | CURRENCY_UNKNOWN */
export function parseMoney(text: string, code: string): Money {
  const known = currency(code);
  return money(parseDecimal(text, minorDigits(known)), known);
}

/** "12345.67 USD" */
export function formatMoney(amount: Money): string {
  return `${formatDecimal(amount.minor, minorDigits(amount.currency))} ${amount.currency}`;
}

export function add(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return money(a.minor + b.minor, a.currency);
}

export function subtract(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return money(a.minor - b.minor, a.currency);
}

export function negate(a: Money): Money {
  return { minor: -a.minor, currency: a.currency };
}

export function compare(a: Money, b: Money): -1 | 0 | 1 {
  sameCurrency(a, b);
  return a.minor < b.minor ? -1 : a.minor > b.minor ? 1 : 0;
}

/** amount × numerator ÷ denominator, rounded once. */
export function scale(amount: Money, numerator: bigint, denominator: bigint, rounding: Rounding): Money {
  return money(mulDiv(amount.minor, numerator, denominator, rounding), amount.currency);
}

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new InvariantError(`cannot combine ${a.currency} with ${b.currency}`);
}

/**
 * Splits a total over weights so that the parts add up exactly: floor shares first, then the largest remainders,
 * ties to the earlier part. Deterministic. Weights are non-negative and not all zero.
 */
export function allocate(total: bigint, weights: readonly bigint[]): bigint[] {
  const sum = weights.reduce((s, w) => s + w, 0n);
  invariant(sum > 0n && weights.every((w) => w >= 0n), 'allocation needs non-negative weights with a positive sum');
  const parts = weights.map((w) => divide(total * w, sum, 'floor'));
  let left = total - parts.reduce((s, p) => s + p, 0n);
  const order = weights
    .map((w, i) => ({ i, remainder: total * w - (parts[i] as bigint) * sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.i - b.i : a.remainder > b.remainder ? -1 : 1));
  for (let n = 0; left > 0n; n++, left--) {
    const index = (order[n] as { i: number }).i;
    parts[index] = (parts[index] as bigint) + 1n;
  }
  return parts;
}

/**
 * An average price kept exactly: Σ quantity and Σ quantity × price. Rounded only where it is shown.
 * Price is an integer of the caller's price scale.
 */
export interface AveragePrice {
  readonly quantity: bigint;
  readonly value: bigint;
}

export function averagePrice(average: AveragePrice, rounding: Rounding): bigint {
  return divide(average.value, average.quantity, rounding);
}
