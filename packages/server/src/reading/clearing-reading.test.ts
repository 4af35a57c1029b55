import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openAuthorizer, type Resource } from '@meridian/security';
import { clearingEndpoints } from '../http/routes/clearing.ts';
import { ledgerEndpoints } from '../http/routes/ledger.ts';
import { limitEndpoints } from '../http/routes/limit.ts';
import { overviewEndpoints } from '../http/routes/overview.ts';
import { reportEndpoints } from '../http/routes/report.ts';
import { type Asker, asker } from './scratch-asking.ts';
import { clientUser, dueOf, type ScratchReading, scratchReading, staff } from './scratch-reading.ts';

let scratch: ScratchReading;
let desk: Asker;
before(async () => {
  scratch = await scratchReading();
  const { house } = scratch;
  desk = asker({
    ...{ ...clearingEndpoints(house), ...ledgerEndpoints(house), ...overviewEndpoints(house) },
    ...{ ...limitEndpoints(house), ...reportEndpoints(house) },
  });
});
after(() => scratch?.remove());

const clearing = staff('clearing');
const auditor = staff('auditor');
const risk = staff('risk');
const one = async <R extends object>(sql: string) => (await scratch.database.query<R>(sql)).rows[0] as R;

test('[CL-b] batches, the latest first, page by page', async () => {
  const { items } = await desk.ask('GET /v1/batches', clearing, { query: { date: '2013-10-07' } });
  assert.deepEqual(
    items.map(({ batch, state }) => [batch, state]),
    [
      ['ARCX.TRS.2013-10-07.1', 'published'],
      ['XNYS.TRS.2013-10-07.1', 'published'],
    ],
  );
  const all = await one<{ n: bigint }>('SELECT count(*) AS n FROM clearing.batch_due');
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await desk.ask('GET /v1/batches', clearing, {
      query: { limit: 5, ...(cursor === undefined ? {} : { cursor }) },
    });
    for (const { batch } of page.items) seen.add(batch);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  assert.equal(BigInt(seen.size), all.n);
});

test('[CL-1] [CL-d] a batch in full: every step it ran, by the names that screens know', async () => {
  for (const batch of ['ARCX.TRS.2013-10-08.1', '-.TRS.2013-10-09.1']) {
    const detail = await desk.ask('GET /v1/batches/{batch}', clearing, { params: { batch } });
    const { rows } = await scratch.database.query<{ name: string }>(
      'SELECT name FROM clearing.step_run WHERE batch = $1 ORDER BY step',
      [batch],
    );
    assert.deepEqual(
      detail.steps.map(({ name }) => name),
      rows.map(({ name }) => name),
    );
    assert.ok(detail.steps.every(({ state, outputHash }) => state === 'done' && outputHash !== null));
    assert.equal(detail.attempts.length, 1);
    assert.ok(detail.inputs.length > 0);
  }
  assert.equal(await desk.resource('GET /v1/batches/{batch}', clearing, { params: { batch: 'X' } }), undefined);
});

test('[CL-c] a run by hand goes through the clearing room, whose refusal is the answer', async () => {
  const run = desk.ask('POST /v1/batches/{batch}/run', clearing, {
    params: { batch: 'ARCX.TRS.2013-10-08.1' },
    body: { fromStep: 2, reason: 'looked again' },
  });
  await assert.rejects(run, { code: 'BATCH_ALREADY_PUBLISHED' });
});

test('the trial balance of every entity and currency balances, and stands at what was posted', async () => {
  const ledgers = await desk.ask('GET /v1/ledger/trial-balance', clearing);
  assert.ok(ledgers.length >= 3);
  for (const ledger of ledgers) {
    assert.equal(ledger.balanced, true);
    assert.equal(ledger.debit, ledger.credit);
  }
  const { minor } = await one<{ minor: bigint }>(
    `SELECT -sum(p.amount)::bigint AS minor FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
      WHERE a.code = '2012' AND a.currency = 'CNY' AND a.entity = 1`,
  );
  const locked = ledgers
    .find(({ entity, currency }) => entity === '1' && currency === 'CNY')
    ?.rows.find(({ code }) => code === '2012');
  assert.equal(locked?.credit.replace('.', ''), String(minor));
  assert.deepEqual(
    [...new Set((await desk.ask('GET /v1/ledger/trial-balance', staff('clearing', [2n]))).map(({ entity }) => entity))],
    ['2'],
  );
});

