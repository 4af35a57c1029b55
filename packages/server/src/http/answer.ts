import { snake } from '@meridian/api';
import { type Field, mask } from '@meridian/catalog';
import { entityOf, type Shape } from './contract.ts';

type Show = (value: unknown) => unknown;
const asItIs: Show = (value) => value;

/**
 * Builds the masking of an answer: sensitive fields, as the catalogue declares them, are shown masked. Compiled once a
 * route; what holds nothing sensitive is passed on untouched. DS-7.
 */
export function maskingOf(schema: Shape): Show {
  const { properties, items, anyOf } = schema;
  if (properties !== undefined) return objectMasking(schema, properties);
  if (items !== undefined) {
    const each = maskingOf(items);
    return each === asItIs ? asItIs : (value) => (Array.isArray(value) ? value.map(each) : value);
  }
  const [alternative, ...more] = (anyOf ?? []).map(maskingOf).filter((show) => show !== asItIs);
  if (more.length > 0) throw new RangeError('an answer that may be one of two sensitive things cannot be masked');
  return alternative === undefined ? asItIs : (value) => (value === null ? null : alternative(value));
}

function objectMasking(schema: Shape, properties: Readonly<Record<string, Shape>>): Show {
  const fields = entityOf(schema)?.fields as Readonly<Record<string, Field>> | undefined;
  const shows = Object.entries(properties)
    .map(([key, each]): [string, Show] => {
      const field = fields?.[snake(key)];
      return [key, field?.sensitive ? masked(field) : maskingOf(each)];
    })
    .filter(([, show]) => show !== asItIs);
  if (shows.length === 0) return asItIs;
  return (value) => {
    const row = { ...(value as Record<string, unknown>) };
    for (const [key, show] of shows) if (row[key] !== undefined) row[key] = show(row[key]);
    return row;
  };
}

/** A list is masked member by member: how many there are is not hidden. */
function masked(field: Field): Show {
  return (value) => (Array.isArray(value) ? value.map((each) => mask(field.mask, each)) : mask(field.mask, value));
}
