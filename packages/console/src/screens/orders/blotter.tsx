import { useCallback, useState } from 'react';
import { useLineAge } from '../../data/age.ts';
import { useBeat } from '../../data/line.ts';
import { useViewport, useViewportState } from '../../data/use-viewport.ts';
import { formatNumber } from '../../format/number.ts';
import { instantOf } from '../../format/time.ts';
import { GridView } from '../../grid/grid-view.tsx';
import type { Condition, Sort } from '../../grid/source.ts';
import { useText } from '../../i18n/use-text.ts';
import { KeyHint } from '../../parts/key-hint.tsx';
import { Panel } from '../../parts/panel.tsx';
import { ProblemPanel } from '../../parts/problem-panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { useWhen } from '../when.tsx';
import { ASKED, COLUMNS } from './columns.ts';
import { FilterBar } from './filter-bar.tsx';
import { type OrderKey, orderKeyText } from './order-key.ts';
import { text } from './text.ts';
import './orders.css';

interface BlotterProps {
  /** The order that the page shows beside it. */
  readonly chosen: OrderKey | undefined;
  readonly filter: readonly Condition[];
  readonly onFilter: (filter: readonly Condition[]) => void;
  /** Enter or a double click on an order. */
  readonly onOpen: (order: OrderKey) => void;
  /** The cursor came to an order. */
  readonly onSelect: (order: OrderKey) => void;
  readonly className?: string;
}

const NEWEST: Sort = { column: 'at', descending: true };

/** Live orders: filter, sort, copy; rows stand still while they are being read. The house sorts and filters. */
export function Blotter({ chosen, filter, onFilter, onOpen, onSelect, className = '' }: BlotterProps) {
  const words = useText(text);
  const [sort, setSort] = useState<Sort | null>(NEWEST);
  const named = chosen === undefined ? undefined : orderKeyText(chosen);
  const [selected, setSelected] = useState(named);
  const [seen, setSeen] = useState(named);
  // An order that the address names anew, a ticket's or another panel's, is where the cursor goes; closing it leaves the cursor.
  if (named !== seen) {
    setSeen(named);
    if (named !== undefined) setSelected(named);
  }
  const viewport = useViewport('orders', ASKED, { sort, filter });
  const { total, at, problem } = useViewportState(viewport);
  const age = useLineAge();
  const orderAt = useCallback(
    (key: string): OrderKey | undefined => {
      const row = viewport.rowOf(key);
      const market = viewport.cell(row, 'market');
      const order = viewport.cell(row, 'order');
      return row < 0 || market == null || order == null ? undefined : { market: String(market), order: String(order) };
    },
    [viewport],
  );
  const choose = (key: string, then: (order: OrderKey) => void) => {
    setSelected(key);
    const order = orderAt(key);
    if (order !== undefined) then(order);
  };
  const when = useWhen();
  // Rows that are quiet are as new as the last beat: the blotter stands where the business clock does.
  const moment = instantOf(useBeat()?.businessTime);
  return (
    <Panel
      className={`blotter ${className}`}
      title={words.title}
      about={at === null ? undefined : words.about(formatNumber(total))}
      {...(moment === null || at === null ? {} : { asOf: when(moment) })}
      age={age}
      actions={
        <>
          <FilterBar filter={filter} onFilter={onFilter} />
          <span className="blotter-keys dim">
            <KeyHint keys="F9" /> {words.newOrder} <KeyHint keys="Enter" /> {words.seeThrough}
          </span>
        </>
      }
    >
      {problem !== null && <ProblemPanel problem={problem} />}
      {at !== null && total === 0 ? (
        <Empty
          why={filter.length === 0 ? words.none : words.noneFiltered}
          next={filter.length === 0 ? words.noneNext : words.noneFilteredNext}
        />
      ) : (
        <GridView
          columns={COLUMNS}
          source={viewport}
          label={words.title}
          sort={sort}
          onSort={setSort}
          selected={selected}
          onSelect={(key) => choose(key, onSelect)}
          onOpen={(key) => choose(key, onOpen)}
        />
      )}
    </Panel>
  );
}
