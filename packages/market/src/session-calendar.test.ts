import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addDays, type DateText, formatInstant, isProblem, weekday } from '@meridian/base';
import { DATA_DIR, loadMarketFacts } from './load.ts';

const facts = loadMarketFacts();
const { calendar } = facts;
const d = (text: string) => text as DateText;
const short = (instant: number | null) => (instant === null ? null : formatInstant(instant).replace('.000Z', 'Z'));

const shared = fileURLToPath(new URL('../../../../shared/data/calendar/', import.meta.url));
const skip = existsSync(shared) ? false : 'the published session lists are not on this machine';

test('the sessions of New York equal the published list 2023 to 2026, every open and close', { skip }, () => {
  const lines = readFileSync(`${shared}xnys_2023_2026_from_hours.csv`, 'utf8').trim().split('\n').slice(1);
  const published = lines.map((line) => line.split(','));
  const first = d(published[0]?.[1] as string);
  const last = d(published.at(-1)?.[1] as string);
  const ours = calendar.sessions('XNYS', first, last);
  // 2025-01-09: national day of mourning for President Carter, which the published list lacks
  const theirs = published.filter((p) => p[1] !== '2025-01-09');
  assert.deepEqual(
    ours.map((s) => [s.date, short(s.open), short(s.close)]),
    theirs.map((p) => [p[1], p[2], p[5]]),
  );
});

test('holidays and early closes of the published list are closed days and half days here', { skip }, () => {
  const rows = readFileSync(`${shared}market_holidays.csv`, 'utf8').trim().split('\n').slice(1);
  const markets: Record<string, string> = { 'Equity-usa-[*]': 'XNYS', 'Future-hkfe-[*]': 'XHKG' };
  let compared = 0;
  for (const row of rows) {
    const [market, kind, date, time] = row.split(',') as [string, string, DateText, string];
    const mic = markets[market];
    const covered = mic !== undefined && calendar.coverage(mic).some((c) => c.from <= date && date <= c.to);
    if (!covered || weekday(date) > 5) continue;
    // the futures list calls 2027-06-18 a holiday of XHKG by mistake; the general holiday is 2027-06-09
    if (mic === 'XHKG' && date === '2027-06-18') continue;
    const session = calendar.session(mic, date);
    if (kind === 'holiday') assert.equal(session, null, `${mic} ${date}`);
    else assert.equal(short(session?.close ?? null), closeOf(mic, date, time), `${mic} ${date}`);
    compared++;
  }
  assert.ok(compared > 200, `compared ${compared}`);
});

function closeOf(mic: string, date: DateText, time: string): string {
  const zone = calendar.zone(mic);
  return new Date(Temporal.ZonedDateTime.from(`${date}T${time}[${zone}]`).epochMilliseconds)
    .toISOString()
    .replace('.000Z', 'Z');
}

interface MonthHours {
  readonly open: string;
  readonly break_start: string | null;
  readonly break_end: string | null;
  readonly close: string;
  readonly days: number;
  readonly first: string;
  readonly last: string;
}

interface MonthRow {
  readonly closed_weekdays: readonly string[];
  readonly utc_hours: readonly MonthHours[];
}

test('October 2013: every market, every weekday, UTC hours as recorded', () => {
  const month = JSON.parse(readFileSync(`${DATA_DIR}calendar/oct-2013.json`, 'utf8')) as { markets: Record<string, MonthRow> };
  for (const [mic, row] of Object.entries(month.markets)) {
    const sessions = calendar.sessions(mic, d('2013-10-01'), d('2013-10-31'));
    const expected: unknown[] = [];
    for (let date = d('2013-10-01'); date <= '2013-10-31'; date = addDays(date, 1)) {
      if (weekday(date) > 5 || row.closed_weekdays.includes(date)) continue;
      const hours = row.utc_hours.find((h) => h.first <= date && date <= h.last);
      assert.ok(hours);
      expected.push([date, hours.open, hours.break_start, hours.break_end, hours.close]);
    }
    const clock = (instant: number | null) => (instant === null ? null : formatInstant(instant).slice(11, 16));
    assert.deepEqual(
      sessions.map((s) => [s.date, clock(s.open), clock(s.breakStart), clock(s.breakEnd), clock(s.close)]),
      expected,
      mic,
    );
    assert.equal(
      sessions.length,
      row.utc_hours.reduce((n, h) => n + h.days, 0),
      mic,
    );
  }
});

