import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import {
  type Access,
  applyCatalogue,
  type Catalogue,
  checkDatabase,
  type Declaration,
  type Drift,
  type FieldLine,
  newCatalogue,
  ROLES,
} from '@meridian/catalog';
import { type Connection, type Database, type ScratchDatabase, scratchDatabase } from './index.ts';

// The catalogue's check of a database, here because this room has a database.

let scratch: ScratchDatabase;
let database: Database;

const TABLES = `
  DROP SCHEMA store CASCADE;
  CREATE SCHEMA shop;
  CREATE TABLE shop.client (id bigint PRIMARY KEY, name text, id_no bytea, opened date, levels bigint[]);
  CREATE TABLE shop.trade (id bigint, client_id bigint, price numeric(20,8), at timestamptz) PARTITION BY RANGE (id);
  CREATE TABLE shop.trade_1 PARTITION OF shop.trade FOR VALUES FROM (0) TO (100);
  CREATE VIEW shop.recent WITH (security_invoker = true) AS SELECT id, price FROM shop.trade;
  CREATE MATERIALIZED VIEW shop.total AS SELECT count(*) AS trades FROM shop.trade;
  CREATE ROLE stranger NOLOGIN`;

/** The catalogue of the tables above, with some fields declared otherwise. */
function shop(changes: Readonly<Record<string, Partial<Declaration> | null>> = {}, access: Access = 'append'): Catalogue {
  const catalogue = newCatalogue();
  const shared = { title: { zh: '测试', en: 'test' }, owner: 'trading', purpose: ['trading'] } as const;
  const sealed = { sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 4, mask: 'full' } as const;
  const lines = (entity: string, own: Record<string, FieldLine>) => {
    const changed: Record<string, FieldLine> = {};
    for (const [key, line] of Object.entries(own)) {
      const change = changes[`${entity}.${key}`];
      if (change !== null) changed[key] = { ...(typeof line === 'string' ? { type: line } : line), ...change };
    }
    for (const [name, change] of Object.entries(changes)) {
      const key = name.slice(entity.length + 1);
      if (name.startsWith(`${entity}.`) && !(key in own) && change !== null) changed[key] = { type: 'text', ...change };
    }
    return changed;
  };
  catalogue.entity(
    'shop.client',
    shared,
    lines('shop.client', {
      id: 'bigint',
      name: { type: 'text', ...sealed, mask: 'name' },
      id_no: { type: 'bytea', ...sealed, storage: 'sealed' },
      opened: 'date',
      levels: 'bigint[]',
    }),
  );
  catalogue.entity(
    'shop.trade',
    { ...shared, access },
    lines('shop.trade', { id: 'int8', client_id: 'bigint', price: 'numeric(20,8)', at: 'timestamptz' }),
  );
  catalogue.entity(
    'shop.recent',
    { ...shared, relation: 'view' },
    lines('shop.recent', { id: 'bigint', price: 'numeric(20,8)' }),
  );
  catalogue.entity('shop.total', { ...shared, relation: 'matview' }, lines('shop.total', { trades: 'bigint' }));
  return catalogue;
}

before(async () => {
  scratch = await scratchDatabase();
  database = scratch.database;
  await database.connection((c) => c.script(TABLES));
  await database.transaction((tx) => applyCatalogue(tx.query, { catalogue: shop() }));
});
after(() => scratch.remove());

class Undo extends Error {}

/** Runs `work` in a transaction that is rolled back. */
async function trial<T>(work: (tx: Connection) => Promise<T>): Promise<T> {
  let result: T | undefined;
  await database
    .transaction(async (tx) => {
      result = await work(tx);
      throw new Undo();
    })
    .catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });
  return result as T;
}

const comment = (field: string, change: string) =>
  `DO $$ BEGIN EXECUTE format('COMMENT ON COLUMN ${field} IS %L', ${change.replace('OLD', `(SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = '${field.split('.').slice(0, 2).join('.')}'::regclass AND attname = '${field.split('.')[2]}')`)}); END $$`;

