import { type Static, type TSchema, Type } from 'typebox';
import { Value } from 'typebox/value';
import { declareProblems } from './problem.ts';

const { problem } = declareProblems({
  CONFIG_INVALID: {
    status: 400,
    title: { zh: '配置无效', en: 'Invalid configuration' },
    detail: { zh: '配置项 {path}：{reason}', en: 'Setting {path}: {reason}' },
    remedy: { zh: '更正该配置项；未知配置项不被接受', en: 'Correct the setting; unknown settings are refused' },
  },
});

export { type Static, type TSchema, Type };

/**
 * Checks a configuration against its schema and gives it its type. Unknown keys are refused at every level, so a
 * misspelt setting cannot silently keep its default: build object schemas with {@link closed}.
 * @throws Problem CONFIG_INVALID naming the first offending path.
 */
export function validateConfig<S extends TSchema>(schema: S, value: unknown): Static<S> {
  if (Value.Check(schema, value)) return value;
  const [first] = Value.Errors(schema, value);
  const path = first?.instancePath === undefined || first.instancePath === '' ? '/' : first.instancePath;
  const reason = first?.keyword === 'boolean' ? 'unknown setting' : (first?.message ?? 'does not match its schema');
  throw problem('CONFIG_INVALID', { path, reason });
}

/** An object schema that refuses unknown keys; `options` name and title it. */
export function closed<P extends Record<string, TSchema>>(
  properties: P,
  options: { readonly $id?: string; readonly title?: string } = {},
) {
  return Type.Object(properties, { ...options, additionalProperties: false });
}
