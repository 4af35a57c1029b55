import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatInstant, isProblem, parseInstant } from '@meridian/base';
import { loadMarketFacts } from '@meridian/market';
import { marginCallDue } from './margin-call.ts';

const facts = loadMarketFacts();
const due = (raisedAt: string, currency: string) => formatInstant(marginCallDue(facts, parseInstant(raisedAt), currency));

test('a CNY call raised while the mainland banks are shut for National Day is due on the first bank day at 16:00 Beijing', () => {
  assert.equal(due('2013-10-07T15:20:00Z', 'CNY'), '2013-10-08T08:00:00.000Z');
  assert.equal(due('2013-10-07T18:00:00Z', 'CNY'), '2013-10-08T08:00:00.000Z', 'already the 8th in Beijing');
});

test('a call raised at its hour is due on the next bank day, a working Saturday among them', () => {
  assert.equal(due('2013-10-08T07:59:59Z', 'CNY'), '2013-10-08T08:00:00.000Z');
  assert.equal(due('2013-10-08T08:00:00Z', 'CNY'), '2013-10-09T08:00:00.000Z');
  assert.equal(due('2013-10-11T09:00:00Z', 'CNY'), '2013-10-12T08:00:00.000Z');
});

test('a USD call goes by New York: 16:00 there, Columbus Day is no bank day', () => {
  assert.equal(due('2013-10-07T15:20:00Z', 'USD'), '2013-10-07T20:00:00.000Z');
  assert.equal(due('2013-10-11T20:30:00Z', 'USD'), '2013-10-15T20:00:00.000Z');
});

test('a currency without bank calendar is refused', () => {
  assert.throws(
    () => due('2013-10-07T15:20:00Z', 'XAU'),
    (error) => isProblem(error, 'BANK_CALENDAR_UNKNOWN'),
  );
});
