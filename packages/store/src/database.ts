import { setTimeout as sleep } from 'node:timers/promises';
import { invariant, isProblem, type Logger, silentLogger } from '@meridian/base';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { columnTypes } from './column-types.ts';
import { databaseFailure, isConflict, isConnectionLoss, type Phase } from './database-failure.ts';
import { problem } from './problems.ts';

/** A value bound to $n. Dates go as text, instants by {@link instantParameter}; undefined and JS dates are refused. */
export type Parameter =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | readonly Parameter[]
  | { readonly json: unknown };

export interface Rows<R> {
  readonly rows: R[];
  /** Rows returned or touched. */
  readonly rowCount: number;
}

/** A statement that is run again and again: parsed once per connection under its name, which belongs to its text alone. */
export interface NamedStatement {
  readonly name: string;
  readonly sql: string;
}

/** Whatever runs a statement: the database (any connection, its own transaction) or one transaction. */
export interface Queryable {
  /**
   * Runs one statement. int8 comes back as bigint, date as text, timestamptz as microseconds, numeric as text.
   * @throws Problem DATABASE_AWAY | DISK_FULL; the driver's error with its SQLSTATE otherwise.
   */
  query<R extends object = Record<string, unknown>>(
    sql: string | NamedStatement,
    parameters?: readonly Parameter[],
  ): Promise<Rows<R>>;
}

/** One connection, inside a transaction or held by {@link Database.connection}. */
export interface Connection extends Queryable {
  /** Runs several statements without parameters: migration files. */
  script(sql: string): Promise<void>;
  /** The driver's client, for COPY. */
  readonly client: pg.PoolClient;
}

export type Transaction = Connection & {
  readonly isTransaction: true;
  /**
   * Runs the last statement together with COMMIT, in one round trip. Nothing may follow it. When it resolves, the
   * transaction is committed; when it throws, nothing is, except that DATABASE_AWAY (phase commit) leaves it open.
   */
  last<R extends object = Record<string, unknown>>(
    sql: string | NamedStatement,
    parameters?: readonly Parameter[],
  ): Promise<Rows<R>>;
};

export interface TransactionOptions {
  /** Default read committed. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
  /** Runs in all when serialization fails or a deadlock is broken; default 5. The work must bear being run again. */
  readonly attemptsMax?: number;
  /** Sent together with BEGIN, in one round trip; `work` is given what it returned. */
  readonly first?: { readonly sql: string | NamedStatement; readonly parameters?: readonly Parameter[] };
}

export interface Database extends Queryable {
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it throws.
   * @throws Problem DATABASE_AWAY (phase commit: it may have been applied) | DATABASE_CONFLICT | DISK_FULL
   */
  transaction<T, R extends object = Record<string, unknown>>(
    work: (tx: Transaction, first: Rows<R>) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /**
   * Lends one connection outside a transaction: advisory locks, migrations. What it leaves behind (an open transaction,
   * locks, settings) is discarded.
   */
  connection<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  /** Typed reads over the same pool. `Tables` describes rows as the column types come back. */
  reads<Tables>(): Kysely<Tables>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most; default 10. A caller waits up to `connectMs` for one. */
  readonly connectionsMax?: number;
  /** Default 5 s. */
  readonly connectMs?: number;
  /** A single statement's bound, enforced by the server; default 120 s. */
  readonly statementMs?: number;
  /** Shown in pg_stat_activity. */
  readonly name?: string;
  readonly logger?: Logger;
}

/** Opens a pool of connections; nothing is connected before the first use. See {@link waitForDatabase}. */
export function openDatabase(options: DatabaseOptions): Database {
  const logger = options.logger ?? silentLogger;
  const pool = new pg.Pool({
    connectionString: checkedUrl(options.url),
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: options.connectMs ?? 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: options.name ?? 'meridian',
    types: columnTypes as pg.CustomTypesConfig,
    allowExitOnIdle: true,
    options: `-c timezone=UTC -c datestyle=ISO -c statement_timeout=${options.statementMs ?? 120_000}`,
  });
  // A lost connection announces itself on the client as well as in the pending query; unheard it would end the process.
  pool.on('connect', (client) => void client.on('error', () => {}));
  pool.on('error', (error) => logger.warn('database connection lost', { reason: databaseReason(error) }));
  let readsOver: Kysely<unknown> | undefined;
  return {
    query: (sql, parameters) => guarded('statement', () => run(pool, sql, parameters)),
    connection: (work) => lend(pool, (client) => borrow(client, work), true),
    transaction: (work, settings = {}) => transact(pool, work, settings),
    reads<Tables>() {
      readsOver ??= new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
      return readsOver as Kysely<Tables>;
    },
    close: () => pool.end(),
  };
}

function checkedUrl(url: string): string {
  if (!URL.canParse(url) || !/^postgres(ql)?:$/.test(new URL(url).protocol)) throw problem('DATABASE_URL_INVALID');
  return url;
}

function databaseReason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message?.slice(0, 120) ?? 'unknown';
}

