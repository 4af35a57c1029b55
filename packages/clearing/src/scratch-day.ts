import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  type AccountCentre,
  type AccountCommand,
  type CommandBodyOf,
  type CommandKind,
  openAccountCentre,
} from '@meridian/accounts';
import { type DateText, dateIn, divide, type Instant, parseInstant, pow10, quoteUnit } from '@meridian/base';
import { crossRate, feeAmount, loadMarketFacts, scaledRate } from '@meridian/market';
import { type BrokerRow, brokerFileName, type Event, formatBrokerFile, type NumberedEvent } from '@meridian/messages';
import { recordRateSet, recordReference } from '@meridian/reference';
import { type Database, openDatabase, scratchDatabase } from '@meridian/store';
import { type Clearing, type ClearingOptions, openClearing } from './clearing.ts';
import { type ClearingFacts, clearingRules } from './rules.ts';

/** Small New York sessions of a house with two entities, for tests and trials of the clearing room. */
export interface ScratchDay {
  readonly database: Database;
  readonly url: string;
  readonly centre: AccountCentre;
  readonly facts: ClearingFacts;
  readonly dropDir: string;
  readonly outDir: string;
  open(more?: Partial<ClearingOptions>): Clearing;
  /** Opens the session: leases are granted. */
  openDay(date: SessionDate): Promise<void>;
  /** Trades, marks and cuts one market's session. */
  trade(
    market: string,
    date: SessionDate,
    trades: readonly (TradeLine | ChangeLine)[],
    marks: Readonly<Record<number, string>>,
  ): Promise<void>;
  /** The broker's rows of the session so far. */
  brokerRows(market: string, date: SessionDate): BrokerRow[];
  /** The broker's file of the session will say this too. */
  tell(market: string, date: SessionDate, row: BrokerRow): void;
  /** Puts the broker's file and its marker into the drop folder. */
  drop(market: string, date: SessionDate, change?: (text: string) => string): string;
  run<K extends CommandKind>(kind: K, body: CommandBodyOf<K>, more?: Partial<AccountCommand>): Promise<unknown>;
  /**
   * The same house as it stands now, over a database of its own on the same server. Ends this one's use: its connections
   * are closed, because a database in use cannot be copied.
   */
  copy(name: string): Promise<Pick<ScratchDay, 'database' | 'url' | 'dropDir' | 'outDir' | 'open'>>;
  remove(): Promise<void>;
}

const SESSIONS = ['2013-10-07', '2013-10-08', '2013-10-09', '2013-10-10', '2013-10-11', '2013-10-14'] as const;
export type SessionDate = (typeof SESSIONS)[number];

export interface TradeLine {
  readonly account: number;
  readonly listing: number;
  /** FIX 54 and 77. */
  readonly side: 1 | 2 | 5;
  readonly effect: 1 | 2;
  readonly quantity: number;
  /** Decimal text. */
  readonly price: string;
  /** Fills of one order share it. */
  readonly order: number;
  /** By which a later line names it. */
  readonly label?: string;
}

/** The venue takes back or changes an earlier execution: the hedge, and with it the client's fill unless `hedgeOnly`. */
export interface ChangeLine {
  readonly label: string;
  /** null: a bust; else what stands in its place. */
  readonly to: { readonly quantity: number; readonly price: string } | null;
  readonly hedgeOnly?: boolean;
  /** The broker's file is silent about it. */
  readonly isUntold?: boolean;
}

const dated = <T>(of: (date: SessionDate) => T) => Object.fromEntries(SESSIONS.map((date) => [date, of(date)]));
export const CLOSE = dated((date) => parseInstant(`${date}T20:00:00Z`)) as Readonly<Record<SessionDate, Instant>>;
const BUSINESS = dated((date) => dateIn(CLOSE[date], 'Asia/Shanghai')) as Readonly<Record<SessionDate, DateText>>;
/** Business time of a session's batch: close and ten minutes. */
export const DUE = (date: SessionDate): Instant => CLOSE[date] + 600_000_000;

