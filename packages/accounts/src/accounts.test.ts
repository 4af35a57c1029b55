import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type DateText, isProblem } from '@meridian/base';
import { sqlState, violatedConstraint } from '@meridian/store';
import { type Hold, pendingHoldsOf, placeHolds, postHold, voidHolds } from './hold.ts';
import { ledgerVerify, subFunds, withdrawable } from './index.ts';
import { entry, openBooks } from './ledger.ts';
import { BUSINESS_DATE, balance, businessBody, deposit, openHouse, type ScratchBooks, scratchBooks } from './scratch-books.ts';

let books: ScratchBooks;
before(async () => {
  books = await scratchBooks();
  await openHouse(books);
  await books.run('deposit', deposit(11, '10000000'));
  await books.run('deposit', deposit(31, '500000', 'USD'));
});
after(() => books?.remove());

const refused = (code: string) => (error: unknown) => isProblem(error, code);
const transfer = (from: number, to: number, amount: string, currency = 'CNY') => ({
  ...{ from, to, amount, currency, businessDate: BUSINESS_DATE },
});

test('[UA-1] a client has exactly one master account', async () => {
  await assert.rejects(books.run('open-master', { master: 101, client: 1, baseCurrency: 'CNY' }), refused('PARTY_EXISTS'));
  await assert.rejects(
    books.database.query(
      "INSERT INTO accounts.master_account (master, client, entity, base_currency) VALUES (102, 1, 1, 'CNY')",
    ),
    (error) => sqlState(error) === '23505',
  );
});

test('[UA-2] a master has many sub accounts, codes are its own', async () => {
  await books.run('open-sub', { sub: 13, master: 100, code: 'S13', pool: 'onshore' });
  await assert.rejects(books.run('open-sub', { sub: 14, master: 100, code: 'S13', pool: 'onshore' }), refused('PARTY_EXISTS'));
  await assert.rejects(books.run('open-sub', { sub: 15, master: 999, code: 'X', pool: 'onshore' }), refused('PARTY_UNKNOWN'));
});

test('[UA-3] a sub account holds business accounts of the same and of different types', async () => {
  await books.run('open-business', { ...businessBody(111, 11, 1, 'CNY', 1), code: 'second' });
  await books.run('open-business', { ...businessBody(112, 11, 1, 'CNY', 1), code: 'third', type: 'option' });
  await assert.rejects(books.run('open-business', businessBody(113, 11, 2, 'CNY', 1)), refused('PARTY_UNKNOWN'));
});

test('[UA-4] each sub account takes money in and out', async () => {
  await books.run('deposit', deposit(12, '300000'));
  const asked = await books.run(
    'withdraw',
    { sub: 12, currency: 'CNY', amount: '100000', businessDate: BUSINESS_DATE },
    { id: 'w1' },
  );
  assert.equal(await balance(books.database, '1/2014//12////CNY'), -100_000n);
  await books.run('withdraw-settle', { withdrawal: 'w1', result: 'paid', businessDate: BUSINESS_DATE });
  assert.equal(await balance(books.database, '1/2010//12////CNY'), -200_000n);
  assert.equal(asked.repeated, false);
  await assert.rejects(
    books.run('withdraw-settle', { withdrawal: 'w1', result: 'failed', businessDate: BUSINESS_DATE }),
    refused('WITHDRAWAL_ENDED'),
  );
});

test('[UA-4] a withdrawal too large is refused with the amount that would pass', async () => {
  await assert.rejects(
    books.run('withdraw', { sub: 12, currency: 'CNY', amount: '200001', businessDate: BUSINESS_DATE }),
    (error) => isProblem(error, 'FUNDS_SHORT') && error.params['wouldPass'] === 200_000n,
  );
  await assert.rejects(
    books.run('withdraw', { sub: 12, currency: 'HKD', amount: '1', businessDate: BUSINESS_DATE }),
    (error) => isProblem(error, 'FUNDS_SHORT') && error.params['wouldPass'] === 0n,
  );
});

test('[UA-5] money moves between sub accounts of one master', async () => {
  const before = await balance(books.database, '1/2010//12////CNY');
  await books.run('transfer', transfer(11, 12, '1000'));
  assert.equal(await balance(books.database, '1/2010//12////CNY'), before - 1_000n);
});

test('[UA-5] a transfer between sub accounts of different masters is refused by the centre and by the database', async () => {
  await assert.rejects(books.run('transfer', transfer(31, 11, '1', 'USD')), refused('OTHER_MASTER'));
  await books.run('deposit', deposit(11, '100', 'USD'));
  const { rows } = await books.database.query<{ id: bigint }>(
    "SELECT id FROM accounts.ledger_account WHERE key IN ('1/2010//31////USD', '1/2010//11////USD') ORDER BY key",
  );
  await assert.rejects(
    forge(
      rows.map((r) => r.id),
      [-5n, 5n],
    ),
    (error) => violatedConstraint(error) === 'one_master',
  );
});

