import { linkSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from './problems.ts';

/**
 * Exclusive use of a folder by one process, without a kernel lock (Node has none).
 *
 * `lock-<n>` names its holder: process id and, where the system tells it, the process's start time, so that a recycled
 * id is not taken for the holder. The next holder makes `lock-<n + 1>`, atomically and with its content, and looks
 * again: numbers only grow, so two takers of one stale lock meet at one name, and a late one sees the other. Giving up
 * writes an empty holder. Processes must see each other: one host, one process-id namespace.
 */
export function lockFolder(dir: string): () => void {
  mkdirSync(dir, { recursive: true });
  const others = locks(dir);
  refuseHeld(dir, others, -1);
  const number = (others.at(-1) ?? 0) + 1;
  const path = pathOf(dir, number);
  const draft = join(dir, `lock.${process.pid}.${number}.draft`);
  writeFileSync(draft, `${process.pid} ${startTime(process.pid)}`);
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw problem('LOG_LOCKED', { dir, pid: holder(path)?.pid ?? 0 });
    throw error;
  } finally {
    unlinkSync(draft);
  }
  try {
    refuseHeld(dir, locks(dir), number);
  } catch (error) {
    writeFileSync(path, '');
    throw error;
  }
  for (const old of others) removeQuietly(pathOf(dir, old));
  return () => writeFileSync(path, '');
}

function refuseHeld(dir: string, numbers: readonly number[], own: number): void {
  for (const number of numbers) {
    const found = number === own ? undefined : holder(pathOf(dir, number));
    if (found !== undefined && alive(found)) throw problem('LOG_LOCKED', { dir, pid: found.pid });
  }
}

interface Holder {
  readonly pid: number;
  readonly started: string;
}

function holder(path: string): Holder | undefined {
  try {
    const [pid, started] = readFileSync(path, 'utf8').split(' ');
    return pid === undefined || pid === '' ? undefined : { pid: Number(pid), started: started ?? '' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function alive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return startTime(pid) === started;
}

/** Start time in clock ticks since boot, from /proc; empty where there is none, then the id alone decides. A zombie is dead. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'zombie' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

const pathOf = (dir: string, number: number) => join(dir, `lock-${String(number).padStart(12, '0')}`);

function locks(dir: string): number[] {
  return readdirSync(dir)
    .flatMap((name) => /^lock-(\d{12})$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
