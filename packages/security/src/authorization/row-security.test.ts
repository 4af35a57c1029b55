import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { applyCatalogue, checkDatabase, entity } from '@meridian/catalog';
import {
  type Database,
  migrate,
  openDatabase,
  type Queryable,
  type ScratchDatabase,
  scratchDatabase,
  sqlState,
} from '@meridian/store';
import type { Principal } from '../principal.ts';
import '../index.ts';
import { asClient } from './client-reading.ts';
import { CLIENT_TABLES } from './client-tables.ts';
import { applyRowSecurity, rowSecurityFaults } from './row-security.ts';

const packages = path.join(import.meta.dirname, '..', '..', '..');
const migrations = ['security', 'reference', 'accounts', 'clearing'].map((room) => path.join(packages, room, 'migrations'));

let scratch: ScratchDatabase;
let database: Database;
/** One connection only, so that every transaction meets what the one before left behind. */
let single: Database;

const apply = () => database.transaction((tx) => applyRowSecurity((sql) => tx.query(sql)));

before(async () => {
  scratch = await scratchDatabase(migrations);
  database = scratch.database;
  single = openDatabase({ url: scratch.postgres.url, connectionsMax: 1 });
  for (const client of [1, 2, 3]) await plant(client);
  await apply();
});
after(async () => {
  await single.close();
  await scratch.remove();
});

/** Rows of one client in every table that clients read, with the checks of other rooms off; a house contract beside them. */
const plant = (n: number) =>
  database.connection((c) =>
    c.script(`
      SET session_replication_role = replica;
      INSERT INTO accounts.client VALUES (${n}, 'C${n}', 1, NULL, NULL, 'CN', 'open', 1);
      INSERT INTO accounts.client_name VALUES (${n}, '2026-01-01', '测试', 'test');
      INSERT INTO accounts.agreement VALUES (${n}, ${n}, 1, 'ISDA', '2026-01-01', NULL);
      INSERT INTO accounts.master_account VALUES (1${n}, ${n}, 1, 'CNY', 'open');
      INSERT INTO accounts.sub_account VALUES (2${n}, 1${n}, 1, 'S', 'onshore', 'open');
      INSERT INTO accounts.business_account
        VALUES (3${n}, 2${n}, 1${n}, ${n}, 'B', 'trs', 1, 1, ${n}, 'local', 'USD', 1, 1, 100000, 0, 0, 0, 0, 2, 5, 5, 'open');
      INSERT INTO accounts.ledger_account (id, entity, code, pool, sub, currency, normal_side, posted)
        VALUES (4${n}, 1, '2010', 'onshore', 2${n}, 'CNY', -1, -${n}00);
      INSERT INTO accounts.posting VALUES (${n}, 0, 4${n}, 'CNY', -${n}00, -${n}00, 1);
      INSERT INTO accounts.position VALUES (3${n}, 7, ${n}, 0, 0);
      INSERT INTO accounts.fill (market, seq, k, at, trade_date, order_id, account, listing, side, effect, quantity, price,
                                 exec_type, state, delta, hold, rate_set)
        VALUES ('XNYS', ${n}, 0, 1, '2026-01-05', ${n}, 3${n}, 7, 1, 1, 10, 100, 'F', 'provisional', 10, 0, 1);
      INSERT INTO accounts.contract
        VALUES (5${n}, 'U${n}', 1, 1, ${n}, ${n}, 1${n}, 2${n}, 3${n}, 7, 'long', 'local', 'USD', 'open', NULL, 2, '{}',
                '2026-01-05', NULL, 1),
               (6${n}, 'H${n}', 1, 1, NULL, NULL, NULL, NULL, NULL, 7, 'long', 'local', 'USD', 'open', 5${n}, 2, '{}',
                '2026-01-05', NULL, 1);
      INSERT INTO accounts.contract_lot VALUES (5${n}, 1, '2026-01-05', 1, 1, 1), (6${n}, 1, '2026-01-05', 1, 1, 1);
      INSERT INTO accounts.contract_version VALUES (5${n}, 1, 'b', '{}'), (6${n}, 1, 'b', '{}');
      INSERT INTO accounts.margin_call
        VALUES ('M${n}', ${n}, 1${n}, 'CNY', 1, 1, 2, 'raised', NULL, 1, 1, '{}');
      INSERT INTO accounts.client_day VALUES (${n}, '2026-01-05', 1, '[]', 'h', 1);
      INSERT INTO clearing.document VALUES
        ('d${n}', 'b', 1, 'statement', ${n}, 'html', 'f', 'h', ''), ('r${n}', 'b', 1, 'failure-report', ${n}, 'html', 'f', 'h', '');
      INSERT INTO accounts.ledger_account (id, entity, code, currency, normal_side) VALUES (9${n}, ${n}, '1010', 'CNY', 1);
      INSERT INTO accounts.posting VALUES (${n}, 1, 9${n}, 'CNY', ${n}00, ${n}00, 1)`),
  );

