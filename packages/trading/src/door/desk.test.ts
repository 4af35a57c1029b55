import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { eachEvent, replay } from '@meridian/log';
import { type Command, type CommandBody, readEvent } from '@meridian/messages';
import { MarketNode } from '../engine/market-node.ts';
import { price, STAGE, stageFacts } from '../engine/rehearsal.ts';
import type { DeskOrder } from './desk.ts';
import { type MarketService, openMarketNode } from './market-service.ts';

const shut = new Set<string>();

/** A node whose FIX doors stay shut: what its venue says is put in as commands. */
async function openDesk(t: TestContext, dir?: string): Promise<{ service: MarketService; dir: string }> {
  const folder = dir ?? (await mkdtemp(join(tmpdir(), 'desk-')));
  const service = await openMarketNode({
    dir: folder,
    market: 'ARCX',
    clientFix: { compId: 'MERIDIAN', port: 0, sessions: [] },
    venue: { order: { session: STAGE.venue, compId: 'HOUSE', venueCompId: 'VENUE', host: '127.0.0.1', port: 1 } },
    clock: { now: () => 0 },
    log: { syncPolicy: 'page-cache', segmentBytes: 4 << 20 },
  });
  t.after(async () => {
    if (shut.has(folder)) return;
    await service.close();
    await rm(folder, { recursive: true, force: true });
  });
  if (dir === undefined) {
    for (const fact of stageFacts()) await service.submit(fact);
    await service.advance(STAGE.open);
    await service.submit(price(STAGE.open));
  }
  return { service, dir: folder };
}

const order = (clOrdId: string, over: Partial<DeskOrder> = {}): DeskOrder => ({
  clOrdId,
  account: STAGE.mainland,
  listing: STAGE.spy,
  side: 'buy',
  effect: 'open',
  type: 'limit',
  tif: 'day',
  quantity: 500,
  price: '167.5',
  ...over,
});

let execs = 0;
/** The venue acknowledges or fills the newest child. */
function venue(
  service: MarketService,
  child: number,
  execType: string,
  over: Partial<CommandBody<'venue-report'>> = {},
): Command {
  assert.ok(service.log.node.hedge.children.find(child) >= 0);
  const body = { session: STAGE.venue, inSeq: ++execs, status: 0x30, lastQuantity: 0, lastPrice: 0, cumQuantity: 0 };
  const texts = { clOrdId: '', origClOrdId: '', execId: `X${execs}`, execRefId: '', venueOrderId: 'V' };
  const more = { leavesQuantity: 0, transactTime: 0, reason: 65_535, execType: execType.charCodeAt(0) };
  return { name: 'venue-report', body: { ...body, ...more, ...texts, ...over } };
}

/** The ClOrdIDs that the house sent out so far, newest last. */
async function sent(service: MarketService): Promise<string[]> {
  const ids: string[] = [];
  const { committedSeq } = service.log.sequencer;
  for await (const batch of service.events({ seq: 0, k: 0 })) {
    eachEvent(batch, (view, offset) => {
      const event = readEvent(view, offset);
      if (event.name === 'hedge-order') ids.push(event.body.clOrdId);
    });
    if (batch.lastSeq >= committedSeq) break;
  }
  return ids;
}

test('[TC-8] an order of the API is answered when it is durable: pending, under the number of its command', async (t) => {
  const { service } = await openDesk(t);
  const answer = await service.enterOrder(order('A-1'));
  assert.deepEqual(
    [answer.state, answer.rejection, answer.repeated, answer.orderId, answer.order],
    ['pending', null, false, `ARCX-${answer.seq}`, answer.seq],
  );
  assert.deepEqual([answer.report.quantity, answer.report.price, answer.report.leaves], [500, '167.5000', 500]);
  assert.ok(service.log.sequencer.committedSeq >= answer.seq);
  const { received, applied, durable } = answer.timeline;
  assert.ok(received <= applied && applied <= durable);
  const [id = ''] = await sent(service);
  await service.submit(venue(service, answer.order, '0', { clOrdId: id }));
  await service.submit(venue(service, answer.order, 'F', { clOrdId: id, lastQuantity: 200, lastPrice: 1_674_900 }));
  const again = await service.enterOrder(order('A-1'));
  assert.deepEqual([again.order, again.repeated, again.state], [answer.order, true, 'partially-filled']);
  assert.deepEqual([again.report.cumQuantity, again.report.averagePrice], [200, '167.49']);
});

