import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import {
  checkDatabaseVersion,
  copyRows,
  type Database,
  instantParameter,
  openDatabase,
  provideDatabase,
  type Queryable,
  type ScratchDatabase,
  scratchDatabase,
  sqlState,
  startPostgres,
  type Transaction,
  waitForDatabase,
} from './index.ts';

let scratch: ScratchDatabase;
let database: Database;

before(async () => {
  // Committed means on disk here: the tests below kill the server under its writers.
  scratch = await scratchDatabase([], { shared_buffers: '32MB' });
  database = scratch.database;
  await database.query('CREATE TABLE public.entry (id int8 PRIMARY KEY, amount int8 NOT NULL)');
});
after(() => scratch.remove());

/** The server was started again: it is the one that is stopped in the end. */
function serveFrom(postgres: ScratchDatabase['postgres']): void {
  const { dataDir } = scratch;
  const remove = async () => {
    await database.close();
    await postgres.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  };
  scratch = { ...scratch, postgres, remove };
}

test('columns come back exact: int8 as bigint, date as its text, timestamptz to the microsecond, numeric as text', async () => {
  const { rows } = await database.query(
    `SELECT 9223372036854775807::int8 AS a, '{1,NULL,-2}'::int8[] AS b, '2013-10-07'::date AS c, '{2013-10-07}'::date[] AS d,
            $1::timestamptz AS e, '1969-12-31 23:59:59.999999+00'::timestamptz AS f, 1.10::numeric AS g, '{}'::int8[] AS h`,
    [instantParameter(1_381_152_600_000_001)],
  );
  assert.deepEqual(rows, [
    {
      a: 2n ** 63n - 1n,
      b: [1n, null, -2n],
      c: '2013-10-07',
      d: ['2013-10-07'],
      e: 1_381_152_600_000_001,
      f: -1,
      g: '1.10',
      h: [],
    },
  ]);
  await assert.rejects(database.query(`SELECT 'infinity'::timestamptz`), RangeError);
  await assert.rejects(database.query('SELECT localtimestamp'), RangeError);
});

test('bad input: undefined, a JS date and a bare object are refused as parameters', async () => {
  for (const value of [undefined, new Date(), { a: 1 }]) {
    await assert.rejects(database.query('SELECT $1::text', [value as never]), TypeError);
  }
  assert.deepEqual((await database.query('SELECT $1::jsonb AS j, $2::int8[] AS k', [{ json: [{ a: 1n }] }, [1n, null]])).rows, [
    { j: [{ a: '1' }], k: [1n, null] },
  ]);
});

test('arrays arrive as they were given: quotes, backslashes, nothing, nested, bytes, documents', async () => {
  const texts = ['', 'NULL', 'null', '"', '\\', '\\"{},', ' a ', 'é子\n\t', null];
  const numbers = [0, -1.5, 9_007_199_254_740_991, null];
  const { rows } = await database.query(
    `SELECT $1::text[] AS t, $2::float8[] AS f, $3::int8[] AS n, $4::bool[] AS b, $5::int4[] AS nested, $6::bytea[] AS bytes,
            $7::jsonb[] AS documents, $8::text[] AS empty`,
    [
      ...[texts, numbers, [-9_223_372_036_854_775_808n, 1n], [true, false, null]],
      ...[
        [
          [1, 2],
          [3, 4],
        ],
        [new Uint8Array([0, 92, 255])],
        [{ json: { a: '"\\' } }],
        [],
      ],
    ],
  );
  assert.deepEqual(rows, [
    {
      ...{ t: texts, f: numbers, n: [-9_223_372_036_854_775_808n, 1n], b: [true, false, null] },
      ...{
        nested: [
          [1, 2],
          [3, 4],
        ],
        bytes: [Buffer.from([0, 92, 255])],
        documents: [{ a: '"\\' }],
        empty: [],
      },
    },
  ]);
  await assert.rejects(database.query('SELECT $1::text[]', [[undefined as unknown as string]]), TypeError);
});

test('a transaction commits whole or not at all', async () => {
  await database.transaction((tx) => tx.query('INSERT INTO public.entry VALUES (1, 10)'));
  await assert.rejects(
    database.transaction(async (tx) => {
      await tx.query('INSERT INTO public.entry VALUES (2, 20)');
      throw new Error('changed my mind');
    }),
    /changed my mind/,
  );
  await assert.rejects(
    database.transaction(async (tx) => {
      await tx.query('INSERT INTO public.entry VALUES (3, 30)');
      await tx.query('INSERT INTO public.entry VALUES (1, 0)').catch(() => {});
    }),
    /hid the error/,
  );
  assert.deepEqual((await database.query('SELECT id FROM public.entry ORDER BY id')).rows, [{ id: 1n }]);
  await assert.rejects(
    database.transaction((tx) => tx.query('DELETE FROM public.entry'), { readOnly: true }),
    /read-only/,
  );
});

