import { declareProblems, type Instant } from '@meridian/base';
import { EVENT_HEADER_BYTES, type EventHeader, readEventHeader, writeEventHeader } from './frame.ts';
import { type Body, type Fields, type Layout, layout } from './layout.ts';

/**
 * What a market node says. Events are a pure function of the commands, numbered (market, seq, k); the event file that
 * holds them is rewritten byte-equal by a replay. Quantities in units; prices NODE_PRICE_SCALE; amounts in minor units.
 */

const { problem } = declareProblems({
  EVENT_UNREADABLE: {
    status: 500,
    title: { zh: '事件无法解读', en: 'Unreadable event' },
    detail: {
      zh: '事件类型 {type} 版本 {version} 无法解读',
      en: 'Event type {type} version {version} is unknown to this program',
    },
    remedy: { zh: '核对程序版本', en: 'Check that writer and reader run matching versions' },
  },
});

/**
 * Every report on a client order but its fills: accepted, rejected, replaced, cancelled, expired, pending.
 * `outSeq` is the outbound number it takes on its FIX session (0: not sent), so that a resend can be written again from
 * the event alone. An order's id is the sequence number of its new-order command.
 */
export const OrderReport = layout('order-report', {
  order: 'f64',
  session: 'u32',
  outSeq: 'f64',
  account: 'u32',
  listing: 'u32',
  side: 'u8',
  effect: 'u8',
  type: 'u8',
  tif: 'u8',
  /** FIX 150 and 39 as code points: '0' new, '4' cancelled, '5' replaced, '8' rejected, '6' pending cancel, 'C' expired … */
  execType: 'u8',
  status: 'u8',
  quantity: 'f64',
  price: 'f64',
  cumQuantity: 'f64',
  leavesQuantity: 'f64',
  /** Exact Σ quantity × price of the fills. */
  cumValue: 'f64',
  /** rejection.ts; 0 none. The next four explain it: what the rule allows, what was used, asked for, and would pass. */
  rejection: 'u16',
  cell: 'u32',
  limit: 'f64',
  used: 'f64',
  requested: 'f64',
  wouldPass: 'f64',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
});

/** A request to cancel or replace was refused. FIX 35=9. */
export const CancelRejected = layout('cancel-rejected', {
  order: 'f64',
  session: 'u32',
  outSeq: 'f64',
  status: 'u8',
  responseTo: 'u8',
  rejection: 'u16',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
});

/**
 * A client's fill, its bust or its correction. The fill's id is its own (seq, k); a bust or correction names the fill
 * it changes. `hold` is what the fill consumes of the account's initial-margin cells, minor units of the
 * settlement currency, at rate set `rateSet`. `hedgeSeq`/`hedgeK` name the hedge fill behind it.
 */
export const ClientFill = layout('client-fill', {
  order: 'f64',
  session: 'u32',
  outSeq: 'f64',
  account: 'u32',
  listing: 'u32',
  side: 'u8',
  effect: 'u8',
  type: 'u8',
  tif: 'u8',
  /** 'F' trade, 'H' bust, 'G' correction. */
  execType: 'u8',
  status: 'u8',
  orderQuantity: 'f64',
  orderPrice: 'f64',
  quantity: 'f64',
  price: 'f64',
  cumQuantity: 'f64',
  leavesQuantity: 'f64',
  cumValue: 'f64',
  rateSet: 'u32',
  hold: 'f64',
  refSeq: 'f64',
  refK: 'u32',
  hedgeSeq: 'f64',
  hedgeK: 'u32',
  clOrdId: 'ascii',
});

/**
 * The message from a client node to a hedge node: what to trade, nothing about for whom. Its fields are the outbound
 * allow-list. `intent` is the client order's id, a number without meaning outside. TC-6.
 */
export const HedgeIntent = layout('hedge-intent', {
  intent: 'f64',
  /** 1 new, 2 replace, 3 cancel. */
  action: 'u8',
  route: 'u32',
  listing: 'u32',
  side: 'u8',
  /** 1 opens, 2 closes: the trading account keeps long and short apart, so that a short sale never sells another's shares. */
  effect: 'u8',
  type: 'u8',
  tif: 'u8',
  quantity: 'f64',
  price: 'f64',
});

