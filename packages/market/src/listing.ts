import { type Currency, type DateText, declareProblems, type QuoteUnit, quoteUnit } from '@meridian/base';
import { isIsin, isLei } from './identifier.ts';

const { problem } = declareProblems({
  LISTING_INVALID: {
    status: 422,
    title: { zh: '上市标的资料无效', en: 'Invalid listing data' },
    detail: { zh: '{what}“{value}”无效', en: '{what} "{value}" is not valid' },
    remedy: { zh: '核对证券主数据', en: 'Check the reference data of the security' },
  },
});

/** A value with the dates it holds on, both inclusive; `to` null = open. */
export interface Dated<T> {
  readonly value: T;
  readonly from: DateText;
  readonly to: DateText | null;
}

/** The value in force on a date; null when none is. Intervals must not overlap; the first match answers. */
export function groupOn<T>(values: readonly Dated<T>[], date: DateText): T | null {
  return values.find((v) => v.from <= date && (v.to === null || date <= v.to))?.value ?? null;
}

export type SecurityClass = 'share' | 'etf' | 'reit' | 'adr';

/** Who issued a security. Limits per issuer and close links hang on it. */
export interface Issuer {
  readonly id: string;
  readonly name: string;
  readonly lei: string | null;
}

/** What was issued. Corporate actions and position limits name the security, whatever venue it trades on. */
export interface Security {
  readonly id: string;
  readonly issuerId: string;
  readonly isin: string | null;
  readonly name: string;
  readonly securityClass: SecurityClass;
}

/** Where and how a security trades. Orders name the listing. */
export interface Listing {
  readonly id: string;
  readonly securityId: string;
  /** ISO 10383 market of listing: closing prices come from there. */
  readonly mic: string;
  /** Ticker or stock code on that market, e.g. SPY, 00700. */
  readonly code: string;
  readonly securityClass: SecurityClass;
  /** The unit prices are quoted in: GBX is a hundredth of GBP and no currency. */
  readonly quoteUnit: QuoteUnit;
  readonly currency: Currency;
  /** Board lots the issuer set; empty where the market sets the lot. */
  readonly boardLots: readonly Dated<number>[];
  /** Tick groups (TOPIX100, RTS 11 band); empty where the market has one table. */
  readonly tickGroups: readonly Dated<string>[];
  readonly validFrom: DateText;
  readonly validTo: DateText | null;
}

export interface ListingRow {
  readonly id: string;
  readonly securityId: string;
  readonly mic: string;
  readonly code: string;
  readonly securityClass: SecurityClass;
  /** Quote unit code: a currency, or GBX, ZAC, ILA. */
  readonly quote: string;
  readonly boardLots?: readonly Dated<number>[];
  readonly tickGroups?: readonly Dated<string>[];
  readonly validFrom: DateText;
  readonly validTo?: DateText | null;
}

/** @throws Problem LISTING_INVALID | CURRENCY_UNKNOWN */
export function listing(row: ListingRow): Listing {
  if (!/^[A-Z0-9]{4}$/.test(row.mic)) throw problem('LISTING_INVALID', { what: 'MIC', value: row.mic.slice(0, 16) });
  if (!/^[A-Z0-9.]{1,12}$/.test(row.code)) throw problem('LISTING_INVALID', { what: 'code', value: row.code.slice(0, 16) });
  const lot = row.boardLots?.find((l) => !Number.isSafeInteger(l.value) || l.value < 1);
  if (lot !== undefined) throw problem('LISTING_INVALID', { what: 'board lot', value: lot.value });
  const unit = quoteUnit(row.quote);
  return {
    id: row.id,
    securityId: row.securityId,
    mic: row.mic,
    code: row.code,
    securityClass: row.securityClass,
    quoteUnit: unit,
    currency: unit.currency,
    boardLots: row.boardLots ?? [],
    tickGroups: row.tickGroups ?? [],
    validFrom: row.validFrom,
    validTo: row.validTo ?? null,
  };
}

/** @throws Problem LISTING_INVALID for a wrong ISIN */
export function security(row: Security): Security {
  if (row.isin !== null && !isIsin(row.isin)) throw problem('LISTING_INVALID', { what: 'ISIN', value: row.isin.slice(0, 16) });
  return row;
}

/** @throws Problem LISTING_INVALID for a wrong LEI */
export function issuer(row: Issuer): Issuer {
  if (row.lei !== null && !isLei(row.lei)) throw problem('LISTING_INVALID', { what: 'LEI', value: row.lei.slice(0, 24) });
  return row;
}
