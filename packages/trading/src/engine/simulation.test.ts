import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Command, type EventBody, NO_PRICE, type NumberedEvent } from '@meridian/messages';
import { CELLS_PER_ORDER } from './bounds.ts';
import { ORDER_ROW } from './order-table.ts';
import { grant, price, Rehearsal, STAGE, stageDay, stageFacts } from './rehearsal.ts';

/**
 * A seeded world around one node: clients that send, change and repeat; a venue that acknowledges, fills, refuses, busts,
 * corrects, repeats itself and answers late; an account centre that grants, recalls and books. Every step checks the
 * invariants that make books possible.
 */
class World {
  readonly stage = new Rehearsal();
  readonly commands: { command: Command; time: number }[] = [];
  /** The venue's view: children by the newest ClOrdID it accepted, and what it has not answered. */
  readonly children = new Map<number, { id: string; quantity: number; price: number; cum: number; live: boolean }>();
  readonly asked: EventBody<'hedge-order'>[] = [];
  readonly fills: { child: number; execId: string; quantity: number; price: number }[] = [];
  readonly sent: Command[] = [];
  readonly reports: Command[] = [];
  readonly live: { session: number; clOrdId: string }[] = [];
  inSeq = 0;
  execs = 0;
  ids = 0;
  day = 0;
  mid = 1_675_000;
  granted = 1_000_000_000;
  booked = 0;
  random: () => number;

