/**
 * Hot path: values are read from bytes in place, with int32 arithmetic where they fit and without allocation.
 * Readers return NaN for text that is not of the format and Infinity for a value that does not fit.
 */

const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const COLON = 58;

export const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: 16 }, (_, i) => 10 ** i);

/** Digits with an optional leading minus, |value| < 2^53. */
export function readInteger(bytes: Uint8Array, from: number, to: number): number {
  return readDecimal(bytes, from, to, 0, false);
}

/**
 * A decimal as integer in units of 10^-digits: "167.415" with 4 digits is 1674150. Signed, |scaled| < 2^53. Decimals
 * beyond `digits` must be zeros: a price is never rounded on its way in.
 */
export function readDecimal(bytes: Uint8Array, from: number, to: number, digits: number, fraction = true): number {
  let at = from;
  const negative = bytes[at] === MINUS;
  if (negative) at = (at + 1) | 0;
  if (at >= to) return Number.NaN;
  let value = 0;
  let left = -1;
  let seen = 0;
  for (; at < to; at = (at + 1) | 0) {
    const digit = ((bytes[at] as number) - ZERO) | 0;
    if (digit >= 0 && digit <= 9) {
      seen = 1;
      if (left === 0) {
        if (digit !== 0) return isDecimal(bytes, from, to) ? Number.POSITIVE_INFINITY : Number.NaN;
        continue;
      }
      value = value * 10 + digit;
      if (value > Number.MAX_SAFE_INTEGER) return isDecimal(bytes, from, to) ? Number.POSITIVE_INFINITY : Number.NaN;
      if (left > 0) left = (left - 1) | 0;
    } else if (digit === POINT - ZERO && left === -1 && fraction) left = digits;
    else return Number.NaN;
  }
  if (seen === 0) return Number.NaN;
  value *= POWERS_OF_TEN[left === -1 ? digits : left] as number;
  if (value > Number.MAX_SAFE_INTEGER) return Number.POSITIVE_INFINITY;
  return negative && value !== 0 ? -value : value;
}

/** -?digits[.digits] with at least one digit; no plus sign, no exponent. */
export function isDecimal(bytes: Uint8Array, from: number, to: number): boolean {
  let at = bytes[from] === MINUS ? from + 1 : from;
  let digits = 0;
  let points = 0;
  for (; at < to; at = (at + 1) | 0) {
    const c = bytes[at] as number;
    if (c >= ZERO && c < COLON) digits = (digits + 1) | 0;
    else if (c === POINT) points = (points + 1) | 0;
    else return false;
  }
  return digits > 0 && points <= 1;
}

/** Digits only, at least one. */
export function isNatural(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at = (at + 1) | 0) {
    const c = bytes[at] as number;
    if (c < ZERO || c >= COLON) return false;
  }
  return to > from;
}

/** A fixed run of digits as int32, or -1. */
function digitsAt(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at = (at + 1) | 0) {
    const digit = ((bytes[at] as number) - ZERO) | 0;
    if (digit < 0 || digit > 9) return -1;
    value = (Math.imul(value, 10) + digit) | 0;
  }
  return value;
}

/** YYYYMMDD of an existing date → days since 1970-01-01, else NaN. */
export function readDate(bytes: Uint8Array, from: number, to: number): number {
  if (to - from !== 8) return Number.NaN;
  const year = digitsAt(bytes, from, 4);
  const month = digitsAt(bytes, from + 4, 2);
  const day = digitsAt(bytes, from + 6, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return Number.NaN;
  return daysFromCivil(year, month, day);
}

/** HH:MM:SS with 0, 3, 6 or 9 decimals → microseconds since midnight (nanoseconds are cut), else NaN. Second 60 is a leap second. */
export function readTime(bytes: Uint8Array, from: number, to: number): number {
  const length = to - from;
  if (length !== 8 && length !== 12 && length !== 15 && length !== 18) return Number.NaN;
  const hour = digitsAt(bytes, from, 2);
  const minute = digitsAt(bytes, from + 3, 2);
  const second = digitsAt(bytes, from + 6, 2);
  if (bytes[from + 2] !== COLON || bytes[from + 5] !== COLON) return Number.NaN;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return Number.NaN;
  let micros = 0;
  if (length > 8) {
    if (bytes[from + 8] !== POINT) return Number.NaN;
    const millis = digitsAt(bytes, from + 9, 3);
    const rest = length > 12 ? digitsAt(bytes, from + 12, 3) : 0;
    if (millis < 0 || rest < 0 || (length > 15 && digitsAt(bytes, from + 15, 3) < 0)) return Number.NaN;
    micros = millis * 1000 + rest;
  }
  return (hour * 3600 + minute * 60 + second) * 1_000_000 + micros;
}

/** YYYYMMDD-HH:MM:SS[.sss[sss[sss]]], UTC → microseconds since 1970, else NaN. */
export function readTimestamp(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 17 || bytes[from + 8] !== MINUS) return Number.NaN;
  return readDate(bytes, from, from + 8) * 86_400_000_000 + readTime(bytes, from + 9, to);
}

/** YYYYMM, YYYYMMDD or YYYYMMwN. */
export function isMonthYear(bytes: Uint8Array, from: number, to: number): boolean {
  const month = digitsAt(bytes, from + 4, 2);
  if (to - from === 6) return digitsAt(bytes, from, 4) > 0 && month >= 1 && month <= 12;
  if (to - from !== 8) return false;
  if (bytes[from + 6] !== 119) return !Number.isNaN(readDate(bytes, from, to));
  const week = (bytes[from + 7] as number) - ZERO;
  return digitsAt(bytes, from, 4) > 0 && month >= 1 && month <= 12 && week >= 1 && week <= 5;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar (era arithmetic: a year starts in March). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The inverse of {@link daysFromCivil}, packed as year × 10000 + month × 100 + day. */
export function civilFromDays(days: number): number {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0)) * 10_000 + month * 100 + day;
}
