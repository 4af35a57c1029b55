import { StateHash } from '@meridian/base';
import type { EventSink } from '@meridian/log';
import {
  type Command,
  EVENT_BYTES_MAX,
  EVENT_HEADER_BYTES,
  type Event,
  type EventBody,
  type EventName,
  encodeCommand,
  NO_PRICE,
  type NumberedEvent,
  readEvent,
  writeEvent,
  writeEventHeader,
} from '@meridian/messages';
import { ENGINE_VERSION, MarketNode, type Placement } from './market-node.ts';

/**
 * A node without its log: commands in, events out, all in memory. For tests and simulations; the log room runs the same
 * node durably.
 */
export class Rehearsal {
  readonly node: MarketNode;
  readonly events: NumberedEvent[] = [];
  readonly hash = new StateHash();
  time = 0;
  seq = 0;
  readonly #sink: MemorySink;

  constructor(market = 'ARCX', placement: Placement = 'co-located') {
    this.node = new MarketNode(market, placement);
    this.#sink = new MemorySink();
  }

  /** Applies one command at the present business time; returns its events. */
  apply(command: Command): NumberedEvent[] {
    return this.applyFrame(encodeCommand(command, this.time));
  }

  applyFrame(frame: Uint8Array): NumberedEvent[] {
    this.seq++;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const events = this.#sink.begun(this.seq, view.getFloat64(8, true));
    this.node.apply(view, 0, this.seq, this.#sink);
    for (const bytes of this.#sink.frames) this.hash.bytes(bytes);
    this.events.push(...events);
    return events;
  }

  /** Events of one kind among `events`. */
  static of<N extends EventName>(events: readonly NumberedEvent[], name: N): EventBody<N>[] {
    return events.filter((event) => event.name === name).map((event) => event.body as EventBody<N>);
  }
}

class MemorySink implements EventSink {
  view = new DataView(new ArrayBuffer(EVENT_BYTES_MAX + 8_192));
  frames: Uint8Array[] = [];
  #events: NumberedEvent[] = [];
  #seq = 0;
  #time = 0;
  #type = 0;
  nextK = 0;

  begun(seq: number, time: number): NumberedEvent[] {
    this.#events = [];
    this.frames = [];
    this.#seq = seq;
    this.#time = time;
    this.nextK = 0;
    return this.#events;
  }

  begin(type: number): number {
    this.#type = type;
    return EVENT_HEADER_BYTES;
  }

  end(offset: number): void {
    const header = { length: offset, type: this.#type, version: 1, time: this.#time, seq: this.#seq, k: this.nextK++ };
    writeEventHeader(this.view, 0, header);
    this.frames.push(new Uint8Array(this.view.buffer.slice(0, offset)));
    this.#events.push(readEvent(this.view, 0));
  }

  emit(event: Event): void {
    const end = writeEvent(this.view, 0, event, this.#seq, this.nextK++, this.#time);
    this.frames.push(new Uint8Array(this.view.buffer.slice(0, end)));
    this.#events.push(readEvent(this.view, 0));
  }
}

/** The facts of a small market: SPY and IBM, a mainland client in composite CNY and an overseas one in USD. */
export const STAGE = {
  open: 1_381_152_600_000_000,
  close: 1_381_176_000_000_000,
  spy: 1,
  ibm: 2,
  client: 1,
  house: 2,
  venue: 3,
  mainland: 1,
  overseas: 2,
  route: 1,
  masterMargin: 1,
  subMargin: 2,
  spyNotional: 3,
  overseasMargin: 4,
} as const;

export function stageFacts(): Command[] {
  const listing = (id: number, issuer: number, symbol: string): Command => ({
    name: 'define-listing',
    body: {
      listing: id,
      security: id,
      issuer,
      mic: 'ARCX',
      symbol,
      currency: 'USD',
      lot: 100,
      ticks: [
        { from: 1, tick: 1 },
        { from: 10_000, tick: 100 },
      ],
      collarPpm: 100_000,
      quantityMax: 100_000,
      notionalMax: 1_000_000_000,
      priceAgeMax: 60_000_000,
      shortAllowed: id === STAGE.spy,
    },
  });
  const account = { group: 1, entity: 1, marginPpm: 200_000, feeBufferPpm: 5_000, permission: 1, orderRateMax: 1_000 };
  return [
    { name: 'engine-version', body: { version: ENGINE_VERSION } },
    listing(STAGE.spy, 11, 'SPY'),
    listing(STAGE.ibm, 12, 'IBM'),
    {
      name: 'define-route',
      body: { route: 1, entity: 2, session: STAGE.venue, mic: 'ARCX', tradingAccount: 'HOUSE01', shortAllowed: true },
    },
    { name: 'define-session', body: { session: STAGE.client, role: 'client', accounts: [1, 2] } },
    { name: 'define-session', body: { session: STAGE.house, role: 'house', accounts: [1, 2] } },
    { name: 'define-session', body: { session: STAGE.venue, role: 'hedge', accounts: [] } },
    cell(STAGE.masterMargin, 'master', 'initial-margin', 'CNY', null),
    cell(STAGE.subMargin, 'sub', 'initial-margin', 'CNY', null),
    cell(STAGE.spyNotional, 'issuer', 'notional', 'USD', 11),
    cell(STAGE.overseasMargin, 'master', 'initial-margin', 'USD', null),
    {
      name: 'define-account',
      body: {
        ...account,
        account: STAGE.mainland,
        client: 1,
        master: 1,
        sub: 1,
        basis: 'composite',
        settlementCurrency: 'CNY',
        minorDigits: 2,
        positionMax: 20_000,
        cells: [STAGE.masterMargin, STAGE.subMargin, STAGE.spyNotional],
        route: STAGE.route,
      },
    },
    {
      name: 'define-account',
      body: {
        ...account,
        account: STAGE.overseas,
        client: 2,
        master: 2,
        sub: 2,
        basis: 'local',
        settlementCurrency: 'USD',
        minorDigits: 2,
        positionMax: 20_000,
        cells: [STAGE.overseasMargin, STAGE.spyNotional],
        route: STAGE.route,
      },
    },
    {
      name: 'apply-rate-set',
      body: {
        rateSet: 1,
        publishedAt: 0,
        rates: [
          { from: 'USD', to: 'CNY', rate: 611_958_444 },
          { from: 'CNY', to: 'USD', rate: 16_341_000 },
        ],
      },
    },
    { name: 'list-entry', body: { listing: STAGE.spy, scope: 'firm', scopeId: 1, permission: 1 } },
    { name: 'list-entry', body: { listing: STAGE.ibm, scope: 'firm', scopeId: 1, permission: 1 } },
    { name: 'trading-day', body: stageDay() },
    ...[STAGE.masterMargin, STAGE.subMargin].map((c): Command => grant(c, 1_000_000_000)),
    grant(STAGE.spyNotional, 1_000_000_000),
    grant(STAGE.overseasMargin, 100_000_000),
    { name: 'borrow', body: { route: 1, listing: STAGE.spy, quantity: 5_000 } },
  ];
}

type CellBody = Extract<Command, { name: 'define-cell' }>['body'];

function cell(
  id: number,
  scope: CellBody['scope'],
  measure: CellBody['measure'],
  currency: string,
  issuer: number | null,
): Command {
  const scopeId = scope === 'issuer' ? (issuer ?? 1) : id;
  return { name: 'define-cell', body: { cell: id, scope, scopeId, measure, currency, issuer } };
}

export function grant(cellId: number, granted: number, epoch = 1): Command {
  return { name: 'grant-lease', body: { cell: cellId, epoch, granted } };
}

/** One continuous phase from 13:30Z to 20:00Z on 7 October 2013, or as many days later. */
export function stageDay(days = 0): Extract<Command, { name: 'trading-day' }>['body'] {
  const shift = days * 86_400_000_000;
  const open = STAGE.open + shift;
  const close = STAGE.close + shift;
  const phase = {
    phase: 'continuous',
    start: open,
    end: close,
    allowNew: true,
    allowReplace: true,
    allowCancel: true,
    types: [1, 2],
  };
  return { date: `2013-10-${String(7 + days).padStart(2, '0')}`, open, close, phases: [phase] };
}

/** A reference price of SPY unless told otherwise, seen now. */
export function price(at: number, bid = 1_675_000, ask = 1_675_200, listing: number = STAGE.spy): Command {
  return { name: 'reference-price', body: { listing, bid, ask, last: NO_PRICE, bidSize: 100, askSize: 100, sourceTime: at } };
}

/** The stage with its facts in and the market open. */
export function openStage(): Rehearsal {
  const stage = new Rehearsal();
  for (const fact of stageFacts()) stage.apply(fact);
  stage.time = STAGE.open;
  stage.apply({ name: 'time', body: {} });
  stage.apply(price(stage.time));
  stage.apply(price(stage.time, 1_840_000, 1_840_200, STAGE.ibm));
  return stage;
}