const principal = (...clients: bigint[]): Principal => ({
  ...{ user: 'client', duties: ['client'], jurisdiction: 'CN', clients, entities: [1n], session: 's', since: 0, strong: true },
});
const ONE = principal(1n);
const countOf = async (reads: Queryable, name: string) =>
  Number((await reads.query<{ n: bigint }>(`SELECT count(*) AS n FROM ${name}`)).rows[0]?.n);
const refusedWith =
  (...states: string[]) =>
  (error: unknown) =>
    states.includes(sqlState(error) ?? '');
const DENIED = refusedWith('42501');

describe('[DS-7] a client reads its own rows in every table, and nothing else', () => {
  for (const [name, { columns }] of Object.entries(CLIENT_TABLES))
    test(name, async () => {
      const rowsOf = (who: Principal) =>
        asClient(database, who, (reads) => reads.query(`SELECT ${columns.join(', ')} FROM ${name} ORDER BY 1`));
      const own = await rowsOf(ONE);
      assert.equal(own.rowCount, 1);
      assert.equal((await rowsOf(principal(1n, 3n))).rowCount, 2);
      assert.deepEqual((await rowsOf(principal(1n, 3n))).rows[0], own.rows[0]);
      for (const who of [principal(), principal(77n)]) assert.equal((await rowsOf(who)).rowCount, 0);
      assert.ok((await countOf(database, name)) >= 3);
    });

  test('the row that it reads is its own', async () => {
    const { rows } = await asClient(database, principal(2n), (reads) =>
      reads.query('SELECT p.amount, c.uti FROM accounts.posting p, accounts.contract c'),
    );
    assert.deepEqual(rows, [{ amount: -200n, uti: 'U2' }]);
  });

  test('the programs and the reports still read all of it', async () => {
    for (const role of ['meridian_app', 'meridian_reader'])
      await database.transaction(async (tx) => {
        await tx.query('GRANT USAGE ON SCHEMA accounts TO meridian_app, meridian_reader');
        await tx.query('GRANT SELECT (client) ON accounts.client TO meridian_app, meridian_reader');
        await tx.query(`SET LOCAL ROLE ${role}`);
        assert.equal((await tx.query('SELECT client FROM accounts.client')).rowCount, 3);
        await tx.query('RESET ROLE');
        await tx.query('REVOKE SELECT (client) ON accounts.client FROM meridian_app, meridian_reader');
      });
  });
});

