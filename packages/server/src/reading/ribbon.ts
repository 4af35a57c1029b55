import type { AnswerOf } from '@meridian/api';
import {
  addDays,
  type Bilingual,
  type DateText,
  dateIn,
  type Instant,
  isProblem,
  MICROS_PER_DAY,
  zonedInstant,
} from '@meridian/base';
import { type MarketFacts, phaseAt, type Session } from '@meridian/market';
import type { Queryable } from '@meridian/store';
import { type BatchBar, batchBar, batchesWithin, stepRuns } from './batch.ts';
import { instantText } from './figure.ts';
import { CLIENT_DAY_LANE, HOUSE_ZONE, LANES, type LaneMarket } from './lane.ts';

type Ribbon = AnswerOf<'GET /v1/ribbon'>;
type Lane = Ribbon['lanes'][number];
type SessionBar = Lane['sessions'][number];
export type Clock = AnswerOf<'GET /v1/house'>['clocks'][number];

/** The desk's day turns at four in the morning in Beijing: New York has closed by then. */
const DAY_BEGINS = '04:00';

/** The instant at which the window begins by itself. */
export function deskDay(now: Instant): Instant {
  const today = dateIn(now, HOUSE_ZONE);
  const begin = zonedInstant(today, DAY_BEGINS, HOUSE_ZONE);
  return begin <= now ? begin : zonedInstant(addDays(today, -1), DAY_BEGINS, HOUSE_ZONE);
}

/** 24 hours: sessions as the calendars say, batches at their business instants. CL-b, RC-n */
export async function ribbon(
  db: Queryable,
  facts: MarketFacts,
  from: Instant,
  now: Instant,
  mode: 'demo' | 'production',
): Promise<Ribbon> {
  const to = from + MICROS_PER_DAY;
  const rows = await batchesWithin(db, from, to);
  const steps = await stepRuns(db, rows);
  const barsOf = (fits: (market: string) => boolean): BatchBar[] =>
    rows
      .filter(({ market }) => fits(market))
      .slice(0, 50)
      .map((row) => batchBar(row, steps.get(row.batch) ?? [], now, mode));
  const lanes = LANES.map((lane) => ({
    ...marketLane(facts, lane, from, to, now),
    batches: barsOf((market) => lane.markets.includes(market)),
  }));
  const days = barsOf((market) => market === CLIENT_DAY_LANE.market);
  const last = { ...CLIENT_DAY_LANE, markets: [], zone: HOUSE_ZONE, open: false, note: null, sessions: [], batches: days };
  return {
    ...{ from: instantText(from), to: instantText(to), now: instantText(now) },
    lanes: days.length === 0 ? lanes : [...lanes, last],
  };
}

function marketLane(facts: MarketFacts, lane: LaneMarket, from: Instant, to: Instant, now: Instant): Omit<Lane, 'batches'> {
  const { calendar } = facts;
  const { market, markets, name } = lane;
  const bars: SessionBar[] = [];
  const notes: Bilingual[] = [];
  // A day of 24 hours touches two dates of a market, and no more.
  for (const date of new Set([calendar.dateAt(market, from), calendar.dateAt(market, to - 1)])) {
    const session = sessionOn(facts, market, date);
    if (session === 'unknown') notes.push({ zh: `${date} 无日历`, en: `${date} is not in the calendar` });
    else if (session === null) notes.push({ zh: `${date} 休市`, en: `Closed on ${date}` });
    else {
      if (session.override !== null) notes.push(session.override.reason);
      bars.push(
        ...barsOfSession(facts, session)
          .filter((bar) => bar.end > from && bar.begin < to)
          .map(wire),
      );
    }
  }
  return {
    ...{ market, markets: [...markets], name: { ...name }, zone: calendar.zone(market) },
    open: phaseOf(facts, market, now).open,
    note: notes.length === 0 ? null : joined(notes),
    sessions: bars.slice(0, 20),
  };
}

