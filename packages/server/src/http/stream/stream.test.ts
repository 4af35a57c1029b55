import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerMessage } from '@meridian/api';
import { parseJson } from '@meridian/base';
import type { Principal } from '@meridian/security';
import fc from 'fast-check';
import { Connection, type Line } from './connection.ts';
import { Listeners, type LiveView, type Scalar } from './live-view.ts';
import { Ordering } from './ordering.ts';

/** Orders in memory: what a board is to the stream. */
class Rows implements LiveView {
  readonly name = 'orders';
  readonly #rows = new Map<string, Record<string, Scalar>>();
  readonly #listeners = new Listeners();
  seq = 0;

  set(key: string, row: Record<string, Scalar>): void {
    this.#rows.set(key, { ...this.#rows.get(key), ...row });
    this.seq++;
    this.#listeners.tell([key]);
  }
  delete(key: string): void {
    this.#rows.delete(key);
    this.seq++;
    this.#listeners.tell([key]);
  }
  keys = () => this.#rows.keys();
  has = (key: string) => this.#rows.has(key);
  value = (key: string, column: string) => this.#rows.get(key)?.[column] ?? null;
  isVisible = (key: string, principal: Principal) =>
    principal.clients.length === 0 || principal.clients.map(String).includes(String(this.value(key, 'clientToken')));
  onChange = (listener: (keys: readonly string[]) => void) => this.#listeners.add(listener);
}

const trader: Principal = {
  ...{
    user: 'trader',
    duties: ['trader'],
    jurisdiction: 'CN',
    clients: [],
    entities: [1n],
    session: 's',
    since: 0,
    strong: true,
  },
};
const client: Principal = { ...trader, user: 'client', duties: ['client'], clients: [7n] };

/** A reader's end of the line: applies what comes as the protocol says. */
class Reader implements Line {
  bufferedAmount = 0;
  readonly messages: ServerMessage[] = [];
  keys: string[] = [];
  cols: Record<string, Scalar[]> = {};
  total = 0;
  closed: number | undefined;

  send(text: string): void {
    const message = parseJson(text, { charsMax: 10_000_000, depthMax: 8 }) as ServerMessage;
    this.messages.push(message);
    if (message.op === 'snap') [this.keys, this.cols, this.total] = [[...message.keys], message.cols, message.total];
    if (message.op !== 'upd') return;
    this.total = message.total;
    message.rows.forEach((row, i) => {
      for (const [column, values] of Object.entries(message.cols)) (this.cols[column] as Scalar[])[row] = values[i] as Scalar;
    });
  }
  close(code: number): void {
    this.closed = code;
  }
  sent = (op: ServerMessage['op']) => this.messages.filter((message) => message.op === op);
  code = (): string | undefined => (this.sent('error').at(-1) as { problem: { code: string } } | undefined)?.problem.code;
}

function opened(view: LiveView, principal: () => Principal | undefined = () => trader) {
  const reader = new Reader();
  let now = 0;
  const connection = new Connection({
    ...{ line: reader, principal, language: 'en', trace: 't' },
    views: new Map([[view.name, view]]),
    mayRead: (who, action) => action === 'order.read' && !who.duties.includes('administrator'),
    clock: () => now,
  });
  const tick = (ms = 16) => {
    now += ms;
    connection.flush(now, '2026-01-01T00:00:00Z');
  };
  const say = (message: object) => connection.receive(JSON.stringify(message));
  const drawn = () => {
    const last = reader.messages.findLast((message) => message.op === 'snap' || message.op === 'upd');
    if (last !== undefined && 'n' in last) say({ op: 'ack', id: last.id, n: last.n });
  };
  return { reader, connection, tick, say, drawn };
}

const SUB = { op: 'sub', id: 1, view: 'orders', v: 1, range: [0, 10], columns: ['state', 'quantity'] };

