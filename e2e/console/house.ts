import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { validateShipped } from './model.ts';

/**
 * A demo house as a user runs it: yesterday cleared, published and mailed, today's session open and its
 * clock slow enough to trade by hand, the shipped model validated.
 */
export interface RunningDemo {
  /** `http://localhost:PORT` of the door. */
  readonly origin: string;
  readonly data: string;
  readonly password: (user: string) => string;
  /** What the house has told so far, one line each. */
  readonly story: () => string;
  close(): Promise<void>;
}

const MERIDIAN = fileURLToPath(new URL('../../packages/server/bin/meridian.mjs', import.meta.url));
const CONSOLE = fileURLToPath(new URL('../../packages/console', import.meta.url));
const VITE = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url));

/** The first session and its clearing are run through as fast as everybody confirms. */
const FAST = '100000';
/** Then the second session takes minutes: 390 of business time at 20 : 1 are almost 20 of the wall. */
const SLOW = '20';
/** The first order of the second session: the market is open, prices are there, yesterday is published. */
const SECOND_DAY = /10-08 14:05Z .*IBM/;
/** On two cores it takes a minute and a half; elsewhere somebody else may be at work as well. */
const START_MS = 420_000;

/** Builds the web application where its sources are newer than what was built. */
export function buildConsole(): void {
  const built = fs.statSync(path.join(CONSOLE, 'dist/manifest.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ['src', 'index.html', 'vite.config.ts', '../base/src', '../api/src'].flatMap((each) => {
    const at = path.join(CONSOLE, each);
    return fs.statSync(at).isDirectory()
      ? fs.readdirSync(at, { recursive: true, withFileTypes: true }).map((file) => path.join(file.parentPath, file.name))
      : [at];
  });
  if (sources.every((file) => fs.statSync(file).mtimeMs <= built)) return;
  const { status, stderr } = spawnSync(process.execPath, [VITE, 'build', '--logLevel', 'error'], { cwd: CONSOLE });
  assert.equal(status, 0, String(stderr));
}

/**
 * Starts the demo in a folder of its own. Its first day is run through fast; then it is stopped and started again, slowly, as its
 * owner may at any time. `MERIDIAN_DEMO=DIR` looks at a house that already runs over DIR instead and leaves it running.
 */
export async function startDemo(): Promise<RunningDemo> {
  const running = process.env['MERIDIAN_DEMO'];
  if (running !== undefined) {
    validateShipped(running);
    return { ...lookAt(running, () => ''), close: async () => {} };
  }
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-e2e-'));
  const told: string[] = [];
  let up = run(data, FAST, told);
  try {
    await up.says(SECOND_DAY);
    await up.stop();
    up = run(data, SLOW, told);
    await up.says(/Ready in/);
    validateShipped(data);
    return {
      ...lookAt(data, () => told.join('')),
      async close() {
        await up.stop();
        fs.rmSync(data, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await up.stop();
    process.stderr.write(`${told.join('').slice(-3_000)}\nleft at ${data}\n`);
    throw error;
  }
}

function lookAt(data: string, story: () => string): Omit<RunningDemo, 'close'> {
  const read = <T>(file: string): T => JSON.parse(fs.readFileSync(path.join(data, file), 'utf8')) as T;
  const { ports } = read<{ ports: { http: number } }>('running.json');
  const users = read<{ name: string; password: string }[]>('demo/users.json');
  return {
    ...{ origin: `http://localhost:${ports.http}`, data, story },
    password: (name) => {
      const user = users.find((each) => each.name === name);
      assert.ok(user !== undefined, `the demo has no user ${name}`);
      return user.password;
    },
  };
}

interface Run {
  says(line: RegExp): Promise<void>;
  stop(): Promise<void>;
}

function run(data: string, speed: string, told: string[]): Run {
  const child: ChildProcess = spawn(
    process.execPath,
    [MERIDIAN, 'up', '--demo', '--speed', speed, '--data', data, '--lang', 'en'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stderr?.on('data', (part: Buffer) => {
    said += part;
    told.push(String(part));
    child.emit('said');
  });
  return {
    says: (line) =>
      new Promise<void>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`${line} was not told in ${START_MS} ms`)), START_MS);
        const look = () => {
          if (!line.test(said)) return;
          clearTimeout(late);
          resolve();
        };
        child.on('said', look);
        void ended.then(() => reject(new Error(`the house ended before ${line}`)));
        look();
      }),
    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}
