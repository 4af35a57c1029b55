import { declareProblems } from '@meridian/base';
import { createLogger } from '@meridian/catalog';
import { loadIdentity } from '@meridian/security';
import { checkDatabaseVersion, type Database, isAlive, openDatabase, startPostgres, waitForDatabase } from '@meridian/store';
import { type DataFolder, readWhole } from '../data-folder.ts';
import { connectProcess, type ProcessClient } from '../link/rpc.ts';
import type { HouseSettings } from '../process/settings.ts';
import type { RunningHouse } from '../supervisor.ts';

const { problem } = declareProblems({
  HOUSE_UNKNOWN: {
    status: 404,
    title: { zh: '没有数据', en: 'No house here' },
    detail: { zh: '{data} 不是数据目录', en: '{data} is not a data folder' },
    remedy: {
      zh: '先运行 meridian up --demo，或用 --data 指定目录',
      en: 'Run "meridian up --demo" first, or name the folder with --data',
    },
  },
  HOUSE_UNFINISHED: {
    status: 409,
    title: { zh: '数据目录尚未建成', en: 'The folder is not set up' },
    detail: { zh: '{data} 的数据库里还没有账簿', en: 'The database of {data} holds no books yet' },
    remedy: { zh: '再次运行 meridian up，它会接着建完', en: 'Run "meridian up" again: it finishes the set-up' },
  },
});

/** What runs over the folder now; undefined when it is stopped or its supervisor was killed. */
export function runningHouse(folder: DataFolder): RunningHouse | undefined {
  const running = readWhole<RunningHouse>(folder.running);
  return running !== undefined && isAlive(running.supervisor) ? running : undefined;
}

/** How the folder was set up. @throws Problem HOUSE_UNKNOWN */
export function houseOf(folder: DataFolder): Pick<HouseSettings, 'mode' | 'markets'> {
  const house = readWhole<Pick<HouseSettings, 'mode' | 'markets'>>(folder.house);
  if (house === undefined) throw problem('HOUSE_UNKNOWN', { data: folder.root });
  return house;
}

/** The markets the folder was set up for. @throws Problem HOUSE_UNKNOWN */
export function marketsOf(folder: DataFolder): readonly string[] {
  return houseOf(folder).markets;
}

/** Lends the house's database, running or stopped: what is not up is started for the time of the work. */
export async function withDatabase<T>(folder: DataFolder, work: (database: Database) => Promise<T>): Promise<T> {
  marketsOf(folder);
  const external = process.env['DATABASE_URL'];
  const logger = createLogger({ process: 'cli', strict: false, level: 'error' });
  const server = external === undefined ? await startPostgres({ dataDir: folder.postgres, logger }) : undefined;
  const database = openDatabase({ url: server?.url ?? (external as string), name: 'cli', connectionsMax: 4, logger });
  try {
    await waitForDatabase(database, 20_000);
    if (external !== undefined) await checkDatabaseVersion(database);
    const { rows } = await database.query<{ books: string | null }>(`SELECT to_regclass('server.duty_done')::text AS books`);
    if (rows[0]?.books === null) throw problem('HOUSE_UNFINISHED', { data: folder.root });
    return await work(database);
  } finally {
    await database.close();
    if (server !== undefined && !server.adopted) await server.stop();
  }
}

/** Lends a link to the running server; undefined when it is stopped. */
export async function withServer<T>(
  folder: DataFolder,
  work: (server: ProcessClient, running: RunningHouse) => Promise<T>,
): Promise<T | undefined> {
  const running = runningHouse(folder);
  if (running === undefined) return undefined;
  const server = connectProcess(running.ports.server, loadIdentity(folder.keys, 'cli', 'main'), ['server'], 20_000);
  try {
    return await work(server, running);
  } finally {
    server.close();
  }
}
