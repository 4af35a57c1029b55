import './rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ledgerVerify, openAccountCentre } from '@meridian/accounts';
import { type Instant, parseInstant, silentLogger } from '@meridian/base';
import { applyCatalogue } from '@meridian/catalog';
import { lastPosition } from '@meridian/log';
import { DATA_DIR, loadMarketFacts } from '@meridian/market';
import { decodeCommand, readEvent } from '@meridian/messages';
import { openAuditLog, openAuthority } from '@meridian/security';
import { type Postgres, type ScratchDatabase, scratchDatabase, startPostgres } from '@meridian/store';
import { type MarketService, openMarketNode } from '@meridian/trading';
import { startVenue, type Venue } from '@meridian/venue';
import { createFolders, dataFolder } from './data-folder.ts';
import { DEMO_BEGIN, demoAccounts, demoReference, HOUSE, OVERSEAS, venueListings } from './demo/cast.ts';
import { type DemoClient, demoClient, type Report } from './demo/client.ts';
import { type House, type NodeAnswer, openHouse } from './house.ts';
import { connectProcess, type Position, type ProcessClient, type ProcessService, serve } from './link/rpc.ts';
import { type DoorTables, marketDoor } from './market-door.ts';
import { portsFrom } from './process/settings.ts';

/**
 * One market's house in this process: a real venue with the recorded morning, a real node behind real FIX, real gRPC and
 * a real database that goes away.
 */
const MARKET = 'ARCX';
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-house-'));
const folder = dataFolder(root);
const facts = loadMarketFacts();
const closers: (() => unknown)[] = [];
let scratch: ScratchDatabase;
let postgres: Postgres;
let venue: Venue;
let node: MarketService | undefined;
let events: Position = { seq: 0, k: 0 };
let clientPort = 0;
let link: ProcessClient;
let house: House;
let client: DemoClient;
const reports: Report[] = [];
let now: Instant = DEMO_BEGIN;

async function openNode(tables: DoorTables): Promise<MarketService> {
  const address = { host: '127.0.0.1', orderPort: venue.ports.order, marketDataPort: venue.ports.marketData };
  const service = await openMarketNode({
    dir: folder.node(MARKET),
    market: MARKET,
    ...marketDoor(MARKET, tables, address, 0, facts, () => node?.log.time ?? 0),
    clock: { now: () => 0 },
    logger: silentLogger,
    log: { consumers: ['accounts'], segmentBytes: 4 << 20, syncPolicy: 'page-cache' },
  });
  service.log.sequencer.onCommitted((batch) => {
    events = lastPosition(batch) ?? events;
  });
  return service;
}

const service: ProcessService = {
  async status(): Promise<NodeAnswer> {
    const told = node?.status();
    const { seq = 0, stateHash = '', orders } = told ?? {};
    return { market: MARKET, seq, stateHash, leader: 'test', orders: orders?.known ?? 0, events, open: clientPort > 0 };
  },
  submit(frame) {
    const { name, body } = decodeCommand(new DataView(frame.buffer, frame.byteOffset, frame.byteLength), 0);
    return (node as MarketService).submit({ name, body } as Parameters<MarketService['submit']>[0]);
  },
  async *tail({ from }) {
    if (node === undefined) throw new Error('no tables yet');
    for await (const batch of node.events(from)) yield batch.bytes;
  },
  async acknowledge({ consumer, upTo }) {
    node?.log.sequencer.acknowledge(consumer, upTo);
    return null;
  },
  async ask({ what, body }) {
    if (what === 'door') node ??= await openNode(body as DoorTables);
    if (what === 'open' && clientPort === 0) clientPort = (await (node as MarketService).openDoors()).clientPort;
    return {};
  },
};

const asText = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? member.toString() : member)));

/** Business time at venue and node; `books` too, unless they are away. */
async function advance(to: string, books = true): Promise<void> {
  now = parseInstant(to);
  const { marketData } = await venue.advance(now);
  await node?.advance(now, { marketData });
  if (books) await house.advance(now);
}

