import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type AccountCentre, openAccountCentre } from '@meridian/accounts';
import { type DateText, divide, formatInstant, invariant, parseInstant, pow10, silentLogger } from '@meridian/base';
import { type Clearing, clearingRules, openClearing } from '@meridian/clearing';
import { crossRate, feeAmount, loadMarketFacts, type MarketFacts, scaledRate } from '@meridian/market';
import { type BrokerRow, brokerFileName, type Event, formatBrokerFile, type NumberedEvent } from '@meridian/messages';
import { recordRateSet, recordReference } from '@meridian/reference';
import { openRiskMonitor, type RiskMonitor } from '@meridian/risk';
import { type Action, applyRowSecurity, openAuthorizer, type Principal } from '@meridian/security';
import { type Database, scratchDatabase } from '@meridian/store';
import { OrderBoard } from '@meridian/trading';
import { orderNames } from '../board/order-names.ts';
import { type OrderSource, orderSource } from '../board/order-source.ts';
import { demoAccounts, demoReference } from '../demo/cast.ts';
import { openCursors } from '../http/cursor.ts';
import { MIGRATIONS } from '../migrations.ts';
import { type ReadingHouse, snapshotReader } from './house.ts';

/**
 * The demo's parties after two New York sessions, over a database of its own: fills taken in, batches published by the
 * clearing room, risk folded from the books. For tests of what is read.
 */
export interface ScratchReading {
  readonly house: ReadingHouse;
  readonly database: Database;
  readonly centre: AccountCentre;
  readonly clearing: Clearing;
  readonly risk: RiskMonitor;
  /** Plays the next session; `change` is what the broker does to its file. Nothing is cleared yet. */
  trade(date: '2013-10-09', change?: (file: string) => string): Promise<void>;
  /** The broker sends its file of a session again, as it should have been. */
  mend(market: string, date: '2013-10-09'): void;
  /** Every event that was taken in. */
  readonly events: ReadonlyMap<string, readonly NumberedEvent[]>;
  /** Orders as those events tell of them. */
  readonly board: OrderBoard;
  remove(): Promise<void>;
}

/** The rooms whose tables are read. */
const ROOMS_READ = ['security', 'reference', 'accounts', 'clearing', 'ai'];
const FOLDERS_READ = MIGRATIONS.filter((folder) => ROOMS_READ.some((room) => folder.includes(`/${room}/`)));
export const MARKETS = ['ARCX', 'XNYS'] as const;
type SessionDate = '2013-10-07' | '2013-10-08' | '2013-10-09';
const DATES = ['2013-10-07', '2013-10-08'] as const;
const BY = { maker: 'maker', checker: 'checker' };
/** Half an hour after the second session's close, and a little. */
export const NOW = parseInstant('2013-10-08T20:45:00Z');

interface Trade {
  readonly account: number;
  readonly side: 1 | 2 | 5;
  readonly effect: 1 | 2;
  readonly quantity: number;
  readonly price: string;
  readonly order: number;
  /** By which a later line takes it back. */
  readonly label?: string;
}
/** The venue takes an execution of an earlier session back. */
interface Bust {
  readonly busts: string;
}
/** Client 1 buys SPY in two fills of one order and sells some back; 2 buys SPY, and IBM short and back; 3 buys IBM
 * and, in two fills, SPY, of which the second is busted after its batch booked it. */
