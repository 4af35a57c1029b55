import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { replay } from '@meridian/log';
import { MarketNode } from '../engine/market-node.ts';
import { price, STAGE, stageFacts } from '../engine/rehearsal.ts';
import { type MarketService, openMarketNode } from './market-service.ts';

/**
 * What a client can do wrong at the node's FIX door, over a real socket and byte by byte. Every case ends with the proof
 * that nothing was lost: the session lives on where it should, and the log replays to the hash the node has.
 */

type Fields = Readonly<Record<string, string>>;

/** SOH, 10=nnn, SOH. */
const CHECKSUM_FIELD = 8;

/** A client that writes its own bytes: it may send anything. */
class RawClient {
  seq = 1;
  readonly #socket: Socket;
  readonly #heard: Fields[] = [];
  #text = '';
  #ended = false;
  #wake = () => {};

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (chunk: Buffer) => this.#read(chunk.toString('latin1')));
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#ended = true;
      this.#wake();
    });
  }

  #read(text: string): void {
    this.#text += text;
    for (;;) {
      const sum = this.#text.indexOf('\u000110=');
      if (sum < 0 || this.#text.length < sum + CHECKSUM_FIELD) break;
      const whole = this.#text.slice(0, sum + CHECKSUM_FIELD);
      this.#text = this.#text.slice(whole.length);
      const pairs = whole.split('\u0001').map((field) => field.split(/=([\s\S]*)/, 2) as [string, string]);
      this.#heard.push(Object.fromEntries(pairs.reverse()));
    }
    this.#wake();
  }

  bytes(raw: string | Buffer): void {
    this.#socket.write(raw);
  }

  /** Sends a message under the next number, or under `seq`. */
  send(type: string, body: string, seq?: number): void {
    this.bytes(message(type, body, seq ?? this.seq++));
  }

  logon(): Promise<Fields> {
    this.send('A', '98=0|108=0');
    return this.next((m) => m['35'] === 'A');
  }

  /** Waits for a message that fits and forgets what came before it. */
  async next(fits: (message: Fields) => boolean): Promise<Fields> {
    for (;;) {
      const at = this.#heard.findIndex(fits);
      if (at >= 0) return this.#heard.splice(0, at + 1).at(-1) as Fields;
      assert.ok(!this.#ended, `the connection ended: ${JSON.stringify(this.#heard)}`);
      await this.#changed(String(fits));
    }
  }

  async ended(): Promise<readonly Fields[]> {
    while (!this.#ended) await this.#changed('the end of the connection');
    return this.#heard;
  }

  #changed(what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`never came: ${what}; heard ${JSON.stringify(this.#heard)}`)), 10_000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Everything sent so far was read, and the session lives: a test request is answered. */
  async lives(): Promise<void> {
    const id = `ALIVE${this.seq}`;
    this.send('1', `112=${id}`);
    await this.next((m) => m['35'] === '0' && m['112'] === id);
  }

  close(): void {
    this.#socket.destroy();
  }
}

const fixNow = (): string => new Date().toISOString().replaceAll('-', '').replace('T', '-').slice(0, 21);

/** A FIX 4.4 message with right length and sum; `|` stands for SOH. */
function message(type: string, body: string, seq: number, more = ''): string {
  const fields = `35=${type}|34=${seq}|49=CLIENT|56=MERIDIAN|52=${fixNow()}|${more}${body}|`.replaceAll('|', '\u0001');
  const head = `8=FIX.4.4\u00019=${fields.length}\u0001${fields}`;
  return `${head}10=${String(sumOf(head) % 256).padStart(3, '0')}\u0001`;
}

function sumOf(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
  return sum;
}

/** A sound order of 300 SPY, with some of its fields written otherwise; null leaves a field out. */
function order(id: string, over: Readonly<Record<number, string | null>> = {}): string {
  const fields: Record<number, string | null> = {
    ...{ 11: id, 1: 'CNY1', 21: '1', 55: 'SPY', 207: 'ARCX', 54: '1', 77: 'O', 60: fixNow(), 38: '300', 40: '2', 44: '167.5' },
    ...over,
  };
  return Object.entries(fields)
    .filter(([, value]) => value !== null)
    .map(([tag, value]) => `${tag}=${value}`)
    .join('|');
}

interface Door {
  readonly service: MarketService;
  readonly client: RawClient;
  dial(): RawClient;
}

async function openDoor(t: TestContext): Promise<Door> {
  const dir = await mkdtemp(join(tmpdir(), 'bad-input-'));
  const service = await openMarketNode({
    dir,
    market: 'ARCX',
    clientFix: {
      compId: 'MERIDIAN',
      port: 0,
      sessions: [{ session: STAGE.client, compId: 'CLIENT', accounts: { CNY1: STAGE.mainland } }],
    },
    // No venue answers: what is taken stays pending.
    venue: { order: { session: STAGE.venue, compId: 'HOUSE', venueCompId: 'VENUE', host: '127.0.0.1', port: 1 } },
    clock: { now: () => 0 },
    log: { syncPolicy: 'page-cache', segmentBytes: 1 << 20 },
  });
  const clients: RawClient[] = [];
  t.after(async () => {
    for (const client of clients) client.close();
    const { seq, stateHash } = service.status();
    await service.close();
    // Whatever was sent: the log holds exactly what the node knows.
    const again = await replay(dir, new MarketNode('ARCX'), seq);
    await rm(dir, { recursive: true, force: true });
    assert.equal(again.stateHash, stateHash);
  });
  for (const fact of stageFacts()) await service.submit(fact);
  await service.advance(STAGE.open);
  await service.submit(price(STAGE.open));
  const { clientPort } = await service.openDoors();
  const dial = () => {
    const client = new RawClient(clientPort);
    clients.push(client);
    return client;
  };
  const client = dial();
  await client.logon();
  return { service, client, dial };
}

/** The answer to an order: 8 with its id. */
const report = (client: RawClient, id: string) => client.next((m) => m['35'] === '8' && m['11'] === id);

test('garbled bytes, a wrong sum and a false length are passed over: no number is used, nothing is traded', async (t) => {
  const { service, client } = await openDoor(t);
  const sound = message('D', order('G1'), client.seq);
  client.bytes('\u0000\u0001\u0002 not a message 8=FIX 8=FIX.4.4\u0001\u0001');
  client.bytes(sound.replace(/10=(\d{3})/, (_, sum: string) => `10=${String((Number(sum) + 1) % 256).padStart(3, '0')}`));
  client.bytes(sound.replace('38=300', '38=900'));
  client.bytes(sound.replace(/9=(\d+)/, (_, length: string) => `9=${Number(length) - 1}`));
  client.bytes(sound.replace('8=FIX.4.4', '8=FIX.4.9'));
  await client.lives();
  assert.equal(service.status().orders.known, 0);
  client.send('D', order('G1'));
  assert.equal((await report(client, 'G1'))['150'], 'A');
  assert.equal(service.status().orders.known, 1);
});

test('an over-long message is dropped at its head, one without an end at the bound, and the next one is read', async (t) => {
  const { service, client } = await openDoor(t);
  client.bytes(`8=FIX.4.4\u00019=99999999\u000135=D\u0001${'x'.repeat(300_000)}`);
  await client.lives();
  client.bytes(message('D', `${order('L1')}|58=${'y'.repeat(70_000)}`, client.seq));
  await client.lives();
  client.bytes(`8=FIX.4.4\u00019=${'0'.repeat(200_000)}`);
  await client.lives();
  assert.equal(service.status().orders.known, 0);
});

test('an order with a number already used ends the session and is not traded; what was taken before is there', async (t) => {
  const { service, client, dial } = await openDoor(t);
  client.send('D', order('S1'));
  await report(client, 'S1');
  client.send('D', order('S2'), 2);
  const logout = await client.next((m) => m['35'] === '5');
  assert.match(logout['58'] ?? '', /MsgSeqNum/i);
  await client.ended();
  assert.equal(service.status().orders.known, 1);
  // The same order as a possible duplicate is passed over in silence.
  const again = dial();
  again.seq = client.seq;
  await again.logon();
  again.bytes(message('D', order('S1'), 2, `43=Y|122=${fixNow()}|`));
  await again.lives();
  assert.equal(service.status().orders.known, 1);
});

test('an order ahead of its number waits until the gap is filled, and is then traded once, in order', async (t) => {
  const { service, client } = await openDoor(t);
  const gap = client.seq++;
  client.send('D', order('AHEAD'));
  const asked = await client.next((m) => m['35'] === '2');
  assert.equal(Number(asked['7']), gap);
  assert.equal(service.status().orders.known, 0);
  client.bytes(message('D', order('FIRST'), gap, `43=Y|122=${fixNow()}|`));
  await report(client, 'FIRST');
  await report(client, 'AHEAD');
  assert.equal(service.status().orders.known, 2);
});

test('fields that are no numbers, missing, empty, repeated or too big are rejected by tag and reach no engine', async (t) => {
  const { service, client } = await openDoor(t);
  const rejected: [string, string][] = [
    [order('M1', { 38: 'many' }), '38'],
    [order('M2', { 38: '1e3' }), '38'],
    [order('M3', { 38: '99999999999999999999' }), '38'],
    [order('M4', { 38: '100.5' }), '38'],
    [order('M5', { 44: 'NaN' }), '44'],
    [order('M6', { 44: '167.123456789' }), '44'],
    [order('M7', { 44: '' }), '44'],
    [order('M8', { 54: 'BUY' }), '54'],
    [order('M9', { 60: '20131307-10:00:00' }), '60'],
    [order('M10', { 40: null }), '40'],
    [order('M11', { 11: `I${'D'.repeat(300)}` }), '11'],
    [`${order('M12')}|38=300`, '38'],
    [`${order('M13')}|9999=1`, '9999'],
  ];
  for (const [body, tag] of rejected) {
    client.send('D', body);
    const reject = await client.next((m) => m['35'] === '3');
    assert.equal(reject['371'], tag, `${body} → ${JSON.stringify(reject)}`);
  }
  client.send('D', order('M14', { 11: null }));
  assert.equal((await client.next((m) => m['35'] === '3'))['371'], '11');
  assert.equal(service.status().orders.known, 0);
  await client.lives();
});

test('unknown account, listing, market and currency; absurd, negative, off-tick and off-lot orders: each has its code', async (t) => {
  const { service, client } = await openDoor(t);
  const refused: [string, Readonly<Record<number, string | null>>][] = [
    ['ORDER_ACCOUNT_UNKNOWN', { 1: 'NOBODY' }],
    ['ORDER_ACCOUNT_UNKNOWN', { 1: '__proto__' }],
    ['ORDER_ACCOUNT_UNKNOWN', { 1: 'constructor' }],
    ['ORDER_LISTING_UNKNOWN', { 55: 'NONE' }],
    ['ORDER_LISTING_UNKNOWN', { 207: 'XHKG' }],
    ['ORDER_CURRENCY_MISMATCH', { 15: 'HKD' }],
    ['ORDER_CURRENCY_MISMATCH', { 15: 'ZZZ' }],
    ['QUANTITY_REFUSED', { 38: '0' }],
    ['QUANTITY_REFUSED', { 38: '-300' }],
    ['QUANTITY_REFUSED', { 38: '100000000' }],
    ['OFF_LOT', { 38: '350' }],
    ['OFF_TICK', { 44: '167.505' }],
    ['OUTSIDE_COLLAR', { 44: '-167.5' }],
    ['OUTSIDE_COLLAR', { 44: '0.0001' }],
    ['OUTSIDE_COLLAR', { 44: '9999999' }],
    ['PRICE_ABSENT', { 55: 'IBM' }],
  ];
  let no = 0;
  for (const [code, over] of refused) {
    const id = `U${++no}`;
    client.send('D', order(id, over));
    const answer = await report(client, id);
    assert.deepEqual([answer['150'], answer['39']], ['8', '8'], code);
    assert.ok(answer['58']?.startsWith(`${code}: `), `${JSON.stringify(over)}: ${code} expected, ${answer['58']}`);
  }
  assert.equal(service.status().orders.live, 0);
  client.send('D', order('SOUND'));
  assert.equal((await report(client, 'SOUND'))['150'], 'A');
});

test('a stale price and a closed market refuse the order and say so', async (t) => {
  const { service, client } = await openDoor(t);
  await service.advance(STAGE.open + 61_000_000);
  client.send('D', order('OLD'));
  assert.match((await report(client, 'OLD'))['58'] ?? '', /^PRICE_STALE: /);
  await service.advance(STAGE.close + 60_000_000);
  client.send('D', order('LATE'));
  assert.match((await report(client, 'LATE'))['58'] ?? '', /^MARKET_CLOSED: /);
  assert.equal(service.status().orders.live, 0);
});

test('an id that comes again gets its first answer; with another body it is refused; neither trades twice', async (t) => {
  const { service, client } = await openDoor(t);
  client.send('D', order('TWICE'));
  const first = await report(client, 'TWICE');
  client.send('D', order('TWICE'));
  const second = await report(client, 'TWICE');
  assert.deepEqual([second['37'], second['38'], second['39']], [first['37'], '300', first['39']]);
  client.send('D', order('TWICE', { 38: '400' }));
  assert.match((await report(client, 'TWICE'))['58'] ?? '', /^DUPLICATE_ID: /);
  assert.equal(service.status().orders.live, 1);
});