/** Writes a journal of one's own making past the account centre. */
async function forge(accounts: readonly bigint[], amounts: readonly bigint[], kind = 'transfer'): Promise<void> {
  await books.database.transaction(async (tx) => {
    const { rows } = await tx.query<{ journal: bigint; journal_hash: string }>('SELECT * FROM accounts.begin_write()');
    const { journal, journal_hash: prev } = rows[0] as { journal: bigint; journal_hash: string };
    const id = journal + 1n;
    await tx.query('SELECT accounts.append_journals($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19)', [
      ...[[id], [kind], [kind], [1n], [BUSINESS_DATE], [null], [null], [1n], [null], [null], [null], [null]],
      ...[[amounts.length], [prev], [`forged ${id}`], amounts.map(() => id), amounts.map((_, i) => i), accounts, amounts],
    ]);
  });
}

test('an unbalanced journal is refused by the database', async () => {
  await assert.rejects(forge([1n, 2n], [5n, -4n]), (error) => violatedConstraint(error) === 'journal_balanced');
});

test('a journal that balances per currency but not per entity is refused by the database', async () => {
  await books.run('deposit', deposit(21, '100', 'USD'));
  const { rows } = await books.database.query<{ id: bigint }>(
    "SELECT id FROM accounts.ledger_account WHERE key IN ('1/1010/onshore/////USD', '2/1010/offshore/////USD') ORDER BY key",
  );
  await assert.rejects(
    forge(
      rows.map((r) => r.id),
      [5n, -5n],
    ),
    (error) => violatedConstraint(error) === 'journal_balanced',
  );
});

test('a floor holds in the database, pending entries counted', async () => {
  const { rows } = await books.database.query<{ id: bigint }>(
    "SELECT id FROM accounts.ledger_account WHERE key IN ('1/2010//11////CNY', '1/2010//12////CNY') ORDER BY key",
  );
  await assert.rejects(
    forge(
      rows.map((r) => r.id),
      [99_000_000_000n, -99_000_000_000n],
    ),
    (error) => violatedConstraint(error) === 'ledger_account_floor',
  );
});

test('journals, postings and commands can be neither changed nor deleted', async () => {
  for (const sql of [
    'UPDATE accounts.posting SET amount = amount + 1',
    'DELETE FROM accounts.posting',
    "UPDATE accounts.journal SET rule = 'x'",
    'DELETE FROM accounts.journal',
    "UPDATE accounts.command SET maker = 'x'",
    'TRUNCATE accounts.command CASCADE',
  ])
    await assert.rejects(books.database.query(sql), (error) => sqlState(error) === '23001', sql);
});

test('the same id again returns the first outcome; with another body it is refused', async () => {
  const first = await books.run('transfer', transfer(11, 12, '7'), { id: 'same' });
  const again = await books.run('transfer', transfer(11, 12, '7'), { id: 'same' });
  assert.deepEqual({ ...again, repeated: false }, first);
  assert.equal(again.repeated, true);
  await assert.rejects(books.run('transfer', transfer(11, 12, '8'), { id: 'same' }), refused('IDEMPOTENCY_CONFLICT'));
  const both = await Promise.all([1, 2].map(() => books.run('transfer', transfer(11, 12, '3'), { id: 'twice' })));
  assert.equal(both[0]?.no, both[1]?.no);
});

