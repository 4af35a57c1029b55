import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem } from '@meridian/base';
import fc from 'fast-check';
import { collect, expectationOf } from './expectation.ts';
import { type Chance, chanceOf, createFaultyDisk, type FaultyDisk } from './faulty-disk.ts';
import { openSequencer } from './open.ts';
import type { Sequencer, SequencerOptions } from './sequencer.ts';
import { type Position, START } from './state-machine.ts';
import { createTally, tallyCommand } from './tally.ts';

const COMMANDS = 4_000;
const expected = expectationOf(COMMANDS);
const turn = () => new Promise((resolve) => setImmediate(resolve));

function open(disk: FaultyDisk, more: Partial<SequencerOptions> = {}): Promise<Sequencer> {
  const options = {
    dir: '/log',
    market: 'ARCX',
    machine: createTally(),
    segmentBytes: 16 << 10,
    snapshotEvery: 0,
    consumers: ['books'],
  };
  return openSequencer({ ...options, disk, fatal: () => {}, ...more });
}

/** Load until the power fails or the quota is used up; returns what was acknowledged and consumed. */
async function load(disk: FaultyDisk, s: Sequencer, chance: Chance, position: Position, quota: number) {
  let acked = s.committedSeq;
  let consumed = position;
  s.onCommitted((events) => {
    acked = Math.max(acked, events.lastSeq);
  });
  try {
    for (let rest = quota; rest > 0 && s.appliedSeq < COMMANDS - 64; rest--) {
      for (let n = Math.ceil(chance() * 40); n > 0; n--) s.submit(tallyCommand(s.appliedSeq + 1));
      const luck = chance();
      if (luck < 0.3) await s.committed(s.appliedSeq);
      else if (luck < 0.6) await turn();
      else if (luck < 0.7) await s.snapshot();
      else if (luck < 0.8 && acked > consumed.seq) {
        // As a consumer in its own database: it saw everything up to some committed command.
        consumed = { seq: consumed.seq + Math.ceil(chance() * (acked - consumed.seq)), k: 9 };
        s.acknowledge('books', consumed);
      }
    }
    await s.committed(s.appliedSeq);
  } catch (error) {
    assert.ok(disk.powerless || isProblem(error, 'LOG_FAILED'), String(error));
  }
  return { acked, consumed };
}

async function assertRecovered(s: Sequencer, acked: number, consumed: Position): Promise<void> {
  assert.ok(s.committedSeq >= acked, `command ${acked} was acknowledged, the log ends at ${s.committedSeq}`);
  assert.equal(s.stateHash, expected.hashAt[s.committedSeq], 'the state is that of a prefix of the commands');
  const events = expected.eventsAfter(consumed, s.committedSeq);
  assert.deepEqual(await collect(s.tail(consumed), events.length), events, 'the consumer gets each event once');
}

test('power lost at any I/O step: acknowledged commands survive, state and events are those of a prefix', async () => {
  const scenario = async (seed: number, crashes: readonly number[]) => {
    const chance = chanceOf(seed);
    let disk = createFaultyDisk(chance);
    let acked = 0;
    let consumed = START;
    for (const crash of crashes) {
      disk.failPowerAt(crash);
      try {
        const s = await open(disk);
        await assertRecovered(s, acked, consumed);
        ({ acked, consumed } = await load(disk, s, chance, consumed, 60));
        await s.close();
      } catch (error) {
        if (!disk.powerless || error instanceof assert.AssertionError) throw error;
      }
      disk = disk.powerOn();
    }
    const s = await open(disk);
    await assertRecovered(s, acked, consumed);
    await s.close();
  };
  const crashes = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 });
  await fc.assert(fc.asyncProperty(fc.integer(), crashes, scenario), { numRuns: 300 });
});