describe('[DS-7] whatever a client-facing statement tries', () => {
  const trying = (sql: string) => asClient(database, ONE, (reads) => reads.query(sql));

  test('other tables, other columns and every change are refused', async () => {
    for (const sql of [
      'SELECT name_zh FROM accounts.client_name',
      'SELECT hedge_entity FROM accounts.contract',
      'SELECT * FROM accounts.contract',
      'SELECT transfer_spread_ppm FROM accounts.business_account',
      'SELECT cause FROM accounts.margin_call',
      'SELECT * FROM accounts.lease',
      'SELECT * FROM security.audit_entry',
      'SELECT inner_pad FROM security.row_key',
      `SELECT security.sealed_clients('2')`,
      `SELECT security.enter_clients('{2}')`,
      `SELECT * FROM pg_authid`,
      `SELECT pg_read_file('/etc/passwd')`,
    ])
      await assert.rejects(trying(sql), DENIED, sql);
    for (const sql of [
      `UPDATE accounts.position SET quantity = 0`,
      'DELETE FROM accounts.client',
      'CREATE TABLE accounts.x (a int)',
      'CREATE TEMP TABLE x AS SELECT 1',
    ])
      await assert.rejects(trying(sql), refusedWith('42501', '25006'), sql);
  });

  test('a forged, altered or foreign context is refused', async () => {
    let seen = '';
    await asClient(database, principal(2n), async (reads) => {
      const { rows } = await reads.query<{ seal: string }>(`SELECT current_setting('meridian.clients') AS seal`);
      seen = rows[0]?.seal as string;
    });
    assert.match(seen, /^2\|[0-9a-f]{64}$/);
    const forged = ['2', '1,2', seen, seen.replace('2|', '1|'), `2|${'0'.repeat(64)}`, "2|' OR true --", '|', '2||'];
    for (const text of forged) {
      const attempt = database.transaction(async (tx) => {
        await tx.query('SET LOCAL ROLE meridian_client');
        await tx.query(`SET LOCAL meridian.clients = '${text.replaceAll("'", "''")}'`);
        return tx.query('SELECT client FROM accounts.client');
      });
      await assert.rejects(attempt, DENIED, text);
    }
  });

  test('neither set_config nor a second statement changes role or context', async () => {
    for (const sql of [
      `SELECT set_config('role', 'none', true)`,
      `SELECT set_config('meridian.clients', '2', true)`,
      `SELECT query_to_xml('SELECT * FROM accounts.client', true, true, '')`,
    ])
      await assert.rejects(trying(sql), DENIED, sql);
    for (const sql of ['SELECT 1; RESET ROLE', 'SELECT 1; COMMIT; SELECT token FROM accounts.client'])
      await assert.rejects(trying(sql), refusedWith('42601'), sql);
  });

  test('a statement that lost its role meets it again in the next', async () => {
    await asClient(database, ONE, async (reads) => {
      await reads.query('RESET ROLE');
      assert.deepEqual((await reads.query('SELECT client FROM accounts.client')).rows, [{ client: 1n }]);
    });
  });

  test('without a context there are no rows', async () => {
    await database.transaction(async (tx) => {
      await tx.query('SET LOCAL ROLE meridian_client');
      for (const name of Object.keys(CLIENT_TABLES)) {
        const { columns } = CLIENT_TABLES[name] as (typeof CLIENT_TABLES)[string];
        assert.equal((await tx.query(`SELECT ${columns[0]} FROM ${name}`)).rowCount, 0, name);
      }
    });
  });

  test('the key shows itself to nobody, not to the programs either', async () => {
    await database.transaction(async (tx) => {
      await tx.query('GRANT SELECT ON security.row_key TO meridian_app');
      await tx.query('SET LOCAL ROLE meridian_app');
      assert.equal((await tx.query('SELECT * FROM security.row_key')).rowCount, 0);
      await tx.query(`SELECT security.enter_clients('{1}')`);
      await tx.query('RESET ROLE');
      await tx.query('REVOKE SELECT ON security.row_key FROM meridian_app');
    });
    assert.equal((await database.query('SELECT * FROM security.row_key')).rowCount, 1);
  });

  test('a context left behind on a connection, whatever way, says nothing to the next transaction', async () => {
    const nextAsClient = () =>
      single.transaction(async (tx) => {
        await tx.query('SET LOCAL ROLE meridian_client');
        return (await tx.query('SELECT client FROM accounts.client')).rowCount;
      });
    await asClient(single, principal(2n), (reads) => reads.query('SELECT 1'));
    assert.equal(await nextAsClient(), 0);
    // For the whole session, as a careless program might have said it: bound to a transaction that is over.
    await single.transaction(async (tx) => {
      await tx.query(`SELECT security.enter_clients('{2}')`);
      await tx.query(`SELECT set_config('meridian.clients', current_setting('meridian.clients'), false)`);
    });
    await assert.rejects(nextAsClient(), DENIED);
    const { rows } = await asClient(single, ONE, (reads) => reads.query('SELECT client FROM accounts.client'));
    assert.deepEqual(rows, [{ client: 1n }]);
  });

  test('an error in the work leaves nothing behind', async () => {
    await assert.rejects(asClient(single, principal(2n), (reads) => reads.query('SELECT 1 / 0')));
    const { rows } = await single.query('SELECT current_user = session_user AS own');
    assert.deepEqual(rows, [{ own: true }]);
  });

  test('the firm’s own people do not read as clients', () => {
    assert.throws(
      () => asClient(database, { ...ONE, duties: ['risk'] }, async () => {}),
      (error) => isProblem(error, 'CLIENT_READING_ONLY'),
    );
  });
});

