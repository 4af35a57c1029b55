import { ISO_4217 } from './iso4217.ts';
import { declareProblems } from './problem.ts';

const { problem } = declareProblems({
  CURRENCY_UNKNOWN: {
    status: 422,
    title: { zh: '币种不存在', en: 'Unknown currency' },
    detail: { zh: '币种“{code}”不在代码表中', en: 'Currency "{code}" is not in the code table' },
    remedy: { zh: '使用 ISO 4217 代码；离岸人民币用 CNH', en: 'Use an ISO 4217 code; CNH for offshore renminbi' },
  },
});

/** A currency code of the house's table: ISO 4217 plus CNH. CNH ≠ CNY. GBX is a quote unit, not a currency. */
export type Currency = string & { readonly currency: unique symbol };

/** Offshore renminbi: same minor unit as CNY, another pool, another price, never interchangeable. */
const HOUSE_CODES: Readonly<Record<string, readonly [numeric: string, digits: number]>> = { CNH: ['', 2] };

function row(code: string): readonly [string, number] | undefined {
  if (!/^[A-Z]{3}$/.test(code)) return undefined;
  return Object.hasOwn(HOUSE_CODES, code) ? HOUSE_CODES[code] : Object.hasOwn(ISO_4217, code) ? ISO_4217[code] : undefined;
}

export function isCurrency(code: string): code is Currency {
  return row(code) !== undefined;
}

/** @throws Problem CURRENCY_UNKNOWN */
export function currency(code: string): Currency {
  if (!isCurrency(code)) throw problem('CURRENCY_UNKNOWN', { code: code.slice(0, 16) });
  return code;
}

/** Decimals of the minor unit: 2 for CNY, CNH, USD, HKD; 0 for JPY. */
export function minorDigits(code: Currency): number {
  return (row(code) as readonly [string, number])[1];
}

/** How an exchange quotes a price: the currency and how many quote units make one of it (GBX: 100 to the GBP). */
export interface QuoteUnit {
  readonly code: string;
  readonly currency: Currency;
  readonly perCurrencyUnit: bigint;
}

/** GBX, ZAC, ILA are quoted in hundredths of their currency; every currency quotes itself one to one. */
export function quoteUnit(code: string): QuoteUnit {
  const hundredths: Record<string, string> = { GBX: 'GBP', ZAC: 'ZAR', ILA: 'ILS' };
  const major = Object.hasOwn(hundredths, code) ? hundredths[code] : undefined;
  return major === undefined
    ? { code, currency: currency(code), perCurrencyUnit: 1n }
    : { code, currency: currency(major), perCurrencyUnit: 100n };
}
