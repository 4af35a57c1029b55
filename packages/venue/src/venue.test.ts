import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseInstant } from '@meridian/base';
import { connect, type FieldWriter, type FixMessage, MemorySessionStore, Session } from '@meridian/fix';
import { replay } from '@meridian/log';
import { DATA_DIR, loadMarketFacts } from '@meridian/market';
import { dictionary } from './dictionary.ts';
import { type Recording, readRecording } from './recording.ts';
import { startVenue, type Venue, type VenueOptions } from './venue.ts';
import { createVenueMachine } from './venue-machine.ts';

const facts = loadMarketFacts();
let shared: Promise<Recording> | undefined;
const recording = () => {
  shared ??= readRecording(`${DATA_DIR}session`);
  return shared;
};

const SPY = {
  symbol: 'SPY',
  isin: 'US78462F1030',
  currency: 'USD',
  tick: '0.01',
  quantityMax: 1_000_000,
  securityClass: 'etf',
} as const;

/** What a test opened is closed in the opposite order. */
const opened = new WeakMap<TestContext, (() => Promise<unknown> | undefined)[]>();
function later(t: TestContext, close: () => Promise<unknown> | undefined): void {
  const list = opened.get(t);
  if (list !== undefined) {
    list.push(close);
    return;
  }
  const fresh = [close];
  opened.set(t, fresh);
  t.after(async () => {
    for (const each of fresh.reverse()) await each();
  });
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'venue-'));
  later(t, () => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function options(dir: string): Promise<VenueOptions> {
  return {
    ...{ dir: join(dir, 'log'), mic: 'ARCX', listings: [SPY], sessionData: await recording(), orderPort: 0, marketDataPort: 0 },
    ...{ dropDir: join(dir, 'drop'), compIds: { venue: 'ARCX', members: ['HEDGE'], subscribers: ['HEDGE-MD'] }, facts },
    ...{ syncPolicy: 'page-cache', commissionPerUnit: '0.0020' },
  };
}

interface Client {
  readonly session: Session;
  /** Messages received, as tag → text of the first field with it. */
  readonly heard: Record<number, string>[];
  send(type: string, write: (writer: FieldWriter) => void): void;
  /** Waits until a message that fits has come; it and all before it are taken off `heard`. */
  next(fits: (message: Record<number, string>) => boolean): Promise<Record<number, string>>;
  close(): Promise<void>;
}

function client(port: number, sender: string, store = new MemorySessionStore(), resetOnLogon = false): Client {
  const heard: Record<number, string>[] = [];
  let wake = () => {};
  const session = new Session({
    ...{ dictionary, senderCompId: sender, targetCompId: 'ARCX', store, resetOnLogon },
    application: {
      onApplication(message: FixMessage, seq: number) {
        store.advanceIn(seq + 1);
        const fields: Record<number, string> = {};
        for (let i = 0; i < message.count; i++) fields[message.tags[i] as number] ??= message.textAt(i);
        heard.push(fields);
        wake();
      },
      onLogon: () => wake(),
      onReject(message: FixMessage) {
        heard.push({ 35: '3', 371: message.text(371) ?? '', 45: message.text(45) ?? '' });
        wake();
      },
    },
  });
  const initiator = connect({ host: '127.0.0.1', port, session, retryMillisMin: 20 });
  const changed = () =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`nothing came; heard ${JSON.stringify(heard)}`)), 10_000);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  return {
    session,
    heard,
    send: (type, write) => void store.send(session, type, write),
    async next(fits) {
      for (;;) {
        const index = heard.findIndex(fits);
        if (index >= 0) return heard.splice(0, index + 1).at(-1) as Record<number, string>;
        await changed();
      }
    },
    close: () => initiator.close(),
  };
}

