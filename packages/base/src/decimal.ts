import { declareProblems } from './problem.ts';

const { problem } = declareProblems({
  DECIMAL_MALFORMED: {
    status: 400,
    title: { zh: '数字格式错误', en: 'Malformed decimal' },
    detail: { zh: '“{text}”不是十进制数', en: '"{text}" is not a plain decimal number' },
    remedy: { zh: '使用形如 -123.45 的十进制数', en: 'Write a plain decimal such as -123.45' },
  },
  DECIMAL_SCALE: {
    status: 400,
    title: { zh: '小数位过多', en: 'Too many decimals' },
    detail: { zh: '“{text}”超过 {digits} 位小数', en: '"{text}" has more than {digits} decimals' },
    remedy: { zh: '按该字段的小数位填写', en: 'Use no more decimals than the field has' },
  },
});

/**
 * How a division that does not come out even is settled. Every division names its mode.
 * `half-even` interest and FX · `half-up` levies (ties away from zero) · `up` away from zero, margin requirements
 * and stamp duty · `down` towards zero, available balances · `floor`/`ceil` towards −∞/+∞.
 */
export type Rounding = 'half-even' | 'half-up' | 'up' | 'down' | 'floor' | 'ceil';

/** Exact ⌊dividend ÷ divisor⌉ under an explicit rounding mode. `divisor` must not be 0n. */
export function divide(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (divisor === 0n) throw new RangeError('division by zero');
  const [n, d] = divisor < 0n ? [-dividend, -divisor] : [dividend, divisor];
  const quotient = n / d;
  const remainder = n % d;
  if (remainder === 0n) return quotient;
  const away = n < 0n ? -1n : 1n;
  switch (rounding) {
    case 'down':
      return quotient;
    case 'up':
      return quotient + away;
    case 'floor':
      return n < 0n ? quotient - 1n : quotient;
    case 'ceil':
      return n < 0n ? quotient : quotient + 1n;
    case 'half-up':
    case 'half-even': {
      const twice = (remainder < 0n ? -remainder : remainder) * 2n;
      if (twice > d) return quotient + away;
      if (twice < d) return quotient;
      if (rounding === 'half-up') return quotient + away;
      return quotient % 2n === 0n ? quotient : quotient + away;
    }
  }
}

export function pow10(digits: number): bigint {
  return 10n ** BigInt(digits);
}

/** a × b ÷ c with one rounding at the end. */
export function mulDiv(a: bigint, b: bigint, c: bigint, rounding: Rounding): bigint {
  return divide(a * b, c, rounding);
}

const PLAIN = /^([+-]?)(\d{1,30})(?:\.(\d{1,30}))?$/;

/**
 * Reads a plain decimal text into an integer of `digits` decimals, exactly.
 * @throws Problem DECIMAL_MALFORMED, or DECIMAL_SCALE when a non-zero digit would be lost.
 */
export function parseDecimal(text: string, digits: number): bigint {
  const match = PLAIN.exec(text);
  if (match === null) throw problem('DECIMAL_MALFORMED', { text: text.slice(0, 64) });
  const fraction = match[3] ?? '';
  if (/[1-9]/.test(fraction.slice(digits))) throw problem('DECIMAL_SCALE', { text: text.slice(0, 64), digits });
  const scaled = BigInt((match[2] as string) + fraction.slice(0, digits).padEnd(digits, '0'));
  return match[1] === '-' ? -scaled : scaled;
}

/** Writes an integer of `digits` decimals as plain text, all decimals shown. */
export function formatDecimal(scaled: bigint, digits: number): string {
  const sign = scaled < 0n ? '-' : '';
  const text = (scaled < 0n ? -scaled : scaled).toString().padStart(digits + 1, '0');
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** The same, without trailing zeros: 167.410000 → 167.41. */
export function formatTrimmed(scaled: bigint, digits: number): string {
  const text = formatDecimal(scaled, digits);
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/** Moves an integer from one number of decimals to another; digits that fall off are rounded. */
export function rescale(scaled: bigint, from: number, to: number, rounding: Rounding): bigint {
  return to >= from ? scaled * pow10(to - from) : divide(scaled, pow10(from - to), rounding);
}
