import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addDays,
  dateIn,
  dateText,
  daysBetween,
  formatInstant,
  isProblem,
  parseInstant,
  weekday,
  zonedInstant,
} from './index.ts';

test('a New York wall time is the right instant on both sides of a daylight-saving change', () => {
  assert.equal(formatInstant(zonedInstant(dateText('2013-10-07'), '09:30', 'America/New_York')), '2013-10-07T13:30:00.000Z');
  assert.equal(formatInstant(zonedInstant(dateText('2013-11-04'), '09:30', 'America/New_York')), '2013-11-04T14:30:00.000Z');
});

test('a wall time that does not exist or exists twice is refused', () => {
  assert.throws(() => zonedInstant(dateText('2013-03-10'), '02:30', 'America/New_York'), RangeError);
  assert.throws(() => zonedInstant(dateText('2013-11-03'), '01:30', 'America/New_York'), RangeError);
});

test('only existing dates are dates', () => {
  for (const text of ['2013-02-29', '2013-13-01', '20131007', '2013-10-7', '', '2013-10-07T00:00:00Z']) {
    assert.throws(
      () => dateText(text),
      (error) => isProblem(error, 'DATE_MALFORMED'),
      text,
    );
  }
  const date = dateText('2013-10-07');
  assert.equal(weekday(date), 1);
  assert.equal(addDays(date, 30), '2013-11-06');
  assert.equal(daysBetween(date, dateText('2013-10-01')), -6);
});

test('instants keep their microseconds', () => {
  const instant = parseInstant('2013-10-07T13:30:00.000123Z');
  assert.equal(instant % 1000, 123);
  assert.equal(formatInstant(instant), '2013-10-07T13:30:00.000123Z');
  assert.equal(formatInstant(parseInstant('2013-10-07T13:30:00Z')), '2013-10-07T13:30:00.000Z');
});

test('the close in New York falls on the next day in Beijing', () => {
  const close = zonedInstant(dateText('2013-10-07'), '16:00', 'America/New_York');
  assert.equal(dateIn(close, 'Asia/Shanghai'), '2013-10-08');
});
