import type { Condition } from '../../grid/source.ts';
import { textParam } from '../../router/screen.ts';

const FILTERS = ['market', 'state', 'side', 'symbol', 'clientToken', 'accountCode'] as const;

/** What stands in the address of the blotter. */
export interface OrdersSearch {
  readonly order?: string;
  readonly market?: string;
  readonly state?: string;
  readonly side?: string;
  readonly symbol?: string;
  readonly clientToken?: string;
  readonly accountCode?: string;
}

export function readOrdersSearch(raw: Record<string, unknown>): OrdersSearch {
  const search: Record<string, string> = {};
  for (const name of [...FILTERS, 'order']) {
    const value = textParam(raw[name], 64);
    if (value !== undefined) search[name] = value;
  }
  return search;
}

export const conditionsOf = (search: OrdersSearch): Condition[] =>
  FILTERS.flatMap((column) => (search[column] === undefined ? [] : [{ column, value: search[column] }]));

export const searchOf = (conditions: readonly Condition[]): OrdersSearch =>
  readOrdersSearch(Object.fromEntries(conditions.map(({ column, value }) => [column, value])));