test('colliding serializable transactions are run again until each has had its effect', async () => {
  await database.query('INSERT INTO public.entry VALUES (100, 0)');
  await Promise.all(
    Array.from({ length: 6 }, () =>
      database.transaction(
        async (tx) => {
          const { rows } = await tx.query<{ amount: bigint }>('SELECT amount FROM public.entry WHERE id = 100');
          await tx.query('UPDATE public.entry SET amount = $1 WHERE id = 100', [(rows[0]?.amount ?? 0n) + 1n]);
        },
        { isolation: 'serializable', attemptsMax: 50 },
      ),
    ),
  );
  assert.deepEqual((await database.query('SELECT amount FROM public.entry WHERE id = 100')).rows, [{ amount: 6n }]);
});

test('retries are bounded: a conflict that does not go away is a Problem', async () => {
  let runs = 0;
  await assert.rejects(
    database.transaction(
      async (tx) => {
        runs++;
        await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$`);
      },
      { attemptsMax: 3 },
    ),
    (e) => isProblem(e, 'DATABASE_CONFLICT'),
  );
  assert.equal(runs, 3);
});

test('typed reads go over the same pool with the same column types', async () => {
  interface Tables {
    'public.entry': { id: bigint; amount: bigint };
  }
  const rows = await database
    .reads<Tables>()
    .selectFrom('public.entry')
    .select(['id', 'amount'])
    .where('id', '=', 1n)
    .execute();
  assert.deepEqual(rows, [{ id: 1n, amount: 10n }]);
});

test('the database killed -9 under eight writers: nothing acknowledged is lost, and the pool recovers', async () => {
  const acknowledged: bigint[] = [];
  let next = 1_000n;
  let isHalted = false;
  const writers = Array.from({ length: 8 }, async () => {
    while (!isHalted) {
      const id = next++;
      try {
        await database.transaction((tx) => tx.query('INSERT INTO public.entry VALUES ($1, 1)', [id]));
        acknowledged.push(id);
      } catch (error) {
        if (!isProblem(error, 'DATABASE_AWAY')) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  });
  let postgres = scratch.postgres;
  for (let round = 0; round < 3; round++) {
    const goal = acknowledged.length + 50;
    while (acknowledged.length < goal) await new Promise((resolve) => setTimeout(resolve, 5));
    const ended = new Promise((resolve) => postgres.onExit(resolve));
    process.kill(postgres.pid, 'SIGKILL');
    await ended;
    postgres = await startPostgres({
      dataDir: path.join(scratch.dataDir, 'postgres'),
      port: scratch.postgres.port,
      settings: { shared_buffers: '32MB' },
    });
  }
  isHalted = true;
  await Promise.all(writers);
  await waitForDatabase(database);
  const { rows } = await database.query<{ id: bigint }>('SELECT id FROM public.entry');
  const stored = new Set(rows.map((row) => row.id));
  assert.deepEqual(
    acknowledged.filter((id) => !stored.has(id)),
    [],
  );
  assert.ok(acknowledged.length >= 150);
  serveFrom(postgres);
});

test('a database that is away is a Problem that callers can wait on, and the same pool serves when it is back', async () => {
  await scratch.postgres.stop();
  await assert.rejects(database.query('SELECT 1'), (e) => isProblem(e, 'DATABASE_AWAY') && e.status === 503);
  await assert.rejects(
    database.transaction((tx) => tx.query('SELECT 1')),
    (e) => isProblem(e, 'DATABASE_AWAY'),
  );
  await assert.rejects(waitForDatabase(database, 200), (e) => isProblem(e, 'DATABASE_AWAY'));
  const waiting = waitForDatabase(database, 30_000);
  const postgres = await startPostgres({ dataDir: path.join(scratch.dataDir, 'postgres'), port: scratch.postgres.port });
  await waiting;
  assert.deepEqual((await database.query('SELECT id FROM public.entry WHERE id = 1')).rows, [{ id: 1n }]);
  serveFrom(postgres);
});

test('the first statement goes with BEGIN and the last with COMMIT; a last one that fails takes everything with it', async () => {
  const add = { name: 'add', sql: 'INSERT INTO public.entry VALUES ($1, $2) RETURNING id' };
  const ids = async () =>
    (await database.query('SELECT id FROM public.entry WHERE id >= 6000 ORDER BY id')).rows.map((r) => r['id']);
  const run = (first: number, last: (tx: Transaction) => Promise<unknown>) =>
    database.transaction(
      async (tx, { rows }) => {
        assert.equal(Number(rows[0]?.['id']), first);
        await last(tx);
      },
      { first: { sql: add, parameters: [first, 1] } },
    );
  for (const at of [6000, 6010]) await run(at, (tx) => tx.last(add, [at + 1, 2]));
  assert.deepEqual((await ids()).map(Number), [6000, 6001, 6010, 6011]);
  await assert.rejects(
    run(6020, (tx) => tx.last(add, [6000, 2])),
    (e) => sqlState(e) === '23505',
  );
  await assert.rejects(
    run(6020, (tx) => tx.last(add, [undefined as unknown as number, 2])),
    TypeError,
  );
  await assert.rejects(
    run(6020, (tx) => tx.last({ name: 'add', sql: 'SELECT 1' })),
    /another text/,
  );
  await assert.rejects(
    run(6000, () => Promise.resolve()),
    (e) => sqlState(e) === '23505',
  );
  await assert.rejects(
    run(6020, async (tx) => {
      await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'`);
      await tx.last(add, [6021, 1]);
    }),
    (e) => isProblem(e, 'DATABASE_AWAY') && e.params['phase'] === 'commit',
  );
  await database.connection((c) => c.query(add, [6030, 1]));
  await run(6031, async (tx) => {
    await copyRows(tx, 'public.entry', { id: 'int8', amount: 'int8' }, [[6032n, 1n]]);
    await tx.last(add, [6033, 1]);
  });
  assert.deepEqual((await ids()).map(Number), [6000, 6001, 6010, 6011, 6030, 6031, 6032, 6033]);
  await database.query('DELETE FROM public.entry WHERE id >= 6000');
});

