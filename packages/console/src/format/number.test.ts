import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatNumber, formatPercent, formatScaled, formatSigned, MINUS, scaleUnit } from './number.ts';

test('a decimal is grouped by thousands, keeps its digits and has a real minus sign', () => {
  assert.equal(formatNumber('1463.02', 2), '1,463.02');
  assert.equal(formatNumber('-37.63', 2), '\u221237.63');
  assert.equal(formatNumber('228.9', 2), '228.90');
  assert.equal(formatNumber(null, 2), '\u2014');
});

test('a decimal beyond 2^53 is written exactly, because it never is a double', () => {
  assert.equal(formatNumber('9007199254740993.07', 2), '9,007,199,254,740,993.07');
  assert.equal(formatNumber(123456789012345678901n), '123,456,789,012,345,678,901');
});

test('a signed figure always has its sign, except zero', () => {
  assert.deepEqual(
    [formatSigned('209.5', 1), formatSigned('-0.5', 1), formatSigned('0.00', 1)],
    ['+209.5', '\u22120.5', '0.0'],
  );
});

test('a ratio is shown per cent, whole limits and small parts alike', () => {
  assert.deepEqual([formatPercent('0.263'), formatPercent(1, 0), formatPercent('0.0005', 2)], ['26.3%', '100%', '0.05%']);
});

test('money changes its scale by moving the point, and the header names the scale in both languages', () => {
  assert.equal(formatScaled('4126000.00', 'wan', true), '+412.6');
  assert.equal(formatScaled('-12507000', 'wan', true), '\u22121,250.7');
  assert.equal(formatScaled('18246300000', 'yi'), '182.463');
  assert.deepEqual(
    [scaleUnit('wan', 'zh'), scaleUnit('wan', 'zh', 'CNY'), scaleUnit('million', 'en', 'USD'), scaleUnit('one', 'en', 'HKD')],
    ['万元', 'CNY 万', 'USD m', 'HKD'],
  );
});

test('the sign of a travelling decimal is that of its value', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), (value) => {
      const shown = formatSigned(`${value}.00`, 2);
      assert.equal(shown.startsWith(MINUS) ? -1 : shown.startsWith('+') ? 1 : 0, value < 0n ? -1 : value > 0n ? 1 : 0);
      assert.equal(formatNumber(value).replace(/[,\u2212]/g, ''), String(value < 0n ? -value : value));
    }),
  );
});

test('what rounds to nothing has no sign', () => {
  assert.equal(formatNumber('-0.04', 1), '0.0');
  assert.equal(formatNumber('-0.06', 1), `${MINUS}0.1`);
});
