import type { DateText, Instant } from '@meridian/base';
import { type BankCalendars, bankCalendars } from './bank-calendar.ts';
import { bankCalendarFile, calendarOverrides, marketCalendars } from './calendar-file.ts';
import {
  feeFacts,
  feeSchedules,
  lotRules,
  mergeFacts,
  phaseTables,
  rowReader,
  settlementCycles,
  tickTables,
} from './fact-file.ts';
import { type FeeFact, type FeeLine, type FeeSchedule, feeSchedule } from './fee.ts';
import { type MicRow, type MicTable, micTable } from './identifier.ts';
import type { Listing } from './listing.ts';
import { type Lot, type LotRule, lotOf } from './lot.ts';
import { tableMarket } from './market-code.ts';
import { type PhasePlan, type PhaseTable, phasePlan } from './phase.ts';
import { notCovered } from './provenance.ts';
import { type RateIndex, stepRateIndex } from './rate-index.ts';
import { ecbRateSets, type RateSets } from './rate-set.ts';
import { type CalendarOverride, type Session, type SessionCalendar, sessionCalendar } from './session-calendar.ts';
import { type SettlementCycle, settlementDates, type ValueDates } from './settlement.ts';
import { type TickTable, tickTable } from './tick-table.ts';

/** The fact files as parsed JSON or text; see data/README.md. */
export interface FactDocuments {
  readonly calendar: unknown;
  readonly months: readonly unknown[];
  readonly overrides: unknown;
  readonly banks: unknown;
  readonly phases: unknown;
  readonly ticks: unknown;
  readonly tickScopes: unknown;
  readonly lots: unknown;
  readonly settlement: unknown;
  readonly fees: unknown;
  readonly feeSchedules: unknown;
  readonly checked: unknown;
  readonly ecbRates: string;
  readonly usPrimaryCredit: string;
  readonly mics: string;
}

/** Everything the house knows about markets, interpreted. Pure: same documents, same answers. */
export interface MarketFacts {
  readonly calendar: SessionCalendar;
  readonly banks: BankCalendars;
  readonly rateSets: RateSets;
  readonly mics: MicTable;
  /** US_PRIMARY_CREDIT: the discount window's primary credit rate, ACT/360. @throws Problem FACT_NOT_COVERED */
  rateIndex(code: string): RateIndex;
  /** @throws Problem, as every question below: no coverage and unchecked facts are refused */
  phasePlan(mic: string, date: DateText): PhasePlan | null;
  tickTable(listing: Listing, date: DateText): TickTable;
  lot(listing: Listing, date: DateText): Lot;
  feeSchedule(mic: string, date: DateText, side: 'buy' | 'sell', securityClass: string): FeeLine[];
  settlementDates(mic: string, tradeDate: DateText): ValueDates;
  /** The session of the market's day that an instant falls in; null on a closed day. */
  sessionAt(mic: string, at: Instant): Session | null;
  /** The same facts with more calendar overrides on top. */
  withOverrides(overrides: readonly CalendarOverride[]): MarketFacts;
  readonly tables: RuleTables;
}

/** The rule rows themselves, for screens and for reference data of record. */
export interface RuleTables {
  readonly phases: readonly PhaseTable[];
  readonly ticks: readonly TickTable[];
  readonly lots: readonly LotRule[];
  readonly settlement: readonly SettlementCycle[];
  readonly fees: readonly FeeFact[];
  readonly feeSchedules: readonly FeeSchedule[];
}

/** Currency whose banks must be open for a market's trades to settle. */
const SETTLEMENT_CURRENCY: Readonly<Record<string, string>> = {
  XNYS: 'USD',
  XHKG: 'HKD',
  XSHG: 'CNY',
  XETR: 'EUR',
  XPAR: 'EUR',
  XTKS: 'JPY',
  XLON: 'GBP',
  XSES: 'SGD',
};

/** Last date the primary credit table speaks for: its last change took effect on 2023-07-27. */
const US_PRIMARY_CREDIT_KNOWN_TO = '2023-12-31' as DateText;

