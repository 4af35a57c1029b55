import { createHash } from 'node:crypto';
import { canonicalJson } from '@meridian/base';
import {
  type CatalogueQuery,
  type Column,
  type DeclaredColumn,
  declaredColumns,
  identifier,
  literal,
  plainType,
  readColumns,
} from './columns.ts';
import { type Drift, lowered, type Protection, refuseDrift } from './drift.ts';
import { grantDrifts, restoreGrants } from './grants.ts';
import { type Catalogue, catalogue as house } from './registry.ts';

/** pg_advisory_xact_lock key of applying the catalogue. */
const LOCK = 0x6361_7461;

const FINGERPRINT = `
  SELECT shobj_description(oid, 'pg_database') AS comment, datname AS name
    FROM pg_database WHERE datname = current_database()`;

/** Compares every column of the database with the catalogue: existence, type, relation, comment, grants. DS-1, DS-2. */
export async function checkDatabase(query: CatalogueQuery, catalogue: Catalogue = house): Promise<Drift[]> {
  const columns = await readColumns(query);
  return [
    ...structureDrifts(columns, catalogue),
    ...commentDrifts(columns, catalogue),
    ...(await grantDrifts(query, catalogue)),
  ];
}

export interface ApplyOptions {
  readonly catalogue?: Catalogue;
  /** Fields whose lowered protection the data protection officer has acknowledged. */
  readonly acknowledged?: readonly string[];
}

/**
 * Writes the catalogue into the database — a JSON comment on each column, the rights of the roles meridian_app and
 * meridian_reader — and compares. Idempotent; call it in one transaction, after migrating. Comments are rewritten only
 * when the program brings another catalogue than the one last applied: otherwise a differing comment is an edit.
 * @throws Problem CATALOGUE_DRIFT on any difference: nothing of it is written, the process must not start.
 */
export async function applyCatalogue(query: CatalogueQuery, options: ApplyOptions = {}): Promise<void> {
  const { catalogue = house, acknowledged = [] } = options;
  // Two processes that start at once would update the same comments.
  await query(`SELECT pg_advisory_xact_lock(${LOCK})`);
  const columns = await readColumns(query);
  refuseDrift(structureDrifts(columns, catalogue));
  const { rows } = await query(FINGERPRINT);
  const database = rows[0] as { comment: string | null; name: string };
  const fingerprint = fingerprintOf(catalogue);
  if (database.comment === fingerprint) {
    refuseDrift(commentDrifts(columns, catalogue));
  } else {
    refuseDrift(loweredDrifts(columns, catalogue, acknowledged));
    await writeComments(query, columns, catalogue);
    await query(`COMMENT ON DATABASE ${identifier(database.name)} IS ${literal(fingerprint)}`);
  }
  await restoreGrants(query, catalogue);
  refuseDrift(await checkDatabase(query, catalogue));
}

function structureDrifts(columns: readonly Column[], catalogue: Catalogue): Drift[] {
  const drifts: Drift[] = [];
  const declared = declaredColumns(catalogue);
  const found = new Set<string>();
  for (const column of columns) {
    const name = `${column.entity}.${column.key}`;
    found.add(name);
    const own = declared.get(name);
    if (own === undefined) {
      drifts.push({ kind: 'undeclared', name, expected: 'a declaration', found: `${column.relation} column` });
      continue;
    }
    if (own.entity.relation !== column.relation)
      drifts.push({ kind: 'relation', name, expected: own.entity.relation, found: column.relation });
    if (plainType(own.field.type) !== plainType(column.type))
      drifts.push({ kind: 'type', name, expected: plainType(own.field.type), found: plainType(column.type) });
  }
  for (const name of declared.keys()) {
    if (!found.has(name)) drifts.push({ kind: 'absent', name, expected: 'a column', found: 'nothing' });
  }
  return drifts;
}

/** The comment of a column: what protects it, as canonical JSON. */
function commentOf({ field, entity }: DeclaredColumn): string {
  const { name: _name, entity: _entity, key: _key, kind: _kind, type: _type, title: _title, ...protection } = field;
  return canonicalJson({ ...protection, access: entity.access });
}

function commentDrifts(columns: readonly Column[], catalogue: Catalogue): Drift[] {
  const declared = declaredColumns(catalogue);
  return columns.flatMap((column): Drift[] => {
    const name = `${column.entity}.${column.key}`;
    const own = declared.get(name);
    if (own === undefined || column.comment === commentOf(own)) return [];
    return [{ kind: 'comment', name, expected: commentOf(own), found: column.comment ?? 'no comment' }];
  });
}

/** Under a new catalogue: comments that no catalogue can have written, and protection that became weaker. */
function loweredDrifts(columns: readonly Column[], catalogue: Catalogue, acknowledged: readonly string[]): Drift[] {
  const declared = declaredColumns(catalogue);
  return columns.flatMap((column): Drift[] => {
    const name = `${column.entity}.${column.key}`;
    const own = declared.get(name);
    if (own === undefined || column.comment === null || acknowledged.includes(name)) return [];
    const before = protectionIn(column.comment);
    if (before === undefined) return [{ kind: 'comment', name, expected: 'a declaration', found: column.comment.slice(0, 80) }];
    const weaker = lowered(before, { ...own.field, access: own.entity.access });
    return weaker.length === 0 ? [] : [{ kind: 'lowered', name, expected: 'an acknowledgement', found: weaker.join(', ') }];
  });
}

function protectionIn(comment: string): Protection | undefined {
  try {
    const read = JSON.parse(comment) as Protection;
    return typeof read === 'object' && read !== null && 'class' in read && 'outbound' in read ? read : undefined;
  } catch {
    return undefined;
  }
}

async function writeComments(query: CatalogueQuery, columns: readonly Column[], catalogue: Catalogue): Promise<void> {
  const declared = declaredColumns(catalogue);
  const statements = columns.map((column) => {
    const own = declared.get(`${column.entity}.${column.key}`) as DeclaredColumn;
    const [schema = '', relation = ''] = column.entity.split('.');
    return `COMMENT ON COLUMN ${identifier(schema)}.${identifier(relation)}.${identifier(column.key)} IS ${literal(commentOf(own))}`;
  });
  if (statements.length > 0) await query(statements.join(';\n'));
}

function fingerprintOf(catalogue: Catalogue): string {
  const all = canonicalJson([...declaredColumns(catalogue)].map(([name, own]) => [name, own.field.type, commentOf(own)]));
  return `meridian catalogue ${createHash('sha256').update(all).digest('hex')}`;
}
