import {
  addDays,
  type Bilingual,
  type DateText,
  dateIn,
  daysBetween,
  declareProblems,
  type Instant,
  weekday,
  zonedInstant,
} from '@meridian/base';
import { tableMarket } from './market-code.ts';
import { type Coverage, coverageText, covers, mergeCoverage, type Provenance } from './provenance.ts';

const { problem } = declareProblems({
  CALENDAR_UNKNOWN: {
    status: 404,
    title: { zh: '没有该市场的日历', en: 'No calendar for this market' },
    detail: { zh: '没有市场 {mic} 的交易日历', en: 'There is no session calendar for {mic}' },
    remedy: { zh: '使用已收录市场的 MIC：{known}', en: 'Use the MIC of a market that is kept: {known}' },
  },
  CALENDAR_NOT_COVERED: {
    status: 422,
    title: { zh: '日历未覆盖该日期', en: 'Date outside the calendar' },
    detail: {
      zh: '{mic} 的日历只覆盖 {coverage}，不含 {date}',
      en: 'The calendar of {mic} covers {coverage}; {date} is outside',
    },
    remedy: { zh: '只能安排覆盖区间内的日期，或先补充日历', en: 'Plan inside the coverage or extend the calendar first' },
  },
  CALENDAR_RANGE: {
    status: 400,
    title: { zh: '日期区间无效', en: 'Invalid date range' },
    detail: { zh: '{from} 至 {to} 不是至多 {daysMax} 天的区间', en: '{from} to {to} is not a range of at most {daysMax} days' },
    remedy: { zh: '起始日不得晚于结束日，且区间不得过长', en: 'Start no later than the end, and ask for a shorter range' },
  },
});

/** Local wall times [open, break start, break end, close] of a session, "HH:MM"; the middle two null without a break. */
export type SessionHours = readonly [open: string, breakStart: string | null, breakEnd: string | null, close: string];

/** One interval of a market's calendar, as tabulated. Every weekday not listed in `closed` is a session. */
export interface CalendarSpan extends Coverage {
  readonly regular: SessionHours;
  readonly closed: ReadonlySet<string>;
  readonly special: ReadonlyMap<string, SessionHours>;
}

/** A fact that corrects the tabulated calendar: a weather closure, a late open. `hours` null = no session that day. */
export interface CalendarOverride extends Provenance {
  readonly market: string;
  readonly date: DateText;
  readonly hours: SessionHours | null;
  readonly reason: Bilingual;
}

export interface MarketCalendar {
  readonly market: string;
  readonly zone: string;
  readonly spans: readonly CalendarSpan[];
}

/** A trading session. Instants are UTC microseconds; `date` is the market's own date, which may be ahead of UTC's. */
export interface Session {
  readonly mic: string;
  readonly date: DateText;
  readonly open: Instant;
  readonly breakStart: Instant | null;
  readonly breakEnd: Instant | null;
  readonly close: Instant;
  /** `half`: the table's shortened day. `irregular`: an override changed the hours (weather). */
  readonly kind: 'full' | 'half' | 'irregular';
  readonly override: CalendarOverride | null;
}

/** Sessions of the markets. A date outside a market's coverage is refused, never guessed. */
export interface SessionCalendar {
  markets(): readonly string[];
  zone(mic: string): string;
  /** The market's own date at an instant. */
  dateAt(mic: string, at: Instant): DateText;
  coverage(mic: string): readonly Coverage[];
  /** The session of a date; null on a closed day. @throws Problem CALENDAR_UNKNOWN | CALENDAR_NOT_COVERED */
  session(mic: string, date: DateText): Session | null;
  /** Sessions from `from` to `to`, both inclusive, closed days left out. @throws as above; CALENDAR_RANGE over 20 years. */
  sessions(mic: string, from: DateText, to: DateText): Session[];
  /** The first session after a date. @throws Problem CALENDAR_NOT_COVERED at the end of the coverage */
  next(mic: string, date: DateText): Session;
  /** The last session before a date. @throws Problem CALENDAR_NOT_COVERED at the start of the coverage */
  previous(mic: string, date: DateText): Session;
  /** The same calendar with more overrides on top; the later row of a date wins. */
  with(overrides: readonly CalendarOverride[]): SessionCalendar;
}

