import { NODE_FX_SCALE, PPM } from '@meridian/messages';

/**
 * Hot path: no allocation. What an order or a fill needs of a limit cell, rounded up to the minor unit, exactly:
 *
 *     ceil(value × rate × ppm × 10^digits ÷ (10^4 · 10^8 · 10^6))
 *
 * with value = quantity × price (NODE_PRICE_SCALE, below 2^53), rate in NODE_FX_SCALE, ppm of the notional. The product
 * has up to 2^110; it is split where it would leave 2^53. Magnitude counts: a negative price needs as much as a positive.
 */
const TENS = [1, 10, 100, 1_000, 10_000] as const;
const BOTH_SCALES = 1e18;
const SAFE = Number.MAX_SAFE_INTEGER;

/** 2^-49: four roundings of 2^-53 each and a margin. */
const DOUBT = 2 ** -49;

/** Fits no slice. */
export const UNBOUNDED = Number.POSITIVE_INFINITY;

export function needFor(value: number, rate: number, ppm: number, digits: number): number {
  const size = value < 0 ? -value : value;
  if (rate === NODE_FX_SCALE) {
    const need = sameCurrency(size, ppm * (TENS[digits] as number));
    if (need >= 0) return need;
  }
  const near = (size * rate * (ppm * (TENS[digits] as number))) / BOTH_SCALES;
  if (near > SAFE / 2) return UNBOUNDED;
  const up = Math.ceil(near);
  const doubt = near * DOUBT;
  // Far enough from any integer, the double's rounding cannot have crossed one.
  return up - near > doubt && near - (up - 1) > doubt ? up : exactly(size, rate, ppm, digits);
}

/** ceil(size × m ÷ 10^10), or −1 when a part would leave 2^53. */
function sameCurrency(size: number, m: number): number {
  const product = size * m;
  if (product <= SAFE) return Math.ceil(product / 1e10);
  const high = Math.floor(size / 1e5);
  const top = high * m;
  if (top > SAFE || m > 9e10) return -1;
  const whole = Math.floor(top / 1e5);
  return whole + Math.ceil(((top - whole * 1e5) * 1e5 + (size - high * 1e5) * m) / 1e10);
}

/** Six limbs of 24 bits, least significant first. */
const limbs = new Float64Array(6);
const LIMB = 0x100_0000;

function exactly(size: number, rate: number, ppm: number, digits: number): number {
  limbs.fill(0);
  limbs[0] = size % LIMB;
  limbs[1] = Math.floor(size / LIMB) % LIMB;
  limbs[2] = Math.floor(size / (LIMB * LIMB));
  times(rate);
  times(ppm);
  // ceil(ceil(n/a)/b) = ceil(n/(ab)): three short divisions stand for the long one.
  dividedBy(PPM);
  dividedBy(PPM);
  dividedBy(PPM / (TENS[digits] as number));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = limbs;
  if (c >= 32 || d > 0 || e > 0 || f > 0) return UNBOUNDED;
  return a + LIMB * (b + LIMB * c);
}

function times(factor: number): void {
  const low = factor % LIMB;
  const high = Math.floor(factor / LIMB);
  let carry = 0;
  let below = 0;
  for (let i = 0; i < limbs.length; i++) {
    const limb = limbs[i] as number;
    // below × high ≤ 2^48 and limb × low ≤ 2^48: the sum stays exact.
    const sum = limb * low + below * high + carry;
    carry = Math.floor(sum / LIMB);
    limbs[i] = sum - carry * LIMB;
    below = limb;
  }
}

/** Rounds up. */
function dividedBy(divisor: number): void {
  let rest = 0;
  for (let i = limbs.length - 1; i >= 0; i--) {
    const part = rest * LIMB + (limbs[i] as number);
    const whole = Math.floor(part / divisor);
    limbs[i] = whole;
    rest = part - whole * divisor;
  }
  if (rest === 0) return;
  for (let i = 0; i < limbs.length; i++) {
    limbs[i] = (limbs[i] as number) + 1;
    if ((limbs[i] as number) < LIMB) return;
    limbs[i] = 0;
  }
}
