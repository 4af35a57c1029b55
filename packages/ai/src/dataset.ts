import { type DateText, daysBetween } from '@meridian/base';
import type { Features } from './artefact.ts';
import { sha256 } from './digest.ts';
import { RETURNS_MIN, structureOf } from './features.ts';
import { seededUniform } from './metrics.ts';
import type { PriceHistory, PriceSeries } from './price-history.ts';
import type { DatasetRecord } from './registry.ts';
import { HORIZON_DAYS } from './rule.ts';

/** One account on one day, and what came of it. */
export interface LabelledRow {
  readonly client: number;
  readonly date: string;
  readonly features: Features;
  /** 1: equity fell short of the requirement at a close of the next five days. */
  readonly label: 0 | 1;
  /** Groups for the fairness suite: by market, by size. */
  readonly groups: readonly string[];
}

export interface TrainingData {
  /** Fitting, calibrating and testing: later in time each, with a gap as long as the horizon, and no client in two of them. */
  readonly fit: readonly LabelledRow[];
  readonly calibrate: readonly LabelledRow[];
  readonly test: readonly LabelledRow[];
  readonly cuts: readonly [calibrateFrom: string, testFrom: string];
  readonly record: DatasetRecord;
}

/** What the file does not say of itself. */
export interface Provenance {
  readonly source: string;
  readonly licence: string;
  /** Whether the licence lets what was learnt from it be handed on. */
  readonly mayShip: boolean;
}

const CLIENTS = { fit: 260, calibrate: 110, test: 260 } as const;
/** Days an account lives, at most. */
const LIFE_DAYS = 360;
/** Every third day of a life becomes a row: the days between say nearly the same. */
const EVERY = 3;
/** Shares of the calendar. */
const CUTS = [0.45, 0.6] as const;
/** Accounts are drawn; prices are not. Said in every record made from them. */
const SIMULATED =
  'Accounts are simulated (模拟客户): holdings, margin rates, top-ups, withdrawals and trades are drawn from a seed over real closing prices; no client of the firm is in it.';

/**
 * Builds rows from a price history: simulated accounts with total return swaps on one to six of its instruments, carried
 * forward over the real closes. The same history and seed give the same rows.
 */
export function buildTrainingData(history: PriceHistory, seed: number, { source, licence, mayShip }: Provenance): TrainingData {
  const calendar = [...new Set(history.series.flatMap(({ dates }) => dates))].sort();
  const cuts = CUTS.map((share) => calendar[Math.floor(share * calendar.length)] as string) as [string, string];
  const uniform = seededUniform(seed);
  const end = calendar.at(-1) as string;
  const part = (name: keyof typeof CLIENTS, from: string, to: string, firstClient: number) =>
    Array.from({ length: CLIENTS[name] }, (_, i) =>
      liveOn(history.series, uniform, { from, to, client: firstClient + i }),
    ).flat();
  // A label looks five days ahead: nothing is learnt from days whose label lies behind the cut.
  const fit = part('fit', calendar[0] as string, cuts[0], 0);
  const calibrate = part('calibrate', cuts[0], cuts[1], CLIENTS.fit);
  const test = part('test', cuts[1], end, CLIENTS.fit + CLIENTS.calibrate);
  const rows = fit.length + calibrate.length + test.length;
  const events = [...fit, ...calibrate, ...test].reduce((sum, { label }) => sum + label, 0);
  const sampling = {
    ...{ seed, clients: { ...CLIENTS }, everyDays: EVERY, lifeDays: LIFE_DAYS, horizonDays: HORIZON_DAYS, cuts },
    rows: { fit: fit.length, calibrate: calibrate.length, test: test.length },
  };
  const record: DatasetRecord = {
    id: `ds-${sha256(`${history.sha256} ${seed}`).slice(0, 16)}`,
    ...{ sha256: history.sha256, title: history.file, source, licence, mayShip, simulated: SIMULATED, rows, sampling },
    legalBasis: 'public market prices; simulated accounts; no personal information',
    ...{ class: 'general', residency: 'market', firstDate: history.firstDate, lastDate: history.lastDate },
    quality: {
      ...{ priceRows: history.rows, instruments: history.series.length, rejected: { ...history.rejected } },
      ...{ events, eventShare: events / rows },
    },
  };
  return { fit, calibrate, test, cuts, record };
}

interface Span {
  /** The account lives within [from, to). */
  readonly from: string;
  readonly to: string;
  readonly client: number;
}

/** One account's life: rows while it lasts. Empty when its instruments have too few common days. */
function liveOn(all: readonly PriceSeries[], uniform: () => number, span: Span): LabelledRow[] {
  const account = openAccount(all, uniform);
  const { dates, returns } = commonDays(account.series);
  const first = dates.findIndex((date, i) => i >= RETURNS_MIN && date >= span.from);
  const last = dates.findLastIndex((date) => date < span.to);
  const days = last - first;
  if (first < 0 || days < 4 * HORIZON_DAYS) return [];
  const life = Math.min(days, LIFE_DAYS);
  const begin = first + Math.floor(uniform() * (days - life + 1));
  const isShort: boolean[] = [];
  const drafts: { day: number; date: string; features: Features }[] = [];
  const behaviour = fund(account, returns, begin, uniform);
  for (let day = begin; day <= begin + life; day++) {
    // The close of this day, then whatever the client does about it.
    if (day > begin) isShort[day] = behaviour.carry(day);
    if ((day - begin) % EVERY === 0 && day + HORIZON_DAYS <= begin + life) {
      const structure = structureOf({
        ...{ equity: behaviour.equity, requirement: behaviour.requirement },
        holdings: behaviour.worths.map((worth, j) => ({ worth, returns: (returns[j] as Float64Array).subarray(0, day + 1) })),
      });
      if (structure !== undefined) drafts.push({ day, date: dates[day] as string, features: structure.features });
    }
  }
  return drafts.map(({ day, date, features }) => ({
    ...{ client: span.client, date, features, groups: account.groups },
    label: isShort.slice(day + 1, day + 1 + HORIZON_DAYS).some(Boolean) ? 1 : 0,
  }));
}

