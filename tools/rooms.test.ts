import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** The rooms each room may import: the architecture, as data. docs/architecture.md draws it. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  catalog: ['base'],
  market: ['base', 'catalog'],
  product: ['base', 'catalog', 'market'],
  messages: ['base', 'catalog', 'market', 'product'],
  log: ['base', 'messages'],
  fix: ['base', 'catalog'],
  store: ['base', 'catalog'],
  security: ['base', 'catalog', 'store'],
  reference: ['base', 'catalog', 'market', 'messages', 'store', 'security'],
  accounts: ['base', 'catalog', 'market', 'product', 'messages', 'store', 'security', 'reference'],
  trading: ['base', 'catalog', 'market', 'product', 'messages', 'log', 'fix'],
  risk: ['base', 'catalog', 'market', 'product', 'messages', 'log', 'store', 'security', 'reference', 'accounts'],
  clearing: ['base', 'catalog', 'market', 'product', 'messages', 'log', 'store', 'security', 'reference', 'accounts'],
  ai: ['base', 'catalog', 'market', 'product', 'messages', 'log', 'store', 'security', 'reference', 'accounts', 'risk'],
  api: ['base', 'catalog'],
  console: ['base', 'api'],
  venue: ['base', 'catalog', 'market', 'messages', 'log', 'fix'],
};
const root = new URL('..', import.meta.url).pathname;
const rooms = globSync('packages/*/package.json', { cwd: root }).map((file) => file.split('/')[1] as string);

function mayImport(room: string): ReadonlySet<string> {
  return new Set(room === 'server' ? Object.keys(ROOMS).filter((each) => each !== 'console') : ROOMS[room]);
}

test('every room is one the architecture names', () => {
  for (const room of rooms)
    assert.ok(room === 'server' || Object.hasOwn(ROOMS, room), `packages/${room} is not in the architecture`);
});

test('a package file names only rooms that its room may import', () => {
  for (const room of rooms) {
    const manifest = JSON.parse(readFileSync(`${root}packages/${room}/package.json`, 'utf8'));
    for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
      if (!name.startsWith('@meridian/')) continue;
      assert.ok(mayImport(room).has(name.slice('@meridian/'.length)), `${room} must not depend on ${name}`);
    }
  }
});

test('a source file imports only rooms its room may import, through their faces', () => {
  for (const file of globSync('packages/*/{src,bin}/**/*.{ts,tsx,mjs}', { cwd: root })) {
    const room = file.split('/')[1] as string;
    for (const [, name] of readFileSync(root + file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)) {
      const target = /^@meridian\/([^/]+)(\/.*)?$/.exec(name as string);
      if (target === null) continue;
      assert.equal(target[2], undefined, `${file} enters ${name} by a side door`);
      assert.ok(mayImport(room).has(target[1] as string), `${file} must not import ${name}`);
    }
  }
});

test('no file climbs out of its package by a relative path', () => {
  for (const file of globSync('packages/*/src/**/*.{ts,tsx}', { cwd: root })) {
    const depth = file.split('/').length - 3;
    for (const [, path] of readFileSync(root + file, 'utf8').matchAll(/from '((?:\.\.\/)+)/g)) {
      assert.ok((path as string).length / 3 <= depth, `${file} imports ${path}…`);
    }
  }
});