async function guarded<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw databaseFailure(error, phase);
  }
}

async function run<R extends object>(
  target: pg.Pool | pg.PoolClient,
  sql: string | NamedStatement,
  parameters: readonly Parameter[] = [],
): Promise<Rows<R>> {
  const result = await target.query<R>(prepared(sql, parameters));
  return { rows: result.rows, rowCount: result.rowCount ?? 0 };
}

/** An array as PostgreSQL reads it. The driver would quote and search every number. */
function arrayLiteral(elements: readonly Parameter[]): string {
  let text = '{';
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i];
    if (i > 0) text += ',';
    if (element === null) text += 'NULL';
    else if (typeof element === 'string') text += quoted(element);
    else if (typeof element === 'number' || typeof element === 'bigint' || typeof element === 'boolean') text += element;
    else if (Array.isArray(element)) text += arrayLiteral(element);
    else if (ArrayBuffer.isView(element)) text += quoted(`\\x${(bound(element, i) as Buffer).toString('hex')}`);
    else text += quoted(String(bound(element as Parameter, i)));
  }
  return `${text}}`;
}

const quoted = (element: string): string => `"${/["\\]/.test(element) ? element.replace(/["\\]/g, '\\$&') : element}"`;

/** The texts behind the names: one each, as on every connection. */
const namedTexts = new Map<string, string>();

/** What the driver sends. Whatever is wrong with a statement on this side is found here, before anything is sent. */
function prepared(sql: string | NamedStatement, parameters: readonly Parameter[] = []): pg.QueryConfig {
  const values = parameters.map(bound);
  if (typeof sql === 'string') return { text: sql, values };
  const known = namedTexts.get(sql.name);
  if (known === undefined) namedTexts.set(sql.name, sql.sql);
  else if (known !== sql.sql) throw new TypeError(`the statement ${sql.name} has another text`);
  return { name: sql.name, text: sql.sql, values };
}

function bound(value: Parameter, index: number): unknown {
  if (value === undefined) throw new TypeError(`parameter $${index + 1} is undefined: absent is null`);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) throw new TypeError(`parameter $${index + 1} is a JS date: use text or instantParameter`);
  if (Array.isArray(value)) return arrayLiteral(value);
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if ('json' in value)
    return JSON.stringify(value.json, (_, member) => (typeof member === 'bigint' ? member.toString() : member));
  throw new TypeError(`parameter $${index + 1}: wrap an object as { json }`);
}

function connectionOver(client: pg.PoolClient): Connection {
  return {
    client,
    query: (sql, parameters) => guarded('statement', () => run(client, sql, parameters)),
    script: (sql) => guarded('statement', async () => void (await client.query(sql))),
  };
}

/**
 * Sends two statements in one round trip; each has its own answer. The driver sends ahead while its flag is up, which is
 * only here: COPY does not go with it.
 */
async function together<A, B>(
  client: pg.PoolClient,
  one: () => Promise<A>,
  other: () => Promise<B>,
): Promise<[PromiseSettledResult<A>, PromiseSettledResult<B>]> {
  const driver = client as { pipeline: boolean };
  driver.pipeline = true;
  try {
    return await Promise.allSettled([one(), other()]);
  } finally {
    driver.pipeline = false;
  }
}

/** A connection that was lost, or that may still be inside a transaction, is thrown away instead of being pooled again. */
async function lend<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>, isLast = false): Promise<T> {
  const client = await guarded('connect', () => pool.connect());
  let broken = isLast;
  try {
    return await work(client);
  } catch (error) {
    broken ||= error instanceof Tainted || isConnectionLoss(error) || isProblem(error, 'DATABASE_AWAY');
    throw error instanceof Tainted ? databaseFailure(error.cause, 'statement') : error;
  } finally {
    client.release(broken);
  }
}

/** Thrown by {@link borrow} around a failure after which the connection's state is unknown. */
class Tainted extends Error {}

async function borrow<T>(client: pg.PoolClient, work: (connection: Connection) => Promise<T>): Promise<T> {
  try {
    const result = await work(connectionOver(client));
    // Frees its locks at once. The driver would not know that its named statements are gone: see lend.
    await client.query('DISCARD ALL');
    return result;
  } catch (error) {
    throw new Tainted('', { cause: error });
  }
}

