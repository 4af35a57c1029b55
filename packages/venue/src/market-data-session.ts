import { formatInstant, type Instant, type Logger } from '@meridian/base';
import {
  type FieldWriter,
  type FixMessage,
  type GroupReader,
  groupReader,
  packText,
  Session,
  type SessionStore,
  Tag,
} from '@meridian/fix';
import { NO_PRICE, NODE_PRICE_DIGITS } from '@meridian/messages';
import { dictionary } from './dictionary.ts';
import type { NumberedVenueEvent, VenueEventBody } from './venue-event.ts';

type MarketData = VenueEventBody<'market-data'>;
type OfficialPrint = VenueEventBody<'official-print'>;

/** What is known of each listing, newest only: what a snapshot is made of. Filled from committed events. */
export interface MarketDataBoard {
  readonly symbols: readonly string[];
  readonly mic: string;
  data(listing: number): MarketData | undefined;
  official(listing: number, kind: 1 | 2): OfficialPrint | undefined;
}

/**
 * Market data for one subscriber: FIX 4.4, V in; W and X out, Y where a request is refused. Numbers begin at 1 with every
 * logon and nothing is kept: a missed update is worthless once the next one is there, so a resend is gap filled.
 */
export interface MarketDataSession {
  readonly session: Session;
  publish(event: NumberedVenueEvent): void;
  /** MsgSeqNum of the last update sent on this connection; 0 before the first. */
  readonly lastSent: number;
}

const REQUEST = packText('V');
/** FIX 269. */
const BID = 0x30;
const ASK = 0x31;
const TRADE = 0x32;
const OPENING = 0x34;
const CLOSING = 0x35;
const VOLUME = 0x42;
/** FIX 279. */
const ADD = 0x30;
const CHANGE = 0x31;
const DELETE = 0x32;
/** FIX 281. */
const REFUSED = { symbol: 0, duplicate: 1, subscription: 4, depth: 5 } as const;
/** Symbols of one request, and requests of one connection. */
const SUBSCRIPTIONS_MAX = 1_000;

interface Subscription {
  readonly request: string;
  readonly listing: number;
  readonly incremental: boolean;
  shown: MarketData | undefined;
}

interface Entry {
  readonly action: number;
  readonly type: number;
  readonly price: number | undefined;
  readonly size: number | undefined;
  readonly time: Instant;
}

export function openMarketDataSession(
  board: MarketDataBoard,
  compIds: { readonly venue: string; readonly subscriber: string },
  logger: Logger,
): MarketDataSession {
  let subscriptions: Subscription[] = [];
  let nextOut = 1;
  let lastSent = 0;
  const store: SessionStore = {
    nextIn: () => 1,
    allocate: (_type, done) => done(nextOut++),
    advanceIn() {},
    reset(done) {
      nextOut = 1;
      lastSent = 0;
      subscriptions = [];
      done();
    },
    resend: (_begin, _end, _item, done) => done(),
  };
  const symbols = groupReader(dictionary, 'V', [Tag.NoRelatedSym]);

  const session = new Session({
    dictionary,
    senderCompId: compIds.venue,
    targetCompId: compIds.subscriber,
    resetOnLogon: true,
    store,
    application: {
      onApplication(message, seq) {
        if (message.type === REQUEST) request(message);
        else {
          const type = message.textAt(0);
          send('j', (writer) => writer.int(Tag.RefSeqNum, seq).text(Tag.RefMsgType, type).int(Tag.BusinessRejectReason, 3));
        }
      },
      onLogout() {
        subscriptions = [];
      },
    },
    logger,
  });

  function send(type: string, write: (writer: FieldWriter) => void): void {
    const seq = nextOut++;
    session.sendApplication(seq, type, write);
    lastSent = seq;
  }

  function request(message: FixMessage): void {
    const id = message.text(Tag.MDReqID) as string;
    const kind = message.char(Tag.SubscriptionRequestType);
    const refuse = (reason: number) =>
      send('Y', (writer) => writer.text(Tag.MDReqID, id).char(Tag.MDReqRejReason, 0x30 + reason));
    if (kind === 0x32) {
      subscriptions = subscriptions.filter((s) => s.request !== id);
      return;
    }
    const listings = listingsOf(message, symbols, board);
    if (kind !== 0x30 && kind !== 0x31) refuse(REFUSED.subscription);
    else if ((message.int(Tag.MarketDepth) ?? 1) > 1) refuse(REFUSED.depth);
    else if (subscriptions.some((s) => s.request === id)) refuse(REFUSED.duplicate);
    else if (listings === undefined || subscriptions.length + listings.length > SUBSCRIPTIONS_MAX) refuse(REFUSED.symbol);
    else {
      const incremental = message.char(Tag.MDUpdateType) === 0x31;
      for (const listing of listings) {
        const subscription = { request: id, listing, incremental, shown: board.data(listing) };
        snapshot(subscription);
        if (kind === 0x31) subscriptions.push(subscription);
      }
    }
  }

  function snapshot(of: Subscription): void {
    const data = board.data(of.listing);
    const entries = data === undefined ? [] : dataEntries(undefined, data);
    for (const kind of [1, 2] as const) {
      const print = board.official(of.listing, kind);
      if (print !== undefined) entries.push(officialEntry(print));
    }
    send('W', (writer) => {
      writer.text(Tag.MDReqID, of.request).text(Tag.Symbol, symbolOf(of)).text(Tag.SecurityExchange, board.mic);
      // A group may not be empty: where nothing is known yet, the volume is.
      writer.int(Tag.NoMDEntries, Math.max(entries.length, 1));
      if (entries.length === 0) writer.char(Tag.MDEntryType, VOLUME).int(Tag.MDEntrySize, data?.volume ?? 0);
      for (const entry of entries) writeEntry(writer, entry);
    });
  }

  function update(of: Subscription, entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    send('X', (writer) => {
      writer.text(Tag.MDReqID, of.request).int(Tag.NoMDEntries, entries.length);
      for (const entry of entries) writeEntry(writer, entry, symbolOf(of), board.mic);
    });
  }

  const symbolOf = (of: Subscription) => board.symbols[of.listing - 1] as string;

  return {
    session,
    get lastSent() {
      return lastSent;
    },
    publish(event) {
      if (event.name !== 'market-data' && event.name !== 'official-print') return;
      for (const to of subscriptions.filter((s) => s.listing === event.body.listing)) {
        if (!to.incremental) snapshot(to);
        else if (event.name === 'official-print') update(to, [officialEntry(event.body)]);
        else {
          update(to, dataEntries(to.shown, event.body));
          to.shown = event.body;
        }
      }
    },
  };
}

