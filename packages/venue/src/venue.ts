import { createHash } from 'node:crypto';
import {
  canonicalJson,
  type DateText,
  dateIn,
  declareProblems,
  formatInstant,
  type Instant,
  type Logger,
  parseDecimal,
  silentLogger,
} from '@meridian/base';
import { type Acceptor, type AcceptorTls, listen } from '@meridian/fix';
import { eachEvent, openSequencer, type Sequencer, type SequencerOptions, START } from '@meridian/log';
import { loadMarketFacts, type MarketFacts } from '@meridian/market';
import { NODE_PRICE_DIGITS } from '@meridian/messages';
import { type BrokerTerms, droppedBrokerFile, writeBrokerFile } from './broker-file.ts';
import { type MarketDataBoard, openMarketDataSession } from './market-data-session.ts';
import { openOrderSession, type VenueDoor } from './order-session.ts';
import { type Recording, readRecording } from './recording.ts';
import { encodeVenueCommand, NO_FAULTS, type VenueCommand, type VenueConfig } from './venue-command.ts';
import { executionNumber, type NumberedVenueEvent, readVenueEvent, type VenueEventBody } from './venue-event.ts';
import { createVenueMachine } from './venue-machine.ts';

const { problem } = declareProblems({
  VENUE_CONFIG_CHANGED: {
    status: 409,
    title: { zh: '交易场所配置已变更', en: 'The venue is configured otherwise' },
    detail: {
      zh: '{dir} 的日志按另一配置写成（{logged}，现为 {given}）',
      en: 'The log in {dir} was written under another configuration ({logged}, now {given})',
    },
    remedy: {
      zh: '恢复原配置与行情文件，或换用空文件夹',
      en: 'Restore configuration and recorded files, or use an empty folder',
    },
  },
  VENUE_TIME_PAST: {
    status: 409,
    title: { zh: '时间不能倒退', en: 'Time does not go back' },
    detail: { zh: '{mic} 已播放至 {now}，不能回到 {time}', en: '{mic} has played to {now} and cannot go back to {time}' },
    remedy: { zh: '以更晚的时间推进', en: 'Advance to a later time' },
  },
  EXECUTION_UNKNOWN: {
    status: 404,
    title: { zh: '没有该成交', en: 'No such execution' },
    detail: {
      zh: '成交 {execId} 不存在、不属于当日或已撤销',
      en: 'Execution {execId} is unknown, of another day, or was busted',
    },
    remedy: { zh: '核对成交编号', en: 'Check the execution id' },
  },
  BROKER_FILE_NOT_DUE: {
    status: 409,
    title: { zh: '经纪商文件尚未生成', en: 'No broker file yet' },
    detail: { zh: '{mic} 的 {date} 尚未收市', en: '{mic} has not closed on {date}' },
    remedy: { zh: '收市后再取', en: 'Ask again after the close' },
  },
});

/** A listing as the venue trades it. */
export interface VenueListingTerms {
  readonly symbol: string;
  readonly isin: string;
  readonly currency: string;
  /** Smallest price step in the quote unit, e.g. "0.01". */
  readonly tick: string;
  readonly quantityMax: number;
  /** For exemptions of levies. */
  readonly securityClass: 'share' | 'etf' | 'reit' | 'adr';
}

export interface VenueOptions {
  /** Folder of the venue's log. */
  readonly dir: string;
  readonly mic: string;
  readonly listings: readonly VenueListingTerms[];
  /** Folder of the recorded sessions, or a recording already read. */
  readonly sessionData: string | Recording;
  /** 0 lets the system choose. */
  readonly orderPort: number;
  readonly marketDataPort: number;
  /** Where the broker's files are dropped. */
  readonly dropDir: string;
  readonly compIds: {
    readonly venue: string;
    /** Members of the order-entry port, and subscribers of the market-data port. */
    readonly members: readonly string[];
    readonly subscribers: readonly string[];
  };
  /** What the broker charges per unit, in the quote currency, e.g. "0.0020". */
  readonly commissionPerUnit: string;
  readonly host?: string;
  readonly tls?: AcceptorTls;
  readonly faults?: Partial<typeof NO_FAULTS>;
  readonly facts?: MarketFacts;
  readonly logger?: Logger;
  /** Of the log; default group-commit. */
  readonly syncPolicy?: SequencerOptions['syncPolicy'];
  readonly fatal?: SequencerOptions['fatal'];
}