const SCRIPT: Readonly<Record<string, readonly (Trade | Bust)[]>> = {
  'ARCX 2013-10-07': [
    { account: 1, side: 1, effect: 1, quantity: 600, price: '167.43', order: 5 },
    { account: 1, side: 1, effect: 1, quantity: 400, price: '167.47', order: 5 },
    { account: 2, side: 1, effect: 1, quantity: 300, price: '167.50', order: 20 },
    { account: 3, side: 1, effect: 1, quantity: 60, price: '167.45', order: 30 },
    { account: 3, side: 1, effect: 1, quantity: 40, price: '167.46', order: 30, label: 'gone' },
  ],
  'XNYS 2013-10-07': [
    { account: 3, side: 1, effect: 1, quantity: 200, price: '182.01', order: 6 },
    { account: 2, side: 5, effect: 1, quantity: 100, price: '182.20', order: 9 },
  ],
  'ARCX 2013-10-08': [
    { account: 1, side: 2, effect: 2, quantity: 250, price: '166.10', order: 10_005 },
    { account: 1, side: 2, effect: 2, quantity: 150, price: '166.02', order: 10_005 },
    { busts: 'gone' },
  ],
  'XNYS 2013-10-08': [
    { account: 3, side: 1, effect: 1, quantity: 100, price: '179.50', order: 10_006 },
    { account: 2, side: 1, effect: 2, quantity: 100, price: '178.90', order: 10_009 },
  ],
  'ARCX 2013-10-09': [{ account: 2, side: 1, effect: 1, quantity: 10, price: '165.60', order: 20_005 }],
};
/** Closing marks. */
const MARKS: Readonly<Record<string, string>> = {
  'ARCX 2013-10-07': '167.42',
  'XNYS 2013-10-07': '182.01',
  'ARCX 2013-10-08': '165.48',
  'XNYS 2013-10-08': '178.72',
  'ARCX 2013-10-09': '165.60',
  'XNYS 2013-10-09': '181.32',
};
const LISTED: Readonly<Record<string, { listing: number; symbol: string; isin: string; route: number }>> = {
  ARCX: { listing: 1, symbol: 'SPY', isin: 'US78462F1030', route: 1 },
  XNYS: { listing: 2, symbol: 'IBM', isin: 'US4592001014', route: 2 },
};
const RULES = {
  business: 'TRS',
  markets: MARKETS.map((mic, i) => ({ mic, no: i + 1, delaySeconds: 1_800, settle: 'net' })),
  bookingPolicy: { '*': 'order' },
  financingIndex: 'US_PRIMARY_CREDIT',
  margin: { maintenancePpmOfInitial: 800_000, closeOutPpmOfInitial: 600_000 },
  brokerCommissionPerUnit: '0.0020',
  fatalBreaks: ['missing', 'duplicate', 'mismatch'],
  clientDay: { markets: [...MARKETS] },
  mail: {
    batch: ['clearing@meridian.example'],
    clients: [1, 2, 3].map((client) => ({ client, address: `fund-${client}@client.example` })),
  },
};

/** `folders`: the rooms' migrations; without them those of the rooms that are read. */
export async function scratchReading(folders: readonly string[] = FOLDERS_READ): Promise<ScratchReading> {
  const scratch = await scratchDatabase(folders);
  const { database } = scratch;
  await database.transaction((tx) => applyRowSecurity((sql) => tx.query(sql)));
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-reading-'));
  const [dropDir, outDir, dir] = ['drop', 'out', 'risk'].map((name) => path.join(root, name)) as [string, string, string];
  for (const each of [dropDir, outDir, dir]) fs.mkdirSync(each);
  const facts = loadMarketFacts();
  const centre = openAccountCentre({ pool: database });
  const clearing = openClearing({
    ...{ pool: database, accountCentre: centre, dropDir, outDir },
    facts: { market: facts, rules: clearingRules(RULES) },
  });
  await recordReference(database, demoReference(MARKETS), BY);
  const rateSets = new Map<string, bigint>();
  for (const date of ['2013-10-04', ...DATES, '2013-10-09'] as DateText[]) {
    const set = facts.rateSets.of(date);
    if (set !== null) rateSets.set(date, await recordRateSet(database, set, BY));
  }
  for (const command of demoAccounts(MARKETS)) await centre.execute(command);
  const events = new Map<string, NumberedEvent[]>(MARKETS.map((market) => [market, []]));
  const stage: Stage = { centre, clearing, facts, dropDir, rateSets, events, executed: new Map(), files: new Map() };
  for (const date of DATES) {
    await trade(stage, date, (file) => file);
    const { published, failed, waiting } = await clearing.advance(dueOf(date));
    invariant(published.length === 3, () => JSON.stringify([failed, waiting]));
  }
  const risk = await openRiskMonitor({ dir, database, logger: silentLogger });
  await risk.rebase(NOW);
  const [board, names] = [new OrderBoard(), orderNames(database)];
  for (const [market, each] of events) for (const event of each) board.apply(market, event);
  await names.refresh();
  return {
    ...{ database, centre, clearing, risk, events, board },
    trade: (date, change = (file) => file) => trade(stage, date, change),
    mend: (market, date) => drop(stage, market, date, stage.files.get(`${market} ${date}`) as string),
    house: readingHouse({ database, facts, risk, clearing, events, orders: orderSource(board, names, database, MARKETS) }),
    async remove() {
      await risk.close();
      await clearing.close();
      await centre.close();
      await scratch.remove();
      fs.rmSync(root, { recursive: true, force: true });
    },
  };
}

interface Stage {
  readonly centre: AccountCentre;
  readonly clearing: Clearing;
  readonly facts: MarketFacts;
  readonly dropDir: string;
  readonly rateSets: ReadonlyMap<string, bigint>;
  readonly events: ReadonlyMap<string, NumberedEvent[]>;
  readonly files: Map<string, string>;
  readonly executed: Map<string, { readonly trade: Trade; readonly row: BrokerRow; readonly seq: number }>;
}

const closeOf = (date: string) => parseInstant(`${date}T20:00:00Z`);
/** When a session's batch is due. */
export const dueOf = (date: SessionDate) => closeOf(date) + 1_800_000_000;

