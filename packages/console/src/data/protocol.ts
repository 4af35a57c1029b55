import type { ClientMessage, ServerMessage, VIEWS } from '@meridian/api';

export type { ClientMessage, ServerMessage };
export type Snapshot = Extract<ServerMessage, { op: 'snap' }>;
export type Update = Extract<ServerMessage, { op: 'upd' }>;
export type Beat = Extract<ServerMessage, { op: 'beat' }>;
export type Subscribe = Extract<ClientMessage, { op: 'sub' }>;

/** What a cell of a view holds on the wire. */
export type Scalar = string | number | boolean | null;
/** The views of the house, and the columns of each. */
export type ViewName = keyof typeof VIEWS;
export type ColumnOf<V extends ViewName> = (typeof VIEWS)[V]['columns'][number];

/** What a panel asks of a view. `range` is the first and the past-the-last row. */
export interface ViewportAsk {
  readonly view: string;
  readonly columns: readonly string[];
  readonly range: readonly [number, number];
  readonly sort?: { readonly column: string; readonly descending: boolean };
  readonly filter?: readonly { readonly column: string; readonly value: string }[];
}

/** Longest window of one subscription; the house refuses a wider one. */
export const RANGE_MAX = 500;
/** Subscriptions of one line; ids are reused. */
export const SUBSCRIPTIONS_MAX = 64;
