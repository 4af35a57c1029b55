import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ledgerVerify } from '@meridian/accounts';
import type { BatchOutcome } from './runner.ts';
import { type ChangeLine, DUE, type ScratchDay, scratchDay, type TradeLine } from './scratch-day.ts';

/* The broker takes back, a day later, what it had reported. Cents of a dollar. */
let day: ScratchDay;
beforeEach(async () => {
  day = await scratchDay();
});
afterEach(() => day.remove());

const MARKS = { '2013-10-07': '167.42', '2013-10-08': '165.48', '2013-10-10': '169.17', '2013-10-11': '170.26' } as const;
type Date = keyof typeof MARKS;
const BUYS: readonly TradeLine[] = [
  { account: 201, listing: 1, side: 1, effect: 1, quantity: 600, price: '167.43', order: 5 },
  { account: 201, listing: 1, side: 1, effect: 1, quantity: 400, price: '167.43', order: 6, label: 'gone' },
];

async function session(date: Date, lines: readonly (TradeLine | ChangeLine)[]): Promise<BatchOutcome> {
  await day.openDay(date);
  await day.trade('ARCX', date, lines, { 1: MARKS[date] });
  day.drop('ARCX', date);
  return run(date);
}

async function run(date: Date): Promise<BatchOutcome> {
  const clearing = day.open();
  try {
    return await clearing.run('ARCX', date, 'test', DUE(date));
  } finally {
    await clearing.close();
  }
}

async function booked(date: Date, lines: readonly (TradeLine | ChangeLine)[] = []): Promise<void> {
  const { state, faults } = await session(date, lines);
  assert.deepEqual([state, faults], ['succeeded', []], date);
}

async function breaks(date: Date): Promise<unknown[]> {
  const { rows } = await day.database.query(
    `SELECT key, kind, severity, state FROM clearing.recon_break WHERE batch = $1 ORDER BY attempt, key`,
    [`ARCX.swap.${date}.1`],
  );
  return rows;
}

async function inventory(date: Date): Promise<unknown> {
  const { rows } = await day.database.query(
    'SELECT quantity, cost_minor FROM clearing.inventory WHERE batch = $1 AND attempt = (SELECT max(attempt) FROM clearing.inventory WHERE batch = $1)',
    [`ARCX.swap.${date}.1`],
  );
  return rows[0];
}

const EXEC = 'ARCX-07-4';

test('[CL-2] a hedge taken back after its session’s batch is matched with the broker’s bust and leaves the inventory at cost', async () => {
  await booked('2013-10-07', BUYS);
  await booked('2013-10-08', [{ label: 'gone', to: null }]);
  assert.deepEqual(await breaks('2013-10-08'), []);
  assert.deepEqual(await inventory('2013-10-08'), { quantity: 600n, cost_minor: 600n * 16_743n });
  const { rows } = await day.database.query<{ code: string; posted: bigint }>(
    `SELECT code, sum(posted)::bigint AS posted FROM accounts.ledger_account WHERE code IN ('1040', '4040', '1045')
      GROUP BY code ORDER BY code`,
  );
  // Bought and taken back at one price: nothing is realised; what is left is marked.
  assert.deepEqual(rows, [
    { code: '1040', posted: 600n * 16_743n },
    { code: '1045', posted: 600n * (16_548n - 16_743n) },
  ]);
  const due = await day.database.query(
    `SELECT kind, value_date, sum(amount)::bigint AS amount FROM clearing.obligation
      WHERE batch LIKE 'ARCX%' GROUP BY kind, value_date ORDER BY kind, value_date`,
  );
  // It falls on the day of what it takes back; the broker's 2.00 went with the first batch.
  assert.deepEqual(due.rows, [
    { kind: 'cash', value_date: '2013-10-10', amount: -600n * 16_743n - 200n },
    { kind: 'securities', value_date: '2013-10-10', amount: 600n },
  ]);
  await booked('2013-10-10');
  const broker = await day.database.query(`SELECT 1 FROM accounts.ledger_account WHERE code = '1061' AND posted <> 0`);
  assert.equal(broker.rowCount, 0);
  assert.equal((await ledgerVerify(day.database)).fault, null);
});

test('[CL-2] a bust that only our side knows stops the batch with an open break, until the broker says it too', async () => {
  await booked('2013-10-07', BUYS);
  const refused = await session('2013-10-08', [{ label: 'gone', to: null, isUntold: true }]);
  assert.equal(refused.state, 'failed');
  assert.equal(refused.failedStep, 'check');
  assert.deepEqual(await breaks('2013-10-08'), [{ key: `bust ${EXEC}`, kind: 'missing', severity: 'fatal', state: 'open' }]);
  tellBust();
  const { state, faults } = await run('2013-10-08');
  assert.deepEqual([state, faults], ['succeeded', []]);
  assert.deepEqual(await inventory('2013-10-08'), { quantity: 600n, cost_minor: 600n * 16_743n });
});

/** The broker's file of the second day is sent again, with the bust. */
function tellBust(): void {
  const row = day.brokerRows('ARCX', '2013-10-07').find((candidate) => candidate.execId === EXEC);
  assert.ok(row !== undefined);
  day.tell('ARCX', '2013-10-08', { ...row, kind: 'BUST', execId: `${EXEC}-B`, refExecId: EXEC });
  day.drop('ARCX', '2013-10-08');
}

test('[CL-2] a bust that only the broker knows stops the batch with an open break', async () => {
  await booked('2013-10-07', BUYS);
  await day.openDay('2013-10-08');
  await day.trade('ARCX', '2013-10-08', [], { 1: MARKS['2013-10-08'] });
  tellBust();
  const refused = await run('2013-10-08');
  assert.deepEqual([refused.state, refused.failedStep], ['failed', 'check']);
  assert.deepEqual(await breaks('2013-10-08'), [{ key: `bust ${EXEC}`, kind: 'extra', severity: 'fatal', state: 'open' }]);
});

test('a hedge corrected a day later is the old one taken back and the new one booked', async () => {
  await booked('2013-10-07', BUYS);
  await booked('2013-10-08', [{ label: 'gone', to: { quantity: 300, price: '167.43' } }]);
  assert.deepEqual(await breaks('2013-10-08'), []);
  assert.deepEqual(await inventory('2013-10-08'), { quantity: 900n, cost_minor: 900n * 16_743n });
});

test('a batch run late gives what it would have given at its cut: a bust since then belongs to the next one', async () => {
  await day.openDay('2013-10-07');
  await day.trade('ARCX', '2013-10-07', BUYS, { 1: MARKS['2013-10-07'] });
  day.drop('ARCX', '2013-10-07');
  await day.openDay('2013-10-08');
  await day.trade('ARCX', '2013-10-08', [{ label: 'gone', to: null, hedgeOnly: true }], { 1: MARKS['2013-10-08'] });
  day.drop('ARCX', '2013-10-08');
  for (const date of ['2013-10-07', '2013-10-08'] as const) {
    const { state, faults } = await run(date);
    assert.deepEqual([state, faults], ['succeeded', []], date);
  }
  assert.deepEqual(await inventory('2013-10-07'), { quantity: 1000n, cost_minor: 1000n * 16_743n });
  assert.deepEqual(await inventory('2013-10-08'), { quantity: 600n, cost_minor: 600n * 16_743n });
});
