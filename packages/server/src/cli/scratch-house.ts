import '../rooms.ts';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { silentLogger } from '@meridian/base';
import { applyCatalogue } from '@meridian/catalog';
import { migrate, openDatabase, type Postgres, startPostgres } from '@meridian/store';
import { ENGINE_VERSION, openMarketNode } from '@meridian/trading';
import { createFolders, type DataFolder, dataFolder, writeWhole } from '../data-folder.ts';
import { MIGRATIONS } from '../migrations.ts';
import { commandLine } from './command-line.ts';

/** What a command said and how it ended. */
export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const MERIDIAN = fileURLToPath(new URL('../../bin/meridian.mjs', import.meta.url));

/** Runs a command in this process. English unless `--lang` says otherwise. */
export async function command(args: readonly string[]): Promise<Run> {
  let out = '';
  let err = '';
  const language = args.includes('--lang') ? [] : ['--lang', 'en'];
  const code = await commandLine([...args, ...language], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { code, out, err };
}

/** Runs the program as a user does, in a process of its own. */
export function meridian(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Run> {
  const { DATABASE_URL: _, MERIDIAN_DATA: __, ...inherited } = process.env;
  const child = spawn(process.execPath, [MERIDIAN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, LANG: 'C', LC_ALL: 'C', ...environment },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += part;
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    err += part;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

/** A stopped house of one market whose node has a short log and has never met a client; for tests of the command line. */
export interface ScratchHouse {
  readonly folder: DataFolder;
  /** The node's command segments. */
  segments(): string[];
  /** Makes the database, empty of business. Running until the house is removed; commands adopt it. */
  openBooks(): Promise<Postgres>;
  remove(): Promise<void>;
}

export const MARKET = 'ARCX';

/** The first of some consecutive ports that nobody else in the machine is likely to want. */
export function portBlock(): string {
  return String(21_000 + 20 * Math.floor(Math.random() * 500));
}

export async function scratchHouse(): Promise<ScratchHouse> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-house-'));
  fs.chmodSync(root, 0o711);
  const folder = dataFolder(root);
  createFolders(folder);
  writeWhole(folder.house, { mode: 'production', markets: [MARKET] });
  const sessions = [{ session: '100', role: 'hedge', own: 'MERIDIAN', peer: MARKET }];
  writeWhole(folder.door(MARKET), { sessions, accounts: [], listings: [] });
  await writeLog(folder);
  let postgres: Postgres | undefined;
  return {
    folder,
    segments: () => {
      const commands = path.join(folder.node(MARKET), 'commands');
      return fs.readdirSync(commands).map((file) => path.join(commands, file));
    },
    async openBooks() {
      postgres = await startPostgres({
        dataDir: folder.postgres,
        settings: { fsync: 'off', synchronous_commit: 'off', shared_buffers: '32MB' },
      });
      const database = openDatabase({ url: postgres.url });
      await migrate(database, MIGRATIONS);
      await database.transaction((tx) => applyCatalogue((sql) => tx.query(sql)));
      await database.close();
      return postgres;
    },
    async remove() {
      await postgres?.stop();
      fs.rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Some hundred commands in several batches. */
async function writeLog(folder: DataFolder): Promise<void> {
  const node = await openMarketNode({
    dir: folder.node(MARKET),
    market: MARKET,
    clientFix: { compId: 'MERIDIAN', port: 0, sessions: [] },
    venue: { order: { session: 100, compId: 'MERIDIAN', venueCompId: MARKET, host: '127.0.0.1', port: 1 } },
    clock: { now: () => 0 },
    logger: silentLogger,
    log: { syncPolicy: 'page-cache', segmentBytes: 1 << 20, consumers: ['accounts'] },
  });
  await node.submit({ name: 'engine-version', body: { version: ENGINE_VERSION } });
  await node.submit({ name: 'define-session', body: { session: 100, role: 'hedge', accounts: [] } });
  for (let second = 1; second <= 200; second++) {
    await node.advance(1_381_152_600_000_000 + second * 1_000_000);
    await node.submit({ name: 'time', body: {} });
  }
  await node.close();
}