interface Account {
  readonly series: readonly PriceSeries[];
  /** Signed shares of gross. */
  readonly weights: readonly number[];
  /** How soon it mends what is short: 0 late, 1 early. */
  readonly discipline: number;
  readonly groups: readonly string[];
}

function openAccount(all: readonly PriceSeries[], uniform: () => number): Account {
  const count = Math.min(all.length, 1 + Math.floor(uniform() ** 1.5 * 6));
  const chosen = new Set<PriceSeries>();
  while (chosen.size < count) chosen.add(all[Math.floor(uniform() * all.length)] as PriceSeries);
  const isLongOnly = uniform() < 0.6;
  const raw = Array.from(chosen, () => (0.2 + uniform()) * (isLongOnly || uniform() < 0.5 ? 1 : -1));
  const gross = raw.reduce((sum, each) => sum + Math.abs(each), 0);
  const series = [...chosen];
  return {
    ...{ series, weights: raw.map((each) => each / gross), discipline: uniform() },
    groups: [`market ${(series[0] as PriceSeries).group}`, `size ${uniform() < 0.5 ? 'small' : 'large'}`],
  };
}

/** Days on which all have a close, and their simple returns; the first day's are zero and never looked at. */
function commonDays(series: readonly PriceSeries[]): { dates: string[]; returns: Float64Array[] } {
  const maps = series.map(({ dates, closes }) => new Map(dates.map((date, i) => [date, closes[i] as number])));
  const [firstMap, ...others] = maps as [Map<string, number>, ...Map<string, number>[]];
  const dates = [...firstMap.keys()].filter((date) => others.every((map) => map.has(date)));
  const returns = maps.map((map) =>
    Float64Array.from(dates, (date, i) =>
      i === 0 ? 0 : (map.get(date) as number) / (map.get(dates[i - 1] as string) as number) - 1,
    ),
  );
  return { dates, returns };
}

interface Behaviour {
  readonly equity: number;
  readonly requirement: number;
  readonly worths: readonly number[];
  /** Goes through one day; whether the account is short at its close. */
  carry(day: number): boolean;
}

/**
 * Puts margin in and behaves: the rate is four to fourteen daily moves of what is held at the start, so that the same draw is as bold
 * with currencies as with shares. A short account tops up to a third above the requirement, or cuts; a disciplined one does so
 * before it is short; plenty is withdrawn; now and then it trades.
 */
function fund(account: Account, returns: readonly Float64Array[], begin: number, uniform: () => number): Behaviour {
  let worths = account.weights.map((weight) => weight);
  const grossOf = () => worths.reduce((sum, worth) => sum + Math.abs(worth), 0);
  let square = 0;
  for (let day = begin - RETURNS_MIN + 1; day <= begin; day++)
    square += worths.reduce((sum, worth, j) => sum + worth * ((returns[j] as Float64Array)[day] as number), 0) ** 2;
  const rate = Math.min(0.6, Math.max(0.01, Math.sqrt(square / RETURNS_MIN) * (4 + 10 * uniform())));
  let equity = rate * grossOf() * (1.05 + 1.2 * uniform());
  return {
    get equity() {
      return equity;
    },
    get requirement() {
      return rate * grossOf();
    },
    get worths() {
      return worths;
    },
    carry(day) {
      equity += worths.reduce((sum, worth, j) => sum + worth * ((returns[j] as Float64Array)[day] as number), 0);
      worths = worths.map((worth, j) => worth * (1 + ((returns[j] as Float64Array)[day] as number)));
      const requirement = rate * grossOf();
      const isShort = equity < requirement;
      if (isShort) {
        const cut = Math.max(0.2, equity / (requirement * 1.3));
        if (uniform() < 0.85 || equity <= 0) equity = requirement * 1.33;
        else worths = worths.map((worth) => worth * cut);
      } else if (account.discipline > 0.5 && equity < requirement * 1.15 && uniform() < 0.35) equity = requirement * 1.4;
      else if (equity > requirement * 2.6) equity -= (equity - requirement * 1.9) * 0.5;
      if (uniform() < 0.03) worths = worths.map((worth) => worth * (0.7 + 0.6 * uniform()));
      return isShort;
    },
  };
}

/** Whole days between the last label of one part and the first row of the next; at least the horizon, or something leaks. */
export function gapDays(before: readonly LabelledRow[], after: readonly LabelledRow[]): number {
  const last = before.reduce((most, { date }) => (date > most ? date : most), '');
  const first = after.reduce((least, { date }) => (date < least ? date : least), '9999-12-31');
  return daysBetween(last as DateText, first as DateText);
}