async function until(fits: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (const end = performance.now() + 20_000; !(await fits()); ) {
    assert.ok(performance.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Buys at any price and waits for the whole fill, playing the market on. */
async function buys(id: string, quantity: number, second: number, books: boolean): Promise<void> {
  client.send({
    id,
    account: OVERSEAS.accountCode,
    symbol: 'SPY',
    mic: MARKET,
    side: 'buy',
    effect: 'open',
    quantity,
  });
  await until(() => reports.some((each) => each.id === id), `an answer to ${id}`);
  for (let step = 0; !reports.some((each) => each.id === id && each.status === '2'); step += 5) {
    assert.ok(step < 55, `${id} is not filled: ${JSON.stringify(reports.filter((each) => each.id === id))}`);
    await advance(`2013-10-07T14:${String(second).padStart(2, '0')}:${String(step).padStart(2, '0')}Z`, books);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

before(async () => {
  createFolders(folder);
  const { MIGRATIONS } = await import('./migrations.ts');
  // Killed, not cut from power: what is committed must be with the operating system.
  scratch = await scratchDatabase(MIGRATIONS, { fsync: 'off', synchronous_commit: 'on', shared_buffers: '32MB' });
  postgres = scratch.postgres;
  const { database } = scratch;
  await database.transaction((tx) => applyCatalogue((sql) => tx.query(sql)));
  const authority = await openAuthority(folder.keys);
  venue = await startVenue({
    dir: folder.venue(MARKET),
    mic: MARKET,
    listings: venueListings(MARKET),
    sessionData: path.join(DATA_DIR, 'session'),
    ...{ orderPort: 0, marketDataPort: 0, dropDir: folder.drop },
    compIds: { venue: MARKET, members: [HOUSE], subscribers: [HOUSE] },
    commissionPerUnit: '0.0020',
    syncPolicy: 'page-cache',
  });
  closers.push(() => venue.close());
  const served = await serve(service, await authority.issue('node', MARKET), ['server'], 0, silentLogger);
  closers.push(
    () => node?.close(),
    () => served.close(),
  );
  link = connectProcess(served.port, await authority.issue('server', 'main'), ['node'], 5_000);
  house = await openHouse({
    settings: {
      ...{ data: root, mode: 'demo', markets: [MARKET], ports: portsFrom(1, [MARKET]), speed: 1, role: 'server' },
      databaseUrl: postgres.url,
    },
    folder,
    database,
    facts,
    accounts: openAccountCentre({ pool: database }),
    audit: openAuditLog(database, folder.keys),
    nodes: new Map([[MARKET, link]]),
    story: () => {},
    logger: silentLogger,
  });
  closers.push(
    () => link.close(),
    () => house.close(),
  );
});
after(async () => {
  for (const close of closers.reverse()) await close();
  await postgres?.stop();
  await scratch?.remove();
  fs.rmSync(root, { recursive: true, force: true });
});

const ask = async (what: string, body: unknown) => house.service.ask?.({ what, body }, 'supervisor');
const told = (name: string) => ask(name, null);

test('[UA-6] reference data, accounts and the day reach the node in order: its door opens with slices to trade on', async () => {
  const by = { maker: 'maker', checker: 'checker' };
  await ask('record-reference', { reference: asText(demoReference([MARKET])), by });
  for (const body of demoAccounts([MARKET])) await ask('execute', body);
  await told('introduce');
  for (const time of ['2013-10-07T12:31:00Z', '2013-10-07T13:00:00Z', '2013-10-07T13:30:00Z']) await advance(time);
  const { rows } = await scratch.database.query<{ messages: bigint; sent: bigint }>(
    `SELECT (SELECT max(no) FROM accounts.node_message) AS messages, (SELECT no FROM server.door_cursor) AS sent`,
  );
  assert.ok((rows[0]?.messages ?? 0n) > 0n);
  assert.equal(rows[0]?.sent, rows[0]?.messages);
  const duties = await scratch.database.query<{ duty: string }>('SELECT duty FROM server.duty_done ORDER BY duty');
  assert.deepEqual(
    duties.rows.map(({ duty }) => duty.split(' ')[0]),
    ['day', 'rates'],
  );
  assert.equal(await house.ready(), true);
});

test('what is introduced and delivered again, and duties done again, change nothing', async () => {
  const counts = async () =>
    (
      await scratch.database.query<Record<string, bigint>>(
        `SELECT (SELECT count(*) FROM accounts.command WHERE kind <> 'intake') AS commands, (SELECT count(*) FROM accounts.journal) AS journals,
                (SELECT count(*) FROM accounts.node_message) AS messages, (SELECT sum(granted_cum) FROM accounts.lease) AS granted`,
      )
    ).rows[0];
  const before = { slices: slicesOf(), books: await counts() };
  await told('introduce');
  await advance('2013-10-07T13:30:00Z');
  await scratch.database.query('DELETE FROM server.door_cursor');
  await told('introduce');
  await advance('2013-10-07T13:30:00Z');
  assert.deepEqual({ slices: slicesOf(), books: await counts() }, before);
});

/** What the node may still use of each cell, as it knows it. */
function slicesOf(): unknown {
  const { cells } = (node as MarketService).log.node.client;
  return [...Array(40).keys()].map((cell) => [cells.granted?.[cell] ?? 0, cells.used?.[cell] ?? 0]);
}

test('an order is filled, booked at once, and seen by risk', async () => {
  client = demoClient({
    name: OVERSEAS.compId,
    senderCompId: OVERSEAS.compId,
    targetCompId: HOUSE,
    port: clientPort,
    logger: silentLogger,
    now: () => now,
    record: path.join(root, 'client.jsonl'),
    numbers: path.join(root, 'client.json'),
  });
  closers.push(() => client.close());
  client.onReport((report) => void reports.push(report));
  await client.ready();
  await advance('2013-10-07T14:00:00Z');
  await buys('T1', 200, 1, true);
  await booksHold(200);
});

/** Node, books and risk hold that position, and the books prove true. */
async function booksHold(quantity: number): Promise<void> {
  await house.advance(now);
  const { rows } = await scratch.database.query<{ quantity: bigint; fills: bigint; doubled: bigint }>(
    `SELECT coalesce(sum(quantity), 0)::bigint AS quantity, count(*) AS fills,
            count(*) - count(DISTINCT (market, seq, k)) AS doubled FROM accounts.fill`,
  );
  assert.deepEqual([rows[0]?.quantity, rows[0]?.doubled], [BigInt(quantity), 0n]);
  const log: number[] = [];
  for await (const batch of (node as MarketService).events({ seq: 0, k: 0 })) {
    const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.byteLength);
    for (let at = 0; at < batch.bytes.length; ) {
      const event = readEvent(view, at);
      if (event.name === 'client-fill') log.push(event.body.quantity);
      at += event.header.length;
    }
    if (batch.lastSeq >= events.seq) break;
  }
  assert.deepEqual([log.reduce((sum, each) => sum + each, 0), BigInt(log.length)], [quantity, rows[0]?.fills]);
  const positions = (await told('risk-positions')) as { account: number; quantity: number }[];
  assert.equal(positions.find((each) => each.account === OVERSEAS.account)?.quantity, quantity);
  assert.equal((await ledgerVerify(scratch.database)).fault, null);
}

test('bad input: the database dies while clients trade: the node trades on, its events wait, the books catch up', async () => {
  process.kill(postgres.pid, 'SIGKILL');
  await buys('T2', 300, 5, false);
  await buys('T3', 100, 6, false);
  const { seq } = (await link.status()) as NodeAnswer;
  // The order that fits no slice is refused by the node alone.
  client.send({
    id: 'T4',
    account: OVERSEAS.accountCode,
    symbol: 'SPY',
    mic: MARKET,
    side: 'buy',
    effect: 'open',
    quantity: 40_000,
  });
  await until(() => reports.some((each) => each.id === 'T4'), 'an answer to T4');
  assert.match(reports.find((each) => each.id === 'T4')?.text ?? '', /^LEASE_STATIC: .*would pass/);
  assert.ok(((await link.status()) as NodeAnswer).seq > seq);
  await assert.rejects(ask('execute', demoAccounts([MARKET])[0]));
  postgres = await startPostgres({ dataDir: path.join(scratch.dataDir, 'postgres'), port: postgres.port });
  await until(
    () =>
      house.advance(now).then(
        () => true,
        () => false,
      ),
    'the house is back',
  );
  await booksHold(600);
});

test('bad input: the database hangs for a while: the node trades on, and afterwards nothing is lost or doubled', async () => {
  const processes = [postgres.pid, ...childrenOf(postgres.pid)];
  for (const pid of processes) process.kill(pid, 'SIGSTOP');
  try {
    await buys('T5', 200, 8, false);
    assert.ok((await link.status()) !== undefined);
  } finally {
    for (const pid of processes) process.kill(pid, 'SIGCONT');
  }
  await booksHold(800);
});

function childrenOf(parent: number): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return new RegExp(`\\) \\S ${parent} `).test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
      } catch {
        return false;
      }
    });
}
