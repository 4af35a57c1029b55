import type { Route } from '@meridian/api';
import { catalogue } from '@meridian/catalog';
import type { Shape } from '../contract.ts';
import { sampleOf } from '../sample.fixture.ts';

/** An answer that can be traced: every text in it is its own, and is known as sensitive or not. */
export interface CanaryAnswer {
  readonly body: unknown;
  /** Texts of fields that anybody who gets the answer may read. */
  readonly plain: readonly string[];
  /** Texts of fields that the catalogue declares sensitive, or of anything inside such a field. */
  readonly sensitive: readonly string[];
}

/** Fields of answers by their name in the catalogue; read anew here, not through the door's masking. */
const sensitiveNames = (): ReadonlySet<string> =>
  new Set(
    catalogue
      .fields()
      .filter((field) => field.sensitive)
      .map(({ name }) => name),
  );
const snakeCase = (text: string) => text.replace(/(?<small>[a-z0-9])(?<large>[A-Z])/g, '$<small>_$<large>').toLowerCase();

let planted = 0;

/** Texts of eleven characters and more, so that what a mask leaves of one is never the whole of it. */
function candidates(): string[] {
  const no = String(++planted).padStart(6, '0');
  return [`CANARY-${no}-X`, `4${no}00000000000`, `4${no}00000000.25`, `4${no}000`];
}

export function canaryAnswer(route: Route): CanaryAnswer {
  const names = sensitiveNames();
  const plain: string[] = [];
  const sensitive: string[] = [];

  function plant(schema: Shape, isSensitive: boolean, at: string): unknown {
    const {
      pattern,
      minLength = 0,
      maxLength = 1_000,
    } = schema as { pattern?: string; minLength?: number; maxLength?: number };
    if (schema.type === 'string' && !('const' in schema) && !('enum' in schema)) {
      const fits = candidates().find(
        (text) =>
          text.length >= minLength && text.length <= maxLength && (pattern === undefined || new RegExp(pattern).test(text)),
      );
      if (fits === undefined) {
        if (isSensitive) throw new RangeError(`${at} is sensitive and cannot be traced`);
        return sampleOf(schema);
      }
      (isSensitive ? sensitive : plain).push(fits);
      return fits;
    }
    if (schema.anyOf !== undefined) return plant(schema.anyOf[0] as Shape, isSensitive, at);
    if (schema.items !== undefined) return [plant(schema.items, isSensitive, `${at}[]`)];
    if (schema.properties !== undefined)
      return Object.fromEntries(
        Object.entries(schema.properties).map(([key, each]) => {
          const isOwn = schema.$id !== undefined && names.has(`api.${snakeCase(schema.$id)}.${snakeCase(key)}`);
          return [key, plant(each, isSensitive || isOwn, `${at}.${key}`)];
        }),
      );
    if (schema.type === 'object') {
      const [text = ''] = candidates();
      (isSensitive ? sensitive : plain).push(text);
      return { any: text };
    }
    if (isSensitive) throw new RangeError(`${at} is sensitive and cannot be traced`);
    return sampleOf(schema);
  }

  if (route.media !== undefined) {
    const [text = ''] = candidates();
    return { body: text, plain: [text], sensitive };
  }
  return { body: plant(route.answer as Shape, false, `${route.method} ${route.path}`), plain, sensitive };
}