test('a refused command leaves no trace, and its companions in the same commit stand', async () => {
  const before = await balance(books.database, '1/2010//12////CNY');
  const results = await Promise.allSettled([
    books.run('transfer', transfer(11, 12, '10')),
    books.run(
      'withdraw',
      { sub: 12, currency: 'CNY', amount: '999999999999', businessDate: BUSINESS_DATE },
      { id: 'too-much' },
    ),
    books.run('transfer', transfer(11, 12, '999999999999999')),
    books.run('deposit', deposit(12, '5')),
    books.run('transfer', transfer(11, 12, '10')),
  ]);
  assert.deepEqual(
    results.map((r) => r.status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled', 'fulfilled'],
  );
  assert.equal(await balance(books.database, '1/2010//12////CNY'), before - 25n);
  const { rows } = await books.database.query("SELECT 1 FROM accounts.command WHERE id = 'too-much'");
  assert.equal(rows.length, 0);
  assert.equal((await ledgerVerify(books.database)).fault, null);
});

test('bad input is refused: currency, amount, kind, date, members', async () => {
  const cases: [Parameters<typeof books.run>, string][] = [
    [['deposit', deposit(11, '5', 'XXQ')], 'CURRENCY_UNKNOWN'],
    [['deposit', deposit(11, '-5')], 'CONFIG_INVALID'],
    [['deposit', deposit(11, '0')], 'CONFIG_INVALID'],
    [['deposit', deposit(11, '1.5')], 'CONFIG_INVALID'],
    [['deposit', deposit(11, '999999999999999999')], 'AMOUNT_REFUSED'],
    [['deposit', deposit(77, '5')], 'PARTY_UNKNOWN'],
    [['deposit', { ...deposit(11, '5'), extra: 1 } as never], 'CONFIG_INVALID'],
    [['deposit', { ...deposit(11, '5'), businessDate: 'soon' as DateText }], 'CONFIG_INVALID'],
    [['transfer', transfer(11, 11, '5')], 'TRANSFER_TO_ITSELF'],
    [['transfer', transfer(11, 99, '5')], 'PARTY_UNKNOWN'],
    [['conjure' as never, {} as never], 'COMMAND_REFUSED'],
    [['deposit', deposit(11, '5'), { id: '' }], 'COMMAND_REFUSED'],
    [['deposit', deposit(11, '5'), { at: -1 }], 'COMMAND_REFUSED'],
    [['deposit', { ...deposit(11, '5'), businessDate: '2013-02-30' as DateText }], 'DATE_MALFORMED'],
  ];
  for (const [args, code] of cases) await assert.rejects(books.run(...args), refused(code), `${args[0]} ${code}`);
});

test('limits, reversals and large withdrawals need a checker other than the maker, in the database too', async () => {
  const limit = {
    cell: 9,
    scope: 'master',
    scopeId: 300,
    measure: 'initial-margin',
    currency: 'USD',
    issuer: null,
    lim: '5',
  } as const;
  await assert.rejects(books.run('set-limit', limit, { checker: 'maker' }), refused('FOUR_EYES'));
  await assert.rejects(
    books.centre.execute({ kind: 'set-limit', id: 'l1', at: 1, maker: 'maker', body: limit }),
    refused('FOUR_EYES'),
  );
  await books.run('deposit', deposit(31, '200000000', 'USD'));
  await assert.rejects(
    books.centre.execute({
      ...{ kind: 'withdraw', id: 'big', at: 1, maker: 'maker' },
      body: { sub: 31, currency: 'USD', amount: '150000000', businessDate: BUSINESS_DATE },
    }),
    refused('FOUR_EYES'),
  );
  await assert.rejects(
    books.database.query(
      "INSERT INTO accounts.command (no, id, kind, at, body, body_hash, maker, outcome) VALUES (999999, 'x', 'set-limit', 1, '{}', '', 'm', '{}')",
    ),
    (error) => violatedConstraint(error) === 'command_needs_checker',
  );
});

test('a journal is corrected by a reversal, once, and everything is as before', async () => {
  const before = await balance(books.database, '1/2010//12////CNY');
  const done = await books.run('transfer', transfer(11, 12, '123'));
  const journal = done.outcome.journals[0] as number;
  await books.run('reverse-journal', { journal, reason: 'slip', businessDate: BUSINESS_DATE });
  assert.equal(await balance(books.database, '1/2010//12////CNY'), before);
  await assert.rejects(
    books.run('reverse-journal', { journal, reason: 'slip', businessDate: BUSINESS_DATE }),
    refused('JOURNAL_REFUSED'),
  );
});

test('[UA-8] currency is exchanged through the FX position, pools are bridged by cash in transit', async () => {
  await books.run('fx-exchange', {
    ...{ sub: 11, sell: 'CNY', sellAmount: '612000', buy: 'USD', buyAmount: '100000', rateSet: 1, businessDate: BUSINESS_DATE },
  });
  assert.equal(await balance(books.database, '1/3010//////USD'), 100_000n);
  const pool = { entity: 1, currency: 'CNY', amount: '4000', quota: 'Q1', businessDate: BUSINESS_DATE };
  await assert.rejects(books.run('pool-transfer', { ...pool, step: 'arrive', pool: 'offshore' }), refused('FUNDS_SHORT'));
  await books.run('pool-transfer', { ...pool, step: 'send', pool: 'onshore' });
  await books.run('pool-transfer', { ...pool, step: 'arrive', pool: 'offshore' });
  assert.equal(await balance(books.database, '1/1090//////CNY'), 0n);
  assert.equal(await balance(books.database, '1/1010/offshore/////CNY'), 4_000n);
});

test('[UA-9] money of an unknown sender waits until its owner is found, once', async () => {
  const receipt = {
    entity: 1,
    pool: 'onshore',
    currency: 'CNY',
    amount: '900',
    businessDate: BUSINESS_DATE,
    bankReference: 'R',
  };
  await books.run('receive-unidentified', receipt, { id: 'r1' });
  await assert.rejects(
    books.run('identify-receipt', { receipt: 'r1', sub: 21, businessDate: BUSINESS_DATE }),
    refused('RECEIPT_REFUSED'),
  );
  await books.run('identify-receipt', { receipt: 'r1', sub: 11, businessDate: BUSINESS_DATE });
  assert.equal(await balance(books.database, '1/9010//////CNY'), 0n);
  await assert.rejects(
    books.run('identify-receipt', { receipt: 'r1', sub: 11, businessDate: BUSINESS_DATE }),
    refused('RECEIPT_REFUSED'),
  );
});

test('identifiers are effective-dated: a new one ends the old, two never hold at once', async () => {
  const lei = (value: string, validFrom: string) => ({ scheme: 'LEI', value, validFrom: validFrom as DateText });
  await books.run('record-identifier', { subject: 'client', subjectId: 1, identifier: lei('L1', '2013-01-01') });
  await books.run('record-identifier', { subject: 'client', subjectId: 1, identifier: lei('L2', '2013-06-01') });
  const { rows } = await books.database.query<{ value: string; valid_to: string | null }>(
    "SELECT value, valid_to FROM accounts.identifier WHERE subject = 'client' AND subject_id = 1 ORDER BY valid_from",
  );
  assert.deepEqual(rows, [
    { value: 'L1', valid_to: '2013-06-01' },
    { value: 'L2', valid_to: null },
  ]);
  await assert.rejects(
    books.run('record-identifier', { subject: 'client', subjectId: 2, identifier: lei('L2', '2013-06-01') }),
    refused('PARTY_EXISTS'),
  );
});

test('a pending entry reserves, is posted in part with the rest falling, and ends once', async () => {
  const start = await balance(books.database, '1/2010//11////CNY');
  const ends = await books.database.transaction(async (tx) => {
    const { books: open } = await openBooks(tx, new Map());
    const cause = { no: 1n, kind: 'example', at: 1, bodyHash: '' };
    const [free, locked] = [
      { entity: 1, code: '2010', sub: 11 },
      { entity: 1, code: '2012', sub: 11 },
    ];
    const lines = (amount: bigint) => entry('margin-lock', free, locked, 'CNY', amount);
    const source = { market: 'TEST', seq: 1, k: 0 };
    await placeHolds(open, cause, [
      { rule: 'margin-lock', lines: lines(100n), source },
      { rule: 'margin-lock', lines: lines(50n), source },
    ]);
    const [first, second] = (await pendingHoldsOf(open, [source])) as [Hold, Hold];
    await assert.rejects(postHold(open, cause, first, lines(101n), BUSINESS_DATE), refused('POSTING_REFUSED'));
    await postHold(open, cause, first, lines(60n), BUSINESS_DATE);
    await voidHolds(open, cause, [second]);
    return [first, second];
  });
  assert.equal(await balance(books.database, '1/2010//11////CNY'), start + 60n);
  for (const { id } of ends)
    await assert.rejects(
      books.database.query("UPDATE accounts.hold SET state = 'voided' WHERE id = $1", [id]),
      (error) => sqlState(error) === '23001',
    );
  const { rows } = await books.database.query<{ pending: bigint }>(
    "SELECT pending_debit AS pending FROM accounts.ledger_account WHERE key = '1/2010//11////CNY'",
  );
  assert.equal(rows[0]?.pending, 0n);
});

test('an open margin call and an unrealised loss are not withdrawable (可取)', async () => {
  const [funds] = (await subFunds(books.database, 31)).filter((f) => f.currency === 'USD');
  assert.ok(funds);
  assert.equal(withdrawable({ ...funds, unrealisedLoss: 10n, openCalls: 5n }), withdrawable(funds) - 15n);
  assert.equal(withdrawable({ ...funds, unrealisedLoss: funds.free + 1n }), 0n);
});

test('real names stay out of the commands', async () => {
  await books.centre.execute({
    ...{ kind: 'open-client', id: 'named', at: 1_381_107_600_000_000, maker: 'maker', names: { zh: '甲基金', en: 'Fund A' } },
    body: { client: 8, token: 'C-8', entity: 1, jurisdiction: 'CN' },
  });
  const { rows } = await books.database.query<{ found: boolean }>(
    "SELECT bool_or(body::text LIKE '%Fund A%' OR outcome::text LIKE '%Fund A%') AS found FROM accounts.command",
  );
  assert.equal(rows[0]?.found, false);
  const names = await books.database.query<{ name_en: string }>('SELECT name_en FROM accounts.client_name WHERE client = 8');
  assert.equal(names.rows[0]?.name_en, 'Fund A');
});