/**
 * The message from a hedge node back to a client node: what became of an intent. `seq`/`k` name the hedge event behind it
 * and `refSeq`/`refK` the hedge fill that a bust or correction changes, in the hedge node's numbering. TC-6.
 */
export const Execution = layout('execution', {
  intent: 'f64',
  /** 1 acknowledged, 2 trade, 3 bust, 4 correction, 5 cancelled, 6 replaced, 7 rejected, 8 expired, 9 change refused. */
  kind: 'u8',
  quantity: 'f64',
  price: 'f64',
  /** rejection.ts, with kinds 7 and 9; 0 otherwise. */
  rejection: 'u16',
  seq: 'f64',
  k: 'u32',
  refSeq: 'f64',
  refK: 'u32',
});

/** What the hedge node sends to a venue: FIX D, G, F in the house account. */
export const HedgeOrder = layout('hedge-order', {
  child: 'f64',
  intent: 'f64',
  /** 1 new, 2 replace, 3 cancel. */
  action: 'u8',
  route: 'u32',
  session: 'u32',
  outSeq: 'f64',
  listing: 'u32',
  side: 'u8',
  type: 'u8',
  tif: 'u8',
  quantity: 'f64',
  price: 'f64',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
});

/** A fill, bust or correction of a child order, as the venue reported it. `trading account` follows from the route. */
export const HedgeFill = layout('hedge-fill', {
  child: 'f64',
  intent: 'f64',
  route: 'u32',
  listing: 'u32',
  side: 'u8',
  execType: 'u8',
  quantity: 'f64',
  price: 'f64',
  cumQuantity: 'f64',
  leavesQuantity: 'f64',
  transactTime: 'f64',
  execId: 'ascii',
  execRefId: 'ascii',
  venueOrderId: 'ascii',
});

/** Any other change of a child order: acknowledged, replaced, cancelled, rejected, expired, cancel refused. */
export const HedgeReport = layout('hedge-report', {
  child: 'f64',
  intent: 'f64',
  route: 'u32',
  listing: 'u32',
  side: 'u8',
  execType: 'u8',
  status: 'u8',
  rejection: 'u16',
  quantity: 'f64',
  price: 'f64',
  cumQuantity: 'f64',
  leavesQuantity: 'f64',
  venueOrderId: 'ascii',
});

export const PriceSet = layout('price-set', {
  listing: 'u32',
  bid: 'f64',
  ask: 'f64',
  last: 'f64',
  sourceTime: 'f64',
});

/** A phase began. `kind` 1 trading day opened, 2 phase changed, 3 trading day closed: the cut of the market's batch. CL-b. */
export const PhaseChanged = layout('phase-changed', { kind: 'u8', date: 'ascii', phase: 'ascii' });

export const RateSetApplied = layout('rate-set-applied', { rateSet: 'u32', publishedAt: 'f64' });

/** `kind` 1 closing print, 2 last mid. */
export const MarkSet = layout('mark-set', { listing: 'u32', price: 'f64', kind: 'u8', sourceTime: 'f64', date: 'ascii' });

/** A slice's counters as the node holds them. */
export const LeaseReport = layout('lease-report', { cell: 'u32', epoch: 'f64', granted: 'f64', returned: 'f64', used: 'f64' });

/** A batch's booking was applied to the node's slices; consumers may free what it returned. */
export const LeaseBooked = layout('lease-booked', {
  cell: 'u32',
  amount: 'f64',
  returned: 'f64',
  used: 'f64',
  booking: 'ascii',
});

/** Something that needs a person: a fill of a closed or unknown order, a bust of an unknown execution, a residual. */
export const ExceptionRaised = layout('exception-raised', {
  /**
   * 1 late fill, 2 unknown order or report, 3 unknown execution, 4 duplicate execution with other body, 5 unhedged residual,
   * 6 a booking of more than the node's fills hold.
   */
  kind: 'u8',
  listing: 'u32',
  child: 'f64',
  order: 'f64',
  quantity: 'f64',
  price: 'f64',
  side: 'u8',
  execId: 'ascii',
});

