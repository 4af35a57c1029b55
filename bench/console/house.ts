import { createInterface } from 'node:readline';
import { jsonText, silentLogger, wallClock } from '@meridian/base';
import { openAuditLog, openAuthorizer, openUserDirectory, type Principal } from '@meridian/security';
import { openDatabase } from '@meridian/store';
import { OrderBoard } from '@meridian/trading';
import type { OrderNames } from '../../packages/server/src/board/order-names.ts';
import { orderView } from '../../packages/server/src/board/order-view.ts';
import { openHttpDoor } from '../../packages/server/src/http/door.ts';
import { sessionEndpoints } from '../../packages/server/src/http/routes/session.ts';
import { STATUS, sampleEndpoints } from '../../packages/server/src/http/scratch-door.fixture.ts';
import { Viewport } from '../../packages/server/src/http/stream/viewport.ts';
import { openBareLine } from './bare-line.ts';
import { ACCOUNTS, LISTINGS, MARKET, OrderTape, timeOf } from './order-tape.ts';

/**
 * As much of the house as a blotter needs, in one process: the HTTP door, its sign-in and its stream over a real database, and
 * the order board behind its live view, fed with events as a node numbers them. Names of accounts and listings, and routes that
 * the page asks besides, are answered by fixtures.
 *
 *   house.ts CONSOLE-FOLDER DATABASE-URL KEYS-FOLDER
 *
 * Says where it is, then takes one request a line and answers with one line of JSON:
 *   feed SECONDS ROWS    the rate to the board, half of it fills of the ROWS newest orders    {"awaited":[[order,filled,at]…],"lateMs":n}
 *   bare SECONDS ROWS    the same, and each change of those rows at once over a bare line
 * `at` is CLOCK_MONOTONIC in milliseconds, just before the board took the event.
 */
const ORDERS = 50_000;
const PER_SECOND = 2_000;
const TICK_MS = 5;
const SEED = 20_131_007;
const USER = 'trader';
const PASSWORD = 'granite lantern 42 orchard';
/** What the console's blotter asks of the view. */
const COLUMNS = [
  ...['at', 'state', 'clientToken', 'accountCode', 'side', 'symbol', 'quantity', 'price', 'filled', 'averagePrice'],
  ...['hedgedPpm', 'order', 'reason', 'market', 'type', 'currency'],
];

const [consoleFolder = '', url = '', keys = ''] = process.argv.slice(2);
const monotonicMs = () => Number(process.hrtime.bigint()) / 1e6;

/** Fixture: what the books would say of the accounts and listings on the tape. */
const accounts = Array.from({ length: ACCOUNTS + 1 }, (_, account) => ({
  ...{ account, code: `FUND${account}-A`, client: BigInt(account), clientToken: `C-${4_100 + account}`, entity: 1n },
}));
const listings = Array.from({ length: LISTINGS + 1 }, (_, listing) => ({
  ...{ listing, symbol: `XL${String.fromCharCode(64 + listing)}`, currency: 'USD', money: 'USD' },
}));
const names: OrderNames = {
  account: (id) => accounts[id],
  listing: (id) => listings[id],
  cellCurrency: () => undefined,
  refresh: async () => {},
};

const tape = new OrderTape(SEED);
const board = new OrderBoard();
for (const event of tape.opening(ORDERS)) board.apply(MARKET, event);
const view = orderView(board, names);

