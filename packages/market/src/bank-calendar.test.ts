import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addDays, type DateText, formatInstant, isProblem, parseInstant, weekday } from '@meridian/base';
import { addBankDays, deadlineAfter, isBankDay, rollDate } from './bank-calendar.ts';
import { businessDate } from './business-date.ts';
import { loadMarketFacts } from './load.ts';

const facts = loadMarketFacts();
const d = (text: string) => text as DateText;
const cny = facts.banks.of('CNY');

test('mainland banks in October 2013: National Day 1 to 7 shut, Saturday 12 and Sunday 29 September open', () => {
  const open: string[] = [];
  for (let date = d('2013-09-28'); date <= '2013-10-13'; date = addDays(date, 1))
    if (isBankDay(cny, date)) open.push(date.slice(5));
  assert.deepEqual(open, ['09-29', '09-30', '10-08', '10-09', '10-10', '10-11', '10-12']);
});

test('Fedwire shuts on Columbus Day 2013 while New York trades; TARGET has no holiday that month', () => {
  assert.equal(isBankDay(facts.banks.of('USD'), d('2013-10-14')), false);
  assert.notEqual(facts.calendar.session('XNYS', d('2013-10-14')), null);
  for (let date = d('2013-10-01'); date <= '2013-10-31'; date = addDays(date, 1))
    assert.equal(isBankDay(facts.banks.of('EUR'), date), weekday(date) <= 5, date);
  assert.equal(isBankDay(facts.banks.of('HKD'), d('2013-10-14')), false);
});

test('a margin call raised on 7 October 2013 while mainland banks are shut is due at 16:00 Beijing on 8 October', () => {
  const rule = { wallTime: '16:00', zone: 'Asia/Shanghai' };
  for (const raised of ['2013-10-07T00:30:00Z', '2013-10-07T15:59:59Z', '2013-10-07T20:00:00Z']) {
    const { date, due } = deadlineAfter(cny, parseInstant(raised), rule);
    assert.deepEqual([date, formatInstant(due)], ['2013-10-08', '2013-10-08T08:00:00.000Z'], raised);
  }
});

test('a deadline leaves its lead time and reaches a working Saturday', () => {
  const rule = { wallTime: '16:00', zone: 'Asia/Shanghai', leadTimeMin: 2 * 3_600_000_000 };
  assert.equal(deadlineAfter(cny, parseInstant('2013-10-11T06:00:00Z'), rule).date, '2013-10-11');
  assert.equal(deadlineAfter(cny, parseInstant('2013-10-11T06:00:01Z'), rule).date, '2013-10-12');
});

test('rolling: following, preceding, and modified within the month', () => {
  assert.equal(rollDate(cny, d('2013-10-01'), 'following'), '2013-10-08');
  assert.equal(rollDate(cny, d('2013-10-01'), 'preceding'), '2013-09-30');
  assert.equal(rollDate(cny, d('2013-08-31'), 'modified-following'), '2013-08-30');
  assert.equal(addBankDays(cny, d('2013-09-30'), 2), '2013-10-09');
});

test('a New York session takes the business date of its close in Beijing, rolled on the mainland bank calendar', () => {
  const rule = { zone: 'Asia/Shanghai', bankCalendar: cny };
  const close = (date: string) => facts.calendar.session('ARCX', d(date))?.close as number;
  assert.equal(businessDate(rule, close('2013-10-07')), '2013-10-08');
  assert.equal(businessDate(rule, close('2013-10-08')), '2013-10-09');
  assert.equal(businessDate(rule, close('2013-10-11')), '2013-10-12');
  assert.equal(businessDate(rule, close('2013-10-01')), '2013-10-08');
});

test('TARGET is shut exactly on the weekdays without an ECB reference rate, 2013 to 2025', () => {
  const eur = facts.banks.of('EUR');
  let holidays = 0;
  for (let date = d('2013-01-01'); date <= '2025-12-31'; date = addDays(date, 1)) {
    if (weekday(date) > 5) continue;
    assert.equal(isBankDay(eur, date), facts.rateSets.of(date) !== null, date);
    if (!isBankDay(eur, date)) holidays++;
  }
  assert.ok(holidays > 50);
});

test('mainland bank closures on weekdays equal those of Shanghai, but for the eve of the 2024 lunar year', () => {
  for (let date = d('2015-01-05'); date <= '2026-12-31'; date = addDays(date, 1)) {
    if (weekday(date) > 5) continue;
    assert.equal(isBankDay(cny, date), facts.calendar.session('XSHG', date) !== null || date === '2024-02-09', date);
  }
});

test('dates and currencies without a bank calendar are refused', () => {
  assert.throws(
    () => isBankDay(cny, d('2027-01-04')),
    (e) => isProblem(e, 'BANK_CALENDAR_NOT_COVERED'),
  );
  assert.throws(
    () => facts.banks.of('JPY'),
    (e) => isProblem(e, 'BANK_CALENDAR_UNKNOWN'),
  );
});
