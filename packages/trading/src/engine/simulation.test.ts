import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CELLS_PER_ORDER } from './bounds.ts';
import { ORDER_ROW } from './order-table.ts';
import { Rehearsal, STAGE } from './rehearsal.ts';
import { SimulatedMarket } from './simulated-market.ts';

function check(world: SimulatedMarket): void {
  checkHolds(world.stage);
  checkPositions(world.stage);
}

function checkHolds({ node: { client: s } }: Rehearsal): void {
  const { cells, orders, accounts } = s;
  const held = new Float64Array(cells.count);
  for (let o = 0; o < orders.rows.end; o += ORDER_ROW) {
    const account = orders.account[o] as number;
    for (let n = 0; n < CELLS_PER_ORDER; n++) {
      const hold = orders.hold[o + n] as number;
      if (hold === 0) continue;
      assert.equal(orders.live[o], 1, 'a closed order holds nothing');
      assert.ok(hold > 0);
      const cell = accounts.cells[account * CELLS_PER_ORDER + n] as number;
      held[cell] = (held[cell] as number) + hold;
    }
  }
  for (let cell = 1; cell < cells.count; cell++) {
    assert.equal(
      cells.used[cell],
      (held[cell] as number) + (cells.filled[cell] as number),
      'Σ order holds + Σ unbooked fills = used',
    );
    assert.ok((cells.used[cell] as number) <= (cells.granted[cell] as number) - (cells.returned[cell] as number));
    assert.ok(cells.free(cell) >= 0);
  }
}

/** Long and short legs of client accounts and of the trading account, from the events alone. */
function checkPositions({ node, events }: Rehearsal): void {
  const client = new Map<string, number>();
  const hedge = new Map<string, number>();
  const clientFill = new Map<string, number>();
  const hedgeFill = new Map<string, number>();
  const add = (to: Map<string, number>, key: string, q: number) => to.set(key, (to.get(key) ?? 0) + q);
  const leg = (side: number, effect: number) =>
    side === 1 ? (effect === 1 ? 'long+' : 'short-') : side === 5 ? 'short+' : 'long-';
  const intents = new Map<number, number>();
  const hedgeNow = new Map<string, number>();
  for (const { name, body, header } of events) {
    if (name === 'hedge-intent') intents.set(body.intent, body.effect);
    if (name === 'hedge-fill') {
      // A bust or correction changes the fill its ExecRefID names, however long the chain.
      const key = body.execRefId === '' ? body.execId : (origin.get(body.execRefId) ?? body.execRefId);
      origin.set(body.execId, key);
      const quantity = body.execType === 0x48 ? 0 : body.quantity;
      add(hedge, leg(body.side, intents.get(body.intent) ?? 0), quantity - (hedgeNow.get(key) ?? 0));
      hedgeNow.set(key, quantity);
      if (body.execType === 0x46) hedgeFill.set(`${header.seq}/${header.k}`, body.quantity);
    }
    if (name === 'client-fill') {
      const key = body.execType === 0x46 ? `${header.seq}/${header.k}` : `${body.refSeq}/${body.refK}`;
      const quantity = body.execType === 0x48 ? 0 : body.quantity;
      add(client, `${body.account} ${leg(body.side, body.effect)}`, quantity - (clientFill.get(key) ?? 0));
      clientFill.set(key, quantity);
      if (body.execType === 0x46)
        assert.ok(
          (hedgeFill.get(`${body.hedgeSeq}/${body.hedgeK}`) ?? 0) >= body.quantity,
          'a client fill has a hedge fill behind it',
        );
    }
  }
  for (const account of [1, 2]) {
    const p = node.client.positions.find(account, STAGE.spy);
    const net = (name: string) => (client.get(`${account} ${name}+`) ?? 0) - (client.get(`${account} ${name}-`) ?? 0);
    assert.equal(p < 0 ? 0 : node.client.positions.long[p], net('long'), 'position = Σ fills');
    assert.equal(p < 0 ? 0 : node.client.positions.short[p], net('short'), 'position = Σ fills');
  }
  const positions = node.hedge.accounts.positions;
  const p = positions.find(1, STAGE.spy);
  const net = (name: string) => (hedge.get(`${name}+`) ?? 0) - (hedge.get(`${name}-`) ?? 0);
  assert.equal(p < 0 ? 0 : positions.long[p], net('long'), 'hedge position = Σ child fills');
  assert.equal(p < 0 ? 0 : positions.short[p], net('short'), 'hedge position = Σ child fills');
}
const origin = new Map<string, string>();

