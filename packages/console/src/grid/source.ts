/** What a cell holds before it is formatted. */
export type Cell = string | number | boolean | null;

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

/** All must hold: a number or flag equals the value, a text contains it. */
export interface Condition {
  readonly column: string;
  readonly value: string;
}

/** Rows of the view that read differently, or all of them when the order or the number of rows changed. */
export type GridChange = readonly number[] | 'all';

/**
 * Where a grid's rows come from: columns of values in some order. Rows are named by their place in the view, objects by their
 * key. The grid knows nothing else of its data, so that a stream's viewport and a list in memory look alike to it.
 */
export interface GridSource {
  readonly total: number;
  /** Undefined where the row is not here yet. */
  keyAt(row: number): string | undefined;
  cell(row: number, column: string): Cell | undefined;
  /** Where an object now stands; −1 when it is not among what is here. */
  rowOf(key: string): number;
  /** Says which rows are looked at: `from` up to but without `to`. */
  want(from: number, to: number): void;
  sort(sort: Sort | null): void;
  filter(conditions: readonly Condition[]): void;
  /** While pinned, rows keep their places: values change, new rows wait. */
  pin(pinned: boolean): void;
  /** Rows that wait for the grid to be let go. */
  readonly waiting: number;
  subscribe(listener: (change: GridChange) => void): () => void;
}
