import { canonicalJson, closed, declareProblems, type Instant, type Static, Type, validateConfig } from '@meridian/base';
import {
  type Body,
  COMMAND_HEADER_BYTES,
  type Fields,
  FRAME_BYTES_MAX,
  type Layout,
  layout,
  writeCommandHeader,
} from '@meridian/messages';

/**
 * What a venue is told: its log holds these and nothing else. The recorded ticks are not in the log; the configuration
 * names their files by hash. Prices NODE_PRICE_SCALE, quantities in units, instants UTC microseconds.
 */

const { problem } = declareProblems({
  VENUE_CONFIG_TOO_LONG: {
    status: 400,
    title: { zh: '交易场所配置过长', en: 'Venue configuration too long' },
    detail: { zh: '配置编码后超过 {bytesMax} 字节', en: 'The encoded configuration exceeds {bytesMax} bytes' },
    remedy: { zh: '减少标的或会话', en: 'Configure fewer listings or sessions' },
  },
});

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength, pattern: '^[\\x20-\\x7e]+$' });
const count = () => Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const positive = () => Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** A listing of the venue. Prices are multiples of `tick`; an order of more than `quantityMax` units is refused. */
export const VenueListing = closed({
  symbol: text(32),
  isin: text(12),
  currency: text(3),
  tick: positive(),
  quantityMax: positive(),
});

/** Trouble on purpose, for tests: what a venue's reports may do to those who read them. 0 = never. */
export const Faults = closed({
  /** Every n-th execution is reported twice, with the same execution id. */
  duplicateEvery: count(),
  /** Every n-th report is held back until the one after it has gone. */
  reorderEvery: count(),
  /** Reports leave this many microseconds of business time late. */
  delayMicros: count(),
  /** Every n-th accepted cancel is followed by a fill that had happened before. */
  lateFillEvery: count(),
});

export const NO_FAULTS: Static<typeof Faults> = { duplicateEvery: 0, reorderEvery: 0, delayMicros: 0, lateFillEvery: 0 };

/** What the venue is: the first command of its log. Listings and sessions are numbered from 1 in this order. */
export const VenueConfig = closed({
  mic: Type.String({ pattern: '^[A-Z0-9]{4}$' }),
  listings: Type.Array(VenueListing, { minItems: 1, maxItems: 10_000 }),
  /** CompIDs of the order-entry sessions. */
  sessions: Type.Array(text(32), { minItems: 1, maxItems: 1_000 }),
  /** Trading days the recording covers, ascending: continuous trading from `open` to `close`. */
  days: Type.Array(closed({ date: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), open: count(), close: count() }), {
    maxItems: 10_000,
  }),
  files: Type.Array(closed({ name: text(128), sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }), { maxItems: 1_000 }),
  faults: Faults,
});
export type VenueConfig = Static<typeof VenueConfig>;

/** FIX 35=D. Codes as in messages' new-order: side 0, type 0, tif 255 unknown; quantity 0 and NO_PRICE absent. */
export const VenueNew = layout('venue-new', {
  session: 'u32',
  inSeq: 'f64',
  side: 'u8',
  type: 'u8',
  tif: 'u8',
  /** 1 when the sender marked it PossResend: answered with the order's status when it is known. */
  possResend: 'u8',
  quantity: 'f64',
  price: 'f64',
  clOrdId: 'ascii',
  account: 'ascii',
  symbol: 'ascii',
});

/** FIX 35=G. */
export const VenueReplace = layout('venue-replace', {
  session: 'u32',
  inSeq: 'f64',
  side: 'u8',
  type: 'u8',
  quantity: 'f64',
  price: 'f64',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
  symbol: 'ascii',
});

/** FIX 35=F. */
export const VenueCancel = layout('venue-cancel', {
  session: 'u32',
  inSeq: 'f64',
  side: 'u8',
  clOrdId: 'ascii',
  origClOrdId: 'ascii',
  symbol: 'ascii',
});

/** FIX 35=H. */
export const VenueStatus = layout('venue-status', {
  session: 'u32',
  inSeq: 'f64',
  side: 'u8',
  clOrdId: 'ascii',
  symbol: 'ascii',
});

/** Business time moves to the command's time; recorded data up to and including it are played. */
export const PlayTo = layout('play-to', {});

