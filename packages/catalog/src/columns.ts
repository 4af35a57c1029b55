import type { Field } from './declaration.ts';
import type { Catalogue, Entity } from './registry.ts';

/** Runs one statement: a database or a transaction of `store`, or anything that answers like it. */
export type CatalogueQuery = (sql: string) => Promise<{ readonly rows: readonly object[] }>;

/** A column as the database has it. */
export interface Column {
  readonly entity: string;
  readonly key: string;
  readonly type: string;
  /** A view that reads with its owner's rights, not the reader's, is a `definer view`: never what is declared. */
  readonly relation: string;
  readonly comment: string | null;
}

/** Every column of every relation that can hold or show data; a partition is its table's. */
const COLUMNS = `
  SELECT n.nspname || '.' || c.relname AS entity, a.attname AS key, format_type(a.atttypid, a.atttypmod) AS type,
         CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'm' THEN 'matview'
                        WHEN 'f' THEN 'foreign table'
                        ELSE CASE WHEN c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'] THEN 'view'
                                  ELSE 'definer view' END END AS relation,
         col_description(c.oid, a.attnum) AS comment
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
     AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
   ORDER BY n.nspname, c.relname, a.attnum`;

export async function readColumns(query: CatalogueQuery): Promise<Column[]> {
  return (await query(COLUMNS)).rows as Column[];
}

/** A column as it is declared. */
export interface DeclaredColumn {
  readonly field: Field;
  readonly entity: Entity;
}

/** Columns of the catalogue by name. A column declared by `field` alone stands in a table. */
export function declaredColumns(catalogue: Catalogue): Map<string, DeclaredColumn> {
  const entities = new Map(catalogue.entities().map((entity) => [entity.name, entity]));
  const columns = new Map<string, DeclaredColumn>();
  for (const field of catalogue.fields()) {
    if (field.kind !== 'column') continue;
    const alone: Entity = {
      name: field.entity,
      title: { zh: '', en: '' },
      kind: 'column',
      relation: 'table',
      access: 'write',
      fields: {},
    };
    columns.set(field.name, { field, entity: entities.get(field.entity) ?? alone });
  }
  return columns;
}

const ALIASES: readonly (readonly [RegExp, string])[] = [
  [/timestamp with time zone/, 'timestamptz'],
  [/timestamp without time zone/, 'timestamp'],
  [/character varying/, 'varchar'],
  [/\bcharacter\b/, 'char'],
  [/double precision/, 'float8'],
  [/\bint8\b/, 'bigint'],
  [/\b(int4|int)\b/, 'integer'],
  [/\bint2\b/, 'smallint'],
  [/\bbool\b/, 'boolean'],
];

/** A type's short name: aliases of one type are one. */
export function plainType(type: string): string {
  return ALIASES.reduce((text, [long, short]) => text.replace(long, short), type.replace(/, /g, ','));
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
