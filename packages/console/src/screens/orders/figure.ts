import { formatNumber, NONE } from '../../format/number.ts';

/** A decimal with the places that it travelled with: prices and limits are never rounded on the way to the eye. */
export function exact(value: string | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  return formatNumber(value, value.split('.')[1]?.length ?? 0);
}

/** Millionths as per cent: `263000` → `26.3%`. */
export function ppm(value: number | string | null | undefined, digits = 1): string {
  return value === null || value === undefined ? NONE : `${formatNumber(`${value}e-4`, digits)}%`;
}
