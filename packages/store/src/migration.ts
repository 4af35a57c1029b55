import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { isProblem, type Logger, silentLogger } from '@meridian/base';
import type { Connection, Database } from './database.ts';
import { problem } from './problems.ts';

/** The numbers a room may use. One sequence over all rooms; gaps between the ranges are meant. */
export const MIGRATION_RANGES: Readonly<Record<string, readonly [first: number, last: number]>> = {
  store: [0, 0],
  security: [1, 99],
  reference: [100, 199],
  accounts: [200, 399],
  clearing: [400, 499],
  risk: [500, 599],
  ai: [600, 699],
  server: [700, 799],
};

/** store's own migrations; {@link migrate} always applies them first. */
const OWN_FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'migrations');

/** pg_advisory_lock key of the house's migrations. */
const LOCK = 0x6d65_7269;

interface Migration {
  readonly no: number;
  readonly room: string;
  readonly file: string;
  readonly sha256: string;
  readonly sql: string;
}

interface Applied {
  readonly no: number;
  readonly room: string;
  readonly file: string;
  readonly sha256: string;
}

/**
 * Brings the database up to the migration files of all rooms, in numeric order, each in one transaction. One process at
 * a time; a second one waits and finds the work done. `folders` are `…/packages/<room>/migrations`.
 * @returns the files applied now
 * @throws Problem MIGRATION_REFUSED (changed, missing, doubled, misnumbered or out of order: nothing is applied) |
 *   MIGRATION_FAILED (that file and the later ones are not applied) | DATABASE_AWAY
 */
export async function migrate(
  database: Database,
  folders: readonly string[],
  logger: Logger = silentLogger,
): Promise<string[]> {
  const migrations = readMigrations([OWN_FOLDER, ...folders]);
  return database.connection(async (connection) => {
    // Waiting for another process and rewriting a large table may both take their time. Lock and setting end with the loan.
    await connection.script('SET statement_timeout = 0');
    await connection.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const done: string[] = [];
    for (const migration of outstanding(migrations, await appliedMigrations(connection))) {
      await apply(connection, migration);
      logger.info('migration applied', { file: migration.file });
      done.push(migration.file);
    }
    return done;
  });
}

/** Reads and checks the files of all rooms. @throws Problem MIGRATION_REFUSED */
function readMigrations(folders: readonly string[]): Migration[] {
  const all = [...new Set(folders.map((folder) => path.resolve(folder)))].flatMap(readFolder).sort((a, b) => a.no - b.no);
  for (const [i, migration] of all.entries()) {
    const next = all[i + 1];
    if (next?.no === migration.no) throw refused(next.file, `number ${next.no} is used by ${migration.file}, too`);
  }
  return all;
}

function readFolder(folder: string): Migration[] {
  const room = path.basename(path.dirname(folder));
  const range = Object.hasOwn(MIGRATION_RANGES, room) ? MIGRATION_RANGES[room] : undefined;
  const files = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : undefined;
  if (files === undefined) throw refused(folder, 'no such folder');
  let expected: number | undefined;
  return files.map((file) => {
    const match = /^(\d{4})_[a-z0-9_]+\.sql$/.exec(file);
    if (match === null) throw refused(file, 'a migration is named NNNN_name.sql');
    const no = Number(match[1]);
    if (range !== undefined && (no < range[0] || no > range[1]))
      throw refused(file, `${room} numbers its migrations ${range[0]} to ${range[1]}`);
    if (expected !== undefined && no > expected) throw refused(file, `gap: ${String(expected).padStart(4, '0')} is missing`);
    expected = no + 1;
    const sql = fs.readFileSync(path.join(folder, file), 'utf8');
    if (/^\s*(BEGIN|COMMIT|ROLLBACK|START TRANSACTION)\s*;/im.test(sql))
      throw refused(file, 'a migration runs in one transaction and ends none itself');
    return { no, room, file, sha256: createHash('sha256').update(sql).digest('hex'), sql };
  });
}

/** What is left to apply; refuses when what was applied is not what the files say. */
function outstanding(migrations: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const byNo = new Map(migrations.map((migration) => [migration.no, migration]));
  const lastOfRoom = new Map<string, number>();
  for (const row of applied) {
    const migration = byNo.get(row.no);
    if (migration === undefined)
      throw refused(row.file, 'the database has it, this program does not: it is older than its data');
    if (migration.file !== row.file) throw refused(migration.file, `was applied as ${row.file}`);
    if (migration.sha256 !== row.sha256) throw refused(row.file, 'was changed after it was applied');
    lastOfRoom.set(row.room, Math.max(row.no, lastOfRoom.get(row.room) ?? 0));
    byNo.delete(row.no);
  }
  for (const migration of byNo.values()) {
    const last = lastOfRoom.get(migration.room) ?? -1;
    if (migration.no < last) throw refused(migration.file, `comes before ${last} of the same room, which is applied already`);
  }
  return [...byNo.values()];
}

async function appliedMigrations(connection: Connection): Promise<Applied[]> {
  const { rows } = await connection.query<{ there: boolean }>(`SELECT to_regclass('store.migration') IS NOT NULL AS there`);
  if (rows[0]?.there !== true) return [];
  return (await connection.query<Applied>('SELECT no, room, file, sha256 FROM store.migration ORDER BY no')).rows;
}

async function apply(connection: Connection, migration: Migration): Promise<void> {
  try {
    await connection.script('BEGIN');
    await connection.script(migration.sql);
    await connection.query('INSERT INTO store.migration (no, room, file, sha256) VALUES ($1, $2, $3, $4)', [
      migration.no,
      migration.room,
      migration.file,
      migration.sha256,
    ]);
    await connection.script('COMMIT');
  } catch (error) {
    await connection.script('ROLLBACK').catch(() => {});
    if (isProblem(error)) throw error;
    throw problem('MIGRATION_FAILED', { file: migration.file, reason: describe(error, migration.sql) }, error);
  }
}

/** The database's complaint with the line of the file it points to. */
function describe(error: unknown, sql: string): string {
  const { message, position } = error as { message: string; position?: string };
  if (position === undefined) return message;
  return `line ${sql.slice(0, Number(position)).split('\n').length}: ${message}`;
}

function refused(file: string, reason: string): Error {
  return problem('MIGRATION_REFUSED', { file, reason });
}
