import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Database, openDatabase } from './database.ts';
import { type Postgres, startPostgres } from './launch.ts';
import { migrate } from './migration.ts';

export interface ScratchDatabase {
  readonly database: Database;
  readonly postgres: Postgres;
  readonly dataDir: string;
  /** Stops the server and removes its folder. */
  remove(): Promise<void>;
}

/**
 * A real server over a temporary folder, migrated, for tests and trials. By default it does not sync to disk and a killed
 * server loses its last commits; tests that kill it pass settings of their own.
 */
export async function scratchDatabase(
  migrationFolders: readonly string[] = [],
  settings: Readonly<Record<string, string>> = { fsync: 'off', synchronous_commit: 'off', shared_buffers: '32MB' },
): Promise<ScratchDatabase> {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-scratch-'));
  fs.chmodSync(dataDir, 0o711);
  const postgres = await startPostgres({ dataDir: path.join(dataDir, 'postgres'), settings });
  const database = openDatabase({ url: postgres.url });
  await migrate(database, migrationFolders);
  return {
    database,
    postgres,
    dataDir,
    async remove() {
      await database.close();
      await postgres.stop();
      fs.rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
