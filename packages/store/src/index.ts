import './declarations.ts';

export { instantParameter } from './column-types.ts';
export type {
  Connection,
  Database,
  DatabaseOptions,
  Parameter,
  Queryable,
  Rows,
  Transaction,
  TransactionOptions,
} from './database.ts';
export { checkDatabaseVersion, openDatabase, waitForDatabase } from './database.ts';
export { sqlState, violatedConstraint } from './database-failure.ts';
export { type Postgres, type PostgresOptions, runningPostgresUrl, startPostgres } from './launch.ts';
export { MIGRATION_RANGES, migrate } from './migration.ts';
export { type ScratchDatabase, scratchDatabase } from './scratch.ts';