/** A fact from the door was taken: type of the defining command and the dense id it defined; id 0 when it was refused. */
export const FactApplied = layout('fact-applied', { type: 'u16', id: 'f64' });

/** A kill switch was thrown or let go; the orders it takes back follow as intents. */
export const KillSwitched = layout('kill-switched', {
  /** 1 order, 2 account, 3 client, 4 market, 5 firm. */
  scope: 'u8',
  scopeId: 'f64',
  /** 0 released, 1 reducing, 2 halted. */
  mode: 'u8',
  /** Working client orders it takes back, and the sum of their leaves. */
  orders: 'u32',
  leavesQuantity: 'f64',
  maker: 'ascii',
});

const EVENTS = {
  'order-report': [1, OrderReport],
  'cancel-rejected': [2, CancelRejected],
  'client-fill': [3, ClientFill],
  'hedge-intent': [4, HedgeIntent],
  'hedge-order': [5, HedgeOrder],
  'hedge-fill': [6, HedgeFill],
  'hedge-report': [7, HedgeReport],
  'price-set': [8, PriceSet],
  'phase-changed': [9, PhaseChanged],
  'rate-set-applied': [10, RateSetApplied],
  'mark-set': [11, MarkSet],
  'lease-report': [12, LeaseReport],
  'lease-booked': [13, LeaseBooked],
  'exception-raised': [14, ExceptionRaised],
  'fact-applied': [15, FactApplied],
  // Only from a hedge node that runs apart: the command its client node takes.
  execution: [16, Execution],
  'kill-switched': [17, KillSwitched],
} as const;

type Events = typeof EVENTS;
type EventLayoutBody<L> = L extends Layout<infer F> ? Body<F> : never;

/** An event as an object, with the header that names it. */
export type Event = {
  [N in keyof Events]: { readonly name: N; readonly body: Readonly<EventLayoutBody<Events[N][1]>> };
}[keyof Events];
export type EventName = Event['name'];
export type EventBody<N extends EventName> = Extract<Event, { name: N }>['body'];
export type NumberedEvent = Event & { readonly header: EventHeader };

/** Wire numbers, for switches on the header's type. */
export const EVENT_TYPE = Object.fromEntries(Object.entries(EVENTS).map(([name, [type]]) => [name, type])) as {
  readonly [N in keyof Events]: Events[N][0];
};

export const eventLayouts: Readonly<Record<EventName, Layout<Fields>>> = Object.fromEntries(
  Object.entries(EVENTS).map(([name, [, body]]) => [name, body]),
) as never;

const byType = new Map<number, readonly [EventName, Layout<Fields>]>(
  Object.entries(EVENTS).map(([name, [type, body]]) => [type, [name as EventName, body as unknown as Layout<Fields>]]),
);

/** Upper bound of an encoded event frame. */
export const EVENT_BYTES_MAX = EVENT_HEADER_BYTES + Math.max(...Object.values(EVENTS).map(([, body]) => body.bytesMax));

/** Writes one event frame at `offset`; returns the offset behind it. */
export function writeEvent(view: DataView, offset: number, event: Event, seq: number, k: number, time: Instant): number {
  const [type, body] = EVENTS[event.name] as unknown as readonly [number, Layout<Fields>];
  const end = body.write(view, offset + EVENT_HEADER_BYTES, event.body as never);
  writeEventHeader(view, offset, { length: end - offset, type, version: 1, time, seq, k });
  return end;
}

/** Reads one event frame. @throws Problem EVENT_UNREADABLE */
export function readEvent(view: DataView, offset: number): NumberedEvent {
  const header = readEventHeader(view, offset);
  const known = byType.get(header.type);
  if (known === undefined || header.version !== 1)
    throw problem('EVENT_UNREADABLE', { type: header.type, version: header.version });
  return { name: known[0], body: known[1].read(view, offset + EVENT_HEADER_BYTES), header } as NumberedEvent;
}
