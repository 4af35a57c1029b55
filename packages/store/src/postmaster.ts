import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, isAlive } from './cluster.ts';

/** A server process found running over a cluster. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

/**
 * The server that runs over this cluster, by postmaster.pid; undefined when none does. The file survives a kill -9 and
 * its number may belong to another process by now, so the process must also be a postgres of this very folder.
 */
export function runningPostmaster(cluster: Cluster): Postmaster | undefined {
  const named = namedPostmaster(cluster);
  return named !== undefined && isRunning(named.pid, cluster) ? named : undefined;
}

function namedPostmaster(cluster: Cluster): Postmaster | undefined {
  try {
    const lines = fs.readFileSync(pidFile(cluster), 'utf8').split('\n');
    const [pid, port] = [Number(lines[0]), Number(lines[3])];
    return Number.isInteger(pid) && pid > 0 ? { pid, port } : undefined;
  } catch {
    return undefined;
  }
}

const pidFile = (cluster: Cluster) => path.join(cluster.folder, 'postmaster.pid');

/** A dead server whose parent has not taken notice still has its number: it is not running. */
export function isRunning(pid: number, cluster: Cluster): boolean {
  return isAlive(pid) && isPostgresOf(pid, cluster);
}

function isPostgresOf(pid: number, cluster: Cluster): boolean {
  if (process.platform === 'linux') {
    try {
      return fs.readlinkSync(`/proc/${pid}/cwd`) === fs.realpathSync(cluster.folder);
    } catch {
      return false;
    }
  }
  if (process.platform === 'win32') return true;
  try {
    return /postgres/.test(execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }));
  } catch {
    return false;
  }
}

/**
 * Removes a postmaster.pid whose number belongs to a living stranger: PostgreSQL would take it for its server and refuse
 * to start. One that names a dead process, or is just being written, is PostgreSQL's own business.
 */
export function removeMistakenPidFile(cluster: Cluster): void {
  const named = namedPostmaster(cluster);
  if (named !== undefined && isAlive(named.pid) && !isPostgresOf(named.pid, cluster))
    fs.rmSync(pidFile(cluster), { force: true });
}

/**
 * Stops a server: fast shutdown, after `fastMs` immediate shutdown, at last kill. Nothing committed is lost by any of
 * them. On Windows the first already ends the process; its write-ahead log recovers it at the next start.
 */
export async function stopPostmaster(pid: number, cluster: Cluster, fastMs = 30_000): Promise<void> {
  for (const [signal, patienceMs] of [
    ['SIGINT', fastMs],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await gone(pid, cluster, patienceMs)) return;
  }
}

async function gone(pid: number, cluster: Cluster, patienceMs: number): Promise<boolean> {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(10)) {
    if (!isRunning(pid, cluster)) return true;
  }
  return false;
}
