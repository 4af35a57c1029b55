import { fileURLToPath } from 'node:url';
import { type DateText, parseInstant } from '@meridian/base';
import type { Event, NumberedEvent } from '@meridian/messages';
import { type Database, type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { type AccountCentre, openAccountCentre } from './centre.ts';
import type { AccountCommand, CommandBodyOf, CommandKind, Executed } from './command.ts';

/** A house with two entities and three clients over a scratch database, for tests and trials of the books. */
export interface ScratchBooks extends ScratchDatabase {
  readonly centre: AccountCentre;
  /** Executes a command with a fresh id unless one is given. */
  run<K extends CommandKind>(
    kind: K,
    body: CommandBodyOf<K>,
    more?: Partial<Pick<AccountCommand, 'id' | 'at' | 'maker' | 'checker'>>,
  ): Promise<Executed>;
}

export const MIGRATIONS = fileURLToPath(new URL('../migrations', import.meta.url));
export const TRADE_DATE = '2013-10-07' as DateText;
export const BUSINESS_DATE = '2013-10-08' as DateText;
export const MORNING = parseInstant('2013-10-07T01:00:00Z');

export async function scratchBooks(settings?: Readonly<Record<string, string>>): Promise<ScratchBooks> {
  const scratch = await scratchDatabase([MIGRATIONS], settings);
  return booksOver(scratch);
}

/** The same with its parties, accounts and the cells that client 1's orders need; `lim` as of {@link openCells}. */
export async function scratchHouse(lim?: string, settings?: Readonly<Record<string, string>>): Promise<ScratchBooks> {
  const books = await scratchBooks(settings);
  await openHouse(books);
  await openCells(books, lim);
  return books;
}

let count = 0;

export function booksOver(scratch: ScratchDatabase): ScratchBooks {
  const centre = openAccountCentre({ pool: scratch.database });
  return {
    ...scratch,
    centre,
    run: (kind, body, more = {}) =>
      centre.execute({
        kind,
        id: `test:${++count}`,
        at: MORNING,
        maker: 'maker',
        checker: 'checker',
        body,
        ...more,
      } as AccountCommand),
  };
}

/** Client 1 (mainland, entity 1, CNY: subs 11, 12), client 2 (overseas, entity 2, USD: sub 21), client 3 (entity 1, USD: sub 31). */
export async function openHouse({ run }: Pick<ScratchBooks, 'run'>): Promise<void> {
  const parties = [
    { client: 1, entity: 1, jurisdiction: 'CN', currency: 'CNY', pool: 'onshore', subs: [11, 12] },
    { client: 2, entity: 2, jurisdiction: 'HK', currency: 'USD', pool: 'offshore', subs: [21] },
    { client: 3, entity: 1, jurisdiction: 'CN', currency: 'USD', pool: 'onshore', subs: [31] },
  ];
  for (const { client, entity, jurisdiction, currency, pool, subs } of parties) {
    await run('open-client', { client, token: `C-${client}`, entity, jurisdiction, group: { id: 1, code: 'G1' } });
    await run('open-master', { master: client * 100, client, baseCurrency: currency });
    await run('sign-agreement', { agreement: client, client, entity, kind: 'NAFMII', signedOn: '2013-01-01' as DateText });
    for (const sub of subs) {
      await run('open-sub', { sub, master: client * 100, code: `S${sub}`, pool });
      await run('open-business', businessBody(sub * 10, sub, client, currency, entity));
    }
  }
}

export function businessBody(
  account: number,
  sub: number,
  agreement: number,
  settlementCurrency: string,
  entity: number,
): CommandBodyOf<'open-business'> {
  return {
    ...{
      account,
      sub,
      code: `B${account}`,
      type: 'trs',
      book: entity,
      agreement,
      settlementCurrency,
      hedgeEntity: 2,
      route: 1,
    },
    basis: settlementCurrency === 'CNY' ? 'composite' : 'local',
    ...{ marginPpm: 250_000, feeBufferPpm: 10_000, commissionPpm: 500, financingSpreadPpm: 12_500, transferSpreadPpm: 500 },
    ...{ permission: 1, positionMax: 1_000_000, orderRateMax: 50 },
  };
}

/** Master and sub margin cells of client 1: cells 1 (master 100) and 2 (sub 11). */
export async function openCells({ run }: Pick<ScratchBooks, 'run'>, lim = '1000000000'): Promise<void> {
  const cell = { measure: 'initial-margin', currency: 'CNY', issuer: null, lim } as const;
  await run('set-limit', { cell: 1, scope: 'master', scopeId: 100, ...cell });
  await run('set-limit', { cell: 2, scope: 'sub', scopeId: 11, ...cell });
}

export const deposit = (sub: number, amount: string, currency = 'CNY'): CommandBodyOf<'deposit'> => ({
  ...{ sub, currency, amount, businessDate: BUSINESS_DATE, bankReference: 'REF' },
});

/** Numbers events one command each, k = 0, from `seq` on. */
export function numbered(seq: number, events: readonly Event[], time = MORNING): NumberedEvent[] {
  return events.map((event, i) => ({
    ...event,
    header: { length: 0, type: 0, version: 1, time: time + i, seq: seq + i, k: 0 },
  })) as NumberedEvent[];
}

export const phase = (kind: 1 | 3, date: string = TRADE_DATE): Event => ({
  name: 'phase-changed',
  body: { kind, date, phase: kind === 1 ? 'continuous' : 'closed' },
});

type FillEvent = Extract<Event, { name: 'client-fill' }>;

export function clientFill(body: Partial<FillEvent['body']> = {}): Event {
  return {
    name: 'client-fill',
    body: {
      ...{ order: 5, session: 1, outSeq: 1, account: 110, listing: 1, side: 1, effect: 1, type: 2, tif: 0 },
      ...{ execType: 70, status: 50, orderQuantity: 100, orderPrice: 1_674_000, quantity: 100, price: 1_674_000 },
      ...{ cumQuantity: 100, leavesQuantity: 0, cumValue: 167_400_000, rateSet: 1, hold: 26_000_00, refSeq: 0, refK: 0 },
      ...{ hedgeSeq: 1, hedgeK: 0, clOrdId: 'x' },
      ...body,
    },
  };
}

type HedgeEvent = Extract<Event, { name: 'hedge-fill' }>;

export function hedgeFill(body: Partial<HedgeEvent['body']> = {}): Event {
  return {
    name: 'hedge-fill',
    body: {
      ...{ child: 7, intent: 5, route: 1, listing: 1, side: 1, execType: 70, quantity: 100, price: 1_674_000 },
      ...{ cumQuantity: 100, leavesQuantity: 0, transactTime: MORNING, execId: 'E1', execRefId: '', venueOrderId: 'V1' },
      ...body,
    },
  };
}

/** Takes in events as one range. */
export function takeIn(centre: AccountCentre, market: string, events: readonly NumberedEvent[]): Promise<Executed | undefined> {
  const [first, last] = [events[0], events.at(-1)] as [NumberedEvent, NumberedEvent];
  const place = ({ header: { seq, k } }: NumberedEvent) => ({ seq, k });
  return centre.intake(market, events, place(first), place(last));
}

export async function balance(db: Database, key: string): Promise<bigint> {
  const { rows } = await db.query<{ posted: bigint }>('SELECT posted FROM accounts.ledger_account WHERE key = $1', [key]);
  return rows[0]?.posted ?? 0n;
}