async function up(session: Session): Promise<void> {
  for (let i = 0; i < 500 && !session.isUp; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(session.isUp, 'logged on');
}

function newOrder(clOrdId: string, side: string, quantity: number, price: string | null, symbol = 'SPY') {
  return (writer: FieldWriter) => {
    writer.text(11, clOrdId).text(1, 'HOUSE1').text(55, symbol).text(207, 'ARCX').text(54, side).int(38, quantity);
    writer
      .text(40, price === null ? '1' : '2')
      .text(59, '0')
      .timestamp(60, Date.now() * 1000);
    if (price !== null) writer.text(44, price);
  };
}

const OPEN = parseInstant('2013-10-07T13:30:00Z');
const CLOSE = parseInstant('2013-10-07T20:00:00Z');

/** A minute into the session, with the house logged on. */
async function openDay(t: TestContext) {
  const dir = await folder(t);
  const venue = await startVenue(await options(dir));
  later(t, () => venue.close());
  const house = client(venue.ports.order, 'HEDGE');
  later(t, () => house.close());
  await up(house.session);
  await venue.advance(OPEN + 60_000_000);
  return { dir, venue, house };
}

test('a day over FIX: orders are filled from recorded liquidity, the broker file tells exactly what was reported', async (t) => {
  const { dir, venue, house } = await openDay(t);
  house.send('D', newOrder('m1', '1', 200, null));
  const fill = await house.next((m) => m[150] === 'F' && m[11] === 'm1');
  assert.deepEqual([fill[32], fill[39], fill[151], fill[1], fill[30]], ['200', '2', '0', 'HOUSE1', 'ARCX']);
  assert.equal(fill[60], '20131007-13:31:00.000', 'the time of a report is business time');
  assert.ok((fill[52] as string) > '2024', 'the time of sending is not');
  house.send('D', newOrder('l1', '2', 300, '167.60'));
  assert.equal((await house.next((m) => m[11] === 'l1'))[150], '0');
  house.send('D', newOrder('l2', '1', 100, '150'));
  await house.next((m) => m[11] === 'l2' && m[150] === '0');
  house.send('H', (w) => w.text(11, 'l2').text(55, 'SPY').text(54, '1'));
  assert.equal((await house.next((m) => m[150] === 'I'))[39], '0');
  const played = await venue.advance(CLOSE);
  assert.equal(played.time, CLOSE);
  const fills: Record<number, string>[] = [fill];
  for (let left = 300; left > 0; ) {
    const part = await house.next((m) => m[150] === 'F' && m[11] === 'l1');
    fills.push(part);
    left = Number(part[151]);
  }
  assert.equal((await house.next((m) => m[150] === 'C'))[11], 'l2');

  const path = await venue.brokerFile('2013-10-07');
  const lines = (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  assert.equal(lines[0]?.join(','), 'H,broker-fills,1,ARCX,2013-10-07,2013-10-07T20:00:00.000Z');
  const rows = lines.slice(1, -1);
  assert.deepEqual(
    rows.map((r) => [r[2], r[11], Number(r[12])]),
    fills.map((f) => [f[17], f[32], Number(f[31])]),
  );
  const quantity = rows.reduce((sum, r) => sum + Number(r[11]), 0);
  const value = rows.reduce((sum, r) => sum + Math.round(Number(r[11]) * Number(r[12]) * 10_000), 0);
  assert.deepEqual(lines.at(-1), ['T', String(rows.length), '500', (value / 10_000).toFixed(4)]);
  assert.equal(quantity, 500);
  for (const r of rows) {
    assert.deepEqual([r[6], r[7], r[8], r[9], r[15]], ['HOUSE1', 'US78462F1030', 'SPY', 'ARCX', '2013-10-10']);
    const sells = r[10] === 'SELL';
    const notional = Number(r[11]) * Number(r[12]);
    assert.equal(
      r[18],
      sells ? (Math.ceil(notional * 0.0000174 * 100 - 1e-9) / 100).toFixed(2) : '0.00',
      'Section 31 at 17.40 per million, sales only',
    );
    assert.equal(r[19], sells ? (Math.ceil(Number(r[11]) * 0.000119 * 100 - 1e-9) / 100).toFixed(2) : '0.00');
  }
  const commission = rows.reduce((sum, r) => sum + Math.round(Number(r[17]) * 100), 0);
  assert.equal(commission, 40 + 60, 'half up per order, however many fills');
  assert.deepEqual((await readdir(join(dir, 'drop'))).sort(), ['broker-ARCX-20131007.csv', 'broker-ARCX-20131007.csv.done']);
});

test('a subscriber gets a snapshot, then increments in business time, the opening and the official close', async (t) => {
  const dir = await folder(t);
  const venue = await startVenue(await options(dir));
  later(t, () => venue.close());
  await venue.advance(OPEN + 30_000_000);
  const feed = client(venue.ports.marketData, 'HEDGE-MD', new MemorySessionStore(), true);
  later(t, () => feed.close());
  await up(feed.session);
  const subscribe = (id: string, symbol: string) => (w: FieldWriter) => {
    w.text(262, id).text(263, '1').int(264, 1).text(265, '1').int(267, 3).text(269, '0').text(269, '1').text(269, '2');
    w.int(146, 1).text(55, symbol);
  };
  feed.send('V', subscribe('bad', 'XXX'));
  assert.equal((await feed.next((m) => m[35] === 'Y'))[281], '0');
  feed.send('V', subscribe('s1', 'SPY'));
  const snapshot = await feed.next((m) => m[35] === 'W');
  assert.deepEqual([snapshot[55], snapshot[269], snapshot[272]], ['SPY', '0', '20131007']);
  const { marketData } = await venue.advance(OPEN + 90_000_000);
  await feed.next((m) => m[34] === String(marketData));
  await venue.advance(parseInstant('2013-10-07T19:58:00Z'));
  feed.heard.length = 0;
  await venue.advance(parseInstant('2013-10-07T20:01:00Z'));
  const close = await feed.next((m) => m[35] === 'X' && m[269] === '5');
  assert.deepEqual([close[270], close[273]], ['167.42', '20:00:00.735']);
});

test('garbled, unknown and malformed FIX is refused, nothing is lost and the session lives on', async (t) => {
  const dir = await folder(t);
  const venue = await startVenue(await options(dir));
  later(t, () => venue.close());
  await venue.advance(OPEN + 1_000_000);
  const raw = connectSocket(venue.ports.order, '127.0.0.1');
  raw.on('error', () => {});
  raw.write('8=FIX.4.4\x019=5\x0135=D\x0110=000\x01 and other noise');
  await new Promise((resolve) => raw.once('close', resolve));
  const stranger = client(venue.ports.order, 'NOBODY');
  later(t, () => stranger.close());
  const house = client(venue.ports.order, 'HEDGE');
  later(t, () => house.close());
  await up(house.session);
  house.send('E', (w) =>
    w.text(66, 'list').int(394, 3).int(68, 1).int(73, 1).text(11, 'x').int(67, 1).text(55, 'SPY').text(54, '1').int(38, 1),
  );
  assert.equal((await house.next((m) => m[35] === 'j'))[372], 'E');
  house.send('D', newOrder('a,b', '1', 100, '167.00'));
  assert.equal((await house.next((m) => m[35] === '3'))[371], '11');
  house.send('D', (w) =>
    w.text(11, 'p').text(55, 'SPY').text(54, '1').int(38, 1).text(40, '2').text(44, '1.00001').timestamp(60, 0),
  );
  assert.equal((await house.next((m) => m[35] === '3'))[371], '44');
  house.send('D', newOrder('u', '1', 100, '167.00', 'XXX'));
  assert.equal((await house.next((m) => m[11] === 'u'))[103], '1');
  house.send('D', newOrder('n', '1', -5, '167.00'));
  assert.equal((await house.next((m) => m[11] === 'n'))[103], '13');
  house.send('F', (w) => w.text(11, 'c').text(41, 'none').text(55, 'SPY').text(54, '1').timestamp(60, 0));
  assert.deepEqual(
    (({ 35: type, 102: reason, 39: status }) => [type, reason, status])(await house.next((m) => m[11] === 'c')),
    ['9', '1', '8'],
  );
  house.send('D', newOrder('ok', '1', 100, '160.00'));
  assert.equal((await house.next((m) => m[11] === 'ok'))[150], '0');
  house.send('D', newOrder('ok', '1', 100, '160.00'));
  assert.equal((await house.next((m) => m[11] === 'ok'))[103], '6');
  const resent = newOrder('ok', '1', 100, '160.00');
  house.send('D', (w) => resent(w.flag(97, true)));
  assert.equal((await house.next((m) => m[11] === 'ok'))[150], 'I', 'a possible resend is answered with the status');
  assert.equal(stranger.session.isUp, false);
  assert.equal(venue.status().orders, 1);
});

test('an operator busts and corrects over FIX and the file; an unknown execution is refused', async (t) => {
  const { dir, venue, house } = await openDay(t);
  house.send('D', newOrder('a', '1', 100, null));
  const first = await house.next((m) => m[150] === 'F');
  await venue.correct(first[17] as string, '167.00');
  const corrected = await house.next((m) => m[150] === 'G');
  assert.deepEqual([corrected[19], corrected[31], corrected[6]], [first[17], '167', '167']);
  await venue.bust(corrected[17] as string);
  const busted = await house.next((m) => m[150] === 'H');
  assert.deepEqual([busted[19], busted[14], busted[39]], [corrected[17], '0', '4']);
  await assert.rejects(venue.bust(first[17] as string), { code: 'EXECUTION_UNKNOWN' });
  await assert.rejects(venue.bust('nonsense'), { code: 'EXECUTION_UNKNOWN' });
  await assert.rejects(venue.brokerFile('2013-10-07'), { code: 'BROKER_FILE_NOT_DUE' });
  await writeFile(join(dir, 'drop'), 'a file where a folder belongs');
  await assert.rejects(venue.advance(CLOSE), { code: 'EEXIST' });
  await rm(join(dir, 'drop'));
  await venue.advance(CLOSE);
  const lines = (await readFile(await venue.brokerFile('2013-10-07'), 'utf8')).trimEnd().split('\n');
  assert.deepEqual(
    lines.slice(1, -1).map((line) => line.split(',')[1]),
    ['FILL', 'BUST', 'FILL', 'BUST'],
  );
  assert.equal(lines.at(-1), 'T,4,0,0.0000');
});

test('a reconnecting member gets what it missed, written again from the events', async (t) => {
  const dir = await folder(t);
  const venues: Venue[] = [];
  const start = async () => {
    const venue = await startVenue(await options(dir));
    venues.push(venue);
    return venue;
  };
  later(t, () => venues.at(-1)?.close());
  const store = new MemorySessionStore();
  let venue = await start();
  await venue.advance(OPEN + 60_000_000);
  const house = client(venue.ports.order, 'HEDGE', store);
  await up(house.session);
  house.send('D', newOrder('a', '2', 100, '167.60'));
  await house.next((m) => m[150] === '0');
  await house.close();
  await venue.advance(CLOSE);
  const { stateHash } = venue.status();
  await venue.close();
  assert.equal(
    (await replay(join(dir, 'log'), createVenueMachine(await recording()))).stateHash,
    stateHash,
    'replay tells the same',
  );
  const file = join(dir, 'drop', 'broker-ARCX-20131007.csv');
  const before = await readFile(file, 'utf8');
  await rm(join(dir, 'drop'), { recursive: true });
  venue = await start();
  assert.equal(await readFile(file, 'utf8'), before, 'a lost file is dropped again, byte for byte');
  const again = client(venue.ports.order, 'HEDGE', store);
  later(t, () => again.close());
  const fill = await again.next((m) => m[150] === 'F');
  assert.deepEqual([fill[43], fill[11]], ['Y', 'a']);
  await assert.rejects(venue.advance(OPEN), { code: 'VENUE_TIME_PAST' });
  const other = { ...(await options(dir)), dir: join(dir, 'log'), listings: [{ ...SPY, tick: '0.05' }] };
  await venue.close();
  await assert.rejects(startVenue(other), { code: 'VENUE_CONFIG_CHANGED' });
  const real = await recording();
  const edited = { ...real, files: real.files.map((file) => ({ ...file, sha256: file.sha256.replace(/^./, 'f') })) };
  await assert.rejects(
    startVenue({ ...(await options(dir)), sessionData: { ...edited, files: [...edited.files].slice(1) } }),
    /RECORDING_CHANGED/,
  );
});

test('a port in use, a folder in use and a folder without a recording are refused, and nothing stays open', async (t) => {
  const dir = await folder(t);
  const venue = await startVenue(await options(dir));
  later(t, () => venue.close());
  await assert.rejects(startVenue(await options(dir)), { code: 'LOG_LOCKED' });
  const second = { ...(await options(dir)), dir: join(dir, 'second'), marketDataPort: venue.ports.marketData };
  await assert.rejects(startVenue(second), { code: 'FIX_PORT_IN_USE' });
  const third = await startVenue({ ...second, marketDataPort: 0 });
  await third.close();
  await assert.rejects(startVenue({ ...second, sessionData: join(dir, 'nowhere') }), { code: 'RECORDING_MISSING' });
});
