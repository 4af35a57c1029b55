import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem, type Problem } from '@meridian/base';
import { encodeCommand } from '@meridian/messages';
import fc from 'fast-check';
import type { Batch, CommandLog } from './command-log.ts';
import { collect, expectationOf } from './expectation.ts';
import { chanceOf, createFaultyDisk, type FaultyDisk } from './faulty-disk.ts';
import { openSequencer } from './open.ts';
import type { Sequencer, SequencerOptions } from './sequencer.ts';
import { type EventBatch, eachEvent, lastPosition, START } from './state-machine.ts';
import { createTally, tallyCommand } from './tally.ts';

const expected = expectationOf(6_000);
const refused = (code: string) => (error: unknown) => isProblem(error, code);

function open(disk: FaultyDisk, more: Partial<SequencerOptions> = {}): Promise<Sequencer> {
  const options = { dir: '/log', market: 'ARCX', machine: createTally(), segmentBytes: 16 << 10, snapshotEvery: 0 };
  return openSequencer({ ...options, disk, ...more });
}

const newDisk = () => createFaultyDisk(chanceOf(1));

async function load(s: Sequencer, upTo: number, group = 50): Promise<void> {
  while (s.appliedSeq < upTo) {
    for (let n = 0; n < group && s.appliedSeq < upTo; n++) s.submit(tallyCommand(s.appliedSeq + 1));
    await s.committed(s.appliedSeq);
  }
}

function eventFiles(disk: FaultyDisk): Map<string, Buffer> {
  const paths = disk.paths.filter((path) => path.endsWith('.data'));
  return new Map(paths.map((path) => [path, Buffer.from(disk.bytesOf(path))]));
}

test('the engine runs ahead of durability; hash, listeners and tails see committed commands only', async () => {
  const s = await open(newDisk());
  const heard: number[] = [];
  s.onCommitted((events) => heard.push(events.lastSeq));
  for (let n = 1; n <= 10; n++) assert.equal(s.submit(tallyCommand(n)), n);
  assert.equal(s.appliedSeq, 10);
  assert.equal(s.committedSeq, 0);
  assert.equal(s.stateHash, expected.hashAt[0]);
  assert.deepEqual(heard, []);
  await s.committed(10);
  assert.equal(s.committedSeq, 10);
  assert.equal(s.stateHash, expected.hashAt[10]);
  assert.deepEqual(heard, [10], 'one batch took all ten');
  await s.close();
});

test('listeners get every event once, numbered (seq, k) from 0 and stamped with the command time', async () => {
  const s = await open(newDisk());
  const bytes: Uint8Array[] = [];
  s.onCommitted((events: EventBatch) => {
    bytes.push(events.bytes.slice());
    let next = events.firstSeq;
    let frames = 0;
    eachEvent(events, (view, offset) => {
      frames++;
      const seq = view.getFloat64(offset + 16, true);
      assert.ok(seq >= next && seq <= events.lastSeq);
      assert.equal(view.getFloat64(offset + 8, true), seq, 'the n-th command carries time n');
      next = seq;
    });
    assert.equal(frames, events.count);
  });
  await load(s, 500, 7);
  const all = expected.eventsAfter(START, 500);
  assert.deepEqual(Buffer.concat(bytes), Buffer.from(all));
  assert.deepEqual(lastPosition({ firstSeq: 1, lastSeq: 500, count: 1, bytes: all, view: new DataView(all.buffer) }), {
    seq: 500,
    k: 1,
  });
  await s.close();
});

test('the hash does not depend on how commands were batched', async () => {
  for (const group of [1, 3, 100, 1_000]) {
    const s = await open(newDisk());
    await load(s, 1_000, group);
    assert.equal(s.stateHash, expected.hashAt[1_000]);
    await s.close();
  }
});

test('a tail from any position gives each later event exactly once, across files and live', async () => {
  const disk = newDisk();
  const s = await open(disk);
  await load(s, 3_000);
  assert.ok(eventFiles(disk).size > 2, 'several segments');
  const position = fc.record({ seq: fc.integer({ min: 0, max: 3_000 }), k: fc.integer({ min: 0, max: 3 }) });
  const check = async (from: { seq: number; k: number }) => {
    const events = expected.eventsAfter(from, 3_000);
    assert.deepEqual(await collect(s.tail(from), events.length), events);
  };
  await fc.assert(fc.asyncProperty(position, check), { numRuns: 100 });
  const live = collect(s.tail({ seq: 2_990, k: 0 }), expected.eventsAfter({ seq: 2_990, k: 0 }, 4_000).length);
  await load(s, 4_000, 11);
  assert.deepEqual(await live, expected.eventsAfter({ seq: 2_990, k: 0 }, 4_000));
  const last = s.tail({ seq: 4_000, k: 5 })[Symbol.asyncIterator]().next();
  await s.close();
  assert.equal((await last).done, true, 'closing ends a waiting tail');
});

