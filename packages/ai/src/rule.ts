/**
 * The rule that answers when no model may (规则兜底): the chance that a driftless Brownian path with the account's
 * volatility touches the maintenance level within the horizon, 2Φ(−DtB), by the reflection principle.
 * DtB = buffer ÷ (σ√horizon): buffer and σ in units of gross exposure, σ per trading day.
 */
export function ruleScore(distanceToBreach: number): number {
  if (distanceToBreach <= 0) return 1;
  return 2 * normalTail(distanceToBreach);
}

/** Trading days ahead. */
export const HORIZON_DAYS = 5;

/** Φ(x), absolute error below 1e-14. */
export function normalCdf(x: number): number {
  return x >= 0 ? 1 - normalTail(x) : normalTail(-x);
}

const ROOT_2PI = Math.sqrt(2 * Math.PI);

/** 1 − Φ(x) for x ≥ 0: the Taylor series of Φ near the middle, Laplace's continued fraction in the tail; keeps its relative precision. */
function normalTail(x: number): number {
  if (x > 38.5) return 0;
  const density = Math.exp((-x * x) / 2) / ROOT_2PI;
  if (x < 3) {
    // Φ(x) − ½ = φ(x) · (x + x³/3 + x⁵/15 + …): all terms positive, nothing cancels. (Marsaglia 2004)
    let [term, sum] = [x, x];
    for (let n = 3; term > sum * 1e-17; n += 2) {
      term *= (x * x) / n;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  // x + 1/(x + 2/(x + 3/(x + …))), from the inside out; 200 levels are more than enough from 3 on.
  let fraction = x;
  for (let k = 200; k >= 1; k--) fraction = x + k / fraction;
  return density / fraction;
}
