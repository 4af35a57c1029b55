import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { collect, expectationOf } from './expectation.ts';
import { chanceOf } from './faulty-disk.ts';
import { openSequencer } from './open.ts';
import { replay } from './replay.ts';
import { START } from './state-machine.ts';
import { createTally } from './tally.ts';

const LOAD = join(import.meta.dirname, 'load.ts');

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'meridian-log-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

interface Load {
  readonly child: ChildProcess;
  acked: number;
  errors: string;
  /** Resolves at the first acknowledged number. */
  readonly ready: Promise<void>;
  readonly ended: Promise<unknown>;
}

function startLoad(dir: string, segmentBytes: number, policy: string): Load {
  const child = spawn(process.execPath, [LOAD, dir, String(segmentBytes), policy], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ready = Promise.withResolvers<void>();
  const load: Load = { child, acked: 0, errors: '', ready: ready.promise, ended: once(child, 'close') };
  let rest = '';
  child.stdout?.on('data', (data: Buffer) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop() ?? '';
    load.acked = Math.max(load.acked, ...lines.map(Number));
    ready.resolve();
  });
  child.stderr?.on('data', (data: Buffer) => {
    load.errors += data;
  });
  load.ended.then(() => ready.resolve());
  return load;
}

/** The folder as a fresh process finds it: nothing acknowledged is missing, everything there is as it must be. */
async function assertSurvived(dir: string, acked: number, segmentBytes: number): Promise<number> {
  const machine = createTally();
  const s = await openSequencer({ dir, market: 'ARCX', machine, segmentBytes, snapshotEvery: 0 });
  try {
    const { committedSeq } = s;
    assert.ok(committedSeq >= acked, `command ${acked} was acknowledged, the log ends at ${committedSeq}`);
    const expected = expectationOf(committedSeq);
    assert.equal(s.stateHash, expected.hashAt[committedSeq]);
    const events = expected.eventsAfter(START, committedSeq);
    assert.ok(Buffer.from(await collect(s.tail(START), events.length)).equals(events), 'each event exactly once');
    return committedSeq;
  } finally {
    await s.close();
  }
}

for (const policy of ['group-commit', 'page-cache']) {
  test(`kill -9 under load loses nothing acknowledged (${policy})`, async (t) => {
    const dir = folder(t);
    const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
    t.diagnostic(`SEED=${seed}`);
    const chance = chanceOf(seed);
    let reached = 0;
    for (let round = 0; round < 10; round++) {
      const load = startLoad(dir, 256 << 10, policy);
      await load.ready;
      await new Promise((resolve) => setTimeout(resolve, chance() * 120));
      load.child.kill('SIGKILL');
      await load.ended;
      assert.equal(load.errors, '');
      reached = await assertSurvived(dir, load.acked, 256 << 10);
    }
    assert.ok(reached > 100, 'the load did run');
  });
}

test('of two processes that open one log, one is refused, and a replay is not', async (t) => {
  const dir = folder(t);
  const first = startLoad(dir, 256 << 10, 'group-commit');
  await first.ready;
  const second = startLoad(dir, 256 << 10, 'group-commit');
  await second.ended;
  assert.match(second.errors, new RegExp(`LOG_LOCKED: .* process ${first.child.pid}`));
  assert.equal(second.child.exitCode, 1);
  for (let n = 0; n < 5; n++) {
    const seen = await replay(dir, createTally());
    assert.equal(seen.stateHash, expectationOf(seen.seq).hashAt[seen.seq], 'beside the running writer');
  }
  first.child.kill('SIGKILL');
  await first.ended;
  await assertSurvived(dir, first.acked, 256 << 10);
});

test('processes racing for a stale lock: at most one gets it, and the log stays whole', async (t) => {
  const dir = folder(t);
  const crashed = startLoad(dir, 256 << 10, 'page-cache');
  await crashed.ready;
  crashed.child.kill('SIGKILL');
  await crashed.ended;
  const racers = Array.from({ length: 4 }, () => startLoad(dir, 256 << 10, 'page-cache'));
  await Promise.all(racers.map((racer) => racer.ready));
  const losers = racers.filter((racer) => racer.child.exitCode !== null);
  for (const loser of losers) assert.match(loser.errors, /LOG_LOCKED/);
  assert.ok(racers.length - losers.length <= 1, 'one winner at most');
  for (const racer of racers) racer.child.kill('SIGKILL');
  await Promise.all(racers.map((racer) => racer.ended));
  await assertSurvived(dir, Math.max(...racers.map((racer) => racer.acked)), 256 << 10);
});

test('a lock left by a recycled process id does not hold', async (t) => {
  const dir = folder(t);
  writeFileSync(join(dir, 'lock-000000000007'), `${process.ppid} 1`);
  const s = await openSequencer({ dir, market: 'ARCX', machine: createTally(), segmentBytes: 64 << 10 });
  await assert.rejects(openSequencer({ dir, market: 'ARCX', machine: createTally() }), (e) => isProblem(e, 'LOG_LOCKED'));
  await s.close();
  const again = await openSequencer({ dir, market: 'ARCX', machine: createTally(), segmentBytes: 64 << 10 });
  await again.close();
});

test('a full disk ends the process with a clear problem; with room again nothing acknowledged is missing', async (t) => {
  const dir = folder(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'meridian-test', dir], { stdio: 'ignore' });
  } catch {
    return t.skip('mounting a small file system needs root');
  }
  try {
    const load = startLoad(dir, 512 << 10, 'group-commit');
    await load.ended;
    assert.equal(load.child.exitCode, 1);
    assert.match(load.errors, /LOG_DISK_FULL/);
    assert.ok(load.acked > 0);
    execFileSync('mount', ['-o', 'remount,size=16m', dir], { stdio: 'ignore' });
    await assertSurvived(dir, load.acked, 512 << 10);
  } finally {
    execFileSync('umount', [dir]);
  }
});