const BY = { maker: 'maker', checker: 'checker' };
const FROM = { validFrom: '2000-01-01' as DateText, validTo: null };
const LISTINGS: Readonly<Record<number, { mic: string; symbol: string; isin: string; quote: string; route: number }>> = {
  1: { mic: 'ARCX', symbol: 'SPY', isin: 'US78462F1030', quote: 'USD', route: 1 },
  2: { mic: 'XNYS', symbol: 'IBM', isin: 'US4592001014', quote: 'USD', route: 2 },
  3: { mic: 'ARCX', symbol: 'PENCE', isin: 'GB00BH4HKS39', quote: 'GBX', route: 1 },
};
const listingFacts = (id: number) => LISTINGS[id] as NonNullable<(typeof LISTINGS)[number]>;
export const RULES = {
  business: 'swap',
  markets: [
    { mic: 'ARCX', no: 1, delaySeconds: 600, settle: 'net' },
    { mic: 'XNYS', no: 2, delaySeconds: 600, settle: 'gross' },
  ],
  bookingPolicy: { '*': 'order' },
  financingIndex: 'US_PRIMARY_CREDIT',
  margin: { maintenancePpmOfInitial: 800_000, closeOutPpmOfInitial: 500_000 },
  brokerCommissionPerUnit: '0.0020',
  fatalBreaks: ['missing', 'extra', 'duplicate', 'mismatch'],
  clientDay: { markets: ['ARCX', 'XNYS'] },
  mail: { batch: ['clearing@meridian.example'], clients: [{ client: 1, address: 'fund-one@example.org' }] },
} as const;

const rooms = (room: string) => path.join(import.meta.dirname, '..', '..', room, 'migrations');

export function scratchFacts(rules: unknown = RULES): ClearingFacts {
  return { market: loadMarketFacts(), rules: clearingRules(rules) };
}