/** A change of the database, and the drift that must be found. */
const DATABASE_MUTATIONS: Record<string, [sql: string, kind: Drift['kind'], name: string]> = {
  'column added': ['ALTER TABLE shop.client ADD phone text', 'undeclared', 'shop.client.phone'],
  'column added to a partitioned table': ['ALTER TABLE shop.trade ADD note text', 'undeclared', 'shop.trade.note'],
  'column dropped': ['ALTER TABLE shop.client DROP opened', 'absent', 'shop.client.opened'],
  'column renamed': ['ALTER TABLE shop.client RENAME opened TO since', 'undeclared', 'shop.client.since'],
  'bigint made integer': ['ALTER TABLE shop.client ALTER id TYPE integer', 'type', 'shop.client.id'],
  'text bounded': ['ALTER TABLE shop.client ALTER name TYPE varchar(40)', 'type', 'shop.client.name'],
  'ciphertext made text': [
    `ALTER TABLE shop.client ALTER id_no TYPE text USING encode(id_no, 'hex')`,
    'type',
    'shop.client.id_no',
  ],
  'date made timestamptz': ['ALTER TABLE shop.client ALTER opened TYPE timestamptz', 'type', 'shop.client.opened'],
  'array made scalar': ['ALTER TABLE shop.client ALTER levels TYPE bigint USING levels[1]', 'type', 'shop.client.levels'],
  'scale of a number changed': [
    'DROP VIEW shop.recent; ALTER TABLE shop.trade ALTER price TYPE numeric(20,4)',
    'type',
    'shop.trade.price',
  ],
  'time zone dropped': ['ALTER TABLE shop.trade ALTER at TYPE timestamp', 'type', 'shop.trade.at'],
  'table added': ['CREATE TABLE shop.extra (a int)', 'undeclared', 'shop.extra.a'],
  'table added in public': ['CREATE TABLE public.extra (a int)', 'undeclared', 'public.extra.a'],
  'table added in a new schema': ['CREATE SCHEMA hidden; CREATE TABLE hidden.extra (a int)', 'undeclared', 'hidden.extra.a'],
  'unlogged table added': ['CREATE UNLOGGED TABLE shop.cache (a int)', 'undeclared', 'shop.cache.a'],
  'partitioned table added': ['CREATE TABLE shop.parts (a int) PARTITION BY LIST (a)', 'undeclared', 'shop.parts.a'],
  'child table added': ['CREATE TABLE shop.child (more text) INHERITS (shop.client)', 'undeclared', 'shop.child.name'],
  'table copied': ['CREATE TABLE shop.copy AS SELECT * FROM shop.client', 'undeclared', 'shop.copy.name'],
  'foreign table added': [
    'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE shop.abroad (a int) SERVER s',
    'undeclared',
    'shop.abroad.a',
  ],
  'table dropped': ['DROP TABLE shop.client', 'absent', 'shop.client.id'],
  'table renamed': ['ALTER TABLE shop.client RENAME TO customer', 'undeclared', 'shop.customer.id'],
  'table moved to another schema': ['ALTER TABLE shop.client SET SCHEMA public', 'absent', 'shop.client.id'],
  'table replaced by a view': [
    'DROP TABLE shop.client; CREATE VIEW shop.client WITH (security_invoker) AS SELECT 1::bigint AS id',
    'relation',
    'shop.client.id',
  ],
  'view added': [
    'CREATE VIEW shop.names WITH (security_invoker = true) AS SELECT name FROM shop.client',
    'undeclared',
    'shop.names.name',
  ],
  'view widened': [
    'CREATE OR REPLACE VIEW shop.recent WITH (security_invoker = true) AS SELECT id, price, client_id FROM shop.trade',
    'undeclared',
    'shop.recent.client_id',
  ],
  'view dropped': ['DROP VIEW shop.recent', 'absent', 'shop.recent.id'],
  'view made to read with its owner’s rights': [
    'ALTER VIEW shop.recent RESET (security_invoker)',
    'relation',
    'shop.recent.id',
  ],
  'view made a materialized view': [
    'DROP VIEW shop.recent; CREATE MATERIALIZED VIEW shop.recent AS SELECT id, price FROM shop.trade',
    'relation',
    'shop.recent.id',
  ],
  'materialized view added': [
    'CREATE MATERIALIZED VIEW shop.leak AS SELECT name FROM shop.client',
    'undeclared',
    'shop.leak.name',
  ],
  'materialized view dropped': ['DROP MATERIALIZED VIEW shop.total', 'absent', 'shop.total.trades'],
  'comment: class lowered': [
    comment('shop.client.name', `replace(OLD, '"sensitive":true', '"sensitive":false')`),
    'comment',
    'shop.client.name',
  ],
  'comment: retention shortened': [comment('shop.client.name', `replace(OLD, 'P20Y', 'P2Y')`), 'comment', 'shop.client.name'],
  'comment: mask dropped': [
    comment('shop.client.name', `replace(OLD, '"mask":"name"', '"mask":"none"')`),
    'comment',
    'shop.client.name',
  ],
  'comment: a blank more': [comment('shop.client.name', `OLD || ' '`), 'comment', 'shop.client.name'],
  'comment: prose instead': [`COMMENT ON COLUMN shop.client.name IS 'the name'`, 'comment', 'shop.client.name'],
  'comment removed': ['COMMENT ON COLUMN shop.trade.price IS NULL', 'comment', 'shop.trade.price'],
  'everybody may read': ['GRANT SELECT ON shop.client TO PUBLIC', 'grant', 'shop.client PUBLIC SELECT'],
  'a stranger may read': ['GRANT SELECT ON shop.client TO stranger', 'grant', 'shop.client stranger SELECT'],
  'a stranger may read a column': [
    'GRANT SELECT (name) ON shop.client TO stranger',
    'grant',
    'shop.client stranger SELECT(name)',
  ],
  'the reader may read a sensitive column': [
    'GRANT SELECT (name) ON shop.client TO meridian_reader',
    'grant',
    'shop.client meridian_reader SELECT(name)',
  ],
  'the reader may read whole rows': [
    'GRANT SELECT ON shop.client TO meridian_reader',
    'grant',
    'shop.client meridian_reader SELECT',
  ],
  'the reader may pass its right on': [
    'GRANT SELECT (id) ON shop.client TO meridian_reader WITH GRANT OPTION',
    'grant',
    'shop.client meridian_reader SELECT(id) WITH GRANT OPTION',
  ],
  'the program may rewrite what is append-only': [
    'GRANT UPDATE ON shop.trade TO meridian_app',
    'grant',
    'shop.trade meridian_app UPDATE',
  ],
  'the program may empty a table': [
    'GRANT TRUNCATE ON shop.client TO meridian_app',
    'grant',
    'shop.client meridian_app TRUNCATE',
  ],
  'the program may no longer read': [
    'REVOKE SELECT ON shop.client FROM meridian_app',
    'grant',
    'shop.client meridian_app SELECT',
  ],
  'the reader may no longer read a column': [
    'REVOKE SELECT (opened) ON shop.client FROM meridian_reader',
    'grant',
    'shop.client meridian_reader SELECT(opened)',
  ],
};

