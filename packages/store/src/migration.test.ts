import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { type Database, migrate, type ScratchDatabase, scratchDatabase } from './index.ts';

let scratch: ScratchDatabase;
let database: Database;

before(async () => {
  scratch = await scratchDatabase();
  database = scratch.database;
});
after(() => scratch.remove());

let made = 0;
/** A room's folder of migrations with these files. */
function room(name: string, files: Readonly<Record<string, string>>): string {
  const folder = path.join(scratch.dataDir, `house-${made++}`, name, 'migrations');
  fs.mkdirSync(folder, { recursive: true });
  for (const [file, sql] of Object.entries(files)) fs.writeFileSync(path.join(folder, file), sql);
  return folder;
}

const refusal = (pattern: RegExp) => (error: unknown) => isProblem(error, 'MIGRATION_REFUSED') && pattern.test(error.message);

test('migrations of all rooms are applied in the order of their numbers, once', async () => {
  const folders = [
    room('wine', { '3001_tap.sql': 'CREATE TABLE wine.tap (cask int REFERENCES wine.cask);', '3002_view.sql': 'SELECT 1' }),
    room('cellar', { '3000_cask.sql': 'CREATE SCHEMA wine; CREATE TABLE wine.cask (id int PRIMARY KEY);' }),
  ];
  assert.deepEqual(await migrate(database, folders), ['3000_cask.sql', '3001_tap.sql', '3002_view.sql']);
  assert.deepEqual(await migrate(database, folders), []);
  fs.appendFileSync(path.join(folders[1] as string, '3000_cask.sql'), '\n-- a word too late');
  await assert.rejects(migrate(database, folders), refusal(/3000_cask.sql: was changed after it was applied/));
  await assert.rejects(migrate(database, [folders[0] as string]), refusal(/older than its data/));
  await database.connection((c) => c.script('DROP SCHEMA wine CASCADE; DELETE FROM store.migration WHERE no > 0'));
});

test('two processes that migrate at once apply each file once', async () => {
  const folders = [room('slow', { '3000_slow.sql': 'SELECT pg_sleep(0.2); CREATE TABLE public.slow (a int);' })];
  const done = await Promise.all([migrate(database, folders), migrate(database, folders)]);
  assert.deepEqual(done.flat(), ['3000_slow.sql']);
  await database.connection((c) => c.script('DROP TABLE public.slow; DELETE FROM store.migration WHERE no > 0'));
});

test('bad input: misnamed, doubled, missing, out of range, ending its own transaction: refused before anything is applied', async () => {
  const sql = 'CREATE TABLE public.never (a int)';
  const cases: [string[], RegExp][] = [
    [[room('a', { 'first.sql': sql })], /NNNN_name.sql/],
    [[room('a', { '3000_a.sql': sql, '3002_c.sql': sql })], /gap: 3001 is missing/],
    [[room('a', { '3000_a.sql': sql }), room('b', { '3000_b.sql': sql })], /number 3000 is used/],
    [[room('a', { '3000_a.sql': sql, '3000_b.sql': sql })], /number 3000 is used/],
    [[room('risk', { '0100_a.sql': sql })], /risk numbers its migrations 500 to 599/],
    [[room('a', { '3000_a.sql': `${sql};\nCOMMIT;` })], /one transaction/],
    [[path.join(scratch.dataDir, 'nowhere')], /no such folder/],
  ];
  for (const [folders, pattern] of cases) await assert.rejects(migrate(database, folders), refusal(pattern));
  assert.deepEqual((await database.query(`SELECT to_regclass('public.never') AS t`)).rows, [{ t: null }]);
});

test('a migration that fails leaves nothing of itself and names its line; earlier ones stay, a mended one goes on', async () => {
  const folder = room('a', {
    '3000_a.sql': 'CREATE TABLE public.early (a int)',
    '3001_b.sql': 'CREATE TABLE public.late (a int);\n\nSELECT nonsense;',
  });
  await assert.rejects(
    migrate(database, [folder]),
    (e) => isProblem(e, 'MIGRATION_FAILED') && /line 3: .*nonsense/.test(e.message),
  );
  assert.deepEqual(
    (await database.query(`SELECT to_regclass('public.late') AS late, to_regclass('public.early') IS NULL AS gone`)).rows,
    [{ late: null, gone: false }],
  );
  fs.writeFileSync(path.join(folder, '3001_b.sql'), 'CREATE TABLE public.late (a int)');
  assert.deepEqual(await migrate(database, [folder]), ['3001_b.sql']);
});

test('a number below what the room has applied is refused', async () => {
  const folder = room('b', { '3101_b.sql': 'SELECT 1' });
  await migrate(database, [
    room('a', { '3000_a.sql': 'CREATE TABLE public.early (a int)', '3001_b.sql': 'CREATE TABLE public.late (a int)' }),
    folder,
  ]);
  fs.writeFileSync(path.join(folder, '3100_a.sql'), 'SELECT 1');
  const first = room('a', {
    '3000_a.sql': 'CREATE TABLE public.early (a int)',
    '3001_b.sql': 'CREATE TABLE public.late (a int)',
  });
  await assert.rejects(migrate(database, [first, folder]), refusal(/comes before 3101/));
});
