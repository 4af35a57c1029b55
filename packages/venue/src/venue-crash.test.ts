import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseInstant } from '@meridian/base';
import { connect, type FixMessage, type Initiator, MemorySessionStore, Session } from '@meridian/fix';
import { replay } from '@meridian/log';
import { dictionary } from './dictionary.ts';
import { recordingOf } from './recording.ts';
import { startVenue } from './venue.ts';
import { createVenueMachine } from './venue-machine.ts';

const OPEN = parseInstant('2013-10-07T13:30:00Z');
const CLOSE = parseInstant('2013-10-07T20:00:00Z');

/** A quote a second for an hour, and a print between each two. */
function hour() {
  const cents = (i: number) => 167_00000000 + ((i * 7) % 11) * 1_000_000;
  const seconds = Array.from({ length: 3_600 }, (_, i) => i);
  const quotes = seconds.map((i) => ({
    ...{ at: OPEN - 1_000_000 + i * 1_000_000, spanMicros: 1_000_000, symbol: 'SPY' },
    ...{ bid: cents(i), bidSize: 300, ask: cents(i) + 1_000_000, askSize: 400 },
  }));
  const prints = seconds.map((i) => ({
    ...{ at: OPEN + 500_000 + i * 1_000_000, symbol: 'SPY', price: cents(i) + (i % 2) * 1_000_000, size: 250 },
    ...{ participant: 'P', condition: 1, suspicious: false },
  }));
  return recordingOf([{ name: 'hour', sha256: '0'.repeat(64) }], prints, quotes);
}

/** The child: a venue that plays on its own, a second of recorded time after the other, until it is killed. */
async function child(dir: string): Promise<void> {
  const venue = await startVenue({
    ...{ dir: join(dir, 'log'), mic: 'ARCX', sessionData: hour(), orderPort: 0, marketDataPort: 0, dropDir: join(dir, 'drop') },
    listings: [
      { symbol: 'SPY', isin: 'US78462F1030', currency: 'USD', tick: '0.01', quantityMax: 1_000_000, securityClass: 'etf' },
    ],
    ...{ compIds: { venue: 'ARCX', members: ['HEDGE'], subscribers: ['MD'] }, commissionPerUnit: '0.0020' },
  });
  process.on('message', async (message) => {
    if (message !== 'close') return;
    await venue.advance(CLOSE);
    process.send?.({ file: await venue.brokerFile('2013-10-07') });
  });
  process.send?.({ port: venue.ports.order });
  while (venue.status().time < OPEN + 3_000_000_000) {
    const { time } = venue.status();
    await venue.advance(time < OPEN ? OPEN : time + 1_000_000);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

function said<T>(process: ChildProcess, member: string): Promise<T> {
  return new Promise((resolve) => {
    const hear = (message: unknown) => {
      if (typeof message !== 'object' || message === null || !(member in message)) return;
      process.off('message', hear);
      resolve((message as Record<string, T>)[member] as T);
    };
    process.on('message', hear);
  });
}

const KILLS = 5;

if (process.env['VENUE_CHILD'] !== undefined) await child(process.env['VENUE_CHILD']);
else
  test('kill -9 of a venue under orders: no execution is lost, none is doubled, the replay tells the same', async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'venue-crash-'));
    const start = () =>
      fork(import.meta.filename, { env: { ...process.env, VENUE_CHILD: dir }, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    let venue = start();
    let initiator: Initiator | undefined;
    t.after(async () => {
      venue.kill('SIGKILL');
      await initiator?.close();
      await rm(dir, { recursive: true, force: true });
    });
    const seed = Date.now() & 0xffff;
    t.diagnostic(`seed ${seed}`);
    let random = seed;
    const below = (n: number) => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fffffff;
      return random % n;
    };

    const store = new MemorySessionStore();
    const fills = new Map<string, { order: string; quantity: number; price: string }>();
    const acknowledged = new Set<string>();
    const repeated: string[] = [];
    const session = new Session({
      ...{ dictionary, senderCompId: 'HEDGE', targetCompId: 'ARCX', store },
      application: {
        onApplication(message: FixMessage, seq: number) {
          store.advanceIn(seq + 1);
          const order = message.text(11) as string;
          const kind = message.text(150);
          if (kind === '0') acknowledged.add(order);
          if (kind !== 'F') return;
          const id = message.text(17) as string;
          if (fills.has(id)) repeated.push(id);
          fills.set(id, { order, quantity: message.int(32) as number, price: message.text(31) as string });
        },
      },
    });

    const sent: string[] = [];
    for (let round = 0; round <= KILLS; round++) {
      const port = await said<number>(venue, 'port');
      initiator = connect({ host: '127.0.0.1', port, session, retryMillisMin: 20, retryMillisMax: 50 });
      for (let i = 0; i < 500 && !session.isUp; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.ok(session.isUp, 'logged on');
      const orders = 40 + below(60);
      for (let i = 0; i < orders; i++) {
        const id = `o${sent.length}`;
        sent.push(id);
        store.send(session, 'D', (writer) => {
          writer
            .text(11, id)
            .text(1, 'H')
            .text(55, 'SPY')
            .char(54, 0x31 + below(2))
            .int(38, 1 + below(500))
            .text(40, '2');
          writer.decimal(44, 16_700 + below(12), 2).timestamp(60, Date.now() * 1000);
        });
        if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, below(8)));
      }
      if (round < KILLS) {
        // Every other time the member goes first: what is executed meanwhile it hears only from the next life.
        if (round % 2 === 0) {
          await initiator.close();
          await new Promise((resolve) => setTimeout(resolve, 50 + below(100)));
        }
        venue.kill('SIGKILL');
        await new Promise((resolve) => venue.once('exit', resolve));
        await initiator.close();
        venue = start();
        continue;
      }
      // Everything sent is answered in the end, whatever was in flight at each death.
      for (let i = 0; i < 1_000 && acknowledged.size < sent.length; i++)
        await new Promise((resolve) => setTimeout(resolve, 10));
      assert.equal(acknowledged.size, sent.length);
      venue.send('close');
      const file = await said<string>(venue, 'file');
      const rows = (await readFile(file, 'utf8'))
        .trimEnd()
        .split('\n')
        .slice(1, -1)
        .map((line) => line.split(','));
      for (let i = 0; i < 500 && fills.size < rows.length; i++) await new Promise((resolve) => setTimeout(resolve, 10));
      await initiator.close();
      const told = rows.map((r) => [r[2], r[5], Number(r[11]), Number(r[12])]);
      const heard = [...fills].map(([id, f]) => [id, f.order, f.quantity, Number(f.price)]);
      assert.ok(told.length > 20, 'orders were filled');
      assert.deepEqual(heard, told, 'what the member heard is what the broker booked, in order');
      assert.deepEqual(repeated, [], 'none twice');
    }
    venue.kill('SIGKILL');
    await new Promise((resolve) => venue.once('exit', resolve));
    const machine = createVenueMachine(hour());
    await replay(join(dir, 'log'), machine);
    assert.deepEqual(
      [...machine.entry.ledger.entries].map((e) => `ARCX-X${e.execution}`),
      [...fills.keys()],
    );
  });