for (const [name, [sql, kind, where]] of Object.entries(DATABASE_MUTATIONS)) {
  test(`[DS-2] drift of the database is found: ${name}`, async () => {
    const drifts = await trial(async (tx) => {
      await tx.script(sql);
      return checkDatabase(tx.query, shop());
    });
    assert.ok(
      drifts.some((drift) => drift.kind === kind && drift.name === where),
      JSON.stringify(drifts.slice(0, 3)),
    );
  });
}

test('[DS-1] without drift nothing is found, and applying again changes nothing', async () => {
  assert.deepEqual(await checkDatabase(database.query, shop()), []);
  await database.transaction((tx) => applyCatalogue(tx.query, { catalogue: shop() }));
  assert.deepEqual(await checkDatabase(database.query, shop()), []);
});

test('[DS-1] any drift but that of rights keeps the process from starting; rights are restored', async () => {
  for (const [name, [sql, kind]] of Object.entries(DATABASE_MUTATIONS)) {
    await trial(async (tx) => {
      await tx.script(sql);
      const apply = applyCatalogue(tx.query, { catalogue: shop() });
      if (kind !== 'grant') return assert.rejects(apply, (e) => isProblem(e, 'CATALOGUE_DRIFT'), name);
      await apply;
      return assert.deepEqual(await checkDatabase(tx.query, shop()), [], name);
    });
  }
});