async function transact<T, R extends object>(pool: pg.Pool, work: Work<T, R>, options: TransactionOptions): Promise<T> {
  const attemptsMax = options.attemptsMax ?? 5;
  for (let attempt = 1; ; attempt++) {
    try {
      return await lend(pool, (client) => transactOnce(client, work, options));
    } catch (error) {
      if (!isConflict(error)) throw error;
      if (attempt >= attemptsMax) throw problem('DATABASE_CONFLICT', { attempts: attempt }, error);
      // Whoever collided would collide again in step: a random wait parts them.
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
}

type Work<T, R extends object> = (tx: Transaction, first: Rows<R>) => Promise<T>;

async function transactOnce<T, R extends object>(
  client: pg.PoolClient,
  work: Work<T, R>,
  options: TransactionOptions,
): Promise<T> {
  let isCommitted = false;
  const tx: Transaction = {
    ...connectionOver(client),
    isTransaction: true,
    async last(sql, parameters) {
      const query = prepared(sql, parameters);
      const [ran, ended] = await together(
        client,
        () => guarded('commit', () => client.query(query)),
        () => commit(client),
      );
      isCommitted = ended.status === 'fulfilled';
      invariant(!isCommitted || ran.status === 'fulfilled', 'COMMIT rolls back where the statement before it failed');
      // The statement's own error is the one that matters: it made COMMIT a rollback.
      if (ran.status === 'rejected') throw ran.reason;
      if (ended.status === 'rejected') throw ended.reason;
      return { rows: ran.value.rows, rowCount: ran.value.rowCount ?? 0 };
    },
  };
  let result: T;
  try {
    result = await work(tx, await begin<R>(client, options));
  } catch (error) {
    // The error that matters is the first one; a rollback that fails leaves a connection that cannot be used again.
    await client.query('ROLLBACK').catch((failure: unknown) => {
      throw isConnectionLoss(error) || isProblem(error, 'DATABASE_AWAY') ? error : databaseFailure(failure, 'statement');
    });
    throw error;
  }
  if (!isCommitted) await commit(client);
  return result;
}

async function begin<R extends object>(client: pg.PoolClient, options: TransactionOptions): Promise<Rows<R>> {
  const mode = options.readOnly === true ? 'READ ONLY' : 'READ WRITE';
  const opening = `BEGIN ISOLATION LEVEL ${options.isolation ?? 'read committed'} ${mode}`;
  const { first } = options;
  if (first === undefined) {
    await guarded('statement', () => client.query(opening));
    return { rows: [], rowCount: 0 };
  }
  const [begun, ran] = await together(
    client,
    () => guarded('statement', () => client.query(opening)),
    () => guarded('statement', () => run<R>(client, first.sql, first.parameters)),
  );
  if (begun.status === 'rejected') throw begun.reason;
  if (ran.status === 'rejected') throw ran.reason;
  return ran.value;
}

async function commit(client: pg.PoolClient): Promise<void> {
  const end = await guarded('commit', () => client.query('COMMIT'));
  // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK: work swallowed an error.
  if (end.command !== 'COMMIT') throw new Error('the transaction had failed before it was committed; its work hid the error');
}

/**
 * Waits until the database answers, for at most `patienceMs` (default 60 s).
 * @throws Problem DATABASE_AWAY when it does not
 */
export async function waitForDatabase(database: Database, patienceMs = 60_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    try {
      await database.query('SELECT 1');
      return;
    } catch (error) {
      if (!isProblem(error, 'DATABASE_AWAY') || performance.now() + pauseMs > deadline) throw error;
      await sleep(pauseMs);
    }
  }
}

const VERSION_MIN = 160_000;

/**
 * Checks a database that the house did not start itself (DATABASE_URL).
 * @throws Problem DATABASE_TOO_OLD (PostgreSQL ≥ 16) | DATABASE_ENCODING (UTF8)
 */
export async function checkDatabaseVersion(database: Queryable): Promise<void> {
  const { rows } = await database.query<{ version: string; number: number; encoding: string }>(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
            current_setting('server_encoding') AS encoding`,
  );
  const found = rows[0] as { version: string; number: number; encoding: string };
  if (found.number < VERSION_MIN) throw problem('DATABASE_TOO_OLD', { found: found.version, required: VERSION_MIN / 10_000 });
  if (found.encoding !== 'UTF8') throw problem('DATABASE_ENCODING', { found: found.encoding });
}
