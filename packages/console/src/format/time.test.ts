import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BEIJING,
  formatDate,
  formatDuration,
  formatMoment,
  formatOffset,
  formatTime,
  formatWeekday,
  formatWhen,
  instantOf,
} from './time.ts';

const at = instantOf('2026-11-24T08:22:35.104218Z') as number;

test('a wall clock keeps trailing zeros and shows microseconds apart', () => {
  assert.equal(formatTime(at, BEIJING, 'micro'), '16:22:35.104 218');
  assert.equal(formatTime(instantOf('2026-11-24T08:22:35.09Z') as number, BEIJING, 'milli'), '16:22:35.090');
  assert.equal(formatTime(at, 'Europe/Berlin', 'minute'), '09:22');
});

test('a zone off the whole hour and a day before 1970 are right', () => {
  assert.equal(formatTime(at, 'Asia/Kolkata', 'minute'), '13:52');
  assert.equal(formatTime(-1, 'UTC', 'micro'), '23:59:59.999 999');
  assert.equal(formatDate(-1, 'UTC'), '1969-12-31');
});

// tzdata: New York left daylight time on 2026-11-01 at 06:00 UTC, Berlin enters it on 2026-03-29 at 01:00 UTC.
test('clocks are right on both sides of the moment at which they are changed', () => {
  const before = instantOf('2026-11-01T05:59:59Z') as number;
  assert.equal(formatTime(before, 'America/New_York'), '01:59:59');
  assert.equal(formatTime(before + 1_000_000, 'America/New_York'), '01:00:00');
  assert.deepEqual(
    [formatOffset(before, 'America/New_York'), formatOffset(before + 1_000_000, 'America/New_York')],
    ['UTC\u22124', 'UTC\u22125'],
  );
  const spring = instantOf('2026-03-29T01:00:00Z') as number;
  assert.deepEqual(
    [formatTime(spring - 1_000_000, 'Europe/Berlin'), formatTime(spring, 'Europe/Berlin')],
    ['01:59:59', '03:00:00'],
  );
});

test('what stands alone names its zone and its day', () => {
  assert.equal(formatMoment(at, BEIJING, 'zh', 'minute'), '2026-11-24 16:22 北京');
  assert.equal(formatMoment(at, 'America/New_York', 'en', 'minute'), '2026-11-24 03:22 New York');
  assert.deepEqual([formatWeekday(at, BEIJING, 'zh'), formatWeekday(at, BEIJING, 'en')], ['周二', 'Tue']);
});

test('a time of another day carries its date, and of another year that as well; today carries none', () => {
  const shown = (text: string, precision?: 'milli' | 'micro' | 'minute') =>
    formatWhen(instantOf(text) as number, BEIJING, '2026-11-24', precision);
  // Beijing is eight hours ahead: its day begins at 16:00 UTC of the day before.
  assert.equal(shown('2026-11-23T16:00:00Z'), '00:00:00');
  assert.equal(shown('2026-11-23T15:59:59Z'), '11-23 23:59:59');
  assert.equal(shown('2026-11-24T16:00:00Z', 'minute'), '11-25 00:00');
  assert.equal(shown('2025-11-24T08:22:35Z'), '2025-11-24 16:22:35');
  assert.equal(shown('2026-11-24T08:22:35.104218Z', 'milli'), '16:22:35.104');
  assert.equal(shown('2026-11-20T08:22:35.104218Z', 'milli'), '11-20 16:22:35');
  assert.equal(shown('2026-11-20T08:22:35.104218Z', 'micro'), '11-20 16:22:35.104 218');
});

test('durations are told in the unit that people use for them', () => {
  const second = 1_000_000;
  assert.deepEqual([8, 11_000, 1.2 * second, 187 * second, 7_620 * second, -187 * second].map(formatDuration), [
    '8 µs',
    '11 ms',
    '1.2 s',
    '3:07',
    '2:07 h',
    '\u22123:07',
  ]);
});
