import { formatDuration } from '../../format/time.ts';
import { useText } from '../../i18n/use-text.ts';
import { exact, exactMoney, ppm } from './figure.ts';
import { text } from './text.ts';

interface CheckFigureProps {
  readonly value: string | null;
  /** What the value counts: price, quantity, orders, microseconds, millionths, or a currency. */
  readonly unit: string | null;
  /** The unit stands elsewhere. */
  readonly bare?: boolean;
}

/** Units that are part of how a figure is written, and not a word after it. */
const WRITTEN = ['price', 'amount', 'ppm', 'microseconds'];

const CURRENCY = /^[A-Z]{3}$/;

/** The word for what a figure counts: shares, orders, a currency; empty where the figure says it by itself. */
export function unitWord(unit: string | null, names: Readonly<Record<string, string>>): string {
  return unit === null || WRITTEN.includes(unit) ? '' : (names[unit] ?? unit);
}

/** A figure of a check or refusal as one reads it: prices and money with their places, delays as time, ratios as per cent, the unit after it. */
export function CheckFigure({ value, unit, bare = false }: CheckFigureProps) {
  const words = useText(text);
  if (value !== null && unit === 'ppm') return ppm(value);
  if (value !== null && unit === 'microseconds') return formatDuration(Number(value));
  const word = unitWord(unit, words.unitOf);
  const figure = unit !== null && CURRENCY.test(unit) ? exactMoney(value, unit) : exact(value);
  if (value === null || bare || word === '') return figure;
  return (
    <>
      {figure}
      <span className="dim"> {word}</span>
    </>
  );
}
