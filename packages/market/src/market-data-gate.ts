/**
 * Market-data gate: judges every incoming quote and print before anything else may look at it. A state machine: same
 * inputs in the same order, same verdicts. Prices are integer doubles in PRICE_DIGITS decimals and signed.
 */
import type { Instant } from '@meridian/base';
import { movesLastPrice } from './sale-condition.ts';
import type { Session } from './session-calendar.ts';

export type GateReason =
  | 'NON_FINITE'
  | 'UNKNOWN_SYMBOL'
  | 'UNKNOWN_VENUE'
  | 'OFF_CALENDAR'
  | 'OFF_SESSION'
  | 'NOT_POSITIVE'
  | 'OFF_GRID'
  | 'STALE'
  | 'OUT_OF_ORDER'
  | 'ONE_SIDED'
  | 'LOCKED'
  | 'CROSSED'
  | 'SUSPICIOUS'
  | 'JUMP';

/** `movesPrice`: the message may set the reference price. An accepted print that may not is volume only. */
export type Verdict =
  | { readonly accept: true; readonly movesPrice: boolean }
  | { readonly accept: false; readonly reason: GateReason; readonly detail: string };

/** What the gate knows about an instrument. */
export interface GateInstrument {
  readonly symbol: string;
  readonly mic: string;
  /** Venues a message for it may come from: tape participants or MICs. */
  readonly venues: ReadonlySet<string>;
  /** Whether a price stands on the instrument's tick table. */
  readonly onGrid: (price: number) => boolean;
  /** Zero and negative prices are real for this instrument (commodity futures). */
  readonly signed: boolean;
}

export interface GateRules {
  /** The session that contains or surrounds an instant for a market; null on a closed day. */
  readonly sessionAt: (mic: string, at: Instant) => Session | null;
  /** A message older than this when it arrives is stale. Microseconds. */
  readonly ageMax: number;
  /** Largest step from the reference price, in parts of 10,000 of its magnitude. */
  readonly jumpBasisPoints: number;
  /** This many consecutive prices beyond the step that agree with each other re-anchor the reference. */
  readonly jumpConfirmations: number;
}

export interface GateQuote {
  readonly symbol: string;
  readonly venue: string;
  readonly at: Instant;
  readonly bid: number;
  readonly ask: number;
}

export interface GatePrint {
  readonly symbol: string;
  readonly venue: string;
  readonly at: Instant;
  readonly price: number;
  readonly condition: number;
  readonly suspicious: boolean;
}

/** Per instrument: reference price, the price waiting to be confirmed after a jump, newest accepted times. */
export interface GateState {
  reference: number | null;
  referenceAt: Instant;
  pending: number | null;
  pendingCount: number;
  quoteAt: Instant;
  printAt: Instant;
}

export interface MarketDataGate {
  /** Judges a quote that arrives at business time `now`; its mid may become the reference. */
  quote(quote: GateQuote, now: Instant): Verdict;
  /** Judges a print that arrives at business time `now`. */
  print(print: GatePrint, now: Instant): Verdict;
  /** The last price that moved the reference; null before the first. */
  reference(symbol: string): { readonly price: number; readonly at: Instant } | null;
  /** State for a snapshot, keyed by symbol. */
  save(): Readonly<Record<string, Readonly<GateState>>>;
  restore(saved: Readonly<Record<string, Readonly<GateState>>>): void;
}

/** `session`: the last one looked up, so that a message inside it needs no calendar. Not part of the state. */
interface Entry {
  readonly instrument: GateInstrument;
  readonly state: GateState;
  session: Session | null;
}

const ACCEPT_MOVING: Verdict = { accept: true, movesPrice: true };
const ACCEPT_VOLUME: Verdict = { accept: true, movesPrice: false };

function reject(reason: GateReason, detail: string): Verdict {
  return { accept: false, reason, detail };
}