/** Plays a session on both markets and puts the brokers' files into the drop folder. */
async function trade(stage: Stage, date: SessionDate, change: (file: string) => string): Promise<void> {
  const { centre, events } = stage;
  const next = { '2013-10-07': '2013-10-08', '2013-10-08': '2013-10-09', '2013-10-09': '2013-10-10' }[date];
  const sessions = MARKETS.map((market) => ({ market, tradeDate: date as DateText }));
  await centre.execute({
    ...{ kind: 'day-open', id: `day:${date}`, at: closeOf(date) - 25_000_000_000, maker: 'scheduler' },
    body: { businessDate: next as DateText, sessions },
  });
  for (const market of MARKETS) {
    const { told, rows } = play(stage, market, date);
    events.get(market)?.push(...told);
    const place = ({ header: { seq, k } }: NumberedEvent) => ({ seq, k });
    await centre.intake(market, told, place(told[0] as NumberedEvent), place(told.at(-1) as NumberedEvent));
    const file = formatBrokerFile({ mic: market, date: date as DateText, closedAt: closeOf(date), rows });
    stage.files.set(`${market} ${date}`, file);
    drop(stage, market, date, change(file));
  }
}

function drop({ dropDir }: Stage, market: string, date: SessionDate, file: string): void {
  const name = brokerFileName(market, date as DateText);
  fs.writeFileSync(path.join(dropDir, name), file, 'latin1');
  fs.writeFileSync(path.join(dropDir, `${name}.done`), '');
}

const FIRST_SEQ = { '2013-10-07': 1, '2013-10-08': 10_000, '2013-10-09': 20_000 } as const;

function play(stage: Stage, market: string, date: SessionDate): { told: NumberedEvent[]; rows: BrokerRow[] } {
  const told: NumberedEvent[] = [];
  const rows: BrokerRow[] = [];
  let seq: number = FIRST_SEQ[date];
  let time = closeOf(date) - 20_000_000_000;
  const tell = (event: Event): number => {
    time += 1_000_000;
    told.push({ ...event, header: { length: 0, type: 0, version: 1, time, seq, k: 0 } } as NumberedEvent);
    return seq++;
  };
  tell({ name: 'phase-changed', body: { kind: 1, date, phase: 'continuous' } } as Event);
  for (const line of SCRIPT[`${market} ${date}`] ?? []) {
    if ('busts' in line) {
      const was = stage.executed.get(line.busts) as { trade: Trade; row: BrokerRow; seq: number };
      const row: BrokerRow = { ...was.row, kind: 'BUST', execId: `${was.row.execId}-B`, refExecId: was.row.execId };
      rows.push(row);
      const hedgeSeq = tell(hedgeFill(market, was.trade, row, 'H'));
      tell(clientFill(stage, market, date, was.trade, hedgeSeq, was.seq));
      continue;
    }
    const row = brokerRow(stage.facts, market, date, line, seq, time);
    rows.push(row);
    const hedgeSeq = tell(hedgeFill(market, line, row));
    const own = tell(clientFill(stage, market, date, line, hedgeSeq));
    if (line.label !== undefined) stage.executed.set(line.label, { trade: line, row, seq: own });
  }
  const { listing } = LISTED[market] as { listing: number };
  const price = priceOf(MARKS[`${market} ${date}`] as string);
  tell({ name: 'mark-set', body: { listing, price, kind: 1, sourceTime: closeOf(date), date } } as Event);
  time = closeOf(date) - 1_000_000;
  tell({ name: 'phase-changed', body: { kind: 3, date, phase: 'closed' } } as Event);
  return { told, rows };
}

const priceOf = (text: string) => Math.round(Number(text) * 10_000);
const SIDES = { 1: 'BUY', 2: 'SELL', 5: 'SHORT' } as const;

function brokerRow(facts: MarketFacts, market: string, date: string, trade: Trade, seq: number, time: number): BrokerRow {
  const { symbol, isin } = LISTED[market] as { symbol: string; isin: string };
  const quantity = BigInt(trade.quantity);
  const price = BigInt(priceOf(trade.price));
  const lines = facts.feeSchedule(
    market,
    date as DateText,
    trade.side === 1 ? 'buy' : 'sell',
    market === 'ARCX' ? 'etf' : 'share',
  );
  const levy = (code: string) => {
    const line = lines.find((candidate) => candidate.code === code);
    return line === undefined ? 0n : feeAmount(line, { quantity, value: quantity * price * 10_000n });
  };
  return {
    ...{ kind: 'FILL', execId: `${market}-${date.slice(8)}-${seq}`, refExecId: '', orderId: `V${trade.order}`, mic: market },
    ...{ symbol, isin, clOrdId: `CL${trade.order}`, account: 'HOUSE-US', side: SIDES[trade.side], quantity, price },
    ...{ currency: 'USD', tradeTime: time, tradeDate: date as DateText, settlementDate: '2013-10-10' as DateText },
    ...{ commission: divide(quantity * 20n * 100n, 10_000n, 'half-up'), sec31: levy('SEC31'), taf: levy('TAF') },
  };
}

