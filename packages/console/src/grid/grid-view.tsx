import { useEffect, useRef } from 'react';
import { useToday } from '../data/today.ts';
import { notify } from '../parts/toast.tsx';
import { usePreferences } from '../preferences.ts';
import type { GridColumn } from './column.ts';
import { Grid } from './grid.ts';
import type { GridSource, Sort } from './source.ts';

export interface GridViewProps {
  readonly columns: readonly GridColumn[];
  readonly source: GridSource;
  readonly label: string;
  /** Held by the page (and its address); the source is told by whoever holds it. */
  readonly sort?: Sort | null;
  readonly onSort?: (sort: Sort | null) => void;
  readonly selected?: string | undefined;
  readonly onSelect?: (key: string) => void;
  readonly onOpen?: (key: string) => void;
}

const ROW_PX = { dense: 20, regular: 22 } as const;

/** The grid inside a page. It fills its parent; React is not asked again when rows change. */
export function GridView({ columns, source, label, sort = null, onSort, selected, onSelect, onOpen }: GridViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const grid = useRef<Grid | null>(null);
  const { language, scale, zone, density } = usePreferences();
  const today = useToday();
  const handlers = useRef({ onSort, onSelect, onOpen });
  useEffect(() => {
    handlers.current = { onSort, onSelect, onOpen };
  });
  useEffect(() => {
    const options = {
      columns,
      source,
      label,
      sort,
      context: { language, scale, zone, today },
      rowHeight: ROW_PX[density],
      onSelect: (key: string) => handlers.current.onSelect?.(key),
      onOpen: (key: string) => handlers.current.onOpen?.(key),
      onSort: (next: Sort | null) => handlers.current.onSort?.(next),
      onSay: (words: string) => notify('done', words),
    };
    if (grid.current === null) grid.current = new Grid(host.current as HTMLDivElement, options);
    else grid.current.update(options);
  }, [columns, source, label, sort, language, scale, zone, today, density]);
  useEffect(() => grid.current?.select(selected), [selected]);
  useEffect(
    () => () => {
      grid.current?.destroy();
      grid.current = null;
    },
    [],
  );
  return <div ref={host} className="grid" />;
}