export interface VenueStatus {
  readonly mic: string;
  readonly time: Instant;
  readonly openDate: string | undefined;
  readonly daysClosed: readonly string[];
  readonly orders: number;
  readonly working: number;
  readonly executions: number;
  readonly members: number;
  readonly subscribers: number;
  readonly listings: readonly { readonly symbol: string; readonly last: number; readonly volume: number }[];
  readonly seq: number;
  readonly stateHash: string;
}

export interface Venue {
  readonly ports: { readonly order: number; readonly marketData: number };
  /**
   * Plays recorded data up to `time`. Resolves when all of it is durable, its reports and market data are with the
   * sockets, and the broker file of a day that closed on the way is dropped. `marketData`: MsgSeqNum of the last update
   * sent to the first subscriber, 0 when none is connected. The same time again does nothing.
   * @throws Problem VENUE_TIME_PAST
   */
  advance(time: Instant): Promise<{ readonly time: Instant; readonly marketData: number }>;
  status(): VenueStatus;
  /** Path of the file of a closed session date. @throws Problem BROKER_FILE_NOT_DUE */
  brokerFile(date: string): Promise<string>;
  /** @throws Problem EXECUTION_UNKNOWN */
  bust(execId: string): Promise<void>;
  /** `price` in the quote unit, e.g. "167.42". @throws Problem EXECUTION_UNKNOWN, DECIMAL_MALFORMED, DECIMAL_SCALE */
  correct(execId: string, price: string): Promise<void>;
  /** Logs everybody out, closes the ports and the log. */
  close(): Promise<void>;
}

/** Data are played in steps of at most this much recorded time, so that no commit grows without bound. */
const STEP_MICROS = 60_000_000;
/** The venue keeps no snapshots: a restart replays its log and the recording, which takes seconds. */
const LOG_SEGMENT_BYTES = 8 << 20;

/**
 * Opens market data and order entry of one market over its log.
 * @throws Problem VENUE_CONFIG_CHANGED, RECORDING_MISSING, SESSION_FILE_INVALID, FIX_PORT_IN_USE, and those of the log
 */
export async function startVenue(options: VenueOptions): Promise<Venue> {
  const { mic, dropDir } = options;
  const logger = options.logger ?? silentLogger;
  const facts = options.facts ?? loadMarketFacts();
  const recording = typeof options.sessionData === 'string' ? await readRecording(options.sessionData) : options.sessionData;
  const config = configOf(options, recording, facts);
  const machine = createVenueMachine(recording);
  const log = await openSequencer({
    dir: options.dir,
    market: mic,
    machine,
    segmentBytes: LOG_SEGMENT_BYTES,
    snapshotEvery: 0,
    ...(options.syncPolicy === undefined ? {} : { syncPolicy: options.syncPolicy }),
    ...(options.fatal === undefined ? {} : { fatal: options.fatal }),
  });
  try {
    refuseChange(options.dir, machine.config, config);
    return await openDoors(options, config, log, machine, facts, logger, dropDir);
  } catch (error) {
    await log.close();
    throw error;
  }
}