describe('[DS-7] the process does not start on a database that would show more', () => {
  const openings: Readonly<Record<string, readonly [open: string, close: string]>> = {
    'a view with its owner’s rights': [
      'CREATE VIEW accounts.all_clients AS SELECT token FROM accounts.client; GRANT SELECT ON accounts.all_clients TO meridian_client',
      'DROP VIEW accounts.all_clients',
    ],
    'a right for everybody': ['GRANT SELECT ON accounts.lease TO PUBLIC', 'REVOKE SELECT ON accounts.lease FROM PUBLIC'],
    'one more column': [
      'GRANT SELECT (hedge_entity) ON accounts.contract TO meridian_client',
      'REVOKE SELECT (hedge_entity) ON accounts.contract FROM meridian_client',
    ],
    'a right to change': [
      'GRANT UPDATE ON accounts.position TO meridian_client',
      'REVOKE UPDATE ON accounts.position FROM meridian_client',
    ],
    'a function with its owner’s rights': [
      'CREATE FUNCTION accounts.peek() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$',
      'DROP FUNCTION accounts.peek()',
    ],
    'a role that is more than a client': [
      'GRANT meridian_reader TO meridian_client',
      'REVOKE meridian_reader FROM meridian_client',
    ],
    'a role above the policies': ['ALTER ROLE meridian_client BYPASSRLS', 'ALTER ROLE meridian_client NOBYPASSRLS'],
    'a key that everybody may read': [
      'ALTER TABLE security.row_key DISABLE ROW LEVEL SECURITY',
      'ALTER TABLE security.row_key ENABLE ROW LEVEL SECURITY',
    ],
  };
  for (const [name, [open, close]] of Object.entries(openings))
    test(name, async () => {
      await database.connection((c) => c.script(open));
      try {
        assert.notDeepEqual(await rowSecurityFaults((sql) => database.query(sql)), []);
        await assert.rejects(apply(), (error) => isProblem(error, 'ROW_SECURITY_DRIFT'));
      } finally {
        await database.connection((c) => c.script(close));
      }
      await apply();
    });

  test('what was changed in the policies is mended', async () => {
    const rowsOfAll = () => asClient(database, ONE, (reads) => countOf(reads, '(SELECT token FROM accounts.client)'));
    for (const sql of [
      'ALTER POLICY client_own ON accounts.client USING (true)',
      'CREATE POLICY more ON accounts.client USING (true)',
      'ALTER TABLE accounts.client DISABLE ROW LEVEL SECURITY',
      'DROP POLICY client_own ON accounts.client; CREATE POLICY client_own ON accounts.client USING (true)',
    ]) {
      await database.connection((c) => c.script(sql.replace('meridian_client', '')));
      assert.equal(await rowsOfAll().catch(() => 3), 3, sql);
      await apply();
      assert.equal(await rowsOfAll(), 1, sql);
    }
  });
});

