import { type DateText, wallClock } from '@meridian/base';
import { type Command, NO_PRICE } from '@meridian/messages';
import { ENGINE_VERSION, type MarketService, openMarketNode } from '@meridian/trading';

/**
 * A market's node as it runs in production, its log in a folder: every check on, limits that no check ever meets, a
 * reference price ten times a second, hedge orders to a venue. Prints its port.
 *
 *   node.ts COMPID CLIENT DIR page-cache|group-commit VENUE-PORT
 */
const [compId = '', client = '', dir = '', syncPolicy = '', venuePort = ''] = process.argv.slice(2);

const SPY = 1;
const CLIENT_SESSION = 1;
const VENUE_SESSION = 2;
const ACCOUNT = 1;
/** 167.40 to 167.42, in 1/10,000. */
const BID = 1_674_000;
const ASK = 1_674_200;
const HOUR = 3_600_000_000;
const PRICE_MILLIS = 100;
/** Above anything a run asks for, and still exact. */
const PLENTY = 1_000_000_000_000_000;

const now = wallClock.now();
const date = new Date(now / 1_000).toISOString().slice(0, 10) as DateText;

const facts: Command[] = [
  { name: 'engine-version', body: { version: ENGINE_VERSION } },
  {
    name: 'define-listing',
    body: {
      ...{ listing: SPY, security: 1, issuer: 1, mic: 'ARCX', symbol: 'SPY', currency: 'USD', lot: 100, shortAllowed: true },
      ticks: [{ from: 1, tick: 100 }],
      ...{ collarPpm: 100_000, quantityMax: 100_000, notionalMax: 1_000_000_000, priceAgeMax: 60_000_000 },
    },
  },
  {
    name: 'define-route',
    body: { route: 1, entity: 2, session: VENUE_SESSION, mic: 'ARCX', tradingAccount: 'HOUSE01', shortAllowed: true },
  },
  { name: 'define-session', body: { session: CLIENT_SESSION, role: 'client', accounts: [ACCOUNT] } },
  { name: 'define-session', body: { session: VENUE_SESSION, role: 'hedge', accounts: [] } },
  ...[
    { cell: 1, scope: 'master', scopeId: 1, measure: 'initial-margin', currency: 'CNY', issuer: null } as const,
    { cell: 2, scope: 'sub', scopeId: 1, measure: 'initial-margin', currency: 'CNY', issuer: null } as const,
    { cell: 3, scope: 'issuer', scopeId: 1, measure: 'notional', currency: 'USD', issuer: 1 } as const,
  ].map((body): Command => ({ name: 'define-cell', body })),
  {
    name: 'define-account',
    body: {
      ...{ account: ACCOUNT, client: 1, group: 1, master: 1, sub: 1, entity: 1, basis: 'composite', permission: 1 },
      ...{ settlementCurrency: 'CNY', minorDigits: 2, marginPpm: 200_000, feeBufferPpm: 5_000, cells: [1, 2, 3], route: 1 },
      ...{ positionMax: 1_000_000_000, orderRateMax: 1_000_000 },
    },
  },
  {
    name: 'apply-rate-set',
    body: { rateSet: 1, publishedAt: 0, rates: [{ from: 'USD', to: 'CNY', rate: 611_958_444 }] },
  },
  { name: 'list-entry', body: { listing: SPY, scope: 'firm', scopeId: 1, permission: 1 } },
  { name: 'trading-day', body: { date, open: now, close: now + HOUR, phases: [continuous(now, now + HOUR)] } },
  ...[1, 2, 3].map((cell): Command => ({ name: 'grant-lease', body: { cell, epoch: 1, granted: PLENTY } })),
];

function continuous(start: number, end: number) {
  return { phase: 'continuous', start, end, allowNew: true, allowReplace: true, allowCancel: true, types: [1, 2] };
}

function quote(service: MarketService): Promise<unknown> {
  const body = { listing: SPY, bid: BID, ask: ASK, last: NO_PRICE, bidSize: 100, askSize: 100, sourceTime: wallClock.now() };
  return service.submit({ name: 'reference-price', body });
}

const service = await openMarketNode({
  dir,
  market: 'ARCX',
  clientFix: { compId, port: 0, sessions: [{ session: CLIENT_SESSION, compId: client, accounts: { 'FUND1-A': ACCOUNT } }] },
  venue: {
    order: {
      ...{ session: VENUE_SESSION, compId: 'HOUSE', venueCompId: 'VENUE', host: '127.0.0.1', port: Number(venuePort) },
      heartbeatSeconds: 600,
    },
  },
  clock: wallClock,
  log: { syncPolicy: syncPolicy as 'page-cache' | 'group-commit', backlogMax: PLENTY },
});
for (const fact of facts) await service.submit(fact);
await service.advance(wallClock.now());
await quote(service);
const { clientPort } = await service.openDoors();
while (!service.status().venue.order) await new Promise((resolve) => setTimeout(resolve, 5));
setInterval(() => void quote(service), PRICE_MILLIS);
process.stdout.write(`${JSON.stringify({ port: clientPort })}\n`);
