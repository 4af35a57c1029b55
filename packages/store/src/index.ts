import './declarations.ts';

export type { CopyType, CopyValue } from './binary-format.ts';
export { isAlive } from './cluster.ts';
export { instantParameter } from './column-types.ts';
export { type Consumer, consume, consumerPosition, type Position } from './consumer.ts';
export { type CopyColumn, type CopyLayout, copyColumns, copyOut, copyOutRows, copyRows } from './copy.ts';
export type {
  Connection,
  Database,
  DatabaseOptions,
  NamedStatement,
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
export { enqueue, type OutboxMessage, type Relay, type RelayOptions, startRelay } from './outbox.ts';
export { type ProvidedDatabase, provideDatabase } from './provide.ts';
export { type ScratchDatabase, scratchDatabase } from './scratch.ts';
