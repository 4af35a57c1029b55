import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, type CommandBody, EVENT_TYPE, type NumberedEvent, rejectionCode } from '@meridian/messages';
import { countKill, type KillBody } from './kill-switch.ts';
import type { MarketNode } from './market-node.ts';
import { openStage, Rehearsal, STAGE, stageFacts } from './rehearsal.ts';
import { SimulatedMarket } from './simulated-market.ts';
import { SnapshotWriter } from './snapshot.ts';

const SEED = Number(process.env['SEED'] ?? 20_131_007);

const kill = (scope: KillBody['scope'], scopeId: number, mode = 2, maker = 'u-7'): Command => ({
  name: 'kill-switch',
  body: { scope, scopeId, mode, maker },
});

let ids = 0;
function order(over: Partial<CommandBody<'new-order'>> = {}): Command {
  const body = { session: STAGE.client, inSeq: 0, account: STAGE.mainland, listing: STAGE.spy, side: 1, effect: 1, type: 2 };
  const more = { tif: 0, quantity: 500, price: 1_675_000, fault: 0, clOrdId: `K${++ids}` };
  return { name: 'new-order', body: { ...body, ...more, ...over } };
}
function venue(clOrdId: string, execType: string, over: Partial<CommandBody<'venue-report'>> = {}): Command {
  const body = { session: STAGE.venue, inSeq: ++ids, status: 0x30, lastQuantity: 0, lastPrice: 0, cumQuantity: 0 };
  const texts = { clOrdId, origClOrdId: '', execId: `X${ids}`, execRefId: '', venueOrderId: 'V' };
  const more = { leavesQuantity: 0, transactTime: 0, reason: 65_535, execType: execType.charCodeAt(0) };
  return { name: 'venue-report', body: { ...body, ...more, ...texts, ...over } };
}
const child = (events: readonly NumberedEvent[]): string => Rehearsal.of(events, 'hedge-order').at(-1)?.clOrdId ?? '';
const refusal = (events: readonly NumberedEvent[]) =>
  rejectionCode(Rehearsal.of(events, 'order-report').at(-1)?.rejection ?? 0);
const cancels = (events: readonly NumberedEvent[]) => Rehearsal.of(events, 'hedge-intent').filter(({ action }) => action === 3);

/** Enters and acknowledges; returns the child's ClOrdID. */
function working(stage: Rehearsal, over: Partial<CommandBody<'new-order'>> = {}): string {
  const id = child(stage.apply(order(over)));
  stage.apply(venue(id, '0'));
  return id;
}

test('[RC-l] a halt takes back what works in its scope and refuses what comes, closing or not; others trade on', () => {
  const stage = openStage();
  const id = working(stage);
  stage.apply(venue(id, 'F', { lastQuantity: 200, lastPrice: 1_675_000 }));
  const other = working(stage, { account: STAGE.overseas });
  assert.deepEqual(countKill(stage.node, { scope: 'client', scopeId: 1, mode: 2 }), {
    ...{ orders: 1, leaves: 300, children: 1, childLeaves: 300 },
  });
  const thrown = stage.apply(kill('client', 1));
  const [said] = Rehearsal.of(thrown, 'kill-switched');
  assert.deepEqual(
    [said?.scope, said?.scopeId, said?.mode, said?.orders, said?.leavesQuantity, said?.maker],
    [3, 1, 2, 1, 300, 'u-7'],
  );
  assert.equal(cancels(thrown).length, 1);
  assert.equal(refusal(stage.apply(order())), 'HALTED');
  assert.equal(refusal(stage.apply(order({ side: 2, effect: 2, quantity: 200 }))), 'HALTED');
  assert.equal(refusal(stage.apply(order({ account: STAGE.overseas }))), undefined);
  const [report] = Rehearsal.of(stage.apply(venue(child(thrown), '4', { origClOrdId: id })), 'order-report');
  assert.deepEqual([report?.status, report?.cumQuantity, report?.leavesQuantity], [0x34, 200, 0]);
  assert.notEqual(other, '');
  // Thrown again there is nothing left to take back.
  assert.equal(Rehearsal.of(stage.apply(kill('client', 1)), 'kill-switched')[0]?.orders, 0);
});

