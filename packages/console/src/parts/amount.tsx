import { type Decimal, formatNumber, formatScaled, formatSigned, signOf } from '../format/number.ts';
import { usePreferences } from '../preferences.ts';

/** Money with its currency dimmed after it: `242.00 EUR`. `digits` as the price or currency has them. */
export function Amount({
  value,
  currency,
  digits = 2,
}: {
  readonly value: Decimal | null;
  readonly currency?: string;
  readonly digits?: number;
}) {
  return (
    <span className="amount">
      {formatNumber(value, digits)}
      {currency !== undefined && <span className="dim"> {currency}</span>}
    </span>
  );
}

const direction = { '-1': 'down', 0: '', 1: 'up' } as const;

/** A signed figure in the user's colours. The sign is always printed: colour says nothing that the text does not. */
export function Signed({ value, digits = 0 }: { readonly value: Decimal | null; readonly digits?: number }) {
  return <span className={direction[signOf(value)]}>{formatSigned(value, digits)}</span>;
}

/** Money at the user's scale (元, 万, 百万, 亿). The column's header must carry scaleUnit. */
export function Scaled({ value, signed = false }: { readonly value: Decimal | null; readonly signed?: boolean }) {
  const { scale } = usePreferences();
  return <span className={signed ? direction[signOf(value)] : ''}>{formatScaled(value, scale, signed)}</span>;
}
