import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectSocket, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type Acceptor,
  compileDictionary,
  connect,
  FIX44,
  type FieldWriter,
  type FixMessage,
  listen,
  MemorySessionStore,
  Session,
} from '@meridian/fix';
import { replay } from '@meridian/log';
import type { Command } from '@meridian/messages';
import { MarketNode } from '../engine/market-node.ts';
import { price, STAGE, stageFacts } from '../engine/rehearsal.ts';
import { type MarketService, openMarketNode } from './market-service.ts';

const dictionary = compileDictionary(FIX44);
type Fields = Record<number, string>;

function fieldsOf(message: FixMessage): Fields {
  const fields: Fields = {};
  for (let i = 0; i < message.count; i++) fields[message.tags[i] as number] ??= message.textAt(i);
  return fields;
}

/** One end of a FIX session under the test's control. */
class Peer {
  readonly store = new MemorySessionStore();
  readonly heard: Fields[] = [];
  readonly session: Session;
  #wake = () => {};

  constructor(senderCompId: string, targetCompId: string) {
    this.session = new Session({
      ...{ dictionary, senderCompId, targetCompId, store: this.store },
      application: {
        onApplication: (message, seq) => {
          this.store.advanceIn(seq + 1);
          this.heard.push(fieldsOf(message));
          this.#wake();
        },
        onLogon: () => this.#wake(),
        onReject: (message) => {
          this.heard.push(fieldsOf(message));
          this.#wake();
        },
      },
    });
  }

  send(type: string, write: (writer: FieldWriter) => void): void {
    this.store.send(this.session, type, write);
  }

  /** Waits for a message that fits and takes it, with all before it, off what was heard. */
  async next(fits: (message: Fields) => boolean): Promise<Fields> {
    for (;;) {
      const at = this.heard.findIndex(fits);
      if (at >= 0) return this.heard.splice(0, at + 1).at(-1) as Fields;
      await this.#changed(() => `${fits} ${JSON.stringify(this.heard)}`);
    }
  }

  async up(): Promise<void> {
    while (!this.session.isUp) await this.#changed(() => 'not logged on');
  }

  #changed(why: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came: ${why()}`)), 10_000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Stands between node and venue and keeps every byte that the node sends. */
async function tap(port: number): Promise<{ port: number; bytes: Buffer[]; server: Server; sockets: Set<Socket> }> {
  const bytes: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const to = connectSocket(port, '127.0.0.1');
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        from.destroy();
        to.destroy();
      });
    }
    from.on('data', (chunk) => bytes.push(Buffer.from(chunk)));
    from.pipe(to);
    to.pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { port: number }).port, bytes, server, sockets };
}

/** What a test opened is closed in the opposite order. */
const opened = new WeakMap<TestContext, (() => Promise<unknown>)[]>();
function later(t: TestContext, close: () => Promise<unknown>): void {
  const known = opened.get(t);
  if (known !== undefined) {
    known.push(close);
    return;
  }
  const list = [close];
  opened.set(t, list);
  t.after(async () => {
    for (const each of list.reverse()) await each();
  });
}