test('[TC-8] a client-made id names one order of its account a day: another body is refused, another account is free', async (t) => {
  const { service } = await openDesk(t);
  const first = await service.enterOrder(order('SAME'));
  const other = await service.enterOrder(order('SAME', { quantity: 600 }));
  assert.deepEqual([other.state, other.rejection?.code], ['rejected', 'DUPLICATE_ID']);
  const neighbour = await service.enterOrder(order('SAME', { account: STAGE.overseas }));
  assert.equal(neighbour.state, 'pending');
  assert.notEqual(neighbour.order, first.order);
  assert.equal(service.status().orders.live, 2);
});

test('[TC-8] after a restart the second arrival still gets the first answer', async (t) => {
  const { service, dir } = await openDesk(t);
  const first = await service.enterOrder(order('R-1'));
  const refused = await service.enterOrder(order('R-2', { quantity: 350 }));
  const { seq, stateHash } = service.status();
  await service.close();
  shut.add(dir);
  assert.equal((await replay(dir, new MarketNode('ARCX'), seq)).stateHash, stateHash);
  const { service: next } = await openDesk(t, dir);
  t.after(async () => {
    await next.close();
    await rm(dir, { recursive: true, force: true });
  });
  const again = await next.enterOrder(order('R-1'));
  assert.deepEqual([again.order, again.repeated, again.state], [first.order, true, 'pending']);
  const refusedAgain = await next.enterOrder(order('R-2', { quantity: 350 }));
  assert.deepEqual([refusedAgain.order, refusedAgain.repeated], [refused.order, true]);
  assert.deepEqual(refusedAgain.rejection, refused.rejection);
});

test('[RC-f] [UA-6] a refusal names rule, limit, used, requested and what would pass, in decimals of its own unit', async (t) => {
  const { service } = await openDesk(t);
  const lot = await service.enterOrder(order('Q-1', { quantity: 350 }));
  assert.deepEqual(lot.rejection, {
    ...{ code: 'OFF_LOT', unit: 'quantity', currency: null, cell: null },
    ...{ limit: '100', used: '0', requested: '350', wouldPass: '300' },
  });
  const tick = await service.enterOrder(order('Q-2', { price: '167.505' }));
  assert.deepEqual(
    [tick.rejection?.code, tick.rejection?.limit, tick.rejection?.requested, tick.rejection?.wouldPass],
    ['OFF_TICK', '0.01', '167.505', '167.5'],
  );
  await service.submit({ name: 'recall-lease', body: { cell: STAGE.subMargin, keepFree: 3_000_000 } });
  const cell = await service.enterOrder(order('Q-3'));
  // ⌈500 × 167.50 × 6.11958444 × 20.5 %⌉ = 105,065.62 yuan (10,506,562 fen) against 30,000 left.
  assert.deepEqual(cell.rejection, {
    ...{ code: 'LEASE_STATIC', unit: 'amount', currency: 'CNY', cell: STAGE.subMargin },
    ...{ limit: '30000', used: '0', requested: '105065.62', wouldPass: '100' },
  });
  const position = await service.enterOrder(order('Q-4', { account: STAGE.overseas, quantity: 50_000 }));
  assert.deepEqual([position.rejection?.code, position.rejection?.wouldPass], ['POSITION_LIMIT', '20000']);
});

test('[TC-8] what the node does not know, and what is no order, is refused before the log', async (t) => {
  const { service } = await openDesk(t);
  const { seq } = service.status();
  await assert.rejects(service.enterOrder(order('N-1', { account: 99 })), { code: 'DESK_ACCOUNT_UNKNOWN' });
  await assert.rejects(service.enterOrder(order('N-2', { listing: 99 })), { code: 'DESK_LISTING_UNKNOWN' });
  await assert.rejects(service.cancelOrder({ account: 1, order: 77, clOrdId: 'N-3' }), { code: 'DESK_ORDER_UNKNOWN' });
  const hostile: unknown[] = [
    null,
    {},
    { ...order('X'), quantity: 1.5 },
    { ...order('X'), quantity: -100 },
    { ...order('X'), quantity: '500' },
    { ...order('X'), price: '1e3' },
    { ...order('X'), price: 167.5 },
    { ...order('X'), price: '167.50005' },
    { ...order('X'), side: 'hold' },
    { ...order('x'.repeat(43)) },
    { ...order('') },
    { ...order('näh') },
    { ...order('X'), fault: 0 },
  ];
  for (const body of hostile) await assert.rejects(service.enterOrder(body as DeskOrder), { code: 'CONFIG_INVALID' });
  assert.equal(service.status().seq, seq);
});

