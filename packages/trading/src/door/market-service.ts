import {
  type BusinessClock,
  declareProblems,
  type Instant,
  isProblem,
  type Logger,
  silentLogger,
  validateConfig,
} from '@meridian/base';
import { type Acceptor, compileDictionary, FIX44, type Initiator } from '@meridian/fix';
import { type EventBatch, eachEvent, type Position, type SequencerOptions, START } from '@meridian/log';
import { type Command, EVENT_TYPE, FactApplied, readEvent } from '@meridian/messages';
import { ENGINE_VERSION, MarketNode } from '../engine/market-node.ts';
import { DAY } from '../engine/trading-day.ts';
import { type ClientFixOptions, createClientGateway } from './client-gateway.ts';
import type { ClientDirectory } from './client-message.ts';
import { createDesk, type DeskAnswer, DeskCancel, DeskOrder, DeskReplace, DeskTerms } from './desk.ts';
import type { ReportDirectory } from './execution-report.ts';
import { createHedgeGateway, type VenueOrderOptions } from './hedge-gateway.ts';
import type { HedgeDirectory } from './hedge-message.ts';
import {
  createKillDoor,
  type KillAnswer,
  type KillOrder,
  type KillPreview,
  type KillRelease,
  type KillScope,
  type KillState,
} from './kill-door.ts';
import { type ClosingCandidate, createMarketDataGateway, type MarketDataOptions } from './market-data-gateway.ts';
import { type NodeLog, openNodeLog } from './node-log.ts';
import { type OrderVerdict, orderVerdict } from './verdict.ts';

const { problem } = declareProblems({
  FACT_REFUSED: {
    status: 422,
    title: { zh: '节点拒绝该事实', en: 'The node refused the fact' },
    detail: {
      zh: '指令 {name} 与节点已有事实不符（序号 {seq}）',
      en: 'Command {name} does not agree with what the node knows (seq {seq})',
    },
    remedy: { zh: '核对引用的编号、币种与日期', en: 'Check the ids, currencies and dates it names' },
  },
  SESSION_UNDEFINED: {
    status: 409,
    title: { zh: '会话未定义', en: 'Session not defined' },
    detail: { zh: '会话 {session} 尚未向节点定义', en: 'Session {session} has not been defined to the node' },
    remedy: { zh: '先提交 define-session 再开门', en: 'Submit define-session before the doors open' },
  },
});

export interface MarketServiceOptions {
  /** Folder of the node's log. */
  readonly dir: string;
  readonly market: string;
  readonly clientFix: ClientFixOptions;
  readonly venue: { readonly order: VenueOrderOptions; readonly marketData?: MarketDataOptions };
  /** Where business time comes from besides {@link MarketService.advance}. A clock that says 0 leaves it to that alone. */
  readonly clock: BusinessClock;
  readonly logger?: Logger;
  /** Of the log: durability, bounds, snapshots, what to do on a fatal failure. */
  readonly log?: Omit<SequencerOptions, 'dir' | 'market' | 'machine'>;
  /** How long (wall time) {@link MarketService.advance} waits at the close for the venue's last answers. Default 5,000 ms. */
  readonly closeWaitMillis?: number;
}

export interface MarketStatus {
  readonly market: string;
  /** Committed. */
  readonly seq: number;
  readonly stateHash: string;
  readonly leader: boolean;
  /** Commands applied and not yet durable. */
  readonly lag: number;
  readonly time: Instant;
  readonly date: string | null;
  readonly phase: string;
  readonly orders: { readonly live: number; readonly known: number };
  readonly positions: number;
  readonly clients: readonly { readonly session: number; readonly compId: string; readonly up: boolean }[];
  readonly venue: { readonly order: boolean; readonly marketData: boolean };
  readonly refusedData: Readonly<Record<string, number>>;
}

