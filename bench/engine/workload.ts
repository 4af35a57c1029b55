import {
  CancelOrder,
  COMMAND_TYPE,
  type Fields,
  type Layout,
  NewOrder,
  VenueReport,
  writeCommandHeader,
} from '@meridian/messages';
import { childClOrdId } from '@meridian/trading';

/**
 * The same commands for engine and twin: orders resting, then rounds in which orders are entered, acknowledged, filled and
 * cancelled at random places of the listings and accounts that trade. Everything follows from the seed.
 */
export const LISTINGS = 100_000;
export const ACCOUNTS = 10_000;
export const ROUND = 250_000;
export const OPEN = 1_381_152_600_000_000;
export const MARKET = 'BENCH';

/** How much of the market is traded, and how many orders rest in it. */
export interface Size {
  readonly listings: number;
  readonly accounts: number;
  readonly resting: number;
}
export const WORST: Size = { listings: LISTINGS, accounts: ACCOUNTS, resting: 1_000_000 };
export const TYPICAL: Size = { listings: 100, accounts: 1_000, resting: 10_000 };

/** Mid price of a listing, NODE_PRICE_SCALE, on a tick of 100. */
export const midOf = (listing: number): number => 50_000 + ((listing * 7_919) % 4_000) * 500;

interface Live {
  readonly id: string;
  readonly child: string;
  quantity: number;
  price: number;
}

export interface Batch {
  readonly bytes: Uint8Array;
  readonly count: number;
}

export function createWorkload(seed: number, { listings, accounts, resting }: Size) {
  let state = seed | 1;
  const random = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
  const live: Live[] = [];
  let seq = 0;
  let buffer = new ArrayBuffer(0);
  let view = new DataView(buffer);
  let at = 0;

  function put<F extends Fields>(
    name: keyof typeof COMMAND_TYPE,
    layout: Layout<F>,
    body: Parameters<Layout<F>['write']>[2],
  ): void {
    const end = layout.write(view, at + 16, body);
    writeCommandHeader(view, at, { length: end - at, type: COMMAND_TYPE[name], version: 1, time: OPEN + seq });
    at = end;
    seq++;
  }

  function order(): void {
    const listing = 1 + Math.floor(random() ** 2 * listings);
    const short = random() < 0.15;
    const ticks = 1 + Math.floor(random() * 20);
    const price = midOf(listing) + (short ? ticks : -ticks) * 100;
    const quantity = 100 * (1 + Math.floor(random() * 9));
    const id = `C${seq.toString(36)}`;
    live.push({ id, child: childClOrdId(MARKET, seq + 1), quantity, price });
    put('new-order', NewOrder, {
      ...{ session: 1, inSeq: seq + 1, account: 1 + Math.floor(random() * accounts), listing, side: short ? 5 : 1, effect: 1 },
      ...{ type: 2, tif: 0, quantity, price, fault: 0, clOrdId: id },
    });
  }

  function report(order: Live, clOrdId: string, execType: number, lastQuantity: number): void {
    put('venue-report', VenueReport, {
      ...{ session: 2, inSeq: seq + 1, execType, status: 0x31, lastQuantity, lastPrice: lastQuantity === 0 ? 0 : order.price },
      ...{ cumQuantity: 0, leavesQuantity: 0, transactTime: OPEN + seq, reason: 65_535, clOrdId, origClOrdId: '' },
      ...{ execId: `E${seq.toString(36)}`, execRefId: '', venueOrderId: `V${seq.toString(36)}` },
    });
  }

  function drop(index: number): void {
    const last = live.pop();
    if (last !== undefined && index < live.length) live[index] = last;
  }

  function step(): void {
    const r = random();
    const index = Math.floor(random() * live.length);
    const order_ = live[index];
    // Somewhat more come than go while fewer than `resting` are live.
    if (r < (live.length < resting ? 0.36 : 0.32) || order_ === undefined) order();
    else if (r < 0.5) report(order_, order_.child, 0x30, 0);
    else if (r < 0.84) {
      const part = order_.quantity > 100 && random() < 0.5 ? 100 : order_.quantity;
      report(order_, order_.child, 0x46, part);
      order_.quantity -= part;
      if (order_.quantity === 0) drop(index);
    } else {
      put('cancel-order', CancelOrder, {
        ...{ session: 1, inSeq: seq + 1, fault: 0 },
        clOrdId: `X${seq.toString(36)}`,
        origClOrdId: order_.id,
      });
      report(order_, childClOrdId(MARKET, seq), 0x34, 0);
      drop(index);
    }
  }

  function batch(commands: number, one: () => void): Batch {
    buffer = new ArrayBuffer(commands * 180);
    view = new DataView(buffer);
    at = 0;
    const from = seq;
    while (seq - from < commands) one();
    return { bytes: new Uint8Array(buffer, 0, at), count: seq - from };
  }

  return { resting: () => batch(resting, order), round: () => batch(ROUND, step) };
}