const joined = (notes: readonly Bilingual[]): Bilingual => ({
  zh: notes.map(({ zh }) => zh).join('；'),
  en: notes.map(({ en }) => en).join('; '),
});

interface Bar {
  readonly date: string;
  readonly begin: Instant;
  readonly end: Instant;
  readonly kind: SessionBar['kind'];
}

const wire = (bar: Bar): SessionBar => ({
  ...{ date: bar.date, open: instantText(bar.begin), close: instantText(bar.end), kind: bar.kind },
});

/** A date beyond a calendar's coverage is said to be unknown, never taken for a holiday. */
function sessionOn(facts: MarketFacts, market: string, date: DateText): Session | null | 'unknown' {
  try {
    return facts.calendar.session(market, date);
  } catch (error) {
    if (isProblem(error, 'CALENDAR_NOT_COVERED')) return 'unknown';
    throw error;
  }
}

/** Continuous trading with its break from the calendar; auctions where the rule book's phases are known for the date. */
function barsOfSession(facts: MarketFacts, session: Session): Bar[] {
  const { date, open, breakStart, breakEnd, close } = session;
  const kind = session.kind === 'half' ? 'half-day' : 'continuous';
  const bars: Bar[] =
    breakStart === null || breakEnd === null
      ? [{ date, begin: open, end: close, kind }]
      : [
          { date, begin: open, end: breakStart, kind },
          { date, begin: breakStart, end: breakEnd, kind: 'break' },
          { date, begin: breakEnd, end: close, kind },
        ];
  return [...bars, ...auctions(facts, session)].sort((a, b) => a.begin - b.begin);
}

/** Calls and their uncrossing make one bar. */
function auctions(facts: MarketFacts, session: Session): Bar[] {
  const bars: Bar[] = [];
  for (const phase of planOf(facts, session.mic, session.date)?.phases ?? []) {
    if (phase.kind !== 'auction_call' && phase.kind !== 'auction_uncross') continue;
    const last = bars.at(-1);
    if (last !== undefined && last.end === phase.start) bars[bars.length - 1] = { ...last, end: phase.end };
    else if (phase.end > phase.start) bars.push({ date: session.date, begin: phase.start, end: phase.end, kind: 'auction' });
  }
  return bars;
}

function planOf(facts: MarketFacts, market: string, date: DateText) {
  try {
    return facts.phasePlan(market, date);
  } catch (error) {
    if (isProblem(error)) return null;
    throw error;
  }
}

/** The phase of a market now: by its rule book where that is known, else by its calendar; "unknown" beyond both. */
export function phaseOf(facts: MarketFacts, market: string, now: Instant): { readonly open: boolean; readonly phase: string } {
  const date = facts.calendar.dateAt(market, now);
  const session = sessionOn(facts, market, date);
  if (session === 'unknown') return { open: false, phase: 'unknown' };
  if (session === null) return { open: false, phase: 'closed' };
  const { open, breakStart, breakEnd, close } = session;
  const inBreak = breakStart !== null && breakEnd !== null && now >= breakStart && now < breakEnd;
  const isOpen = now >= open && now < close && !inBreak;
  const plan = planOf(facts, market, date);
  const named = plan === null ? undefined : phaseAt(plan, now)?.kind;
  return { open: isOpen, phase: named ?? (isOpen ? 'continuous' : inBreak ? 'break' : 'closed') };
}

/** One clock for each lane; those where the house trades come first, for a bar that has no room for all. */
export function clocks(facts: MarketFacts, now: Instant, traded: ReadonlySet<string>): Clock[] {
  const isTraded = (lane: (typeof LANES)[number]) => lane.markets.some((market) => traded.has(market));
  return LANES.toSorted((a, b) => Number(isTraded(b)) - Number(isTraded(a))).map(({ market, name }) => ({
    ...{ market, name: { ...name }, zone: facts.calendar.zone(market), ...phaseOf(facts, market, now) },
  }));
}
