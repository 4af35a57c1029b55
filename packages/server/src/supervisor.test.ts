import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isProblem, type Logger, silentLogger } from '@meridian/base';
import { openAuthority } from '@meridian/security';
import { createFolders, type DataFolder, dataFolder, readWhole, writeWhole } from './data-folder.ts';
import { type HouseSettings, portsFrom } from './process/settings.ts';
import { type RunningHouse, type Supervisor, superviseHouse } from './supervisor.ts';

const MARKET = 'ARCX';

/** A supervised folder whose node has been introduced: it starts by itself. */
async function supervised(
  root: string,
  run: (supervisor: Supervisor, folder: DataFolder, pid: () => number) => Promise<void>,
  logger: Logger = silentLogger,
): Promise<void> {
  const folder = dataFolder(root);
  createFolders(folder);
  await (await openAuthority(folder.keys)).issue('node', MARKET);
  const house: HouseSettings = {
    data: root,
    mode: 'demo',
    markets: [MARKET],
    ports: portsFrom(31_000 + 20 * Math.floor(Math.random() * 500), [MARKET]),
    speed: 1,
  };
  const supervisor = await superviseHouse(folder, house, logger);
  try {
    await run(supervisor, folder, () => supervisor.running().processes[`node-${MARKET}`]?.pid ?? 0);
  } finally {
    await supervisor.stop();
  }
  assert.equal(readWhole(folder.running), undefined, 'a stopped house says so');
}

async function until(fits: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + 20_000; !fits(); ) {
    assert.ok(performance.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function temporary(): string {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-supervised-'));
  fs.chmodSync(root, 0o711);
  return root;
}

test('a child and the database that are killed are started again, and the folder says so', async () => {
  const root = temporary();
  const warned = new Map<string, number>();
  const logger = {
    ...silentLogger,
    warn: (event: string) => void warned.set(event, (warned.get(event) ?? 0) + 1),
  } as Logger;
  try {
    await supervised(
      root,
      async (supervisor, folder, pid) => {
        await supervisor.start('node', MARKET);
        for (let death = 1; death <= 3; death++) {
          const before = pid();
          process.kill(before, 'SIGKILL');
          await until(() => pid() !== before && pid() > 0, `start ${death}`);
          await until(() => readWhole<RunningHouse>(folder.running)?.processes[`node-${MARKET}`]?.pid === pid(), 'told');
        }
        assert.equal(readWhole<RunningHouse>(folder.running)?.supervisor, process.pid);
        assert.equal(supervisor.running().processes[`node-${MARKET}`]?.restarts, 3);
        const database = () => supervisor.running().processes['postgres']?.pid ?? 0;
        const before = database();
        process.kill(before, 'SIGKILL');
        await until(() => database() !== before, 'a new database');
      },
      logger,
    );
    assert.deepEqual(
      [...warned],
      [
        ['process ended, starting it again', 3],
        ['database ended, starting it again', 1],
      ],
    );
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
});

test('bad input: what a child refuses to start for is the problem its start throws', async () => {
  const root = temporary();
  try {
    await supervised(root, async (supervisor, folder) => {
      writeWhole(folder.door(MARKET), {});
      fs.writeFileSync(folder.door(MARKET), '{"sessions":');
      await assert.rejects(
        supervisor.start('node', MARKET),
        (error) => isProblem(error, 'FILE_UNREADABLE') && error.message.includes(folder.door(MARKET)),
      );
    });
  } finally {
    fs.rmSync(root, { recursive: true, force: true });
  }
});

const mountable = process.getuid?.() === 0 && mounts();
function mounts(): boolean {
  const at = temporary();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', at], { stdio: 'ignore' });
    execFileSync('umount', [at]);
    return true;
  } catch {
    return false;
  } finally {
    fs.rmSync(at, { recursive: true, force: true });
  }
}

test('bad input: on a disk that fills up the supervisor stays, and with room again everything is started again', {
  skip: mountable ? false : 'needs root and tmpfs mounts',
}, async () => {
  const disk = temporary();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300m,mode=0711', 'tmpfs', disk]);
  try {
    await supervised(path.join(disk, 'house'), async (supervisor, _, pid) => {
      await supervisor.start('node', MARKET);
      const filler = fs.openSync(path.join(disk, 'filler'), 'w');
      assert.throws(() => {
        for (;;) fs.writeSync(filler, Buffer.alloc(1 << 20));
      }, /ENOSPC/);
      assert.throws(() => {
        for (;;) fs.writeSync(filler, Buffer.alloc(1 << 10));
      }, /ENOSPC/);
      fs.closeSync(filler);
      const before = pid();
      process.kill(before, 'SIGKILL');
      const restarts = () => supervisor.running().processes[`node-${MARKET}`]?.restarts ?? 0;
      await until(() => restarts() >= 1, 'a restart on the full disk');
      fs.rmSync(path.join(disk, 'filler'));
      await until(
        () =>
          readWhole<RunningHouse>(path.join(disk, 'house', 'running.json'))?.processes[`node-${MARKET}`]?.pid === pid() &&
          pid() !== before,
        'the state is written again',
      );
    });
  } finally {
    execFileSync('umount', ['-l', disk]);
    fs.rmSync(disk, { recursive: true, force: true });
  }
});