async function openDoors(
  options: VenueOptions,
  config: VenueConfig,
  log: Sequencer,
  machine: ReturnType<typeof createVenueMachine>,
  facts: MarketFacts,
  logger: Logger,
  dropDir: string,
): Promise<Venue> {
  const { mic, compIds } = options;
  const terms: BrokerTerms = {
    facts,
    commissionPerUnit: options.commissionPerUnit,
    securityClass: (symbol) => options.listings.find((l) => l.symbol === symbol)?.securityClass ?? 'share',
  };
  const board = createBoard(config);
  const tell = (command: VenueCommand, at: Instant = machine.time) => log.submit(encodeVenueCommand(command, at));
  const door: VenueDoor = {
    mic,
    submit: (command) => tell(command),
    committed: (seq) => log.committed(seq),
    numbers: (session) => machine.session(session),
  };
  if (machine.config === undefined) tell({ name: 'configure', body: config });
  const started = tell({ name: 'venue-started', body: {} });
  await log.committed(started);

  const members = compIds.members.map((member, i) => openOrderSession(door, i + 1, { venue: compIds.venue, member }, logger));
  const subscribers = compIds.subscribers.map((subscriber) =>
    openMarketDataSession(board, { venue: compIds.venue, subscriber }, logger),
  );
  /** Files being written; a failure is told to whoever waits for the day. */
  const files = new Map<string, Promise<string>>();
  const drop = (date: string): Promise<string> => {
    const closedAt = config.days.find((day) => day.date === date)?.close as Instant;
    const written = writeBrokerFile(dropDir, config, date as DateText, closedAt, machine.entry.ledger.entries, terms);
    files.set(date, written);
    // Whoever waits for the day is told; the next who asks has it tried again.
    written.catch(() => files.delete(date));
    return written;
  };

  function hear(event: NumberedVenueEvent, live: boolean): void {
    board.take(event);
    if (event.name === 'execution' || event.name === 'cancel-reject' || event.name === 'session-was-reset')
      members[event.body.session - 1]?.report(event);
    else if (live) {
      for (const subscriber of subscribers) subscriber.publish(event);
      if (event.name === 'day-closed') void drop(event.body.date);
    }
  }

  let heard = started;
  for await (const batch of log.tail(START)) {
    eachEvent(batch, (view, offset) => {
      const event = readVenueEvent(view, offset);
      if (event.header.seq <= started) hear(event, false);
    });
    if (batch.lastSeq >= started) break;
  }
  log.onCommitted((batch) => {
    eachEvent(batch, (view, offset) => hear(readVenueEvent(view, offset), true));
    heard = batch.lastSeq;
  });
  for (const date of machine.daysClosed) {
    const path = await droppedBrokerFile(dropDir, mic, date as DateText);
    if (path === undefined) await drop(date);
    else files.set(date, Promise.resolve(path));
  }

  const common = {
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    logger,
  };
  const order = await listen({ ...common, port: options.orderPort, sessions: members.map((m) => m.session) });
  const marketData = await listen({
    ...common,
    port: options.marketDataPort,
    sessions: subscribers.map((s) => s.session),
  }).catch(async (error: unknown) => {
    await order.close();
    throw error;
  });

  async function settled(seq: number): Promise<void> {
    await log.committed(seq);
    while (heard < seq) await new Promise((resolve) => setImmediate(resolve));
  }

  function standing(execId: string): number {
    const execution = executionNumber(mic, execId);
    if (execution === undefined || machine.entry.ledger.executions.get(execution)?.standing !== true)
      throw problem('EXECUTION_UNKNOWN', { execId: execId.slice(0, 64) });
    return execution;
  }

  async function advance(time: Instant) {
    if (time < machine.time)
      throw problem('VENUE_TIME_PAST', { mic, now: formatInstant(machine.time), time: formatInstant(time) });
    while (machine.time < time) {
      const from = Math.max(machine.time, machine.nextAt());
      await settled(tell({ name: 'play-to', body: {} }, Math.min(time, from + STEP_MICROS)));
      // Sockets get their turn between two steps.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await settled(log.appliedSeq);
    for (const date of machine.daysClosed) await (files.get(date) ?? drop(date));
    return { time: machine.time, marketData: subscribers.find((s) => s.session.isUp)?.lastSent ?? 0 };
  }

  return {
    ports: { order: order.port, marketData: marketData.port },
    advance,
    status: () => statusOf(mic, machine, log, members, subscribers),
    async brokerFile(date) {
      if (!machine.daysClosed.includes(date)) throw problem('BROKER_FILE_NOT_DUE', { mic, date: date.slice(0, 10) });
      return files.get(date) ?? drop(date);
    },
    async bust(execId) {
      await settled(tell({ name: 'bust', body: { execution: standing(execId) } }));
    },
    async correct(execId, price) {
      const scaled = Number(parseDecimal(price, NODE_PRICE_DIGITS));
      await settled(tell({ name: 'correct', body: { execution: standing(execId), price: scaled } }));
    },
    close: () => closeAll([order, marketData], log, [...members, ...subscribers], files),
  };
}

async function closeAll(
  acceptors: readonly Acceptor[],
  log: Sequencer,
  sessions: readonly { readonly session: { logout(text?: string): void } }[],
  files: ReadonlyMap<string, Promise<string>>,
): Promise<void> {
  for (const { session } of sessions) session.logout('venue closes');
  await log.committed(log.appliedSeq);
  await Promise.allSettled(files.values());
  await new Promise((resolve) => setImmediate(resolve));
  for (const acceptor of acceptors) await acceptor.close();
  await log.close();
}

function configOf(options: VenueOptions, recording: Recording, facts: MarketFacts): VenueConfig {
  const { mic } = options;
  const listings = options.listings.map(({ symbol, isin, currency, tick, quantityMax }) => ({
    ...{ symbol, isin, currency, quantityMax, tick: Number(parseDecimal(tick, NODE_PRICE_DIGITS)) },
  }));
  return {
    mic,
    listings,
    sessions: [...options.compIds.members],
    days: recordedDays(
      mic,
      listings.map((l) => l.symbol),
      recording,
      facts,
    ),
    files: recording.files.map((file) => ({ ...file })),
    faults: { ...NO_FAULTS, ...options.faults },
  };
}

/** The market's sessions on the dates for which anything was recorded. */
function recordedDays(mic: string, symbols: readonly string[], recording: Recording, facts: MarketFacts): VenueConfig['days'] {
  const zone = facts.calendar.zone(mic);
  const dates = new Set<DateText>();
  for (const symbol of symbols) {
    const { time, length } = recording.tape(symbol);
    let until = 0;
    for (let i = 0; i < length; i++) {
      const at = time[i] as number;
      if (at < until) continue;
      const date = dateIn(at, zone);
      dates.add(date);
      until = Number(Temporal.PlainDate.from(date).add({ days: 1 }).toZonedDateTime(zone).epochNanoseconds / 1000n);
    }
  }
  return [...dates].sort().flatMap((date) => {
    const session = facts.calendar.session(mic, date);
    return session === null ? [] : [{ date, open: session.open, close: session.close }];
  });
}

function refuseChange(dir: string, logged: VenueConfig | undefined, given: VenueConfig): void {
  if (logged === undefined) return;
  const hash = (config: VenueConfig) => createHash('sha256').update(canonicalJson(config)).digest('hex').slice(0, 12);
  if (hash(logged) !== hash(given)) throw problem('VENUE_CONFIG_CHANGED', { dir, logged: hash(logged), given: hash(given) });
}

/** The newest of each listing, from committed events. */
function createBoard(config: VenueConfig): MarketDataBoard & { take(event: NumberedVenueEvent): void } {
  const data: (VenueEventBody<'market-data'> | undefined)[] = [];
  const official = new Map<string, VenueEventBody<'official-print'>>();
  return {
    mic: config.mic,
    symbols: config.listings.map((l) => l.symbol),
    data: (listing) => data[listing],
    official: (listing, kind) => official.get(`${listing} ${kind}`),
    take(event) {
      if (event.name === 'market-data') data[event.body.listing] = event.body;
      else if (event.name === 'official-print') official.set(`${event.body.listing} ${event.body.kind}`, event.body);
      // A new day has no opening and no close yet.
      else if (event.name === 'day-opened') official.clear();
    },
  };
}

function statusOf(
  mic: string,
  machine: ReturnType<typeof createVenueMachine>,
  log: Sequencer,
  members: readonly { readonly session: { readonly isUp: boolean } }[],
  subscribers: readonly { readonly session: { readonly isUp: boolean } }[],
): VenueStatus {
  const { orders, ledger } = machine.entry;
  const up = (doors: typeof members) => doors.filter((door) => door.session.isUp).length;
  return {
    ...{ mic, time: machine.time, openDate: machine.openDate, daysClosed: machine.daysClosed },
    orders: orders.size,
    working: [...orders.values()].filter((o) => o.status === 0x30 || o.status === 0x31).length,
    executions: ledger.executions.size,
    members: up(members),
    subscribers: up(subscribers),
    listings: machine.listings.map((listing) => ({ symbol: listing.terms.symbol, ...listing.day() })),
    seq: log.committedSeq,
    stateHash: log.stateHash,
  };
}