export async function scratchDay(rules: unknown = RULES): Promise<ScratchDay> {
  const scratch = await scratchDatabase(['reference', 'accounts', 'clearing'].map(rooms));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-clearing-'));
  const [dropDir, outDir] = [path.join(folder, 'drop'), path.join(folder, 'out')];
  for (const dir of [dropDir, outDir]) fs.mkdirSync(dir);
  const { database } = scratch;
  const centre = openAccountCentre({ pool: database });
  const facts = scratchFacts(rules);
  const sessions = new Map<string, Session>();
  const executed = new Map<string, Executed>();
  let count = 0;
  let closed: Promise<void> | undefined;
  const run: ScratchDay['run'] = (kind, body, more = {}) =>
    centre.execute({
      ...{ kind, id: `test:${++count}`, at: parseInstant('2013-10-07T01:00:00Z'), ...BY, body, ...more },
    } as AccountCommand);
  await recordHouse(database, facts);
  await openHouse(run);
  return {
    ...{ database, url: scratch.postgres.url, centre, facts, dropDir, outDir, run },
    open: (more = {}) => openClearing({ pool: database, accountCentre: centre, facts, dropDir, outDir, ...more }),
    openDay: async (date) => {
      const sessionsOpened = ['ARCX', 'XNYS'].map((market) => ({ market, tradeDate: date as DateText }));
      await run('day-open', { businessDate: BUSINESS[date], sessions: sessionsOpened });
    },
    trade: async (market, date, trades, marks) => {
      const session = sessionOf(sessions, facts, executed, market, date);
      await takeIn(centre, market, session.play(trades, marks));
    },
    brokerRows: (market, date) => [...sessionOf(sessions, facts, executed, market, date).rows],
    tell: (market, date, row) => void sessionOf(sessions, facts, executed, market, date).rows.push(row),
    drop: (market, date, change = (text) => text) => {
      const { rows } = sessionOf(sessions, facts, executed, market, date);
      const name = brokerFileName(market, date as DateText);
      const whole = formatBrokerFile({ mic: market, date: date as DateText, closedAt: CLOSE[date], rows });
      fs.writeFileSync(path.join(dropDir, name), change(whole), 'latin1');
      fs.writeFileSync(path.join(dropDir, `${name}.done`), '');
      return path.join(dropDir, name);
    },
    copy: async (name) => {
      closed ??= database.close();
      await closed;
      const copied = await copyDatabase(scratch.postgres.url, name);
      const own = openAccountCentre({ pool: copied.database });
      return {
        ...{ ...copied, dropDir, outDir },
        open: (more = {}) => openClearing({ pool: copied.database, accountCentre: own, facts, dropDir, outDir, ...more }),
      };
    },
    remove: async () => {
      await (closed === undefined ? scratch.remove() : scratch.postgres.stop());
      fs.rmSync(scratch.dataDir, { recursive: true, force: true });
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function copyDatabase(url: string, name: string): Promise<{ database: Database; url: string }> {
  const source = new URL(url).pathname.slice(1);
  const at = (other: string) => Object.assign(new URL(url), { pathname: `/${other}` }).href;
  const admin = openDatabase({ url: at('postgres') });
  await admin.query(`CREATE DATABASE "${name}" TEMPLATE "${source}"`);
  await admin.close();
  return { database: openDatabase({ url: at(name) }), url: at(name) };
}

async function recordHouse(database: Database, facts: ClearingFacts): Promise<void> {
  const listing = (id: number) => ({
    ...{ listing: BigInt(id), security: BigInt(id), mic: listingFacts(id).mic, code: listingFacts(id).symbol, ...FROM },
    quote: listingFacts(id).quote,
    ...{ collarPpm: 100_000n, quantityMax: 1_000_000n, notionalMax: 10n ** 13n, priceAgeMax: 60_000_000n, shortAllowed: true },
  });
  const entity = (id: number, nameZh: string, nameEn: string, jurisdiction: string, currency: string) => ({
    ...{ entity: BigInt(id), code: `E${id}`, nameZh, nameEn, jurisdiction, currency: currency as never, ...FROM },
    ...{ bankCalendar: currency, zone: 'Asia/Shanghai' },
  });
  const book = (id: number, owner: number, purpose: 'client' | 'hedge' | 'back-to-back') => ({
    ...{ book: BigInt(id), entity: BigInt(owner), code: `B${id}`, purpose, ...FROM },
  });
  const ids = Object.keys(LISTINGS).map(Number);
  await recordReference(
    database,
    {
      entities: [entity(1, '母公司', 'Parent', 'CN', 'CNY'), entity(2, '境外子公司', 'Subsidiary', 'HK', 'USD')],
      books: [book(1, 1, 'client'), book(2, 2, 'client'), book(3, 2, 'back-to-back')],
      issuers: ids.map((id) => ({ issuer: BigInt(id), name: `Issuer ${id}`, lei: null, ...FROM })),
      securities: ids.map((id) => ({
        ...{ security: BigInt(id), issuer: BigInt(id), isin: listingFacts(id).isin, name: listingFacts(id).symbol, ...FROM },
        securityClass: id === 1 ? ('etf' as const) : ('share' as const),
      })),
      listings: ids.map(listing),
      routes: [1, 2].map((id) => ({
        ...{
          route: BigInt(id),
          entity: 2n,
          mic: listingFacts(id).mic,
          channel: 'dma',
          tradingAccount: `HOUSE${id}`,
          ...FROM,
        },
        ...{ custodian: 'custodian', session: BigInt(id), shortAllowed: true },
      })),
    },
    BY,
  );
  for (const date of ['2013-10-04', ...SESSIONS]) {
    const set = facts.market.rateSets.of(date as DateText);
    if (set !== null) await recordRateSet(database, set, BY);
  }
}

/** Client 1: mainland, composite CNY, booked in entity 1 and hedged in 2. Client 2: overseas, local USD, entity 2. */
async function openHouse(run: ScratchDay['run']): Promise<void> {
  const parties = [
    { client: 1, entity: 1, jurisdiction: 'CN', currency: 'CNY', pool: 'onshore', cash: '100000000' },
    { client: 2, entity: 2, jurisdiction: 'HK', currency: 'USD', pool: 'offshore', cash: '20000000' },
  ];
  for (const { client, entity, jurisdiction, currency, pool, cash } of parties) {
    const [master, sub] = [client * 100, client * 10];
    await run('open-client', { client, token: `C-${client}`, entity, jurisdiction, group: { id: client, code: `G${client}` } });
    await run('open-master', { master, client, baseCurrency: currency });
    await run('sign-agreement', { agreement: client, client, entity, kind: 'NAFMII', signedOn: '2013-01-01' as DateText });
    await run('open-sub', { sub, master, code: `S${client}`, pool });
    for (const route of [1, 2]) await openBusiness(run, { client, entity, currency, sub, route });
    const cell = { measure: 'initial-margin', currency, issuer: null, lim: '1000000000' } as const;
    await run('set-limit', { cell: client * 2 - 1, scope: 'master', scopeId: master, ...cell });
    await run('set-limit', { cell: client * 2, scope: 'sub', scopeId: sub, ...cell });
    const money = { sub, currency, amount: cash, businessDate: '2013-10-08' as DateText };
    await run('deposit', { ...money, bankReference: `R${client}` });
  }
}

/** Account sub × 10 + route. */
export async function openBusiness(
  run: ScratchDay['run'],
  to: {
    readonly client: number;
    readonly entity: number;
    readonly currency: string;
    readonly sub: number;
    readonly route: number;
  },
): Promise<void> {
  const { client, entity, currency, sub, route } = to;
  await run('open-business', {
    ...{ account: sub * 10 + route, sub, code: `B${route}`, type: 'trs', book: entity, agreement: client },
    ...{ basis: currency === 'CNY' ? 'composite' : 'local', settlementCurrency: currency, hedgeEntity: 2, route },
    ...{ marginPpm: 250_000, feeBufferPpm: 10_000, commissionPpm: 500, financingSpreadPpm: 25_000 },
    ...{ transferSpreadPpm: 5_000, permission: 1, positionMax: 1_000_000, orderRateMax: 50 },
  });
}

interface Session {
  readonly rows: BrokerRow[];
  play(trades: readonly (TradeLine | ChangeLine)[], marks: Readonly<Record<number, string>>): NumberedEvent[];
}

/** An execution as it stands, by label. */
interface Executed {
  readonly trade: TradeLine;
  readonly row: BrokerRow;
  readonly clientSeq: number;
}

function sessionOf(
  sessions: Map<string, Session>,
  facts: ClearingFacts,
  executed: Map<string, Executed>,
  market: string,
  date: SessionDate,
): Session {
  const key = `${market} ${date}`;
  const known = sessions.get(key);
  if (known !== undefined) return known;
  const earlier = [...sessions.keys()].filter((other) => other.startsWith(market)).length;
  const made = newSession(facts, executed, market, date, earlier === 0 ? 1 : earlier * 10_000);
  sessions.set(key, made);
  return made;
}

const priceOf = (text: string) => Math.round(Number(text) * 10_000);
export const RATE_SET = 2;
/** Yuan for one unit of a currency by the ECB, 1e10. */
export function toCny(facts: ClearingFacts, from: string, date = '2013-10-07'): bigint {
  const set = facts.market.rateSets.of(date as DateText);
  return set === null ? 0n : scaledRate(crossRate(set, from as never, 'CNY' as never), 'half-even');
}

function newSession(
  facts: ClearingFacts,
  executed: Map<string, Executed>,
  market: string,
  date: SessionDate,
  firstSeq: number,
): Session {
  const rows: BrokerRow[] = [];
  let seq = firstSeq;
  let time = CLOSE[date] - 20_000_000_000;
  const numbered = (event: Event): NumberedEvent => {
    time += 1_000_000;
    return { ...event, header: { length: 0, type: 0, version: 1, time, seq: seq++, k: 0 } } as NumberedEvent;
  };
  const phase = (kind: 1 | 3, name: string) => numbered({ name: 'phase-changed', body: { kind, date, phase: name } });
  return {
    rows,
    play(trades, marks) {
      const events = [phase(1, 'continuous')];
      const execute = (trade: TradeLine, changed?: Executed, hedgeOnly = false) => {
        const hedgeSeq = seq;
        const row = { ...brokerRow(facts, market, date, trade, hedgeSeq, time), refExecId: changed?.row.execId ?? '' };
        rows.push(row);
        events.push(numbered(hedgeFill(trade, row, changed && 'G')));
        const clientSeq = seq;
        if (!hedgeOnly)
          events.push(numbered(clientFill(facts, trade, hedgeSeq, changed && { type: 'G', seq: changed.clientSeq })));
        if (trade.label !== undefined)
          executed.set(`${market} ${trade.label}`, { trade, row, clientSeq: changed?.clientSeq ?? clientSeq });
      };
      const takeBack = (was: Executed, hedgeOnly: boolean) => {
        const hedgeSeq = seq;
        const ids = { execId: `${was.row.execId}-B`, refExecId: was.row.execId };
        events.push(numbered(hedgeFill(was.trade, { ...was.row, ...ids }, 'H')));
        if (hedgeOnly) return;
        events.push(numbered(clientFill(facts, was.trade, hedgeSeq, { type: 'H', seq: was.clientSeq })));
      };
      for (const line of trades) {
        if (!('to' in line)) {
          execute(line);
          continue;
        }
        const was = executed.get(`${market} ${line.label}`) as Executed;
        const bust = { kind: 'BUST', execId: `${was.row.execId}-B`, refExecId: was.row.execId } as const;
        if (line.isUntold !== true) rows.push({ ...was.row, ...bust });
        if (line.to === null) takeBack(was, line.hedgeOnly ?? false);
        else execute({ ...was.trade, ...line.to }, was, line.hedgeOnly);
      }
      for (const [listing, price] of Object.entries(marks))
        events.push(
          numbered({
            name: 'mark-set',
            body: { listing: Number(listing), price: priceOf(price), kind: 1, sourceTime: CLOSE[date], date },
          }),
        );
      time = CLOSE[date] - 1_000_000;
      events.push(phase(3, 'closed'));
      return events;
    },
  };
}

const SIDES = { 1: 'BUY', 2: 'SELL', 5: 'SHORT' } as const;

function brokerRow(
  facts: ClearingFacts,
  market: string,
  date: SessionDate,
  trade: TradeLine,
  seq: number,
  time: Instant,
): BrokerRow {
  const { mic, symbol, isin, quote, route } = listingFacts(trade.listing);
  const quantity = BigInt(trade.quantity);
  const price = BigInt(priceOf(trade.price));
  const lines = facts.market.feeSchedule(market, date as DateText, trade.side === 1 ? 'buy' : 'sell', 'share');
  const levy = (code: string) => {
    const line = lines.find((candidate) => candidate.code === code);
    return line === undefined ? 0n : feeAmount(line, { quantity, value: quantity * price * 10_000n });
  };
  return {
    ...{ kind: 'FILL', execId: `${mic}-${date.slice(8)}-${seq}`, refExecId: '', orderId: `V${trade.order}`, mic, symbol, isin },
    ...{
      clOrdId: `CL${trade.order}`,
      account: `HOUSE${route}`,
      side: SIDES[trade.side],
      quantity,
      price,
      currency: quote,
    },
    ...{ tradeTime: time, tradeDate: date as DateText, settlementDate: '2013-10-10' as DateText },
    ...{ commission: divide(quantity * 20n * 100n, 10_000n, 'half-up'), sec31: levy('SEC31'), taf: levy('TAF') },
  };
}

function hedgeFill(trade: TradeLine, row: BrokerRow, type: 'F' | 'G' | 'H' = 'F'): Event {
  const { listing, side, quantity, order } = trade;
  return {
    name: 'hedge-fill',
    body: {
      ...{ child: order, intent: order, route: listingFacts(listing).route, listing, side, quantity, price: Number(row.price) },
      execType: type.charCodeAt(0),
      ...{
        cumQuantity: quantity,
        leavesQuantity: 0,
        transactTime: row.tradeTime,
        execId: row.execId,
        execRefId: row.refExecId,
      },
      venueOrderId: row.orderId,
    },
  };
}

/** The hold as a node takes it: margin and fee buffer of the value at the fill, rounded up; nothing for a close. */
function clientFill(
  facts: ClearingFacts,
  trade: TradeLine,
  hedgeSeq: number,
  change?: { readonly type: 'G' | 'H'; readonly seq: number },
): Event {
  const { account, listing, side, effect, quantity, order } = trade;
  const price = priceOf(trade.price);
  const { currency, perCurrencyUnit } = quoteUnit(listingFacts(listing).quote);
  const rate = account < 200 ? toCny(facts, currency) : pow10(10);
  const value = BigInt(quantity * price) * rate * 260_000n * 100n;
  const hold = effect === 2 || change !== undefined ? 0n : divide(value, pow10(4 + 10 + 6) * perCurrencyUnit, 'up');
  return {
    name: 'client-fill',
    body: {
      ...{ order, session: 1, outSeq: 1, account, listing, side, effect, type: 2, tif: 0, status: 50 },
      execType: (change?.type ?? 'F').charCodeAt(0),
      ...{ orderQuantity: quantity, orderPrice: price, quantity, price, cumQuantity: quantity, leavesQuantity: 0 },
      ...{
        cumValue: quantity * price,
        rateSet: RATE_SET,
        hold: Number(hold),
        refSeq: change?.seq ?? 0,
        refK: 0,
        hedgeSeq,
        hedgeK: 0,
        clOrdId: 'x',
      },
    },
  };
}

async function takeIn(centre: AccountCentre, market: string, events: readonly NumberedEvent[]): Promise<void> {
  const [first, last] = [events[0], events.at(-1)] as [NumberedEvent, NumberedEvent];
  const place = ({ header: { seq, k } }: NumberedEvent) => ({ seq, k });
  await centre.intake(market, events, place(first), place(last));
}

/** 7 October: client 1 buys SPY in two fills of one order and IBM; client 2 buys and sells short. */
export const FIRST_DAY = {
  ARCX: [
    { account: 101, listing: 1, side: 1, effect: 1, quantity: 600, price: '167.43', order: 5 },
    { account: 101, listing: 1, side: 1, effect: 1, quantity: 400, price: '167.47', order: 5 },
    { account: 201, listing: 1, side: 1, effect: 1, quantity: 300, price: '167.50', order: 20 },
  ],
  XNYS: [
    { account: 102, listing: 2, side: 1, effect: 1, quantity: 200, price: '182.01', order: 5 },
    { account: 202, listing: 2, side: 5, effect: 1, quantity: 100, price: '182.20', order: 9 },
  ],
  marks: { ARCX: { 1: '167.42' }, XNYS: { 2: '182.01' } },
} as const;

/** 8 October: client 1 unwinds part of SPY and adds to IBM; client 2 closes its short. */
export const SECOND_DAY = {
  ARCX: [
    { account: 101, listing: 1, side: 2, effect: 2, quantity: 250, price: '166.10', order: 10_005 },
    { account: 101, listing: 1, side: 2, effect: 2, quantity: 150, price: '166.02', order: 10_005 },
  ],
  XNYS: [
    { account: 102, listing: 2, side: 1, effect: 1, quantity: 100, price: '179.50', order: 10_006 },
    { account: 202, listing: 2, side: 1, effect: 2, quantity: 100, price: '178.90', order: 10_009 },
  ],
  marks: { ARCX: { 1: '165.48' }, XNYS: { 2: '178.72' } },
} as const;

/** Plays a day on both markets. */
export async function playDay(day: ScratchDay, date: SessionDate): Promise<void> {
  const script = date === '2013-10-07' ? FIRST_DAY : SECOND_DAY;
  await day.openDay(date);
  for (const market of ['ARCX', 'XNYS'] as const) await day.trade(market, date, script[market], script.marks[market]);
}
