import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ledgerVerify } from '@meridian/accounts';
import type { Clearing } from './clearing.ts';
import { ceiling, nearest, ONE } from './long-hand.fixture.ts';
import { DUE, playDay, type ScratchDay, scratchDay } from './scratch-day.ts';

/*
 * Expected figures by hand, in rational arithmetic of this file's own. Prices in cents, money in cents or fen.
 * ECB 7 October 2013: EURUSD 1.3572, EURCNY 8.3055; 8 October: read from the published table below.
 */
let day: ScratchDay;
let clearing: Clearing;
before(async () => {
  day = await scratchDay();
  clearing = day.open();
  for (const date of ['2013-10-07', '2013-10-08'] as const) {
    await playDay(day, date);
    for (const market of ['ARCX', 'XNYS']) day.drop(market, date);
    const progress = await clearing.advance(DUE(date));
    assert.deepEqual(
      progress.failed.flatMap((outcome) => outcome.faults),
      [],
    );
    assert.equal(progress.published.length, 3, JSON.stringify(progress.waiting));
  }
});
after(async () => {
  await clearing?.close();
  await day?.remove();
});

const F7 = nearest(83_055n * ONE, 13_572n);

interface Booked {
  readonly contract: bigint;
  readonly mtm: bigint;
  readonly margin: bigint;
  readonly accrual: bigint;
  readonly settled: bigint;
  readonly realised: bigint;
  readonly financing: bigint;
  readonly quantity: bigint;
  readonly fx_rate: bigint;
}

async function contractOf(batch: string, account: number, mirror = false): Promise<Booked> {
  const { rows } = await day.database.query<Booked>(
    `SELECT c.contract, v.mtm, v.margin, c.accrual, c.settled, c.realised, c.financing, c.quantity, v.fx_rate
       FROM clearing.contract_state c JOIN clearing.valuation v USING (batch, attempt, contract)
      WHERE c.batch = $1 AND c.account = $2 AND (c.back_to_back_of IS NOT NULL) = $3`,
    [batch, account, mirror],
  );
  return rows[0] as Booked;
}

/** Cents: 600 × 167.43 + 400 × 167.47. */
const COST = 600n * 16_743n + 400n * 16_747n;
const FIRST = 'ARCX.swap.2013-10-07.1';
const SECOND = 'ARCX.swap.2013-10-08.1';

test('[CL-1] a composite contract is marked at Q·P1·F1 − Q·P0·F0 and margined at its reference price', async () => {
  const contract = await contractOf(FIRST, 101);
  assert.equal(contract.fx_rate, F7);
  assert.equal(contract.mtm, nearest((1000n * 16_742n - COST) * F7, ONE));
  assert.equal(contract.mtm, -15_911n);
  assert.equal(contract.margin, ceiling(COST * F7 * 25n, ONE * 100n));
  assert.equal(contract.accrual, 0n);
});

test('one night of financing from the trade date: (0.75 % + 2.5 %) ACT/360 on Q·P0·F0', async () => {
  const contract = await contractOf(SECOND, 101);
  const owed = nearest(COST * F7 * 325n, ONE * 10_000n * 360n);
  assert.equal(contract.accrual, -owed);
  assert.equal(owed, 9_251n);
  const mirror = await contractOf(SECOND, 101, true);
  assert.equal(mirror.accrual, -nearest(COST * F7 * 125n, ONE * 10_000n * 360n));
});

test('a partial unwind realises first in first out at the fills, settles its share of financing, frees its margin', async () => {
  const contract = await contractOf(SECOND, 101);
  const proceeds = 250n * 16_610n + 150n * 16_602n;
  const costOut = (COST * 400n) / 1000n;
  assert.equal(contract.realised, nearest((proceeds - costOut) * F7, ONE));
  assert.equal(contract.settled, -nearest(COST * F7 * 325n * 400n, ONE * 10_000n * 360n * 1000n));
  assert.equal(contract.quantity, 600n);
  const left = COST - costOut;
  assert.equal(contract.margin, ceiling(left * F7 * 25n, ONE * 100n));
  assert.equal(contract.mtm, nearest(600n * 16_548n * contract.fx_rate - left * F7, ONE));
  assert.equal(contract.financing, -contract.accrual + contract.settled);
});

