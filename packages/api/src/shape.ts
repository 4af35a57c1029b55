import { type Bilingual, closed, type Static, type TSchema, Type } from '@meridian/base';
import { type EntityDefaults, entity, type FieldLine } from '@meridian/catalog';

/**
 * Scalars of the wire. Ids are text, amounts decimal text in whole units of the currency beside them ("1463.02"), prices
 * decimal text of the quote unit, instants RFC 3339 UTC with microseconds, dates YYYY-MM-DD of the market they belong to.
 */
export const Id = () => Type.String({ pattern: '^[1-9]\\d{0,17}$', maxLength: 18 });
export const Decimal = () => Type.String({ pattern: '^-?\\d{1,24}(\\.\\d{1,12})?$', maxLength: 40 });
export const Quantity = () => Type.String({ pattern: '^-?\\d{1,18}$', maxLength: 19 });
/**
 * The house has two clocks. What happens to business (orders, cash, batches, margin, models) stands at `business` time, which a
 * demo plays at its own speed and in production is the wall clock; what people and machines do (sign in, approve, mail, compute)
 * at `wall` time. The two are never compared. Every answer says both in its headers, every beat of the stream in itself.
 */
export const InstantText = (clock: 'business' | 'wall' = 'business') =>
  Type.String({
    ...{ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z$', maxLength: 27 },
    description: clock === 'business' ? 'Business time' : 'Wall time',
  });
export const DateText = () => Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\d$', maxLength: 10 });
export const Currency = () => Type.String({ pattern: '^[A-Z]{3}$', maxLength: 3 });
export const Mic = () => Type.String({ pattern: '^[A-Z0-9]{4}$', maxLength: 4 });
export const Token = (maxLength = 64) => Type.String({ minLength: 1, maxLength });
export const Text = (maxLength = 400) => Type.String({ maxLength });
export const Count = () => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const Ppm = () => Type.Integer({ minimum: -1_000_000_000, maximum: 1_000_000_000 });
export const OneOf = <const T extends readonly string[]>(values: T) => Type.Unsafe<T[number]>(Type.Enum([...values]));
export const OrNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const List = <T extends TSchema>(item: T, maxItems = 1_000) => Type.Array(item, { maxItems });
export const Both = () => closed({ zh: Text(1_000), en: Text(1_000) });

/** How a field is classed where it is more than general: a client's token, money, name. DS-2. */
export const SECRECY = {
  token: { sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'account', origin: 'CN' },
  money: { sensitive: true, jrt0158: 3, jrt0197: 3, mask: 'bucket' },
  name: { sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 4, mask: 'name', origin: 'CN' },
  hidden: { sensitive: true, pi: 'pi', jrt0158: 3, jrt0197: 3, mask: 'full' },
} as const satisfies Readonly<Record<string, Partial<Exclude<FieldLine, string>>>>;
export type Secrecy = keyof typeof SECRECY;

/** A field of an answer: its schema, and its secrecy where it has one. */
export type ShownField = TSchema | { readonly schema: TSchema; readonly secrecy: Secrecy };
type SchemaOf<F> = F extends { readonly schema: infer S extends TSchema; readonly secrecy: Secrecy }
  ? S
  : F extends TSchema
    ? F
    : never;

export const as = <S extends TSchema>(secrecy: Secrecy, schema: S) => ({ schema, secrecy });

/**
 * Something that the interface shows: a closed schema, and at once its fields' declarations in the catalogue under
 * `api.<name>`. What is not declared here cannot be answered. DS-1.
 */
export function resource<const F extends Readonly<Record<string, ShownField>>>(
  name: string,
  title: Bilingual,
  fields: F,
  defaults: Partial<EntityDefaults> = {},
) {
  const schemas: Record<string, TSchema> = {};
  const lines: Record<string, FieldLine> = {};
  for (const [key, field] of Object.entries<ShownField>(fields)) {
    const secrecy = isSecret(field) ? field.secrecy : undefined;
    schemas[key] = isSecret(field) ? field.schema : field;
    lines[snake(key)] = { type: 'json', kind: 'message', ...(secrecy === undefined ? {} : SECRECY[secrecy]) };
  }
  entity(
    `api.${snake(name)}`,
    { title, kind: 'message', like: 'record', owner: 'operations', purpose: ['operations'], ...defaults },
    lines,
  );
  return closed(schemas as { [K in keyof F]: SchemaOf<F[K]> }, { $id: name, title: title.en });
}

const isSecret = (field: ShownField): field is { schema: TSchema; secrecy: Secrecy } => 'secrecy' in field && 'schema' in field;
export const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * A page of a list. `next` continues it; every page of one walk is as of the same `asOf`, which is no time: the number of the
 * newest command of the books, or of a market's log, or entry that the walk sees.
 */
export const Page = <T extends TSchema>(item: T) =>
  closed({ items: Type.Array(item, { maxItems: 500 }), next: OrNull(Token(400)), asOf: Count() });
/** What every list takes. */
export const PAGE_QUERY = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  cursor: Type.Optional(Token(400)),
};

export type { Static, TSchema };