test('a replay writes the event file again byte for byte: missing, behind or damaged', async () => {
  const disk = newDisk();
  let s = await open(disk);
  await load(s, 3_000, 37);
  await s.close();
  const original = eventFiles(disk);
  const damage: Record<string, () => Promise<void>> = {
    missing: async () => {
      for (const path of disk.paths.filter((p) => p.includes('/events/'))) await disk.remove(path);
    },
    'without its newest segment': async () => disk.remove([...original.keys()].at(-1) as string),
    'without its index': async () => {
      for (const path of disk.paths.filter((p) => p.endsWith('.index'))) await disk.remove(path);
    },
    'with an edited byte': async () => {
      const bytes = disk.bytesOf([...original.keys()][1] as string);
      bytes[700] = (bytes[700] as number) ^ 1;
    },
    'cut short': async () => (await disk.open([...original.keys()][0] as string, 'write')).truncate(1_000),
  };
  for (const [what, harm] of Object.entries(damage)) {
    await harm();
    s = await open(disk);
    assert.notEqual(s.recovery.eventsRegenerated, null, what);
    assert.equal(s.recovery.commands, 3_000, what);
    await s.close();
    assert.deepEqual(eventFiles(disk), original, what);
  }
});

test('recovery begins at the newest snapshot, at the older one when that is damaged, and comes to the same state', async () => {
  const disk = newDisk();
  let s = await open(disk, { consumers: ['keeps the log'] });
  for (const upTo of [1_000, 2_000, 3_000]) {
    await load(s, upTo);
    await s.snapshot();
  }
  await load(s, 3_500);
  await s.close();
  const files = () => disk.paths.filter((path) => path.includes('/snapshots/snapshot-'));
  assert.equal(files().length, 2, 'two are kept');
  const name = (seq: number) => `snapshot-0000000000000000${seq}`;
  const damaged: string[] = [];
  for (const [harmed, snapshotSeq, commands] of [
    [undefined, 3_000, 500],
    [3_000, 2_000, 1_500],
    [2_000, 0, 3_500],
  ] as const) {
    if (harmed !== undefined) {
      const bytes = disk.bytesOf(`/log/snapshots/${name(harmed)}`);
      bytes[100] = (bytes[100] as number) ^ 4;
      damaged.unshift(name(harmed));
    }
    s = await open(disk);
    assert.deepEqual([s.recovery.snapshotSeq, s.recovery.commands], [snapshotSeq, commands]);
    assert.deepEqual(s.recovery.damagedSnapshots, damaged);
    assert.equal(s.stateHash, expected.hashAt[3_500]);
    const events = expected.eventsAfter(START, 3_500);
    assert.deepEqual(await collect(s.tail(START), events.length), events);
    await s.close();
  }
});

test('a machine that replays to another state than the snapshot says is stopped', async () => {
  const disk = newDisk();
  let s = await open(disk);
  await load(s, 500);
  await s.snapshot();
  await s.close();
  for (const path of disk.paths.filter((p) => p.includes('/events/'))) await disk.remove(path);
  const machine = createTally();
  const other = {
    ...machine,
    apply: (...[view, offset, seq, out]: Parameters<typeof machine.apply>) => machine.apply(view, offset, seq + 1, out),
  };
  await assert.rejects(open(disk, { machine: other }), refused('LOG_DIVERGED'));
  s = await open(disk);
  await s.close();
});

