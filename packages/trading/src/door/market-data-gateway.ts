import { type Instant, type Logger, parseInstant } from '@meridian/base';
import {
  connect,
  type Dictionary,
  type FixMessage,
  groupReader,
  type Initiator,
  type InitiatorTls,
  packText,
  Session,
  type SessionStore,
  Tag,
} from '@meridian/fix';
import {
  type GateInstrument,
  type GateRules,
  marketDataGate,
  PRICE_DIGITS,
  SALE_CONDITION,
  type Verdict,
} from '@meridian/market';
import { NO_PRICE, NODE_PRICE_DIGITS } from '@meridian/messages';
import type { NodeLog } from './node-log.ts';

export interface MarketDataInstrument extends GateInstrument {
  /** Dense id in the node. */
  readonly listing: number;
}

/** A candidate for the day's mark, as the venue printed or quoted it. Price in NODE_PRICE_SCALE. Who marks is not here. */
export interface ClosingCandidate {
  readonly listing: number;
  readonly kind: 'closing-print' | 'last-mid';
  readonly price: number;
  readonly sourceTime: Instant;
}

export interface MarketDataOptions {
  readonly compId: string;
  readonly venueCompId: string;
  readonly host: string;
  readonly port: number;
  readonly tls?: InitiatorTls;
  readonly instruments: readonly MarketDataInstrument[];
  readonly rules: GateRules;
  readonly onClosing?: (candidate: ClosingCandidate) => void;
}

export interface MarketDataGateway {
  connect(): Initiator;
  readonly up: boolean;
  /** MsgSeqNum of the newest message taken on this connection. */
  readonly received: number;
  /** Resolves when message `seq` of this connection was taken, or the connection is gone; at once for 0. */
  reached(seq: number): Promise<void>;
  /** Newest mid and closing print per listing. */
  candidates(): readonly ClosingCandidate[];
  /** Messages the gate refused, by reason. */
  readonly refused: ReadonlyMap<string, number>;
}

/** A reference price is told at most once in this much business time per instrument: ten a second. */
const CONFLATION = 100_000;
const SNAPSHOT = packText('W');
const INCREMENT = packText('X');
const BID = 0x30;
const ASK = 0x31;
const TRADE = 0x32;
const CLOSE = 0x35;
const DELETE = 0x32;
/** The gate's scale over the node's. */
const FINER = 10 ** (PRICE_DIGITS - NODE_PRICE_DIGITS);

interface Board {
  readonly instrument: MarketDataInstrument;
  bid: number;
  ask: number;
  last: number;
  bidSize: number;
  askSize: number;
  time: Instant;
  /** What was told last, and whether something newer passed the gate. */
  toldAt: Instant;
  waiting: boolean;
  mid: ClosingCandidate | undefined;
  close: ClosingCandidate | undefined;
}

/**
 * Market data from the venue: FIX 4.4, V out; W and X in. Every quote and print goes through the market-data gate; what
 * passes becomes reference prices in the node. A gap is not asked for again: the next logon brings a snapshot.
 */
