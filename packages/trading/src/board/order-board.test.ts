import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NumberedEvent, REJECTION } from '@meridian/messages';
import type { MarketNode } from '../engine/market-node.ts';
import { shownStatus } from '../engine/order-report.ts';
import { ORDER_ROW } from '../engine/order-table.ts';
import { SimulatedMarket } from '../engine/simulated-market.ts';
import { OrderBoard } from './order-board.ts';
import { isOpen, orderState, priceText } from './order-state.ts';

const SEED = Number(process.env['SEED'] ?? 20_131_007);

function simulated(run: number, steps = 600): SimulatedMarket {
  const market = new SimulatedMarket(SEED + run * 7_919);
  for (let i = 0; i < steps; i++) market.step();
  return market;
}

function folded(events: readonly NumberedEvent[], board = new OrderBoard()): OrderBoard {
  for (const event of events) board.apply('ARCX', event);
  return board;
}

/** The engine's own tables: every order it knows, and what its child is filled. */
function assertAgrees(board: OrderBoard, node: MarketNode): number {
  const { orders, requests } = node.client;
  const { children } = node.hedge;
  const text = new DataView(new ArrayBuffer(256));
  let compared = 0;
  for (let o = 0; o < orders.rows.end; o += ORDER_ROW) {
    if (orders.id[o] === 0) continue;
    const row = board.row(`ARCX-${orders.id[o]}`);
    assert.ok(row !== undefined, `order ${orders.id[o]} is on the board`);
    const child = children.find(orders.id[o] as number);
    const end = requests.writeText(orders.request[o] as number, text, 0);
    const leaves = orders.live[o] === 1 ? Math.max(0, (orders.quantity[o] as number) - (orders.cum[o] as number)) : 0;
    assert.deepEqual(
      {
        account: row.account,
        listing: row.listing,
        state: row.state,
        quantity: row.quantity,
        price: row.price,
        cum: row.cumQuantity,
        value: row.cumValue,
        leaves: row.leaves,
        hedged: row.hedgedQuantity,
        rejection: row.rejection === null ? 0 : REJECTION[row.rejection.code],
        name: row.clOrdId,
      },
      {
        account: orders.account[o],
        listing: orders.listing[o],
        state: orderState(shownStatus(node.client, o)),
        quantity: orders.quantity[o],
        price: priceText(orders.price[o] as number),
        cum: orders.cum[o],
        value: orders.value[o],
        leaves,
        hedged: child < 0 ? 0 : children.cum[child],
        rejection: orders.status[o] === 0x38 ? orders.rejection[o] : 0,
        name: Buffer.from(text.buffer, 1, end - 1).toString('latin1'),
      },
    );
    compared++;
  }
  return compared;
}

test(`[TC-3] [TC-6] folding days of events gives the engine's own table of orders, hedges included (SEED=${SEED})`, () => {
  let compared = 0;
  for (let run = 0; run < 12; run++) {
    const market = simulated(run);
    const board = folded(market.stage.events);
    compared += assertAgrees(board, market.stage.node);
    assert.equal(board.open, market.stage.node.client.orders.liveCount);
  }
  assert.ok(compared > 1_000, `${compared} orders were compared`);
});

test(`what was folded already is passed over: a tail may begin anew anywhere (SEED=${SEED})`, () => {
  const { stage } = simulated(90);
  const board = folded(stage.events);
  const before = [...board.rows()];
  const at = board.position('ARCX');
  for (const event of stage.events) assert.deepEqual(board.apply('ARCX', event), []);
  assert.deepEqual([...board.rows()], before);
  assert.deepEqual(board.position('ARCX'), at);
});

test('each change names its order; a life holds what happened to it, in order', () => {
  const { stage } = simulated(91);
  const board = new OrderBoard();
  const touched = new Set<string>();
  for (const event of stage.events) for (const id of board.apply('ARCX', event)) touched.add(id);
  assert.equal(touched.size, board.size);
  const filled = [...board.rows()].find((row) => row.state === 'filled');
  assert.ok(filled !== undefined);
  const life = board.life(filled.id);
  assert.deepEqual(
    life.slice(0, 4).map((step) => step.kind),
    ['report', 'intent', 'hedge-order', 'hedge-report'],
  );
  for (let i = 1; i < life.length; i++)
    assert.ok(life[i - 1]!.seq < life[i]!.seq || (life[i - 1]!.seq === life[i]!.seq && life[i - 1]!.k < life[i]!.k));
  const sum = life.filter((step) => step.kind === 'fill').reduce((total, step) => total + step.quantity, 0);
  assert.ok(sum >= filled.cumQuantity);
});

test('of closed orders the older go first when too many have gathered; open ones stay, and what stays is whole', () => {
  const { stage } = simulated(92, 1_500);
  const all = folded(stage.events);
  const small = folded(stage.events, new OrderBoard({ closedKept: 20 }));
  assert.ok(all.size > small.size);
  assert.equal(small.open, all.open);
  assert.ok(small.size - small.open < 40);
  for (const row of small.rows()) {
    assert.deepEqual(row, all.row(row.id));
    assert.deepEqual(small.life(row.id), all.life(row.id));
  }
  const kept = new Set([...small.rows()].map((row) => row.id));
  for (const row of all.rows()) assert.ok(kept.has(row.id) || !isOpenRow(row.state));
});

const isOpenRow = (state: string): boolean => !['filled', 'cancelled', 'rejected', 'expired'].includes(state);

test('two markets share a board without meeting', () => {
  const { stage } = simulated(93);
  const board = folded(stage.events);
  for (const event of stage.events) board.apply('XNYS', event);
  const ids = [...board.rows()].map((row) => row.id);
  assert.equal(new Set(ids).size, ids.length);
  for (const row of board.rows())
    if (row.market === 'XNYS')
      assert.deepEqual({ ...row, id: `ARCX-${row.seq}`, market: 'ARCX' }, board.row(`ARCX-${row.seq}`));
  assert.equal(isOpen(0x30), true);
});
