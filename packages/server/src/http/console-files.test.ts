import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { silentLogger } from '@meridian/base';
import { consoleFiles } from './console-files.ts';
import { ask, STATUS } from './scratch-door.fixture.ts';
import { openShell } from './shell.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-console-'));
const dist = path.join(root, 'dist');
fs.writeFileSync(path.join(root, 'secret.txt'), 'swordfish');
after(() => fs.rmSync(root, { recursive: true, force: true }));

async function serve() {
  const shell = await openShell({ status: { status: async () => STATUS, ready: async () => true }, logger: silentLogger });
  shell.allow('/v1/orders', 'POST');
  consoleFiles(shell, dist);
  const port = await shell.listen(0);
  return { port, close: () => shell.app.close() };
}

test('a console that is not built says how to build it, and the interface answers all the same', async () => {
  const door = await serve();
  try {
    const page = await ask(door.port, 'GET', '/');
    assert.equal(page.status, 503);
    assert.match(page.body, /npm run build/);
    assert.equal((await ask(door.port, 'GET', '/health')).status, 200);
  } finally {
    await door.close();
  }
});

test('hashed files never change, the page is never kept, and no path leads out of the folder', async () => {
  fs.mkdirSync(path.join(dist, 'assets'), { recursive: true });
  fs.writeFileSync(path.join(dist, 'index.html'), '<!doctype html><title>console</title>');
  fs.writeFileSync(path.join(dist, 'assets', 'app-Ab3dEf9h.js'), 'export {};');
  fs.writeFileSync(path.join(dist, 'manifest.json'), '{}');
  fs.symlinkSync(path.join(root, 'secret.txt'), path.join(dist, 'assets', 'link.txt'));
  const door = await serve();
  try {
    const expected: [string, number, string | undefined][] = [
      ['/', 200, 'no-store'],
      ['/orders/XNYS/7', 200, 'no-store'],
      ['/index.html', 404, 'no-store'],
      ['/assets/app-Ab3dEf9h.js', 200, 'public, max-age=31536000, immutable'],
      ['/manifest.json', 200, 'no-cache'],
      ['/assets/gone-00000000.js', 404, 'no-store'],
      ['/assets/link.txt', 404, 'no-store'],
      ['/secret.txt', 404, 'no-store'],
      ['/assets/../../secret.txt', 404, 'no-store'],
      ['/..%2fsecret.txt', 400, 'no-store'],
      ['/%2e%2e/secret.txt', 404, 'no-store'],
      ['/v1/nothing', 404, 'no-store'],
      ['/v1/orders', 405, 'no-store'],
    ];
    for (const [target, status, cache] of expected) {
      const answer = await ask(door.port, 'GET', target);
      assert.deepEqual([answer.status, answer.headers['cache-control']], [status, cache], target);
      assert.doesNotMatch(answer.body, /swordfish/, target);
    }
  } finally {
    await door.close();
  }
});