/** The session layer is about to send an administrative message: it takes the session's next outbound number. */
export const VenueSessionOut = layout('venue-session-out', { session: 'u32', msgType: 'u8' });

/** Inbound numbers up to `inSeq` were used up without a command of their own. */
export const VenueSessionIn = layout('venue-session-in', { session: 'u32', inSeq: 'f64' });

export const VenueSessionReset = layout('venue-session-reset', { session: 'u32', nextIn: 'f64', nextOut: 'f64' });

/** An operator breaks a trade: both sides are told (ExecType H) and the broker file says so. */
export const Bust = layout('bust', { execution: 'f64' });

/** An operator corrects a trade's price: ExecType G under a new execution id. */
export const Correct = layout('correct', { execution: 'f64', price: 'f64' });

/** The venue's process started. Its event marks where recovered events end and new ones begin. */
export const VenueStarted = layout('venue-started', {});

export const VENUE_COMMAND_TYPE = {
  configure: 512,
  'play-to': 513,
  'venue-new': 514,
  'venue-replace': 515,
  'venue-cancel': 516,
  'venue-status': 517,
  'venue-session-out': 518,
  'venue-session-in': 519,
  'venue-session-reset': 520,
  bust: 521,
  correct: 522,
  'venue-started': 523,
} as const;

const LAYOUTS = {
  'play-to': PlayTo,
  'venue-new': VenueNew,
  'venue-replace': VenueReplace,
  'venue-cancel': VenueCancel,
  'venue-status': VenueStatus,
  'venue-session-out': VenueSessionOut,
  'venue-session-in': VenueSessionIn,
  'venue-session-reset': VenueSessionReset,
  bust: Bust,
  correct: Correct,
  'venue-started': VenueStarted,
} as const;

/** Layouts by name, for the catalogue. */
export const venueCommandLayouts: Readonly<Record<string, Layout<Fields>>> = LAYOUTS as never;

type Layouts = typeof LAYOUTS;
type BodyOf<L> = L extends Layout<infer F> ? Body<F> : never;

export type VenueCommand =
  | { readonly name: 'configure'; readonly body: VenueConfig }
  | { [N in keyof Layouts]: { readonly name: N; readonly body: Readonly<BodyOf<Layouts[N]>> } }[keyof Layouts];

const nameOf = new Map<number, VenueCommand['name']>(
  Object.entries(VENUE_COMMAND_TYPE).map(([name, type]) => [type, name as VenueCommand['name']]),
);

/** Encodes one frame. @throws Problem CONFIG_INVALID, VENUE_CONFIG_TOO_LONG */
export function encodeVenueCommand(command: VenueCommand, time: Instant): Uint8Array {
  const type = VENUE_COMMAND_TYPE[command.name];
  if (command.name === 'configure') {
    const json = new TextEncoder().encode(canonicalJson(validateConfig(VenueConfig, command.body)));
    const frame = new Uint8Array(COMMAND_HEADER_BYTES + json.length);
    if (frame.length > FRAME_BYTES_MAX) throw problem('VENUE_CONFIG_TOO_LONG', { bytesMax: FRAME_BYTES_MAX });
    frame.set(json, COMMAND_HEADER_BYTES);
    writeCommandHeader(new DataView(frame.buffer), 0, { length: frame.length, type, version: 1, time });
    return frame;
  }
  const body = LAYOUTS[command.name] as unknown as Layout<Fields>;
  const frame = new Uint8Array(COMMAND_HEADER_BYTES + body.bytesMax);
  const view = new DataView(frame.buffer);
  const length = body.write(view, COMMAND_HEADER_BYTES, command.body as never);
  writeCommandHeader(view, 0, { length, type, version: 1, time });
  return frame.subarray(0, length);
}

/** Reads a frame whose type is a venue's. Undefined for any other type. */
export function decodeVenueCommand(view: DataView, offset: number): VenueCommand | undefined {
  const name = nameOf.get(view.getUint16(offset + 4, true));
  if (name === undefined) return undefined;
  const from = offset + COMMAND_HEADER_BYTES;
  if (name !== 'configure')
    return { name, body: (LAYOUTS[name] as unknown as Layout<Fields>).read(view, from) } as VenueCommand;
  const bytes = new Uint8Array(view.buffer, view.byteOffset + from, view.getUint32(offset, true) - COMMAND_HEADER_BYTES);
  return { name, body: validateConfig(VenueConfig, JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))) };
}
