import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { openDatabase, startPostgres, waitForDatabase } from '@meridian/store';
import { canonicalDigest, canonicalDump, commandRows, ledgerVerify, openAccountCentre, rebuild } from './index.ts';
import {
  BUSINESS_DATE,
  balance,
  clientFill,
  deposit,
  hedgeFill,
  numbered,
  openCells,
  openHouse,
  phase,
  type ScratchBooks,
  scratchBooks,
  scratchHouse,
  TRADE_DATE,
  takeIn,
} from './scratch-books.ts';

let books: ScratchBooks;
before(async () => {
  books = await scratchHouse(undefined, { shared_buffers: '32MB' });
  await books.run('deposit', deposit(11, '1000000000'));
});
after(() => books?.remove());

const move = (from: number, to: number, amount: string) => ({ from, to, currency: 'CNY', amount, businessDate: BUSINESS_DATE });

test('eight writers at once, in two processes’ worth of centres, leave gapless numbers and true balances', async () => {
  const other = openDatabase({ url: books.postgres.url });
  const centres = [books.centre, openAccountCentre({ pool: other })];
  const writers = Array.from({ length: 8 }, async (_, w) => {
    for (let i = 0; i < 25; i++) {
      const centre = centres[w % 2] as (typeof centres)[number];
      const [from, to] = w % 4 < 2 ? [11, 12] : [12, 11];
      await centre
        .execute({
          kind: 'transfer',
          id: `w${w}:${i}`,
          at: 1 + i,
          maker: 'maker',
          body: move(from as number, to as number, '10'),
        })
        .catch((error) => assert.ok(isProblem(error, 'FUNDS_SHORT'), String(error)));
    }
  });
  await Promise.all(writers);
  await other.close();
  const proof = await ledgerVerify(books.database);
  assert.equal(proof.fault, null);
  const [a, b] = [await balance(books.database, '1/2010//11////CNY'), await balance(books.database, '1/2010//12////CNY')];
  assert.equal(a + b, -1_000_000_000n);
});

test('kill -9 of the database in the middle loses nothing that was acknowledged and doubles nothing', async () => {
  const acknowledged = new Set<string>();
  let killed = false;
  const start = await balance(books.database, '1/2010//12////CNY');
  const writers = Array.from({ length: 8 }, async (_, w) => {
    for (let i = 0; !killed && i < 400; i++) {
      const id = `k${w}:${i}`;
      try {
        await books.centre.execute({ kind: 'transfer', id, at: 1, maker: 'maker', body: move(11, 12, '1') });
        acknowledged.add(id);
      } catch {
        return;
      }
      if (acknowledged.size === 200) {
        killed = true;
        process.kill(books.postgres.pid, 'SIGKILL');
      }
    }
  });
  await Promise.all(writers);
  assert.ok(killed);
  const again = await startPostgres({ dataDir: path.join(books.dataDir, 'postgres') });
  const database = openDatabase({ url: again.url });
  try {
    await waitForDatabase(database);
    const { rows } = await database.query<{ id: string }>("SELECT id FROM accounts.command WHERE id LIKE 'k%:%'");
    const found = new Set(rows.map((row) => row.id));
    for (const id of acknowledged) assert.ok(found.has(id), `${id} was acknowledged`);
    assert.equal(await balance(database, '1/2010//12////CNY'), start - BigInt(found.size));
    assert.equal((await ledgerVerify(database)).fault, null);
    // Sent again with its id, a command in doubt is answered, not applied twice.
    const centre = openAccountCentre({ pool: database });
    for (const id of [...found].slice(0, 3))
      assert.equal(
        (await centre.execute({ kind: 'transfer', id, at: 1, maker: 'maker', body: move(11, 12, '1') })).repeated,
        true,
      );
  } finally {
    await database.close();
    await again.stop();
  }
});

