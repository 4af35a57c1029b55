import { createHash } from 'node:crypto';
import { type CatalogueQuery, ROLES } from '@meridian/catalog';
import { CLIENT_ROLE, CLIENT_TABLES } from './client-tables.ts';
import { problem } from './problems.ts';

/** pg_advisory_xact_lock key of applying row security. */
const LOCK = 0x726f_7773;

/** Functions that would let a single statement take another role, or run texts in one that a statement before it took. */
const CLOSED = [
  ...['set_config(text, text, boolean)', 'query_to_xml(text, boolean, boolean, text)'],
  ...['query_to_xmlschema(text, boolean, boolean, text)', 'query_to_xml_and_xmlschema(text, boolean, boolean, text)'],
  ...['cursor_to_xml(refcursor, integer, boolean, boolean, text)', 'table_to_xml(regclass, boolean, boolean, text)'],
] as const;

/** A policy as it is wanted. The programs need theirs: enabled row security hides every row that no policy shows. */
interface Policy {
  readonly name: string;
  readonly sql: string;
}

const policiesOf = (name: string, own: string): Policy[] =>
  [
    { name: 'client_own', sql: `AS PERMISSIVE FOR SELECT TO ${CLIENT_ROLE} USING (${own})` },
    { name: 'programs', sql: `AS PERMISSIVE FOR ALL TO ${ROLES.app} USING (true) WITH CHECK (true)` },
    { name: 'reports', sql: `AS PERMISSIVE FOR SELECT TO ${ROLES.reader} USING (true)` },
  ].map(({ name: policy, sql }) => ({ name: policy, sql: `CREATE POLICY ${policy} ON ${name} ${sql}` }));

/**
 * Writes the row-level security of client reading into the database and checks it: role, rights on columns, policies,
 * and that the role reaches nothing else. Idempotent; call it in the transaction of `applyCatalogue`, after it. Tables
 * that no migration has made yet are left out.
 * @throws Problem ROW_SECURITY_DRIFT: the process must not start
 */
export async function applyRowSecurity(query: CatalogueQuery): Promise<void> {
  await query(`SELECT pg_advisory_xact_lock(${LOCK})`);
  const missing = [CLIENT_ROLE, ...Object.values(ROLES)].map(
    (role) => `IF to_regrole('${role}') IS NULL THEN CREATE ROLE ${role} NOLOGIN; END IF;`,
  );
  await query(`DO $$ BEGIN ${missing.join(' ')} END $$`);
  const there = await existingTables(query);
  const schemas = new Set(['security', ...there.map((name) => name.split('.')[0] as string)]);
  await query(
    [
      ...[...schemas].map((schema) => `GRANT USAGE ON SCHEMA ${schema} TO ${CLIENT_ROLE}`),
      `GRANT USAGE ON SCHEMA security TO ${ROLES.app}`,
      // The programs may take the role; without taking it they have nothing of it.
      `GRANT ${CLIENT_ROLE} TO ${ROLES.app}, CURRENT_USER WITH INHERIT FALSE, SET TRUE`,
      `GRANT EXECUTE ON FUNCTION security.enter_clients(bigint[]) TO ${ROLES.app}`,
      `GRANT EXECUTE ON FUNCTION security.client_ids() TO ${CLIENT_ROLE}`,
      ...CLOSED.map((name) => `REVOKE EXECUTE ON FUNCTION pg_catalog.${name} FROM PUBLIC`),
      ...CLOSED.map((name) => `GRANT EXECUTE ON FUNCTION pg_catalog.${name} TO ${ROLES.app}, ${ROLES.reader}`),
    ].join(';\n'),
  );
  for (const name of there) await guard(query, name);
  const faults = await rowSecurityFaults(query);
  if (faults.length > 0) throw problem('ROW_SECURITY_DRIFT', { count: faults.length, first: faults[0] as string });
}

async function existingTables(query: CatalogueQuery): Promise<string[]> {
  const { rows } = await query(
    `SELECT name FROM unnest(ARRAY[${names}]) AS name WHERE to_regclass(name) IS NOT NULL ORDER BY name`,
  );
  return (rows as { name: string }[]).map((row) => row.name);
}

const names = Object.keys(CLIENT_TABLES)
  .map((name) => `'${name}'`)
  .join(', ');

interface StoredPolicy {
  readonly name: string;
  /** What the policy says now, as the database writes it. */
  readonly text: string;
  readonly comment: string | null;
}

