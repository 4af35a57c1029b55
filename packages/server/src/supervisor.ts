import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { declareProblems, type Logger, Problem, problemKind } from '@meridian/base';
import { checkDatabaseVersion, openDatabase, type Postgres, startPostgres, waitForDatabase } from '@meridian/store';
import { type DataFolder, writeWhole } from './data-folder.ts';
import type { ChildMessage, StoryLine } from './process/child.ts';
import { type HouseSettings, type ProcessSettings, processName, type Role, SETTINGS_VARIABLE } from './process/settings.ts';

const { problem } = declareProblems({
  PROCESS_REFUSED: {
    status: 503,
    title: { zh: '进程未能启动', en: 'Process did not start' },
    detail: { zh: '进程 {process} 未能启动：{reason}', en: 'Process {process} did not start: {reason}' },
    remedy: { zh: '查看 {log}', en: 'See {log}' },
  },
});

/** What runs, for whoever looks at the folder from outside. */
export interface RunningHouse extends HouseSettings {
  readonly supervisor: number;
  readonly startedAt: string;
  readonly processes: Readonly<Record<string, { readonly pid: number; readonly restarts: number }>>;
}

export interface Supervisor {
  readonly databaseUrl: string;
  running(): RunningHouse;
  /** Resolves when the process has said that it is ready. */
  start(role: Role, market?: string): Promise<void>;
  onStory(listener: (line: StoryLine) => void): void;
  /** Stops everything, the database last. */
  stop(): Promise<void>;
}

const RESTART_MS_MIN = 100;
const RESTART_MS_MAX = 5_000;
const START_MS_MAX = 60_000;
/** A process that stayed up this long starts its back-off anew. */
const STEADY_MS = 30_000;

interface Watched {
  readonly role: Role;
  readonly market: string | undefined;
  child: ChildProcess | undefined;
  restarts: number;
  pauseMs: number;
  startedAt: number;
}

/**
 * Starts the database, or uses the one that DATABASE_URL names (PostgreSQL ≥ 16), and the house's processes; starts again
 * what dies, with a growing pause. It holds no state of the business: killed itself, its children end, and the next start
 * finds everything in the folder.
 */
