import type { Instant } from '@meridian/base';
import type { VenueOrder } from './venue-order.ts';

/** One side of a trade. */
export interface ExecutionRecord {
  readonly execution: number;
  readonly order: number;
  /** The other side, when that was a member's order too; 0 otherwise. */
  readonly counter: number;
  readonly quantity: number;
  readonly price: number;
  readonly time: Instant;
  readonly clOrdId: string;
  standing: boolean;
}

/** A line of the broker's day: a fill, or the bust of one. A correction is a bust and a new fill. */
export interface BrokerEntry {
  readonly kind: 'fill' | 'bust';
  readonly execution: number;
  /** Of a bust: the busted execution. Of a corrected fill: the one it replaces. 0 otherwise. */
  readonly reference: number;
  readonly order: number;
  readonly listing: number;
  readonly side: number;
  readonly account: string;
  readonly quantity: number;
  readonly price: number;
  readonly time: Instant;
  readonly clOrdId: string;
  /** Session date on which the trade was made. */
  readonly tradeDate: string;
  /** Date of the broker file that tells it; '' until the next day opens. */
  fileDate: string;
}

export interface Trade {
  readonly price: number;
  readonly quantity: number;
  readonly time: Instant;
  /** Execution of the other side; 0 when that is the rest of the market. */
  readonly counter: number;
  /** The execution that this one corrects; 0 for a new trade. */
  readonly reference: number;
}

/** Every execution of the day, and the lines of the broker files. Execution numbers are never used twice. */
export interface TradeLedger {
  /** The number that the next execution, or bust, will have. */
  readonly next: number;
  /** A correction keeps time, date and ClOrdID of the trade it corrects. */
  book(of: VenueOrder, trade: Trade, date: string): number;
  /** Takes a standing execution back; the number of the bust. */
  takeBack(done: ExecutionRecord, date: string): number;
  standing(execution: number): ExecutionRecord | undefined;
  /** Executions of earlier days can no longer be changed; lines without a file go into this day's. */
  dayOpened(date: string): void;
  readonly executions: ReadonlyMap<number, ExecutionRecord>;
  readonly entries: readonly BrokerEntry[];
  save(): SavedLedger;
  restore(saved: SavedLedger): void;
}

export interface SavedLedger {
  readonly next: number;
  readonly executions: readonly ExecutionRecord[];
  readonly entries: readonly BrokerEntry[];
}

export function createTradeLedger(): TradeLedger {
  const executions = new Map<number, ExecutionRecord>();
  let entries: BrokerEntry[] = [];
  let next = 1;
  const fillOf = (execution: number) => entries.findLast((e) => e.kind === 'fill' && e.execution === execution);

  return {
    get next() {
      return next;
    },
    executions,
    get entries() {
      return entries;
    },
    book(of, { price, quantity, time, counter, reference }, date) {
      const execution = next++;
      const { order, listing, side, account } = of;
      const kept = (reference > 0 ? fillOf(reference) : undefined) ?? { clOrdId: of.clOrdId, time, tradeDate: date };
      const { clOrdId, tradeDate } = kept;
      executions.set(execution, { execution, order, counter, quantity, price, time: kept.time, clOrdId, standing: true });
      const made = { order, listing, side, account, quantity, price, time: kept.time, clOrdId, tradeDate, fileDate: date };
      entries.push({ kind: 'fill', execution, reference, ...made });
      return execution;
    },
    takeBack(done, date) {
      done.standing = false;
      const told = fillOf(done.execution) as BrokerEntry;
      entries.push({ ...told, kind: 'bust', execution: next, reference: done.execution, fileDate: date });
      return next++;
    },
    standing(execution) {
      const done = executions.get(execution);
      return done?.standing === true ? done : undefined;
    },
    dayOpened(date) {
      executions.clear();
      for (const entry of entries) if (entry.fileDate === '') entry.fileDate = date;
    },
    save: () => ({ next, executions: [...executions.values()], entries }),
    restore(saved) {
      next = saved.next;
      executions.clear();
      for (const done of saved.executions) executions.set(done.execution, { ...done });
      entries = saved.entries.map((entry) => ({ ...entry }));
    },
  };
}