/** @throws Problem FACT_FILE_INVALID naming file, row and reason */
export function marketFacts(documents: FactDocuments): MarketFacts {
  const calendars = marketCalendars(documents.calendar, documents.months);
  const indexes = [stepRateIndex('US_PRIMARY_CREDIT', documents.usPrimaryCredit, US_PRIMARY_CREDIT_KNOWN_TO)];
  const parts = {
    banks: bankCalendars(bankCalendarFile(documents.banks)),
    rateSets: ecbRateSets(documents.ecbRates),
    mics: micTable(micRows(documents.mics)),
    tables: ruleTables(documents),
    indexes: new Map(indexes.map((i) => [i.code, i])),
  };
  return compose(sessionCalendar(calendars, calendarOverrides(documents.overrides)), parts);
}

interface Parts {
  readonly banks: BankCalendars;
  readonly rateSets: RateSets;
  readonly mics: MicTable;
  readonly tables: RuleTables;
  readonly indexes: ReadonlyMap<string, RateIndex>;
}

function compose(calendar: SessionCalendar, parts: Parts): MarketFacts {
  const { banks, tables } = parts;
  return {
    calendar,
    banks,
    rateSets: parts.rateSets,
    mics: parts.mics,
    tables,
    rateIndex(code) {
      const index = parts.indexes.get(code);
      if (index === undefined) throw notCovered(code.slice(0, 32), 'rate index', 'any date');
      return index;
    },
    phasePlan: (mic, date) => phasePlan(tables.phases, calendar, mic, date),
    tickTable: (listing, date) => tickTable(tables.ticks, listing, date),
    lot: (listing, date) => lotOf(tables.lots, listing, date),
    feeSchedule: (mic, date, side, securityClass) =>
      feeSchedule({ facts: tables.fees, schedules: tables.feeSchedules }, mic, date, side, securityClass),
    settlementDates(mic, tradeDate) {
      const currency = SETTLEMENT_CURRENCY[tableMarket(mic)];
      if (currency === undefined) throw notCovered(mic, 'settlement currency', tradeDate);
      return settlementDates(tables.settlement, calendar, banks.of(currency), mic, tradeDate);
    },
    sessionAt: (mic, at) => calendar.session(mic, calendar.dateAt(mic, at)),
    withOverrides: (overrides) => compose(calendar.with(overrides), parts),
  };
}

function ruleTables(documents: FactDocuments): RuleTables {
  const checked = rowReader('checked.json', documents.checked, 'root');
  const merged = (file: string, document: unknown, topic: string) => {
    const facts = rowReader(file, document, 'root').raw['facts'];
    const own = checked.raw[topic];
    return mergeFacts(file, Array.isArray(facts) ? facts : [], Array.isArray(own) ? own : []);
  };
  const scopes = rowReader('tick-scopes.json', documents.tickScopes, 'root').rows('scopes');
  return {
    phases: phaseTables(merged('phases.json', documents.phases, 'phases')),
    ticks: tickTables(merged('ticks.json', documents.ticks, 'ticks'), scopes),
    lots: lotRules(merged('lots.json', documents.lots, 'lots')),
    settlement: settlementCycles(merged('settlement.json', documents.settlement, 'settlement')),
    fees: feeFacts(merged('fees.json', documents.fees, 'fees')),
    feeSchedules: feeSchedules(rowReader('fee-schedules.json', documents.feeSchedules, 'root').rows('schedules')),
  };
}

/** ISO 10383 list: quoted CSV with a header; columns by name. */
function micRows(csv: string): MicRow[] {
  const [header, ...lines] = csvRows(csv);
  const column = (name: string) => (header as string[]).indexOf(name);
  const [mic, operating, name, country, status] = [
    'MIC',
    'OPERATING MIC',
    'MARKET NAME-INSTITUTION DESCRIPTION',
    'ISO COUNTRY CODE (ISO 3166)',
    'STATUS',
  ].map(column) as [number, number, number, number, number];
  return lines.map((cells) => ({
    mic: cells[mic] as string,
    operatingMic: cells[operating] as string,
    name: cells[name] as string,
    country: cells[country] as string,
    active: cells[status] !== 'EXPIRED',
  }));
}

/** Quotes may hold commas, line ends and doubled quotes. */
function csvRows(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const match of csv.matchAll(/("(?:[^"]|"")*"|[^,\r\n"]*)(,|\r?\n|$)/g)) {
    const cell = match[1] as string;
    row.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (match[2] === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    if (match[2] === '') break;
  }
  return rows;
}
