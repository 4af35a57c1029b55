import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cleanDecimal, isDecimal } from './decimal.ts';

test('what is pasted from a sheet or typed on a Chinese keyboard becomes a decimal', () => {
  assert.deepEqual(
    [cleanDecimal(' 1,463.02 ', 2), cleanDecimal('12。5', 2), cleanDecimal('\u22123.5', 1, true), cleanDecimal('4,300 股', 0)],
    ['1463.02', '12.5', '-3.5', '4300'],
  );
});

test('decimals beyond what the market has are not taken, and no sign where none may be', () => {
  assert.deepEqual([cleanDecimal('1.2345', 2), cleanDecimal('1.5', 0), cleanDecimal('-7', 2)], ['1.23', '1', '7']);
});

test('a field holds only a decimal or its beginning', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 8 }), fc.boolean(), (typed, digits, negative) => {
      const clean = cleanDecimal(typed, digits, negative);
      assert.match(clean, /^-?\d*\.?\d*$/);
      assert.equal(cleanDecimal(clean, digits, negative), clean);
      if (/\d$/.test(clean) && /^-?\d{1,18}(\.|$)/.test(clean)) assert.ok(isDecimal(clean, digits, negative));
    }),
  );
});

test('only a whole decimal is sent', () => {
  assert.deepEqual(
    ['', '1.', '.5', '1.25', '-1'].map((text) => isDecimal(text, 2)),
    [false, false, false, true, false],
  );
});
