import { type Decimal, formatNumber, formatScaled, formatSigned, MINUS } from '../format/number.ts';
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

/** The colour of a figure is that of its printed sign: what rounds to nothing has neither. */
const direction = (shown: string): string => (shown.startsWith('+') ? 'up' : shown.startsWith(MINUS) ? 'down' : '');

/** A signed figure in the user's colours. The sign is always printed: colour says nothing that the text does not. */
export function Signed({ value, digits = 0 }: { readonly value: Decimal | null; readonly digits?: number }) {
  const shown = formatSigned(value, digits);
  return <span className={direction(shown)}>{shown}</span>;
}

/** Money at the user's scale (元, 万, 百万, 亿). The column's header must carry scaleUnit. */
export function Scaled({ value, signed = false }: { readonly value: Decimal | null; readonly signed?: boolean }) {
  const { scale } = usePreferences();
  const shown = formatScaled(value, scale, signed);
  return <span className={signed ? direction(shown) : ''}>{shown}</span>;
}
