import type { Instant } from '@meridian/base';
import { NO_PRICE } from '@meridian/messages';
import type { Level } from './order-book.ts';
import type { VenueEventBody } from './venue-event.ts';

/** One update per listing and tenth of a second of recorded time, on a fixed grid: never more than ten in any second. */
export const CONFLATION_MICROS = 100_000;

export type MarketDataBody = VenueEventBody<'market-data'>;

export interface TopOfBook {
  readonly bid: Level | undefined;
  readonly ask: Level | undefined;
}

/** Conflates what happens in one listing into market-data events. Nothing traded is left out of `lastQuantity`. */
export interface MarketDataFeed {
  /** Something may have changed at `time`. */
  touch(time: Instant): void;
  trade(price: number, quantity: number, time: Instant): void;
  /** Publishes what is due by `until`. */
  flush(until: Instant): void;
  /** A new day: volume from zero, no last price. */
  open(time: Instant): void;
  readonly last: number;
  readonly volume: number;
  save(): SavedFeed;
  restore(saved: SavedFeed): void;
}

export interface SavedFeed {
  readonly published: MarketDataBody;
  /** The instant at which the waiting change is published; 0 when none waits. */
  readonly due: Instant;
  /** The instant of the grid at which `published` left. */
  readonly publishedAt: Instant;
  readonly last: number;
  readonly volume: number;
  readonly since: number;
}

export function createMarketDataFeed(
  listing: number,
  top: () => TopOfBook,
  emit: (body: MarketDataBody) => void,
): MarketDataFeed {
  let published: MarketDataBody = {
    listing,
    bid: NO_PRICE,
    bidSize: 0,
    ask: NO_PRICE,
    askSize: 0,
    last: NO_PRICE,
    lastQuantity: 0,
    volume: 0,
    time: 0,
  };
  let due = 0;
  let publishedAt = 0;
  let last = NO_PRICE;
  let volume = 0;
  let since = 0;

  function touch(time: Instant): void {
    if (due === 0) due = Math.max(Math.ceil(time / CONFLATION_MICROS) * CONFLATION_MICROS, publishedAt + CONFLATION_MICROS);
  }

  return {
    touch,
    trade(price, quantity, time) {
      last = price;
      volume += quantity;
      since += quantity;
      touch(time);
    },
    flush(until) {
      if (due === 0 || due > until) return;
      const at = due;
      due = 0;
      const { bid, ask } = top();
      const now: MarketDataBody = {
        listing,
        bid: bid?.price ?? NO_PRICE,
        bidSize: bid?.quantity ?? 0,
        ask: ask?.price ?? NO_PRICE,
        askSize: ask?.quantity ?? 0,
        last,
        lastQuantity: since,
        volume,
        time: at,
      };
      if (same(now, published)) return;
      published = now;
      publishedAt = at;
      since = 0;
      emit(now);
    },
    open(time) {
      last = NO_PRICE;
      volume = 0;
      since = 0;
      touch(time);
    },
    get last() {
      return last;
    },
    get volume() {
      return volume;
    },
    save: () => ({ published, due, publishedAt, last, volume, since }),
    restore(saved) {
      ({ published, due, publishedAt, last, volume, since } = saved);
    },
  };
}

function same(a: MarketDataBody, b: MarketDataBody): boolean {
  return (
    a.bid === b.bid &&
    a.bidSize === b.bidSize &&
    a.ask === b.ask &&
    a.askSize === b.askSize &&
    a.last === b.last &&
    a.lastQuantity === 0 &&
    a.volume === b.volume
  );
}
