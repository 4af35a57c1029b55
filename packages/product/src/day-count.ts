import { type DateText, daysBetween } from '@meridian/base';

/** Actual days over a fixed year: 360 for USD, EUR, JPY; 365 for HKD, GBP and CNY contracts. */
export type DayCount = 'ACT/360' | 'ACT/365F';

export function yearDays(dayCount: DayCount): bigint {
  return dayCount === 'ACT/360' ? 360n : 365n;
}

/** Actual days of a period, start included, end excluded. */
export function accrualDays(from: DateText, to: DateText): bigint {
  return BigInt(daysBetween(from, to));
}
