import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isProblem, type Logger, silentLogger } from '@meridian/base';
import pg from 'pg';
import { type Binaries, binariesFor } from './binaries.ts';
import {
  CLUSTER_USER,
  type Cluster,
  clusterAt,
  ensureCluster,
  folderName,
  lastFault,
  serverEnvironment,
  serverUser,
} from './cluster.ts';
import { isRunning, type Postmaster, removeMistakenPidFile, runningPostmaster, stopPostmaster } from './postmaster.ts';
import { problem } from './problems.ts';

export interface PostgresOptions {
  /** Made when absent; see {@link Cluster} for what it holds. */
  readonly dataDir: string;
  /** TCP port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  readonly logger?: Logger;
  /** Server settings over the house's, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder of PostgreSQL's programs instead of the embedded ones (PG_BIN_DIR). */
  readonly binDir?: string;
  /** How long recovery after a crash may take before the start is given up. Default 120 s. */
  readonly patienceMs?: number;
}

/** A running server. It outlives a process that is killed; a later start adopts it. */
export interface Postgres {
  /** postgres://… with its password, for {@link openDatabase}; never to be logged. */
  readonly url: string;
  readonly pid: number;
  readonly port: number;
  /** True when the server was already running over this folder. */
  readonly adopted: boolean;
  stop(): Promise<void>;
  /** Called once when the server ends; `expected` is true after {@link stop}. */
  onExit(listener: (expected: boolean) => void): void;
}

const LOG_BYTES_MAX = 16 * 1024 * 1024;

/**
 * House settings. Statements and row contents stay out of the server's log (DS-4): errors are logged tersely and
 * without the statement that caused them.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: process.platform === 'win32' ? '' : '.',
  unix_socket_permissions: '0700',
  max_connections: '80',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
  log_line_prefix: '%m [%p] ',
  jit: 'off',
};

/**
 * Starts the embedded PostgreSQL over a data folder, or takes over the server that already runs there (its supervisor
 * was killed): adopted when it answers on the wanted port, else stopped and started anew.
 * @throws Problem PORT_IN_USE | DISK_FULL | DATA_DIR_OWNER | DATA_DIR_VERSION | DATA_DIR_UNUSABLE |
 *   POSTGRES_BINARIES_MISSING | POSTGRES_START_FAILED | NO_UNPRIVILEGED_USER
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const user = serverUser(options.dataDir);
  const binaries = binariesFor(user, options.binDir);
  const cluster = clusterAt(options.dataDir, user);
  await ensureCluster(cluster, binaries);
  const orphan = runningPostmaster(cluster);
  if (orphan !== undefined) {
    const adopted = await adopt(cluster, orphan, options);
    if (adopted !== undefined) return adopted;
    await stopPostmaster(orphan.pid, cluster);
  }
  removeMistakenPidFile(cluster);
  try {
    return await launch(cluster, binaries, options);
  } catch (error) {
    // Another process may have started it in the same moment: then its server is the one.
    const other = isProblem(error, 'POSTGRES_START_FAILED') ? runningPostmaster(cluster) : undefined;
    const adopted = other === undefined ? undefined : await adopt(cluster, other, options);
    if (adopted === undefined) throw error;
    return adopted;
  }
}

/** The address of the server that runs over a data folder; undefined when none does. For processes that only use it. */
export function runningPostgresUrl(dataDir: string): string | undefined {
  const cluster = clusterAt(dataDir, undefined);
  const running = runningPostmaster(cluster);
  return running === undefined ? undefined : urlOf(cluster, running.port);
}

function urlOf(cluster: Cluster, port: number): string {
  const password = fs.readFileSync(cluster.passwordFile, 'utf8').trim();
  return `postgres://${CLUSTER_USER}:${password}@127.0.0.1:${port}/${CLUSTER_USER}`;
}

async function adopt(cluster: Cluster, orphan: Postmaster, options: PostgresOptions): Promise<Postgres | undefined> {
  if (options.port !== undefined && options.port !== orphan.port) return undefined;
  const deadline = performance.now() + (options.patienceMs ?? 120_000);
  const answered = await ready(cluster, orphan.port, deadline, () => !isRunning(orphan.pid, cluster)).catch(() => false);
  if (!answered) return undefined;
  (options.logger ?? silentLogger).info('database adopted', { pid: orphan.pid, port: orphan.port });
  let expected = false;
  return {
    url: urlOf(cluster, orphan.port),
    pid: orphan.pid,
    port: orphan.port,
    adopted: true,
    async stop() {
      expected = true;
      await stopPostmaster(orphan.pid, cluster);
    },
    onExit(listener) {
      // Not our child: its end can only be seen by looking.
      const watch = setInterval(() => {
        if (isRunning(orphan.pid, cluster)) return;
        clearInterval(watch);
        listener(expected);
      }, 200).unref();
    },
  };
}

