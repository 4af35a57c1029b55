import './rooms.ts';
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { isProblem, Problem, validateConfig } from '@meridian/base';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { DESK_ID_CHARS_MAX, DeskCancel, DeskOrder } from '@meridian/trading';
import { person } from './http/scratch-door.fixture.ts';
import type { ProcessClient } from './link/rpc.ts';
import { MIGRATIONS } from './migrations.ts';
import { type OrderDesk, type OrderEntry, openOrderDesk } from './order-desk.ts';

const ENTRY: OrderEntry = {
  ...{ market: 'XNYS', account: '3', listing: '2', clOrdId: 'my-order-7', side: 'buy', effect: 'open', type: 'limit' },
  ...{ timeInForce: 'day', quantity: '100', price: '182.50' },
};

let scratch: ScratchDatabase;
let desk: OrderDesk;
let asked: { what: string; body: unknown }[] = [];
let fail: Error | undefined;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  const node = {
    async ask(what: string, body: unknown) {
      asked.push({ what, body });
      if (fail !== undefined) throw fail;
      return { order: 11, seq: 11, state: 'pending', rejection: null };
    },
  };
  desk = openOrderDesk(scratch.database, new Map([['XNYS', node as unknown as ProcessClient]]));
});
after(() => scratch?.remove());
beforeEach(() => {
  asked = [];
  fail = undefined;
});
const refused = (code: string, field?: string) => (error: unknown) =>
  isProblem(error, code) && (field === undefined || error.params['field'] === field);

test('an order reaches the node in the words that the node takes, and its answer comes back', async () => {
  assert.deepEqual(await desk.enter(ENTRY), { market: 'XNYS', order: '11', seq: 11, state: 'pending', rejection: null });
  const [{ what, body }] = asked as [{ what: string; body: object }];
  assert.equal(what, 'order');
  assert.deepEqual(validateConfig(DeskOrder, body), {
    ...{ account: 3, listing: 2, side: 'buy', effect: 'open', type: 'limit', tif: 'day', quantity: 100, price: '182.5' },
    clOrdId: 'my-order-7',
  });
  const { price: _, ...market } = { ...ENTRY, type: 'market' as const };
  await desk.enter(market);
  assert.equal(validateConfig(DeskOrder, asked.at(-1)?.body).price, null);
});

test('a cancel asked for again is the same cancel; another request or person makes another', async () => {
  const trader = person('trader', ['trader']);
  for (const [by, key] of [
    [trader, 'key-0001'],
    [trader, 'key-0001'],
    [trader, 'key-0002'],
    [person('other', ['trader']), 'key-0001'],
  ] as const)
    await desk.cancel('XNYS', '11', '3', by, key);
  const [first, again, second, others] = asked.map(({ body }) => validateConfig(DeskCancel, body).clOrdId);
  assert.equal(first, again);
  assert.equal(new Set([first, second, others]).size, 3);
  assert.ok((first as string).length <= DESK_ID_CHARS_MAX);
});

test('bad input: what no node takes is refused by its place, and no node is asked', async () => {
  const cases: [Partial<OrderEntry>, string, string?][] = [
    [{ price: '182.50001' }, 'BODY_REFUSED', '/price'],
    [{ price: '123456789012' }, 'BODY_REFUSED', '/price'],
    [{ type: 'market' }, 'BODY_REFUSED', '/price'],
    [{ account: '99999999999' }, 'BODY_REFUSED', '/account'],
    [{ listing: '4294967296' }, 'BODY_REFUSED', '/listing'],
    [{ clOrdId: '订单' }, 'BODY_REFUSED', '/clOrdId'],
    [{ clOrdId: 'a b' }, 'BODY_REFUSED', '/clOrdId'],
    [{ market: 'XHKG' }, 'NO_SUCH_RESOURCE'],
  ];
  for (const [change, code, field] of cases)
    await assert.rejects(desk.enter({ ...ENTRY, ...change }), refused(code, field), JSON.stringify(change));
  const { price: _, ...noPrice } = ENTRY;
  await assert.rejects(desk.enter(noPrice), refused('BODY_REFUSED', '/price'));
  assert.deepEqual(asked, []);
  assert.equal(await desk.owner('1', 'XHKG'), undefined);
  assert.equal(await desk.owner('404', 'XNYS'), undefined);
});

test('a node that does not answer is told of as such; what it refuses keeps its own words', async () => {
  fail = Object.assign(new Error('14 UNAVAILABLE'), { code: 14 });
  await assert.rejects(desk.enter(ENTRY), refused('MARKET_AWAY'));
  fail = new Problem('DESK_BUSY', { limit: 4_096 });
  await assert.rejects(desk.enter(ENTRY), refused('DESK_BUSY'));
});