test('the back-to-back has the same economics in house names, and the two ledgers mirror each other', async () => {
  for (const batch of [FIRST, SECOND]) {
    const client = await contractOf(batch, 101);
    const mirror = await contractOf(batch, 101, true);
    assert.deepEqual([mirror.mtm, mirror.realised, mirror.quantity], [client.mtm, client.realised, client.quantity]);
  }
  const { rows } = await day.database.query<{ named: bigint }>(
    `SELECT count(*) FILTER (WHERE client IS NOT NULL OR account IS NOT NULL) AS named FROM accounts.contract
      WHERE back_to_back_of IS NOT NULL`,
  );
  assert.equal(rows[0]?.named, 0n);
  const sums = await day.database.query<{ code: string; total: bigint }>(
    `SELECT left(code, 2) AS code, sum(posted)::bigint AS total FROM accounts.ledger_account
      WHERE code IN ('1110', '4110', '4111', '1120', '2120', '1210', '2210', '4130', '5130') GROUP BY 1 ORDER BY 1`,
  );
  assert.equal(
    sums.rows.reduce((sum, row) => sum + row.total, 0n),
    0n,
  );
  const marks = await day.database.query<{ total: bigint }>(
    `SELECT sum(posted)::bigint AS total FROM accounts.ledger_account WHERE code = '1110'`,
  );
  assert.equal(marks.rows[0]?.total, 0n);
});

test('commission per order at the fills’ rate, Section 31 and TAF per fill on sales only', async () => {
  const { rows } = await day.database.query<{ code: string; amount: bigint; currency: string }>(
    `SELECT code, currency, sum(amount)::bigint AS amount FROM clearing.fee
      WHERE batch = $1 AND payer = 'client' AND account = 101 GROUP BY code, currency ORDER BY code`,
    [SECOND],
  );
  const fills = [250n * 16_610n, 150n * 16_602n] as const;
  const F8 = (await contractOf(SECOND, 101)).fx_rate;
  // 17.40 per million, up to the cent, each fill; 0.000119 a share, up to the cent; converted at the rate of the cut.
  const section31 = fills.map((value) => nearest(ceiling(value * 174n, 10_000_000n) * F8, ONE));
  const taf = [250n, 150n].map((quantity) => nearest(ceiling(quantity * 119n, 10_000n) * F8, ONE));
  const halfUp = (n: bigint, d: bigint) => (2n * n + d) / (2n * d);
  assert.deepEqual(rows, [
    { code: 'COMMISSION', currency: 'CNY', amount: halfUp((fills[0] + fills[1]) * F7 * 5n, ONE * 10_000n) },
    { code: 'SEC31', currency: 'CNY', amount: section31.reduce((a, b) => a + b, 0n) },
    { code: 'TAF', currency: 'CNY', amount: taf.reduce((a, b) => a + b, 0n) },
  ]);
  const bought = await day.database.query(
    `SELECT 1 FROM clearing.fee WHERE batch = $1 AND payer = 'client' AND code <> 'COMMISSION'`,
    [FIRST],
  );
  assert.equal(bought.rowCount, 0);
});

