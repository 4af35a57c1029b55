import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ledgerVerify } from '@meridian/accounts';
import { confirmation } from './confirmation.ts';
import { ceiling, nearest, ONE } from './long-hand.fixture.ts';
import type { BatchOutcome } from './runner.ts';
import { type ChangeLine, DUE, type ScratchDay, type SessionDate, scratchDay, type TradeLine, toCny } from './scratch-day.ts';

/*
 * A fill that a batch has booked is taken back or changed a day later. What the next batch leaves must be what there
 * would be if it had never been, or always been right. Arithmetic of this file's own: cents, dollars at F for fen.
 */
let day: ScratchDay;
let F: bigint;
beforeEach(async () => {
  day = await scratchDay();
  F = toCny(day.facts, 'USD');
});
afterEach(() => day.remove());

const night = (cost: bigint, nights = 1n) => nearest(cost * F * 325n * nights, ONE * 10_000n * 360n);
const margin = (cost: bigint) => ceiling(cost * F * 25n, ONE * 100n);
const MARKS = { '2013-10-07': '167.42', '2013-10-08': '165.48', '2013-10-09': '165.60' } as const;

const line = (side: 1 | 2, quantity: number, price: string, order: number, label?: string): TradeLine => ({
  ...{ account: 101, listing: 1, side, effect: side, quantity, price, order },
  ...(label === undefined ? {} : { label }),
});

async function session(date: keyof typeof MARKS, lines: readonly (TradeLine | ChangeLine)[]): Promise<BatchOutcome> {
  await day.openDay(date as SessionDate);
  await day.trade('ARCX', date, lines, { 1: MARKS[date] });
  day.drop('ARCX', date);
  const clearing = day.open();
  const outcome = await clearing.run('ARCX', date, 'test', DUE(date));
  await clearing.close();
  return outcome;
}

async function booked(date: keyof typeof MARKS, lines: readonly (TradeLine | ChangeLine)[]): Promise<BatchOutcome> {
  const outcome = await session(date, lines);
  assert.deepEqual([outcome.state, outcome.faults], ['succeeded', []]);
  return outcome;
}

interface Figures {
  readonly state: string;
  readonly quantity: bigint;
  readonly accrual: bigint;
  readonly settled: bigint;
  readonly realised: bigint;
  readonly financing: bigint;
  readonly mtm: bigint;
  readonly margin: bigint;
}

async function contracts(date: keyof typeof MARKS, mirrors = false): Promise<Figures[]> {
  const { rows } = await day.database.query<Figures>(
    `SELECT c.state, c.quantity, c.accrual, c.settled, c.realised, c.financing, v.mtm, v.margin
       FROM clearing.contract_state c JOIN clearing.valuation v USING (batch, attempt, contract)
      WHERE c.batch = $1 AND (c.back_to_back_of IS NOT NULL) = $2 ORDER BY c.contract`,
    [`ARCX.swap.${date}.1`, mirrors],
  );
  return rows;
}

/** Debit balances of entity 1 and of the mirror's accounts. */
async function balance(code: string): Promise<bigint> {
  const { rows } = await day.database.query<{ total: bigint }>(
    'SELECT coalesce(sum(posted), 0)::bigint AS total FROM accounts.ledger_account WHERE code = $1 AND entity = 1',
    [code],
  );
  return (rows[0] as { total: bigint }).total;
}

async function cells(): Promise<bigint[]> {
  const { rows } = await day.database.query<{ booked: bigint }>('SELECT booked FROM accounts.limit_cell WHERE cell IN (1, 2)');
  return rows.map((row) => row.booked);
}

async function proveBooks(quantity: bigint): Promise<void> {
  assert.equal((await ledgerVerify(day.database)).fault, null);
  const { rows } = await day.database.query(
    'SELECT quantity, provisional_quantity FROM accounts.position WHERE account = 101 AND listing = 1',
  );
  assert.deepEqual(rows, [{ quantity, provisional_quantity: 0n }]);
  const left = await day.database.query(`SELECT 1 FROM accounts.fill WHERE state = 'provisional'`);
  assert.equal(left.rowCount, 0);
}

async function warnings(date: keyof typeof MARKS): Promise<string[]> {
  const { rows } = await day.database.query<{ rule: string }>(
    'SELECT DISTINCT rule FROM clearing.batch_error WHERE batch = $1 ORDER BY rule',
    [`ARCX.swap.${date}.1`],
  );
  return rows.map((row) => row.rule);
}

test('[CL-1] a bust of one of two booked fills leaves the other alone, its margin and its interest from the first night', async () => {
  await booked('2013-10-07', [line(1, 600, '167.43', 5), line(1, 400, '167.47', 5, 'gone')]);
  await booked('2013-10-08', [{ label: 'gone', to: null }]);
  const kept = 600n * 16_743n;
  const [contract] = await contracts('2013-10-08');
  const [mirror] = await contracts('2013-10-08', true);
  assert.equal(contract?.quantity, 600n);
  assert.deepEqual([contract?.realised, contract?.settled, contract?.margin], [0n, 0n, margin(kept)]);
  assert.equal(contract?.accrual, -night(kept));
  assert.equal(contract?.mtm, await markedAt(600n, 16_548n, kept, '2013-10-08'));
  assert.deepEqual([mirror?.quantity, mirror?.mtm, mirror?.realised], [600n, contract?.mtm, 0n]);
  assert.deepEqual([-(await balance('2012')), await balance('1055')], [margin(kept), night(kept)]);
  assert.deepEqual(await cells(), [margin(kept), margin(kept)]);
  await proveBooks(600n);
});