test('a connection lost inside a transaction is not pooled again', async () => {
  await assert.rejects(
    database.transaction(async (tx) => {
      await tx.query('INSERT INTO public.entry VALUES (5000, 1)');
      await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'`);
      await tx.query('INSERT INTO public.entry VALUES (5001, 1)');
    }),
    (e) => isProblem(e, 'DATABASE_AWAY'),
  );
  assert.deepEqual((await database.query('SELECT id FROM public.entry WHERE id >= 5000')).rows, []);
});

test('a lent connection comes back clean: no open transaction, lock or setting of the last borrower', async () => {
  const one = openDatabase({ url: scratch.postgres.url, connectionsMax: 1 });
  const state = `SELECT current_setting('statement_timeout') AS t, current_setting('timezone') AS z,
                        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`;
  const clean = (await one.query(state)).rows;
  await one.connection((c) =>
    c.script(`SET statement_timeout = 7; SET timezone = 'Asia/Shanghai'; SELECT pg_advisory_lock(1)`),
  );
  assert.deepEqual((await one.query(state)).rows, clean);
  await one.connection((c) => c.script('BEGIN; CREATE TABLE public.left_open (a int)')).catch(() => {});
  await assert.rejects(
    one.connection(async (c) => {
      await c.script('BEGIN; CREATE TABLE public.left_open (a int)');
      throw new Error('mine');
    }),
    /mine/,
  );
  assert.deepEqual((await one.query(`SELECT to_regclass('public.left_open') AS t`)).rows, [{ t: null }]);
  await one.close();
});

test('the database of an installation is the one of DATABASE_URL when that is given, checked, else the embedded one', async () => {
  const external = await provideDatabase({ dataDir: path.join(scratch.dataDir, 'unused'), url: scratch.postgres.url });
  assert.equal(fs.existsSync(path.join(scratch.dataDir, 'unused')), false);
  assert.equal(external.postgres, undefined);
  await external.stop();
  await assert.rejects(
    provideDatabase({ dataDir: scratch.dataDir, url: 'postgres://nobody@127.0.0.1:1/x', patienceMs: 50 }),
    (e) => isProblem(e, 'DATABASE_AWAY'),
  );
  const own = await provideDatabase({ dataDir: path.join(scratch.dataDir, 'own') });
  assert.deepEqual((await own.database.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  await own.stop();
});

test('bad input: an address that is none, a server that is too old, one that is not UTF8', async () => {
  assert.throws(
    () => openDatabase({ url: 'mysql://x/y' }),
    (e) => isProblem(e, 'DATABASE_URL_INVALID'),
  );
  assert.throws(
    () => openDatabase({ url: 'nonsense' }),
    (e) => isProblem(e, 'DATABASE_URL_INVALID'),
  );
  const answering = (version: string, number: number, encoding: string) =>
    ({ query: async () => ({ rows: [{ version, number, encoding }], rowCount: 1 }) }) as unknown as Queryable;
  await assert.rejects(checkDatabaseVersion(answering('15.18', 150_018, 'UTF8')), (e) => isProblem(e, 'DATABASE_TOO_OLD'));
  await assert.rejects(checkDatabaseVersion(answering('17.1', 170_001, 'SQL_ASCII')), (e) => isProblem(e, 'DATABASE_ENCODING'));
  await checkDatabaseVersion(answering('16.0', 160_000, 'UTF8'));
  await checkDatabaseVersion(database);
});

const OLD = '/usr/lib/postgresql/15/bin';
test('a real PostgreSQL 15 is refused', {
  skip: !fs.existsSync(path.join(OLD, 'postgres')) && 'no PostgreSQL 15 here',
}, async () => {
  const dataDir = path.join(scratch.dataDir, 'old');
  const postgres = await startPostgres({ dataDir, binDir: OLD, settings: { shared_buffers: '16MB' } });
  const old = openDatabase({ url: postgres.url });
  await assert.rejects(checkDatabaseVersion(old), (e) => isProblem(e, 'DATABASE_TOO_OLD'));
  await old.close();
  await assert.rejects(provideDatabase({ dataDir, url: postgres.url }), (e) => isProblem(e, 'DATABASE_TOO_OLD'));
  await postgres.stop();
  await assert.rejects(startPostgres({ dataDir }), (e) => isProblem(e, 'DATA_DIR_VERSION'));
});
