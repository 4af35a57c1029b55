import type { DateText, Money } from '@meridian/base';
import type { FxFixing } from './contract.ts';

/**
 * What happened to a contract, in the vocabulary of the Common Domain Model (ISDA/ICMA/ISLA CDM). Money is seen from
 * the counterparty: positive = it receives.
 */
export type EconomicEvent =
  | { readonly kind: 'ContractFormation'; readonly contractId: string; readonly date: DateText; readonly lot: TradeLot }
  | { readonly kind: 'QuantityChange'; readonly contractId: string; readonly date: DateText; readonly change: QuantityChange }
  | {
      readonly kind: 'FinancingAccrual';
      readonly contractId: string;
      readonly from: DateText;
      readonly to: DateText;
      readonly amount: Money;
    }
  | {
      readonly kind: 'CashDividend';
      readonly contractId: string;
      readonly exDate: DateText;
      readonly payDate: DateText | null;
      readonly amount: Money;
    }
  | {
      readonly kind: 'Reset';
      readonly contractId: string;
      readonly date: DateText;
      readonly price: bigint;
      readonly fx: FxFixing | null;
    }
  | {
      readonly kind: 'StockSplit';
      readonly contractId: string;
      readonly date: DateText;
      readonly numerator: bigint;
      readonly denominator: bigint;
    }
  | {
      readonly kind: 'Transfer';
      readonly contractId: string;
      readonly date: DateText;
      readonly purpose: TransferPurpose;
      readonly amount: Money;
    }
  | { readonly kind: 'Termination'; readonly contractId: string; readonly date: DateText };

/** What a cash movement pays for. Equity = performance of the underlying. */
export type TransferPurpose = 'equity' | 'financing' | 'dividend';

/** A lot as traded: value = Σ quantity × price in PRICE_DIGITS quote units. */
export interface TradeLot {
  readonly lotId: string;
  readonly quantity: bigint;
  readonly value: bigint;
  readonly fx: FxFixing | null;
}

export type QuantityChange =
  | { readonly direction: 'increase'; readonly lot: TradeLot }
  | { readonly direction: 'decrease'; readonly quantity: bigint; readonly reliefs: readonly LotRelief[] };

/** Units taken from a lot by an unwind. */
export interface LotRelief {
  readonly lotId: string;
  readonly quantity: bigint;
}