export function marketDataGate(instruments: readonly GateInstrument[], rules: GateRules): MarketDataGate {
  const known = new Map(
    instruments.map((i): [string, Entry] => [i.symbol, { instrument: i, state: emptyState(), session: null }]),
  );

  function entry(symbol: string, venue: string): Verdict | Entry {
    const found = known.get(symbol);
    if (found === undefined) return reject('UNKNOWN_SYMBOL', symbol.slice(0, 16));
    return found.instrument.venues.has(venue) ? found : reject('UNKNOWN_VENUE', `${symbol} from ${venue.slice(0, 16)}`);
  }

  /** `last`: the last instant of the session that counts — a quote may speak for the close itself, a print may not. */
  function timing(
    found: Entry,
    at: Instant,
    newest: Instant,
    now: Instant,
    last: (session: Session) => Instant,
  ): Verdict | null {
    if (!Number.isSafeInteger(at)) return reject('NON_FINITE', 'time');
    const cached = found.session !== null && at >= found.session.open && at <= last(found.session);
    const session = cached ? found.session : rules.sessionAt(found.instrument.mic, at);
    if (session === null) return reject('OFF_CALENDAR', `${found.instrument.mic} is closed that day`);
    found.session = session;
    if (at < session.open || at > last(session)) return reject('OFF_SESSION', `session of ${session.date}`);
    if (session.breakStart !== null && session.breakEnd !== null && at >= session.breakStart && at < session.breakEnd)
      return reject('OFF_SESSION', `break of ${session.date}`);
    if (now - at > rules.ageMax) return reject('STALE', `${now - at} µs old`);
    return at < newest ? reject('OUT_OF_ORDER', `${newest - at} µs behind`) : null;
  }

  function priceFault(instrument: GateInstrument, price: number): Verdict | null {
    if (!Number.isSafeInteger(price)) return reject('NON_FINITE', 'price');
    if (price <= 0 && !instrument.signed) return reject('NOT_POSITIVE', String(price));
    return instrument.onGrid(price) ? null : reject('OFF_GRID', String(price));
  }

  const withinStep = (from: number, to: number) => Math.abs(to - from) * 10_000 <= Math.abs(from) * rules.jumpBasisPoints;

  /** Moves the reference, or holds a jump back until enough agreeing prices confirm it. */
  function move(state: GateState, price: number, at: Instant): Verdict {
    if (state.reference !== null && !withinStep(state.reference, price)) {
      state.pendingCount = state.pending !== null && withinStep(state.pending, price) ? state.pendingCount + 1 : 1;
      state.pending = price;
      if (state.pendingCount < rules.jumpConfirmations) return reject('JUMP', `${state.reference} → ${price}`);
    }
    state.reference = price;
    state.referenceAt = at;
    state.pending = null;
    state.pendingCount = 0;
    return ACCEPT_MOVING;
  }

  return {
    quote(quote, now) {
      const found = entry(quote.symbol, quote.venue);
      if ('accept' in found) return found;
      const { instrument, state } = found;
      const fault =
        timing(found, quote.at, state.quoteAt, now, (session) => session.close) ??
        sideFault(instrument, quote) ??
        priceFault(instrument, quote.bid) ??
        priceFault(instrument, quote.ask);
      if (fault !== null) return fault;
      if (quote.bid > quote.ask) return reject('CROSSED', `${quote.bid} > ${quote.ask}`);
      if (quote.bid === quote.ask) return reject('LOCKED', String(quote.bid));
      const verdict = move(state, Math.floor((quote.bid + quote.ask) / 2), quote.at);
      if (verdict.accept) state.quoteAt = quote.at;
      return verdict;
    },
    print(print, now) {
      const found = entry(print.symbol, print.venue);
      if ('accept' in found) return found;
      const { instrument, state } = found;
      if (!Number.isSafeInteger(print.price)) return reject('NON_FINITE', 'price');
      if (print.suspicious) return reject('SUSPICIOUS', 'flagged by the vendor');
      const late = timing(found, print.at, state.printAt, now, (session) => session.close - 1);
      if (late !== null) return late;
      if (!movesLastPrice(print.condition, print.venue)) return ACCEPT_VOLUME;
      const fault = priceFault(instrument, print.price);
      if (fault !== null) return fault;
      const verdict = move(state, print.price, print.at);
      if (verdict.accept) state.printAt = print.at;
      return verdict;
    },
    reference(symbol) {
      const state = known.get(symbol)?.state;
      return state === undefined || state.reference === null ? null : { price: state.reference, at: state.referenceAt };
    },
    save: () => Object.fromEntries([...known].map(([symbol, { state }]) => [symbol, { ...state }])),
    restore(saved) {
      for (const [symbol, { state }] of known) Object.assign(state, saved[symbol] ?? emptyState());
    },
  };
}

function emptyState(): GateState {
  return { reference: null, referenceAt: 0, pending: null, pendingCount: 0, quoteAt: 0, printAt: 0 };
}

/** A feed writes a missing side as zero; for an instrument whose price may be zero it is a price. */
function sideFault(instrument: GateInstrument, quote: GateQuote): Verdict | null {
  return !instrument.signed && (quote.bid === 0 || quote.ask === 0) ? reject('ONE_SIDED', 'a side is missing') : null;
}