  constructor(seed: number) {
    let state = seed | 1;
    this.random = () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 4_294_967_296;
    };
    for (const fact of stageFacts()) this.tell(fact);
    this.stage.time = STAGE.open;
    this.tell({ name: 'time', body: {} });
    this.tell(price(this.stage.time));
  }

  pick<T>(of: readonly T[]): T | undefined {
    return of[Math.floor(this.random() * of.length)];
  }

  tell(command: Command): NumberedEvent[] {
    this.commands.push({ command, time: this.stage.time });
    const events = this.stage.apply(command);
    this.asked.push(...Rehearsal.of(events, 'hedge-order'));
    for (const report of Rehearsal.of(events, 'order-report')) {
      if (report.execType === 0x30 || report.execType === 0x35)
        this.live.push({ session: report.session, clOrdId: report.clOrdId });
    }
    return events;
  }

  step(): void {
    this.stage.time += Math.floor(this.random() * 400_000);
    const r = this.random();
    if (this.random() < 0.2) this.movePrice();
    if (r < 0.3) this.order();
    else if (r < 0.4) this.change();
    else if (r < 0.75) this.answer();
    else if (r < 0.9) this.trade();
    else if (r < 0.92) this.undo();
    else if (r < 0.94) this.repeat();
    else if (r < 0.99) this.centre();
    else if (r < 0.995)
      this.tell({
        name: 'restrict',
        body: { scope: 'account', scopeId: 1 + Math.floor(this.random() * 2), mode: Math.floor(this.random() * 3) },
      });
    else if (this.random() < 0.3) this.night();
  }

  movePrice(): void {
    this.mid += (Math.floor(this.random() * 21) - 10) * 100;
    this.tell(price(this.stage.time, this.mid, this.mid + 200));
  }

  order(): void {
    const [side = 1, effect = 1] =
      this.pick([
        [1, 1],
        [1, 1],
        [2, 2],
        [5, 1],
        [1, 2],
      ] as const) ?? [];
    const market = this.random() < 0.2;
    const command: Command = {
      name: 'new-order',
      body: {
        session: STAGE.client,
        inSeq: ++this.inSeq,
        account: 1 + Math.floor(this.random() * 2),
        listing: STAGE.spy,
        side,
        effect,
        type: market ? 1 : 2,
        tif: 0,
        quantity: 100 * Math.floor(this.random() * 12),
        price: market ? NO_PRICE : this.mid + (Math.floor(this.random() * 41) - 20) * 100,
        fault: 0,
        clOrdId: `C${++this.ids}`,
      },
    };
    this.sent.push(command);
    this.tell(command);
  }

  change(): void {
    const target = this.pick(this.live);
    if (target === undefined) return;
    const head = {
      session: target.session,
      inSeq: ++this.inSeq,
      fault: 0,
      clOrdId: `C${++this.ids}`,
      origClOrdId: target.clOrdId,
    };
    const command: Command =
      this.random() < 0.5
        ? { name: 'cancel-order', body: head }
        : {
            name: 'replace-order',
            body: {
              ...head,
              quantity: 100 * (1 + Math.floor(this.random() * 14)),
              price: this.mid + (Math.floor(this.random() * 41) - 20) * 100,
            },
          };
    this.sent.push(command);
    this.tell(command);
  }

  report(
    child: number,
    id: string,
    execType: number,
    over: Partial<Extract<Command, { name: 'venue-report' }>['body']> = {},
  ): void {
    const c = this.children.get(child);
    const command: Command = {
      name: 'venue-report',
      body: {
        session: STAGE.venue,
        inSeq: ++this.execs,
        execType,
        status: 0x30,
        lastQuantity: 0,
        lastPrice: 0,
        cumQuantity: c?.cum ?? 0,
        leavesQuantity: 0,
        transactTime: this.stage.time,
        reason: 65_535,
        clOrdId: id,
        origClOrdId: '',
        execId: `E${this.execs}`,
        execRefId: '',
        venueOrderId: `V${child}`,
        ...over,
      },
    };
    this.reports.push(command);
    this.tell(command);
  }

  /** The venue answers the oldest thing it was asked. */
  answer(): void {
    const asked = this.asked.shift();
    if (asked === undefined) return;
    const { child, clOrdId, origClOrdId } = asked;
    if (asked.action === 1) {
      const accepted = this.random() < 0.95;
      if (accepted) this.children.set(child, { id: clOrdId, quantity: asked.quantity, price: asked.price, cum: 0, live: true });
      this.report(child, clOrdId, accepted ? 0x30 : 0x38);
      return;
    }
    const c = this.children.get(child);
    if (c === undefined || !c.live || this.random() < 0.1) {
      const reason = c === undefined ? 1 : c.live ? 2 : 0;
      const body = {
        session: STAGE.venue,
        inSeq: ++this.execs,
        status: 0x32,
        responseTo: asked.action === 3 ? 1 : 2,
        reason,
        clOrdId,
        origClOrdId,
      };
      this.tell({ name: 'venue-cancel-reject', body });
    } else if (asked.action === 3) {
      c.live = false;
      this.report(child, clOrdId, 0x34, { origClOrdId });
    } else {
      c.id = clOrdId;
      c.quantity = asked.quantity;
      c.price = asked.price;
      if (c.cum >= c.quantity) c.live = false;
      this.report(child, clOrdId, 0x35, { origClOrdId });
    }
  }

  trade(): void {
    const entry = this.pick([...this.children].filter(([, c]) => c.live || this.random() < 0.02));
    if (entry === undefined) return;
    const [child, c] = entry;
    // A child that is over may trade once more: the fill that crossed the cancel.
    const left = c.live ? c.quantity - c.cum : 100;
    if (left <= 0) return;
    const quantity = this.random() < 0.5 ? left : 1 + Math.floor(this.random() * left);
    const at = (c.price === NO_PRICE ? this.mid : c.price) + (this.random() < 0.2 ? Math.floor(this.random() * 400) - 200 : 0);
    c.cum += quantity;
    if (c.cum >= c.quantity) c.live = false;
    this.report(child, c.id, 0x46, { lastQuantity: quantity, lastPrice: at });
    this.fills.push({ child, execId: `E${this.execs}`, quantity, price: at });
  }

  /** A bust or a correction of some fill. */
  undo(): void {
    const at = Math.floor(this.random() * this.fills.length);
    const fill = this.fills[at];
    const c = fill === undefined ? undefined : this.children.get(fill.child);
    if (fill === undefined || c === undefined) return;
    if (this.random() < 0.6 || c.live) {
      // The venue does not put a busted quantity back to work in a child that is over.
      c.cum -= fill.quantity;
      this.fills.splice(at, 1);
      this.report(fill.child, c.id, 0x48, { execRefId: fill.execId });
    } else {
      const quantity = Math.max(1, fill.quantity - Math.floor(this.random() * 3));
      c.cum += quantity - fill.quantity;
      const execRefId = fill.execId;
      this.report(fill.child, c.id, 0x47, { execRefId, lastQuantity: quantity, lastPrice: fill.price + 100 });
      this.fills[at] = { ...fill, execId: `E${this.execs}`, quantity, price: fill.price + 100 };
    }
  }

  repeat(): void {
    const command = this.pick(this.random() < 0.5 ? this.sent : this.reports);
    if (command === undefined) return;
    const used = [...this.stage.node.client.cells.used];
    const events = this.tell(command);
    if (command.name === 'venue-report')
      assert.equal(events.filter((e) => e.name !== 'phase-changed').length, 0, 'a repeated report says nothing');
    if (command.name === 'new-order' && this.day === 0) assert.equal(Rehearsal.of(events, 'hedge-intent').length, 0);
    if (this.day === 0) assert.deepEqual([...this.stage.node.client.cells.used], used, 'a repeat holds nothing');
  }

  centre(): void {
    const { cells } = this.stage.node.client;
    const cell = 1 + Math.floor(this.random() * 4);
    const r = this.random();
    if (r < 0.4) this.tell(grant(cell, (cells.granted[cell] as number) + Math.floor(this.random() * 50_000_000)));
    else if (r < 0.7) this.tell({ name: 'recall-lease', body: { cell, keepFree: Math.floor(this.random() * 200_000_000) } });
    else if (r < 0.8)
      this.tell({
        name: 'apply-rate-set',
        body: {
          rateSet: 2 + this.ids,
          publishedAt: 0,
          rates: [{ from: 'USD', to: 'CNY', rate: 600_000_000 + Math.floor(this.random() * 20_000_000) }],
        },
      });
    else {
      const amount = Math.floor((cells.bookable[cell] as number) * this.random() * 1.2);
      this.tell({ name: 'book-lease', body: { booking: `B${this.day}-${++this.booked}`, cells: [{ cell, amount }] } });
      this.tell({ name: 'book-lease', body: { booking: `B${this.day}-${this.booked}`, cells: [{ cell, amount }] } });
    }
  }

  /** The day ends, its orders with it, and another begins. */
  night(): void {
    const today = stageDay(this.day);
    this.stage.time = Math.max(this.stage.time, today.close);
    this.tell({ name: 'time', body: {} });
    for (let i = 0; i < 200 && this.asked.length > 0; i++) this.answer();
    this.stage.time = Math.max(this.stage.time, today.close + 60_000_000);
    this.tell({ name: 'time', body: {} });
    assert.equal(this.stage.node.client.orders.liveCount, 0, 'the day leaves no live order');
    const next = stageDay(++this.day);
    this.tell({ name: 'trading-day', body: next });
    this.stage.time = next.open;
    this.tell(price(this.stage.time, this.mid, this.mid + 200));
    this.live.length = 0;
  }

  check(): void {
    checkHolds(this.stage);
    checkPositions(this.stage);
  }
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
    const world = new World(SEED + run * 7_919);
    try {
      for (let i = 0; i < STEPS; i++) {
        world.step();
        if (i % 25 === 0) checkHolds(world.stage);
      }
      world.check();
      checkReports(world.stage);
      world.night();
      world.check();
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
    const world = new World(SEED + 1 + run * 104_729);
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
