import {
  canonicalJson,
  closed,
  declareProblems,
  type Instant,
  type Static,
  type TSchema,
  Type,
  validateConfig,
} from '@meridian/base';
import { Execution, HedgeIntent } from './event.ts';
import { COMMAND_HEADER_BYTES, type CommandHeader, FRAME_BYTES_MAX, readCommandHeader, writeCommandHeader } from './frame.ts';
import { type Body, type Fields, type Layout, layout } from './layout.ts';

/**
 * What a market node is told. The log carries nothing else: same commands, same state, anywhere.
 *
 * Hot commands have fixed binary layouts that the engine reads in place. Facts that change rarely travel as canonical
 * JSON checked against a closed schema. Ids are dense integers given at the door; 0 means "not known to us" and is
 * rejected by the engine, so that even a nonsense order is answered from the log.
 */

const { problem } = declareProblems({
  COMMAND_UNREADABLE: {
    status: 400,
    title: { zh: '指令无法解读', en: 'Unreadable command' },
    detail: { zh: '指令类型 {type} 版本 {version} 无法解读：{reason}', en: 'Command type {type} version {version}: {reason}' },
    remedy: { zh: '核对程序版本', en: 'Check that sender and receiver run matching versions' },
  },
});

// — hot commands —

/** FIX 35=D from a client. Quantity in units, price in NODE_PRICE_SCALE; NO_PRICE for market orders. */
export const NewOrder = layout('new-order', {
  session: 'u32',
  inSeq: 'f64',
  account: 'u32',
  listing: 'u32',
  /** FIX 54: 1 buy, 2 sell, 5 sell short. 0 unknown. */
  side: 'u8',
  /** FIX 77: 1 open, 2 close. 0 missing. */
  effect: 'u8',
  /** FIX 40: 1 market, 2 limit. 0 unknown. */
  type: 'u8',
  /** FIX 59: 0 day, 3 IOC, 4 FOK. 255 unknown. */
  tif: 'u8',
  quantity: 'f64',
  price: 'f64',
  /** A rejection found while reading the message (see rejection.ts); 0 none. The engine answers with it. */
  fault: 'u16',
  clOrdId: 'ascii',
});

/** FIX 35=G. */
export const ReplaceOrder = layout('replace-order', {
  session: 'u32',
  inSeq: 'f64',
  quantity: 'f64',
  price: 'f64',
  fault: 'u16',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
});

/** FIX 35=F. */
export const CancelOrder = layout('cancel-order', {
  session: 'u32',
  inSeq: 'f64',
  fault: 'u16',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
});

/** FIX 35=H: the order's state is wanted again. Answered by an `order-report` of execType 'I', which changes nothing. */
export const OrderStatus = layout('order-status', { session: 'u32', inSeq: 'f64', clOrdId: 'ascii' });

/** FIX 35=8 from the venue or broker to the hedge node. Codes are the FIX characters' code points. */
export const VenueReport = layout('venue-report', {
  session: 'u32',
  inSeq: 'f64',
  execType: 'u8',
  status: 'u8',
  lastQuantity: 'f64',
  lastPrice: 'f64',
  cumQuantity: 'f64',
  leavesQuantity: 'f64',
  /** The venue's TransactTime, UTC microseconds. */
  transactTime: 'f64',
  /** FIX 103 OrdRejReason, 65535 when absent. */
  reason: 'u16',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
  execId: 'ascii',
  execRefId: 'ascii',
  venueOrderId: 'ascii',
});

/** FIX 35=9 from the venue to the hedge node. */
export const VenueCancelReject = layout('venue-cancel-reject', {
  session: 'u32',
  inSeq: 'f64',
  status: 'u8',
  /** FIX 434: 1 cancel, 2 replace. */
  responseTo: 'u8',
  /** FIX 102 CxlRejReason, 65535 when absent. */
  reason: 'u16',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
});

/** A conflated reference price that passed the market-data gate. NO_PRICE where a part is absent. */
export const ReferencePrice = layout('reference-price', {
  listing: 'u32',
  bid: 'f64',
  ask: 'f64',
  last: 'f64',
  bidSize: 'f64',
  askSize: 'f64',
  /** When the source saw it, UTC microseconds. Staleness counts from here. */
  sourceTime: 'f64',
});

/** Business time moved on and nothing else happened: phases open and close by it. */
export const Time = layout('time', {});

/** The session layer is about to send an administrative message: it takes the session's next outbound number. */
export const SessionOut = layout('session-out', { session: 'u32', msgType: 'u8' });

/** An inbound number was consumed without an order command (gap fill, business reject). */
export const SessionIn = layout('session-in', { session: 'u32', inSeq: 'f64' });

