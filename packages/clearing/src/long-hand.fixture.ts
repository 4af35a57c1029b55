/** Arithmetic of the tests' own, in whole numbers: what they expect is not worked out by what they prove. */

/** n ÷ d to the nearest, ties to even; d > 0. */
export function nearest(n: bigint, d: bigint): bigint {
  const floor = n >= 0n ? n / d : -((-n + d - 1n) / d);
  const twice = (n - floor * d) * 2n;
  return twice > d || (twice === d && floor % 2n !== 0n) ? floor + 1n : floor;
}

/** n ÷ d, up; n ≥ 0. */
export const ceiling = (n: bigint, d: bigint): bigint => (n + d - 1n) / d;

/** One, at the scale of a rate of exchange. */
export const ONE = 10_000_000_000n;
