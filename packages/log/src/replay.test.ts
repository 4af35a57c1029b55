import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { expectationOf } from './expectation.ts';
import { openSequencer } from './open.ts';
import { replay } from './replay.ts';
import { createTally, tallyCommand } from './tally.ts';

const expected = expectationOf(5_000);

async function logOf(t: TestContext, commands: number, snapshotEvery: number): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'meridian-replay-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const s = await openSequencer({ dir, market: 'ARCX', machine: createTally(), segmentBytes: 16 << 10, snapshotEvery });
  while (s.appliedSeq < commands) {
    for (let n = 0; n < 100; n++) s.submit(tallyCommand(s.appliedSeq + 1));
    await s.committed(s.appliedSeq);
  }
  await s.close();
  return dir;
}

test('a replay gives the hash after any command', async (t) => {
  const dir = await logOf(t, 2_000, 0);
  for (const seq of [1, 99, 100, 101, 1_999, 2_000, undefined]) {
    const seen = await replay(dir, createTally(), seq);
    assert.equal(seen.stateHash, expected.hashAt[seq ?? 2_000]);
    assert.deepEqual([seen.seq, seen.commands, seen.fromSeq], [seq ?? 2_000, seq ?? 2_000, 0]);
  }
  await assert.rejects(replay(dir, createTally(), 2_001), (e) => isProblem(e, 'LOG_TRIMMED'));
});

test('once the beginning is trimmed a replay starts at the oldest snapshot', async (t) => {
  const dir = await logOf(t, 5_000, 500);
  const seen = await replay(dir, createTally());
  assert.ok(seen.fromSeq >= 500 && seen.fromSeq < 5_000);
  assert.equal(seen.commands, 5_000 - seen.fromSeq);
  assert.equal(seen.stateHash, expected.hashAt[5_000]);
  await assert.rejects(replay(dir, createTally(), seen.fromSeq - 1), (e) => isProblem(e, 'LOG_TRIMMED'));
});

test('a replay finds an edited byte and changes nothing', async (t) => {
  const dir = await logOf(t, 2_000, 0);
  const [first] = readdirSync(join(dir, 'commands'));
  const path = join(dir, 'commands', first as string);
  const bytes = readFileSync(path);
  bytes[400] = (bytes[400] as number) ^ 1;
  writeFileSync(path, bytes);
  await assert.rejects(replay(dir, createTally()), (e) => isProblem(e, 'LOG_CORRUPT'));
  assert.ok(readFileSync(path).equals(bytes));
});
