import type { Scalar, Snapshot, Update } from './protocol.ts';

/** The rows of a view that a panel holds: columns of values, in the server's order, from row `from` of `total`. */
export interface Window {
  readonly total: number;
  readonly from: number;
  readonly keys: readonly string[];
  readonly columns: ReadonlyMap<string, readonly Scalar[]>;
}

export const EMPTY_WINDOW: Window = { total: 0, from: 0, keys: [], columns: new Map() };

export function windowOf(snap: Snapshot): Window {
  const columns = new Map<string, Scalar[]>();
  for (const [name, values] of Object.entries(snap.cols)) {
    if (values.length !== snap.keys.length)
      throw new RangeError(`column ${name} has ${values.length} of ${snap.keys.length} values`);
    columns.set(name, values);
  }
  return { total: snap.total, from: snap.from, keys: snap.keys, columns };
}

/** Writes an update into a window, in place, and says which rows of the view changed. Indexes outside the window are dropped: they belong to a range already left. */
export function applyUpdate(window: Window, update: Update): number[] {
  const changed: number[] = [];
  for (const row of update.rows) if (row < window.keys.length) changed.push(window.from + row);
  for (const [name, values] of Object.entries(update.cols)) {
    const column = window.columns.get(name) as Scalar[] | undefined;
    if (column === undefined) continue;
    update.rows.forEach((row, i) => {
      if (row < column.length) column[row] = values[i] as Scalar;
    });
  }
  return changed;
}

/**
 * A window whose rows stay where they are while somebody reads them: the order of `held`, the values of `live` wherever the
 * row is still in view. Also says which rows of the view now read differently.
 */
export function pinned(held: Window, live: Window): { readonly window: Window; readonly changed: number[] } {
  const at = new Map(live.keys.map((key, i) => [key, i]));
  const changed = new Set<number>();
  const columns = new Map<string, Scalar[]>();
  for (const [name, values] of held.columns) {
    const fresh = live.columns.get(name);
    columns.set(
      name,
      values.map((old, row) => {
        const i = at.get(held.keys[row] as string);
        const value = i === undefined || fresh === undefined ? old : (fresh[i] as Scalar);
        if (value !== old) changed.add(held.from + row);
        return value;
      }),
    );
  }
  return { window: { ...held, columns }, changed: [...changed] };
}

export const sameKeys = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((key, i) => key === b[i]);
