import type { Language } from '../i18n/text.ts';
import type { Scale } from '../preferences.ts';

/** U+2212: as wide as the plus sign and the digits, unlike the hyphen. */
export const MINUS = '\u2212';
/** What stands where there is no value. Never an empty cell, never a zero. */
export const NONE = '\u2014';

/** A decimal as it travels (`"1463.02"`), or a whole number. Strings are formatted exactly, without passing through a double. */
export type Decimal = string | number | bigint;

const formats = new Map<string, Intl.NumberFormat>();

function format(digits: number, sign: 'negative' | 'exceptZero'): Intl.NumberFormat {
  const key = `${digits}${sign}`;
  let found = formats.get(key);
  if (found === undefined) {
    // Both languages group by thousands with a comma and part decimals with a point.
    found = new Intl.NumberFormat('en-US', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: sign,
      roundingMode: 'halfEven',
    });
    formats.set(key, found);
  }
  return found;
}

function written(value: Decimal, digits: number, sign: 'negative' | 'exceptZero', shift = 0): string {
  const exact = shift === 0 ? value : `${value}e${-shift}`;
  const text = format(digits, sign).format(exact as Intl.StringNumericLiteral);
  return text.startsWith('-') ? MINUS + text.slice(1) : text;
}

/** `1463.02` → `1,463.02`; negative with U+2212; null → —. Rounds half to even at `digits`. */
export function formatNumber(value: Decimal | null | undefined, digits = 0): string {
  return value === null || value === undefined ? NONE : written(value, digits, 'negative');
}

/** As formatNumber, with `+` before what is above zero. */
export function formatSigned(value: Decimal | null | undefined, digits = 0): string {
  return value === null || value === undefined ? NONE : written(value, digits, 'exceptZero');
}

/** A ratio as per cent: `0.263` → `26.3%`. */
export function formatPercent(ratio: Decimal | null | undefined, digits = 1): string {
  return ratio === null || ratio === undefined ? NONE : `${written(ratio, digits, 'negative', -2)}%`;
}

const exponents: Readonly<Record<Scale, number>> = { one: 0, wan: 4, million: 6, yi: 8 };
const units: Readonly<Record<Language, Readonly<Record<Scale, string>>>> = {
  zh: { one: '元', wan: '万元', million: '百万元', yi: '亿元' },
  en: { one: 'units', wan: '10k', million: 'm', yi: '100m' },
};

/** Decimals that keep a figure readable at a scale: minor units as is, then one less each step. */
const scaleDigits: Readonly<Record<Scale, number>> = { one: 2, wan: 1, million: 2, yi: 3 };

/** Money at the user's scale: `"412600.00"` at 万 → `41.3`. The header says the unit: scaleUnit. */
export function formatScaled(value: Decimal | null | undefined, scale: Scale, signed = false): string {
  if (value === null || value === undefined) return NONE;
  return written(value, scaleDigits[scale], signed ? 'exceptZero' : 'negative', exponents[scale]);
}

/** The unit for a header: 万元, 百万元 — or a currency's: `CNY 10k`. */
export function scaleUnit(scale: Scale, language: Language, currency?: string): string {
  if (currency === undefined) return units[language][scale];
  const bare = language === 'zh' ? units.zh[scale].slice(0, -1) : scale === 'one' ? '' : units.en[scale];
  return bare === '' ? currency : `${currency} ${bare}`;
}
