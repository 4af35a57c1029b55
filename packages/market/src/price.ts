import { parseDecimal } from '@meridian/base';

/**
 * Decimals of a price in the house: one integer unit is 10⁻⁸ of the quote unit. Prices are signed (WTI closed at
 * −37.63). As a double an integer price stays exact up to ±90 million.
 */
export const PRICE_DIGITS = 8;

/** A price in 10⁻⁸ of the listing's quote unit. */
export type Price = bigint;

/** "167.42" → 16742000000n. @throws Problem DECIMAL_MALFORMED | DECIMAL_SCALE */
export function parsePrice(text: string): Price {
  return parseDecimal(text, PRICE_DIGITS);
}