test('journals by batch, code and contract; each balances line by line', async () => {
  const { items } = await desk.ask('GET /v1/ledger/journals', clearing, {
    query: { batch: 'ARCX.TRS.2013-10-08.1', code: '1100' },
  });
  assert.deepEqual([...new Set(items.map(({ rule }) => rule))], ['contract-mark']);
  const journal = await desk.ask('GET /v1/ledger/journals/{journal}', clearing, {
    params: { journal: items[0]?.journal as string },
  });
  const sums = new Map<string, bigint>();
  for (const { currency, amount } of journal.lines)
    sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(amount.replace('.', '')));
  assert.deepEqual(
    [...sums.values()].filter((sum) => sum !== 0n),
    [],
  );
  assert.equal(journal.lines.length, journal.lineCount);
  const contract = journal.lines.find((line) => line.contract !== null)?.contract as string;
  const own = await desk.ask('GET /v1/ledger/journals', clearing, { query: { contract, limit: 500 } });
  assert.ok(own.items.some((each) => each.journal === journal.journal));
  assert.ok(own.items.every((each) => each.lines.some((line) => line.contract === contract)));
  const ids = (await desk.ask('GET /v1/ledger/journals', clearing)).items.map((each) => Number(each.journal));
  assert.deepEqual(
    ids,
    [...ids].sort((a, b) => b - a),
  );
});

test('[CL-f] reports: the firm sees all, a client its own statements and confirmations; the bytes are those of the hash', async () => {
  const all = await desk.ask('GET /v1/reports', clearing, { query: { limit: 500 } });
  assert.ok(all.items.some(({ kind }) => kind === 'batch-report'));
  for (const client of [1n, 2n, 3n]) {
    const own = await desk.ask('GET /v1/reports', clientUser(client));
    assert.deepEqual([...new Set(own.items.map((each) => each.client))], [String(client)]);
    const expected = all.items.filter((each) => each.client === String(client) && each.kind !== 'failure-report');
    assert.equal(own.items.length, expected.length);
  }
  const [first] = all.items;
  const { file } = await desk.reply('GET /v1/reports/{document}/content', clearing, {
    params: { document: first?.document as string },
  });
  const { createHash } = await import('node:crypto');
  assert.equal(
    createHash('sha256')
      .update(file?.bytes as Uint8Array)
      .digest('hex'),
    first?.sha256,
  );
  assert.match(first?.document as string, /^[A-Za-z0-9.~-]+$/);
  const theirs = all.items.find(({ client }) => client === '1')?.document as string;
  // Were the policies silent, the database still would not show it.
  await assert.rejects(
    desk.reply('GET /v1/reports/{document}/content', clientUser(2n), { params: { document: theirs } }),
    /not this client's/,
  );
  assert.equal(
    (await desk.resource('GET /v1/reports/{document}/content', clearing, { params: { document: theirs } }))?.client,
    1n,
  );
});

test('[CL-f] a mail is queued once more under its own name', async () => {
  const { items } = await desk.ask('GET /v1/mails', clearing);
  const [mail] = items;
  await scratch.database.query(
    `UPDATE clearing.notification SET state = 'dead', tries = 8, last_error = 'no route' WHERE id = $1`,
    [mail?.mail as string],
  );
  const again = await desk.ask('POST /v1/mails/{mail}/resend', clearing, { params: { mail: mail?.mail as string } });
  assert.deepEqual([again.mail, again.state, again.tries, again.error], [mail?.mail, 'queued', 0, null]);
});

