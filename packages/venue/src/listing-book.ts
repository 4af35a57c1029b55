import type { Instant, Static } from '@meridian/base';
import { createMarketDataFeed, type SavedFeed } from './market-data.ts';
import { BUY, createOrderBook, isBackground, SELL, type Side } from './order-book.ts';
import type { OrderEntry, TradedListing } from './order-entry.ts';
import { createRecordedLiquidity, type SavedLiquidity } from './recorded-liquidity.ts';
import { AUCTION_PRINT, QUOTE, type Recording } from './recording.ts';
import type { VenueListing } from './venue-command.ts';
import type { VenueEvent } from './venue-event.ts';

/** One listing on the floor: its book, its tape, and what it tells the world. */
export interface ListingBook extends TradedListing {
  readonly terms: Static<typeof VenueListing>;
  /** When the next recorded row is due; Infinity behind the last. */
  nextRow(): Instant;
  /** Plays one recorded row. Outside continuous trading it touches no book. */
  play(open: boolean): void;
  open(at: Instant): void;
  close(): void;
  flush(until: Instant): void;
  /** The last trade and the volume of the day. */
  day(): { readonly last: number; readonly volume: number };
  save(): SavedListing;
  restore(saved: SavedListing): void;
}

export interface SavedListing {
  readonly row: number;
  readonly official: number;
  readonly latestQuote: readonly number[];
  readonly frozen: readonly number[];
  readonly resting: readonly (readonly [order: number, side: Side, price: number, quantity: number])[];
  readonly liquidity: SavedLiquidity;
  readonly feed: SavedFeed;
}

export function createListingBook(
  listing: number,
  terms: Static<typeof VenueListing>,
  mic: string,
  recording: Recording,
  entry: OrderEntry,
  emit: (event: VenueEvent) => void,
): ListingBook {
  const tape = recording.tape(terms.symbol);
  const official = recording.officialPrices(terms.symbol, mic);
  let row = 0;
  let nextOfficial = 0;
  let now: Instant = 0;
  /** Bid, bid size, ask, ask size as recorded last; what the book opens with. */
  let latestQuote: number[] = [0, 0, 0, 0];
  /** The top of the book at the close, shown until the next open. Empty while the book is live. */
  let frozen: number[] = [];
  let restoring = false;
  const book = createOrderBook({
    add() {},
    match(resting, incoming, price, quantity) {
      entry.matched(self, resting, incoming, price, quantity, now);
    },
    cancel(order) {
      if (!isBackground(order) && !restoring) entry.dropped(order, now);
    },
  });
  const liquidity = createRecordedLiquidity(book);
  const shown = (side: Side, at: number) => {
    if (frozen.length === 0) return book.best(side);
    return frozen[at + 1] === 0 ? undefined : { price: frozen[at] as number, quantity: frozen[at + 1] as number };
  };
  const feed = createMarketDataFeed(
    listing,
    () => ({ bid: shown(BUY, 0), ask: shown(SELL, 2) }),
    (body) => emit({ name: 'market-data', body }),
  );
  const officialTime = () => official[nextOfficial]?.time ?? Number.POSITIVE_INFINITY;
  const rowTime = () => (row < tape.length ? (tape.time[row] as number) : Number.POSITIVE_INFINITY);

  function playOfficial(): void {
    const stated = official[nextOfficial++] as (typeof official)[number];
    const kind = stated.kind === 'opening' ? 1 : 2;
    emit({ name: 'official-print', body: { listing, kind, price: stated.price, size: stated.size, time: stated.time } });
  }

  const self: ListingBook = {
    listing,
    terms,
    tick: terms.tick,
    quantityMax: terms.quantityMax,
    book,
    traded: (price, quantity, time) => feed.trade(price, quantity, time),
    touched(time) {
      now = time;
      feed.touch(time);
    },
    nextRow: () => Math.min(rowTime(), officialTime()),
    play(open) {
      // The tape's own prints of the auction come before what the market says about it.
      if (officialTime() < rowTime()) {
        playOfficial();
        return;
      }
      const at = row++;
      now = tape.time[at] as number;
      const [first, second, third, fourth] = tape.values.subarray(at * 4, at * 4 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const kind = tape.kind[at];
      if (kind === QUOTE) {
        latestQuote = [first, second, third, fourth];
        if (!open) return;
        liquidity.quote(first, second, third, fourth);
        feed.touch(now);
        return;
      }
      // The closing auction prints after the close; other prints outside the session trade nowhere.
      if (!open && !(kind === AUCTION_PRINT && frozen.length > 0)) return;
      feed.trade(first, second, now);
      if (open) liquidity.print(first, second);
    },
    open(at) {
      now = at;
      frozen = [];
      feed.open(at);
      const [bid, bidSize, ask, askSize] = latestQuote as [number, number, number, number];
      liquidity.quote(bid, bidSize, ask, askSize);
    },
    close() {
      const [bid, ask] = [book.best(BUY), book.best(SELL)];
      frozen = [bid?.price ?? 0, bid?.quantity ?? 0, ask?.price ?? 0, ask?.quantity ?? 0];
      liquidity.withdraw();
    },
    flush: (until) => feed.flush(until),
    day: () => ({ last: feed.last, volume: feed.volume }),
    save: () => ({
      ...{ row, official: nextOfficial, latestQuote, frozen },
      resting: ([BUY, SELL] as const).flatMap((side) =>
        [...book.orders(side)].map(({ order, price, quantity }) => [order, side, price, quantity] as const),
      ),
      liquidity: liquidity.save(),
      feed: feed.save(),
    }),
    restore(saved) {
      ({ row, official: nextOfficial } = saved);
      latestQuote = [...saved.latestQuote];
      frozen = [...saved.frozen];
      restoring = true;
      for (const [order, side, price, quantity] of saved.resting) book.enter(order, side, price, quantity, 'day');
      restoring = false;
      liquidity.restore(saved.liquidity);
      feed.restore(saved.feed);
    },
  };
  return self;
}
