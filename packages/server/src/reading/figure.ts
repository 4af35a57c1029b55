import { currency, divide, formatDecimal, formatInstant, formatTrimmed, minorDigits, pow10, quoteUnit } from '@meridian/base';
import { FX_DIGITS, PRICE_DIGITS } from '@meridian/market';

/** How figures of the books are written on the wire: exact decimal text, never through a double. */

/** Minor units in whole units of their currency: 146302n USD → "1463.02". */
export const amountText = (minor: bigint, code: string): string => formatDecimal(minor, minorDigits(currency(code)));

/** The risk fold's whole minor units. */
export const riskText = (minor: number, code: string): string => amountText(BigInt(Math.round(minor)), code);

export const orNull = <T, R>(value: T | null | undefined, of: (value: T) => R): R | null =>
  value === null || value === undefined ? null : of(value);

/** A price of 8 decimals with at least two of them: "167.42", "0.0125". */
export function priceText(price: bigint): string {
  const text = formatTrimmed(price, PRICE_DIGITS);
  const decimals = text.includes('.') ? text.length - text.indexOf('.') - 1 : 0;
  if (decimals >= 2) return text;
  return `${text}${decimals === 0 ? '.' : ''}${'0'.repeat(2 - decimals)}`;
}

/** A rate of 10 decimals. */
export const rateText = (rate: bigint): string => formatTrimmed(rate, FX_DIGITS);

export const instantText = (at: bigint | number): string => formatInstant(Number(at));

/** Decimals of Σ quantity × price × rate: 8 of the price and 10 of the rate. */
export const VALUE_DIGITS = PRICE_DIGITS + FX_DIGITS;

/** Σ quantity × price × rate, exact at {@link VALUE_DIGITS} of the quote unit, as minor units of a currency, half-even. */
export function valueMinor(value: bigint, quote: string, code: string): bigint {
  const { perCurrencyUnit } = quoteUnit(quote);
  return divide(value * pow10(minorDigits(currency(code))), pow10(VALUE_DIGITS) * perCurrencyUnit, 'half-even');
}

/** part ÷ whole in parts per million, rounded up; null of nothing. */
export function ppmOf(part: bigint, whole: bigint): number | null {
  return whole === 0n ? null : Number(divide(part * 1_000_000n, whole, 'ceil'));
}