test('[TC-8] replace and cancel bear repetition; a refused replace says its figures; another account sees no order', async (t) => {
  const { service } = await openDesk(t);
  const { order: number } = await service.enterOrder(order('C-1'));
  const [id = ''] = await sent(service);
  await service.submit(venue(service, number, '0', { clOrdId: id }));
  const change = { account: 1, order: number, clOrdId: 'C-2', quantity: 600, price: '167.6' };
  assert.equal((await service.replaceOrder(change)).state, 'pending-replace');
  const ids = await sent(service);
  await service.submit(venue(service, number, '5', { clOrdId: ids.at(-1) as string }));
  const repeated = await service.replaceOrder(change);
  assert.deepEqual([repeated.repeated, repeated.state, repeated.report.quantity, repeated.rejection], [true, 'new', 600, null]);

  const tooLarge = await service.replaceOrder({ ...change, clOrdId: 'C-3', quantity: 21_000 });
  assert.deepEqual([tooLarge.state, tooLarge.rejection?.code], ['new', 'POSITION_LIMIT']);
  assert.deepEqual([tooLarge.rejection?.limit, tooLarge.rejection?.wouldPass], ['20000', '20000']);

  const cancel = { account: 1, order: number, clOrdId: 'C-4' };
  await assert.rejects(service.cancelOrder({ ...cancel, account: 2 }), { code: 'DESK_ORDER_UNKNOWN' });
  assert.equal((await service.cancelOrder(cancel)).state, 'pending-cancel');
  assert.equal((await service.cancelOrder(cancel)).repeated, true);
  const busy = await service.cancelOrder({ ...cancel, clOrdId: 'C-5' });
  assert.deepEqual([busy.rejection?.code, busy.state], ['ORDER_BUSY', 'pending-cancel']);
});

test('[TC-8] [RC-l] the desk takes back an order of a client’s own session, but does not replace it', async (t) => {
  const { service } = await openDesk(t);
  const terms = {
    account: STAGE.mainland,
    listing: STAGE.spy,
    side: 1,
    effect: 1,
    type: 2,
    tif: 0,
    quantity: 500,
    price: 1_675_000,
  };
  const body = { ...terms, session: STAGE.client, inSeq: 1, fault: 0, clOrdId: 'FIX-1' };
  const { seq: number } = await service.submit({ name: 'new-order', body });
  const [id = ''] = await sent(service);
  await service.submit(venue(service, number, '0', { clOrdId: id }));
  const change = { account: STAGE.mainland, order: number, clOrdId: 'D-1' };
  await assert.rejects(service.replaceOrder({ ...change, quantity: 600, price: '167.6' }), { code: 'DESK_ORDER_ELSEWHERE' });
  const taken = await service.cancelOrder(change);
  assert.deepEqual([taken.state, taken.rejection, taken.repeated, taken.report.leaves], ['pending-cancel', null, false, 500]);
  assert.equal((await service.cancelOrder(change)).repeated, true);
  const ids = await sent(service);
  assert.equal(ids.length, 2);
  await service.submit(venue(service, number, '4', { clOrdId: ids.at(-1) as string, origClOrdId: id }));
  const late = await service.cancelOrder({ ...change, maker: 'u-7' });
  assert.deepEqual([late.state, late.rejection?.code, late.report.leaves], ['cancelled', 'ORDER_CLOSED', 0]);
});

test('[TC-6] what the hedge node refuses at once is in the answer', async (t) => {
  const { service } = await openDesk(t);
  const bought = await service.enterOrder(order('W-1'));
  assert.equal(bought.state, 'pending');
  const short = await service.enterOrder(order('W-2', { account: STAGE.overseas, side: 'sell-short' }));
  assert.deepEqual([short.state, short.rejection?.code], ['rejected', 'WASH_TRADE']);
});