test('[RC-l] reducing takes back what opens and lets what closes work and come', () => {
  const stage = openStage();
  const id = working(stage);
  stage.apply(venue(id, 'F', { lastQuantity: 500, lastPrice: 1_675_000 }));
  working(stage, { quantity: 300, price: 1_670_000 });
  working(stage, { side: 2, effect: 2, quantity: 200, price: 1_680_000 });
  const scope: KillBody = { scope: 'market', scopeId: 1, mode: 1 };
  assert.deepEqual(countKill(stage.node, scope), { orders: 1, leaves: 300, children: 1, childLeaves: 300 });
  const thrown = stage.apply(kill('market', 1, 1));
  assert.deepEqual(
    cancels(thrown).map(({ quantity }) => quantity),
    [300],
  );
  assert.equal(refusal(stage.apply(order())), 'REDUCE_ONLY');
  assert.equal(refusal(stage.apply(order({ side: 2, effect: 2, quantity: 100, price: 1_680_000 }))), undefined);
});

test('[RC-l] each scope has its own switch: what one releases the others and the rules still stop', () => {
  const stage = openStage();
  stage.apply(kill('market', 1));
  stage.apply(kill('firm', 1));
  stage.apply(kill('account', STAGE.mainland));
  stage.apply({ name: 'restrict', body: { scope: 'client', scopeId: 2, mode: 1 } });
  const mine = () => refusal(stage.apply(order()));
  const yours = () => refusal(stage.apply(order({ account: STAGE.overseas })));
  assert.deepEqual([mine(), yours()], ['HALTED', 'HALTED']);
  stage.apply(kill('market', 1, 0));
  assert.deepEqual([mine(), yours()], ['HALTED', 'HALTED']);
  stage.apply(kill('firm', 1, 0));
  assert.deepEqual([mine(), yours()], ['HALTED', 'REDUCE_ONLY']);
  stage.apply(kill('account', STAGE.mainland, 0));
  assert.deepEqual([mine(), yours()], [undefined, 'REDUCE_ONLY']);
  assert.deepEqual(stage.node.client.kills.engaged(), []);
});

test('[RC-l] of scope order the switch takes one order back, whoever entered it, and stops nothing', () => {
  const stage = openStage();
  working(stage);
  const entered = stage.seq - 1;
  const thrown = stage.apply(kill('order', entered));
  assert.deepEqual(
    cancels(thrown).map(({ intent }) => intent),
    [entered],
  );
  assert.equal(refusal(stage.apply(order({ price: 1_670_000 }))), undefined);
  assert.equal(stage.node.client.kills.count, 0);
});

test('[RC-l] a scope this node does not know is refused by the log and changes nothing', () => {
  const stage = openStage();
  for (const command of [kill('account', 77), kill('order', 99_999), kill('order', 1, 0), kill('market', 2), kill('firm', 3)]) {
    const events = stage.apply(command);
    assert.deepEqual(Rehearsal.of(events, 'fact-applied'), [{ type: 79, id: 0 }]);
    assert.equal(events.length, 1);
  }
});

