import { type Instant, isProblem, type Logger } from '@meridian/base';
import { type EventBatch, eachEvent, openSequencer, type Sequencer } from '@meridian/log';
import { PRICE_DIGITS } from '@meridian/market';
import {
  EVENT_HEADER_BYTES,
  EVENT_TYPE,
  NO_PRICE,
  NODE_PRICE_DIGITS,
  type NumberedEvent,
  readEvent,
  readEventHeader,
} from '@meridian/messages';
import type { Database } from '@meridian/store';
import type { MasterRisk } from './book.ts';
import { type CallTerms, FIRM_CURRENCY, fillCost, rateInputs, rateSetCache, readBooks, safe } from './books-of-record.ts';
import { type PositionSnapshot, positionsOf, type RiskSnapshot, snapshotOf } from './exposure.ts';
import { RiskFold } from './fold.ts';
import { encodeInput, MARGIN_SIGNAL_TYPE, MarginSignal, type RiskInput } from './input.ts';
import { problem } from './problems.ts';

/** Names the fold's log. */
export const RISK_LOG = 'RISK';

/** At the requirement a call is raised; it restores a tenth more. */
export const CALL_TERMS: CallTerms = { callPpm: 1_000_000, targetPpm: 1_100_000, amountMin: 100 };

export interface RiskMonitorOptions {
  /** Folder of the fold's own log. */
  readonly dir: string;
  readonly database: Database;
  readonly logger: Logger;
  /** Default {@link CALL_TERMS}. */
  readonly terms?: CallTerms;
}

/**
 * A master needs a call, or has recovered. Amounts in minor units of `currency`, its base currency. (master, at) names a
 * call: raise it under that name and at that time, for a call the books have not heard of is announced again after a
 * restart, and a recovery with every rebase that still finds the call raised.
 */
export interface RiskSignal {
  readonly kind: 'call' | 'recovered';
  /** Business time. */
  readonly at: Instant;
  readonly master: number;
  readonly client: number;
  readonly currency: string;
  readonly equity: number;
  readonly requirement: number;
  /** What restores the target; 0 when recovered. */
  readonly amount: number;
}

export interface RiskMonitor {
  /**
   * Reads the books in one snapshot and puts them in the place of what was folded. After opening, and after every change
   * of the books that no event announced. Calls run one after another.
   * @throws Problem RISK_BOOKS_REFUSED | RISK_AHEAD_OF_BOOKS | FX_RATE_MISSING | DATABASE_AWAY: what stood before stands on
   */
  rebase(time: Instant): Promise<void>;
  /**
   * Folds a node's committed events, in order; the books must hold them already. Fills that the books' snapshot held are
   * skipped, so events may be fed again. `rebaseNeeded`: something happened that only the books can tell.
   * @throws Problem FX_RATE_MISSING | RISK_BOOKS_REFUSED | DATABASE_AWAY: nothing was folded, feed it again
   */
  feed(market: string, events: EventBatch | readonly NumberedEvent[]): Promise<{ readonly rebaseNeeded: boolean }>;
  /** Called once per signal, when the fold's log holds it. */
  onSignal(listener: (signal: RiskSignal) => void): void;
  /** Of what was folded last; at most the batch being written ahead of the log. */
  snapshot(): RiskSnapshot;
  positions(): PositionSnapshot[];
  /** State hash of the fold's log. */
  readonly stateHash: string;
  close(): Promise<void>;
}

