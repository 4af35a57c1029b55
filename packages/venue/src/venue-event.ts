import { InvariantError } from '@meridian/base';
import type { EventSink } from '@meridian/log';
import {
  type Body,
  EVENT_HEADER_BYTES,
  type EventHeader,
  type Fields,
  type Layout,
  layout,
  readEventHeader,
} from '@meridian/messages';

/**
 * What a venue says: a pure function of its commands and of the recorded files that its configuration names. Everything
 * it sends over FIX is written from these. Prices NODE_PRICE_SCALE, quantities in units, instants UTC microseconds.
 */

/** FIX 35=8. `execution` is the execution's number (0: the report is of no execution); ids are made from numbers by {@link executionId}. */
export const Execution = layout('execution', {
  session: 'u32',
  outSeq: 'f64',
  order: 'f64',
  execution: 'f64',
  /** The execution that a bust or correction changes; 0 none. */
  reference: 'f64',
  /** 0 when the symbol is not listed here. */
  listing: 'u32',
  /** FIX 150 and 39 as code points. */
  execType: 'u8',
  status: 'u8',
  side: 'u8',
  type: 'u8',
  tif: 'u8',
  quantity: 'f64',
  /** NO_PRICE for a market order. */
  price: 'f64',
  lastQuantity: 'f64',
  lastPrice: 'f64',
  cumQuantity: 'f64',
  leavesQuantity: 'f64',
  /** Exact Σ quantity × price of the fills that stand. */
  cumValue: 'f64',
  transactTime: 'f64',
  /** FIX 103, 65535 none. */
  reason: 'u16',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
  account: 'ascii',
  symbol: 'ascii',
  text: 'ascii',
});

/** FIX 35=9. */
export const CancelReject = layout('cancel-reject', {
  session: 'u32',
  outSeq: 'f64',
  /** 0 when the order is unknown. */
  order: 'f64',
  status: 'u8',
  /** FIX 434: 1 cancel, 2 replace. */
  responseTo: 'u8',
  /** FIX 102. */
  reason: 'u16',
  transactTime: 'f64',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
  account: 'ascii',
  text: 'ascii',
});

/**
 * Best bid and ask and the last trade of a listing as they stood at `time`, a tenth of a second of recorded time: at most
 * ten in any second, and never two within a tenth.
 * NO_PRICE and 0 where there is none. `lastQuantity` is what traded since the event before, `volume` since the open:
 * the first add up to the second.
 */
export const MarketData = layout('market-data', {
  listing: 'u32',
  bid: 'f64',
  bidSize: 'f64',
  ask: 'f64',
  askSize: 'f64',
  last: 'f64',
  lastQuantity: 'f64',
  volume: 'f64',
  time: 'f64',
});

/** The primary market's opening (1) or closing (2) price of the day. */
export const OfficialPrint = layout('official-print', { listing: 'u32', kind: 'u8', price: 'f64', size: 'f64', time: 'f64' });

export const DayOpened = layout('day-opened', { time: 'f64', date: 'ascii' });
/** Continuous trading ended, day orders expired: the day's broker file is complete. */
export const DayClosed = layout('day-closed', { time: 'f64', date: 'ascii' });

/** An operator's bust or correction that names no standing execution, or a command from nobody; nothing changed. */
export const CommandRefused = layout('command-refused', { type: 'u16', subject: 'f64', text: 'ascii' });

/** Both numbers of a session were set anew: what was sent under the old ones is void. */
export const SessionWasReset = layout('session-was-reset', { session: 'u32' });

/** The venue's process started here. */
export const Started = layout('started', {});

export const VENUE_EVENT_TYPE = {
  execution: 512,
  'cancel-reject': 513,
  'market-data': 514,
  'official-print': 515,
  'day-opened': 516,
  'day-closed': 517,
  'command-refused': 518,
  started: 519,
  'session-was-reset': 520,
} as const;

const LAYOUTS = {
  execution: Execution,
  'cancel-reject': CancelReject,
  'market-data': MarketData,
  'official-print': OfficialPrint,
  'day-opened': DayOpened,
  'day-closed': DayClosed,
  'command-refused': CommandRefused,
  started: Started,
  'session-was-reset': SessionWasReset,
} as const;

/** Layouts by name, for the catalogue. */
export const venueEventLayouts: Readonly<Record<string, Layout<Fields>>> = LAYOUTS as never;

type Layouts = typeof LAYOUTS;
type BodyOf<L> = L extends Layout<infer F> ? Readonly<Body<F>> : never;

export type VenueEvent = { [N in keyof Layouts]: { readonly name: N; readonly body: BodyOf<Layouts[N]> } }[keyof Layouts];
export type VenueEventBody<N extends VenueEvent['name']> = Extract<VenueEvent, { name: N }>['body'];
export type NumberedVenueEvent = VenueEvent & { readonly header: EventHeader };

const nameOf = new Map<number, VenueEvent['name']>(
  Object.entries(VENUE_EVENT_TYPE).map(([name, type]) => [type, name as VenueEvent['name']]),
);

export function emitVenueEvent(out: EventSink, event: VenueEvent): void {
  const at = out.begin(VENUE_EVENT_TYPE[event.name]);
  out.end((LAYOUTS[event.name] as unknown as Layout<Fields>).write(out.view, at, event.body as never));
}

/** Reads an event frame of a venue's event file. */
export function readVenueEvent(view: DataView, offset: number): NumberedVenueEvent {
  const header = readEventHeader(view, offset);
  const name = nameOf.get(header.type);
  if (name === undefined) throw new InvariantError(`event type ${header.type} is not a venue's`);
  const body = (LAYOUTS[name] as unknown as Layout<Fields>).read(view, offset + EVENT_HEADER_BYTES);
  return { name, body, header } as NumberedVenueEvent;
}

/** FIX 17 from an execution's number: unique for the venue's life. */
export function executionId(mic: string, execution: number): string {
  return `${mic}-X${execution}`;
}

/** The number behind a FIX 17; undefined for text that is none of ours. */
export function executionNumber(mic: string, id: string): number | undefined {
  const match = /^([A-Z0-9]{4})-X([1-9]\d{0,14})$/.exec(id);
  return match !== null && match[1] === mic ? Number(match[2]) : undefined;
}

/** FIX 37 from an order's number. */
export function venueOrderId(mic: string, order: number): string {
  return order === 0 ? 'NONE' : `${mic}-${order}`;
}
