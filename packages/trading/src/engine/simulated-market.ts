import assert from 'node:assert/strict';
import { type Command, type EventBody, NO_PRICE, type NumberedEvent } from '@meridian/messages';
import { grant, price, Rehearsal, STAGE, stageDay, stageFacts } from './rehearsal.ts';

/**
 * A seeded world around one node: clients that send, change and repeat; a venue that acknowledges, fills, refuses, busts,
 * corrects, repeats itself and answers late; an account centre that grants, recalls and books. Every step checks the
 * invariants that make books possible.
 */
export class SimulatedMarket {
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
}