const RANGE_DAYS_MAX = 7_320;

/** Answers for markets that follow another one too (ARCX, XNAS, XSHE); see {@link tableMarket}. */
export function sessionCalendar(
  calendars: readonly MarketCalendar[],
  overrides: readonly CalendarOverride[] = [],
): SessionCalendar {
  const byMarket = new Map(calendars.map((c) => [c.market, c]));
  const overrideOf = new Map(overrides.map((o) => [`${tableMarket(o.market)} ${o.date}`, o]));
  const cache = new Map<string, Session | null>();

  function calendarOf(mic: string): MarketCalendar {
    const found = byMarket.get(tableMarket(mic));
    if (found === undefined)
      throw problem('CALENDAR_UNKNOWN', { mic: mic.slice(0, 16), known: [...byMarket.keys()].join(' ') });
    return found;
  }

  function session(mic: string, date: DateText): Session | null {
    const calendar = calendarOf(mic);
    const span = calendar.spans.find((s) => covers([s], date));
    if (span === undefined)
      throw problem('CALENDAR_NOT_COVERED', { mic, date, coverage: coverageText(mergeCoverage(calendar.spans)) });
    const key = `${mic} ${date}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const override = overrideOf.get(`${calendar.market} ${date}`) ?? null;
    const hours = hoursOf(span, override, date);
    const built = hours === null ? null : expand(mic, date, calendar.zone, hours, kindOf(span, override, date), override);
    cache.set(key, built);
    return built;
  }

  function step(mic: string, date: DateText, days: 1 | -1): Session {
    for (let d = addDays(date, days); ; d = addDays(d, days)) {
      const found = session(mic, d);
      if (found !== null) return found;
    }
  }

  return {
    markets: () => [...byMarket.keys()],
    zone: (mic) => calendarOf(mic).zone,
    dateAt: (mic, at) => dateIn(at, calendarOf(mic).zone),
    coverage: (mic) => mergeCoverage(calendarOf(mic).spans),
    session,
    sessions(mic, from, to) {
      if (from > to || daysBetween(from, to) > RANGE_DAYS_MAX)
        throw problem('CALENDAR_RANGE', { from, to, daysMax: RANGE_DAYS_MAX });
      const found: Session[] = [];
      for (let d = from; d <= to; d = addDays(d, 1)) {
        const one = session(mic, d);
        if (one !== null) found.push(one);
      }
      return found;
    },
    next: (mic, date) => step(mic, date, 1),
    previous: (mic, date) => step(mic, date, -1),
    with: (more) => sessionCalendar(calendars, [...overrides, ...more]),
  };
}

function hoursOf(span: CalendarSpan, override: CalendarOverride | null, date: DateText): SessionHours | null {
  if (override !== null) return override.hours;
  const special = span.special.get(date);
  if (special !== undefined) return special;
  return weekday(date) > 5 || span.closed.has(date) ? null : span.regular;
}

/** A special day that ends early is a half day; one that ends later is the new regular day under the same row. */
function kindOf(span: CalendarSpan, override: CalendarOverride | null, date: DateText): Session['kind'] {
  if (override !== null) return 'irregular';
  const special = span.special.get(date);
  return special !== undefined && special[3] < span.regular[3] ? 'half' : 'full';
}

function expand(
  mic: string,
  date: DateText,
  zone: string,
  [open, breakStart, breakEnd, close]: SessionHours,
  kind: Session['kind'],
  override: CalendarOverride | null,
): Session {
  const at = (wall: string) => zonedInstant(date, wall, zone);
  return {
    mic,
    date,
    open: at(open),
    breakStart: breakStart === null ? null : at(breakStart),
    breakEnd: breakEnd === null ? null : at(breakEnd),
    close: at(close),
    kind,
    override,
  };
}
