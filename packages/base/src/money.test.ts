import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  add,
  allocate,
  compare,
  currency,
  formatMoney,
  InvariantError,
  isProblem,
  minorDigits,
  money,
  parseMoney,
  quoteUnit,
  scale,
} from './index.ts';

const USD = currency('USD');
const CNY = currency('CNY');

test('[TC-7] offshore renminbi is not onshore renminbi', () => {
  assert.throws(() => add(parseMoney('1.00', 'CNH'), parseMoney('1.00', 'CNY')), InvariantError);
  assert.equal(minorDigits(currency('CNH')), 2);
});

test('an unknown, lower-case or prototype-named currency is refused', () => {
  for (const code of ['XXZ', 'usd', 'GBX', '', 'constructor', '__proto__', 'USDT']) {
    assert.throws(
      () => currency(code),
      (error) => isProblem(error, 'CURRENCY_UNKNOWN'),
    );
  }
});

test('pence are a quote unit of sterling, not a currency', () => {
  assert.deepEqual(quoteUnit('GBX'), { code: 'GBX', currency: 'GBP', perCurrencyUnit: 100n });
  assert.deepEqual(quoteUnit('JPY'), { code: 'JPY', currency: 'JPY', perCurrencyUnit: 1n });
});

test('amounts are read and written in the decimals of their currency', () => {
  assert.equal(formatMoney(parseMoney('-12345.6', 'USD')), '-12345.60 USD');
  assert.equal(formatMoney(parseMoney('7', 'JPY')), '7 JPY');
  assert.throws(
    () => parseMoney('7.5', 'JPY'),
    (error) => isProblem(error, 'DECIMAL_SCALE'),
  );
  for (const text of ['1e3', '', '1.', '.5', '0x10', '1,000', ' 1', 'NaN', `${'9'.repeat(31)}`]) {
    assert.throws(
      () => parseMoney(text, 'USD'),
      (error) => isProblem(error, 'DECIMAL_MALFORMED'),
      text,
    );
  }
});

test('an amount beyond int64 stops the process rather than wrapping', () => {
  assert.throws(() => money(2n ** 63n, USD), InvariantError);
  assert.throws(() => scale(money(2n ** 62n, USD), 4n, 1n, 'half-even'), InvariantError);
});

test('comparison knows order and refuses mixed currencies', () => {
  assert.equal(compare(parseMoney('1.00', 'CNY'), parseMoney('1.01', 'CNY')), -1);
  assert.throws(() => compare(money(1n, USD), money(1n, CNY)), InvariantError);
});

test('an allocation adds up exactly and no part is a unit away from its share', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 20 }),
      (total, weights) => {
        const sum = weights.reduce((s, w) => s + w, 0n);
        fc.pre(sum > 0n);
        const parts = allocate(total, weights);
        assert.equal(
          parts.reduce((s, p) => s + p, 0n),
          total,
        );
        for (const [i, part] of parts.entries()) {
          const error = part * sum - total * (weights[i] as bigint);
          assert.ok(error < sum && error > -sum);
        }
      },
    ),
  );
});
