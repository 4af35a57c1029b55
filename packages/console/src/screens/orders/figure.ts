import { formatNumber, NONE } from '../../format/number.ts';

/** A decimal with the places that it travelled with, and at least `places`: prices and limits are never rounded on the way to the eye. */
export function exact(value: string | null | undefined, places = 0): string {
  if (value === null || value === undefined) return NONE;
  return formatNumber(value, Math.max(places, value.split('.')[1]?.length ?? 0));
}

/** An amount of a currency with its minor units (ISO 4217), however it travelled: `729311.4` CNY → `729,311.40`. */
export function exactMoney(value: string | null | undefined, currency: string): string {
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return exact(value, maximumFractionDigits);
}

/** Millionths as per cent: `263000` → `26.3%`. */
export function ppm(value: number | string | null | undefined, digits = 1): string {
  return value === null || value === undefined ? NONE : `${formatNumber(`${value}e-4`, digits)}%`;
}