test('the Sydney session of 2013-10-07 opens on the evening before in UTC, the Monday after its clocks changed', () => {
  const session = calendar.session('XASX', d('2013-10-07'));
  assert.deepEqual(
    [short(session?.open ?? null), short(session?.close ?? null)],
    ['2013-10-06T23:00:00Z', '2013-10-07T05:00:00Z'],
  );
});

test('session counts 2015 to the end of coverage, less the corrected weather closures', () => {
  const count = (mic: string, from: string, to: string) => calendar.sessions(mic, d(from), d(to)).length;
  assert.equal(count('XHKG', '2015-01-02', '2027-12-31'), 3203 - 2);
  assert.equal(count('XNYS', '2015-01-02', '2027-12-31'), 3268);
  assert.equal(count('XSHG', '2015-01-05', '2026-12-31'), 2916);
  assert.equal(count('XTKS', '2015-01-05', '2027-12-30'), 3173);
  assert.equal(count('XSES', '2015-01-02', '2026-12-31'), 3010);
  assert.equal(count('XLON', '2015-01-02', '2027-12-31'), 3285);
  assert.equal(count('XETR', '2015-01-02', '2027-12-30'), 3300);
  assert.equal(count('XPAR', '2015-01-02', '2027-12-31'), 3330);
  assert.equal(count('XASX', '2015-01-02', '2027-12-31'), 3292);
  assert.equal(count('XTAI', '2015-01-05', '2027-12-30'), 3166 - 1);
  assert.equal(count('XSWX', '2015-01-05', '2027-12-30'), 3269);
});

test('half days close early: one known day per market that has them, with its count', () => {
  const cases: [string, string, string, number][] = [
    ['XHKG', '2024-12-24', '2024-12-24T04:00:00Z', 29],
    ['XNYS', '2018-07-03', '2018-07-03T17:00:00Z', 26],
    ['XLON', '2024-12-24', '2024-12-24T12:30:00Z', 26],
    ['XETR', '2024-12-30', '2024-12-30T13:00:00Z', 13],
    ['XPAR', '2024-12-31', '2024-12-31T13:05:00Z', 18],
    ['XASX', '2024-12-24', '2024-12-24T03:10:00Z', 24],
  ];
  for (const [mic, date, close, count] of cases) {
    assert.equal(short(calendar.session(mic, d(date))?.close ?? null), close, mic);
    const [, last] = calendar.coverage(mic);
    const all = calendar.sessions(mic, d('2015-01-05'), last?.to as DateText);
    assert.equal(all.filter((s) => s.kind === 'half').length, count, mic);
  }
});

test('days without trading by weather, failure or mourning are closed', () => {
  const closed: Record<string, string[]> = {
    XHKG: [
      '2016-08-02',
      '2016-10-21',
      '2017-08-23',
      '2020-10-13',
      '2021-10-13',
      '2023-07-17',
      '2023-09-01',
      '2023-09-08',
      '2024-09-06',
    ],
    XTKS: ['2020-10-01'],
    XTAI: [
      '2015-07-10',
      '2015-09-29',
      '2016-07-08',
      '2016-09-27',
      '2016-09-28',
      '2023-08-03',
      '2024-07-24',
      '2024-07-25',
      '2024-10-02',
      '2024-10-03',
      '2024-10-31',
    ],
    XNYS: ['2018-12-05', '2025-01-09'],
  };
  for (const [mic, dates] of Object.entries(closed))
    for (const date of dates) assert.equal(calendar.session(mic, d(date)), null, `${mic} ${date}`);
});

