import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type AccountCentre,
  type AccountCommand,
  type CommandBodyOf,
  type CommandKind,
  openAccountCentre,
} from '@meridian/accounts';
import { dateText, type Instant, isProblem, parseInstant, silentLogger } from '@meridian/base';
import { replay } from '@meridian/log';
import { loadMarketFacts } from '@meridian/market';
import { EVENT_TYPE, type EventBody, type EventName, NO_PRICE, type NumberedEvent } from '@meridian/messages';
import { recordRateSet, recordReference } from '@meridian/reference';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { openRiskMonitor, RiskFold, type RiskMonitor, type RiskSignal, tieoutRisk } from './index.ts';

const folder = (room: string) => fileURLToPath(new URL(`../../${room}/migrations`, import.meta.url));
const BY = { maker: 'reference maker', checker: 'reference checker' };
const always = { validFrom: dateText('2013-01-01'), validTo: null };
const OPEN = parseInstant('2013-10-07T13:30:00Z');
const SPY = 1;
/** Accounts of the composite CNY client and of the local USD one. */
const COMPOSITE = 1;
const LOCAL = 2;

let scratch: ScratchDatabase;
let centre: AccountCentre;
let rateSet: number;
let nextRateSet: number;
let seq = 0;
let monitor: RiskMonitor;
let dir: string;
let signals: RiskSignal[];

function send<K extends CommandKind>(kind: K, id: string, body: CommandBodyOf<K>, at: Instant = OPEN) {
  const command = { kind, id, at, maker: 'operations', checker: 'operations checker', body };
  return centre.execute(command as AccountCommand);
}

function event<N extends EventName>(name: N, body: EventBody<N>): NumberedEvent {
  seq++;
  const header = { length: 0, type: EVENT_TYPE[name], version: 1, time: OPEN + seq, seq, k: 0 };
  return { name, body, header } as unknown as NumberedEvent;
}

const fill = (account: number, side: number, quantity: number, price: number, more: Partial<EventBody<'client-fill'>> = {}) =>
  event('client-fill', {
    ...{ order: 1, session: 1, outSeq: 1, account, listing: SPY, side, effect: 1, type: 1, tif: 0, execType: 70, status: 50 },
    ...{ orderQuantity: quantity, orderPrice: NO_PRICE, quantity, price: Math.round(price * 10_000) },
    ...{ cumQuantity: quantity, leavesQuantity: 0, cumValue: 0, rateSet, hold: 0, refSeq: 0, refK: 0, hedgeSeq: 0, hedgeK: 0 },
    ...{ clOrdId: 'A-1', ...more },
  });

const quote = (bid: number, ask: number) =>
  event('price-set', {
    listing: SPY,
    bid: Math.round(bid * 1e4),
    ask: Math.round(ask * 1e4),
    last: NO_PRICE,
    sourceTime: OPEN,
  });

/** Into the books, then into the fold, as the server does it. */
async function happen(...events: NumberedEvent[]) {
  const [first, last] = [events[0], events.at(-1)] as [NumberedEvent, NumberedEvent];
  await centre.intake('ARCX', events, first.header, last.header);
  return monitor.feed('ARCX', events);
}

const now = () => OPEN + seq;
const figures = (master: number) =>
  monitor.snapshot().masters.find((each) => each.master === master) as NonNullable<
    ReturnType<RiskMonitor['snapshot']>['masters'][number]
  >;

async function open(): Promise<void> {
  monitor = await openRiskMonitor({ dir, database: scratch.database, logger: silentLogger });
  signals = [];
  monitor.onSignal((signal) => void signals.push(signal));
}

