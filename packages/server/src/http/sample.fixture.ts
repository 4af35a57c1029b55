import type { Shape } from './contract.ts';

/** Texts that meet the patterns of the interface's scalars. */
const TEXTS = ['1', 'x'.repeat(8), 'x'.repeat(12), '1.5', 'CNY', 'XNYS', '2026-01-05', '2026-01-05T01:00:00Z'];

type Written = Shape & {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly patternProperties?: object;
  readonly required?: readonly string[];
};

/** A value that a schema takes, each list with one member: for answers and requests of tests. */
export function sampleOf(schema: Shape, isWhole = true): unknown {
  const {
    const: only,
    enum: values,
    type,
    pattern,
    properties,
    items,
    anyOf,
    minLength = 0,
    maxLength = 64,
    minimum = 0,
    required,
  } = schema as Written;
  if (only !== undefined) return only;
  if (values !== undefined) return values[0];
  if (anyOf !== undefined) return sampleOf(anyOf[0] as Shape, isWhole);
  switch (type) {
    case 'string': {
      const fits = TEXTS.find((text) =>
        pattern === undefined ? text.length >= minLength && text.length <= maxLength : new RegExp(pattern).test(text),
      );
      if (fits === undefined) throw new RangeError(`no sample text for ${pattern ?? `${minLength} characters`}`);
      return fits;
    }
    case 'integer':
    case 'number':
      return Math.max(1, minimum);
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return items === undefined ? [] : [sampleOf(items, isWhole)];
    case 'object':
      return Object.fromEntries(
        Object.entries(properties ?? {})
          .filter(([key]) => isWhole || (required ?? []).includes(key))
          .map(([key, each]) => [key, sampleOf(each, isWhole)]),
      );
    default:
      return {};
  }
}