/** Dense numbers of the symbols a request names; undefined when one is not listed here. */
function listingsOf(message: FixMessage, symbols: GroupReader, board: MarketDataBoard): number[] | undefined {
  const found: number[] = [];
  symbols.open(message);
  while (symbols.next()) {
    const exchange = symbols.text(Tag.SecurityExchange);
    const index = board.symbols.indexOf(symbols.text(Tag.Symbol) ?? '');
    if (index < 0 || (exchange !== undefined && exchange !== board.mic)) return undefined;
    found.push(index + 1);
  }
  return found;
}

/** What changed since `before`; everything when there is no before. A side that emptied is deleted. */
function dataEntries(before: MarketData | undefined, now: MarketData): Entry[] {
  const entries: Entry[] = [];
  const side = (type: number, price: number, size: number, priceBefore: number, sizeBefore: number) => {
    if (price === priceBefore && size === sizeBefore) return;
    const gone = price === NO_PRICE;
    const action = gone ? DELETE : priceBefore === NO_PRICE ? ADD : CHANGE;
    entries.push({ action, type, price: gone ? undefined : price, size: gone ? undefined : size, time: now.time });
  };
  side(BID, now.bid, now.bidSize, before?.bid ?? NO_PRICE, before?.bidSize ?? 0);
  side(ASK, now.ask, now.askSize, before?.ask ?? NO_PRICE, before?.askSize ?? 0);
  const traded = before === undefined ? now.last !== NO_PRICE : now.lastQuantity > 0;
  if (traded) entries.push({ action: ADD, type: TRADE, price: now.last, size: now.lastQuantity, time: now.time });
  return entries;
}

function officialEntry(print: OfficialPrint): Entry {
  return { action: ADD, type: print.kind === 1 ? OPENING : CLOSING, price: print.price, size: print.size, time: print.time };
}

/** The entry's time is business time, UTC, milliseconds. Incremental entries name their instrument. */
function writeEntry(writer: FieldWriter, entry: Entry, symbol?: string, mic?: string): void {
  if (symbol !== undefined) writer.char(Tag.MDUpdateAction, entry.action);
  writer.char(Tag.MDEntryType, entry.type);
  if (symbol !== undefined) writer.text(Tag.Symbol, symbol);
  if (mic !== undefined) writer.text(Tag.SecurityExchange, mic);
  if (entry.price !== undefined) writer.decimal(Tag.MDEntryPx, entry.price, NODE_PRICE_DIGITS);
  if (entry.size !== undefined) writer.int(Tag.MDEntrySize, entry.size);
  const iso = formatInstant(entry.time);
  writer.text(Tag.MDEntryDate, iso.slice(0, 10).replaceAll('-', '')).text(Tag.MDEntryTime, iso.slice(11, 23));
}
