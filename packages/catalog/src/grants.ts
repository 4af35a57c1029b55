import { type CatalogueQuery, declaredColumns, identifier } from './columns.ts';
import type { Drift } from './drift.ts';
import { type Access, type Catalogue, catalogue as house } from './registry.ts';

/**
 * The two roles of the programs: `app` reads and writes as the entities allow; `reader` (reports, analysts, tools) sees
 * only columns that are not sensitive. Both without login: a login is granted one of them. DS-7.
 */
export const ROLES = { app: 'meridian_app', reader: 'meridian_reader' } as const;

const PRIVILEGES: Readonly<Record<Access, readonly string[]>> = {
  write: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'],
  append: ['INSERT', 'SELECT'],
  read: ['SELECT'],
};

/** "table", "role", "privilege" (column privileges as "SELECT(column)"). */
type Grant = string;

const grantOf = (entity: string, role: string, privilege: string): Grant => `${entity} ${role} ${privilege}`;

/** Rights that a room may grant to a further role, row by row, once it has guarded the rows. */
const guarded = new Set<Grant>();

/**
 * Declares the columns of the house's tables that a further role may read. The catalogue does not grant them: a right on
 * a column alone would show all rows, so that the declaring room grants it together with its policies. DS-7.
 */
export function declareGuardedReading(role: string, columns: Readonly<Record<string, readonly string[]>>): void {
  for (const [entity, keys] of Object.entries(columns))
    for (const key of keys) guarded.add(grantOf(entity, role, `SELECT(${key})`));
}

/** Every right on our relations that somebody else than the owner holds. */
const GRANTS = `
  WITH ours AS (
    SELECT c.oid, n.nspname || '.' || c.relname AS entity, c.relacl, c.relowner
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
       AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  ), held AS (
    SELECT o.entity, o.relowner, x.grantee, x.privilege_type AS privilege, x.is_grantable, NULL::name AS key
      FROM ours o, aclexplode(o.relacl) x
    UNION ALL
    SELECT o.entity, o.relowner, x.grantee, x.privilege_type, x.is_grantable, a.attname
      FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped, aclexplode(a.attacl) x
  )
  SELECT entity, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END AS role,
         privilege || CASE WHEN key IS NULL THEN '' ELSE '(' || key || ')' END
                   || CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS privilege
    FROM held WHERE grantee <> relowner`;

function declaredGrants(catalogue: Catalogue): Set<Grant> {
  const grants = new Set<Grant>();
  for (const { field, entity } of declaredColumns(catalogue).values()) {
    const access: Access = entity.relation === 'table' ? entity.access : 'read';
    for (const privilege of PRIVILEGES[access]) grants.add(grantOf(field.entity, ROLES.app, privilege));
    if (!field.sensitive) grants.add(grantOf(field.entity, ROLES.reader, `SELECT(${field.key})`));
  }
  return grants;
}

/** Whether a right that is held may be held. */
function isMeant(grant: Grant, declared: ReadonlySet<Grant>, catalogue: Catalogue): boolean {
  return declared.has(grant) || (catalogue === house && guarded.has(grant));
}

async function heldGrants(query: CatalogueQuery): Promise<Set<Grant>> {
  const { rows } = await query(GRANTS);
  return new Set(
    (rows as { entity: string; role: string; privilege: string }[]).map((row) => grantOf(row.entity, row.role, row.privilege)),
  );
}

export async function grantDrifts(query: CatalogueQuery, catalogue: Catalogue): Promise<Drift[]> {
  const declared = declaredGrants(catalogue);
  const held = await heldGrants(query);
  const drift = (grant: Grant, expected: string, found: string): Drift => ({ kind: 'grant', name: grant, expected, found });
  return [
    ...[...declared].filter((grant) => !held.has(grant)).map((grant) => drift(grant, 'granted', 'not granted')),
    ...[...held].filter((grant) => !isMeant(grant, declared, catalogue)).map((grant) => drift(grant, 'not granted', 'granted')),
  ];
}

/** Grants what is declared and takes away what is not. */
export async function restoreGrants(query: CatalogueQuery, catalogue: Catalogue): Promise<void> {
  const roles = Object.values(ROLES).map(
    (role) => `IF to_regrole('${role}') IS NULL THEN CREATE ROLE ${role} NOLOGIN; END IF;`,
  );
  await query(`DO $$ BEGIN ${roles.join(' ')} END $$`);
  const declared = declaredGrants(catalogue);
  const excess = [...(await heldGrants(query))].filter((grant) => !isMeant(grant, declared, catalogue));
  if (excess.length > 0) await query(excess.map((grant) => statement('REVOKE', grant)).join(';\n'));
  // Taking a right on a table away takes the same right on its columns along: only now is it known what is missing.
  const held = await heldGrants(query);
  const missing = [...declared].filter((grant) => !held.has(grant)).map((grant) => statement('GRANT', grant));
  const schemas = new Set([...declaredColumns(catalogue).values()].map(({ field }) => field.entity.split('.')[0] as string));
  const usage = [...schemas].map((schema) => `GRANT USAGE ON SCHEMA ${identifier(schema)} TO ${ROLES.app}, ${ROLES.reader}`);
  if (usage.length > 0) await query([...usage, ...missing].join(';\n'));
}

function statement(verb: 'GRANT' | 'REVOKE', grant: Grant): string {
  const [entity = '', role = '', ...rest] = grant.split(' ');
  const [schema = '', relation = ''] = entity.split('.');
  const match = /^(\w+)(?:\((.*)\))?( WITH GRANT OPTION)?$/.exec(rest.join(' '));
  const [, privilege = '', key] = match ?? [];
  const columns = key === undefined ? '' : ` (${identifier(key)})`;
  const grantee = role === 'PUBLIC' ? 'PUBLIC' : identifier(role);
  const cascade = verb === 'REVOKE' ? ' CASCADE' : '';
  return `${verb} ${privilege}${columns} ON ${identifier(schema)}.${identifier(relation)} ${verb === 'GRANT' ? 'TO' : 'FROM'} ${grantee}${cascade}`;
}