/** A changed policy is found by the hash of its own text, kept in its comment beside the hash of what was asked for. */
async function guard(query: CatalogueQuery, name: string): Promise<void> {
  const { columns, own } = CLIENT_TABLES[name] as (typeof CLIENT_TABLES)[string];
  const wanted = policiesOf(name, own);
  await query(`GRANT SELECT (${columns.join(', ')}) ON ${name} TO ${CLIENT_ROLE}`);
  const { rows } = await query(`SELECT relrowsecurity AS on FROM pg_class WHERE oid = '${name}'::regclass`);
  const stored = await storedPolicies(query, name);
  const isSame =
    (rows[0] as { on: boolean }).on &&
    stored.length === wanted.length &&
    wanted.every(({ name: policy, sql }) => {
      const found = stored.find((each) => each.name === policy);
      return found !== undefined && found.comment === sealOf(sql, found.text);
    });
  if (isSame) return;
  await query(
    [
      `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY`,
      ...stored.map((policy) => `DROP POLICY "${policy.name.replaceAll('"', '""')}" ON ${name}`),
      ...wanted.map(({ sql }) => sql),
    ].join(';\n'),
  );
  const written = await storedPolicies(query, name);
  const comments = wanted.map(({ name: policy, sql }) => {
    const { text } = written.find((each) => each.name === policy) as StoredPolicy;
    return `COMMENT ON POLICY ${policy} ON ${name} IS '${sealOf(sql, text)}'`;
  });
  await query(comments.join(';\n'));
}

async function storedPolicies(query: CatalogueQuery, name: string): Promise<StoredPolicy[]> {
  const { rows } = await query(`
    SELECT polname AS name, obj_description(oid, 'pg_policy') AS comment,
           concat_ws(' ', polcmd, polpermissive, polroles::regrole[]::text, pg_get_expr(polqual, polrelid),
                     pg_get_expr(polwithcheck, polrelid)) AS text
      FROM pg_policy WHERE polrelid = '${name}'::regclass`);
  return rows as StoredPolicy[];
}

const sealOf = (sql: string, text: string): string =>
  `meridian ${createHash('sha256').update(`${sql}\n${text}`).digest('hex')}`;

/** Whatever would let a client's reading reach more than {@link CLIENT_TABLES} says, in words; none on a sound database. */
export async function rowSecurityFaults(query: CatalogueQuery): Promise<string[]> {
  const { rows } = await query(FAULTS);
  return (rows as { fault: string }[]).map((row) => row.fault);
}

const columnsWanted = Object.entries(CLIENT_TABLES).flatMap(([name, { columns }]) =>
  columns.map((column) => `('${name}', '${column}')`),
);

const ROLE_FAULTS = `
  SELECT 'the role has attributes of its own' AS fault FROM pg_roles
   WHERE rolname = '${CLIENT_ROLE}' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolcanlogin)
  UNION ALL
  SELECT 'the role is a member of ' || roleid::regrole FROM pg_auth_members WHERE member = '${CLIENT_ROLE}'::regrole
  UNION ALL
  SELECT 'the key is without row security' FROM pg_class WHERE oid = 'security.row_key'::regclass AND NOT relrowsecurity
  UNION ALL
  SELECT 'the role does not exist' WHERE to_regrole('${CLIENT_ROLE}') IS NULL`;

/** Relations of ours, and what the role may do to them, granted to it or to everybody. */
const FAULTS = `
  WITH ours AS (
    SELECT c.oid, n.nspname || '.' || c.relname AS name, c.relkind, c.relrowsecurity
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  ), wanted (name, key) AS (VALUES ${columnsWanted.join(', ')})
  ${ROLE_FAULTS}
  UNION ALL
  SELECT 'it reads ' || o.name || '.' || a.attname
    FROM ours o JOIN pg_attribute a ON a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE has_column_privilege('${CLIENT_ROLE}', o.oid, a.attnum, 'SELECT')
     AND NOT EXISTS (SELECT FROM wanted w WHERE w.name = o.name AND w.key = a.attname)
  UNION ALL
  SELECT 'it changes ' || o.name FROM ours o
   WHERE has_table_privilege('${CLIENT_ROLE}', o.oid, 'DELETE, TRUNCATE, TRIGGER')
      OR has_any_column_privilege('${CLIENT_ROLE}', o.oid, 'INSERT, UPDATE, REFERENCES')
  UNION ALL
  SELECT o.name || ' is without row security' FROM ours o
   WHERE o.name IN (SELECT name FROM wanted) AND NOT (o.relkind IN ('r', 'p') AND o.relrowsecurity)
  UNION ALL
  SELECT 'it runs ' || p.oid::regprocedure || ' with the rights of its owner'
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE p.prosecdef AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
     AND has_function_privilege('${CLIENT_ROLE}', p.oid, 'EXECUTE') AND p.oid <> 'security.client_ids()'::regprocedure
   ORDER BY fault`;
