import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { reading } from '../../data/call.ts';
import type { Condition } from '../../grid/source.ts';
import { useText } from '../../i18n/use-text.ts';
import { useKeys } from '../../keys/bindings.ts';
import { Button } from '../../parts/button.tsx';
import { KeyHint } from '../../parts/key-hint.tsx';
import { text } from './text.ts';
import { orderWords } from './words.ts';

interface FilterBarProps {
  readonly filter: readonly Condition[];
  readonly onFilter: (filter: readonly Condition[]) => void;
}

/** Which orders are shown. `/` goes to the text. */
export function FilterBar({ filter, onFilter }: FilterBarProps) {
  const words = useText(text);
  const names = useText(orderWords);
  const house = useQuery({ ...reading('GET /v1/house'), staleTime: 60_000 });
  const field = useRef<HTMLInputElement>(null);
  useKeys([
    { keys: '/', scope: 'page', label: { zh: text.zh.filterKey, en: text.en.filterKey }, run: () => field.current?.focus() },
  ]);
  const chosenOf = (column: string) => filter.find((each) => each.column === column)?.value ?? '';
  const set = (column: string, value: string) => {
    const rest = filter.filter((each) => each.column !== column);
    onFilter(value === '' ? rest : [...rest, { column, value }]);
  };
  return (
    <search className="order-filters" aria-label={words.filters}>
      <Choice label={words.allMarkets} value={chosenOf('market')} onValue={(value) => set('market', value)}>
        {house.data?.nodes.map(({ market }) => [market, market])}
      </Choice>
      <Choice label={words.allStates} value={chosenOf('state')} onValue={(value) => set('state', value)}>
        {Object.entries(names.state)}
      </Choice>
      <Choice label={words.allSides} value={chosenOf('side')} onValue={(value) => set('side', value)}>
        {Object.entries(names.side)}
      </Choice>
      <KeyHint keys="/" />
      <TypedFilter
        key={chosenOf('symbol')}
        field={field}
        value={chosenOf('symbol')}
        onValue={(value) => set('symbol', value)}
      />
      {filter.length > 0 && (
        <Button kind="quiet" onClick={() => onFilter([])}>
          {words.clear}
        </Button>
      )}
    </search>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly children: readonly (readonly [value: string, name: string])[] | undefined;
}

function Choice({ label, value, onValue, children = [] }: ChoiceProps) {
  return (
    <select className="filter" aria-label={label} value={value} onChange={(event) => onValue(event.target.value)}>
      <option value="">{label}</option>
      {children.map(([each, name]) => (
        <option key={each} value={each}>
          {name}
        </option>
      ))}
    </select>
  );
}

interface TypedFilterProps {
  readonly field: React.RefObject<HTMLInputElement | null>;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** The symbol, asked of the house when typing rests for a moment. */
function TypedFilter({ field, value, onValue }: TypedFilterProps) {
  const words = useText(text);
  const [typed, setTyped] = useState(value);
  const latest = useRef(onValue);
  useEffect(() => {
    latest.current = onValue;
  });
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => latest.current(typed.trim()), 200);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return (
    <input
      ref={field}
      className="filter"
      aria-label={words.symbol}
      placeholder={words.symbol}
      value={typed}
      spellCheck={false}
      autoComplete="off"
      maxLength={32}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}
