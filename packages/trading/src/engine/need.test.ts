import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { needFor, UNBOUNDED } from './need.ts';

function truth(value: number, rate: number, ppm: number, digits: number): bigint {
  const n = BigInt(Math.abs(value)) * BigInt(rate) * BigInt(ppm) * 10n ** BigInt(digits);
  return (n + 10n ** 18n - 1n) / 10n ** 18n;
}

test('a need is the exact product rounded up, at every size', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 1e9 }),
    fc.maxSafeInteger(),
    fc.integer({ min: 0, max: 1e6 }).map((n) => n * 1e6),
  );
  const rate = fc.oneof(
    fc.constant(1e8),
    fc.integer({ min: 1, max: 200_000_000_000 }),
    fc.integer({ min: 1, max: 1000 }).map((n) => n * 1e6),
  );
  const ppm = fc.oneof(fc.constant(200_000), fc.integer({ min: 0, max: 3_000_000 }));
  fc.assert(
    fc.property(value, rate, ppm, fc.integer({ min: 0, max: 4 }), (v, r, p, d) => {
      const need = needFor(v, r, p, d);
      const exact = truth(v, r, p, d);
      if (need === UNBOUNDED) assert.ok(exact > BigInt(Number.MAX_SAFE_INTEGER) / 2n - 10n, `${v} ${r} ${p} ${d}`);
      else assert.equal(BigInt(need), exact, `${v} ${r} ${p} ${d}`);
    }),
    { numRuns: 20_000 },
  );
});

test('initial margin and fee buffer of 300 SPY at 167.43 in composite renminbi', () => {
  // 300 × 167.43 × 6.11958444 × (20 % + 0.5 %), to the fen
  assert.equal(needFor(300 * 1_674_300, 611_958_444, 205_000, 2), 6_301_303);
});