test('log and event file are trimmed behind the older snapshot and the slowest consumer, never before', async () => {
  const disk = newDisk();
  const s = await open(disk, { consumers: ['books', 'risk'] });
  const oldest = () => disk.paths.find((path) => path.includes('/commands/')) as string;
  const step = async (upTo: number) => {
    await load(s, upTo);
    await s.snapshot();
  };
  await step(1_000);
  await step(2_000);
  assert.match(oldest(), /0001\.log$/, 'no consumer has said anything');
  s.acknowledge('books', { seq: 1_900, k: 0 });
  await step(2_500);
  assert.match(oldest(), /0001\.log$/, 'risk is still at the start');
  s.acknowledge('risk', { seq: 1_200, k: 1 });
  await step(3_000);
  assert.ok(s.tail({ seq: 1_200, k: 1 }));
  const events = expected.eventsAfter({ seq: 1_200, k: 1 }, 3_000);
  assert.deepEqual(await collect(s.tail({ seq: 1_200, k: 1 }), events.length), events, 'everything the slowest needs is there');
  await assert.rejects(collect(s.tail(START), 1), refused('LOG_TRIMMED'));
  assert.doesNotMatch(oldest(), /0001\.log$/);
  await s.close();
  const again = await open(disk);
  assert.deepEqual(again.consumers.get('risk'), { seq: 1_200, k: 1 }, 'positions outlive the process');
  assert.equal(again.stateHash, expected.hashAt[3_000]);
  await again.close();
  for (const path of disk.paths.filter((p) => p.includes('/events/'))) await disk.remove(path);
  await assert.rejects(open(disk), refused('LOG_EVENTS_LOST'));
});

test('a consumer too far behind makes the log backlogged until it catches up; nothing is dropped', async () => {
  const s = await open(newDisk(), { backlogMax: 100, consumers: ['books'] });
  await load(s, 60, 5);
  assert.equal(s.backlogged, false);
  await load(s, 200, 5);
  assert.equal(s.backlogged, true);
  s.acknowledge('books', { seq: 50, k: 9 });
  assert.equal(s.backlogged, true);
  s.acknowledge('books', { seq: 190, k: 9 });
  assert.equal(s.backlogged, false);
  s.acknowledge('books', { seq: 10, k: 0 });
  assert.deepEqual(s.consumers.get('books'), { seq: 190, k: 9 }, 'a position never goes back');
  await load(s, 600, 5);
  assert.equal(s.backlogged, true);
  s.forget('books');
  assert.equal(s.backlogged, false);
  await s.close();
});

test('an engine-version command is the boundary: a snapshot is taken right behind it', async () => {
  const disk = newDisk();
  let s = await open(disk);
  await load(s, 99);
  s.submit(encodeCommand({ name: 'engine-version', body: { version: 3 } }, 99));
  for (let n = 0; n < 5; n++) s.submit(tallyCommand(99));
  await s.close();
  s = await open(disk);
  assert.equal(s.recovery.snapshotSeq, 100);
  assert.equal(s.recovery.commands, 5);
  assert.equal(s.engineVersion, 3);
  await s.close();
});

test('malformed, over-long and time-travelling frames are refused and leave nothing behind', async () => {
  const s = await open(newDisk());
  await load(s, 10);
  const wrongLength = tallyCommand(11);
  new DataView(wrongLength.buffer, wrongLength.byteOffset).setUint32(0, 17, true);
  const nan = tallyCommand(11);
  new DataView(nan.buffer, nan.byteOffset).setFloat64(8, Number.NaN, true);
  const version = encodeCommand({ name: 'engine-version', body: { version: 3 } }, 11).slice(0, 20);
  new DataView(version.buffer).setUint32(0, 20, true);
  for (const frame of [new Uint8Array(0), new Uint8Array(15), new Uint8Array(20 << 10), wrongLength, nan, tallyCommand(9)])
    assert.throws(() => s.submit(frame), refused('LOG_COMMAND_REFUSED'));
  assert.throws(() => s.submit(version), refused('COMMAND_UNREADABLE'));
  assert.equal(s.appliedSeq, 10);
  await load(s, 20);
  assert.equal(s.stateHash, expected.hashAt[20]);
  await s.close();
  assert.throws(() => s.submit(tallyCommand(21)), refused('LOG_CLOSED'));
});

test('at the bound of waiting bytes a command is refused, and taken again after a commit', async () => {
  const s = await open(newDisk(), { queueBytesMax: 2_000 });
  let taken = 0;
  assert.throws(() => {
    for (; ; taken++) s.submit(tallyCommand(taken + 1));
  }, refused('LOG_BUSY'));
  assert.ok(taken > 5 && s.appliedSeq === taken);
  await s.close();
  assert.equal(s.stateHash, expected.hashAt[taken]);
});