/** Sums of working legs, and the arithmetic of every report. */
function checkReports({ node: { client: s }, events }: Rehearsal): void {
  let out = 1;
  for (const { name, body } of events) {
    if (name !== 'order-report' && name !== 'client-fill' && name !== 'cancel-rejected') continue;
    if (body.session === STAGE.client) assert.equal(body.outSeq, out++, 'outbound numbers have no gap');
    if (name === 'order-report' && [0x30, 0x41, 0x35].includes(body.execType) && body.status !== 0x32)
      assert.equal(body.leavesQuantity, body.quantity - body.cumQuantity, 'Leaves = Qty − Cum');
    if (name === 'order-report' && [0x34, 0x38, 0x43].includes(body.status)) assert.equal(body.leavesQuantity, 0);
  }
  const working = new Map<number, number>();
  for (let o = 0; o < s.orders.rows.end; o += ORDER_ROW)
    if (s.orders.live[o] === 1)
      working.set(
        s.orders.position[o] as number,
        (working.get(s.orders.position[o] as number) ?? 0) + (s.orders.working[o] as number),
      );
  for (const p of s.positions.rows()) {
    const { openingLong, openingShort, closingLong, closingShort } = s.positions;
    const sum =
      (openingLong[p] as number) + (openingShort[p] as number) + (closingLong[p] as number) + (closingShort[p] as number);
    assert.equal(sum, working.get(p) ?? 0, 'Σ working = Σ leaves of live orders');
  }
}

const SEED = Number(process.env['SEED'] ?? 20_131_007);
const STEPS = 600;

test(`[UA-6] [UA-7] [TC-6] 40 seeded days of trading keep every invariant (SEED=${SEED})`, () => {
  const seen = new Map<string, number>();
  for (let run = 0; run < 40; run++) {
    const world = new SimulatedMarket(SEED + run * 7_919);
    try {
      for (let i = 0; i < STEPS; i++) {
        world.step();
        if (i % 25 === 0) checkHolds(world.stage);
      }
      check(world);
      checkReports(world.stage);
      world.night();
      check(world);
    } catch (error) {
      throw new Error(`run ${run} of SEED=${SEED}, command ${world.stage.seq}`, { cause: error });
    }
    for (const { name, body } of world.stage.events) {
      const key =
        name === 'exception-raised'
          ? `${name} ${body.kind}`
          : 'execType' in body
            ? `${name} ${String.fromCharCode(body.execType)}`
            : name;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  }
  // A simulation that never meets a case proves nothing about it.
  const cases = [
    'order-report A',
    'order-report 0',
    'order-report 4',
    'order-report 5',
    'order-report 8',
    'order-report C',
    'order-report I',
  ];
  for (const wanted of [
    ...cases,
    'client-fill F',
    'client-fill G',
    'client-fill H',
    'cancel-rejected',
    'exception-raised 1',
    'lease-booked',
  ])
    assert.ok((seen.get(wanted) ?? 0) > 3, `${wanted} was met ${seen.get(wanted) ?? 0} times: ${JSON.stringify([...seen])}`);
});

test(`the same commands give the same events and state, also across a save and restore anywhere (SEED=${SEED})`, () => {
  for (let run = 0; run < 8; run++) {
    const world = new SimulatedMarket(SEED + 1 + run * 104_729);
    for (let i = 0; i < STEPS; i++) world.step();
    const cut = Math.floor(world.random() * world.commands.length);
    const plain = new Rehearsal();
    const moved = new Rehearsal();
    for (const [i, { command, time }] of world.commands.entries()) {
      plain.time = time;
      plain.apply(command);
      if (i === cut) {
        const saved = moved.node.save();
        moved.node.restore(saved);
        assert.deepEqual(moved.node.save(), saved, 'restore(save()) is an identity');
      }
      moved.time = time;
      moved.apply(command);
    }
    assert.equal(plain.hash.digest(), world.stage.hash.digest());
    assert.equal(moved.hash.digest(), world.stage.hash.digest());
    assert.deepEqual(moved.node.save(), world.stage.node.save());
  }
});