const spi: Partial<Declaration> = { type: 'text', sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 4, mask: 'name' };
/** A change of the program's catalogue against the database that the last version left. */
const CATALOGUE_MUTATIONS: Record<string, [Parameters<typeof shop>[0], Drift['kind']]> = {
  'field no longer declared': [{ 'shop.client.opened': null }, 'undeclared'],
  'field declared without a column': [{ 'shop.client.phone': { type: 'text' } }, 'absent'],
  'type declared otherwise': [{ 'shop.client.opened': { type: 'text' } }, 'type'],
  'no longer sensitive': [{ 'shop.client.name': { ...spi, sensitive: false, pi: 'none' } }, 'lowered'],
  'no longer personal information': [{ 'shop.client.name': { ...spi, pi: 'none' } }, 'lowered'],
  'JR/T 0158 level lowered': [{ 'shop.client.name': { ...spi, jrt0158: 2 } }, 'lowered'],
  'JR/T 0197 level lowered': [{ 'shop.client.name': { ...spi, jrt0197: 3 } }, 'lowered'],
  'mask weakened': [{ 'shop.client.id_no': { mask: 'id' } }, 'lowered'],
  'no longer sealed': [{ 'shop.client.id_no': { storage: 'plain' } }, 'lowered'],
  'outbound channel opened': [{ 'shop.trade.price': { outbound: ['hedge-order'] } }, 'lowered'],
  'opened to models': [{ 'shop.trade.price': { ai: 'yes' } }, 'lowered'],
};

for (const [name, [changes, kind]] of Object.entries(CATALOGUE_MUTATIONS)) {
  test(`[DS-2] a new version of the catalogue is refused: ${name}`, async () => {
    await trial(async (tx) => {
      await assert.rejects(
        applyCatalogue(tx.query, { catalogue: shop(changes) }),
        (e) => isProblem(e, 'CATALOGUE_DRIFT') && e.message.includes(`(${kind})`),
      );
      if (kind === 'lowered')
        await applyCatalogue(tx.query, { catalogue: shop(changes), acknowledged: Object.keys(changes ?? {}) });
    });
  });
}

test('[DS-2] a new version of the catalogue is refused: what was append-only may be rewritten', async () => {
  await trial(async (tx) => {
    await assert.rejects(
      applyCatalogue(tx.query, { catalogue: shop({}, 'write') }),
      (e) => isProblem(e, 'CATALOGUE_DRIFT') && /access/.test(e.message),
    );
    await applyCatalogue(tx.query, { catalogue: shop({}, 'read') });
  });
});

test('[DS-2] core to important to general is lowering; a new version may raise protection unasked', async () => {
  const important = { class: 'important', jrt0158: 4, jrt0197: 5 } as const;
  await trial(async (tx) => {
    await applyCatalogue(tx.query, { catalogue: shop({ 'shop.trade.price': important }) });
    await applyCatalogue(tx.query, { catalogue: shop({ 'shop.trade.price': { ...important, class: 'core' } }) });
    const lower = applyCatalogue(tx.query, { catalogue: shop({ 'shop.trade.price': important }) });
    await assert.rejects(lower, (e) => isProblem(e, 'CATALOGUE_DRIFT') && /class/.test(e.message));
  });
});

test('[DS-7] the reader sees what is not sensitive, the program cannot rewrite what is append-only', async () => {
  await trial(async (tx) => {
    await tx.script(`SET LOCAL ROLE ${ROLES.reader}`);
    await tx.query('SELECT id, opened FROM shop.client');
    await tx.script('SAVEPOINT a');
    await assert.rejects(tx.query('SELECT name FROM shop.client'), /permission denied/);
    await tx.script('ROLLBACK TO a; RESET ROLE');
    await tx.script(`SET LOCAL ROLE ${ROLES.app}; SAVEPOINT b`);
    await tx.query('INSERT INTO shop.trade VALUES (1, 1, 1, now())');
    await assert.rejects(tx.query('DELETE FROM shop.trade'), /permission denied/);
  });
});
