import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divide, formatDecimal, formatTrimmed, parseDecimal, type Rounding, rescale } from './index.ts';

test('each rounding mode settles ties and signs as its name says', () => {
  const table: [bigint, bigint, Record<Rounding, bigint>][] = [
    [5n, 2n, { down: 2n, up: 3n, floor: 2n, ceil: 3n, 'half-up': 3n, 'half-even': 2n }],
    [7n, 2n, { down: 3n, up: 4n, floor: 3n, ceil: 4n, 'half-up': 4n, 'half-even': 4n }],
    [-5n, 2n, { down: -2n, up: -3n, floor: -3n, ceil: -2n, 'half-up': -3n, 'half-even': -2n }],
    [5n, -2n, { down: -2n, up: -3n, floor: -3n, ceil: -2n, 'half-up': -3n, 'half-even': -2n }],
    [1n, 3n, { down: 0n, up: 1n, floor: 0n, ceil: 1n, 'half-up': 0n, 'half-even': 0n }],
    [-4n, 2n, { down: -2n, up: -2n, floor: -2n, ceil: -2n, 'half-up': -2n, 'half-even': -2n }],
  ];
  for (const [n, d, expected] of table) {
    for (const [mode, result] of Object.entries(expected))
      assert.equal(divide(n, d, mode as Rounding), result, `${n}/${d} ${mode}`);
  }
  assert.throws(() => divide(1n, 0n, 'down'), RangeError);
});

test('a decimal text survives reading and writing', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.integer({ min: 0, max: 12 }), (scaled, digits) => {
      assert.equal(parseDecimal(formatDecimal(scaled, digits), digits), scaled);
      assert.equal(parseDecimal(formatTrimmed(scaled, digits), digits), scaled);
    }),
  );
});

test('prices may be negative: WTI settled at −37.63', () => {
  assert.equal(parseDecimal('-37.63', 8), -3_763_000_000n);
  assert.equal(formatTrimmed(-3_763_000_000n, 8), '-37.63');
});

test('moving to fewer decimals rounds once, to more is exact', () => {
  assert.equal(rescale(12_345n, 4, 2, 'half-even'), 123n);
  assert.equal(rescale(12_350n, 4, 2, 'half-even'), 124n);
  assert.equal(rescale(123n, 2, 4, 'down'), 12_300n);
});
