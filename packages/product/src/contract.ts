import { type DateText, divide, type Instant, invariant, minorDigits, pow10, type Rounding } from '@meridian/base';
import { FX_DIGITS, PRICE_DIGITS, RATE_DIGITS } from '@meridian/market';
import { yearDays } from './day-count.ts';
import type { ResolvedSwap } from './terms.ts';

/** An exchange rate fixed for a contract: units of settlement currency per unit of price currency, in FX_DIGITS. */
export interface FxFixing {
  readonly rate: bigint;
  /** Rate set it came from. */
  readonly source: string;
  readonly fixedAt: Instant;
}

/** What an underlying is worth at a moment: price in PRICE_DIGITS quote units, and FX for composite contracts. */
export interface Observation {
  readonly price: bigint;
  /** Null for local and quanto contracts. */
  readonly fx: FxFixing | null;
}

/**
 * An open lot. Its reference value is exact: Σ quantity × reference price, so that splits and averages lose nothing.
 */
export interface ContractLot {
  readonly lotId: string;
  readonly tradeDate: DateText;
  /** Units open, positive. */
  readonly quantity: bigint;
  /** Σ quantity × reference price, in PRICE_DIGITS quote units. */
  readonly value: bigint;
  /** Exchange rate of the reference price; null unless composite. */
  readonly fx: FxFixing | null;
  /** Financing accrued and not settled, exact; see {@link financingUnit}. Positive: the counterparty owes it. */
  readonly accrued: bigint;
}

/** A dividend that went ex and is not paid. Minor units of settlement currency; positive: the counterparty receives it. */
export interface PendingDividend {
  readonly exDate: DateText;
  /** Null: settles with the next reset. */
  readonly payDate: DateText | null;
  readonly minor: bigint;
}

/** Contract of record at one moment. Immutable: every transition gives a new one. */
export interface ContractState {
  readonly swap: ResolvedSwap;
  readonly status: 'open' | 'closed';
  /** Oldest first. */
  readonly lots: readonly ContractLot[];
  /** Financing is accrued up to this date's close. */
  readonly accruedTo: DateText;
  /** Financing posted as accrued and not settled, minor units: the rounded Σ of the lots' exact accruals. */
  readonly financingMinor: bigint;
  readonly dividends: readonly PendingDividend[];
  /** Counts transitions from 1. */
  readonly version: number;
}

/** Open units of a contract. */
export function openQuantity(state: ContractState): bigint {
  return state.lots.reduce((sum, lot) => sum + lot.quantity, 0n);
}

/** The rate that turns the price currency into the settlement currency, in FX_DIGITS: 1 for local contracts. */
export function conversionRate(swap: ResolvedSwap, fx: FxFixing | null): bigint {
  switch (swap.terms.basis) {
    case 'local':
      return pow10(FX_DIGITS);
    case 'quanto':
      invariant(swap.terms.quantoRate !== null, 'a resolved quanto swap has its rate');
      return swap.terms.quantoRate;
    case 'composite':
      invariant(fx !== null && fx.rate > 0n, 'a composite contract is never observed without an exchange rate');
      return fx.rate;
  }
}

/**
 * Minor units of settlement currency of a value given as Σ quantity × price (PRICE_DIGITS) × rate (FX_DIGITS).
 * One rounding.
 */
export function valueMinor(swap: ResolvedSwap, convertedValue: bigint, rounding: Rounding): bigint {
  const digits = minorDigits(swap.terms.settlementCurrency);
  return divide(convertedValue * pow10(digits), pow10(PRICE_DIGITS + FX_DIGITS) * swap.quotePerUnit, rounding);
}

/** A fraction (RATE_DIGITS) of such a value, with one rounding for both. */
export function fractionMinor(swap: ResolvedSwap, convertedValue: bigint, fraction: bigint, rounding: Rounding): bigint {
  const digits = minorDigits(swap.terms.settlementCurrency);
  const scale = pow10(PRICE_DIGITS + FX_DIGITS + RATE_DIGITS) * swap.quotePerUnit;
  return divide(convertedValue * fraction * pow10(digits), scale, rounding);
}

/**
 * How many exact accrual units make one minor unit of the settlement currency. Constant over the life of a contract,
 * so accruals of different nights and rates add up without rounding.
 */
export function financingUnit(swap: ResolvedSwap): bigint {
  const scale = pow10(PRICE_DIGITS + FX_DIGITS + RATE_DIGITS - minorDigits(swap.terms.settlementCurrency));
  return scale * swap.quotePerUnit * yearDays(swap.terms.financing.dayCount);
}

/** Notional at reference prices: Σ Q·P0·F0 in minor units of settlement currency, half-even. */
export function notionalMinor(state: ContractState): bigint {
  const total = state.lots.reduce((sum, lot) => sum + lot.value * conversionRate(state.swap, lot.fx), 0n);
  return valueMinor(state.swap, total, 'half-even');
}

/** Reference price of a lot in PRICE_DIGITS, half-even: for showing only, the lot's value is exact. */
export function referencePrice(lot: ContractLot): bigint {
  return divide(lot.value, lot.quantity, 'half-even');
}