before(async () => {
  scratch = await scratchDatabase(['reference', 'accounts'].map(folder));
  const { database } = scratch;
  const { rateSets } = loadMarketFacts();
  const listing = {
    collarPpm: 50_000n,
    quantityMax: 100_000n,
    notionalMax: 5_000_000_000n,
    priceAgeMax: 1n,
    shortAllowed: true,
  };
  await database.transaction(async (tx) => {
    await recordReference(
      tx,
      {
        issuers: [{ ...always, issuer: 5n, name: 'SPDR Trust', lei: null }],
        securities: [{ ...always, security: 3n, issuer: 5n, isin: 'US78462F1030', name: 'SPY', securityClass: 'etf' }],
        listings: [{ ...always, ...listing, listing: 1n, security: 3n, mic: 'ARCX', code: 'SPY', quote: 'USD' }],
      },
      BY,
    );
    rateSet = Number(await recordRateSet(tx, rateSets.at(OPEN), BY));
    nextRateSet = Number(await recordRateSet(tx, rateSets.at(OPEN + 86_400_000_000), BY));
  });
  centre = openAccountCentre({ pool: database });
  for (const [id, base, basis] of [
    [1, 'CNY', 'composite'],
    [2, 'USD', 'local'],
  ] as const) {
    await send('open-client', `client:${id}`, { client: id, token: `CLIENT-${id}`, entity: 1, jurisdiction: 'CN' });
    await send('open-master', `master:${id}`, { master: id, client: id, baseCurrency: base });
    await send('open-sub', `sub:${id}`, { sub: id, master: id, code: 'SWAP', pool: 'onshore' });
    const signedOn = dateText('2013-01-01');
    await send('sign-agreement', `agreement:${id}`, { agreement: id, client: id, entity: 1, kind: 'TRS', signedOn });
    await send('open-business', `business:${id}`, {
      ...{ account: id, sub: id, code: 'TRS', type: 'TRS', book: 1, agreement: id, basis, settlementCurrency: base },
      ...{ hedgeEntity: 1, route: 1, marginPpm: 200_000, feeBufferPpm: 1_000, commissionPpm: 500 },
      ...{ financingSpreadPpm: 0, transferSpreadPpm: 0, permission: 1, positionMax: 1_000_000, orderRateMax: 100 },
    });
    await deposit(id, base, '30000000', 'opening');
  }
  dir = mkdtempSync(join(tmpdir(), 'meridian-risk-'));
  await open();
  await monitor.rebase(OPEN);
  await happen(event('phase-changed', { kind: 1, date: '2013-10-07', phase: 'continuous' }));
});
after(async () => {
  await monitor?.close();
  await centre?.close();
  await scratch?.remove();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => void signals.splice(0));

const deposit = (sub: number, code: string, amount: string, reference: string) =>
  send('deposit', `deposit:${sub}:${reference}`, {
    ...{ sub, currency: code, amount, businessDate: dateText('2013-10-07'), bankReference: reference },
  });

test('[RC-c] equity, requirement and exposure follow a fill at once; the fold and the books say the same', async () => {
  await happen(quote(167.99, 168.01));
  await happen(fill(COMPOSITE, 1, 1_000, 168.05), fill(LOCAL, 2, 500, 168));
  // 8.3055 ÷ 1.3572 = 6.1195844385, half-even in ten decimals: 168,050.00 USD are 1,028,396.1649 CNY.
  const cost = 102_839_616;
  const fees = Math.round(cost * 0.0005);
  const worth = Math.round(16_800_000 * (8.3055 / 1.3572));
  const { equity, requirement, exposure, cash } = figures(1);
  assert.equal(cash, 30_000_000);
  assert.ok(Math.abs(equity - (30_000_000 + worth - cost - fees)) <= 1, `equity ${equity}`);
  assert.ok(Math.abs(requirement - worth * 0.2) <= 1 && Math.abs(exposure - worth) <= 1);
  assert.equal(figures(2).equity, 30_000_000 - 4_200);
  const fed = [monitor.snapshot(), monitor.positions()];
  await monitor.rebase(now());
  assert.deepEqual([{ ...monitor.snapshot(), at: 0 }, monitor.positions()], [{ ...(fed[0] as object), at: 0 }, fed[1]]);
  assert.deepEqual(tieoutRisk(monitor).positions, [
    { account: COMPOSITE, listing: SPY, quantity: 1_000 },
    { account: LOCAL, listing: SPY, quantity: -500 },
  ]);
});

test('fills that a rebase has read are not folded twice; events fed again change nothing', async () => {
  const late = fill(LOCAL, 1, 100, 168);
  await centre.intake('ARCX', [late], late.header, late.header);
  await monitor.rebase(now());
  const before = monitor.positions();
  assert.deepEqual(await monitor.feed('ARCX', [late]), { rebaseNeeded: false });
  assert.deepEqual(monitor.positions(), before);
});

test('[RC-k] new rates move the composite contract only; a mark replaces the price', async () => {
  const [composite, local] = [figures(1).exposure, figures(2).equity];
  await happen(event('rate-set-applied', { rateSet: nextRateSet, publishedAt: OPEN + 1 }));
  assert.notEqual(figures(1).exposure, composite);
  assert.equal(figures(2).equity, local);
  await happen(event('mark-set', { listing: SPY, price: 1_670_000, kind: 1, sourceTime: OPEN, date: '2013-10-07' }));
  assert.equal(monitor.snapshot().underlyings[0]?.price, 16_700_000_000);
  await monitor.rebase(OPEN);
  await happen(quote(168, 168));
});

test('a bust asks for the books, and takes the fill out', async () => {
  const gone = fill(LOCAL, 1, 300, 168);
  await happen(gone);
  const { rebaseNeeded } = await happen(fill(LOCAL, 1, 300, 168, { execType: 72, refSeq: gone.header.seq }));
  assert.ok(rebaseNeeded);
  await monitor.rebase(now());
  assert.equal(tieoutRisk(monitor).positions[1]?.quantity, -400);
});

test('[RC-e] a batch that books the fills leaves equity as it was', async () => {
  const { database } = scratch;
  const before = [figures(1), figures(2)];
  const { rows } = await database.query<{
    seq: bigint;
    k: number;
    account: bigint;
    quantity: bigint;
    price: bigint;
    side: number;
  }>(`SELECT seq, k, account, quantity, price, side FROM accounts.fill WHERE state = 'provisional' ORDER BY seq`);
  const businessDate = dateText('2013-10-08');
  const of = (account: number) => rows.filter((row) => row.account === BigInt(account));
  const lots = (account: number, fxRate: string | null) =>
    of(account).map((row, i) => ({
      ...{ lot: i + 1, tradeDate: dateText('2013-10-07'), quantityOpen: String(row.quantity), quantity: String(row.quantity) },
      ...{ price: String(row.price), fxRate, fxRateSet: fxRate === null ? null : rateSet, fxAt: fxRate === null ? null : OPEN },
    }));
  const contract = (id: number, account: number, side: 'long' | 'short', code: string, its: ReturnType<typeof lots>) => ({
    ...{ contract: id, version: 1, uti: `UTI-${id}`, entity: 1, book: 1, agreement: account, client: account, master: account },
    ...{
      sub: account,
      account,
      listing: SPY,
      side,
      basis: account === COMPOSITE ? ('composite' as const) : ('local' as const),
    },
    ...{ settlementCurrency: code, state: 'open' as const, backToBackOf: null, hedgeEntity: 1, terms: {}, economics: {} },
    ...{ openedOn: dateText('2013-10-07'), closedOn: null, lots: its },
  });
  const commission = (sub: number, code: string, amount: number) => ({
    ...{ rule: 'commission', debit: { entity: 1, code: '2010', sub }, credit: { entity: 1, code: '4020' } },
    ...{ currency: code, amount: String(amount) },
  });
  const usd = lots(LOCAL, null);
  await send('publish-batch', 'batch:ARCX:1', {
    ...{ batch: 'ARCX-2013-10-07', attempt: 1, market: 'ARCX', businessDate, bookings: [] },
    lines: [commission(1, 'CNY', 51_420), commission(2, 'USD', 5_040)],
    contracts: [
      contract(11, COMPOSITE, 'long', 'CNY', lots(COMPOSITE, '61195844385')),
      contract(12, LOCAL, 'short', 'USD', usd.slice(0, 1)),
      contract(13, LOCAL, 'long', 'USD', usd.slice(1)),
    ],
    fills: rows.map((row) => ({ market: 'ARCX', seq: Number(row.seq), k: row.k })),
  });
  await monitor.rebase(OPEN + 1_000);
  const after = [figures(1), figures(2)];
  for (const [i, { equity, requirement, exposure }] of before.entries()) {
    assert.ok(Math.abs((after[i]?.equity ?? 0) - equity) <= 1, `equity ${equity} became ${after[i]?.equity}`);
    assert.deepEqual([after[i]?.requirement, after[i]?.exposure], [requirement, exposure]);
  }
  assert.deepEqual([after[0]?.cash, after[1]?.cash], [30_000_000 - 51_420, 30_000_000 - 5_040]);
});

test('a bust of a booked fill takes it out again at what it was booked at; its commission stays with the batch', async () => {
  const { rows } = await scratch.database.query<{ seq: bigint }>(
    `SELECT seq FROM accounts.fill WHERE account = $1 AND delta = 100 AND state = 'booked'`,
    [LOCAL],
  );
  const { equity } = figures(2);
  await happen(quote(170, 170));
  const held = figures(2).equity;
  assert.equal(held, equity - 400 * 200);
  const bust = fill(LOCAL, 1, 100, 168, { execType: 72, refSeq: Number(rows[0]?.seq) });
  assert.ok((await happen(bust)).rebaseNeeded);
  await monitor.rebase(OPEN + 1_500);
  assert.equal(tieoutRisk(monitor).positions[1]?.quantity, -500);
  assert.equal(figures(2).equity, held - 100 * 200);
  await happen(quote(168, 168));
});

test('accrued financing is owed already, until it is paid', async () => {
  const { equity } = figures(1);
  await send('publish-batch', 'batch:ARCX:2', {
    ...{ batch: 'ARCX-2013-10-08', attempt: 1, market: 'ARCX', businessDate: dateText('2013-10-08'), bookings: [] },
    lines: [
      {
        ...{ rule: 'financing-accrue', debit: { entity: 1, code: '1055', contract: 11 }, credit: { entity: 1, code: '4010' } },
        ...{ currency: 'CNY', amount: '6432' },
      },
    ],
    ...{ contracts: [], fills: [] },
  });
  await monitor.rebase(OPEN + 2_000);
  assert.equal(figures(1).equity, equity - 6_432);
  assert.equal(figures(1).cash, 30_000_000 - 51_420);
});

test('[RC-i] a margin call is signalled once, survives a restart until the books know it, and its recovery is told', async () => {
  seq += 5_000;
  await happen(quote(148, 148));
  assert.deepEqual(
    signals.map(({ kind, master, currency: code }) => [kind, master, code]),
    [['call', 1, 'CNY']],
  );
  const [call] = signals as [RiskSignal];
  assert.equal(call.at, now());
  assert.equal(call.amount, Math.ceil(call.amount));
  await happen(quote(147.9, 147.9));
  await monitor.rebase(now());
  assert.equal(signals.length, 1);
  await monitor.close();
  await open();
  await monitor.rebase(now());
  await monitor.rebase(now());
  assert.deepEqual(
    signals.map(({ kind, at }) => [kind, at]),
    [['call', call.at]],
    'announced again, once: the books had not heard of it',
  );
  const id = `call:1:${call.at}`;
  await send(
    'raise-margin-call',
    id,
    {
      ...{ call: id, client: 1, currency: 'CNY', amount: String(call.amount), dueAt: call.at + 3_600_000_000 },
      ...{ equity: String(call.equity), requirement: String(call.requirement), cause: {} },
    },
    call.at,
  );
  await monitor.rebase(now());
  assert.equal(signals.length, 1);
  assert.ok(figures(1).callOpen);
  await deposit(1, 'CNY', '40000000', 'cure');
  await monitor.rebase(now());
  assert.deepEqual([signals.at(-1)?.kind, signals.length, figures(1).callOpen], ['recovered', 2, false]);
});

test('what the fold cannot know it asks for once', async () => {
  const unknown = event('price-set', { listing: 99, bid: 1, ask: 3, last: 2, sourceTime: OPEN });
  assert.deepEqual(await happen(unknown), { rebaseNeeded: true });
  assert.deepEqual(await happen({ ...unknown, header: { ...unknown.header, seq: ++seq } }), { rebaseNeeded: false });
  const lost = event('rate-set-applied', { rateSet: 77, publishedAt: OPEN * 2 });
  await assert.rejects(monitor.feed('ARCX', [lost]), (error) => isProblem(error, 'RISK_BOOKS_REFUSED'));
});

test('books that have not seen a folded fill are refused, and what stood stands on', async () => {
  const early = fill(LOCAL, 1, 7, 168);
  await monitor.feed('ARCX', [early]);
  const before = monitor.positions();
  await assert.rejects(monitor.rebase(now()), (error) => isProblem(error, 'RISK_AHEAD_OF_BOOKS'));
  assert.deepEqual(monitor.positions(), before);
  await centre.intake('ARCX', [early], early.header, early.header);
  await monitor.rebase(now());
  assert.deepEqual(monitor.positions(), before);
});

test('[RC-i] the merged log replays to the same hash and the same figures', async () => {
  const hash = monitor.stateHash;
  const { at, ...shown } = monitor.snapshot();
  await monitor.close();
  const fold = new RiskFold();
  const replayed = await replay(dir, fold);
  assert.equal(replayed.stateHash, hash);
  await open();
  assert.deepEqual({ ...monitor.snapshot(), at }, { at, ...shown });
});

test('terms whose target lies below their line are refused', async () => {
  const terms = { callPpm: 1_100_000, targetPpm: 1_000_000, amountMin: 1 };
  await assert.rejects(
    openRiskMonitor({ dir: `${dir}-other`, database: scratch.database, logger: silentLogger, terms }),
    (error) => isProblem(error, 'RISK_TERMS_INVALID'),
  );
});
