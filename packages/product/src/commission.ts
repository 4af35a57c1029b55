import { type Currency, minorDigits, mulDiv, pow10, type Rounding } from '@meridian/base';
import { type FeeCharge, type FeeLine, feeAmounts, PRICE_DIGITS, RATE_DIGITS } from '@meridian/market';

/** Commission agreed with a client: a fraction of the traded value, with a least amount per charge. */
export interface CommissionTerms {
  readonly currency: Currency;
  /** Fraction in RATE_DIGITS: 8 bp = 8 000 000n. */
  readonly rate: bigint;
  readonly minMinor: bigint;
  readonly rounding: Rounding;
}

/** Commission on a charge in minor units. Nothing traded, nothing charged. */
export function commissionMinor(terms: CommissionTerms, charge: FeeCharge): bigint {
  if (charge.quantity === 0n) return 0n;
  const scale = pow10(PRICE_DIGITS + RATE_DIGITS);
  const minor = mulDiv(charge.value * terms.rate, pow10(minorDigits(terms.currency)), scale, terms.rounding);
  return minor < terms.minMinor ? terms.minMinor : minor;
}

/** What a trade will cost before it is done: commission and levies, each as it will be charged, by code. */
export function estimateFees(
  terms: CommissionTerms,
  levies: readonly FeeLine[],
  charge: FeeCharge,
): { readonly code: string; readonly minor: bigint }[] {
  return [{ code: 'COMMISSION', minor: commissionMinor(terms, charge) }, ...feeAmounts(levies, charge)];
}