test('[RC-i] the verdict of the door: every check in its unit, what would pass, notional and margin; nothing is logged', async (t) => {
  const { service } = await openDesk(t);
  await service.submit({ name: 'recall-lease', body: { cell: STAGE.subMargin, keepFree: 3_000_000 } });
  const { seq, stateHash } = service.status();
  const { clOrdId: _, ...terms } = order('V');
  const verdict = service.checkOrder(terms);
  assert.deepEqual([verdict.outcome, verdict.rejection?.code, verdict.wouldPass], ['reject', 'LEASE_STATIC', 100]);
  assert.deepEqual(
    [verdict.notional, verdict.margin],
    [
      { amount: '83750', currency: 'USD' },
      { amount: '105065.62', currency: 'CNY' },
    ],
  );
  const short = verdict.checks.find(({ cell }) => cell === STAGE.subMargin);
  assert.deepEqual(short, {
    ...{ rule: 'LEASE_STATIC', node: 'client', passed: false, unit: 'amount', currency: 'CNY', cell: STAGE.subMargin },
    ...{ limit: '30000', used: '0', requested: '105065.62', wouldPass: '100' },
  });
  const position = verdict.checks.find(({ rule }) => rule === 'POSITION_LIMIT');
  assert.deepEqual([position?.passed, position?.limit, position?.requested], [true, '20000', '500']);
  assert.deepEqual([service.status().seq, service.status().stateHash], [seq, stateHash]);
  const smaller = service.checkOrder({ ...terms, quantity: verdict.wouldPass });
  assert.deepEqual([smaller.outcome, smaller.rejection, smaller.wouldPass], ['accept', null, 100]);
  assert.equal((await service.enterOrder(order('V', { quantity: verdict.wouldPass }))).state, 'pending');
  assert.throws(() => service.checkOrder({ ...terms, account: 99 }), { code: 'DESK_ACCOUNT_UNKNOWN' });
  assert.throws(() => service.checkOrder(order('V')), { code: 'CONFIG_INVALID' });
});

test('[RC-l] the kill switch over the door: counted first, thrown by command, kept over a restart, released by its scope', async (t) => {
  const { service, dir } = await openDesk(t);
  await service.enterOrder(order('K-1'));
  await service.enterOrder(order('K-2', { account: STAGE.overseas, quantity: 300 }));
  const preview = service.killPreview({ scope: 'client', id: 1 });
  assert.deepEqual(
    [preview.orders, preview.leaves, preview.children, preview.childLeaves, preview.state, preview.seq],
    [1, 500, 1, 500, 'active', service.status().seq],
  );
  const thrown = await service.kill({ scope: { scope: 'client', id: 1 }, state: 'halted', maker: 'u-7' });
  assert.deepEqual([thrown.orders, thrown.leaves, thrown.state], [1, 500, 'halted']);
  assert.equal((await service.enterOrder(order('K-3'))).rejection?.code, 'HALTED');
  const { clOrdId: _, ...terms } = order('V');
  assert.equal(service.checkOrder(terms).checks.find(({ rule }) => rule === 'HALTED')?.passed, false);
  await assert.rejects(service.kill({ scope: { scope: 'account', id: 99 }, state: 'halted', maker: 'u-7' }), {
    code: 'KILL_SCOPE_UNKNOWN',
  });
  for (const hostile of [{}, { scope: 'firm' }, { scope: { scope: 'market', id: 1 }, state: 'halted', maker: 'u' }])
    await assert.rejects(service.kill(hostile as never), { code: 'CONFIG_INVALID' });
  await service.close();
  shut.add(dir);

  const { service: next } = await openDesk(t, dir);
  t.after(async () => {
    await next.close();
    await rm(dir, { recursive: true, force: true });
  });
  assert.deepEqual(next.killed(), [{ scope: 'client', id: 1, state: 'halted', maker: 'u-7', seq: thrown.seq }]);
  assert.equal((await next.enterOrder(order('K-4'))).rejection?.code, 'HALTED');
  assert.equal((await next.release({ scope: { scope: 'client', id: 1 }, maker: 'u-8' })).state, 'active');
  assert.equal((await next.enterOrder(order('K-5'))).state, 'pending');
  assert.deepEqual(next.killed(), []);
  const firm = await next.kill({ scope: { scope: 'firm' }, state: 'halted', maker: 'u-7' });
  assert.deepEqual([firm.orders, firm.leaves], [2, 800]);
});
