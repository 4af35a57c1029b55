import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Currency, isProblem, money, parseDecimal } from '@meridian/base';
import { compositeSwap, fxRate, localSwap, seen } from './examples.fixture.ts';
import { addMargin, marginOf, marginStatus } from './margin.ts';

const hkd = (text: string) => money(parseDecimal(text, 2), 'HKD' as Currency);
const call = { transferMin: 50_000n, roundTo: 10_000n };

test('margin is a fraction of today’s exposure, each level rounded up to the minor unit', () => {
  const required = marginOf(localSwap, 3n, seen('333.33'));
  assert.deepEqual(required, {
    exposure: hkd('999.99'),
    initial: hkd('250.00'),
    maintenance: hkd('200.00'),
    closeOut: hkd('150.00'),
  });
  const composite = marginOf(compositeSwap, 1_000n, seen('165.475', fxRate('6.123526812')));
  assert.equal(composite.initial.minor, parseDecimal('253322.65', 2)); // 25 % of 1,013,290.5992 = 253,322.6498
  assert.equal(marginOf(localSwap, 1n, seen('-10')).initial.minor, 250n);
});

test('a call is raised below maintenance, restores the initial margin and is rounded up to the step', () => {
  const required = marginOf(localSwap, 10_000n, seen('500')); // 1,250,000 / 1,000,000 / 750,000
  assert.deepEqual(marginStatus(hkd('1000000.00'), required, call).level, 'covered');
  const short = marginStatus(hkd('999999.99'), required, call);
  assert.deepEqual([short.level, short.call, short.excess], ['call', hkd('250100.00'), hkd('-250000.01')]);
  assert.equal(marginStatus(hkd('749999.99'), required, call).level, 'close-out');
  assert.equal(short.ratio, 1_999_999_980n); // 999,999.99 ÷ 5,000,000.00
});

test('a call below the least transfer is not made, and nothing open needs nothing', () => {
  const small = marginOf(localSwap, 4n, seen('500')); // initial 500.00
  const status = marginStatus(hkd('399.99'), small, call);
  assert.deepEqual([status.level, status.call], ['call', hkd('0.00')]);
  const none = marginOf(localSwap, 0n, seen('500'));
  assert.deepEqual(
    [marginStatus(hkd('0.00'), none, call).level, marginStatus(hkd('0.00'), none, call).ratio],
    ['covered', null],
  );
});

test('contracts of one agreement add up; two currencies never do', () => {
  const one = marginOf(localSwap, 10n, seen('100'));
  assert.deepEqual(addMargin(one, one).initial, hkd('500.00'));
  const other = marginOf(compositeSwap, 10n, seen('100', fxRate('6')));
  assert.throws(
    () => addMargin(one, other),
    (e) => isProblem(e, 'MARGIN_CURRENCY'),
  );
  assert.throws(
    () => marginStatus(hkd('1'), other, call),
    (e) => isProblem(e, 'MARGIN_CURRENCY'),
  );
});
