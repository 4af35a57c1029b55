import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClientMessage, ServerMessage } from './protocol.ts';
import { type Listener, type Socket, Stream } from './stream.ts';

/** The other end of a line, a clock that moves when told, and a frame that comes when called. */
class World {
  readonly sockets: FakeSocket[] = [];
  readonly #timers: { at: number; run: () => void }[] = [];
  readonly #frames: (() => void)[] = [];
  time = 0;

  readonly stream = new Stream({
    connect: () => {
      const socket = new FakeSocket();
      this.sockets.push(socket);
      return socket;
    },
    now: () => this.time,
    later: (run, ms) => {
      const timer = { at: this.time + ms, run };
      this.#timers.push(timer);
      return () => void this.#timers.splice(0, this.#timers.length, ...this.#timers.filter((each) => each !== timer));
    },
    nextFrame: (run) => void this.#frames.push(run),
    random: () => 1,
  });

  get socket(): FakeSocket {
    return this.sockets.at(-1) ?? assert.fail('nobody connected');
  }

  pass(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const next = this.#timers.filter((each) => each.at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.time = next.at;
      next.run();
    }
    this.time = until;
  }

  frame(): void {
    for (const run of this.#frames.splice(0)) run();
  }
}

class FakeSocket implements Socket {
  readonly said: ClientMessage[] = [];
  closed = false;
  #heard: Parameters<Socket['listen']>[0] | undefined;

  send(text: string): void {
    this.said.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
  }
  listen(heard: Parameters<Socket['listen']>[0]): void {
    this.#heard = heard;
  }
  open(): void {
    this.#heard?.open();
  }
  say(message: ServerMessage): void {
    this.#heard?.message(JSON.stringify(message));
  }
  drop(): void {
    this.#heard?.close();
  }
}

function recorder(): Listener & { readonly heard: string[] } {
  const heard: string[] = [];
  return {
    heard,
    onSnapshot: ({ v }) => void heard.push(`snap ${v}`),
    onUpdate: ({ v }) => void heard.push(`upd ${v}`),
    onProblem: ({ code }) => void heard.push(`error ${code}`),
  };
}

const AT = '2026-11-24T08:22:41.000000Z';
const snap = (v: number, n = 1): ServerMessage => ({
  op: 'snap',
  id: 1,
  v,
  n,
  seq: 7,
  at: AT,
  total: 1,
  from: 0,
  keys: ['a'],
  cols: {},
});
const upd = (v: number, n = 2): ServerMessage => ({ op: 'upd', id: 1, v, n, seq: 8, at: AT, total: 1, rows: [0], cols: {} });
const ask = { view: 'orders', columns: ['seq'], range: [0, 50] as const };

test('a subscription is sent when the line opens, with what was asked by then', () => {
  const world = new World();
  const subscription = world.stream.subscribe(ask, recorder());
  subscription.ask({ ...ask, sort: { column: 'seq', descending: true } });
  assert.equal(world.socket.said.length, 0);
  world.socket.open();
  const sent = world.socket.said[0] as object;
  assert.equal(world.socket.said.length, 1);
  assert.deepEqual(
    { ...sent, v: 0 },
    { op: 'sub', id: 1, view: 'orders', v: 0, range: [0, 50], columns: ['seq'], sort: { column: 'seq', descending: true } },
  );
});

test('messages about a window already left are dropped', () => {
  const world = new World();
  const listener = recorder();
  const subscription = world.stream.subscribe(ask, listener);
  world.socket.open();
  const first = (world.socket.said[0] as { v: number }).v;
  world.socket.say(snap(first));
  subscription.move([100, 150]);
  const second = (world.socket.said.at(-1) as { v: number }).v;
  assert.ok(second > first);
  world.socket.say(upd(first));
  world.socket.say(snap(first));
  world.socket.say(snap(second));
  world.socket.say(upd(second));
  assert.deepEqual(listener.heard, [`snap ${first}`, `snap ${second}`, `upd ${second}`]);
});

test('an id that is used again never hears its predecessor', () => {
  const world = new World();
  const old = recorder();
  const subscription = world.stream.subscribe(ask, old);
  world.socket.open();
  const before = (world.socket.said[0] as { v: number }).v;
  const stays = world.stream.subscribe(ask, recorder());
  subscription.end();
  const next = recorder();
  world.stream.subscribe(ask, next);
  world.socket.say(snap(before));
  assert.deepEqual([old.heard, next.heard], [[], []]);
  stays.end();
});

