import {
  addDays,
  type Bilingual,
  type DateText,
  dateIn,
  declareProblems,
  type Instant,
  weekday,
  zonedInstant,
} from '@meridian/base';
import { type Coverage, coverageText, covers, type Provenance } from './provenance.ts';

const { problem } = declareProblems({
  BANK_CALENDAR_UNKNOWN: {
    status: 404,
    title: { zh: '没有该币种的银行日历', en: 'No bank calendar for this currency' },
    detail: { zh: '没有 {currency} 的银行日历', en: 'There is no bank calendar for {currency}' },
    remedy: { zh: '使用已收录的币种：{known}', en: 'Use a currency that is kept: {known}' },
  },
  BANK_CALENDAR_NOT_COVERED: {
    status: 422,
    title: { zh: '银行日历未覆盖该日期', en: 'Date outside the bank calendar' },
    detail: {
      zh: '{currency} 的银行日历只覆盖 {coverage}，不含 {date}',
      en: 'The bank calendar of {currency} covers {coverage}; {date} is outside',
    },
    remedy: { zh: '只能安排覆盖区间内的日期，或先补充日历', en: 'Plan inside the coverage or extend the calendar first' },
  },
});

/** An interval in which the bank days of a currency are known. Weekends are closed unless in `extraOpen`. */
export interface BankSpan extends Coverage, Provenance {
  readonly closed: ReadonlySet<string>;
  /** Working Saturdays and Sundays (调休上班日). */
  readonly extraOpen: ReadonlySet<string>;
}

/** Days on which payments in a currency settle. Keyed by currency; CNH follows Hong Kong's banks. */
export interface BankCalendar {
  readonly currency: string;
  readonly name: Bilingual;
  readonly zone: string;
  readonly spans: readonly BankSpan[];
}

/** `following`: next bank day. `modified-following`: next, unless in another month, then the previous one. */
export type RollConvention = 'following' | 'modified-following' | 'preceding';

/** @throws Problem BANK_CALENDAR_NOT_COVERED */
export function isBankDay(calendar: BankCalendar, date: DateText): boolean {
  const span = calendar.spans.find((s) => covers([s], date));
  if (span === undefined)
    throw problem('BANK_CALENDAR_NOT_COVERED', { currency: calendar.currency, date, coverage: coverageText(calendar.spans) });
  return weekday(date) > 5 ? span.extraOpen.has(date) : !span.closed.has(date);
}

/** Moves a date that is no bank day. @throws Problem BANK_CALENDAR_NOT_COVERED */
export function rollDate(calendar: BankCalendar, date: DateText, convention: RollConvention): DateText {
  const following = seek(calendar, date, convention === 'preceding' ? -1 : 1);
  return convention === 'modified-following' && following.slice(0, 7) !== date.slice(0, 7)
    ? seek(calendar, date, -1)
    : following;
}

/** The `count`-th bank day after a date, count ≥ 1. @throws Problem BANK_CALENDAR_NOT_COVERED */
export function addBankDays(calendar: BankCalendar, date: DateText, count: number): DateText {
  let at = date;
  for (let n = 0; n < count; n++) at = seek(calendar, addDays(at, 1), 1);
  return at;
}

function seek(calendar: BankCalendar, date: DateText, days: 1 | -1): DateText {
  let at = date;
  while (!isBankDay(calendar, at)) at = addDays(at, days);
  return at;
}

/** Until when something must be done, on the wall of a zone: "16:00" in "Asia/Shanghai". */
export interface DeadlineRule {
  readonly wallTime: string;
  readonly zone: string;
  /** Microseconds that must lie between the call and its deadline; 0 if left out. */
  readonly leadTimeMin?: number;
}

/**
 * The first such time on a bank day that leaves the lead time. A margin call raised on 2013-10-07 (mainland banks
 * shut: National Day) with deadline 16:00 Asia/Shanghai is due on 2013-10-08 at 16:00 Beijing.
 * @throws Problem BANK_CALENDAR_NOT_COVERED
 */
export function deadlineAfter(calendar: BankCalendar, instant: Instant, rule: DeadlineRule): { date: DateText; due: Instant } {
  const earliest = instant + (rule.leadTimeMin ?? 0);
  for (let date = dateIn(instant, rule.zone); ; date = addDays(date, 1)) {
    if (!isBankDay(calendar, date)) continue;
    const due = zonedInstant(date, rule.wallTime, rule.zone);
    if (due >= earliest) return { date, due };
  }
}

export interface BankCalendars {
  currencies(): readonly string[];
  /** @throws Problem BANK_CALENDAR_UNKNOWN */
  of(currency: string): BankCalendar;
}

export function bankCalendars(calendars: readonly BankCalendar[]): BankCalendars {
  const byCurrency = new Map(calendars.map((c) => [c.currency, c]));
  return {
    currencies: () => [...byCurrency.keys()],
    of(currency) {
      const found = byCurrency.get(currency);
      if (found === undefined)
        throw problem('BANK_CALENDAR_UNKNOWN', { currency: currency.slice(0, 8), known: [...byCurrency.keys()].join(' ') });
      return found;
    },
  };
}
