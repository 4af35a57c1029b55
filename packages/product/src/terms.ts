import { type Currency, type DateText, declareProblems, isCurrency, pow10 } from '@meridian/base';
import { FX_DIGITS, type Listing, RATE_DIGITS } from '@meridian/market';
import type { DayCount } from './day-count.ts';

const { problem } = declareProblems({
  SWAP_TERMS_INVALID: {
    status: 422,
    title: { zh: '收益互换条款无效', en: 'Invalid swap terms' },
    detail: { zh: '合约 {contract}：{field} 无效（{reason}）', en: 'Contract {contract}: {field} is not valid ({reason})' },
    remedy: { zh: '更正条款后重新提交', en: 'Correct the terms and submit again' },
  },
});

/**
 * In which currency the performance of the underlying is paid.
 * `local`: Q(P1 − P0) in the currency of the listing. `quanto`: Q(P1 − P0) × a rate agreed once.
 * `composite`: Q(P1·F1 − P0·F0), the client bears the exchange rate.
 */
export type CurrencyBasis = 'local' | 'quanto' | 'composite';

/** Who the booking entity faces: a client under its agreement, or another entity of the house (back-to-back). */
export type Counterparty =
  | { readonly kind: 'client'; readonly clientToken: string; readonly agreement: string }
  | { readonly kind: 'house'; readonly entity: string; readonly agreement: string };

export interface FinancingTerms {
  /** Code of the rate index, e.g. US_PRIMARY_CREDIT. */
  readonly index: string;
  /** Fraction per year in RATE_DIGITS; a long pays index + spread, a short receives index − spread. */
  readonly spread: bigint;
  readonly dayCount: DayCount;
}

/** Fractions of the exposure |Q|·P·F in RATE_DIGITS. closeOut ≤ maintenance ≤ initial. */
export interface MarginTerms {
  readonly initial: bigint;
  readonly maintenance: bigint;
  readonly closeOut: bigint;
}

/** How fills become contract lots: one each, one per order, or one per day, client, listing, side and effect. */
export type BookingPolicy = 'per-fill' | 'per-order' | 'day-average';

/**
 * Terms of a total return swap (收益互换) on one listing: what was agreed, nothing that later happened to it. Terms
 * bound to a listing are a {@link ResolvedSwap}; lots, accruals and marks live in the contract's state.
 */
export interface SwapTerms {
  readonly contractId: string;
  /** Entity in whose ledger the contract is booked. */
  readonly entity: string;
  readonly counterparty: Counterparty;
  readonly listingId: string;
  /** Side of the counterparty. */
  readonly side: 'long' | 'short';
  readonly basis: CurrencyBasis;
  readonly settlementCurrency: Currency;
  /** Units of settlement currency per unit of price currency in FX_DIGITS; quanto only, else null. */
  readonly quantoRate: bigint | null;
  readonly financing: FinancingTerms;
  /** Part of a dividend that is passed through, a fraction in RATE_DIGITS. */
  readonly dividendPassthrough: bigint;
  /** Order in which lots are closed. */
  readonly lotRelief: 'FIFO';
  readonly margin: MarginTerms;
  readonly bookingPolicy: BookingPolicy;
  readonly effectiveDate: DateText;
}

/** Terms bound to the listing they are on: currencies and scales known, ready to be booked and valued. */
export interface ResolvedSwap {
  readonly terms: SwapTerms;
  readonly priceCurrency: Currency;
  /** Quote units in one unit of the price currency: 100 for GBX. */
  readonly quotePerUnit: bigint;
  /** +1 for a long counterparty, −1 for a short one. */
  readonly sign: 1n | -1n;
}

const ONE = pow10(RATE_DIGITS);
const RATE_MAX = 2n * ONE;

/** @throws Problem SWAP_TERMS_INVALID naming the first field that is wrong */
export function resolveSwap(terms: SwapTerms, listing: Listing): ResolvedSwap {
  const fail = (field: string, reason: string) =>
    problem('SWAP_TERMS_INVALID', { contract: terms.contractId.slice(0, 64), field, reason });
  const fraction = (field: string, value: bigint, max: bigint) => {
    if (value < 0n || value > max) throw fail(field, `outside 0…${max}`);
  };
  if (terms.listingId !== listing.id) throw fail('listing', `bound to ${listing.id}`);
  if (!isCurrency(terms.settlementCurrency)) throw fail('settlementCurrency', 'unknown currency');
  const same = terms.settlementCurrency === listing.currency;
  if (terms.basis === 'local' && !same) throw fail('settlementCurrency', `a local swap settles in ${listing.currency}`);
  if (terms.basis === 'composite' && same) throw fail('basis', 'a composite swap has two currencies');
  if ((terms.basis === 'quanto') !== (terms.quantoRate !== null)) throw fail('quantoRate', 'agreed for quanto swaps only');
  if (terms.quantoRate !== null && (terms.quantoRate <= 0n || terms.quantoRate > pow10(FX_DIGITS + 6)))
    throw fail('quantoRate', 'not a positive rate');
  if (terms.financing.spread < -ONE || terms.financing.spread > ONE) throw fail('financing.spread', 'more than 100 %');
  fraction('dividendPassthrough', terms.dividendPassthrough, ONE);
  fraction('margin.initial', terms.margin.initial, RATE_MAX);
  fraction('margin.maintenance', terms.margin.maintenance, terms.margin.initial);
  fraction('margin.closeOut', terms.margin.closeOut, terms.margin.maintenance);
  return {
    terms,
    priceCurrency: listing.currency,
    quotePerUnit: listing.quoteUnit.perCurrencyUnit,
    sign: terms.side === 'long' ? 1n : -1n,
  };
}