/** One market's node with its log and its doors. */
export interface MarketService {
  readonly log: NodeLog;
  /** Resolves when the command is durable. @throws Problem CONFIG_INVALID, FACT_REFUSED (it is in the log and changed nothing) */
  submit(command: Command): Promise<{ readonly seq: number }>;
  /**
   * An order of the desk or the API, answered when it is durable: pending, or rejected with the rule's figures. The same
   * `clOrdId` of an account gets the first answer all day. @throws Problem CONFIG_INVALID, DESK_ACCOUNT_UNKNOWN,
   * DESK_LISTING_UNKNOWN, DESK_BUSY, DESK_SESSION_TAKEN
   */
  enterOrder(order: DeskOrder): Promise<DeskAnswer>;
  /** Another quantity or limit. @throws Problem those of {@link enterOrder}, DESK_ORDER_UNKNOWN, DESK_ORDER_ELSEWHERE */
  replaceOrder(change: DeskReplace): Promise<DeskAnswer>;
  /** Also takes back an order of a client's own session, which is told there. @throws Problem those of {@link replaceOrder} */
  cancelOrder(cancel: DeskCancel): Promise<DeskAnswer>;
  /**
   * What an order would be answered now, with every check's figures. Nothing is kept of the question.
   * @throws Problem CONFIG_INVALID, DESK_ACCOUNT_UNKNOWN, DESK_LISTING_UNKNOWN
   */
  checkOrder(terms: DeskTerms): OrderVerdict;
  /** What throwing the kill switch would take back, counted now. @throws Problem CONFIG_INVALID, KILL_SCOPE_UNKNOWN */
  killPreview(scope: KillScope, state?: 'reducing' | 'halted'): KillPreview;
  /**
   * Stops the scope and takes its working orders back; answered when it is durable, the venues' answers follow as reports.
   * Thrown again it takes back what has come since. Of scope order it takes that order back and stops nothing.
   * @throws Problem CONFIG_INVALID, KILL_SCOPE_UNKNOWN
   */
  kill(order: KillOrder): Promise<KillAnswer>;
  /** Lets the scope's own switch go; others stay, as do restrictions. Four eyes are the caller's. @throws as {@link kill} */
  release(release: KillRelease): Promise<KillAnswer>;
  /** The switches that are on. */
  killed(): readonly KillState[];
  /**
   * Opens FIX to clients and venue; facts come first, sessions must be defined. @throws Problem SESSION_UNDEFINED,
   * FIX_PORT_IN_USE
   */
  openDoors(): Promise<{ readonly clientPort: number }>;
  /**
   * Business time is `time` now. Phases open and close exactly at their instants; at a close it waits for the venue's last
   * answers. `marketData`: the venue's message number that must have been taken before.
   */
  advance(time: Instant, after?: { readonly marketData: number }): Promise<{ readonly time: Instant; readonly seq: number }>;
  events(from: Position): AsyncIterable<EventBatch>;
  closingCandidates(): readonly ClosingCandidate[];
  status(): MarketStatus;
  close(): Promise<void>;
}

/** @throws Problem those of the log */
export async function openMarketNode(options: MarketServiceOptions): Promise<MarketService> {
  const logger = options.logger ?? silentLogger;
  const dictionary = compileDictionary(FIX44);
  const node = new MarketNode(options.market);
  const log = await openNodeLog(node, options.clock, { ...options.log, dir: options.dir });
  const directory = directoryOf(node, options.clientFix);
  const clients = createClientGateway(log, options.clientFix, directory, dictionary, logger);
  const hedge = createHedgeGateway(log, options.venue.order, directory, dictionary, logger);
  const { marketData } = options.venue;
  const data = marketData === undefined ? undefined : createMarketDataGateway(log, marketData, dictionary, logger);
  const refusals = new Set<number>();
  const desk = createDesk(log, (fact) => submit(log, fact, refusals));
  const kills = createKillDoor(log);
  let open = false;

  function take(view: DataView, offset: number, live: boolean): void {
    const type = view.getUint16(offset + 4, true);
    if (type === EVENT_TYPE['fact-applied']) {
      if (live && view.getFloat64(offset + 32 + FactApplied.at.id, true) === 0)
        refusals.add(view.getFloat64(offset + 16, true));
      return;
    }
    if (!FOR_SESSIONS.has(type)) return;
    const event = readEvent(view, offset);
    if (event.name === 'kill-switched') {
      kills.take(event);
      return;
    }
    clients.take(event, open && live);
    if (live) desk.take(event);
    hedge.take(event, open && live);
  }

  await fileRecovered(log, (view, offset) => take(view, offset, false));
  log.onEvent((view, offset) => take(view, offset, true));

  const closers: (() => Promise<void>)[] = [];
  const service: MarketService = {
    log,
    submit: (command) => submit(log, command, refusals),
    enterOrder: async (order) => desk.enter(validateConfig(DeskOrder, order)),
    replaceOrder: async (change) => desk.replace(validateConfig(DeskReplace, change)),
    checkOrder: (terms) => orderVerdict(node, validateConfig(DeskTerms, terms), desk.fault(terms), log.time),
    killPreview: (scope, state = 'halted') => kills.preview(scope, state),
    kill: kills.kill,
    release: kills.release,
    killed: kills.engaged,
    cancelOrder: async (cancel) => desk.cancel(validateConfig(DeskCancel, cancel)),
    async openDoors() {
      for (const session of [...options.clientFix.sessions.map((s) => s.session), options.venue.order.session])
        if (node.sessionTable(session) === undefined) throw problem('SESSION_UNDEFINED', { session });
      await log.sequencer.committed(log.sequencer.appliedSeq);
      const initiators: Initiator[] = [hedge.connect()];
      if (data !== undefined) initiators.push(data.connect());
      let acceptor: Acceptor;
      try {
        acceptor = await clients.listen();
      } catch (error) {
        await Promise.all(initiators.map((initiator) => initiator.close()));
        throw error;
      }
      open = true;
      closers.push(...initiators.map((initiator) => () => initiator.close()));
      closers.push(async () => {
        clients.logout();
        await log.sequencer.committed(log.sequencer.appliedSeq);
        await new Promise((resolve) => setImmediate(resolve));
        await acceptor.close();
      });
      return { clientPort: acceptor.port };
    },
    async advance(time, after) {
      if (after !== undefined && data?.up === true) await data.reached(after.marketData);
      await passBoundaries(log, time, options.closeWaitMillis ?? 5_000);
      log.moveTo(time);
      await log.sequencer.committed(log.sequencer.appliedSeq);
      return { time: log.time, seq: log.sequencer.committedSeq };
    },
    events: (from) => log.sequencer.tail(from),
    closingCandidates: () => data?.candidates() ?? [],
    status: () => ({
      ...statusOf(log),
      clients: clients.sessions(),
      venue: { order: hedge.up, marketData: data?.up ?? false },
      refusedData: Object.fromEntries(data?.refused ?? []),
    }),
    async close() {
      for (const close of closers.splice(0).reverse()) await close();
      await log.sequencer.close();
    },
  };
  return service;
}

