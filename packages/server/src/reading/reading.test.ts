import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { subFunds } from '@meridian/accounts';
import { isProblem } from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';
import type { Principal } from '@meridian/security';
import { accountEndpoints } from '../http/routes/account.ts';
import { contractEndpoints } from '../http/routes/contract.ts';
import { overviewEndpoints } from '../http/routes/overview.ts';
import { fundsOf } from './account.ts';
import { type Asker, asker } from './scratch-asking.ts';
import { clientUser, type ScratchReading, scratchReading, staff } from './scratch-reading.ts';

let scratch: ScratchReading;
let desk: Asker;
before(async () => {
  scratch = await scratchReading();
  const { house } = scratch;
  desk = asker({ ...accountEndpoints(house), ...contractEndpoints(house), ...overviewEndpoints(house) });
});
after(() => scratch?.remove());

const trader = staff('trader');
const compliance = staff('compliance');
const fund2 = clientUser(2n);

test('[UA-1] master accounts carry the equity and requirement of the risk fold', async () => {
  const { items, next } = await desk.ask('GET /v1/accounts', trader);
  assert.deepEqual(
    items.map(({ master, client, token, currency, subs }) => [master, client, token, currency, subs]),
    [
      ['1', '1', 'FUND-A', 'CNY', 2],
      ['2', '2', 'FUND-B', 'USD', 2],
      ['3', '3', 'FUND-C', 'CNY', 2],
    ],
  );
  assert.equal(next, null);
  for (const { master, equity } of items) {
    const found = scratch.risk.snapshot().masters.find((each) => String(each.master) === master);
    assert.equal(BigInt((equity as string).replace('.', '')), BigInt(found?.equity as number));
  }
});

