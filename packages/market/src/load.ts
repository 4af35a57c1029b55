/** The one file of this room that reads the disk. Everything else is pure. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { DateText } from '@meridian/base';
import { type FactDocuments, type MarketFacts, marketFacts } from './market-facts.ts';
import {
  type RecordedSessions,
  readMinuteQuotes,
  readPrints,
  readSecondQuotes,
  type TapePrint,
  type TapeQuote,
} from './recorded-session.ts';

/** The project's own data folder. */
export const DATA_DIR: string = fileURLToPath(new URL('../../../data/', import.meta.url));

function text(dir: string, path: string): string {
  const bytes = readFileSync(`${dir}/${path}`);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** Reads the fact files. @throws Problem FACT_FILE_INVALID; the file system's error when one is missing */
export function loadMarketFacts(dir: string = DATA_DIR): MarketFacts {
  return marketFacts(readFactDocuments(dir));
}

/** The fact files as they are, for a room that keeps them as data of record. */
export function readFactDocuments(dir: string = DATA_DIR): FactDocuments {
  const json = (path: string): unknown => JSON.parse(text(dir, path));
  return {
    calendar: json('calendar/cal_neutral.json'),
    months: [json('calendar/oct-2013.json')],
    overrides: json('calendar/overrides.json'),
    banks: json('calendar/banks.json'),
    phases: json('market-rules/phases.json'),
    ticks: json('market-rules/ticks.json'),
    tickScopes: json('market-rules/tick-scopes.json'),
    lots: json('market-rules/lots.json'),
    settlement: json('market-rules/settlement.json'),
    fees: json('market-rules/fees.json'),
    feeSchedules: json('market-rules/fee-schedules.json'),
    checked: json('market-rules/checked.json'),
    ecbRates: text(dir, 'fx/ecb_eur_reference_1999_2026.csv.gz'),
    usPrimaryCredit: text(dir, 'rates/us_primary_credit_rate.csv'),
    mics: text(dir, 'reference/iso10383_mic.csv.gz'),
  };
}

const PRINT_FILES: Readonly<Record<string, string>> = {
  'SPY 2013-10-07': 'us_spy_ticks_20131007.csv.gz',
  'IBM 2013-10-07': 'us_ibm_ticks_20131007.csv.gz',
};

/** Recorded New York sessions: prints and minute quotes of 7 October 2013, second (SPY) and minute quotes of 8 October. */
export function loadRecordedSessions(dir: string = DATA_DIR): RecordedSessions {
  const once = <T>(read: () => T) => {
    let value: T | undefined;
    return () => {
      value ??= read();
      return value;
    };
  };
  const minutes = once(() => readMinuteQuotes('us_1min_quotes', text(dir, 'session/us_1min_quotes_20131007_08.csv.gz')));
  const seconds = once(() => readSecondQuotes('us_spy_1s_quotes', text(dir, 'session/us_spy_1s_quotes_20131008.csv.gz')));
  const prints = new Map<string, TapePrint[]>();
  return {
    dates: ['2013-10-07', '2013-10-08'] as DateText[],
    prints(symbol, date) {
      const key = `${symbol} ${date}`;
      const file = PRINT_FILES[key];
      if (file === undefined) return [];
      const read = prints.get(key) ?? readPrints(file, text(dir, `session/${file}`));
      prints.set(key, read);
      return read;
    },
    quotes(symbol, date) {
      const start = Date.parse(`${date}T00:00:00Z`) * 1_000;
      const ofDay = (quotes: readonly TapeQuote[]) =>
        quotes.filter((q) => q.symbol === symbol && q.at >= start && q.at < start + 86_400_000_000);
      const fine = ofDay(seconds());
      return fine.length > 0 ? fine : ofDay(minutes());
    },
  };
}