function hedgeFill(market: string, trade: Trade, row: BrokerRow, type: 'F' | 'H' = 'F'): Event {
  const { listing, route } = LISTED[market] as { listing: number; route: number };
  const { side, quantity, order } = trade;
  return {
    name: 'hedge-fill',
    body: {
      ...{
        child: order,
        intent: order,
        route,
        listing,
        side,
        quantity,
        price: Number(row.price),
        execType: type.charCodeAt(0),
      },
      ...{
        cumQuantity: quantity,
        leavesQuantity: 0,
        transactTime: row.tradeTime,
        execId: row.execId,
        execRefId: row.refExecId,
      },
      venueOrderId: row.orderId,
    },
  } as Event;
}

/** The hold as a node takes it: margin and fee buffer of the value at the fill, rounded up; nothing for a close. */
function clientFill(
  { facts, rateSets }: Stage,
  market: string,
  date: string,
  trade: Trade,
  hedgeSeq: number,
  busted = 0,
): Event {
  const { account, side, effect, quantity, order } = trade;
  const price = priceOf(trade.price);
  const set = facts.rateSets.at(closeOf(date) - 20_000_000_000);
  const rate = account === 2 ? pow10(10) : scaledRate(crossRate(set, 'USD' as never, 'CNY' as never), 'half-even');
  const margin = account === 1 ? 151_000n : 201_000n;
  const hold =
    effect === 2 || busted > 0 ? 0n : divide(BigInt(quantity * price) * rate * margin * 100n, pow10(4 + 10 + 6), 'up');
  return {
    name: 'client-fill',
    body: {
      ...{ order, session: 1, outSeq: 1, account, listing: (LISTED[market] as { listing: number }).listing, side, effect },
      ...{
        type: 2,
        tif: 0,
        status: 50,
        execType: (busted > 0 ? 'H' : 'F').charCodeAt(0),
        orderQuantity: quantity,
        orderPrice: price,
        quantity,
        price,
      },
      ...{ cumQuantity: quantity, leavesQuantity: 0, cumValue: quantity * price, rateSet: Number(rateSets.get(set.date)) },
      ...{ hold: Number(hold), refSeq: busted, refK: 0, hedgeSeq, hedgeK: 0, clOrdId: 'x' },
    },
  } as Event;
}

/** A reading house over it; its long jobs run to their end at once. */
function readingHouse(parts: {
  readonly database: Database;
  readonly facts: MarketFacts;
  readonly risk: RiskMonitor;
  readonly clearing: Clearing;
  readonly events: ReadonlyMap<string, readonly NumberedEvent[]>;
  readonly orders: OrderSource;
}): ReadingHouse {
  const authorizer = openAuthorizer();
  return {
    ...parts,
    mode: 'demo',
    read: snapshotReader(parts.database),
    cursors: openCursors(),
    operations: {
      async start({ work, by, ...job }) {
        const log: { at: string; text: { zh: string; en: string } }[] = [];
        const at = formatInstant(NOW);
        const result = await work({ say: (text) => void log.push({ at, text: { ...text } }), at: () => {} });
        const ended = { state: 'done' as const, progress: 1, started: at, ended: at, result: { ...result }, problem: null };
        return { operation: 'op-1', ...job, by, ...ended, log };
      },
    },
    logger: silentLogger,
    businessNow: () => NOW,
    nodes: async () => MARKETS.map((market) => ({ market, seq: 1, stateHash: 'a', leader: 'test', lag: 0, orders: 1 })),
    eventsAt: async (market, seq) => {
      const found = parts.events.get(market)?.filter(({ header }) => header.seq === seq);
      return found === undefined || found.length === 0 ? undefined : found;
    },
    allowed: (principal): ReadonlySet<Action> => new Set(authorizer.allowedActions(principal, { secondFactor: 'optional' })),
    approvals: async () => 0,
  };
}

/** Somebody of the firm who sees both entities. */
export const staff = (duty: Principal['duties'][number], entities: readonly bigint[] = [1n, 2n]): Principal => ({
  ...{ user: duty, duties: [duty], jurisdiction: 'CN', clients: [], entities, session: 's', since: 0, strong: true },
});
/** A client's own user. Client 2 belongs to the subsidiary, the others to the parent. */
export const clientUser = (client: bigint): Principal => ({
  ...{
    user: `fund-${client}`,
    duties: ['client'],
    jurisdiction: 'CN',
    clients: [client],
    session: 's',
    since: 0,
    strong: true,
  },
  entities: [client === 2n ? 2n : 1n],
});
