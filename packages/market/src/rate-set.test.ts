import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Currency, type DateText, formatInstant, isProblem, parseInstant } from '@meridian/base';
import fc from 'fast-check';
import { loadMarketFacts } from './load.ts';
import { convertMinor, crossRate, ecbPublication, scaledRate } from './rate-set.ts';

const { rateSets } = loadMarketFacts();
const c = (code: string) => code as Currency;
const at = (text: string) => rateSets.at(parseInstant(text));

test('a rate set applies from its publication: 14:30 Frankfurt in 2013, 16:00 from 2016-07-01', () => {
  assert.equal(formatInstant(ecbPublication('2013-10-07' as DateText)), '2013-10-07T12:30:00.000Z');
  assert.equal(formatInstant(ecbPublication('2016-06-30' as DateText)), '2016-06-30T12:30:00.000Z');
  assert.equal(formatInstant(ecbPublication('2016-07-01' as DateText)), '2016-07-01T14:00:00.000Z');
  assert.equal(at('2013-10-07T12:29:59.999999Z').date, '2013-10-04');
  assert.equal(at('2013-10-07T12:30:00Z').date, '2013-10-07');
  assert.equal(at('2013-10-08T04:00:00Z').date, '2013-10-07');
});

test('dollars into yuan through the euro, exactly, and back by the inverse', () => {
  const set = at('2013-10-07T20:00:00Z');
  const rate = crossRate(set, c('USD'), c('CNY'));
  assert.deepEqual([rate.numerator, rate.denominator], [83_055_000_000n, 13_572_000_000n]);
  assert.equal(scaledRate(rate, 'half-even'), 61_195_844_385n); // 8.3055 / 1.3572
  assert.equal(convertMinor(1_000_000n, rate, 'half-even'), 6_119_584n);
  assert.equal(convertMinor(6_119_584n, crossRate(set, c('CNY'), c('USD')), 'half-even'), 1_000_000n);
  assert.equal(convertMinor(10_000n, crossRate(set, c('USD'), c('JPY')), 'half-even'), 9_686n); // 100.00 × 131.46 / 1.3572
  assert.equal(convertMinor(123n, crossRate(set, c('USD'), c('USD')), 'half-even'), 123n);
});

test('2020-03-19 gives USDHKD 7.7631 and USDCNY 7.1150', () => {
  const set = at('2020-03-19T20:00:00Z');
  assert.equal(scaledRate(crossRate(set, c('USD'), c('HKD')), 'half-up') / 1_000_000n, 77_630n);
  assert.equal((scaledRate(crossRate(set, c('USD'), c('CNY')), 'half-up') + 500_000n) / 1_000_000n, 71_150n);
});

test('there is no CNH rate and CNY never stands in for it', () => {
  const set = at('2013-10-07T20:00:00Z');
  for (const [from, to] of [
    ['USD', 'CNH'],
    ['CNH', 'CNY'],
    ['CNH', 'CNH'],
  ] as const)
    assert.throws(
      () => crossRate(set, c(from), c(to)),
      (e) => isProblem(e, 'FX_RATE_MISSING'),
    );
});

test('before the first set and long after the last one nothing applies', () => {
  assert.throws(
    () => at('1998-12-31T00:00:00Z'),
    (e) => isProblem(e, 'FX_NOT_COVERED'),
  );
  assert.throws(
    () => at('2026-04-24T14:00:00.000001Z'),
    (e) => isProblem(e, 'FX_NOT_COVERED'),
  );
  assert.equal(at('2026-04-23T14:00:00Z').date, '2026-04-13');
});

test('property: converting there and back is off by at most the rounding of the coarser unit', () => {
  const set = at('2013-10-07T20:00:00Z');
  fc.assert(
    fc.property(fc.bigInt(-(10n ** 14n), 10n ** 14n), (minor) => {
      const there = convertMinor(minor, crossRate(set, c('USD'), c('CNY')), 'half-even');
      const back = convertMinor(there, crossRate(set, c('CNY'), c('USD')), 'half-even');
      assert.equal(back, minor);
    }),
  );
});