test(`[RC-l] what the preview counts is what the switch takes back, in any state and scope (SEED=${SEED})`, () => {
  let taken = 0;
  for (let run = 0; run < 25; run++) {
    const market = new SimulatedMarket(SEED + run * 7_919);
    for (let i = 0; i < 150 + run * 10; i++) market.step();
    const saved = market.stage.node.save();
    const scopes: [KillBody['scope'], number][] = [
      ['account', 1],
      ['client', 2],
      ['market', 1],
      ['firm', 1],
    ];
    for (const [scope, scopeId] of scopes)
      for (const mode of [1, 2]) {
        const counted = countKill(market.stage.node, { scope, scopeId, mode });
        assert.deepEqual(market.stage.node.save(), saved, 'counting changes nothing');
        const copy = new Rehearsal();
        copy.node.restore(saved);
        copy.seq = market.stage.seq;
        copy.time = market.stage.time;
        const before = beingWithdrawn(copy.node);
        const [said] = Rehearsal.of(copy.apply(kill(scope, scopeId, mode)), 'kill-switched');
        assert.deepEqual([said?.orders, said?.leavesQuantity], [counted.orders, counted.leaves]);
        assert.equal(beingWithdrawn(copy.node) - before, counted.orders);
        taken += counted.orders;
      }
  }
  assert.ok(taken > 50, `${taken} orders were taken back`);
});

function beingWithdrawn({ client: { orders } }: MarketNode): number {
  let count = 0;
  for (let o = 0; o < orders.rows.end; o += 44) if (orders.live[o] === 1 && orders.withdraw[o] === 1) count++;
  return count;
}

test(`[RC-l] [TC-3] a day with switches replays to the bit, across a save and restore anywhere (SEED=${SEED})`, () => {
  for (let run = 0; run < 6; run++) {
    const market = new SimulatedMarket(SEED + 3 + run * 104_729);
    for (let i = 0; i < 500; i++) {
      market.step();
      const r = market.random();
      const scope = market.pick(['account', 'client', 'market', 'firm'] as const) ?? 'firm';
      if (r < 0.03) market.tell(kill(scope, 1, Math.floor(market.random() * 3)));
      else if (r < 0.06) for (const each of ['account', 'client', 'market', 'firm'] as const) market.tell(kill(each, 1, 0));
    }
    const cut = Math.floor(market.random() * market.commands.length);
    const again = new Rehearsal();
    for (const [i, { command, time }] of market.commands.entries()) {
      if (i === cut) {
        const saved = again.node.save();
        again.node.restore(saved);
        assert.deepEqual(again.node.save(), saved);
      }
      again.time = time;
      again.apply(command);
    }
    assert.equal(again.hash.digest(), market.stage.hash.digest());
    assert.deepEqual(again.node.save(), market.stage.node.save());
  }
});

test('engine version 1 refuses the switch; version 2 takes it from its own command on, on a snapshot of version 1, too', () => {
  const stage = new Rehearsal();
  for (const fact of stageFacts()) stage.apply(fact.name === 'engine-version' ? { ...fact, body: { version: 1 } } : fact);
  assert.deepEqual(Rehearsal.of(stage.apply(kill('market', 1)), 'fact-applied'), [{ type: 79, id: 0 }]);
  assert.equal(stage.node.client.kills.count, 0);
  assert.equal(EVENT_TYPE['kill-switched'], 17);

  const next = new Rehearsal();
  next.node.restore(saveAsVersion1(stage.node));
  next.seq = stage.seq;
  assert.equal(next.node.version, 1);
  assert.deepEqual(next.node.save(), stage.node.save());
  next.apply({ name: 'engine-version', body: { version: 2 } });
  assert.equal(Rehearsal.of(next.apply(kill('market', 1)), 'kill-switched').length, 1);
  assert.throws(() => next.apply({ name: 'engine-version', body: { version: 1 } }), /cannot run here/);
  assert.throws(() => next.apply({ name: 'engine-version', body: { version: 3 } }), /cannot run here/);
});

/** What the program of version 1 wrote: the same, without the switches. */
function saveAsVersion1(node: MarketNode): Uint8Array {
  class Writer extends SnapshotWriter {
    override json(value: unknown): void {
      const { engaged: _, ...rest } = value as { engaged?: unknown };
      super.json(Array.isArray(value) ? value : rest);
    }
  }
  const writer = new Writer();
  const { market, placement, version, listings } = node;
  writer.json({ market, placement, version, listings: [...listings] });
  node.client.save(writer);
  node.hedge.save(writer);
  return writer.finish();
}