async function markedAt(quantity: bigint, cents: bigint, cost: bigint, date: string): Promise<bigint> {
  return nearest(quantity * cents * toCny(day.facts, 'USD', date) - cost * F, ONE);
}

test('a bust of the only fill closes its contract: no mark, margin, interest or cell is left', async () => {
  await booked('2013-10-07', [line(1, 1000, '167.43', 5, 'gone')]);
  await booked('2013-10-08', [{ label: 'gone', to: null }]);
  const [contract] = await contracts('2013-10-08');
  assert.deepEqual(contract, {
    ...{ state: 'closed', quantity: 0n, accrual: 0n, settled: 0n, realised: 0n, financing: 0n, mtm: 0n, margin: 0n },
  });
  for (const code of ['1100', '2012', '1055', '4010', '4030', '1110', '2120']) assert.equal(await balance(code), 0n, code);
  assert.deepEqual(await cells(), [0n, 0n]);
  await proveBooks(0n);
});

test('a bust of a booked sale puts the lots back as they were and takes its result and its interest back', async () => {
  await booked('2013-10-07', [line(1, 600, '167.43', 5), line(1, 400, '167.47', 6)]);
  await booked('2013-10-08', [line(2, 700, '166.10', 7, 'gone')]);
  const sold = await contracts('2013-10-08');
  assert.notEqual(sold[0]?.realised, 0n);
  await booked('2013-10-09', [{ label: 'gone', to: null }]);
  const cost = 600n * 16_743n + 400n * 16_747n;
  const [contract] = await contracts('2013-10-09');
  assert.deepEqual([contract?.quantity, contract?.margin, contract?.financing], [1000n, margin(cost), night(cost, 2n)]);
  assert.equal(contract?.realised, -(sold[0]?.realised as bigint));
  assert.equal(contract?.settled, -(sold[0]?.settled as bigint));
  assert.equal(contract?.mtm, await markedAt(1000n, 16_560n, cost, '2013-10-09'));
  assert.deepEqual([await balance('4030'), await balance('1055')], [0n, night(cost, 2n)]);
  await proveBooks(1000n);
});

test('a correction of a booked price is booked although the position does not move', async () => {
  await booked('2013-10-07', [line(1, 600, '167.43', 5), line(1, 400, '167.47', 5, 'wrong')]);
  await booked('2013-10-08', [{ label: 'wrong', to: { quantity: 400, price: '167.40' } }]);
  const cost = 600n * 16_743n + 400n * 16_740n;
  const [contract] = await contracts('2013-10-08');
  assert.deepEqual([contract?.quantity, contract?.margin, contract?.accrual], [1000n, margin(cost), -night(cost)]);
  assert.equal(contract?.mtm, await markedAt(1000n, 16_548n, cost, '2013-10-08'));
  await proveBooks(1000n);
  const told = await confirmation(day.database, 1n, '2013-10-09', [
    { batch: 'ARCX.swap.2013-10-08.1', attempt: 1, market: 'ARCX', date: '2013-10-08' },
  ]);
  assert.deepEqual(
    told?.sections.map((section) => section.rows.length),
    [1, 1, 0],
  );
});

test('a correction of a sale’s quantity and price is booked as if it had always been right', async () => {
  await booked('2013-10-07', [line(1, 1000, '167.43', 5)]);
  await booked('2013-10-08', [line(2, 700, '166.10', 7, 'wrong')]);
  await booked('2013-10-09', [{ label: 'wrong', to: { quantity: 500, price: '166.20' } }]);
  const [before] = await contracts('2013-10-08');
  const [contract] = await contracts('2013-10-09');
  assert.equal(contract?.quantity, 500n);
  assert.equal((before?.realised ?? 0n) + (contract?.realised ?? 0n), nearest(500n * (16_620n - 16_743n) * F, ONE));
  assert.equal(contract?.margin, margin(500n * 16_743n));
  await proveBooks(500n);
});

test('what was charged on a busted fill comes off the charges of its sub account', async () => {
  await booked('2013-10-07', [line(1, 600, '167.43', 5), line(1, 400, '167.47', 5, 'gone')]);
  await booked('2013-10-08', [line(1, 900, '166.00', 9), { label: 'gone', to: null }]);
  const halfUp = (n: bigint, d: bigint) => (2n * n + d) / (2n * d);
  const commission = (cents: bigint) => halfUp(cents * F * 5n, ONE * 10_000n);
  assert.equal(-(await balance('4020')), commission(600n * 16_743n) + commission(900n * 16_600n));
  assert.deepEqual(await warnings('2013-10-08'), []);
});

test('a refund beyond the day’s charges is told to a person while its rule posts one way only', async () => {
  await booked('2013-10-07', [line(1, 600, '167.43', 5, 'gone')]);
  await booked('2013-10-08', [{ label: 'gone', to: null }]);
  assert.deepEqual(await warnings('2013-10-08'), ['FEE_REFUND_DUE']);
});

test('a bust of a purchase that has been sold since is booked against at its own price, and a person is told', async () => {
  await booked('2013-10-07', [line(1, 600, '167.43', 5, 'gone')]);
  await booked('2013-10-08', [line(2, 600, '166.10', 7)]);
  await booked('2013-10-09', [{ label: 'gone', to: null }]);
  const [contract] = await contracts('2013-10-09');
  assert.deepEqual([contract?.state, contract?.quantity, contract?.margin], ['open', 600n, margin(600n * 16_743n)]);
  assert.equal(contract?.mtm, -(await markedAt(600n, 16_560n, 600n * 16_743n, '2013-10-09')));
  assert.ok((await warnings('2013-10-09')).includes('AMENDMENT_OFFSET'));
  await proveBooks(-600n);
});