/** Opens the real-time monitor over its own log, where it stood when it was closed. RC-c, RC-i, RC-p */
export async function openRiskMonitor(options: RiskMonitorOptions): Promise<RiskMonitor> {
  const { dir, database, logger, terms = CALL_TERMS } = options;
  checkTerms(terms);
  const fold = new RiskFold();
  const sequencer = await openSequencer({ dir, market: RISK_LOG, machine: fold, syncPolicy: 'page-cache' });
  const listeners: ((signal: RiskSignal) => void)[] = [];
  const rateSet = rateSetCache(database);
  /** Listings and accounts that the books do not know either; asked about once per rebase. */
  const unknown = new Set<string>();
  let announced = false;
  let last: Promise<unknown> = Promise.resolve();

  sequencer.onCommitted((batch) => {
    for (const signal of signalsOf(batch)) for (const listener of listeners) listener(signal);
  });

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  }

  async function rebase(time: Instant): Promise<void> {
    const { inputs, places } = await readBooks(database, time, terms, (id) => fold.book.listings.get(id)?.price !== undefined);
    refuseEarlierBooks(fold, places);
    const before = announced ? [] : [...fold.book.masters.values()].filter((master) => master.callOpen);
    await tell(sequencer, [{ name: 'rebase', body: {} }, ...inputs, { name: 'rebased', body: {} }], time);
    unknown.clear();
    announced = true;
    // Calls whose signal was lost with the process that should have raised them.
    for (const { master, callAt } of before) {
      const now = fold.book.masters.get(master);
      if (now?.callOpen !== true || now.callAt !== callAt || now.bookedCallAt >= callAt) continue;
      for (const listener of listeners) listener(callOf(now));
    }
  }

  async function feed(market: string, events: readonly NumberedEvent[]): Promise<{ rebaseNeeded: boolean }> {
    if (fold.rebasing || fold.book.masters.size === 0) return { rebaseNeeded: events.length > 0 };
    const inputs: [RiskInput, Instant][] = [];
    let rebaseNeeded = false;
    const ask = (what: string) => {
      if (unknown.has(what)) return;
      unknown.add(what);
      rebaseNeeded = true;
      logger.warn('risk does not know what an event names', { market, what });
    };
    for (const event of events) {
      const { time } = event.header;
      if (event.name === 'client-fill') {
        if (isFolded(fold, market, event.header)) continue;
        if (event.body.execType !== TRADE) rebaseNeeded = true;
        else if (!fold.book.accounts.has(event.body.account)) ask(`account ${event.body.account}`);
        else if (!fold.book.listings.has(event.body.listing)) ask(`listing ${event.body.listing}`);
        else inputs.push([await fillInput(market, event), time]);
      } else if (event.name === 'price-set' || event.name === 'mark-set') {
        const price = event.name === 'mark-set' ? bookPrice(event.body.price) : reference(event.body);
        const { listing } = event.body;
        if (price === undefined) continue;
        if (!fold.book.listings.has(listing)) ask(`listing ${listing}`);
        else inputs.push([{ name: 'price', body: { listing, price } }, time]);
      } else if (event.name === 'rate-set-applied' && event.body.publishedAt > fold.book.rates.publishedAt) {
        for (const input of await rates(event.body.rateSet)) inputs.push([input, time]);
      }
    }
    for (const [input, time] of inputs) await submit(sequencer, input, time);
    await sequencer.committed(sequencer.appliedSeq);
    return { rebaseNeeded };
  }

  async function fillInput(market: string, event: NumberedEvent & { name: 'client-fill' }): Promise<RiskInput> {
    const { account, listing, side, quantity, price, rateSet: set } = event.body;
    const owner = fold.book.accounts.get(account) as NonNullable<ReturnType<typeof fold.book.accounts.get>>;
    const underlying = fold.book.listings.get(listing) as NonNullable<ReturnType<typeof fold.book.listings.get>>;
    const signed = side === BUY ? quantity : -quantity;
    const { cost, fees } = fillCost(BigInt(signed), BigInt(bookPrice(price)), owner, underlying, await rateSet(BigInt(set)));
    const { seq, k } = event.header;
    const figures = { quantity: signed, cost: safe('cost', cost), fees: safe('fees', fees) };
    return { name: 'fill', body: { account, listing, ...figures, seq, k, market } };
  }

  async function rates(id: number): Promise<RiskInput[]> {
    const set = await rateSet(BigInt(id));
    if (set === undefined) throw problem('RISK_BOOKS_REFUSED', { what: `rate set ${id}`, reason: 'it is not recorded' });
    const inForce = [...fold.book.rates.perBase.keys()];
    const lacking = inForce.find((currency) => currency !== set.base && !set.rates.has(currency));
    if (lacking !== undefined)
      throw problem('RISK_BOOKS_REFUSED', { what: `rate set ${id}`, reason: `no rate for ${lacking}, which was in force` });
    return rateInputs(BigInt(id), set, [...inForce, FIRM_CURRENCY]);
  }

  return {
    rebase: (time) => inTurn(() => rebase(time)),
    feed(market, events) {
      // A batch is valid during the call only.
      const relevant = Array.isArray(events) ? events : readBatch(events as EventBatch);
      return inTurn(() => feed(market, relevant));
    },
    onSignal: (listener) => void listeners.push(listener),
    snapshot: () => snapshotOf(fold.book, sequencer.lastTime),
    positions: () => positionsOf(fold.book),
    get stateHash() {
      return sequencer.stateHash;
    },
    close: () => inTurn(() => sequencer.close()),
  };
}

