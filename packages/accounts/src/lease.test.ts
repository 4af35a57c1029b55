import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { violatedConstraint } from '@meridian/store';
import type { CommandBodyOf, ContractChange } from './command.ts';
import { ledgerVerify, readCells, readLeases, statement, subFunds, tieoutBooks } from './index.ts';
import {
  BUSINESS_DATE,
  clientFill,
  deposit,
  hedgeFill,
  MORNING,
  numbered,
  openCells,
  phase,
  type ScratchBooks,
  scratchHouse,
  TRADE_DATE,
  takeIn,
} from './scratch-books.ts';

let books: ScratchBooks;
before(async () => {
  books = await scratchHouse();
  await books.run('deposit', deposit(11, '100000000'));
});
after(() => books?.remove());

const SESSIONS = ['ARCX', 'XNYS'].map((market) => ({ market, tradeDate: TRADE_DATE }));
const sub11 = async () => (await subFunds(books.database, 11)).find((f) => f.currency === 'CNY');
const proven = async () => assert.equal((await ledgerVerify(books.database)).fault, null);

test('[UA-6] [UA-7] the day opens: both nodes get half of what master, sub and cash allow, and the cash is held', async () => {
  const { outcome } = await books.run('day-open', { businessDate: BUSINESS_DATE, sessions: SESSIONS });
  assert.equal((outcome['grants'] as unknown[]).length, 4);
  const leases = await readLeases(books.database);
  assert.deepEqual(
    leases.map((l) => [l.cell, l.node, l.granted_cum]),
    [
      [1n, 'ARCX', 500_000_000n],
      [1n, 'XNYS', 500_000_000n],
      [2n, 'ARCX', 50_000_000n],
      [2n, 'XNYS', 50_000_000n],
    ],
  );
  assert.equal((await sub11())?.granted, 100_000_000n);
  const { rows } = await books.database.query<{ market: string; command: { name: string } }>(
    'SELECT market, command FROM accounts.node_message ORDER BY no',
  );
  assert.deepEqual(rows.map((r) => `${r.market} ${r.command.name}`).slice(0, 2), ['ARCX grant-lease', 'XNYS grant-lease']);
  await proven();
});

test('granted money is available to trade (可用) and not withdrawable (可取)', async () => {
  await assert.rejects(
    books.run('withdraw', { sub: 11, currency: 'CNY', amount: '1', businessDate: BUSINESS_DATE }),
    (error) => isProblem(error, 'FUNDS_SHORT') && error.params['wouldPass'] === 0n,
  );
});

test('a cell cannot be granted beyond its limit, nor its counters fall, whoever writes', async () => {
  const over = 'UPDATE accounts.lease SET granted_cum = granted_cum + 1000000000 WHERE cell = 1';
  await assert.rejects(books.database.query(over), (error) => violatedConstraint(error) === 'cell_inside_limit');
  const back = 'UPDATE accounts.lease SET granted_cum = granted_cum - 1 WHERE cell = 1';
  await assert.rejects(books.database.query(back), (error) => violatedConstraint(error) === 'lease_monotone');
});

test('a fill is provisional at once, with its margin and fees pending', async () => {
  const events = numbered(1, [phase(1), hedgeFill(), clientFill()]);
  const done = await takeIn(books.centre, 'ARCX', events);
  assert.deepEqual([done?.outcome['fills'], done?.outcome['hedgeFills'], done?.outcome['holds']], [1, 1, 2]);
  const funds = await sub11();
  assert.equal(funds?.pendingGranted, 2_600_000n);
  const tieout = await tieoutBooks(books.database);
  assert.deepEqual(tieout.positions, [{ account: 110n, listing: 1n, booked: 0n, provisional: 100n }]);
  assert.deepEqual(tieout.hedges, [{ route: 1n, listing: 1n, quantity: 100n }]);
  await proven();
});

test('events offered again are skipped, whole or in part, and never applied twice', async () => {
  assert.equal(await takeIn(books.centre, 'ARCX', numbered(1, [phase(1), hedgeFill(), clientFill()])), undefined);
  const overlap = numbered(3, [clientFill(), clientFill({ quantity: 50, hold: 13_000_00 })]);
  await takeIn(books.centre, 'ARCX', overlap);
  assert.equal((await tieoutBooks(books.database)).positions[0]?.provisional, 150n);
  assert.deepEqual(await books.centre.position('ARCX'), { seq: 4, k: 0 });
});

