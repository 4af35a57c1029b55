import { type DateText, parseDecimal } from '@meridian/base';
import { notCovered } from './provenance.ts';

/** Decimals of an interest rate as a fraction: 0.75 % = 75 000 000n. */
export const RATE_DIGITS = 10;

/** An interest rate that holds from each of its dates until the next. */
export interface RateIndex {
  readonly code: string;
  /** Rate in force on a date, a fraction in RATE_DIGITS. @throws Problem FACT_NOT_COVERED */
  on(date: DateText): { readonly rate: bigint; readonly since: DateText };
}

/**
 * Reads `date,rate_pct` rows, in order of dates.
 * @param knownTo last date the table speaks for; the rate in force later is not known.
 */
export function stepRateIndex(code: string, csv: string, knownTo: DateText): RateIndex {
  const steps = csv
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [date, percent] = line.split(',') as [DateText, string];
      return { since: date, rate: parseDecimal(percent.trim(), RATE_DIGITS - 2) };
    });
  return {
    code,
    on(date) {
      const step = date <= knownTo ? steps.findLast((s) => s.since <= date) : undefined;
      if (step === undefined) throw notCovered(code, 'rate', date);
      return step;
    },
  };
}