/** Both numbers of a session were set anew by logon with ResetSeqNumFlag or by an operator. */
export const SessionReset = layout('session-reset', { session: 'u32', nextIn: 'f64', nextOut: 'f64' });

/** Ask the node to report every slice's counters as events. */
export const ReportLeases = layout('report-leases', {});

// — facts from the door, the account centre and the risk centre —

const id = () => Type.Integer({ minimum: 1, maximum: 0xffff_ffff });
const int = () => Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const count = () => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const text = (maxLength = 64) => Type.String({ minLength: 1, maxLength });

/** The engine's behaviour changes from the next command on. Code runs n and n − 1. */
export const EngineVersion = closed({ version: Type.Integer({ minimum: 1, maximum: 65_535 }) });

export const DefineListing = closed({
  listing: id(),
  security: id(),
  issuer: id(),
  mic: text(4),
  symbol: text(32),
  currency: text(3),
  lot: count(),
  /** Tick by price: from `from` (inclusive, NODE_PRICE_SCALE) upwards the tick is `tick`. Ascending. */
  ticks: Type.Array(closed({ from: int(), tick: Type.Integer({ minimum: 1 }) }), { minItems: 1, maxItems: 64 }),
  /** How far a limit may stand from the reference price, PPM. */
  collarPpm: count(),
  quantityMax: count(),
  /** In minor units of the quote currency. */
  notionalMax: count(),
  /** A reference price older than this (microseconds of business time) is stale. */
  priceAgeMax: count(),
  shortAllowed: Type.Boolean(),
});

/** A trading session with a client, a venue or the house's own interface. CompIDs stay at the door. */
export const DefineSession = closed({
  session: id(),
  role: Type.Union([Type.Literal('client'), Type.Literal('hedge'), Type.Literal('house')]),
  /** Business accounts that may be named on it; empty for hedge sessions. */
  accounts: Type.Array(id(), { maxItems: 10_000 }),
});

/** A business account (业务账户) as a node needs it. UA-3. */
export const DefineAccount = closed({
  account: id(),
  client: id(),
  group: id(),
  master: id(),
  sub: id(),
  entity: id(),
  /** How the contract turns the listing's currency into the settlement currency. */
  basis: Type.Union([Type.Literal('local'), Type.Literal('composite'), Type.Literal('quanto')]),
  settlementCurrency: text(3),
  /** Minor-unit digits of the settlement currency. */
  minorDigits: Type.Integer({ minimum: 0, maximum: 4 }),
  /** Initial margin rate and the buffer for fees, PPM of notional in settlement currency. */
  marginPpm: count(),
  feeBufferPpm: count(),
  /** 0 none, 1 open and close, 2 close only. RC-b */
  permission: Type.Integer({ minimum: 0, maximum: 2 }),
  /** Limit on the projected absolute position per listing, units. RC-f */
  positionMax: count(),
  /** New orders and replaces per second of business time. */
  orderRateMax: count(),
  /** The cells an order of this account consumes, in this order; at most 12. */
  cells: Type.Array(id(), { maxItems: 12 }),
  route: id(),
});

/** entity × channel × trading account × custodian, as a dense id. */
export const DefineRoute = closed({
  route: id(),
  entity: id(),
  session: id(),
  mic: text(4),
  tradingAccount: text(32),
  shortAllowed: Type.Boolean(),
  /** New child orders and replaces per second of business time; absent: only what the accounts' own rates allow. */
  orderRateMax: Type.Optional(count()),
});

export const Measure = Type.Union([Type.Literal('initial-margin'), Type.Literal('notional'), Type.Literal('position')]);
export const Scope = Type.Union([
  Type.Literal('firm'),
  Type.Literal('entity'),
  Type.Literal('group'),
  Type.Literal('client'),
  Type.Literal('master'),
  Type.Literal('sub'),
  Type.Literal('business'),
  Type.Literal('issuer'),
  Type.Literal('market'),
  Type.Literal('route'),
  Type.Literal('pool'),
]);

/** A limit cell as a node sees it: scope × measure, in minor units of `currency` (money) or units (position). */
export const DefineCell = closed({
  cell: id(),
  scope: Scope,
  scopeId: id(),
  measure: Measure,
  currency: Type.Union([text(3), Type.Null()]),
  /** For scope issuer and for notional per underlying: the issuer the order's listing must belong to, else the cell is not consumed. */
  issuer: Type.Union([id(), Type.Null()]),
});

/** Cumulative grant of a slice. Applied by max, so it may be repeated. */
export const GrantLease = closed({ cell: id(), epoch: count(), granted: count() });
export const RecallLease = closed({ cell: id(), keepFree: count() });
/** The batch booked what these fills held: use moves to the books. `booking` makes a repeat harmless. */
export const BookLease = closed({
  booking: text(80),
  cells: Type.Array(closed({ cell: id(), amount: count() }), { maxItems: 100_000 }),
});

