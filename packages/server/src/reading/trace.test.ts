import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { traceEndpoints } from '../http/routes/trace.ts';
import { type Asker, asker } from './scratch-asking.ts';
import { clientUser, type ScratchReading, scratchReading, staff } from './scratch-reading.ts';

let scratch: ScratchReading;
let desk: Asker;
before(async () => {
  scratch = await scratchReading();
  desk = asker(traceEndpoints(scratch.house));
});
after(() => scratch?.remove());

const risk = staff('risk');
const MEASURES = ['notional', 'quantity', 'cost'] as const;
type MeasureName = (typeof MEASURES)[number];
const walk = (level: string, id: string, measure: MeasureName = 'notional', who = risk) =>
  desk.ask('GET /v1/trace/{level}/{id}', who, { params: { level, id }, query: { measure } });

/** Everything below a level, asked one by one, as somebody would click through it. */
async function everyLevel(
  measure: MeasureName,
): Promise<{ level: string; id: string; reconciles: boolean; difference: string }[]> {
  const found = [];
  const queue = [{ level: 'firm', id: 'firm' }];
  const seen = new Set<string>();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const key = `${next.level} ${next.id}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const { reconciles, difference, rows } = await walk(next.level, next.id, measure);
    found.push({ ...next, reconciles, difference });
    queue.push(...rows.map(({ level, id }) => ({ level: String(level), id })));
  }
  return found;
}

test('[RC-n] on a good day every level reconciles with the next, from the firm to journals and log, in every measure', async () => {
  for (const measure of MEASURES) {
    const all = await everyLevel(measure);
    assert.deepEqual(
      all.filter(({ reconciles }) => !reconciles),
      [],
      measure,
    );
    assert.deepEqual([...new Set(all.map(({ level }) => level))].sort(), [
      ...['business', 'client', 'contract', 'fill', 'firm', 'journal', 'log', 'master', 'order', 'sub'],
    ]);
    assert.ok(all.every(({ difference }) => Number(difference) === 0));
  }
});

test('the figures are what a desk would work out: quantities, and notional at the marks and the rate of record', async () => {
  const quantity = await walk('client', '1', 'quantity');
  // 600 + 400 bought, 400 sold.
  assert.deepEqual([quantity.unit, quantity.levels.at(-1)?.amount], ['units', '600']);
  const set = scratch.house.facts.rateSets.of('2013-10-08' as never);
  const [cny, usd] = ['CNY', 'USD'].map((code) => set?.rates.get(code) as bigint) as [bigint, bigint];
  assert.ok(cny > usd);
  // Half-even of the cross rate at ten decimals, then 600 × 165.48 of it, in fen.
  const rate = (cny * 10n ** 10n + usd / 2n) / usd;
  const exact = 600n * 16_548n * rate;
  const fen = (exact + 5n * 10n ** 9n) / 10n ** 10n;
  const notional = await walk('client', '1');
  assert.equal(notional.levels.at(-1)?.amount?.replace('.', ''), String(fen));
  const cost = await walk('client', '2', 'cost');
  // 300 at 167.50; the short of the day before is closed.
  const dollars = (300n * 16_750n * rate + 5n * 10n ** 9n) / 10n ** 10n;
  assert.equal(cost.levels.at(-1)?.amount?.replace('.', ''), String(dollars));
});

test('an order shows the fills that make it; a fill its log entry and the journals of its batch', async () => {
  const order = await walk('order', 'ARCX-5', 'quantity');
  assert.deepEqual(
    order.levels.map(({ level }) => level),
    ['firm', 'client', 'master', 'sub', 'business', 'contract', 'order'],
  );
  assert.equal(order.levels.at(-1)?.amount, '1000');
  assert.deepEqual(
    order.rows.map(({ level, amount }) => [level, amount]),
    [
      ['fill', '600'],
      ['fill', '400'],
    ],
  );
  const fill = await walk('fill', order.rows[0]?.id as string, 'quantity');
  assert.equal(fill.rows[0]?.level, 'log');
  assert.ok(fill.rows.some(({ level, label }) => level === 'journal' && label.startsWith('contract-mark')));
  const log = await walk('log', fill.rows[0]?.id as string, 'quantity');
  assert.deepEqual(
    log.rows.map(({ id }) => id),
    [order.rows[0]?.id],
  );
  const [market, seq] = String(fill.rows[0]?.id).split('-') as [string, string];
  const entry = await desk.ask('GET /v1/log/{market}/{seq}', risk, { params: { market, seq } });
  assert.deepEqual(
    entry.events.map(({ name }) => name),
    ['client-fill'],
  );
  assert.deepEqual(await desk.resource('GET /v1/log/{market}/{seq}', risk, { params: { market, seq } }), {
    ...{ kind: 'trace', id: `${market}-${seq}`, client: 1n, entity: 1n },
  });
});

test('a fill that was busted after its booking: the order is what is left of it, the contract as if it had never been', async () => {
  const order = await walk('order', 'ARCX-30', 'quantity');
  assert.deepEqual([order.levels.at(-1)?.amount, order.reconciles], ['60', true]);
  assert.deepEqual(
    order.rows.map(({ amount }) => amount),
    ['60', '40', '-40'],
  );
  const cost = await walk('order', 'ARCX-30', 'cost');
  assert.equal(cost.reconciles, true);
  assert.deepEqual(
    cost.rows.map(({ note, amount }) => [note?.zh, note?.en, amount === null ? null : Number(amount) > 0]),
    [
      ['已入账', 'booked', true],
      ['已撤销', 'busted', false],
      ['已入账', 'booked', false],
    ],
  );
  assert.equal((await walk('business', '3', 'cost')).reconciles, true);
});

test('and back: from a journal to the contracts it posts for', async () => {
  const { rows } = await scratch.database.query<{ id: bigint }>(
    `SELECT id FROM accounts.journal WHERE rule = 'contract-mark' AND batch = 'ARCX.TRS.2013-10-08.1'`,
  );
  const journal = await walk('journal', String(rows[0]?.id));
  assert.equal(journal.reconciles, true);
  assert.ok(journal.rows.length > 0 && journal.rows.every(({ level }) => level === 'contract'));
});

test('what is not there, or not in view, is not there', async () => {
  for (const [level, id] of [
    ['client', '99'],
    ['order', 'ARCX-77'],
    ['fill', 'ARCX-1'],
    ['log', 'ARCX-999999'],
    ['contract', 'x'],
    ['moon', '1'],
  ] as const) {
    assert.equal(await desk.resource('GET /v1/trace/{level}/{id}', risk, { params: { level, id } }), undefined, level);
    await assert.rejects(walk(level, id), { code: 'NO_SUCH_RESOURCE' });
  }
  const parent = await walk('firm', 'firm', 'quantity', staff('risk', [1n]));
  assert.deepEqual(
    parent.rows.map(({ id }) => id),
    ['1', '3'],
  );
  const own = await walk('firm', 'firm', 'quantity', clientUser(2n));
  assert.deepEqual(
    own.rows.map(({ id }) => id),
    ['2'],
  );
  const contract = String(await contractOf(1));
  for (const [level, id] of [
    ['client', '1'],
    ['business', '1'],
    ['contract', contract],
    ['order', 'ARCX-5'],
    ['fill', 'ARCX-3-0'],
    ['log', 'ARCX-3'],
    ['journal', '1'],
  ] as const)
    await assert.rejects(walk(level, id, 'quantity', clientUser(2n)), { code: 'NO_SUCH_RESOURCE' }, level);
  for (const [level, id] of [
    ['client', '1'],
    ['order', 'ARCX-5'],
    ['business', '1'],
  ] as const)
    assert.deepEqual(await desk.resource('GET /v1/trace/{level}/{id}', risk, { params: { level, id } }), {
      ...{ kind: 'trace', id, client: 1n, entity: 1n },
    });
});

/** A change of the record that no command made, as somebody with the database in their hands could. */
const plant = (sql: string) => scratch.database.connection((c) => c.script(`SET session_replication_role = replica; ${sql}`));
const contractOf = async (account: number) =>
  (
    await scratch.database.query<{ contract: bigint }>(
      'SELECT min(contract) AS contract FROM accounts.contract WHERE account = $1',
      [account],
    )
  ).rows[0]?.contract as bigint;

test('bad input: a lot changed behind the books’ back does not reconcile, on every level above it and in every measure', async () => {
  const contract = await contractOf(1);
  await plant(`UPDATE accounts.contract_lot SET quantity_open = quantity_open - 1 WHERE contract = ${contract}`);
  for (const measure of MEASURES)
    for (const [level, id] of [
      ['firm', 'firm'],
      ['client', '1'],
      ['sub', '11'],
      ['business', '1'],
      ['contract', String(contract)],
    ] as const) {
      const { reconciles, difference, levels } = await walk(level, id, measure);
      assert.equal(reconciles, false, `${measure} ${level}`);
      assert.notEqual(Number(difference), 0, `${measure} ${level}`);
      assert.equal(levels.at(-1)?.reconciles, false);
    }
  const quantity = await walk('client', '1', 'quantity');
  assert.equal(quantity.difference, '1');
  // The others are untouched.
  assert.equal(
    (await walk('business', '2', 'quantity')).rows.every(({ reconciles }) => reconciles),
    true,
  );
  await plant(`UPDATE accounts.contract_lot SET quantity_open = quantity_open + 1 WHERE contract = ${contract}`);
  assert.equal((await walk('firm', 'firm')).reconciles, true);
});

test('bad input: a fill, a trade or a posting changed is told where it stands', async () => {
  await plant(`UPDATE accounts.fill SET price = price + 1 WHERE market = 'ARCX' AND order_id = 5`);
  assert.equal((await walk('order', 'ARCX-5', 'quantity')).reconciles, false);
  const { rows } = await walk('order', 'ARCX-5', 'quantity');
  assert.equal((await walk('fill', rows[0]?.id as string)).reconciles, false);
  await plant(`UPDATE accounts.fill SET price = price - 1 WHERE market = 'ARCX' AND order_id = 5`);
  await plant(`UPDATE clearing.trade SET delta = delta + 7 WHERE order_id = 20`);
  assert.equal((await walk('client', '2', 'quantity')).reconciles, false);
  await plant(`UPDATE clearing.trade SET delta = delta - 7 WHERE order_id = 20`);
  const contract = await contractOf(2);
  await plant(`UPDATE accounts.posting SET amount = amount + 1 WHERE account = (SELECT id FROM accounts.ledger_account
                 WHERE code = '1100' AND contract = ${contract} LIMIT 1) AND account_version = 1`);
  const walked = await walk('contract', String(contract));
  assert.equal(walked.reconciles, false);
  assert.ok(walked.rows.some(({ level, reconciles }) => level === 'journal' && reconciles === false));
});
