import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ledgerVerify } from '@meridian/accounts';
import { ceiling, nearest, ONE } from './long-hand.fixture.ts';
import { DUE, openBusiness, type ScratchDay, type SessionDate, scratchDay, toCny } from './scratch-day.ts';

/*
 * Six sessions of one market, from a Monday over the weekend to the next. Expected figures by hand in arithmetic of this
 * file's own: prices in cents (of a dollar) or hundredths of a penny, money in cents or fen.
 */
const MARKET = 'ARCX';
const DATES = ['2013-10-07', '2013-10-08', '2013-10-09', '2013-10-10', '2013-10-11', '2013-10-14'] as const;
const trade = (account: number, listing: number, side: 1 | 2, quantity: number, price: string, order: number) => ({
  ...{ account, listing, side, quantity, price, order, effect: side },
});
const TRADES: Partial<Record<SessionDate, readonly ReturnType<typeof trade>[]>> = {
  '2013-10-07': [
    trade(101, 1, 1, 600, '167.43', 5),
    trade(111, 1, 1, 250, '167.45', 6),
    trade(101, 1, 1, 400, '167.47', 5),
    trade(201, 1, 1, 300, '167.50', 20),
    trade(101, 3, 1, 10_000, '450.55', 30),
  ],
  '2013-10-08': [trade(201, 1, 2, 300, '166.02', 40), trade(111, 1, 2, 50, '166.10', 41)],
};
const MARKS: Readonly<Record<SessionDate, string>> = {
  ...{ '2013-10-07': '167.42', '2013-10-08': '165.48', '2013-10-09': '165.60' },
  ...{ '2013-10-10': '169.17', '2013-10-11': '170.26', '2013-10-14': '170.94' },
};

let day: ScratchDay;
before(async () => {
  day = await scratchDay();
  await day.run('open-sub', { sub: 11, master: 100, code: 'S11', pool: 'onshore' });
  await openBusiness(day.run, { client: 1, entity: 1, currency: 'CNY', sub: 11, route: 1 });
  const cell = { measure: 'initial-margin', currency: 'CNY', issuer: null, lim: '1000000000' } as const;
  await day.run('set-limit', { cell: 9, scope: 'sub', scopeId: 11, ...cell });
  const money = { sub: 11, currency: 'CNY', amount: '20000000', businessDate: '2013-10-08' as never, bankReference: 'R11' };
  await day.run('deposit', money);
  const clearing = day.open();
  for (const date of DATES) {
    await day.openDay(date);
    await day.trade(MARKET, date, TRADES[date] ?? [], { 1: MARKS[date], 3: '449.95' });
    day.drop(MARKET, date);
    const { state, faults } = await clearing.run(MARKET, date, 'test', DUE(date));
    assert.deepEqual([state, faults], ['succeeded', []], date);
  }
  await clearing.close();
});
after(() => day?.remove());

const batch = (date: SessionDate) => `${MARKET}.swap.${date}.1`;

async function one<R extends object>(sql: string, parameters: (string | number | bigint)[] = []): Promise<R> {
  const { rows } = await day.database.query<R>(sql, parameters);
  assert.equal(rows.length, 1, sql);
  return rows[0] as R;
}

interface Contract {
  readonly contract: bigint;
  readonly state: string;
  readonly accrual: bigint;
  readonly settled: bigint;
  readonly realised: bigint;
  readonly quantity: bigint;
  readonly mtm: bigint;
  readonly margin: bigint;
  readonly fx_rate: bigint;
}
const contractOf = (date: SessionDate, account: number, listing = 1) =>
  one<Contract>(
    `SELECT c.contract, c.state, c.accrual, c.settled, c.realised, c.quantity, v.mtm, v.margin, v.fx_rate
       FROM clearing.contract_state c JOIN clearing.valuation v USING (batch, attempt, contract)
      WHERE c.batch = $1 AND c.account = $2 AND c.listing = $3 AND c.back_to_back_of IS NULL`,
    [batch(date), account, listing],
  );

test('[CL-4] a hedge is settled at the broker by the first batch of its value date, once and to the cent', async () => {
  const { rows } = await day.database.query<{ batch: string; currency: string; paid: bigint }>(
    `SELECT j.batch, a.currency, sum(p.amount)::bigint AS paid FROM accounts.journal j
       JOIN accounts.posting p ON p.journal = j.id JOIN accounts.ledger_account a ON a.id = p.account
      WHERE j.rule = 'hedge-settle' AND a.code = '1061' GROUP BY j.batch, a.currency ORDER BY j.batch, a.currency`,
  );
  const spy = 600n * 16_743n + 250n * 16_745n + 400n * 16_747n + 300n * 16_750n;
  const broker = 120n + 50n + 80n + 60n;
  const sold = [300n * 16_602n, 50n * 16_610n] as const;
  const duties = sold.map((value) => ceiling(value * 174n, 10_000_000n)).reduce((a, b) => a + b);
  const taf = ceiling(300n * 119n, 10_000n) + ceiling(50n * 119n, 10_000n);
  assert.deepEqual(rows, [
    // 10,000 × 450.55 pence, and 20.00 to the broker.
    { batch: batch('2013-10-10'), currency: 'GBP', paid: (10_000n * 45_055n) / 100n + 2_000n },
    { batch: batch('2013-10-10'), currency: 'USD', paid: spy + broker },
    { batch: batch('2013-10-11'), currency: 'USD', paid: -(sold[0] + sold[1]) + duties + taf + 60n + 10n },
  ]);
  const left = await day.database.query(`SELECT 1 FROM accounts.ledger_account WHERE code = '1061' AND posted <> 0`);
  assert.equal(left.rowCount, 0);
});