test('applied again, nothing is written', async () => {
  const policies = () => database.query('SELECT oid, xmin::text FROM pg_policy ORDER BY oid');
  const first = await policies();
  await apply();
  assert.deepEqual(await policies(), first);
});

test('a database whose owner is nobody special, and programs that are not its owner, guard the rows as well', async () => {
  await database.connection((c) =>
    c.script(`CREATE ROLE house LOGIN CREATEROLE PASSWORD 'p'; CREATE ROLE program LOGIN PASSWORD 'p'`),
  );
  await database.connection((c) => c.script('GRANT meridian_app, meridian_reader, meridian_client TO house WITH ADMIN OPTION'));
  await database.connection((c) => c.script('CREATE DATABASE house OWNER house'));
  const url = (user: string) => {
    const its = new URL(scratch.postgres.url);
    Object.assign(its, { username: user, password: 'p', pathname: '/house' });
    return its.href;
  };
  const house = openDatabase({ url: url('house') });
  const program = openDatabase({ url: url('program') });
  try {
    await migrate(house, migrations);
    await house.query(
      `INSERT INTO accounts.client SELECT n, 'C' || n, 1, NULL, NULL, 'CN', 'open', 1 FROM generate_series(1, 3) n`,
    );
    await house.transaction((tx) => applyRowSecurity(tx.query));
    await house.query('GRANT meridian_app TO program');
    for (const programs of [house, program]) {
      const { rows } = await asClient(programs, ONE, async (reads) => {
        // Here nobody can take set_config away from everybody; it helps no further than its own statement.
        await reads.query(`SELECT set_config('role', 'none', true)`);
        return reads.query('SELECT client FROM accounts.client');
      });
      assert.deepEqual(rows, [{ client: 1n }]);
      await assert.rejects(
        asClient(programs, ONE, async (reads) => {
          await reads.query(`SELECT set_config('meridian.clients', '2', true)`);
          return reads.query('SELECT client FROM accounts.client');
        }),
        DENIED,
      );
    }
  } finally {
    await house.close();
    await program.close();
  }
});

test('the catalogue neither grants what policies must guard nor takes it away', async () => {
  const alone = await scratchDatabase(migrations.slice(0, 1));
  try {
    const { transaction, connection, query } = alone.database;
    const columns = {
      client: 'bigint',
      token: 'text',
      entity: 'bigint',
      jurisdiction: 'text',
      state: 'text',
      opened_at: 'bigint',
    };
    const title = { zh: '客户', en: 'Clients' };
    entity('accounts.client', { like: 'client', title, owner: 'accounts', purpose: ['onboarding'] }, columns);
    const lines = Object.entries(columns).map(([key, type]) => `${key} ${type}`);
    await connection((c) => c.script(`CREATE SCHEMA accounts; CREATE TABLE accounts.client (${lines.join(', ')})`));
    const held = async () =>
      (
        await query(`SELECT 1 FROM pg_attribute a, aclexplode(a.attacl) x WHERE attrelid = 'accounts.client'::regclass
                      AND x.grantee::regrole::text = 'meridian_client'`)
      ).rowCount;
    await transaction((tx) => applyCatalogue(tx.query));
    assert.equal(await held(), 0);
    await transaction((tx) => applyRowSecurity(tx.query));
    assert.equal(await held(), 6);
    await transaction((tx) => applyCatalogue(tx.query));
    assert.equal(await held(), 6);
    assert.deepEqual(await checkDatabase(query), []);
    // Not for this role alone: the same right of another is taken away, and so is one beyond the declared columns.
    await connection((c) =>
      c.script('GRANT SELECT (token) ON accounts.client TO PUBLIC; GRANT UPDATE (token) ON accounts.client TO meridian_client'),
    );
    assert.equal((await checkDatabase(query)).length, 2);
  } finally {
    await alone.remove();
  }
});