test('[CL-f] [DS-7] a mail is whose its papers are: whoever is confined to an entity neither sees nor resends another’s', async () => {
  // Fund 2 is the subsidiary's (entity 2), funds 1 and 3 are the parent's; reports about batches are the house's.
  const mayDecide = openAuthorizer();
  const both = await desk.ask('GET /v1/mails', clearing, { query: { limit: 200 } });
  const ofFund = (fund: number) => both.items.filter(({ recipient }) => recipient === `fund-${fund}@client.example`);
  for (const fund of [1, 2]) assert.ok(ofFund(fund).length > 0, `fund ${fund} has mail`);
  for (const [entity, theirs] of [
    [1n, [1, 3]],
    [2n, [2]],
  ] as const) {
    const confined = staff('clearing', [entity]);
    const { items } = await desk.ask('GET /v1/mails', confined, { query: { limit: 200 } });
    const expected = both.items.filter(
      ({ recipient }) => !recipient.startsWith('fund-') || theirs.some((fund) => recipient.startsWith(`fund-${fund}@`)),
    );
    assert.deepEqual(items, expected);
    for (const { mail } of both.items) {
      const resource = await desk.resource('POST /v1/mails/{mail}/resend', confined, { params: { mail } });
      const { allow } = mayDecide.decide(confined, 'mail.resend', resource as Resource, { secondFactor: 'required' });
      assert.equal(
        allow,
        expected.some((each) => each.mail === mail),
        mail,
      );
    }
  }
  assert.deepEqual(
    (await desk.ask('GET /v1/mails', clientUser(1n))).items
      .map(({ recipient }) => recipient)
      .filter((each) => each !== 'fund-1@client.example'),
    [],
  );
});

test('[UA-6] [UA-7] limits with the slices that nodes hold: booked and leased stay inside', async () => {
  const { items } = await desk.ask('GET /v1/limits', risk);
  const cents = (text: string) => BigInt(text.replace('.', ''));
  assert.equal(items.length, 7);
  for (const line of items) {
    assert.ok(cents(line.booked) + cents(line.leased) <= cents(line.limit), line.label);
    const { rows } = await scratch.database.query<{ leased: bigint }>(
      `SELECT coalesce(sum(granted_cum - returned_cum - (booking_cum - booking_acked_cum)), 0)::bigint AS leased
         FROM accounts.lease WHERE cell = $1`,
      [line.cell],
    );
    assert.equal(cents(line.leased), rows[0]?.leased);
  }
  assert.deepEqual(
    (await desk.ask('GET /v1/limits', risk, { query: { scope: 'sub' } })).items.map(({ label }) => label),
    [...['FUND-A SWAP', 'FUND-B SWAP', 'FUND-C SWAP']],
  );
  const [cell] = items;
  const line = await desk.ask('GET /v1/limits/{cell}', risk, { params: { cell: cell?.cell as string } });
  assert.deepEqual(line, cell);
  assert.deepEqual(await desk.resource('GET /v1/limits/{cell}', risk, { params: { cell: '12' } }), {
    ...{ kind: 'limit', id: '12', client: 1n, entity: 1n },
  });
  const own = await desk.ask('GET /v1/limits', clientUser(2n));
  assert.deepEqual(
    own.items.map(({ cell: id }) => id),
    ['21', '22'],
  );
});

