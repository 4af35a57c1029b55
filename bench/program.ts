import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** Programs being measured; whatever is left when the bench ends goes with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

const SILENCE_MILLIS = 60_000;

/** A program that answers with one line of JSON at a time. */
export interface Program {
  readonly pid: number;
  /** The next line. @throws Error when the program ends, or says nothing for a minute. */
  next<T>(): Promise<T>;
  /** Sends a line and waits for the answer. */
  ask<T>(line: string): Promise<T>;
  stop(): Promise<void>;
}

export function start(command: string, args: readonly string[]): Program {
  const name = [command, args[0] ?? ''].map((part) => part.replace(/^.*\//, '')).join(' ');
  const child = spawn(command, args, { stdio: 'pipe' });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let said = '';
  running.add(child);
  child.stderr.on('data', (data) => {
    said = `${said}${data}`.slice(-2_000);
  });
  child.stdin.on('error', () => {}); // It has ended: the next answer says so.
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', (error) => {
      said += error.message;
      resolve();
    });
  }).finally(() => running.delete(child));

  async function next<T>(): Promise<T> {
    const silence = new AbortController();
    const late = delay(SILENCE_MILLIS, undefined, { signal: silence.signal, ref: false }).catch(() => undefined);
    const line = await Promise.race([lines.next(), late]);
    silence.abort();
    if (line === undefined) throw new Error(`${name} says nothing`);
    if (line.done !== true) return JSON.parse(line.value);
    await ended;
    throw new Error(`${name} ended: ${said.trim()}`);
  }

  return {
    pid: child.pid ?? 0,
    next,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return next();
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