const database = openDatabase({ url });
const audit = openAuditLog(database, keys);
const policy = { secondFactor: 'optional' } as const;
const directory = openUserDirectory({ database, audit, keys, policy });
const authorizer = openAuthorizer();
await directory.create(
  {
    ...{ name: USER, title: { zh: '交易员', en: 'Trader' }, duties: ['trader'], jurisdictions: ['CN'] },
    ...{ entities: [1n], clients: [] },
  },
  { maker: 'operator' },
  { password: PASSWORD },
);
const businessNow = () => timeOf(tape.seq);
const door = await openHttpDoor({
  port: 0,
  endpoints: {
    ...sampleEndpoints({ 'GET /v1/house': { handle: async () => ({ body: houseFixture() }) } }),
    ...sessionEndpoints({
      ...{ database, directory, environment: 'demo', businessNow },
      allowed: (principal) => authorizer.allowedActions(principal, policy),
    }),
  },
  ...{ directory, authorizer, ...policy, audit, database, logger: silentLogger },
  status: { status: async () => STATUS, ready: async () => true },
  staticDir: consoleFolder,
  stream: {
    views: [view],
    pulse: () => ({ businessTime: businessNow(), seq: { [MARKET]: tape.seq }, approvals: 0, alerts: 0 }),
  },
});
const bare = await openBareLine();

/** Fixture: one node, two clocks. */
function houseFixture() {
  const businessTime = new Date(businessNow() / 1_000).toISOString();
  const clock = (market: string, zh: string, en: string, zone: string) => ({
    ...{ market, name: { zh, en }, zone, open: true, phase: 'continuous' },
  });
  return {
    ...{ environment: 'demo' as const, businessTime, approvals: 0, alerts: 0 },
    nodes: [{ market: MARKET, seq: tape.seq, stateHash: 'ab', leader: `${MARKET}/1`, lag: 0, orders: ORDERS }],
    clocks: [clock('XNYS', '纽约', 'New York', 'America/New_York'), clock('XHKG', '香港', 'Hong Kong', 'Asia/Hong_Kong')],
  };
}

type AwaitedAt = readonly [order: number, filled: number, at: number];

/** Feeds evenly; `onTick` after each handful. A tick that comes late brings what is due by then. */
function feed(seconds: number, rows: number, onTick: () => void): Promise<{ awaited: AwaitedAt[]; lateMs: number }> {
  const awaited: AwaitedAt[] = [];
  const begun = monotonicMs();
  let [fed, lateMs, last] = [0, 0, begun];
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = monotonicMs();
      lateMs = Math.max(lateMs, now - last - TICK_MS);
      last = now;
      const due = Math.min(seconds * PER_SECOND, Math.floor(((now - begun) * PER_SECOND) / 1_000));
      const changed = new Set<string>();
      for (; fed < due; fed++) {
        const { event, awaited: seen } = tape.next(rows);
        if (seen !== undefined) awaited.push([seen.order, seen.filled, monotonicMs()]);
        for (const order of board.apply(MARKET, event)) changed.add(order);
      }
      view.changed([...changed]);
      onTick();
      if (fed < seconds * PER_SECOND) return;
      clearInterval(timer);
      resolve({ awaited, lateMs });
    }, TICK_MS);
  });
}

const trader: Principal = {
  ...{
    user: USER,
    duties: ['trader'],
    jurisdiction: 'CN',
    clients: [],
    entities: [1n],
    session: 'bare',
    since: 0,
    strong: false,
  },
};

/** The same changes as the stream would tell, each as soon as it is there. */
async function feedBare(seconds: number, rows: number) {
  const sort = { column: 'at', descending: true };
  const viewport = new Viewport(view, trader, { id: 1, v: 1, range: [0, rows], sort, columns: COLUMNS });
  try {
    return await feed(seconds, rows, () => {
      const message = viewport.flush(new Date(wallClock.now() / 1_000).toISOString());
      if (message === undefined) return;
      bare.send(jsonText(message));
      viewport.acknowledge(message.n);
    });
  } finally {
    viewport.close();
  }
}

process.stdout.write(`${JSON.stringify({ port: door.port, barePort: bare.port, user: USER, password: PASSWORD })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const [verb, seconds, rows] = line.split(' ');
  const told = await (verb === 'bare'
    ? feedBare(Number(seconds), Number(rows))
    : feed(Number(seconds), Number(rows), () => {}));
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