test('a list is walked page by page, each row once, all pages as of one command', async () => {
  const seen: string[] = [];
  let cursor: string | undefined;
  const asOf = new Set<number>();
  do {
    const page = await desk.ask('GET /v1/accounts', trader, {
      query: { limit: 1, ...(cursor === undefined ? {} : { cursor }) },
    });
    seen.push(...page.items.map(({ master }) => master));
    asOf.add(page.asOf);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  assert.deepEqual(seen, ['1', '2', '3']);
  assert.equal(asOf.size, 1);
});

test('[UA-2] [UA-3] the tree: subs with their cash, business accounts with positions; free, held and margin make the balance', async () => {
  const tree = await desk.ask('GET /v1/accounts/{master}', trader, { params: { master: '1' } });
  assert.equal(tree.name, null);
  const [sub] = tree.subs;
  assert.equal(sub?.code, 'SWAP');
  const [line] = sub?.business[0]?.positions ?? [];
  // 600 + 400 bought, 250 + 150 sold.
  assert.deepEqual([line?.market, line?.symbol, line?.quantity, line?.provisional], ['ARCX', 'SPY', '600', '0']);
  assert.equal(line?.price, '165.48');
  const position = scratch.risk.positions().find((each) => each.account === 1);
  assert.equal(line?.worth?.replace('.', ''), String(position?.worth));
  const all = await fundsOf(scratch.database, [11n, 21n, 31n]);
  for (const id of [11n, 21n, 31n]) {
    const own = await subFunds(scratch.database, id);
    assert.deepEqual(
      all.get(id)?.map(({ currency, free, owed }) => [currency, free, owed]),
      own.map(({ currency, free, owed }) => [currency, free, owed]),
    );
    for (const one of own) {
      const same = all.get(id)?.find(({ currency }) => currency === one.currency) as unknown as Record<string, unknown>;
      for (const [key, value] of Object.entries(one)) assert.equal(same[key], value, key);
    }
  }
  await assert.rejects(desk.ask('GET /v1/accounts/{master}', trader, { params: { master: '99' } }), (error) =>
    isProblem(error, 'NO_SUCH_RESOURCE'),
  );
  assert.deepEqual(await desk.resource('GET /v1/accounts/{master}', trader, { params: { master: '2' } }), {
    ...{ kind: 'account', id: '2', client: 2n, entity: 2n },
  });
  assert.equal(await desk.resource('GET /v1/accounts/{master}', trader, { params: { master: '99' } }), undefined);
});

test('[DS-4] a real name is read by its own route, and by the client itself', async () => {
  const name = await desk.ask('GET /v1/clients/{client}/name', compliance, { params: { client: '2' } });
  assert.equal(name.zh, '境外基金乙');
  assert.equal((await desk.ask('GET /v1/accounts/{master}', fund2, { params: { master: '2' } })).name, '境外基金乙');
});

test('[UA-4] deposits stand among the transfers, newest first', async () => {
  const { items } = await desk.ask('GET /v1/transfers', trader);
  assert.deepEqual(
    items.map(({ kind, to, amount, currency, state }) => [kind, to, amount, currency, state]),
    [
      ['deposit', '31', '2400000.00', 'CNY', 'done'],
      ['deposit', '21', '250000.00', 'USD', 'done'],
      ['deposit', '11', '3095000.00', 'CNY', 'done'],
    ],
  );
});

test('contracts show cost, worth and profit as lots, marks and the batch say', async () => {
  const { items } = await desk.ask('GET /v1/contracts', trader, { query: { client: '2' } });
  const spy = items.find(({ symbol }) => symbol === 'SPY');
  // 300 × 167.50 against a mark of 165.48, in dollars.
  assert.deepEqual(
    [spy?.quantity, spy?.cost, spy?.worth, spy?.profit, spy?.mark, spy?.markOn],
    ['300', '50250.00', '49644.00', '-606.00', '165.48', '2013-10-08'],
  );
  const short = items.find(({ symbol }) => symbol === 'IBM');
  assert.deepEqual([short?.side, short?.state, short?.quantity, short?.closedOn], ['short', 'closed', '0', '2013-10-08']);
  const all = await desk.ask('GET /v1/contracts', trader);
  const mirror = all.items.find(({ backToBackOf }) => backToBackOf !== null);
  assert.equal(all.items.find(({ contract }) => contract === mirror?.backToBackOf)?.backToBack, mirror?.contract);
  const detail = await desk.ask('GET /v1/contracts/{contract}', trader, { params: { contract: spy?.contract as string } });
  assert.deepEqual(
    detail.lots.map(({ quantityOpen, price, fxRate }) => [quantityOpen, price, fxRate]),
    [['300', '167.50', null]],
  );
  assert.equal(detail.versions.length, 2);
});

test('[RC-n] exposures add up to what the fold says, and a hedged book nets to nothing', async () => {
  const { total, markets, margins, rateSet } = await desk.ask('GET /v1/exposures', trader);
  assert.deepEqual(
    markets.map(({ market }) => market),
    ['ARCX', 'XNYS'],
  );
  for (const line of [total, ...markets]) assert.equal(line.net, '0.00');
  const { firm } = scratch.risk.snapshot();
  const close = Math.abs(Number(total.notional) - (firm.gross as number) / 100);
  // The fold rounds in doubles, one market at a time.
  assert.ok(close <= 0.02, `${total.notional} against ${firm.gross}`);
  // The set of the day was published at 16:00 in Frankfurt.
  assert.match(rateSet ?? '', /2013-10-08$/);
  assert.deepEqual(margins.map(({ client }) => client).sort(), ['1', '2', '3']);
  assert.ok((total.leasedPpm as number) > 0);
});

test('[CL-b] the ribbon: twelve lanes from 04:00 in Beijing, sessions in their zones, batches on theirs', async () => {
  const { from, to, lanes } = await desk.ask('GET /v1/ribbon', trader);
  assert.deepEqual([from, to], ['2013-10-08T20:00:00.000Z', '2013-10-09T20:00:00.000Z']);
  assert.equal(lanes.filter(({ markets }) => markets.length > 0).length, 12);
  assert.deepEqual(
    lanes
      .flatMap(({ markets }) => markets)
      .filter((mic) => !['XSHE', 'ARCX', 'XNAS'].includes(mic))
      .sort(),
    [...scratch.house.facts.calendar.markets()].sort(),
  );
  const before = await desk.ask('GET /v1/ribbon', trader, { query: { from: '2013-10-07T20:00:00Z' } });
  const lane = (market: string) => before.lanes.find((each) => each.market === market);
  const bars = (market: string, kind: string) =>
    lane(market)
      ?.sessions.filter((bar) => bar.kind === kind)
      .map(({ open, close }) => `${open.slice(11, 16)}-${close.slice(11, 16)}`);
  // Hong Kong 9:30-12:00-13:00-16:00 is 1:30-4:00-5:00-8:00 UTC; New York opens at 13:30 UTC in summer.
  assert.deepEqual(bars('XHKG', 'continuous'), ['01:30-04:00', '05:00-08:00']);
  assert.deepEqual(bars('XHKG', 'break'), ['04:00-05:00']);
  assert.deepEqual(bars('XNYS', 'continuous'), ['13:30-20:00']);
  const [batch] =
    before.lanes.find(({ market }) => market === 'XNYS')?.batches.filter(({ date }) => date === '2013-10-07') ?? [];
  assert.deepEqual([batch?.state, batch?.due], ['published', '2013-10-07T20:30:00.000Z']);
  assert.ok(
    batch?.steps.every((step) => step.state === 'done' && step.start === null),
    JSON.stringify(batch?.steps),
  );
  // The National Day of 2013 closed Shanghai until the 7th.
  const week = await desk.ask('GET /v1/ribbon', trader, { query: { from: '2013-10-06T20:00:00Z' } });
  assert.match(week.lanes.find(({ market }) => market === 'XSHG')?.note?.zh ?? '', /2013-10-07 休市/);
});

test('the state of the house: twelve clocks, nodes for the firm and none for a client', async () => {
  const { clocks, nodes } = await desk.ask('GET /v1/house', trader);
  assert.equal(clocks.length, 12);
  assert.equal(nodes.length, 2);
  assert.deepEqual((await desk.ask('GET /v1/house', fund2)).nodes, []);
});

test('[DS-7] the palette finds what the session may read and nothing else', async () => {
  const kinds = async (who: Principal, q: string) =>
    (await desk.ask('GET /v1/search', who, { query: { q } })).map(({ kind, id }) => `${kind} ${id}`);
  assert.deepEqual(await kinds(trader, 'fund-b'), ['client 2', 'account 2']);
  assert.deepEqual(await kinds(staff('trader', [1n]), 'fund-b'), []);
  assert.deepEqual(
    (await kinds(trader, '1')).filter((each) => each.startsWith('journal')),
    [],
  );
  assert.ok((await kinds(staff('clearing'), '1')).includes('journal 1'));
  assert.deepEqual(await kinds(fund2, 'FUND-A'), []);
  assert.deepEqual(await kinds(trader, '%'), []);
});

test('[DS-7] the palette finds orders that were never filled, users and models, each to those who may read it', async () => {
  const find = async (who: Principal, q: string) =>
    (await desk.ask('GET /v1/search', who, { query: { q } })).map(({ kind, id, path }) => `${kind} ${id} ${path}`);
  const report = {
    ...{
      order: 777_001,
      session: 1,
      outSeq: 1,
      account: 2,
      listing: 1,
      side: 1,
      effect: 1,
      type: 2,
      tif: 0,
      status: 48,
      execType: 48,
    },
    ...{ quantity: 100, price: 1_000_000, cumQuantity: 0, cumValue: 0, leavesQuantity: 100, rejection: 0, cell: 0, limit: 0 },
    ...{ used: 0, requested: 0, wouldPass: 0, clOrdId: 'Resting-0815' },
  };
  const header = { seq: 900_000, k: 0, time: 1_381_154_400_000_000 };
  scratch.board.apply('ARCX', { name: 'order-report', header, body: report } as unknown as NumberedEvent);
  const order = 'order ARCX/777001 /orders/ARCX/777001';
  for (const text of ['777001', 'ARCX-777001', 'arcx/777001', 'resting-08'])
    assert.deepEqual(await find(trader, text), [order], text);
  assert.deepEqual(await find(staff('compliance'), '777001'), [order]);
  assert.deepEqual(await find(staff('trader', [1n]), '777001'), [], 'account 2 is of entity 2');
  assert.deepEqual(await find(staff('clearing'), '777001'), [], 'clearing reads no orders');
  assert.deepEqual(scratch.house.orders.find(clientUser(1n), '777001', 8), []);
  assert.equal(scratch.house.orders.find(clientUser(2n), '777001', 8).length, 1);

  await scratch.database.connection((connection) =>
    connection.script(`SET session_replication_role = replica;
      INSERT INTO security.user (name, title_zh, title_en, jurisdictions, clients, entities, created_at)
      VALUES ('watcher-9', '值守', 'Night watch', '{CN}', '{}', '{1}', now());
      INSERT INTO ai.model_version (id, use_case, no, tier, owner_team, artefact_sha256, params, code_version, environment,
                                    trained_from, trained_to, seed, operator, started_at, ended_at, iterations, registered_at, since)
      VALUES ('night-model', 'margin', 3, 'T2', 'quant', 'f', '{}', '1', 'test', '2011-01-01', '2012-01-01', 1, 'quant', now(), now(),
              1, now(), now());
      SET session_replication_role = origin`),
  );
  const [user, model] = ['user watcher-9 /users?user=watcher-9', 'model night-model /models?face=models&version=night-model'];
  assert.deepEqual(await find(staff('auditor'), 'night'), [user, model]);
  assert.deepEqual(await find(staff('risk'), 'night'), [model]);
  assert.deepEqual(await find(staff('security'), 'night'), [user]);
  assert.deepEqual(await find(staff('administrator'), 'night'), [user]);
  assert.deepEqual(await find(staff('model-owner'), 'night'), [model]);
  assert.deepEqual(await find(trader, 'night'), []);
  assert.deepEqual(await find(clientUser(1n), 'night'), []);
});

test('[UA-2] [DS-7] a client sees exactly its own rows on each list; an entity out of view is not there', async () => {
  for (const client of [1n, 2n, 3n]) {
    const who = clientUser(client);
    const own = String(client);
    assert.deepEqual(
      (await desk.ask('GET /v1/accounts', who)).items.map((row) => row.client),
      [own],
    );
    const { items } = await desk.ask('GET /v1/contracts', who);
    assert.ok(items.length > 0);
    assert.deepEqual([...new Set(items.map((row) => row.client))], [own]);
    assert.deepEqual(
      (await desk.ask('GET /v1/transfers', who)).items.map(({ to }) => to),
      [`${own}1`],
    );
    assert.deepEqual((await desk.resource('GET /v1/accounts', who))?.client, client);
  }
  const parent = staff('trader', [1n]);
  assert.deepEqual(
    (await desk.ask('GET /v1/accounts', parent)).items.map(({ client }) => client),
    ['1', '3'],
  );
  assert.deepEqual((await desk.ask('GET /v1/exposures', parent)).margins.map(({ client }) => client).sort(), ['1', '3']);
});

test('bad input: what is no instant, no date or no text is refused before the database sees it', async () => {
  const from = '2013-02-30T99:00:00Z';
  await assert.rejects(desk.ask('GET /v1/ribbon', trader, { query: { from } }), (error) => isProblem(error, 'QUERY_REFUSED'));
  await assert.rejects(desk.ask('GET /v1/search', trader, { query: { q: 'a\0' } }), (error) =>
    isProblem(error, 'QUERY_REFUSED'),
  );
  const far = await desk.ask('GET /v1/ribbon', trader, { query: { from: '9999-12-30T00:00:00Z' } });
  assert.ok(far.lanes.every(({ sessions, note }) => sessions.length === 0 && note !== null));
  assert.deepEqual(await desk.ask('GET /v1/search', trader, { query: { q: "'; DROP TABLE x; --" } }), []);
});