test('our levies and broker commission are the broker’s to the cent', async () => {
  const { rows } = await day.database.query<{ code: string; ours: bigint; theirs: bigint }>(
    `SELECT f.code, sum(f.amount)::bigint AS ours, (SELECT sum(CASE f.code WHEN 'SEC31' THEN b.sec31 WHEN 'TAF' THEN b.taf ELSE b.commission END)
               FROM clearing.broker_fill b)::bigint AS theirs
       FROM clearing.fee f WHERE f.payer = 'house' GROUP BY f.code ORDER BY f.code`,
  );
  assert.deepEqual(
    rows.map((row) => row.code),
    ['BROKER', 'SEC31', 'TAF'],
  );
  for (const row of rows) assert.equal(row.ours, row.theirs, row.code);
});

test('[CL-4] obligations fall due T+3: net on one market, per trade on the other', async () => {
  const { rows } = await day.database.query<{
    batch: string;
    kind: string;
    value_date: string;
    amount: bigint;
    trades: number;
  }>(
    `SELECT batch, kind, value_date, amount, trades FROM clearing.obligation WHERE batch LIKE '%2013-10-07.1' ORDER BY batch, kind, no`,
  );
  const net = rows.filter((row) => row.batch.startsWith('ARCX'));
  const paid = 600n * 16_743n + 400n * 16_747n + 300n * 16_750n;
  const broker = 120n + 80n + 60n;
  assert.deepEqual(net, [
    { batch: FIRST, kind: 'cash', value_date: '2013-10-10', amount: -paid - broker, trades: 6 },
    { batch: FIRST, kind: 'securities', value_date: '2013-10-10', amount: 1300n, trades: 3 },
  ]);
  const gross = rows.filter((row) => row.batch.startsWith('XNYS') && row.kind === 'securities');
  assert.deepEqual(
    gross.map((row) => row.amount),
    [200n, -100n],
  );
});

test('the books balance, nothing stays pending, positions are the contracts', async () => {
  assert.equal((await ledgerVerify(day.database)).fault, null);
  const pending = await day.database.query(`SELECT 1 FROM accounts.hold WHERE state = 'pending'`);
  assert.equal(pending.rowCount, 0);
  const { rows } = await day.database.query<{ account: bigint; quantity: bigint; provisional_quantity: bigint }>(
    'SELECT account, quantity, provisional_quantity FROM accounts.position ORDER BY account',
  );
  assert.deepEqual(rows, [
    { account: 101n, quantity: 600n, provisional_quantity: 0n },
    { account: 102n, quantity: 300n, provisional_quantity: 0n },
    { account: 201n, quantity: 300n, provisional_quantity: 0n },
    { account: 202n, quantity: 0n, provisional_quantity: 0n },
  ]);
});

test('margin locked in the books is what the sub-ledger locked, and cells count it', async () => {
  const locked = await day.database.query<{ total: bigint }>(
    `SELECT (-sum(posted))::bigint AS total FROM accounts.ledger_account WHERE code = '2012' AND currency = 'CNY'`,
  );
  const [spy, ibm] = [await contractOf(SECOND, 101), await contractOf('XNYS.swap.2013-10-08.1', 102)];
  assert.equal(locked.rows[0]?.total, spy.margin + ibm.margin);
  const { rows } = await day.database.query<{ booked: bigint }>('SELECT booked FROM accounts.limit_cell WHERE cell = 1');
  assert.equal(rows[0]?.booked, spy.margin + ibm.margin);
});

test('[CL-f] one statement per client and a confirmation for each who traded, in both formats', async () => {
  const { rows } = await day.database.query<{ batch: string; kind: string; client: bigint; formats: number }>(
    `SELECT batch, kind, client, count(*)::int AS formats FROM clearing.document WHERE client IS NOT NULL
      GROUP BY batch, kind, client ORDER BY batch, kind, client`,
  );
  const of = (date: string, kind: string, client: bigint) => ({ batch: `-.swap.${date}.1`, kind, client, formats: 2 });
  assert.deepEqual(
    rows,
    ['2013-10-08', '2013-10-09'].flatMap((date) =>
      ['confirmation', 'statement'].flatMap((kind) => [of(date, kind, 1n), of(date, kind, 2n)]),
    ),
  );
});
