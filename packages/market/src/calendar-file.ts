import { addDays, type DateText, dateText, invariant, wallTimeIn } from '@meridian/base';
import type { BankCalendar, BankSpan } from './bank-calendar.ts';
import { provenanceOf, type RowReader, rowReader } from './fact-file.ts';
import { tableMarket } from './market-code.ts';
import type { CalendarOverride, CalendarSpan, MarketCalendar, SessionHours } from './session-calendar.ts';

/** Zones of markets that only the UTC table of October 2013 knows. */
const ZONES: Readonly<Record<string, string>> = { XKRX: 'Asia/Seoul' };

/**
 * Calendars from the tabulated file (local wall times, per market) and from the tables of single months (UTC hours),
 * joined per market. Markets that follow another one have no rows of their own.
 */
export function marketCalendars(tabulated: unknown, months: readonly unknown[]): MarketCalendar[] {
  const file = rowReader('cal_neutral.json', tabulated, 'root');
  const calendars = new Map<string, { zone: string; spans: CalendarSpan[] }>();
  for (const market of Object.keys(file.raw)) {
    const row = rowReader('cal_neutral.json', file.raw[market], market);
    calendars.set(market, { zone: row.text('tz'), spans: [tabulatedSpan(row)] });
  }
  for (const month of months) {
    const root = rowReader('month calendar', month, 'root');
    const markets = root.raw['markets'] as Record<string, unknown>;
    for (const market of Object.keys(markets)) {
      const zone = calendars.get(market)?.zone ?? ZONES[market] ?? root.fail(`no zone for ${market}`);
      const entry = calendars.get(market) ?? { zone, spans: [] };
      calendars.set(market, entry);
      entry.spans.push(monthSpan(root, rowReader('month calendar', markets[market], market), zone));
    }
  }
  return [...calendars]
    .filter(([market]) => tableMarket(market) === market)
    .map(([market, { zone, spans }]) => ({ market, zone, spans: spans.sort((a, b) => (a.from < b.from ? -1 : 1)) }));
}

function hoursOf(row: RowReader, value: unknown): SessionHours {
  if (!Array.isArray(value) || value.length !== 4) return row.fail('hours are four wall times');
  const wall = (v: unknown) => (typeof v === 'string' && /^\d\d:\d\d$/.test(v) ? v : row.fail(`wall time ${String(v)}`));
  const orNull = (v: unknown) => (v === null ? null : wall(v));
  return [wall(value[0]), orNull(value[1]), orNull(value[2]), wall(value[3])];
}

function tabulatedSpan(row: RowReader): CalendarSpan {
  const special = Object.entries(row.raw['special'] as Record<string, unknown>);
  return {
    from: row.date('from'),
    to: row.date('to'),
    regular: hoursOf(row, row.raw['regular']),
    closed: new Set(row.strings('closed')),
    special: new Map(special.map(([date, hours]) => [dateText(date), hoursOf(row, hours)])),
  };
}

/** UTC hours of a month → the market's wall times. All rows of a month must agree on them: only the offset may change. */
function monthSpan(root: RowReader, row: RowReader, zone: string): CalendarSpan {
  const walls = row.rows('utc_hours').map((hours) => {
    const first = hours.date('first');
    const openText = hours.text('open');
    const open = openText > hours.text('close') ? addDays(first, -1) : first;
    const wall = (key: string) => {
      const text = hours.textOrNull(key);
      const date: DateText = text !== null && text >= openText ? open : first;
      return text === null ? null : wallTimeIn(Date.parse(`${date}T${text}:00Z`) * 1_000, zone).slice(0, 5);
    };
    return [wall('open'), wall('break_start'), wall('break_end'), wall('close')] as SessionHours;
  });
  const regular = walls[0] ?? row.fail('no hours');
  invariant(
    walls.every((w) => w.join() === regular.join()),
    'hours of a month differ on the wall',
  );
  return {
    from: root.date('from'),
    to: root.date('to'),
    regular,
    closed: new Set(row.strings('closed_weekdays')),
    special: new Map(),
  };
}

export function calendarOverrides(document: unknown): CalendarOverride[] {
  const root = rowReader('overrides.json', document, 'root');
  return root.rows('overrides').map((row) => {
    const reason = rowReader('overrides.json', row.raw['reason'], row.text('date'));
    return {
      market: row.text('market'),
      date: row.date('date'),
      hours: row.raw['hours'] === null ? null : hoursOf(row, row.raw['hours']),
      reason: { zh: reason.text('zh'), en: reason.text('en') },
      ...provenanceOf(row),
    };
  });
}

export function bankCalendarFile(document: unknown): BankCalendar[] {
  const root = rowReader('banks.json', document, 'root');
  const banks = root.raw['banks'] as Record<string, unknown>;
  const readers = Object.entries(banks).map(([code, raw]) => [code, rowReader('banks.json', raw, code)] as const);
  const spansOf = (code: string): BankSpan[] => {
    const row = readers.find(([c]) => c === code)?.[1] ?? root.fail(`no bank calendar ${code}`);
    const follows = row.textOrNull('follows');
    return follows === null ? row.rows('coverage').map(bankSpan) : spansOf(follows);
  };
  return readers.map(([currency, row]) => {
    const name = rowReader('banks.json', row.raw['name'], currency);
    return { currency, name: { zh: name.text('zh'), en: name.text('en') }, zone: row.text('zone'), spans: spansOf(currency) };
  });
}

function bankSpan(row: RowReader): BankSpan {
  return {
    from: row.date('from'),
    to: row.date('to'),
    closed: new Set(row.strings('closed')),
    extraOpen: new Set(row.strings('extra_open')),
    ...provenanceOf(row),
  };
}
