import { formatDuration } from '../../format/time.ts';
import { useText } from '../../i18n/use-text.ts';
import { exact, ppm } from './figure.ts';
import { text } from './text.ts';

interface CheckFigureProps {
  readonly value: string | null;
  /** What the value counts: price, quantity, orders, microseconds, millionths, or a currency. */
  readonly unit: string | null;
}

/** A figure of a check or refusal as one reads it: prices and money with their places, delays as time, ratios as per cent, the unit after it. */
export function CheckFigure({ value, unit }: CheckFigureProps) {
  const words = useText(text);
  if (value === null || unit === null || unit === 'price' || unit === 'amount') return exact(value);
  if (unit === 'ppm') return ppm(value);
  if (unit === 'microseconds') return formatDuration(Number(value));
  const names: Readonly<Record<string, string>> = words.unitOf;
  return (
    <>
      {exact(value)}
      <span className="dim"> {names[unit] ?? unit}</span>
    </>
  );
}