test('Hong Kong opened late or closed early in bad weather, and the reason says why', () => {
  const cases: [string, string, string][] = [
    ['2019-07-31', '01:30', '05:55'],
    ['2020-08-19', '05:30', '08:00'],
    ['2021-06-28', '05:30', '08:00'],
    ['2022-08-25', '05:00', '08:00'],
    ['2022-11-02', '01:30', '05:55'],
    ['2023-10-09', '06:00', '08:00'],
  ];
  for (const [date, open, close] of cases) {
    const session = calendar.session('XHKG', d(date));
    assert.deepEqual(
      [short(session?.open ?? null)?.slice(11, 16), short(session?.close ?? null)?.slice(11, 16)],
      [open, close],
      date,
    );
    assert.equal(session?.kind, 'irregular');
    assert.ok(session?.override?.reason.zh && session.override.source.startsWith('https://'));
  }
});

test('Tokyo closes at 15:30 from 2024-11-05 and that is a full day', () => {
  assert.equal(short(calendar.session('XTKS', d('2024-11-01'))?.close ?? null), '2024-11-01T06:00:00Z');
  const extended = calendar.session('XTKS', d('2024-11-05'));
  assert.deepEqual([short(extended?.close ?? null), extended?.kind], ['2024-11-05T06:30:00Z', 'full']);
});

test('ARCX and XNAS keep the sessions of XNYS, XSHE those of XSHG', () => {
  for (const [mic, leader] of [
    ['ARCX', 'XNYS'],
    ['XNAS', 'XNYS'],
    ['XSHE', 'XSHG'],
  ] as const) {
    const own = calendar.sessions(mic, d('2018-01-01'), d('2018-12-31')).map((s) => [s.open, s.close]);
    assert.deepEqual(
      own,
      calendar.sessions(leader, d('2018-01-01'), d('2018-12-31')).map((s) => [s.open, s.close]),
    );
  }
});

test('a date outside the coverage is refused and the refusal names the coverage', () => {
  for (const [mic, date] of [
    ['XNYS', '2014-06-02'],
    ['XSHG', '2027-01-04'],
    ['XNYS', '2013-09-30'],
    ['XKRX', '2020-01-02'],
  ] as const) {
    assert.throws(
      () => calendar.session(mic, d(date)),
      (error) => isProblem(error, 'CALENDAR_NOT_COVERED'),
    );
  }
  try {
    calendar.sessions('XNYS', d('2013-10-30'), d('2013-11-05'));
    assert.fail('not refused');
  } catch (error) {
    assert.ok(isProblem(error, 'CALENDAR_NOT_COVERED'));
    assert.equal(error.params['coverage'], '2013-10-01…2013-10-31, 2015-01-02…2027-12-31');
  }
  assert.throws(
    () => calendar.session('XXXX', d('2020-01-02')),
    (error) => isProblem(error, 'CALENDAR_UNKNOWN'),
  );
  assert.throws(
    () => calendar.sessions('XNYS', d('2020-01-03'), d('2020-01-02')),
    (error) => isProblem(error, 'CALENDAR_RANGE'),
  );
  assert.throws(
    () => calendar.next('XNYS', d('2013-10-31')),
    (error) => isProblem(error, 'CALENDAR_NOT_COVERED'),
  );
});

test('next and previous step over weekends and holidays', () => {
  assert.equal(calendar.next('XHKG', d('2013-10-11')).date, '2013-10-15');
  assert.equal(calendar.previous('XSHG', d('2013-10-09')).date, '2013-10-08');
});

test('an override on top closes a day without touching the calendar below', () => {
  const closed = calendar.with([
    {
      market: 'XNYS',
      date: d('2013-10-08'),
      hours: null,
      reason: { zh: '演练', en: 'drill' },
      source: 'operations',
      confidence: 'seen',
    },
  ]);
  assert.equal(closed.session('ARCX', d('2013-10-08')), null);
  assert.notEqual(calendar.session('ARCX', d('2013-10-08')), null);
});