test('[RC-a] lists, and what the ticket may offer: accounts with a route, listings on a list', async () => {
  const { items } = await desk.ask('GET /v1/lists', risk);
  assert.deepEqual(
    items.map(({ symbol, scope, permission }) => [symbol, scope, permission]),
    [
      ['SPY', 'firm', 'open-and-close'],
      ['IBM', 'firm', 'open-and-close'],
    ],
  );
  const ticket = await desk.ask('GET /v1/tradable', staff('trader'));
  assert.deepEqual(
    ticket.accounts.map(({ code, markets }) => [code, markets.join(' ')]),
    [
      ['FUND-A-SWAP', 'ARCX XNYS'],
      ['FUND-B-SWAP', 'ARCX XNYS'],
      ['FUND-C-SWAP', 'ARCX XNYS'],
    ],
  );
  assert.deepEqual(
    ticket.listings.map(({ symbol, currency, tick, last }) => [symbol, currency, tick, last]),
    [
      ['SPY', 'USD', '0.01', '165.48'],
      ['IBM', 'USD', '0.01', '178.72'],
    ],
  );
  assert.deepEqual(
    (await desk.ask('GET /v1/tradable', clientUser(2n))).accounts.map(({ client }) => client),
    ['2'],
  );
  await scratch.database.query(
    `INSERT INTO reference.list_entry (entry, listing, scope, scope_id, permission, valid_from, maker, checker)
     VALUES (9, 2, 'client', 2, 2, '2013-01-01', 'a', 'b')`,
  );
  const restricted = await desk.ask('GET /v1/tradable', clientUser(2n));
  assert.equal(restricted.listings.find(({ symbol }) => symbol === 'IBM')?.permission, 'close-only');
  assert.equal((await desk.ask('GET /v1/lists', clientUser(1n))).items.length, 2);
  assert.equal((await desk.ask('GET /v1/lists', clientUser(2n))).items.length, 3);
  assert.equal((await desk.ask('GET /v1/lists', auditor)).items.length, 3);
});

test('[CL-d] [CL-e] a failed batch says why, in one sentence; mended, it runs through the house’s own room', async () => {
  await scratch.trade('2013-10-09', (file) => file.replace('165.60', '165.6x'));
  const at = dueOf('2013-10-09');
  const { failed } = await scratch.clearing.advance(at);
  assert.deepEqual(
    failed.map(({ batch }) => batch),
    ['ARCX.TRS.2013-10-09.1'],
  );
  const batch = 'ARCX.TRS.2013-10-09.1';
  const ask = () => desk.ask('GET /v1/batches/{batch}', clearing, { params: { batch } });
  const broken = await ask();
  assert.equal(broken.batch.state, 'failed');
  const [fault] = broken.faults;
  assert.ok(fault?.line !== null && fault?.reason.zh !== '', JSON.stringify(fault));
  assert.deepEqual(broken.bar.message, fault?.reason);
  assert.deepEqual(broken.steps.map(({ state }) => state).slice(0, 3), ['done', 'failed', 'waiting']);
  const ribbon = await desk.ask('GET /v1/ribbon', clearing, { query: { from: '2013-10-09T12:00:00Z' } });
  const bar = ribbon.lanes.find(({ market }) => market === 'XNYS')?.batches.find((each) => each.batch === batch);
  assert.deepEqual([bar?.state, bar?.message], ['failed', fault?.reason]);
  scratch.mend('ARCX', '2013-10-09');
  const operation = await desk.ask('POST /v1/batches/{batch}/run', clearing, {
    params: { batch },
    body: { fromStep: 0, reason: 'the broker sent its file again' },
  });
  assert.equal(operation.result?.['state'], 'succeeded', JSON.stringify(operation));
  const done = await ask();
  assert.deepEqual([done.batch.state, done.attempts[0]?.reason], ['published', 'the broker sent its file again']);
  assert.equal(done.attempts.length, 2);
});

test('the trial balance tells a planted balance', async () => {
  await scratch.database.connection((c) =>
    c.script(`SET session_replication_role = replica; UPDATE accounts.ledger_account SET posted = posted + 1
               WHERE id = (SELECT min(id) FROM accounts.ledger_account WHERE currency = 'USD')`),
  );
  const ledgers = await desk.ask('GET /v1/ledger/trial-balance', clearing);
  assert.ok(ledgers.some(({ currency, balanced }) => currency === 'USD' && !balanced));
});
