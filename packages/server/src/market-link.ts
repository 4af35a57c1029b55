import type { AccountCentre } from '@meridian/accounts';
import { isProblem, type Logger } from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';
import { readEvents } from './link/event-batch.ts';
import type { Position, ProcessClient } from './link/rpc.ts';
import { reasonOf } from './process/child.ts';
import type { Turn } from './turn.ts';

/** The books' end of a market's event stream: everything a node commits reaches the books exactly once, in order. */
export interface MarketLink {
  readonly market: string;
  /** The last event in the books. */
  readonly position: Position;
  /** Resolves when the event at `position` is in the books. */
  caughtUp(position: Position): Promise<void>;
  close(): Promise<void>;
}

export interface MarketLinkOptions {
  readonly market: string;
  readonly node: ProcessClient;
  readonly accounts: AccountCentre;
  readonly turn: Turn;
  /** Told of events after they are in the books, in the same turn. */
  readonly onEvents: (market: string, events: readonly NumberedEvent[]) => Promise<void>;
  /** Called after an interruption when the books may hold events that `onEvents` did not get: they come no second time. */
  readonly onMissed: () => Promise<void>;
  readonly logger: Logger;
}

const CONSUMER = 'accounts';
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 2_000;
/** Of problems that pass by themselves or by an operator's hand: away, busy, closing; disk full. */
const PASSING: ReadonlySet<number> = new Set([503, 507]);

/** Keeps pulling until closed; a node or a database that is away is waited for. */
export function openMarketLink(options: MarketLinkOptions): MarketLink {
  const { market, node, accounts, logger } = options;
  const abort = new AbortController();
  let position: Position = { seq: 0, k: 0 };
  let waiting: { readonly for: Position; readonly resolve: () => void }[] = [];
  let pauseMs = RETRY_MS_MIN;
  let missed = false;

  function reached(at: Position): void {
    position = at;
    const due = waiting.filter((each) => !isAfter(each.for, at));
    waiting = waiting.filter((each) => isAfter(each.for, at));
    for (const { resolve } of due) resolve();
  }

  async function pull(): Promise<void> {
    const stored = await accounts.position(market);
    if (missed) await options.turn(options.onMissed);
    missed = false;
    reached(stored ?? { seq: 0, k: 0 });
    for await (const bytes of node.tail({ consumer: CONSUMER, from: position }, abort.signal)) {
      const events = readEvents(bytes);
      const first = events[0]?.header;
      const last = events.at(-1)?.header;
      if (first === undefined || last === undefined) continue;
      await options.turn(async () => {
        missed = true;
        await accounts.intake(market, events, first, last);
        await options.onEvents(market, events);
        missed = false;
      });
      reached({ seq: last.seq, k: last.k });
      await node.acknowledge({ consumer: CONSUMER, upTo: position });
      pauseMs = RETRY_MS_MIN;
    }
  }

  async function keepPulling(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        await pull();
      } catch (error) {
        if (isProblem(error) && !PASSING.has(error.status)) throw error;
        logger.warn('market stream interrupted', { market, reason: reasonOf(error) });
      }
      if (abort.signal.aborted) return;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauseMs = Math.min(pauseMs * 2, RETRY_MS_MAX);
    }
  }

  const running = keepPulling();
  // A refused intake means that log and books disagree: nothing may be guessed, the process ends.
  running.catch((error: unknown) => {
    logger.error('market stream refused', { market, reason: reasonOf(error) });
    process.exit(1);
  });
  return {
    market,
    get position() {
      return position;
    },
    caughtUp: (at) =>
      isAfter(at, position) ? new Promise((resolve) => waiting.push({ for: at, resolve })) : Promise.resolve(),
    async close() {
      abort.abort();
      await running.catch(() => {});
    },
  };
}

function isAfter(a: Position, b: Position): boolean {
  return a.seq > b.seq || (a.seq === b.seq && a.k > b.k);
}