interface World {
  readonly service: MarketService;
  readonly venue: Peer;
  readonly acceptor: Acceptor;
  readonly bytes: Buffer[];
  readonly dir: string;
  readonly clientPort: number;
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

const CANARY = ['CANARYACCT', 'CANARYORDER', 'CANARYCHANGE', 'CANARYCOMP'];

async function world(t: TestContext, dir?: string, venue = new Peer('VENUE', 'HOUSE')): Promise<World> {
  const folder = dir ?? (await mkdtemp(join(tmpdir(), 'market-service-')));
  const acceptor = await listen({ port: 0, sessions: [venue.session] });
  const wire = await tap(acceptor.port);
  const service = await openMarketNode({
    dir: folder,
    market: 'ARCX',
    clientFix: {
      compId: 'MERIDIAN',
      port: 0,
      sessions: [
        { session: STAGE.client, compId: CANARY[3]!, accounts: { [CANARY[0]!]: STAGE.mainland, USD1: STAGE.overseas } },
      ],
    },
    venue: { order: { session: STAGE.venue, compId: 'HOUSE', venueCompId: 'VENUE', host: '127.0.0.1', port: wire.port } },
    clock: { now: () => 0 },
    log: { syncPolicy: 'page-cache', segmentBytes: 4 << 20 },
  });
  if (dir === undefined) {
    for (const fact of stageFacts()) await service.submit(fact);
    await service.advance(STAGE.open);
    await service.submit(price(STAGE.open));
  }
  const { clientPort } = await service.openDoors();
  const closed = new Set<string>();
  const close = async () => {
    if (closed.has('all')) return;
    closed.add('all');
    await service.close();
    for (const socket of wire.sockets) socket.destroy();
    wire.server.close();
    await acceptor.close();
  };
  later(t, async () => {
    await close();
    if (dir === undefined) await rm(folder, { recursive: true, force: true });
  });
  const cut = () => {
    for (const socket of wire.sockets) socket.destroy();
  };
  await venue.up();
  return { service, venue, acceptor, bytes: wire.bytes, dir: folder, clientPort, cut, close };
}

async function client(t: TestContext, port: number, peer = new Peer(CANARY[3]!, 'MERIDIAN')): Promise<Peer> {
  const initiator = connect({ host: '127.0.0.1', port, session: peer.session, retryMillisMin: 20 });
  later(t, () => initiator.close());
  await peer.up();
  return peer;
}

const order =
  (id: string, over: { quantity?: number; account?: string; symbol?: string; currency?: string } = {}) =>
  (w: FieldWriter) => {
    w.text(11, id)
      .text(1, over.account ?? CANARY[0]!)
      .char(21, 0x31)
      .text(55, over.symbol ?? 'SPY')
      .text(207, 'ARCX');
    w.char(54, 0x31)
      .char(77, 0x4f)
      .timestamp(60, Date.now() * 1000)
      .int(38, over.quantity ?? 300)
      .char(40, 0x32)
      .text(44, '167.5');
    if (over.currency !== undefined) w.text(15, over.currency);
  };

let execs = 0;
const execution =
  (asked: Fields, execType: string, over: { quantity?: number; px?: string; cum?: number } = {}) =>
  (w: FieldWriter) => {
    w.text(37, `V-${asked[11]}`).text(11, asked[11]!);
    if (asked[41] !== undefined) w.text(41, asked[41]);
    w.text(17, `E${++execs}`)
      .text(150, execType)
      .text(39, execType === 'F' || execType === '5' ? '1' : execType)
      .text(55, 'SPY')
      .text(54, asked[54]!);
    w.text(38, asked[38] ?? '0');
    if (over.quantity !== undefined) w.int(32, over.quantity).text(31, over.px ?? '167.5');
    w.int(151, 0)
      .int(14, over.cum ?? 0)
      .int(6, 0)
      .timestamp(60, STAGE.open);
  };

test('[TC-6] an order walks from the client to the venue and its fill back; nothing of the client leaves', async (t) => {
  const { service, venue, bytes, clientPort } = await world(t);
  const alice = await client(t, clientPort);
  alice.send('D', order(CANARY[1]!));
  const pending = await alice.next((m) => m[35] === '8');
  assert.deepEqual([pending[150], pending[39], pending[11], pending[1]], ['A', 'A', CANARY[1], CANARY[0]]);

  const child = await venue.next((m) => m[35] === 'D');
  assert.deepEqual([child[1], child[55], child[38], child[44], child[54]], ['HOUSE01', 'SPY', '300', '167.5', '1']);
  venue.send('8', execution(child, '0'));
  assert.equal((await alice.next((m) => m[35] === '8'))[150], '0');
  venue.send('8', execution(child, 'F', { quantity: 100, px: '167.49' }));
  const fill = await alice.next((m) => m[150] === 'F');
  assert.deepEqual(
    [fill[32], fill[31], fill[14], fill[151], fill[39], fill[6]],
    ['100', '167.49', '100', '200', '1', '167.49'],
  );

  alice.send('G', (w) => {
    w.text(11, CANARY[2]!).text(41, CANARY[1]!).text(1, CANARY[0]!).char(21, 0x31).text(55, 'SPY').char(54, 0x31);
    w.timestamp(60, Date.now() * 1000)
      .int(38, 400)
      .char(40, 0x32)
      .text(44, '167.6');
  });
  assert.equal((await alice.next((m) => m[35] === '8'))[150], 'E');
  const replace = await venue.next((m) => m[35] === 'G');
  assert.deepEqual([replace[41], replace[38]], [child[11], '400']);
  venue.send('8', execution(replace, '5'));
  const replaced = await alice.next((m) => m[150] === '5');
  assert.deepEqual([replaced[11], replaced[41], replaced[38], replaced[151]], [CANARY[2], CANARY[1], '400', '300']);

  alice.send('F', (w) => {
    w.text(11, 'CANARYCANCEL')
      .text(41, CANARY[2]!)
      .text(55, 'SPY')
      .char(54, 0x31)
      .int(38, 400)
      .timestamp(60, Date.now() * 1000);
  });
  const cancel = await venue.next((m) => m[35] === 'F');
  venue.send('8', execution(cancel, '4'));
  const cancelled = await alice.next((m) => m[150] === '4');
  assert.deepEqual([cancelled[39], cancelled[151], cancelled[14]], ['4', '0', '100']);

  const sent = Buffer.concat(bytes).toString('latin1');
  assert.match(sent, /35=D.*HOUSE01/s);
  for (const canary of [...CANARY, 'CANARY', 'MERIDIAN']) assert.ok(!sent.includes(canary), `${canary} left the house`);
  // Nor a client's dense id or the order's own number, in any tag that is not the venue's business.
  const tags = new Set(
    sent
      .slice(0, -1)
      .split('\u0001')
      .map((field) => Number.parseInt(field, 10)),
  );
  const allowed = [1, 8, 9, 10, 11, 21, 34, 35, 38, 40, 41, 44, 49, 52, 54, 55, 56, 59, 60, 98, 108, 112, 207];
  assert.deepEqual(
    [...tags].filter((tag) => !allowed.includes(tag)),
    [],
  );
  assert.equal(service.status().orders.live, 0);
});

test('a refused order says its code, what was asked and what would pass; a foreign message type is refused', async (t) => {
  const { clientPort } = await world(t);
  const alice = await client(t, clientPort);
  alice.send('D', order('Q1', { quantity: 350 }));
  const lot = await alice.next((m) => m[35] === '8');
  assert.deepEqual([lot[150], lot[103]], ['8', '13']);
  assert.match(lot[58]!, /^OFF_LOT: .*350.*300 would pass/);
  alice.send('D', order('Q2', { account: 'NOBODY' }));
  assert.equal((await alice.next((m) => m[11] === 'Q2'))[103], '15');
  alice.send('D', order('Q3', { symbol: 'NONE' }));
  assert.equal((await alice.next((m) => m[11] === 'Q3'))[103], '1');
  alice.send('D', order('Q4', { currency: 'HKD' }));
  assert.match((await alice.next((m) => m[11] === 'Q4'))[58]!, /^ORDER_CURRENCY_MISMATCH/);
  alice.send('D', order('Q5', { quantity: 59_000, account: 'USD1' }));
  assert.match((await alice.next((m) => m[11] === 'Q5'))[58]!, /^POSITION_LIMIT/);
  alice.send('F', (w) =>
    w
      .text(11, 'Q6')
      .text(41, 'NEVER')
      .text(55, 'SPY')
      .char(54, 0x31)
      .int(38, 1)
      .timestamp(60, Date.now() * 1000),
  );
  const unknown = await alice.next((m) => m[35] === '9');
  assert.deepEqual([unknown[102], unknown[434], unknown[37]], ['1', '1', 'NONE']);
  alice.send('H', (w) => w.text(11, 'Q1').text(55, 'SPY').char(54, 0x31));
  const status = await alice.next((m) => m[150] === 'I');
  assert.deepEqual([status[39], status[11]], ['8', 'Q1']);
  alice.send('q', (w) =>
    w
      .text(11, 'Q7')
      .char(530, 0x37)
      .timestamp(60, Date.now() * 1000),
  );
  assert.deepEqual((await alice.next((m) => m[35] === 'j'))[380], '3');
});

test('what a broken connection or a restart swallowed is sent again from the log, once, on both sides', async (t) => {
  const first = await world(t);
  const alice = await client(t, first.clientPort);
  alice.send('D', order('A1'));
  const child = await first.venue.next((m) => m[35] === 'D');
  await alice.next((m) => m[150] === 'A');
  // The venue's line breaks; an order is taken meanwhile and reaches the venue by resend.
  first.cut();
  alice.send('D', order('A2'));
  await alice.next((m) => m[11] === 'A2');
  first.venue.send('8', execution(child, '0'));
  const late = await first.venue.next((m) => m[35] === 'D');
  assert.notEqual(late[11], child[11]);
  assert.equal((await alice.next((m) => m[11] === 'A1' && m[150] === '0'))[39], '0');

  const { seq, stateHash } = first.service.status();
  await first.close();
  const again = await replay(first.dir, new MarketNode('ARCX'), seq);
  assert.equal(again.stateHash, stateHash);

  const second = await world(t, first.dir, first.venue);
  first.venue.send('8', execution(child, 'F', { quantity: 300 }));
  const bob = new Peer(CANARY[3]!, 'MERIDIAN');
  // A client that lost everything it had received asks from the beginning.
  for (let i = 1; i < alice.store.nextOut(); i++) bob.store.allocate('0', () => {});
  await client(t, second.clientPort, bob);
  const fill = await bob.next((m) => m[150] === 'F');
  assert.equal(fill[11], 'A1');
  const before = second.service.status().orders;
  assert.equal(before.live, 1);
});

test('[TC-5] business time stops at every boundary on the way, and the day is cut when the venue has answered', async (t) => {
  const { service, venue, clientPort } = await world(t);
  const alice = await client(t, clientPort);
  alice.send('D', order('D1'));
  const child = await venue.next((m) => m[35] === 'D');
  venue.send('8', execution(child, '0'));
  await alice.next((m) => m[150] === '0');
  const advanced = service.advance(STAGE.close + 3_600_000_000);
  const cancel = await venue.next((m) => m[35] === 'F');
  venue.send('8', execution(cancel, '4'));
  const expired = await alice.next((m) => m[150] === 'C');
  assert.equal(expired[39], 'C');
  await advanced;
  assert.equal(service.status().phase, 'closed');
  assert.equal(service.status().time, STAGE.close + 3_600_000_000);
  alice.send('D', order('D2'));
  assert.match((await alice.next((m) => m[11] === 'D2'))[58]!, /^MARKET_CLOSED/);
});

test('a fact that contradicts the node is refused by code and changes nothing; doors need their sessions', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'market-service-'));
  const service = await openMarketNode({
    dir,
    market: 'ARCX',
    clientFix: { compId: 'MERIDIAN', port: 0, sessions: [{ session: 1, compId: 'A', accounts: {} }] },
    venue: { order: { session: 3, compId: 'HOUSE', venueCompId: 'VENUE', host: '127.0.0.1', port: 1 } },
    clock: { now: () => 0 },
    log: { syncPolicy: 'page-cache', segmentBytes: 4 << 20 },
  });
  t.after(async () => {
    await service.close();
    await rm(dir, { recursive: true, force: true });
  });
  await assert.rejects(service.openDoors(), { code: 'SESSION_UNDEFINED' });
  const entry: Command = { name: 'list-entry', body: { listing: 9, scope: 'firm', scopeId: 1, permission: 1 } };
  await assert.rejects(service.submit(entry), { code: 'FACT_REFUSED' });
  await assert.rejects(service.submit({ name: 'list-entry', body: { listing: 0 } } as never), { code: 'CONFIG_INVALID' });
});
