import type { TSchema } from '@meridian/base';
import { problem } from './problems.ts';

type Properties = Readonly<Record<string, { readonly type?: string }>>;

const PARAMETERS_MAX = 32;

/**
 * Reads a query by its declared parameters. Every value is text but those declared as integers, which are decimal digits
 * without sign or leading zeros. What is not declared, or comes twice, is refused: two readers would take different ones.
 * @throws Problem QUERY_REFUSED
 */
export function readQuery(url: string, schema: TSchema | undefined): Record<string, string | number> {
  const mark = url.indexOf('?');
  const text = mark < 0 ? '' : url.slice(mark + 1);
  const properties = ((schema as { properties?: Properties } | undefined)?.properties ?? {}) as Properties;
  const query: Record<string, string | number> = {};
  if (text === '') return query;
  const pairs = text.split('&');
  if (pairs.length > PARAMETERS_MAX) throw problem('QUERY_REFUSED', { field: '*', reason: `more than ${PARAMETERS_MAX}` });
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decoded(pair.slice(equals + 1));
    const field = /^[A-Za-z]{1,32}$/.test(name) ? name : '?';
    if (!Object.hasOwn(properties, name)) throw problem('QUERY_REFUSED', { field, reason: 'unknown' });
    if (Object.hasOwn(query, name)) throw problem('QUERY_REFUSED', { field, reason: 'twice' });
    query[name] = properties[name]?.type === 'integer' ? integer(field, value) : value;
  }
  return query;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw problem('QUERY_REFUSED', { field: '?', reason: 'not well encoded' });
  }
}

function integer(field: string, text: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) throw problem('QUERY_REFUSED', { field, reason: 'not a whole number' });
  return Number(text);
}
