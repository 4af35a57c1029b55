import { textParam } from '../router/screen.ts';

/** The search parameters of these names that an address carries; the others are absent. */
export function textSearch<const N extends string>(
  raw: Record<string, unknown>,
  names: readonly N[],
): { readonly [K in N]?: string } {
  const search: { [K in N]?: string } = {};
  for (const name of names) {
    const value = textParam(raw[name], 80);
    if (value !== undefined) search[name] = value;
  }
  return search;
}