test('a bust takes the fill, its position and its pending entries out; a correction stands in its place', async () => {
  await takeIn(books.centre, 'ARCX', numbered(5, [clientFill({ execType: 72, refSeq: 4, refK: 0, hold: 0 })]));
  assert.equal((await tieoutBooks(books.database)).positions[0]?.provisional, 100n);
  assert.equal((await sub11())?.pendingGranted, 2_600_000n);
  const corrected = numbered(6, [
    clientFill({ quantity: 30, hold: 8_000_00 }),
    clientFill({ execType: 71, refSeq: 6, quantity: 20, hold: 5_000_00 }),
  ]);
  await takeIn(books.centre, 'ARCX', corrected);
  assert.equal((await tieoutBooks(books.database)).positions[0]?.provisional, 120n);
  await takeIn(books.centre, 'ARCX', numbered(8, [clientFill({ execType: 72, refSeq: 7, quantity: 20, hold: 0 })]));
  assert.equal((await tieoutBooks(books.database)).positions[0]?.provisional, 100n);
  await proven();
});

test('a fill of an unknown account and a hold that was never granted are exceptions, and nothing stops', async () => {
  await takeIn(books.centre, 'ARCX', numbered(9, [clientFill({ account: 0 }), clientFill({ account: 210, hold: 5_000 })]));
  const { rows } = await books.database.query<{ kind: string }>('SELECT kind FROM accounts.exception ORDER BY seq');
  assert.deepEqual(
    rows.map((r) => r.kind),
    ['unknown-account', 'hold-short'],
  );
  await takeIn(books.centre, 'ARCX', numbered(11, [clientFill({ execType: 72, refSeq: 10, account: 210, hold: 0 })]));
  await books.run('explain-exception', { market: 'ARCX', seq: 9, k: 0, kind: 'unknown-account', explanation: 'test order' });
  await proven();
});

test('events out of order or outside their range are refused', async () => {
  const [a, b] = numbered(20, [clientFill(), clientFill()]);
  assert.ok(a && b);
  const range = [
    { seq: 20, k: 0 },
    { seq: 21, k: 0 },
  ] as const;
  await assert.rejects(books.centre.intake('ARCX', [b, a], ...range), (e) => isProblem(e, 'INTAKE_REFUSED'));
  await assert.rejects(books.centre.intake('ARCX', [a, b], range[0], range[0]), (e) => isProblem(e, 'INTAKE_REFUSED'));
  await assert.rejects(takeIn(books.centre, 'XNYS', numbered(1, [clientFill()])), (e) => isProblem(e, 'INTAKE_REFUSED'));
});

const contract = (over: Partial<ContractChange> = {}): ContractChange => ({
  ...{ contract: 1, version: 1, uti: 'UTI1', entity: 1, book: 1, agreement: 1, client: 1, master: 100, sub: 11, account: 110 },
  ...{
    listing: 1,
    side: 'long',
    basis: 'composite',
    settlementCurrency: 'CNY',
    state: 'open',
    backToBackOf: null,
    hedgeEntity: 2,
  },
  ...{ terms: { spreadPpm: 12_500 }, openedOn: BUSINESS_DATE, closedOn: null, economics: { mtm: '0' } },
  lots: [
    {
      ...{ lot: 1, tradeDate: TRADE_DATE, quantityOpen: '100', quantity: '100', price: '16740000000', fxRate: '61200000000' },
      ...{ fxRateSet: 1, fxAt: MORNING },
    },
  ],
  ...over,
});

const money = { entity: 1, sub: 11 } as const;
const publication = (over: Partial<CommandBodyOf<'publish-batch'>> = {}): CommandBodyOf<'publish-batch'> => ({
  ...{ batch: 'ARCX:2013-10-07', attempt: 1, market: 'ARCX', businessDate: BUSINESS_DATE },
  lines: [
    {
      rule: 'margin-lock',
      debit: { ...money, code: '2010' },
      credit: { ...money, code: '2012', contract: 1 },
      currency: 'CNY',
      amount: '2500000',
    },
    {
      rule: 'commission',
      debit: { ...money, code: '2010' },
      credit: { entity: 1, code: '4020' },
      currency: 'CNY',
      amount: '5000',
    },
    {
      rule: 'contract-mark',
      debit: { entity: 1, code: '1100', contract: 1 },
      credit: { entity: 1, code: '4031', contract: 1 },
      currency: 'CNY',
      amount: '700',
    },
  ],
  contracts: [
    contract(),
    contract({
      ...{ contract: 2, uti: 'UTI2', entity: 2, agreement: null, client: null, master: null },
      sub: null,
      account: null,
      backToBackOf: 1,
    }),
  ],
  fills: [{ market: 'ARCX', seq: 3, k: 0 }],
  bookings: [1, 2].map((cell) => ({ market: 'ARCX', cell, amount: '2600000', booked: '2500000' })),
  ...over,
});

