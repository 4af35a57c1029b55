import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem, type Problem } from '@meridian/base';
import fc from 'fast-check';
import { collect, expectationOf } from './expectation.ts';
import { chanceOf, createFaultyDisk, type FaultyDisk } from './faulty-disk.ts';
import { openSequencer } from './open.ts';
import { readBatchHeader, SEGMENT_HEADER_BYTES, zeroFrom } from './segment.ts';
import { START } from './state-machine.ts';
import { createTally, tallyCommand } from './tally.ts';

const COMMANDS = 2_000;
const expected = expectationOf(COMMANDS);

function open(disk: FaultyDisk) {
  const options = { dir: '/log', market: 'ARCX', machine: createTally(), segmentBytes: 16 << 10, snapshotEvery: 0 };
  return openSequencer({ ...options, disk });
}

async function wholeLog(): Promise<FaultyDisk> {
  const disk = createFaultyDisk(chanceOf(1));
  const s = await open(disk);
  while (s.appliedSeq < COMMANDS) {
    for (let n = 0; n < 40 && s.appliedSeq < COMMANDS; n++) s.submit(tallyCommand(s.appliedSeq + 1));
    await s.committed(s.appliedSeq);
  }
  await s.close();
  return disk;
}

const segmentsOf = (disk: FaultyDisk) => disk.paths.filter((path) => path.includes('/commands/commands-'));

async function corruption(disk: FaultyDisk): Promise<Problem> {
  const error = await open(disk).then(
    () => undefined,
    (found: unknown) => found,
  );
  assert.ok(isProblem(error, 'LOG_CORRUPT'), `opened, or: ${error}`);
  return error;
}

test('any changed byte of any file is found or mended: the log opens whole or not at all', async () => {
  const disk = await wholeLog();
  const snapshotted = await open(disk);
  await snapshotted.snapshot();
  await snapshotted.close();
  const original = new Map(disk.paths.map((path) => [path, disk.bytesOf(path).slice()]));
  const paths = disk.paths.filter((path) => !path.endsWith('.tmp') && !path.endsWith('consumers.json'));
  const place = fc.record({
    file: fc.nat(paths.length - 1),
    at: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
    mask: fc.integer({ min: 1, max: 255 }),
  });
  let found = 0;
  const check = async ({ file, at, mask }: { file: number; at: number; mask: number }) => {
    const copy = createFaultyDisk(chanceOf(2));
    for (const [path, bytes] of original) await (await copy.create(path)).write([bytes], 0);
    const bytes = copy.bytesOf(paths[file] as string);
    const offset = Math.floor(at * bytes.length);
    bytes[offset] = (bytes[offset] as number) ^ mask;
    try {
      const s = await open(copy);
      assert.equal(s.committedSeq, COMMANDS);
      assert.equal(s.stateHash, expected.hashAt[COMMANDS]);
      const events = expected.eventsAfter(START, COMMANDS);
      assert.deepEqual(await collect(s.tail(START), events.length), events);
      await s.close();
    } catch (error) {
      assert.ok(isProblem(error, 'LOG_CORRUPT'), String(error));
      found++;
    }
  };
  await fc.assert(fc.asyncProperty(place, check), { numRuns: 300 });
  assert.ok(found > 20, `${found} changes lay in command segments`);
});

test('an edited byte in a batch is reported with file, offset and command', async () => {
  const disk = await wholeLog();
  const path = segmentsOf(disk)[1] as string;
  const bytes = disk.bytesOf(path);
  const header = readBatchHeader(bytes, SEGMENT_HEADER_BYTES);
  bytes[SEGMENT_HEADER_BYTES + 60] = (bytes[SEGMENT_HEADER_BYTES + 60] as number) ^ 1;
  const problem = await corruption(disk);
  assert.deepEqual(problem.params, {
    file: path,
    offset: SEGMENT_HEADER_BYTES,
    seq: header?.firstSeq ?? 0,
    reason: 'batch checksum',
  });
});

test('an edited byte in the last acknowledged batch is not taken for an unfinished write', async () => {
  const disk = await wholeLog();
  const bytes = disk.bytesOf(segmentsOf(disk).at(-1) as string);
  const last = zeroFrom(bytes) - 1;
  bytes[last] = (bytes[last] as number) ^ 1;
  assert.match(String((await corruption(disk)).params['reason']), /the event file has seen command 2000/);
});

test('a truncated, missing or foreign segment and a gap are found', async () => {
  const harms: Record<string, (disk: FaultyDisk, paths: string[]) => Promise<void>> = {
    'truncated in the middle': async (disk, [, second]) => (await disk.open(second as string, 'write')).truncate(9_000),
    'truncated last': async (disk, paths) => (await disk.open(paths.at(-1) as string, 'write')).truncate(9_000),
    'empty file': async (disk, [, second]) => (await disk.open(second as string, 'write')).truncate(0),
    'missing in the middle': (disk, [, second]) => disk.remove(second as string),
    'missing first': (disk, [first]) => disk.remove(first as string),
    'missing last': (disk, paths) => disk.remove(paths.at(-1) as string),
    'all missing': async (disk, paths) => {
      for (const path of paths) await disk.remove(path);
    },
    'one in the name of another': (disk, [first, second]) => disk.rename(first as string, second as string),
  };
  for (const [what, harm] of Object.entries(harms)) {
    const disk = await wholeLog();
    await harm(disk, segmentsOf(disk));
    assert.ok(await corruption(disk), what);
  }
});

test('an unfinished last batch is cut off and reported', async () => {
  const disk = await wholeLog();
  const path = segmentsOf(disk).at(-1) as string;
  const end = zeroFrom(disk.bytesOf(path));
  const torn = new Uint8Array(300).fill(7);
  await (await disk.open(path, 'write')).write([torn], (end + 7) & ~7);
  const s = await open(disk);
  assert.equal(s.recovery.tornBytes, 300);
  assert.equal(s.stateHash, expected.hashAt[COMMANDS]);
  await s.close();
  const again = await open(disk);
  assert.equal(again.recovery.tornBytes, 0);
  await again.close();
});
