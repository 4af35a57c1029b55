import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const out = fileURLToPath(new URL('out/', import.meta.url));

/** What a C or C++ peer is built from. */
export interface Source {
  /** Beside this file. */
  readonly file: string;
  readonly compiler: 'gcc' | 'g++';
  readonly flags: readonly string[];
  /** Headers without which it is not built: the peer is not installed. */
  readonly needs?: readonly string[];
}

/**
 * Builds a peer into bench/out unless it is newer than its source and the headers beside that.
 * @returns its path, or why there is none.
 */
export function build(source: Source): { readonly path: string } | { readonly absent: string } {
  const { file, compiler, flags, needs = [] } = source;
  const from = fileURLToPath(new URL(file, import.meta.url));
  const name = file.replace(/^.*\//, '').replace(/\.\w+$/, '');
  const missing = needs.find((header) => !fs.existsSync(header));
  if (missing !== undefined) return { absent: `${missing} is not installed: make bench-setup` };
  if (spawnSync(compiler, ['--version']).error !== undefined)
    return { absent: `${compiler} is not installed: make bench-setup` };
  fs.mkdirSync(out, { recursive: true });
  const path = out + name;
  const built = fs.existsSync(path) ? fs.statSync(path).mtimeMs : 0;
  if (built > Math.max(...[from, ...headersBeside(from)].map((each) => fs.statSync(each).mtimeMs))) return { path };
  const made = spawnSync(compiler, ['-O2', '-o', path, from, ...flags], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`${compiler} ${file}: ${made.stderr}`);
  return { path };
}

/** What a program may include from its own folder. */
const headersBeside = (from: string): string[] => {
  const folder = dirname(from);
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.h'))
    .map((name) => join(folder, name));
};
