import {
  type Currency,
  type DateText,
  declareProblems,
  formatInstant,
  type Instant,
  MICROS_PER_DAY,
  minorDigits,
  mulDiv,
  parseDecimal,
  pow10,
  type Rounding,
  zonedInstant,
} from '@meridian/base';

const { problem } = declareProblems({
  FX_RATE_MISSING: {
    status: 422,
    title: { zh: '没有该币种的汇率', en: 'No exchange rate' },
    detail: {
      zh: '汇率组 {id} 没有 {currency} 的汇率；CNY 不能代替 CNH',
      en: 'Rate set {id} has no rate for {currency}; CNY never stands in for CNH',
    },
    remedy: { zh: '由有权人录入该币种的汇率', en: 'Have a rate for this currency entered and approved' },
  },
  FX_NOT_COVERED: {
    status: 422,
    title: { zh: '没有可用的汇率组', en: 'No rate set in force' },
    detail: {
      zh: '{instant} 之前 {daysMax} 天内没有已公布的汇率组',
      en: 'No rate set was published in the {daysMax} days before {instant}',
    },
    remedy: { zh: '补充该时段的汇率组', en: 'Load the rate sets of that time' },
  },
});

/** Decimals of a stored exchange rate. */
export const FX_DIGITS = 10;

/**
 * Exchange rates published together. Units of each currency per one unit of `base`, in FX_DIGITS decimals, exactly as
 * published. A set applies from its publication on until the next one is published.
 */
export interface RateSet {
  readonly id: string;
  readonly source: string;
  readonly base: Currency;
  /** The day the rates are for. */
  readonly date: DateText;
  readonly publishedAt: Instant;
  readonly rates: ReadonlyMap<string, bigint>;
}

/** An exact exchange rate: `numerator / denominator` units of `to` for one unit of `from`. */
export interface CrossRate {
  readonly from: Currency;
  readonly to: Currency;
  readonly numerator: bigint;
  readonly denominator: bigint;
  readonly rateSetId: string;
}

/** Through the set's base, or its inverse, without rounding. @throws Problem FX_RATE_MISSING */
export function crossRate(set: RateSet, from: Currency, to: Currency): CrossRate {
  return { from, to, numerator: perBase(set, to), denominator: perBase(set, from), rateSetId: set.id };
}

function perBase(set: RateSet, code: Currency): bigint {
  const rate = code === set.base ? pow10(FX_DIGITS) : set.rates.get(code);
  if (rate === undefined) throw problem('FX_RATE_MISSING', { id: set.id, currency: code });
  return rate;
}

/** The rate as an integer of FX_DIGITS decimals, as a contract lot stores it. */
export function scaledRate(rate: CrossRate, rounding: Rounding): bigint {
  return mulDiv(rate.numerator, pow10(FX_DIGITS), rate.denominator, rounding);
}

/** Minor units of `from` → minor units of `to`, rounded once. */
export function convertMinor(minor: bigint, rate: CrossRate, rounding: Rounding): bigint {
  const up = pow10(minorDigits(rate.to));
  const down = pow10(minorDigits(rate.from));
  return mulDiv(minor * rate.numerator, up, rate.denominator * down, rounding);
}

/** Rate sets by publication. */
export interface RateSets {
  /**
   * The set in force at an instant: the latest published at or before it.
   * @throws Problem FX_NOT_COVERED when there is none, or the latest is older than `daysMax` (10: TARGET never closes longer than 5)
   */
  at(instant: Instant): RateSet;
  /** The set of a rate date, if one was published for it. */
  of(date: DateText): RateSet | null;
  readonly count: number;
}

export const RATE_SET_DAYS_MAX = 10;

/** @param sets in any order; built on demand so that a long history costs nothing until it is asked for. */
export function rateSets(
  sets: readonly { readonly date: DateText; readonly publishedAt: Instant; build(): RateSet }[],
): RateSets {
  const ordered = [...sets].sort((a, b) => a.publishedAt - b.publishedAt);
  const cache = new Map<string, RateSet>();
  const built = (index: number): RateSet => {
    const entry = ordered[index] as (typeof ordered)[number];
    const set = cache.get(entry.date) ?? entry.build();
    cache.set(entry.date, set);
    return set;
  };
  return {
    count: ordered.length,
    at(instant) {
      let low = 0;
      let high = ordered.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((ordered[middle] as { publishedAt: Instant }).publishedAt <= instant) low = middle + 1;
        else high = middle;
      }
      const latest = ordered[low - 1];
      if (latest === undefined || instant - latest.publishedAt > RATE_SET_DAYS_MAX * MICROS_PER_DAY)
        throw problem('FX_NOT_COVERED', { instant: formatInstant(instant), daysMax: RATE_SET_DAYS_MAX });
      return built(low - 1);
    },
    of(date) {
      const index = ordered.findIndex((s) => s.date === date);
      return index < 0 ? null : built(index);
    },
  };
}

/** First rate date that the ECB published at 16:00 instead of 14:30 (press release of 2015-12-07). */
const ECB_LATE_FROM = '2016-07-01';

/**
 * When the ECB's reference rates of a day were published, Frankfurt wall time: about 14:30 until 2016-06-30 (fixed at
 * the 14:15 concertation), about 16:00 since. The instant is the convention, not a recorded time stamp.
 */
export function ecbPublication(date: DateText): Instant {
  return zonedInstant(date, date < ECB_LATE_FROM ? '14:30' : '16:00', 'Europe/Berlin');
}

/** Reads the reference-rate table: `date,eurusd,eurcny,…`; a blank is a rate that was not published. */
export function ecbRateSets(csv: string): RateSets {
  const [header, ...lines] = csv.trimEnd().split('\n');
  const codes = (header as string)
    .split(',')
    .slice(1)
    .map((name) => name.slice(3).toUpperCase());
  return rateSets(
    lines.map((line) => {
      const date = line.slice(0, 10) as DateText;
      const publishedAt = ecbPublication(date);
      return { date, publishedAt, build: () => ecbRateSet(date, publishedAt, codes, line.split(',').slice(1)) };
    }),
  );
}

function ecbRateSet(date: DateText, publishedAt: Instant, codes: readonly string[], cells: readonly string[]): RateSet {
  const rates = new Map<string, bigint>();
  codes.forEach((code, i) => {
    const cell = cells[i] ?? '';
    if (cell !== '') rates.set(code, parseDecimal(cell, FX_DIGITS));
  });
  return {
    id: `ECB-${date}`,
    source: 'ECB euro foreign exchange reference rates',
    base: 'EUR' as Currency,
    date,
    publishedAt,
    rates,
  };
}
