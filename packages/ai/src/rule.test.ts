import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalCdf, ruleScore } from './rule.ts';

/** x, Φ(x), 1 − Φ(x): mpmath 1.x at 40 digits, ½·erfc(±x/√2). */
const GOLDEN: readonly (readonly [x: number, cdf: number, tail: number])[] = [
  [0, 0.5, 0.5],
  [0.001, 0.500398942213911, 0.49960105778608893],
  [0.1, 0.539827837277029, 0.460172162722971],
  [0.25, 0.5987063256829237, 0.4012936743170763],
  [0.5, 0.6914624612740131, 0.3085375387259869],
  [0.75, 0.7733726476231318, 0.2266273523768682],
  [1, 0.8413447460685429, 0.15865525393145705],
  [1.5, 0.9331927987311419, 0.06680720126885807],
  [1.96, 0.9750021048517795, 0.024997895148220435],
  [2, 0.9772498680518208, 0.02275013194817921],
  [2.5, 0.9937903346742238, 0.006209665325776135],
  [2.999, 0.9986456634662729, 0.0013543365337271062],
  [3, 0.9986501019683699, 0.0013498980316300946],
  [3.001, 0.998654527174915, 0.0013454728250849664],
  [3.5, 0.9997673709209645, 0.00023262907903552504],
  [4, 0.9999683287581669, 3.1671241833119924e-5],
  [5, 0.9999997133484281, 2.866515718791939e-7],
  [6, 0.9999999990134123, 9.86587645037698e-10],
  [7, 0.9999999999987201, 1.279812543885835e-12],
  [8, 0.9999999999999993, 6.220960574271784e-16],
  [10, 1.0, 7.619853024160525e-24],
  [15, 1.0, 3.670966199312751e-51],
  [20, 1.0, 2.7536241186062337e-89],
  [30, 1.0, 4.906713927148187e-198],
  [37, 1.0, 5.725571222524577e-300],
];

test('[AI-c] Φ is that of mpmath within 1e-14 everywhere, and within 1e-12 of its own size in the tail', () => {
  for (const [x, cdf, tail] of GOLDEN) {
    assert.ok(Math.abs(normalCdf(x) - cdf) <= 1e-14, `Φ(${x})`);
    assert.ok(Math.abs(normalCdf(-x) - tail) <= Math.min(1e-14, 1e-12 * tail), `Φ(−${x})`);
    assert.ok(Math.abs(ruleScore(x) - Math.min(1, 2 * tail)) <= 2e-12 * tail, `rule at ${x}`);
  }
});

test('[AI-c] the rule falls as the distance grows, is sure at or below the maintenance level, and never leaves [0, 1]', () => {
  assert.deepEqual([ruleScore(0), ruleScore(-3), ruleScore(Number.POSITIVE_INFINITY), ruleScore(60)], [1, 1, 0, 0]);
  let last = 1;
  for (let x = 0; x < 45; x += 0.003) {
    const now = ruleScore(x);
    assert.ok(now >= 0 && now <= last, `at ${x}`);
    last = now;
  }
});