const FOR_SESSIONS: ReadonlySet<number> = new Set([
  EVENT_TYPE['order-report'],
  EVENT_TYPE['client-fill'],
  EVENT_TYPE['cancel-rejected'],
  EVENT_TYPE['hedge-order'],
  EVENT_TYPE['kill-switched'],
]);

/**
 * Files what was sent before this start, so that it can be sent again. The version is stated anew: it says something, so it
 * marks where the events of earlier starts end, and the snapshot it takes makes the next start short.
 */
async function fileRecovered(log: NodeLog, take: (view: DataView, offset: number) => void): Promise<void> {
  if (log.sequencer.committedSeq === 0) return;
  const mark = await new Promise<number>((resolve) =>
    log.tell({ name: 'engine-version', body: { version: ENGINE_VERSION } }, resolve),
  );
  let from: Position = START;
  for (;;) {
    try {
      for await (const batch of log.sequencer.tail(from)) {
        eachEvent(batch, take);
        if (batch.lastSeq >= mark) return;
      }
      return;
    } catch (error) {
      // Behind a trimmed beginning: older messages than these can only be gap filled.
      if (!isProblem(error, 'LOG_TRIMMED') || from.seq > 0) throw error;
      from = { seq: Number(error.params['first']), k: 0xffff_ffff };
    }
  }
}

async function submit(log: NodeLog, command: Command, refusals: Set<number>): Promise<{ readonly seq: number }> {
  const seq = await new Promise<number>((resolve) => log.tell(command, resolve));
  await log.sequencer.committed(seq);
  // Committed listeners run in the same turn or the next one.
  while (log.sequencer.committedSeq < seq) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  if (refusals.delete(seq)) throw problem('FACT_REFUSED', { name: command.name, seq });
  return { seq };
}

/** A `time` command at every instant up to `time` at which the node changes by itself. */
async function passBoundaries(log: NodeLog, time: Instant, closeWaitMillis: number): Promise<void> {
  const { day } = log.node.client;
  while (day.boundary <= time) {
    if (day.state === DAY.closing) {
      const deadline = performance.now() + closeWaitMillis;
      while (log.node.client.day.state === DAY.closing && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 5));
      if (log.node.client.day.boundary > time) return;
    }
    log.moveTo(log.node.client.day.boundary);
    const seq = await new Promise<number>((resolve) => log.tell({ name: 'time', body: {} }, resolve));
    await log.sequencer.committed(seq);
  }
}

function directoryOf(node: MarketNode, options: ClientFixOptions): ClientDirectory & ReportDirectory & HedgeDirectory {
  const accounts = new Map(options.sessions.map((s) => [s.session, new Map(Object.entries(s.accounts))]));
  const texts = new Map(
    options.sessions.map((s) => [s.session, new Map(Object.entries(s.accounts).map(([text, id]) => [id, text]))]),
  );
  return {
    market: node.market,
    account: (session, text) => accounts.get(session)?.get(text) ?? 0,
    accountText: (session, account) => texts.get(session)?.get(account),
    listing(symbol, mic = node.market) {
      for (const [listing, name] of node.listings) if (name.symbol === symbol && name.mic === mic) return listing;
      return 0;
    },
    listingName: (listing) => node.listings.get(listing),
    currencyOf: (listing) => node.listings.get(listing)?.currency,
    tradingAccount: (route) => node.hedge.routes.names[node.hedge.routes.tradingAccount[route] ?? 0] ?? '',
    amountDigits(listing, cell) {
      const { cells, listings, currencies } = node.client;
      const money = cell > 0 ? cells.currency[cell] : listings.currency[listing];
      return currencies.digits[money ?? 0] ?? 0;
    },
  };
}

function statusOf(log: NodeLog) {
  const { node, sequencer } = log;
  const { client } = node;
  return {
    market: node.market,
    seq: sequencer.committedSeq,
    stateHash: sequencer.stateHash,
    leader: true,
    lag: sequencer.appliedSeq - sequencer.committedSeq,
    time: log.time,
    date: client.day.plan?.date ?? null,
    phase: client.day.phaseName,
    orders: { live: client.orders.liveCount, known: client.orders.count },
    positions: client.positions.count,
  };
}
