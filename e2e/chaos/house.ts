import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A house of its own in a folder, run from outside like an operator would: the command line, the status page, pids. */
export interface House {
  readonly dir: string;
  /** Its processes' ids by name; the database's is `postgres`. */
  pids(): Readonly<Record<string, number>>;
  /** Business time as microseconds; undefined while nobody answers. */
  businessTime(): Promise<number | undefined>;
  /** Whether both sessions are published. @throws Error when the supervisor has ended */
  published(): boolean;
  stop(): Promise<number>;
  /** Runs a command of `meridian`. */
  meridian(...words: string[]): Promise<Answer>;
}

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What of `running.json` is read here. */
interface Running {
  readonly ports: { readonly http: number };
  readonly processes: Readonly<Record<string, { readonly pid: number }>>;
}

const MERIDIAN = fileURLToPath(new URL('../../packages/server/bin/meridian.mjs', import.meta.url));
const LAST_LINE = 'Both sessions are cleared, published and mailed';
const READY_SECONDS_MAX = 120;

export async function startHouse(dir: string, speed: number, tell: (line: string) => void): Promise<House> {
  const args = [MERIDIAN, 'up', '--demo', '--lang', 'en', '--data', dir, '--speed', `${speed}`];
  const supervisor = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<number>((resolve) => supervisor.once('exit', (code) => resolve(code ?? -1)));
  let said = '';
  let isPublished = false;
  supervisor.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${said}${text}`.split('\n');
    said = lines.pop() ?? '';
    for (const line of lines) {
      tell(line);
      isPublished ||= line.includes(LAST_LINE);
    }
  });

  function running(): Running {
    return JSON.parse(fs.readFileSync(join(dir, 'running.json'), 'utf8')) as Running;
  }
  const alive = () => {
    if (supervisor.exitCode !== null || supervisor.signalCode !== null)
      throw new Error(`the supervisor ended with ${supervisor.exitCode ?? supervisor.signalCode}`);
  };

  async function businessTime(): Promise<number | undefined> {
    alive();
    try {
      const url = `http://127.0.0.1:${running().ports.http}/v1/status`;
      const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
      const { businessTime } = (await response.json()) as { businessTime?: string | null };
      return businessTime === undefined || businessTime === null ? undefined : Date.parse(businessTime) * 1_000;
    } catch {
      return undefined; // Just killed, or not up yet.
    }
  }

  const house: House = {
    dir,
    pids: () => Object.fromEntries(Object.entries(running().processes).map(([name, { pid }]) => [name, pid])),
    businessTime,
    published() {
      alive();
      return isPublished;
    },
    stop: () => end(supervisor, ended),
    meridian: (...words) => answerOf([MERIDIAN, ...words, '--data', dir]),
  };
  for (let waited = 0; (await businessTime()) === undefined || !fs.existsSync(join(dir, 'demo', 'place.json')); waited++) {
    if (waited > READY_SECONDS_MAX * 10) {
      supervisor.kill('SIGKILL');
      throw new Error('the house did not start');
    }
    await pause(100);
  }
  return house;
}

async function end(supervisor: ChildProcess, ended: Promise<number>): Promise<number> {
  supervisor.kill('SIGTERM');
  return ended;
}

function answerOf(args: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}

/** Kills a process and whatever it has started, none of them asked. */
export function killWithChildren(pid: number): void {
  const children = descendants(pid);
  process.kill(pid, 'SIGKILL');
  for (const child of children) {
    try {
      process.kill(child, 'SIGKILL');
    } catch {
      // It went with its parent.
    }
  }
}

function descendants(pid: number): number[] {
  const own = fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // "pid (name) state ppid …": the name may hold blanks and parentheses.
        const text = fs.readFileSync(`/proc/${name}/stat`, 'utf8');
        return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]) === pid ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
  return own.flatMap((child) => [child, ...descendants(child)]);
}