export function createMarketDataGateway(
  log: NodeLog,
  options: MarketDataOptions,
  dictionary: Dictionary,
  logger: Logger,
): MarketDataGateway {
  const gate = marketDataGate(options.instruments, options.rules);
  const boards = new Map<string, Board>();
  for (const instrument of options.instruments) {
    const empty = { bid: NO_PRICE, ask: NO_PRICE, last: NO_PRICE, bidSize: 0, askSize: 0, time: 0, toldAt: -CONFLATION };
    boards.set(instrument.symbol, { ...empty, instrument, waiting: false, mid: undefined, close: undefined });
  }
  const refused = new Map<string, number>();
  const inSnapshot = groupReader(dictionary, 'W', [Tag.NoMDEntries]);
  const inIncrement = groupReader(dictionary, 'X', [Tag.NoMDEntries]);
  const waiters: { seq: number; resolve: () => void }[] = [];
  let session: Session | undefined;
  let nextOut = 1;
  let received = 0;
  let requests = 0;

  const store: SessionStore = {
    nextIn: () => 1,
    allocate: (_type, done) => done(nextOut++),
    advanceIn(next) {
      take(next - 1);
    },
    reset(done) {
      nextOut = 1;
      received = 0;
      done();
    },
    resend: (_begin, _end, _item, done) => done(),
  };

  function take(seq: number): void {
    received = Math.max(received, seq);
    for (const waiter of waiters.filter((w) => w.seq <= received)) {
      waiters.splice(waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
  }

  function subscribe(): void {
    session?.sendApplication(nextOut++, 'V', (writer) => {
      writer.text(Tag.MDReqID, `R${++requests}`).char(Tag.SubscriptionRequestType, 0x31).int(Tag.MarketDepth, 1);
      writer.int(Tag.MDUpdateType, 1).int(Tag.NoMDEntryTypes, 4);
      for (const type of [BID, ASK, TRADE, CLOSE]) writer.char(Tag.MDEntryType, type);
      writer.int(Tag.NoRelatedSym, boards.size);
      for (const { instrument } of boards.values())
        writer.text(Tag.Symbol, instrument.symbol).text(Tag.SecurityExchange, instrument.mic);
    });
  }

  function onMessage(message: FixMessage): void {
    const snapshot = message.type === SNAPSHOT;
    if (!snapshot && message.type !== INCREMENT) return;
    const entries = snapshot ? inSnapshot : inIncrement;
    let board = snapshot ? boards.get(message.text(Tag.Symbol) ?? '') : undefined;
    entries.open(message);
    while (entries.next()) {
      if (!snapshot) board = boards.get(entries.text(Tag.Symbol) ?? '');
      if (board === undefined) count('UNKNOWN_SYMBOL');
      else {
        const at = entryTime(entries.text(Tag.MDEntryDate), entries.text(Tag.MDEntryTime));
        const gone = !snapshot && entries.field(Tag.MDUpdateAction) >= 0 && entries.char(Tag.MDUpdateAction) === DELETE;
        const price = gone ? NO_PRICE : (entries.decimal(Tag.MDEntryPx, NODE_PRICE_DIGITS) ?? NO_PRICE);
        enter(board, entries.char(Tag.MDEntryType), price, entries.int(Tag.MDEntrySize) ?? 0, at);
      }
    }
    for (const each of boards.values()) if (each.time > 0) judgeQuote(each);
  }

  /** One entry of a message; the quote is judged when both sides are in. */
  function enter(board: Board, type: number, price: number, size: number, at: Instant): void {
    if (type === BID) Object.assign(board, { bid: price, bidSize: size, time: at });
    else if (type === ASK) Object.assign(board, { ask: price, askSize: size, time: at });
    else if (price !== NO_PRICE && (type === TRADE || type === CLOSE)) print(board, type, price, at);
  }

  function print(board: Board, type: number, price: number, at: Instant): void {
    const { listing, symbol, mic } = board.instrument;
    if (type === CLOSE) {
      board.close = { listing, kind: 'closing-print', price, sourceTime: at };
      options.onClosing?.(board.close);
      return;
    }
    const { regular } = SALE_CONDITION;
    const seen = { symbol, venue: mic, at, price: price * FINER, condition: regular, suspicious: false };
    if (passes(gate.print(seen, log.time))) {
      board.last = price;
      board.waiting = true;
    }
  }

  function judgeQuote(board: Board): void {
    const { bid, ask, time } = board;
    board.time = 0;
    const { symbol, mic, listing } = board.instrument;
    const side = (price: number) => (price === NO_PRICE ? 0 : price * FINER);
    if (!passes(gate.quote({ symbol, venue: mic, at: time, bid: side(bid), ask: side(ask) }, log.time))) return;
    board.mid = { listing, kind: 'last-mid', price: Math.floor((bid + ask) / 2), sourceTime: time };
    if (time - board.toldAt < CONFLATION) return;
    board.toldAt = time;
    const { last, bidSize, askSize } = board;
    log.tell({ name: 'reference-price', body: { listing, bid, ask, last, bidSize, askSize, sourceTime: time } });
  }

  function passes(verdict: Verdict): boolean {
    if (!verdict.accept) count(verdict.reason);
    return verdict.accept && verdict.movesPrice;
  }

  function count(reason: string): void {
    refused.set(reason, (refused.get(reason) ?? 0) + 1);
  }

  return {
    connect() {
      session = new Session({
        ...{ dictionary, senderCompId: options.compId, targetCompId: options.venueCompId, store, logger, resetOnLogon: true },
        application: {
          onApplication(message, seq) {
            onMessage(message);
            take(seq);
          },
          onLogon: subscribe,
          // The next connection counts from 1: nobody may wait for a number of this one.
          onLogout: () => {
            for (const { resolve } of waiters.splice(0)) resolve();
          },
        },
      });
      const { host, port, tls } = options;
      return connect({ host, port, session, logger, ...(tls === undefined ? {} : { tls }) });
    },
    get up() {
      return session?.isUp ?? false;
    },
    get received() {
      return received;
    },
    reached(seq) {
      if (seq <= received) return Promise.resolve();
      return new Promise((resolve) => waiters.push({ seq, resolve }));
    },
    candidates: () => [...boards.values()].flatMap(({ mid, close }) => [mid, close]).filter((c) => c !== undefined),
    refused,
  };
}

/** FIX 272 and 273 (UTC): "20131007", "13:30:00.123". @throws RangeError */
function entryTime(date: string | undefined, time: string | undefined): Instant {
  if (date === undefined || time === undefined || !/^\d{8}$/.test(date)) return 1;
  return parseInstant(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T${time}Z`);
}
