import { NONE } from '../format/number.ts';
import { Facts } from '../parts/facts.tsx';

/** A value of which only the house knows the shape, as one line of text. */
export function shown(value: unknown): string {
  if (value === null || value === undefined || value === '') return NONE;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

const same = (name: string) => name;

interface FactsOfProps {
  readonly record: Readonly<Record<string, unknown>>;
  /** What a member is called, by its path: `margin.initial`. */
  readonly nameOf?: (path: string) => string;
  readonly shownAs?: (path: string, value: unknown) => string;
}

/** The members of a record that the house describes itself: terms of a contract, the card of a model, parameters of an entry. */
export function FactsOf({ record, nameOf = same, shownAs = (_, value) => shown(value) }: FactsOfProps) {
  const facts = Object.entries(record).flatMap(([name, value]): (readonly [string, string])[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([inner, each]) => [nameOf(`${name}.${inner}`), shownAs(`${name}.${inner}`, each)] as const)
      : [[nameOf(name), shownAs(name, value)] as const],
  );
  return facts.length === 0 ? <p className="dim">{NONE}</p> : <Facts facts={facts} />;
}
