/** Contracts that the tests of this room talk about. */
import { type Currency, type DateText, parseDecimal, parseInstant } from '@meridian/base';
import { FX_DIGITS, listing, parsePrice } from '@meridian/market';
import type { FxFixing } from './contract.ts';
import { resolveSwap, type SwapTerms } from './terms.ts';

export const day = (text: string) => text as DateText;
export const price = parsePrice;
/** "6.1195844385" → FX_DIGITS integer. */
export const fxRate = (text: string): FxFixing => ({
  rate: parseDecimal(text, FX_DIGITS),
  source: 'test',
  fixedAt: parseInstant('2013-10-07T12:30:00Z'),
});
/** "4.60" percent → fraction in RATE_DIGITS. */
export const percent = (text: string) => parsePrice(text);

export const tencent = listing({
  id: 'XHKG:00700',
  securityId: '700',
  mic: 'XHKG',
  code: '00700',
  securityClass: 'share',
  quote: 'HKD',
  validFrom: day('2010-01-01'),
});
export const spy = listing({
  id: 'ARCX:SPY',
  securityId: 'SPY',
  mic: 'ARCX',
  code: 'SPY',
  securityClass: 'etf',
  quote: 'USD',
  validFrom: day('2010-01-01'),
});

export const localTerms: SwapTerms = {
  contractId: 'C-1',
  entity: 'ONSHORE',
  counterparty: { kind: 'client', clientToken: 'T-9', agreement: 'A-1' },
  listingId: tencent.id,
  side: 'long',
  basis: 'local',
  settlementCurrency: 'HKD' as Currency,
  quantoRate: null,
  financing: { index: 'FIXED', spread: 0n, dayCount: 'ACT/365F' },
  dividendPassthrough: percent('100'),
  lotRelief: 'FIFO',
  margin: { initial: percent('25'), maintenance: percent('20'), closeOut: percent('15') },
  bookingPolicy: 'per-fill',
  effectiveDate: day('2026-11-16'),
};

export const compositeTerms: SwapTerms = {
  ...localTerms,
  contractId: 'C-2',
  listingId: spy.id,
  basis: 'composite',
  settlementCurrency: 'CNY' as Currency,
  financing: { index: 'US_PRIMARY_CREDIT', spread: percent('2.25'), dayCount: 'ACT/360' },
};

export const localSwap = resolveSwap(localTerms, tencent);
export const compositeSwap = resolveSwap(compositeTerms, spy);

export const lot = (lotId: string, quantity: bigint, at: string, fx: FxFixing | null = null) => ({
  lotId,
  quantity,
  value: quantity * price(at),
  fx,
});
export const seen = (at: string, fx: FxFixing | null = null) => ({ price: price(at), fx });