/** A versioned set of rates, in force from its publication on. Rates are NODE_FX_SCALE; both directions are given. */
export const ApplyRateSet = closed({
  rateSet: id(),
  publishedAt: count(),
  rates: Type.Array(closed({ from: text(3), to: text(3), rate: Type.Integer({ minimum: 1 }) }), { maxItems: 1_000 }),
});

/** The day's plan of one market: phases as UTC intervals. The engine opens and closes by business time. TC-5. */
export const TradingDay = closed({
  date: text(10),
  open: count(),
  close: count(),
  phases: Type.Array(
    closed({
      phase: text(32),
      start: count(),
      end: count(),
      allowNew: Type.Boolean(),
      allowReplace: Type.Boolean(),
      allowCancel: Type.Boolean(),
      /** FIX 40 values the phase admits. */
      types: Type.Array(Type.Integer({ minimum: 1, maximum: 9 }), { maxItems: 8 }),
    }),
    { maxItems: 32 },
  ),
});

/** Black and white lists (黑白名单): what a scope may do in a listing. The strictest matching entry holds. RC-a. */
export const ListEntry = closed({
  listing: id(),
  scope: Type.Union([Type.Literal('firm'), Type.Literal('group'), Type.Literal('client')]),
  scopeId: id(),
  permission: Type.Integer({ minimum: 0, maximum: 2 }),
});

/** Restriction or kill switch: 0 none, 1 reduce only, 2 halt. RC-j, RC-l. */
export const Restrict = closed({
  scope: Type.Union([
    Type.Literal('firm'),
    Type.Literal('client'),
    Type.Literal('account'),
    Type.Literal('listing'),
    Type.Literal('market'),
  ]),
  scopeId: id(),
  mode: Type.Integer({ minimum: 0, maximum: 2 }),
});

/**
 * Kill switch (一键停机), beside the restrictions that rules set: what a person stopped only a person lets go again. `mode`
 * 0 released, 1 reducing: what opens is refused and taken back, 2 halted: everything is. Of scope `order` the switch only
 * takes that order back, and `scopeId` is its number; of market and firm `scopeId` is 1. From engine version 2 on. RC-l
 */
export const KillSwitch = closed({
  scope: Type.Union([
    Type.Literal('order'),
    Type.Literal('account'),
    Type.Literal('client'),
    Type.Literal('market'),
    Type.Literal('firm'),
  ]),
  scopeId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  mode: Type.Integer({ minimum: 0, maximum: 2 }),
  /** Who threw it: a token of the directory. */
  maker: Type.String({ pattern: '^[\\x21-\\x7e]{1,64}$' }),
});

/** The price at which a session date is marked: the primary closing print, or the last mid before the close. */
export const ClosingMark = closed({
  listing: id(),
  date: text(10),
  price: int(),
  kind: Type.Union([Type.Literal('closing-print'), Type.Literal('last-mid')]),
  sourceTime: count(),
});

/** Units that may be sold short on a route. */
export const Borrow = closed({ route: id(), listing: id(), quantity: count() });

const HOT = {
  'new-order': [1, NewOrder],
  'replace-order': [2, ReplaceOrder],
  'cancel-order': [3, CancelOrder],
  'venue-report': [4, VenueReport],
  'venue-cancel-reject': [5, VenueCancelReject],
  'reference-price': [6, ReferencePrice],
  time: [7, Time],
  'session-out': [8, SessionOut],
  'session-in': [9, SessionIn],
  'session-reset': [10, SessionReset],
  'report-leases': [11, ReportLeases],
  'order-status': [12, OrderStatus],
  // A hedge node that runs apart takes the client node's intents as commands, and answers with executions.
  'hedge-intent': [13, HedgeIntent],
  execution: [14, Execution],
} as const;

const FACTS = {
  'engine-version': [64, EngineVersion],
  'define-listing': [65, DefineListing],
  'define-session': [66, DefineSession],
  'define-account': [67, DefineAccount],
  'define-route': [68, DefineRoute],
  'define-cell': [69, DefineCell],
  'grant-lease': [70, GrantLease],
  'recall-lease': [71, RecallLease],
  'book-lease': [72, BookLease],
  'apply-rate-set': [73, ApplyRateSet],
  'trading-day': [74, TradingDay],
  'list-entry': [75, ListEntry],
  restrict: [76, Restrict],
  'closing-mark': [77, ClosingMark],
  borrow: [78, Borrow],
  'kill-switch': [79, KillSwitch],
} as const;

type Hot = typeof HOT;
type Facts = typeof FACTS;
type HotBody<L> = L extends Layout<infer F> ? Body<F> : never;

