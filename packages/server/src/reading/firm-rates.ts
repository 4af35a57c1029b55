import { type Currency, currency, divide, type Instant, isProblem, minorDigits, pow10, quoteUnit } from '@meridian/base';
import { type CrossRate, convertMinor, crossRate, PRICE_DIGITS, type RateSet } from '@meridian/market';
import { readRateSet } from '@meridian/reference';
import type { Queryable } from '@meridian/store';

/** The set of record in force, and what it makes of an amount in the firm's currency; undefined without a rate. */
export interface FirmRates {
  readonly firm: Currency;
  readonly set: RateSet | undefined;
  /** Units of the firm's currency for one of another. */
  rate(code: string): CrossRate | undefined;
  /** Minor units → the firm's, half-even. */
  minor(amount: bigint, code: string): bigint | undefined;
  /** quantity × price (8 decimals of the quote unit) → the firm's minor units, half-even. */
  worth(quantity: bigint, price: bigint, quote: string): bigint | undefined;
}

/** The firm's own currency: totals over markets and entities are in it. RC-n */
export const FIRM_CURRENCY = currency('CNY');

export async function firmRates(db: Queryable, at: Instant): Promise<FirmRates> {
  const { rows } = await db.query<{ rate_set: bigint }>(
    `SELECT rate_set FROM reference.rate_set WHERE published_at <= $1 ORDER BY published_at DESC, rate_set DESC LIMIT 1`,
    [at],
  );
  const set = rows[0] === undefined ? undefined : await readRateSet(db, rows[0].rate_set);
  const rate = (code: string): CrossRate | undefined => {
    const from = currency(code);
    if (from === FIRM_CURRENCY) return { from, to: from, numerator: 1n, denominator: 1n, rateSetId: set?.id ?? '' };
    if (set === undefined) return undefined;
    try {
      return crossRate(set, from, FIRM_CURRENCY);
    } catch (error) {
      if (isProblem(error, 'FX_RATE_MISSING')) return undefined;
      throw error;
    }
  };
  return {
    ...{ firm: FIRM_CURRENCY, set, rate },
    minor(amount, code) {
      const found = rate(code);
      return found === undefined ? undefined : convertMinor(amount, found, 'half-even');
    },
    worth(quantity, price, quote) {
      const unit = quoteUnit(quote);
      const found = rate(unit.currency);
      if (found === undefined) return undefined;
      const up = quantity * price * found.numerator * pow10(minorDigits(FIRM_CURRENCY));
      return divide(up, found.denominator * pow10(PRICE_DIGITS) * unit.perCurrencyUnit, 'half-even');
    },
  };
}