test('a publication that breaks a rule is refused whole', async () => {
  const line = publication().lines[0];
  assert.ok(line);
  const cases: [Partial<CommandBodyOf<'publish-batch'>>, string][] = [
    [{ lines: [{ ...line, rule: 'deposit' }] }, 'POSTING_REFUSED'],
    [{ lines: [{ ...line, rule: 'conjure' }] }, 'POSTING_REFUSED'],
    [{ lines: [{ ...line, credit: { ...line.credit, sub: 12 } }] }, 'POSTING_REFUSED'],
    [{ lines: [{ ...line, debit: { entity: 1, code: '2010' } }] }, 'LEDGER_KEY_REFUSED'],
    [{ fills: [{ market: 'ARCX', seq: 4, k: 0 }] }, 'PUBLICATION_REFUSED'],
    [{ bookings: [{ market: 'ARCX', cell: 2, amount: '99999999', booked: '0' }] }, 'BOOKING_REFUSED'],
    [{ bookings: [{ market: 'ARCX', cell: 2, amount: '0', booked: '-1' }] }, 'BOOKING_REFUSED'],
    [{ contracts: [contract({ version: 2 })] }, 'PUBLICATION_REFUSED'],
  ];
  for (const [over, code] of cases)
    await assert.rejects(
      books.run('publish-batch', publication(over)),
      (e) => isProblem(e, code),
      JSON.stringify(over).slice(0, 120),
    );
  await assert.rejects(
    books.centre.execute(
      { kind: 'publish-batch', id: 'with', at: MORNING, maker: 'clearing', body: publication() },
      { within: () => Promise.reject(new Error('pointer not flipped')) },
    ),
    /pointer not flipped/,
  );
  assert.deepEqual((await tieoutBooks(books.database)).contracts, []);
  await proven();
});

test('[CL-f] a batch is published in one transaction with the statements of its caller', async () => {
  let seen = 0;
  await books.centre.execute(
    { kind: 'publish-batch', id: 'publish', at: MORNING, maker: 'clearing', body: publication() },
    {
      within: async (tx) => {
        seen = (await tx.query('SELECT 1 FROM accounts.contract')).rowCount;
      },
    },
  );
  assert.equal(seen, 2);
  const funds = await sub11();
  assert.equal(funds?.pendingGranted, 0n);
  assert.equal(funds?.granted, 97_400_000n);
  assert.equal(funds?.initialMargin, 2_500_000n);
  assert.equal(funds?.unrealisedLoss, 700n);
  const tieout = await tieoutBooks(books.database);
  assert.deepEqual(tieout.positions, [{ account: 110n, listing: 1n, booked: 100n, provisional: 0n }]);
  assert.deepEqual(tieout.contracts, [{ account: 110n, listing: 1n, quantity: 100n }]);
  const [cell] = await readCells(books.database);
  assert.equal(cell?.booked, 2_500_000n);
  await assert.rejects(books.run('publish-batch', publication({ fills: [] })), (e) => isProblem(e, 'PUBLICATION_REFUSED'));
  await proven();
});

test('the node acknowledges the booking and gives back what is free: the cash is free again', async () => {
  const booked = { cell: 2, amount: 2_600_000, returned: 2_600_000, used: 0, booking: 'b' };
  const report = { cell: 2, epoch: 1, granted: 50_000_000, returned: 12_600_000, used: 0 };
  const free = (await sub11())?.free ?? 0n;
  await takeIn(books.centre, 'ARCX', numbered(30, [{ name: 'lease-booked', body: booked }]));
  assert.equal((await sub11())?.free, free);
  await takeIn(
    books.centre,
    'ARCX',
    numbered(31, [
      { name: 'lease-report', body: report },
      { name: 'lease-report', body: report },
    ]),
  );
  assert.equal((await sub11())?.free, free + 10_000_000n);
  await proven();
});