/** A command as an object: `{ name: 'time', body: {} }`. The hot path does not build these. */
export type Command =
  | { [N in keyof Hot]: { readonly name: N; readonly body: Readonly<HotBody<Hot[N][1]>> } }[keyof Hot]
  | { [N in keyof Facts]: { readonly name: N; readonly body: Readonly<Static<Facts[N][1]>> } }[keyof Facts];
export type CommandName = Command['name'];
export type CommandBody<N extends CommandName> = Extract<Command, { name: N }>['body'];

/** Wire numbers, for switches on {@link CommandHeader.type}: `COMMAND_TYPE['new-order']`. */
export const COMMAND_TYPE = Object.fromEntries(
  [...Object.entries(HOT), ...Object.entries(FACTS)].map(([name, [type]]) => [name, type]),
) as {
  readonly [N in keyof Hot]: Hot[N][0];
} & { readonly [N in keyof Facts]: Facts[N][0] };

const nameOf = new Map<number, CommandName>(Object.entries(COMMAND_TYPE).map(([name, type]) => [type, name as CommandName]));
const utf8 = new TextEncoder();
const utf8Strict = new TextDecoder('utf-8', { fatal: true });

/** Schemas and layouts by name, for the catalogue and the documentation. */
export const commandLayouts: Readonly<Record<keyof Hot, Layout<Fields>>> = Object.fromEntries(
  Object.entries(HOT).map(([name, [, body]]) => [name, body]),
) as never;
export const commandSchemas: Readonly<Record<keyof Facts, TSchema>> = Object.fromEntries(
  Object.entries(FACTS).map(([name, [, schema]]) => [name, schema]),
) as never;

export function commandName(type: number): CommandName | undefined {
  return nameOf.get(type);
}

/** Hot frames are written one behind the other: an allocation each would cost more than the writing. */
const SHEET_BYTES = 64 << 10;
let sheet = new DataView(new ArrayBuffer(SHEET_BYTES));
let written = 0;

/** Encodes one frame; its buffer holds other frames as well. @throws Problem CONFIG_INVALID when a fact does not match its schema. */
export function encodeCommand(command: Command, time: Instant): Uint8Array {
  const hot = Object.hasOwn(HOT, command.name)
    ? (HOT[command.name as keyof Hot] as readonly [number, Layout<Fields>])
    : undefined;
  if (hot !== undefined) {
    const [type, body] = hot;
    if (sheet.byteLength - written < COMMAND_HEADER_BYTES + body.bytesMax) {
      sheet = new DataView(new ArrayBuffer(SHEET_BYTES));
      written = 0;
    }
    const start = written;
    written = body.write(sheet, start + COMMAND_HEADER_BYTES, command.body as never);
    const length = written - start;
    writeCommandHeader(sheet, start, { length, type, version: 1, time });
    return new Uint8Array(sheet.buffer, start, length);
  }
  const [type, schema] = FACTS[command.name as keyof Facts];
  validateConfig(schema as TSchema, command.body);
  const json = utf8.encode(canonicalJson(command.body));
  const length = COMMAND_HEADER_BYTES + json.length;
  if (length > FRAME_BYTES_MAX)
    throw problem('COMMAND_UNREADABLE', { type, version: 1, reason: `longer than ${FRAME_BYTES_MAX} bytes` });
  const frame = new Uint8Array(length);
  writeCommandHeader(new DataView(frame.buffer), 0, { length, type, version: 1, time });
  frame.set(json, COMMAND_HEADER_BYTES);
  return frame;
}

/** Reads a hot or fact command back into an object. @throws Problem COMMAND_UNREADABLE */
export function decodeCommand(view: DataView, offset: number): Command & { readonly header: CommandHeader } {
  const header = readCommandHeader(view, offset);
  const name = nameOf.get(header.type);
  if (name === undefined || header.version !== 1) {
    throw problem('COMMAND_UNREADABLE', { type: header.type, version: header.version, reason: 'unknown to this program' });
  }
  const body = Object.hasOwn(HOT, name)
    ? (HOT[name as keyof Hot][1] as Layout<Fields>).read(view, offset + COMMAND_HEADER_BYTES)
    : readFact(view, offset, header, FACTS[name as keyof Facts][1]);
  return { name, body, header } as Command & { readonly header: CommandHeader };
}

function readFact(view: DataView, offset: number, header: CommandHeader, schema: TSchema): unknown {
  const bytes = new Uint8Array(
    view.buffer,
    view.byteOffset + offset + COMMAND_HEADER_BYTES,
    header.length - COMMAND_HEADER_BYTES,
  );
  try {
    return validateConfig(schema, JSON.parse(utf8Strict.decode(bytes)));
  } catch (error) {
    throw problem(
      'COMMAND_UNREADABLE',
      { type: header.type, version: header.version, reason: 'body does not match its schema' },
      error,
    );
  }
}