test('what was drawn is acknowledged once a frame, by its last number', () => {
  const world = new World();
  world.stream.subscribe(ask, recorder());
  world.socket.open();
  const { v } = world.socket.said[0] as { v: number };
  world.socket.say(snap(v, 1));
  world.socket.say(upd(v, 2));
  world.socket.say(upd(v, 3));
  assert.equal(world.socket.said.length, 1);
  world.frame();
  assert.deepEqual(world.socket.said.slice(1), [{ op: 'ack', id: 1, v, n: 3 }]);
});

test('a broken line is opened again, later each time, and every subscription is sent anew as it then stands', () => {
  const world = new World();
  const subscription = world.stream.subscribe(ask, recorder());
  world.socket.open();
  world.socket.drop();
  assert.equal(world.stream.state, 'silent');
  subscription.move([200, 250]);
  world.pass(249);
  assert.equal(world.sockets.length, 1);
  world.pass(1);
  world.socket.drop();
  world.pass(499);
  assert.equal(world.sockets.length, 2);
  world.pass(1);
  world.socket.open();
  assert.equal(world.stream.state, 'open');
  assert.deepEqual((world.socket.said[0] as { range: unknown }).range, [200, 250]);
});

test('silence breaks the line: a beat is due every second', () => {
  const world = new World();
  world.stream.listen(() => {});
  world.socket.open();
  world.pass(3000);
  world.socket.say({
    op: 'beat',
    at: AT,
    businessTime: AT,
    seq: { XNYS: 7 },
    lagMs: 1,
    ratePerSecond: 0,
    conflation: 1,
    approvals: 0,
    alerts: 0,
  });
  world.pass(4000);
  assert.equal(world.stream.state, 'open');
  assert.deepEqual(world.stream.beat?.seq, { XNYS: 7 });
  world.pass(1000);
  assert.equal(world.stream.state, 'silent');
  assert.ok(world.sockets[0]?.closed);
});

test('a refused subscription is told why, and nobody else is', () => {
  const world = new World();
  const [one, two] = [recorder(), recorder()];
  world.stream.subscribe(ask, one);
  world.stream.subscribe(ask, two);
  world.socket.open();
  world.socket.say({
    op: 'error',
    id: 2,
    problem: { type: '', code: 'NOT_PERMITTED', title: '', status: 403, detail: '', remedy: '', params: {}, trace: 't' },
  });
  assert.deepEqual([one.heard, two.heard], [[], ['error NOT_PERMITTED']]);
});

test('the line closes when nobody looks any more', () => {
  const world = new World();
  const stop = world.stream.listen(() => {});
  const subscription = world.stream.subscribe(ask, recorder());
  world.socket.open();
  stop();
  assert.equal(world.socket.closed, false);
  subscription.end();
  assert.equal(world.socket.closed, true);
  world.pass(60_000);
  assert.equal(world.sockets.length, 1);
});

test('rows are vouched for by every word of the line, and by none while it is down or its window unanswered', () => {
  const world = new World();
  const subscription = world.stream.subscribe(ask, recorder());
  world.socket.open();
  assert.equal(subscription.vouchedAt, null);
  world.pass(400);
  world.socket.say(snap((world.socket.said[0] as { v: number }).v));
  assert.equal(subscription.vouchedAt, 400);
  world.pass(1000);
  world.socket.say({
    ...{ op: 'beat', at: AT, businessTime: AT, seq: {}, lagMs: 1, ratePerSecond: 0, conflation: 1, approvals: 0, alerts: 0 },
  });
  assert.equal(subscription.vouchedAt, 1400);
  world.socket.drop();
  assert.equal(subscription.vouchedAt, null);
  world.pass(10_000);
  world.socket.open();
  // The line is back, the rows are still those of before: nothing vouches for them until the house has answered.
  assert.equal(subscription.vouchedAt, null);
  world.socket.say(snap((world.socket.said.at(-1) as { v: number }).v));
  assert.equal(subscription.vouchedAt, world.time);
  subscription.move([50, 100]);
  assert.equal(subscription.vouchedAt, null);
});