/** FIX 54 and 150. */
const BUY = 1;
const TRADE = 'F'.charCodeAt(0);

const RELEVANT: ReadonlySet<number> = new Set([
  ...[EVENT_TYPE['client-fill'], EVENT_TYPE['price-set'], EVENT_TYPE['mark-set'], EVENT_TYPE['rate-set-applied']],
]);

function readBatch(batch: EventBatch): NumberedEvent[] {
  const events: NumberedEvent[] = [];
  eachEvent(batch, (view, offset) => {
    if (RELEVANT.has(view.getUint16(offset + 4, true))) events.push(readEvent(view, offset));
  });
  return events;
}

/** Node prices, 4 decimals, with the 8 of the books. */
const NODE_TO_BOOK = 10 ** (PRICE_DIGITS - NODE_PRICE_DIGITS);
const bookPrice = (price: number): number => price * NODE_TO_BOOK;

/** The middle of a two-sided quote, else the last trade. */
function reference({ bid, ask, last }: { bid: number; ask: number; last: number }): number | undefined {
  if (bid !== NO_PRICE && ask !== NO_PRICE) return (bid + ask) * (NODE_TO_BOOK / 2);
  return last === NO_PRICE ? undefined : bookPrice(last);
}

function isFolded(fold: RiskFold, market: string, { seq, k }: { seq: number; k: number }): boolean {
  const place = fold.book.places.get(market);
  return place !== undefined && (seq < place.seq || (seq === place.seq && k <= place.k));
}

/** Books that have not seen a folded fill would lose it. */
function refuseEarlierBooks(fold: RiskFold, places: ReadonlyMap<string, { seq: number; k: number }>): void {
  for (const [market, { seq, k }] of fold.book.places) {
    const books = places.get(market) ?? { seq: 0, k: 0 };
    if (books.seq < seq || (books.seq === seq && books.k < k))
      throw problem('RISK_AHEAD_OF_BOOKS', { market, place: `${seq}.${k}`, books: `${books.seq}.${books.k}` });
  }
}

async function tell(sequencer: Sequencer, inputs: readonly RiskInput[], time: Instant): Promise<void> {
  for (const input of inputs) await submit(sequencer, input, time);
  await sequencer.committed(sequencer.appliedSeq);
}

/** Business time never runs backwards in the log; at its bound the log makes us wait. */
async function submit(sequencer: Sequencer, input: RiskInput, time: Instant): Promise<void> {
  const frame = encodeInput(input, Math.max(time, sequencer.lastTime));
  for (;;) {
    try {
      sequencer.submit(frame);
      return;
    } catch (error) {
      if (!isProblem(error, 'LOG_BUSY')) throw error;
      await sequencer.committed(sequencer.appliedSeq);
    }
  }
}

function signalsOf(batch: EventBatch): RiskSignal[] {
  const signals: RiskSignal[] = [];
  eachEvent(batch, (view, offset) => {
    const { type, time } = readEventHeader(view, offset);
    if (type !== MARGIN_SIGNAL_TYPE) return;
    const { kind, ...figures } = MarginSignal.read(view, offset + EVENT_HEADER_BYTES);
    signals.push({ kind: kind === 1 ? 'call' : 'recovered', at: time, ...figures });
  });
  return signals;
}

/** A call that was signalled before, in the figures of now. */
function callOf({ master, client, currency, equity, requirement, targetPpm, callAt }: MasterRisk): RiskSignal {
  const amount = Math.ceil((requirement * targetPpm) / 1_000_000 - equity);
  const figures = { equity: Math.floor(equity), requirement: Math.ceil(requirement), amount };
  return { kind: 'call', at: callAt, master, client, currency, ...figures };
}

function checkTerms({ callPpm, targetPpm, amountMin }: CallTerms): void {
  const refuse = (reason: string) => problem('RISK_TERMS_INVALID', { reason });
  for (const ppm of [callPpm, targetPpm])
    if (!Number.isSafeInteger(ppm) || ppm < 0 || ppm > 100_000_000) throw refuse(`${ppm} is no ratio in PPM`);
  if (targetPpm < callPpm) throw refuse(`target ${targetPpm} is below the call line ${callPpm}`);
  if (!Number.isSafeInteger(amountMin) || amountMin < 1) throw refuse(`least amount ${amountMin}`);
}