async function launch(cluster: Cluster, binaries: Binaries, options: PostgresOptions): Promise<Postgres> {
  if (options.port !== undefined && !(await isFree(options.port))) throw problem('PORT_IN_USE', { port: options.port });
  // A port found free may be taken before the server binds it, and children of a killed server hold its shared memory
  // for a moment: both are worth another attempt.
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await launchOnce(cluster, binaries, options, port);
    } catch (error) {
      const again = isProblem(error, 'PORT_IN_USE')
        ? options.port === undefined
        : isProblem(error) && /shared memory block/.test(error.message);
      if (!again || attempt === 20) throw error;
      await sleep(250);
    }
  }
}

async function launchOnce(cluster: Cluster, binaries: Binaries, options: PostgresOptions, port: number): Promise<Postgres> {
  const logger = options.logger ?? silentLogger;
  const logStart = trimLog(cluster);
  const log = fs.openSync(cluster.logFile, 'a', 0o600);
  if (cluster.user !== undefined) fs.fchownSync(log, cluster.user.uid, cluster.user.gid);
  const settings = Object.entries({ ...SETTINGS, ...options.settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(binaries.postgres, ['-D', folderName(cluster.folder, cluster.user), '-p', String(port), ...settings], {
    cwd: cluster.folder,
    env: serverEnvironment(),
    // The log is a file and the session its own: the server must survive the death of this process, and a Ctrl-C meant
    // for this process must not stop it before its users.
    stdio: ['ignore', 'ignore', log],
    detached: true,
    ...cluster.user,
  });
  fs.closeSync(log);
  const exit = exitOf(child);
  const deadline = performance.now() + (options.patienceMs ?? 120_000);
  try {
    await ready(cluster, port, deadline, () => exit.happened);
  } catch (error) {
    if (!exit.happened && child.pid !== undefined) await stopPostmaster(child.pid, cluster);
    throw startFault(cluster, logStart, port, error);
  }
  logger.info('database started', { pid: child.pid, port });
  return supervise(child, exit, cluster, port);
}

interface Exit {
  happened: boolean;
  readonly promise: Promise<void>;
}

function exitOf(child: ChildProcess): Exit {
  const exit: { happened: boolean; promise: Promise<void> } = { happened: false, promise: Promise.resolve() };
  exit.promise = new Promise((resolve) => {
    const done = () => {
      exit.happened = true;
      resolve();
    };
    child.once('exit', done).once('error', done);
  });
  return exit;
}

function supervise(child: ChildProcess, exit: Exit, cluster: Cluster, port: number): Postgres {
  const pid = child.pid as number;
  let expected = false;
  // A process that ends without stopping its server takes it along; only a killed one leaves an orphan.
  const farewell = () => child.kill('SIGINT');
  process.once('exit', farewell);
  void exit.promise.then(() => process.removeListener('exit', farewell));
  child.unref();
  return {
    url: urlOf(cluster, port),
    pid,
    port,
    adopted: false,
    async stop() {
      expected = true;
      child.ref();
      await stopPostmaster(pid, cluster);
      await exit.promise;
    },
    onExit: (listener) => void exit.promise.then(() => listener(expected)),
  };
}

/** Waits until the server answers a query, making its database on the first start. */
async function ready(cluster: Cluster, port: number, deadline: number, ended: () => boolean): Promise<true> {
  const url = new URL(urlOf(cluster, port));
  url.pathname = '/postgres';
  for (let last: unknown; ; await sleep(20)) {
    if (ended()) throw problem('POSTGRES_START_FAILED', { reason: 'the server ended' }, last);
    if (performance.now() > deadline) throw problem('POSTGRES_START_FAILED', { reason: 'the server does not answer' }, last);
    const client = new pg.Client({ connectionString: url.href, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [CLUSTER_USER]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${CLUSTER_USER}`);
      return true;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === '28P01' || code === '53100') throw error;
      last = error;
    } finally {
      await client.end().catch(() => {});
    }
  }
}

/** Turns a failed start into its Problem, by what the server itself logged about it. */
function startFault(cluster: Cluster, logStart: number, port: number, cause: unknown): unknown {
  const said = fs.readFileSync(cluster.logFile, 'utf8').slice(logStart);
  if (/No space left on device/.test(said) || (cause as { code?: string }).code === '53100' || isDiskFull(cluster.dataDir))
    return problem('DISK_FULL', { where: cluster.dataDir }, cause);
  if (/Address already in use/.test(said)) return problem('PORT_IN_USE', { port }, cause);
  return problem('POSTGRES_START_FAILED', { reason: said === '' ? String(cause) : lastFault(said) }, cause);
}

/** A server on a full disk may not even have the room to say so. */
function isDiskFull(folder: string): boolean {
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize < 64 * 1024;
}

/** Keeps the server's log bounded: beyond 16 MiB the old one is kept once as server.log.1. Returns where this run starts. */
function trimLog(cluster: Cluster): number {
  const size = fs.statSync(cluster.logFile, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= LOG_BYTES_MAX) return size;
  fs.renameSync(cluster.logFile, `${cluster.logFile}.1`);
  return 0;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