test('a viewport is told whole, then only the rows in it that changed, by column', () => {
  const view = new Rows();
  for (let i = 0; i < 100; i++) view.set(`A-${i}`, { state: 'new', quantity: i });
  const { reader, tick, say } = opened(view);
  say(SUB);
  tick();
  assert.equal(reader.total, 100);
  assert.deepEqual(reader.cols['quantity'], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  view.set('A-3', { state: 'filled' });
  view.set('A-50', { state: 'filled' });
  tick();
  const update = reader.messages.at(-1);
  assert.deepEqual(update?.op === 'upd' && [update.rows, update.cols], [[3], { state: ['filled'], quantity: [3] }]);
});

test('changes of one row between two windows are told once, as it stands then', () => {
  const view = new Rows();
  view.set('A-1', { state: 'new', quantity: 0 });
  const { reader, tick, say } = opened(view);
  say(SUB);
  tick();
  for (let i = 1; i <= 1_000; i++) view.set('A-1', { quantity: i });
  tick();
  assert.equal(reader.sent('upd').length, 1);
  assert.deepEqual(reader.cols['quantity'], [1_000]);
});

test('a reader that does not draw is not sent more than it can hold; when it draws, it gets what is true then', () => {
  const view = new Rows();
  view.set('A-1', { state: 'new', quantity: 0 });
  const { reader, tick, say, drawn } = opened(view);
  say(SUB);
  for (let i = 1; i <= 500; i++) {
    view.set('A-1', { quantity: i });
    tick();
  }
  assert.ok(reader.messages.length <= 4);
  drawn();
  tick();
  assert.deepEqual(reader.cols['quantity'], [500]);
});

test('a line that is behind widens its window and is left alone until it has caught up', () => {
  const view = new Rows();
  view.set('A-1', { state: 'new', quantity: 0 });
  const { reader, tick, say, drawn } = opened(view);
  say(SUB);
  tick();
  reader.bufferedAmount = 1 << 20;
  for (let i = 1; i <= 100; i++) {
    view.set('A-1', { quantity: i });
    tick();
    drawn();
  }
  assert.equal(reader.messages.length, 1);
  reader.bufferedAmount = 0;
  tick(1_000);
  assert.deepEqual(reader.cols['quantity'], [100]);
});

test('where many readers are, nobody is told more often than the pace allows, and then what is true', () => {
  const view = new Rows();
  view.set('A-1', { state: 'new', quantity: 0 });
  const { reader, connection, say, drawn } = opened(view);
  say(SUB);
  for (let now = 5; now <= 1_000; now += 5) {
    view.set('A-1', { quantity: now });
    connection.flush(now, '2026-01-01T00:00:00Z', 100);
    drawn();
  }
  assert.equal(reader.messages.length, 10);
  assert.deepEqual(reader.cols['quantity'], [905]);
});

test(`a moved viewport answers with its new version only, and older moves are passed over`, () => {
  const view = new Rows();
  for (let i = 0; i < 100; i++) view.set(`A-${i}`, { state: 'new', quantity: i });
  const { reader, tick, say } = opened(view);
  say(SUB);
  tick();
  say({ op: 'range', id: 1, v: 3, range: [40, 42] });
  say({ op: 'range', id: 1, v: 2, range: [90, 92] });
  tick();
  const last = reader.messages.at(-1);
  assert.deepEqual(last?.op === 'snap' && [last.v, last.from, last.keys], [3, 40, ['A-40', 'A-41']]);
});

test('[DS-7] a client is told of its own orders only, also when an order changes hands of view', () => {
  const view = new Rows();
  view.set('A-1', { clientToken: '7', quantity: 1 });
  view.set('A-2', { clientToken: '8', quantity: 2 });
  const { reader, tick, say } = opened(view, () => client);
  say(SUB);
  tick();
  assert.deepEqual([reader.keys, reader.total], [['A-1'], 1]);
  view.set('A-3', { clientToken: '8', quantity: 3 });
  tick();
  assert.equal(reader.messages.length, 1, 'not even that something happened');
});

test('[DS-7] whoever is signed out, loses the duty or sees other clients now is cut off at the next beat', () => {
  const view = new Rows();
  view.set('A-1', { clientToken: '7', quantity: 1 });
  let who: Principal | undefined = client;
  const { reader, connection, tick, say } = opened(view, () => who);
  const beat = { op: 'beat' } as ServerMessage;
  say(SUB);
  tick();
  who = { ...client, clients: [8n] };
  connection.beat(beat);
  view.set('A-1', { quantity: 9 });
  tick();
  assert.equal(reader.code(), 'STREAM_NOT_ALLOWED');
  assert.deepEqual(reader.cols['quantity'], [1]);
  who = undefined;
  connection.beat(beat);
  assert.equal(reader.closed, 4401);
});

test('what is not of the protocol is refused and leaves everything as it was', () => {
  const view = new Rows();
  view.set('A-1', { state: 'new', quantity: 1 });
  const hostile: unknown[] = [
    ...[
      null,
      1,
      'x',
      [],
      {},
      { op: 'sub' },
      { ...SUB, op: 'drop' },
      { ...SUB, extra: 1 },
      { ...SUB, id: 0 },
      { ...SUB, id: 65 },
    ],
    ...[
      { ...SUB, view: 'users' },
      { ...SUB, view: '__proto__' },
      { ...SUB, columns: [] },
      { ...SUB, columns: ['secret'] },
    ],
    ...[
      { ...SUB, columns: ['constructor'] },
      { ...SUB, range: [0, 501] },
      { ...SUB, range: [-1, 5] },
      { ...SUB, range: [0] },
    ],
    ...[
      { ...SUB, range: ['0', '5'] },
      { ...SUB, v: 1.5 },
      { ...SUB, v: -1 },
      { ...SUB, sort: { column: 'secret', descending: true } },
    ],
    ...[
      { ...SUB, sort: 'state' },
      { ...SUB, filter: [{ column: 'secret', value: 'x' }] },
      { op: 'range', id: 9, v: 2, range: [0, 1] },
    ],
    { ...SUB, filter: Array.from({ length: 9 }, () => ({ column: 'state', value: 'x' })) },
  ];
  for (const message of hostile) {
    const { reader, say, tick } = opened(view);
    say(message as object);
    tick();
    assert.equal(reader.code(), 'STREAM_MESSAGE_REFUSED', JSON.stringify(message));
    assert.equal(reader.sent('snap').length, 0);
  }
  for (const text of ['{"op":"sub","op":"ack"}', '{"__proto__":{}}', '['.repeat(50), '{', 'x'.repeat(9_000)]) {
    const { reader, connection } = opened(view);
    connection.receive(text);
    assert.equal(reader.code(), 'JSON_REFUSED', text.slice(0, 20));
  }
  const { reader, say } = opened(view, () => ({ ...trader, duties: ['administrator'] }));
  say(SUB);
  assert.equal(reader.code(), 'STREAM_NOT_ALLOWED');
});

test('a flood of messages cuts the line', () => {
  const { reader, say } = opened(new Rows());
  for (let i = 0; i < 500; i++) say({ op: 'ack', id: 1, n: 1 });
  assert.equal(reader.closed, 1008);
});

const SEED = Number(process.env['SEED'] ?? 20_131_007);
const change = fc.record({
  key: fc.integer({ min: 0, max: 30 }),
  quantity: fc.integer({ min: 0, max: 9 }),
  state: fc.constantFrom('new', 'filled', null),
  gone: fc.boolean(),
  settles: fc.boolean(),
});

test(`an ordering after any changes is what sorting everything anew gives (SEED=${SEED})`, () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), fc.boolean(), fc.boolean(), (changes, descending, filtered) => {
      const view = new Rows();
      const sort = { column: 'quantity', descending };
      const matches = filtered ? [{ column: 'state', value: 'NEW' }] : [];
      const kept = new Ordering(view, trader, sort, matches);
      view.onChange((keys) => kept.touch(keys));
      for (const { key, quantity, state, gone, settles } of changes) {
        if (gone) view.delete(`A-${key}`);
        else view.set(`A-${key}`, { quantity, state });
        if (settles) kept.settle();
      }
      kept.settle();
      const keys = kept.keys(0, 100);
      const belongs = [...view.keys()].filter((key) => !filtered || view.value(key, 'state') === 'new');
      assert.deepEqual(keys.toSorted(), belongs.toSorted());
      const quantities = keys.map((key) => view.value(key, 'quantity') as number);
      const sorted = quantities.toSorted((a, b) => (descending ? b - a : a - b));
      assert.deepEqual(quantities, sorted);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

test(`what a reader holds after any changes, moves and pauses is what the view shows (SEED=${SEED})`, () => {
  const step = fc.record({
    change,
    moveTo: fc.option(fc.integer({ min: 0, max: 25 })),
    ticks: fc.boolean(),
    draws: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const view = new Rows();
      const { reader, tick, say, drawn } = opened(view);
      let [v, from] = [1, 0];
      say({ ...SUB, sort: { column: 'quantity', descending: true } });
      for (const { change: each, moveTo, ticks, draws } of steps) {
        if (each.gone) view.delete(`A-${each.key}`);
        else view.set(`A-${each.key}`, { quantity: each.quantity, state: each.state });
        from = moveTo ?? from;
        if (moveTo !== null) say({ op: 'range', id: 1, v: ++v, range: [from, from + 10] });
        if (ticks) tick();
        if (draws) drawn();
      }
      drawn();
      tick();
      assert.equal(reader.total, [...view.keys()].length);
      assert.equal(reader.keys.length, Math.max(0, Math.min(10, reader.total - from)));
      reader.keys.forEach((key, row) => {
        assert.equal(reader.cols['quantity']?.[row], view.value(key, 'quantity'));
        assert.equal(reader.cols['state']?.[row], view.value(key, 'state'));
      });
    }),
    { seed: SEED, numRuns: 500 },
  );
});
