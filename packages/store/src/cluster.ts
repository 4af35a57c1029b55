import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type Binaries, reachableByAll, type ServerUser } from './binaries.ts';
import { problem } from './problems.ts';

/** The superuser and the database of the embedded cluster. */
export const CLUSTER_USER = 'meridian';

/**
 * A data folder: `cluster/` (PostgreSQL's own), `password` (mode 0600, generated), `server.log`.
 * All of it belongs to the user that the server runs as.
 */
export interface Cluster {
  readonly dataDir: string;
  /** PostgreSQL's own folder. */
  readonly folder: string;
  readonly passwordFile: string;
  readonly logFile: string;
  readonly user: ServerUser | undefined;
}

export function clusterAt(dataDir: string, user: ServerUser | undefined): Cluster {
  const root = path.resolve(dataDir);
  return {
    dataDir: root,
    folder: path.join(root, 'cluster'),
    passwordFile: path.join(root, 'password'),
    logFile: path.join(root, 'server.log'),
    user,
  };
}

/**
 * Who the server runs as. PostgreSQL refuses root; root therefore lends it to the folder's owner, else to `postgres`,
 * else to `nobody`. No user is ever created.
 * @throws Problem DATA_DIR_OWNER | NO_UNPRIVILEGED_USER
 */
export function serverUser(dataDir: string): ServerUser | undefined {
  if (process.getuid === undefined) return undefined;
  const self = process.getuid();
  const owner = fs.statSync(path.resolve(dataDir), { throwIfNoEntry: false });
  const initialised = fs.existsSync(path.join(dataDir, 'cluster', 'PG_VERSION'));
  if (self !== 0) {
    if (owner !== undefined && owner.uid !== self)
      throw problem('DATA_DIR_OWNER', { path: path.resolve(dataDir), owner: owner.uid, self });
    return undefined;
  }
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  if (initialised) throw problem('DATA_DIR_OWNER', { path: path.resolve(dataDir), owner: 0, self });
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // the system does not know this name
    }
  }
  throw problem('NO_UNPRIVILEGED_USER');
}

/**
 * How a program started in `folder` names it. A user who may not enter a folder above it reaches it through the
 * working directory, which was entered by root before the user was changed (Linux).
 */
export function folderName(folder: string, user: ServerUser | undefined): string {
  if (user === undefined || reachableByAll(path.dirname(path.dirname(folder)))) return folder;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw problem('DATA_DIR_UNUSABLE', { path: folder, reason: 'a folder above it is closed to the server user' });
}

export const serverEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' });

/**
 * Makes the data folder and its cluster where they do not exist yet. Two processes may do so at once: each makes its
 * own, one of them is renamed into place.
 * @throws Problem DATA_DIR_VERSION | DATA_DIR_UNUSABLE | DISK_FULL | POSTGRES_START_FAILED
 */
export async function ensureCluster(cluster: Cluster, binaries: Binaries): Promise<void> {
  try {
    makeDataDir(cluster);
    removeAbandoned(cluster);
    if (!fs.existsSync(cluster.folder)) await initialise(cluster, binaries);
    checkVersion(cluster, binaries);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC') throw problem('DISK_FULL', { where: cluster.dataDir }, error);
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EEXIST')
      throw problem('DATA_DIR_UNUSABLE', { path: cluster.dataDir, reason: code }, error);
    throw error;
  }
}

function makeDataDir(cluster: Cluster): void {
  fs.mkdirSync(path.dirname(cluster.dataDir), { recursive: true });
  if (!fs.existsSync(cluster.dataDir)) fs.mkdirSync(cluster.dataDir, { mode: 0o700 });
  if (!fs.statSync(cluster.dataDir).isDirectory())
    throw problem('DATA_DIR_UNUSABLE', { path: cluster.dataDir, reason: 'not a folder' });
  // A folder that holds something else must not change its owner because of a mistyped option.
  const isOurs = fs.existsSync(cluster.passwordFile) || fs.existsSync(cluster.folder);
  if (!isOurs && fs.readdirSync(cluster.dataDir).some((name) => name !== 'lost+found'))
    throw problem('DATA_DIR_UNUSABLE', { path: cluster.dataDir, reason: 'neither empty nor a data folder' });
  own(cluster.dataDir, cluster.user);
  if (fs.existsSync(cluster.passwordFile)) return;
  if (fs.existsSync(cluster.folder))
    throw problem('DATA_DIR_UNUSABLE', { path: cluster.passwordFile, reason: 'the password file is missing' });
  // Written beside and renamed: a reader never sees half a password, and of two first starts one wins whole.
  const draft = `${cluster.passwordFile}.${randomBytes(4).toString('hex')}`;
  fs.writeFileSync(draft, randomBytes(24).toString('base64url'), { mode: 0o600 });
  own(draft, cluster.user);
  try {
    fs.linkSync(draft, cluster.passwordFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    fs.unlinkSync(draft);
  }
}

function own(target: string, user: ServerUser | undefined): void {
  if (user !== undefined) fs.chownSync(target, user.uid, user.gid);
}

/** An initialisation that was killed leaves `cluster.<pid>-<random>.new` behind. */
function removeAbandoned(cluster: Cluster): void {
  for (const name of fs.readdirSync(cluster.dataDir)) {
    const pid = Number(/^cluster\.(\d+)-[0-9a-f]+\.new$/.exec(name)?.[1]);
    if (Number.isInteger(pid) && !isAlive(pid)) fs.rmSync(path.join(cluster.dataDir, name), { recursive: true, force: true });
  }
}

/** Whether a process of this machine has the number, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function initialise(cluster: Cluster, binaries: Binaries): Promise<void> {
  const fresh = path.join(cluster.dataDir, `cluster.${process.pid}-${randomBytes(4).toString('hex')}.new`);
  fs.mkdirSync(fresh, { mode: 0o700 });
  own(fresh, cluster.user);
  const name = folderName(fresh, cluster.user);
  const options = ['--data-checksums', '--locale=C', '--encoding=UTF8', '--username', CLUSTER_USER, '--auth=scram-sha-256'];
  const child = spawn(binaries.initdb, ['-D', name, ...options, '--pwfile=../password'], {
    cwd: fresh,
    env: serverEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
    ...cluster.user,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4096);
  });
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) {
    fs.rmSync(fresh, { recursive: true, force: true });
    if (/No space left on device/.test(said)) throw problem('DISK_FULL', { where: cluster.dataDir });
    throw problem('POSTGRES_START_FAILED', { reason: `initdb: ${lastFault(said)}` });
  }
  try {
    fs.renameSync(fresh, cluster.folder);
  } catch (error) {
    fs.rmSync(fresh, { recursive: true, force: true });
    if (!fs.existsSync(cluster.folder)) throw error;
  }
}

/** The last line of a program's complaint that says what is wrong. */
export function lastFault(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const fault = lines.findLast((line) => /FATAL|PANIC|error:|could not/i.test(line)) ?? lines.at(-1) ?? 'no message';
  return fault.replace(/^.*?(FATAL|PANIC|error): */i, '').slice(0, 300);
}

function checkVersion(cluster: Cluster, binaries: Binaries): void {
  const file = path.join(cluster.folder, 'PG_VERSION');
  if (!fs.existsSync(file)) throw problem('DATA_DIR_UNUSABLE', { path: cluster.folder, reason: 'PG_VERSION is missing' });
  const found = fs.readFileSync(file, 'utf8').trim();
  if (found !== String(binaries.major))
    throw problem('DATA_DIR_VERSION', { path: cluster.folder, found, expected: binaries.major });
}