test('a contract opened one day and closed the next pays one night, leaves no margin, mark or interest behind', async () => {
  const closed = await contractOf('2013-10-08', 201);
  // (0.75 % + 2.5 %) of 300 × 167.50 for one night, ACT/360.
  const night = nearest(300n * 16_750n * 325n, 10_000n * 360n);
  assert.deepEqual(
    [closed.state, closed.accrual, closed.settled, closed.realised, closed.mtm, closed.margin],
    ['closed', -night, -night, 300n * (16_602n - 16_750n), 0n, 0n],
  );
  const record = await one(`SELECT state, closed_on FROM accounts.contract WHERE contract = $1`, [closed.contract]);
  assert.deepEqual(record, { state: 'closed', closed_on: '2013-10-08' });
  const { rows } = await day.database.query<{ code: string; posted: bigint }>(
    `SELECT code, posted FROM accounts.ledger_account WHERE contract = $1 AND code IN ('1100', '2012', '1055') ORDER BY code`,
    [closed.contract],
  );
  assert.deepEqual(
    rows,
    ['1055', '1100', '2012'].map((code) => ({ code, posted: 0n })),
  );
  const cells = await day.database.query<{ booked: bigint }>('SELECT booked FROM accounts.limit_cell WHERE cell IN (3, 4)');
  assert.deepEqual(cells.rows, [{ booked: 0n }, { booked: 0n }]);
  const later = await day.database.query('SELECT 1 FROM clearing.contract_state WHERE contract = $1 AND batch = $2', [
    closed.contract,
    batch('2013-10-09'),
  ]);
  assert.equal(later.rowCount, 0);
});

test('[UA-7] two sub accounts under one agreement in the same listing have a contract each, and their money apart', async () => {
  const F = toCny(day.facts, 'USD');
  const [first, second] = [await contractOf('2013-10-08', 101), await contractOf('2013-10-08', 111)];
  assert.notEqual(first.contract, second.contract);
  assert.deepEqual([first.quantity, first.realised], [1000n, 0n]);
  assert.equal(second.quantity, 200n);
  assert.equal(second.realised, nearest(50n * (16_610n - 16_745n) * F, ONE));
  assert.equal(second.margin, ceiling(200n * 16_745n * F * 25n, ONE * 100n));
  const locked = await one<{ total: bigint }>(
    `SELECT (-sum(posted))::bigint AS total FROM accounts.ledger_account WHERE code = '2012' AND sub = 11`,
  );
  const cell = await one<{ booked: bigint }>('SELECT booked FROM accounts.limit_cell WHERE cell = 9');
  assert.deepEqual([locked.total, cell.booked], [second.margin, second.margin]);
  const fees = await one<{ commission: bigint }>(
    `SELECT sum(amount)::bigint AS commission FROM clearing.fee WHERE code = 'COMMISSION' AND account = 111 AND batch = $1`,
    [batch('2013-10-07')],
  );
  assert.equal(fees.commission, nearest(250n * 16_745n * F * 5n, ONE * 10_000n));
});

test('a weekend is three nights, and what is posted night by night adds up to the whole', async () => {
  const F = toCny(day.facts, 'USD');
  const cost = 600n * 16_743n + 400n * 16_747n;
  const after = (nights: bigint) => nearest(cost * F * 325n * nights, ONE * 10_000n * 360n);
  const accruals: bigint[] = [];
  for (const date of DATES) accruals.push(-(await contractOf(date, 101)).accrual);
  const upTo = [0n, 1n, 2n, 3n, 4n, 7n].map(after);
  assert.deepEqual(
    accruals,
    upTo.map((total, i) => total - (upTo[i - 1] ?? 0n)),
  );
  const { contract } = await contractOf('2013-10-14', 101);
  const due = await one<{ posted: bigint }>(
    `SELECT posted FROM accounts.ledger_account WHERE code = '1055' AND contract = $1`,
    [contract],
  );
  assert.equal(due.posted, after(7n));
});

test('a listing quoted in pence: worth, margin and commission are in pounds converted', async () => {
  const F = toCny(day.facts, 'GBP');
  const opened = await contractOf('2013-10-07', 101, 3);
  // Prices in hundredths of a penny: 10,000 of them make a pound.
  const [cost, worth] = [10_000n * 45_055n, 10_000n * 44_995n];
  assert.equal(opened.fx_rate, F);
  assert.equal(opened.mtm, nearest((worth - cost) * F, ONE * 100n));
  assert.equal(opened.margin, ceiling(cost * F * 25n, ONE * 100n * 100n));
  const fee = await one<{ amount: bigint }>(
    `SELECT amount FROM clearing.fee WHERE batch = $1 AND code = 'COMMISSION' AND listing = 3`,
    [batch('2013-10-07')],
  );
  assert.equal(fee.amount, (2n * cost * F * 5n + ONE * 1_000_000n) / (2n * ONE * 1_000_000n));
  const night = -(await contractOf('2013-10-08', 101, 3)).accrual;
  assert.equal(night, nearest(cost * F * 325n, ONE * 10_000n * 360n * 100n));
  const inventory = await one<{ currency: string; cost_minor: bigint }>(
    'SELECT currency, cost_minor FROM clearing.inventory WHERE batch = $1 AND listing = 3',
    [batch('2013-10-07')],
  );
  assert.deepEqual(inventory, { currency: 'GBP', cost_minor: cost / 100n });
});

test('after six sessions the books balance', async () => {
  assert.equal((await ledgerVerify(day.database)).fault, null);
});
