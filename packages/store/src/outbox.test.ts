import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { type Database, enqueue, type OutboxMessage, type ScratchDatabase, scratchDatabase, startRelay } from './index.ts';

let scratch: ScratchDatabase;
let database: Database;

before(async () => {
  scratch = await scratchDatabase();
  database = scratch.database;
});
after(() => scratch.remove());
beforeEach(() => database.query('DELETE FROM store.outbox'));

const mail = (id: string, key = 'client', body: unknown = { text: id }): OutboxMessage => ({ id, topic: 'mail', key, body });
const put = (...messages: OutboxMessage[]) =>
  database.transaction(async (tx) => {
    for (const message of messages) await enqueue(tx, message);
  });
const states = async () =>
  (
    await database.query<{ id: string; state: string; attempts: number }>(
      'SELECT id, state, attempts FROM store.outbox ORDER BY no',
    )
  ).rows;

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a message leaves only if its transaction committed, and in the order of its key', async () => {
  await put(mail('1'), mail('2'), mail('3'));
  await assert.rejects(
    database.transaction(async (tx) => {
      await enqueue(tx, mail('never'));
      throw new Error('rolled back');
    }),
  );
  const sent: string[] = [];
  const relay = startRelay({ database, topics: { mail: async ({ id }) => void sent.push(id) }, idleMs: 5 });
  await until(() => sent.length === 3);
  await relay.stop();
  assert.deepEqual(sent, ['1', '2', '3']);
  assert.deepEqual(
    (await states()).map((row) => row.state),
    ['delivered', 'delivered', 'delivered'],
  );
});

test('the same message twice is one; the same id with another body is refused', async () => {
  await put(mail('1'), mail('1'));
  assert.equal((await states()).length, 1);
  await assert.rejects(put(mail('1', 'client', { text: 'other' })), (e) => isProblem(e, 'OUTBOX_CONFLICT'));
});

test('a failed delivery is tried again after a wait and holds back its key only; in the end it is given up visibly', async () => {
  await put(mail('bad', 'a'), mail('behind', 'a'), mail('free', 'b'));
  const sent: string[] = [];
  const relay = startRelay({
    database,
    topics: {
      mail: async ({ id }) => {
        if (id === 'bad') throw new Error('mailbox full');
        sent.push(id);
      },
    },
    attemptsMax: 3,
    backoffMs: () => 100,
    idleMs: 5,
  });
  await until(() => sent.length === 2);
  await relay.stop();
  assert.deepEqual(sent, ['free', 'behind']);
  assert.deepEqual(await states(), [
    { id: 'bad', state: 'dead', attempts: 3 },
    { id: 'behind', state: 'delivered', attempts: 1 },
    { id: 'free', state: 'delivered', attempts: 1 },
  ]);
  assert.deepEqual((await database.query(`SELECT last_error FROM store.outbox WHERE id = 'bad'`)).rows, [
    { last_error: 'mailbox full' },
  ]);
});

test('a receiver that hangs is left after the patience', async () => {
  await put(mail('1'));
  const relay = startRelay({
    database,
    topics: { mail: () => new Promise(() => {}) },
    patienceMs: 20,
    attemptsMax: 1,
    idleMs: 5,
  });
  await until(async () => (await states())[0]?.state === 'dead');
  await relay.stop();
});

test('four relays share the work: each message is delivered once while none dies', async () => {
  await put(...Array.from({ length: 60 }, (_, i) => mail(`m${i}`, `key${i % 7}`)));
  const sent: string[] = [];
  const relays = Array.from({ length: 4 }, () =>
    startRelay({ database, topics: { mail: async ({ id }) => void sent.push(id) }, idleMs: 5 }),
  );
  await until(() => sent.length >= 60);
  await Promise.all(relays.map((relay) => relay.stop()));
  assert.deepEqual(sent.toSorted(), Array.from({ length: 60 }, (_, i) => `m${i}`).toSorted());
  for (let key = 0; key < 7; key++) {
    const ofKey = sent.map((id) => Number(id.slice(1))).filter((i) => i % 7 === key);
    assert.deepEqual(
      ofKey,
      ofKey.toSorted((a, b) => a - b),
    );
  }
});

test('a relay whose connection dies in mid-delivery delivers again under the same id: the receiver can tell', async () => {
  await put(mail('1'));
  const sent: string[] = [];
  const relay = startRelay({
    database,
    topics: {
      mail: async ({ id }) => {
        sent.push(id);
        if (sent.length === 1)
          await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'`);
      },
    },
    idleMs: 5,
  });
  await until(async () => (await states())[0]?.state === 'delivered');
  await relay.stop();
  assert.deepEqual(sent, ['1', '1']);
});