test('[CL-f] books rebuilt from commands and market events are byte-equal to the live ones', async () => {
  const live = await scratchBooks();
  const fresh = await scratchBooks();
  try {
    await openHouse(live);
    await openCells(live);
    await live.run('deposit', deposit(11, '100000000'));
    await live.run('day-open', { businessDate: BUSINESS_DATE, sessions: [{ market: 'ARCX', tradeDate: TRADE_DATE }] });
    const fills = Array.from({ length: 40 }, (_, i) => [
      hedgeFill({ execId: `E${i}` }),
      clientFill({ order: i + 1, quantity: 1 + i, hold: 1_000 + i }),
      { name: 'price-set', body: { listing: 1, bid: 1, ask: 2, last: 1, sourceTime: 1 } } as const,
    ]).flat();
    const events = numbered(1, [phase(1), ...fills, clientFill({ execType: 72, refSeq: 3, hold: 0, quantity: 1 }), phase(3)]);
    for (let i = 0; i < events.length; i += 17) {
      await takeIn(live.centre, 'ARCX', events.slice(i, i + 17));
      await live.run('transfer', move(12, 11, '1')).catch(() => {});
      await live.run('deposit', deposit(12, '100'));
    }
    await live.run('publish-batch', {
      ...{ batch: 'b', attempt: 1, market: 'ARCX', businessDate: BUSINESS_DATE, contracts: [] },
      lines: [
        {
          ...{ rule: 'commission', currency: 'CNY', amount: '77' },
          debit: { entity: 1, code: '2010', sub: 11 },
          credit: { entity: 1, code: '4020' },
        },
      ],
      fills: [{ market: 'ARCX', seq: 6, k: 0 }],
      bookings: [1, 2].map((cell) => ({ market: 'ARCX', cell, amount: '1001', booked: '900' })),
    });
    assert.equal((await ledgerVerify(live.database)).fault, null);
    const made = await rebuild({
      commands: commandRows(live.database),
      async *events(_market, from, to) {
        for (const event of events) if (event.header.seq >= from.seq && event.header.seq <= to.seq) yield event;
      },
      into: fresh.database,
    });
    assert.ok(made.commands > 20);
    const lines = async (of: ScratchBooks) => (await Array.fromAsync(canonicalDump(of.database))).join('');
    assert.equal(await lines(fresh), await lines(live));
    assert.equal(await canonicalDigest(fresh.database), await canonicalDigest(live.database));
    await live.run('deposit', deposit(12, '1'));
    assert.notEqual(await canonicalDigest(fresh.database), await canonicalDigest(live.database));
  } finally {
    await live.remove();
    await fresh.remove();
  }
});

test('a proof names the first fault of books that somebody touched past the guards', async () => {
  const touched = await scratchBooks();
  try {
    await openHouse(touched);
    await touched.run('deposit', deposit(11, '100'));
    await touched.run('deposit', deposit(11, '200'));
    assert.equal((await ledgerVerify(touched.database)).fault, null);
    const faults: [string, string, RegExp][] = [
      [
        'UPDATE accounts.ledger_account SET posted = posted + 1 WHERE id = 2',
        'UPDATE accounts.ledger_account SET posted = posted - 1 WHERE id = 2',
        /sum of its postings/,
      ],
      [
        "UPDATE accounts.journal SET rule = 'transfer' WHERE id = 1",
        "UPDATE accounts.journal SET rule = 'deposit' WHERE id = 1",
        /chain of hashes breaks: journal 1/,
      ],
      [
        "UPDATE accounts.command SET maker = 'other' WHERE no = 1",
        "UPDATE accounts.command SET maker = 'maker' WHERE no = 1",
        /command was changed: command 1/,
      ],
      [
        'UPDATE accounts.posting SET balance_after = balance_after + 1 WHERE journal = 2',
        'UPDATE accounts.posting SET balance_after = balance_after - 1 WHERE journal = 2',
        /balance after/,
      ],
    ];
    for (const [harm, heal, fault] of faults) {
      await touched.database.connection(async (c) => {
        await c.query("SET session_replication_role = 'replica'");
        await c.query(harm);
        assert.match((await ledgerVerify(c)).fault ?? '', fault);
        await c.query(heal);
        await c.query("SET session_replication_role = 'origin'");
      });
    }
    assert.equal((await ledgerVerify(touched.database)).fault, null);
  } finally {
    await touched.remove();
  }
});
