import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { Cell, Condition, Sort } from '../grid/source.ts';
import { line } from './line.ts';
import type { ProblemDocument } from './problem.ts';
import type { ColumnOf, ViewName } from './protocol.ts';
import { Viewport } from './viewport.ts';

/**
 * A live window on a view, for a Grid. Sort and filter may be changed at any time; columns belong to the panel for good.
 * @example const source = useViewport('orders', COLUMNS, { sort: { column: 'seq', descending: true } });
 */
export function useViewport<V extends ViewName>(
  view: V,
  columns: readonly ColumnOf<V>[],
  { sort = null, filter = [] }: { readonly sort?: Sort | null; readonly filter?: readonly Condition[] } = {},
): Viewport {
  const signature = columns.join(' ');
  const sortKey = JSON.stringify(sort);
  const filterKey = JSON.stringify(filter);
  // The first question already carries sort and filter; later ones are asked of the same viewport.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a viewport lives as long as its view and columns
  const viewport = useMemo(() => new Viewport(line, view, signature.split(' '), sort, filter), [view, signature]);
  useEffect(() => {
    viewport.start();
    return () => viewport.stop();
  }, [viewport]);
  useEffect(() => viewport.sortIfChanged(JSON.parse(sortKey) as Sort | null), [viewport, sortKey]);
  useEffect(() => viewport.filterIfChanged(JSON.parse(filterKey) as readonly Condition[]), [viewport, filterKey]);
  return viewport;
}

/** What a viewport says of itself: for a panel's head. */
export interface ViewportState {
  readonly total: number;
  readonly seq: number;
  readonly at: string | null;
  readonly problem: ProblemDocument | null;
}

/** Follows a viewport's totals, at most once a frame. */
export function useViewportState(viewport: Viewport): ViewportState {
  const store = useMemo(
    () => framed(viewport, () => ({ total: viewport.total, seq: viewport.seq, at: viewport.at, problem: viewport.problem })),
    [viewport],
  );
  return useSyncExternalStore(store.subscribe, store.read);
}

/** One row of a view, by column. */
export type Row<V extends ViewName> = { readonly key: string } & { readonly [C in ColumnOf<V>]: Cell };

/** The first rows of a small view as objects, for a Table: exposures, margins. Rendered at most once a frame; above a hundred rows use a Grid. */
export function useRows<V extends ViewName>(viewport: Viewport, columns: readonly ColumnOf<V>[]): readonly Row<V>[] {
  const signature = columns.join(' ');
  const store = useMemo(() => {
    const names = signature.split(' ');
    return framed(viewport, () => {
      const [from, to] = viewport.held;
      const rows: Row<V>[] = [];
      for (let row = from; row < to; row += 1) {
        const values: Record<string, Cell> = { key: viewport.keyAt(row) as string };
        for (const name of names) values[name] = viewport.cell(row, name) ?? null;
        rows.push(values as unknown as Row<V>);
      }
      return rows;
    });
  }, [viewport, signature]);
  return useSyncExternalStore(store.subscribe, store.read);
}

/** A snapshot of a viewport, taken anew with the frame after it changed. */
function framed<T>(viewport: Viewport, take: () => T) {
  let taken = take();
  return {
    read: () => taken,
    subscribe: (listener: () => void) => {
      let waiting = false;
      taken = take();
      return viewport.subscribe(() => {
        if (waiting) return;
        waiting = true;
        requestAnimationFrame(() => {
          waiting = false;
          taken = take();
          listener();
        });
      });
    },
  };
}
