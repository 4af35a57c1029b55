import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccountCentre, Place } from '@meridian/accounts';
import { Problem, silentLogger } from '@meridian/base';
import { type Event, type NumberedEvent, writeEvent } from '@meridian/messages';
import fc from 'fast-check';
import type { Position, ProcessClient } from './link/rpc.ts';
import { openMarketLink } from './market-link.ts';
import { takeTurns } from './turn.ts';

const SEQS = 30;
const AFTER: Position = { seq: SEQS, k: 1 };

/** Two events a command: what a node keeps in its event file. */
function batchOf(seq: number): Uint8Array {
  const event: Event = { name: 'phase-changed', body: { kind: 1, date: '2013-10-07', phase: 'continuous' } };
  const view = new DataView(new ArrayBuffer(1_024));
  let end = 0;
  for (let k = 0; k < 2; k++) end = writeEvent(view, end, event, seq, k, 1_000 + seq);
  return new Uint8Array(view.buffer, 0, end);
}

const isAfter = (a: Position, b: Position) => a.seq > b.seq || (a.seq === b.seq && a.k > b.k);

type Fault = 'none' | 'tail breaks' | 'books away' | 'committed, answer lost' | 'risk fails' | 'acknowledge fails';

/** Books, node and risk that fail as told, one fault a batch; they keep what an outsider can see of them. */
function troubledWorld(faults: readonly Fault[]) {
  const booked: string[] = [];
  const fed: string[] = [];
  let position: Place | undefined;
  let turn = 0;
  let missed = 0;
  const fault = () => faults[turn++ % Math.max(faults.length, 1)] ?? 'none';
  const key = ({ header }: NumberedEvent) => `${header.seq}.${header.k}`;
  let now: Fault = 'none';
  const accounts = {
    position: async () => position,
    intake: async (_: string, events: readonly NumberedEvent[], first: Place, last: Place) => {
      if (now === 'books away') throw new Problem('DATABASE_AWAY', { phase: 'begin', reason: 'test' });
      assert.ok(position === undefined || isAfter(first, position), `${first.seq}.${first.k} was offered again`);
      booked.push(...events.map(key));
      position = { seq: last.seq, k: last.k };
      if (now === 'committed, answer lost') throw new Problem('DATABASE_AWAY', { phase: 'commit', reason: 'test' });
    },
  } as unknown as AccountCentre;
  const node = {
    async *tail({ from }: { from: Position }, signal?: AbortSignal) {
      for (let seq = from.seq + 1; seq <= SEQS; seq++) {
        now = fault();
        if (now === 'tail breaks') throw new Error('14 UNAVAILABLE');
        yield batchOf(seq);
      }
      if (signal?.aborted === false) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
    acknowledge: async ({ upTo }: { upTo: Position }) => {
      assert.ok(position !== undefined && !isAfter(upTo, position), 'acknowledged what is not in the books');
      if (now === 'acknowledge fails') throw new Problem('LOG_CLOSED');
      return null;
    },
  } as unknown as ProcessClient;
  const link = openMarketLink({
    market: 'ARCX',
    node,
    accounts,
    turn: takeTurns(),
    onEvents: async (_, events) => {
      if (now === 'risk fails') throw new Problem('DATABASE_AWAY', { phase: 'statement', reason: 'test' });
      fed.push(...events.map(key));
    },
    onMissed: async () => {
      missed++;
      // Reading the books anew is having heard everything that is in them.
      fed.splice(0, fed.length, ...booked);
    },
    logger: silentLogger,
  });
  return { link, booked, fed, missed: () => missed };
}

const everything = Array.from({ length: SEQS }, (_, i) => [`${i + 1}.0`, `${i + 1}.1`]).flat();

test('whatever breaks in between, every event reaches the books once and in order, and risk misses none', {
  timeout: 60_000,
}, async () => {
  const faulty = fc.array(
    fc.constantFrom<Fault>(
      ...(['none', 'none', 'none', 'none', 'none', 'none'] as const),
      ...(['tail breaks', 'books away', 'committed, answer lost', 'risk fails', 'acknowledge fails'] as const),
    ),
    // A prime, so that the pattern does not fall on the same batches each time around.
    { minLength: 37, maxLength: 37 },
  );
  await fc.assert(
    fc.asyncProperty(faulty, async (faults) => {
      // At most four interruptions: each costs a pause of wall time.
      let kept = 0;
      const bounded = faults.map((fault) => (fault !== 'none' && ++kept > 4 ? 'none' : fault));
      const { link, booked, fed } = troubledWorld(bounded);
      await link.caughtUp(AFTER);
      await new Promise((resolve) => setImmediate(resolve));
      await link.close();
      assert.deepEqual(booked, everything);
      assert.deepEqual(fed, everything);
    }),
    { numRuns: 12, interruptAfterTimeLimit: 20_000 },
  );
});

test('risk takes the books anew only when it may have missed something', async () => {
  const calm = troubledWorld(['none']);
  await calm.link.caughtUp(AFTER);
  await calm.link.close();
  assert.equal(calm.missed(), 0);
  const troubled = troubledWorld(['none', 'risk fails', ...Array<Fault>(100).fill('none')]);
  await troubled.link.caughtUp(AFTER);
  await troubled.link.close();
  assert.equal(troubled.missed(), 1);
});