test('a bust of a booked fill waits for the next batch as a provisional change, with an exception', async () => {
  await takeIn(books.centre, 'ARCX', numbered(40, [clientFill({ execType: 72, refSeq: 3, hold: 0 })]));
  assert.deepEqual((await tieoutBooks(books.database)).positions, [
    { account: 110n, listing: 1n, booked: 100n, provisional: -100n },
  ]);
  await books.run('publish-batch', {
    ...publication({ batch: 'next', lines: [], bookings: [], fills: [{ market: 'ARCX', seq: 40, k: 0 }] }),
    contracts: [
      contract({
        version: 2,
        state: 'closed',
        closedOn: BUSINESS_DATE,
        lots: [{ ...(contract().lots[0] as never as object), quantityOpen: '0' } as never],
      }),
    ],
  });
  assert.deepEqual((await tieoutBooks(books.database)).positions, []);
  await proven();
});

test('a loss beyond what the client has becomes a claim that the next deposit repays first', async () => {
  const free = (await sub11())?.free ?? 0n;
  const loss = {
    rule: 'commission',
    debit: { ...money, code: '2010' },
    credit: { entity: 1, code: '4020' },
    currency: 'CNY',
    amount: String(free + 500n),
  };
  await books.run('publish-batch', publication({ batch: 'loss', lines: [loss], contracts: [], fills: [], bookings: [] }));
  assert.equal((await sub11())?.owed, 500n);
  await books.run('deposit', deposit(11, '1500'));
  assert.deepEqual([(await sub11())?.owed, (await sub11())?.free], [0n, 1_000n]);
  await proven();
});

test('a limit cut below its use is declared over-leased; nothing more is granted', async () => {
  await openCells(books, '60000000');
  const [master, sub] = await readCells(books.database);
  assert.deepEqual([master?.state, sub?.state], ['over-leased', 'over-leased']);
  await books.run('deposit', deposit(11, '5000'));
  const { outcome } = await books.run('day-open', { businessDate: BUSINESS_DATE, sessions: SESSIONS });
  assert.deepEqual(outcome['grants'], []);
});

test('a margin call is raised, paid in time and met; an unpaid one is not met and can be breached when due', async () => {
  const call = {
    call: 'K1',
    client: 1,
    currency: 'CNY',
    amount: '400',
    dueAt: MORNING + 10,
    equity: '-5',
    requirement: '9',
    cause: {},
  };
  await books.run('raise-margin-call', call);
  await assert.rejects(books.run('raise-margin-call', call), (e) => isProblem(e, 'MARGIN_CALL_REFUSED'));
  await assert.rejects(books.run('breach-margin-call', { call: 'K1' }), (e) => isProblem(e, 'MARGIN_CALL_REFUSED'));
  await books.run('raise-margin-call', { ...call, call: 'K2', amount: '99999999999' });
  await books.run('deposit', deposit(11, '400'));
  await books.run('meet-margin-call', { call: 'K1', by: 'paid' });
  await assert.rejects(books.run('meet-margin-call', { call: 'K2', by: 'paid' }), (e) => isProblem(e, 'MARGIN_CALL_REFUSED'));
  await books.run('breach-margin-call', { call: 'K2' }, { at: MORNING + 10 });
});

test('[CL-f] the statement adds up and the client day closes once over published batches', async () => {
  await takeIn(
    books.centre,
    'ARCX',
    numbered(50, [
      phase(3),
      { name: 'mark-set', body: { listing: 1, price: 1_675_000, kind: 1, sourceTime: MORNING, date: TRADE_DATE } },
    ]),
  );
  const made = await statement(books.database, 1, BUSINESS_DATE);
  assert.equal(made.asOf[0]?.tradeDate, TRADE_DATE);
  assert.ok(made.cash.length > 0);
  for (const cash of made.cash) {
    const { free, granted, initialMargin, variationMargin, leaving } = cash.funds;
    assert.equal(cash.closing, free + granted + initialMargin + variationMargin + leaving);
    assert.equal(
      cash.closing,
      cash.movements.reduce((sum, m) => sum + m.amount, cash.opening),
    );
  }
  assert.equal(made.contracts[0]?.markToMarket, -700n);
  assert.equal(made.calls.length, 2);
  const day = { businessDate: BUSINESS_DATE, statements: [{ client: 1, batches: ['ARCX:2013-10-07'], hash: 'h' }] };
  await assert.rejects(
    books.run('client-day-close', { ...day, statements: [{ client: 1, batches: ['never'], hash: 'h' }] }),
    (e) => isProblem(e, 'PUBLICATION_REFUSED'),
  );
  await books.run('client-day-close', day);
  await assert.rejects(books.run('client-day-close', day), (e) => isProblem(e, 'PARTY_EXISTS'));
  await proven();
});