for (const [fault, code] of [
  ['full', 'LOG_DISK_FULL'],
  ['short', 'LOG_DISK_FULL'],
  ['sync', 'LOG_DISK_FAILED'],
] as const) {
  test(`a failed write or sync is fatal once, never retried, and acknowledges nothing (${fault})`, async () => {
    const disk = newDisk();
    const fatal: Problem[] = [];
    const s = await open(disk, { fatal: (problem) => fatal.push(problem) });
    await load(s, 50);
    if (fault === 'sync') disk.failSyncAt(disk.steps + 1);
    else disk.fillAt(disk.steps + 1, fault === 'short');
    s.submit(tallyCommand(51));
    await assert.rejects(s.committed(51), refused(code));
    await assert.rejects(s.committed(51), refused('LOG_FAILED'));
    assert.throws(() => s.submit(tallyCommand(52)), refused('LOG_FAILED'));
    assert.deepEqual(
      fatal.map((problem) => problem.code),
      [code],
    );
    assert.equal(s.committedSeq, 50);
    await assert.rejects(collect(s.tail(START), 1 << 20), refused('LOG_FAILED'));
    const steps = disk.steps;
    await s.close();
    assert.equal(disk.steps, steps, 'closing a failed log writes nothing');
  });
}

test('a machine that throws ends the run, and the command it threw at is not in the log', async () => {
  const disk = newDisk();
  const machine = createTally();
  const fragile = {
    ...machine,
    apply(...args: Parameters<typeof machine.apply>) {
      if (args[2] === 31) throw new Error('broken');
      machine.apply(...args);
    },
  };
  const fatal: Problem[] = [];
  let s = await open(disk, { machine: fragile, fatal: (problem) => fatal.push(problem) });
  await load(s, 30);
  assert.throws(() => s.submit(tallyCommand(31)), refused('LOG_FAILED'));
  assert.equal(fatal.length, 1);
  await s.close();
  s = await open(disk);
  assert.equal(s.committedSeq, 30);
  assert.equal(s.stateHash, expected.hashAt[30]);
  await s.close();
});

test('a position ahead of the log is refused: such a consumer has seen what was never committed here', async () => {
  const s = await open(newDisk());
  await load(s, 5);
  assert.throws(() => s.tail({ seq: 6, k: 0 }), refused('LOG_POSITION'));
  assert.throws(() => s.acknowledge('books', { seq: 6, k: 0 }), refused('LOG_POSITION'));
  assert.throws(() => s.acknowledge('books', { seq: 2.5, k: 0 }), refused('LOG_POSITION'));
  assert.equal(s.consumers.size, 0);
  await s.close();
});

test('any store of batches with the same promises carries a sequencer', async () => {
  const batches: Batch[] = [];
  const last = () => (batches.at(-1)?.firstSeq ?? 1) + (batches.at(-1)?.count ?? 0) - 1;
  const log: CommandLog = {
    firstSeq: 1,
    get lastSeq() {
      return last();
    },
    batchBytesMax: 900,
    tornBytes: 0,
    async append(batch) {
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(batch.firstSeq, last() + 1);
      batches.push({ ...batch, bytes: batch.bytes.slice() });
    },
    async *read(fromSeq) {
      yield* batches.filter((batch) => batch.firstSeq + batch.count > fromSeq);
    },
    async trim() {},
    async close() {},
  };
  const disk = newDisk();
  let s = await open(disk, { log });
  for (let n = 1; n <= 1_000; n++) s.submit(tallyCommand(n));
  await s.snapshot();
  await load(s, 1_200);
  await s.close();
  assert.ok(batches.every((batch) => batch.bytes.length <= 900));
  s = await open(disk, { log });
  assert.deepEqual([s.recovery.snapshotSeq, s.committedSeq], [1_000, 1_200]);
  assert.equal(s.stateHash, expected.hashAt[1_200]);
  await s.close();
});

test("options out of range and another market's folder are refused", async () => {
  const disk = newDisk();
  for (const wrong of [
    { market: '' },
    { market: 'a name too long for it' },
    { segmentBytes: 100 },
    { backlogMax: 0 },
    { snapshotEvery: 0.5 },
  ])
    await assert.rejects(open(disk, wrong), refused('LOG_OPTIONS'));
  const s = await open(disk);
  await load(s, 5);
  await s.close();
  await assert.rejects(open(disk, { market: 'XNYS' }), refused('LOG_FOREIGN'));
});
