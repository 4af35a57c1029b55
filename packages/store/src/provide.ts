import { checkDatabaseVersion, type Database, type DatabaseOptions, openDatabase, waitForDatabase } from './database.ts';
import { type Postgres, type PostgresOptions, startPostgres } from './launch.ts';

export interface ProvidedDatabase {
  readonly url: string;
  readonly database: Database;
  /** The embedded server; undefined over an external one. */
  readonly postgres: Postgres | undefined;
  /** Closes the pool and stops the embedded server. */
  stop(): Promise<void>;
}

/**
 * The database of an installation: the external one when `url` (DATABASE_URL) is given — waited for and checked —, else
 * the embedded server over `dataDir`.
 * @throws Problem DATABASE_TOO_OLD | DATABASE_ENCODING | DATABASE_AWAY, and what {@link startPostgres} throws
 */
export async function provideDatabase(
  options: PostgresOptions & Omit<DatabaseOptions, 'url'> & { readonly url?: string },
): Promise<ProvidedDatabase> {
  const postgres = options.url === undefined ? await startPostgres(options) : undefined;
  const url = postgres?.url ?? (options.url as string);
  const database = openDatabase({ ...options, url });
  const stop = async () => {
    await database.close();
    await postgres?.stop();
  };
  try {
    await waitForDatabase(database, options.patienceMs);
    await checkDatabaseVersion(database);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, database, postgres, stop };
}