export async function superviseHouse(folder: DataFolder, house: HouseSettings, logger: Logger): Promise<Supervisor> {
  const watched = new Map<string, Watched>();
  const listeners: ((line: StoryLine) => void)[] = [];
  const startedAt = new Date().toISOString();
  let stopping = false;
  const external = process.env['DATABASE_URL'];
  let postgres = external === undefined ? await launchPostgres() : undefined;
  const databaseUrl = () => postgres?.url ?? (external as string);

  const running = (): RunningHouse => ({
    ...house,
    supervisor: process.pid,
    startedAt,
    processes: Object.fromEntries([
      ...(postgres === undefined ? [] : [['postgres', { pid: postgres.pid, restarts: 0 }] as const]),
      ...[...watched].map(([name, each]) => [name, { pid: each.child?.pid ?? 0, restarts: each.restarts }] as const),
    ]),
  });
  /** Whoever looks on sees an older state while the disk is full; what runs goes on. */
  const publish = (): void => {
    try {
      writeWhole(folder.running, running());
    } catch (error) {
      logger.error('running state not written', { reason: (error as Error).message });
      if (!stopping) setTimeout(publish, RESTART_MS_MAX).unref();
    }
  };

  async function launchPostgres(): Promise<Postgres> {
    const server = await startPostgres({ dataDir: folder.postgres, port: house.ports.postgres, logger });
    server.onExit((expected) => {
      if (expected || stopping) return;
      logger.warn('database ended, starting it again');
      void relaunchPostgres(RESTART_MS_MIN);
    });
    return server;
  }

  async function relaunchPostgres(pauseMs: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (stopping) return;
    try {
      postgres = await launchPostgres();
      publish();
    } catch (error) {
      logger.error('database did not start', { reason: (error as Error).message });
      void relaunchPostgres(Math.min(pauseMs * 2, RESTART_MS_MAX));
    }
  }

  /** @throws where no process can be made: disk full, too many files. */
  function spawnChild(each: Watched, name: string): ChildProcess {
    const settings: ProcessSettings = {
      ...house,
      role: each.role,
      databaseUrl: databaseUrl(),
      ...(each.market === undefined ? {} : { market: each.market }),
    };
    const output = fs.openSync(folder.log(name), 'a', 0o600);
    try {
      return spawn(process.execPath, [fileURLToPath(new URL(`process/${each.role}.ts`, import.meta.url))], {
        stdio: ['ignore', output, output, 'ipc'],
        env: { ...process.env, [SETTINGS_VARIABLE]: JSON.stringify(settings) },
      });
    } finally {
      fs.closeSync(output);
    }
  }

  function launch(each: Watched): Promise<void> {
    const name = processName(each.role, each.market);
    each.child = undefined;
    each.startedAt = performance.now();
    return new Promise((resolve, reject) => {
      let refused: Problem | undefined;
      const late = setTimeout(() => each.child?.kill('SIGKILL'), START_MS_MAX);
      const ended = (code: number | null, signal: string | null, why = `ended with ${code ?? signal}`) => {
        clearTimeout(late);
        reject(refused ?? problem('PROCESS_REFUSED', { process: name, reason: why, log: folder.log(name) }));
        if (!stopping && code !== 0) restart(each, name, code, signal);
      };
      try {
        each.child = spawnChild(each, name);
      } catch (error) {
        ended(null, null, (error as Error).message);
        return;
      }
      each.child.on('message', (message: ChildMessage) => {
        if (message.kind === 'ready') {
          clearTimeout(late);
          publish();
          resolve();
        } else if (message.kind === 'refused') refused = knownProblem(message);
        else for (const listener of listeners) listener(message.line);
      });
      each.child.on('error', (error) => {
        if (each.child?.pid === undefined) ended(null, null, error.message);
      });
      each.child.on('exit', (code, signal) => ended(code, signal));
    });
  }

  function restart(each: Watched, name: string, code: number | null, signal: string | null): void {
    if (performance.now() - each.startedAt > STEADY_MS) each.pauseMs = RESTART_MS_MIN;
    each.restarts += 1;
    logger.warn('process ended, starting it again', { role: name, code, signal, restarts: each.restarts });
    setTimeout(() => {
      if (!stopping) launch(each).catch(() => {});
    }, each.pauseMs);
    each.pauseMs = Math.min(each.pauseMs * 2, RESTART_MS_MAX);
  }

  async function end(each: Watched): Promise<void> {
    const child = each.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 8_000);
    await gone;
    clearTimeout(force);
  }

  const database = openDatabase({ url: databaseUrl(), connectionsMax: 1, name: 'supervisor' });
  await waitForDatabase(database);
  await checkDatabaseVersion(database);
  await database.close();

  return {
    get databaseUrl() {
      return databaseUrl();
    },
    running,
    async start(role, market) {
      const each: Watched = { role, market, child: undefined, restarts: 0, pauseMs: RESTART_MS_MIN, startedAt: 0 };
      watched.set(processName(role, market), each);
      await launch(each);
    },
    onStory: (listener) => void listeners.push(listener),
    async stop() {
      stopping = true;
      const order: readonly Role[] = ['demo', 'worker', 'server', 'node', 'venue'];
      for (const role of order) await Promise.all([...watched.values()].filter((each) => each.role === role).map(end));
      await postgres?.stop();
      fs.rmSync(folder.running, { force: true });
    },
  };
}

/** What a child refused to start for, as the problem it is; undefined for a code that only the child's rooms declare. */
function knownProblem({ code, params }: Extract<ChildMessage, { kind: 'refused' }>): Problem | undefined {
  return problemKind(code) === undefined ? undefined : new Problem(code, params);
}
