import { COMMAND_HEADER_BYTES, type Fields, type Layout, layout, writeCommandHeader } from '@meridian/messages';

/**
 * What the risk fold is told, in the order in which it folds it: the merge of all markets' events, prices included, with
 * the books' figures. Written to the fold's own log, so that it replays to the bit. Quantities in units; prices in
 * PRICE_DIGITS; amounts in minor units of the currency that the input names; PPM where a name ends so.
 *
 * Two changes are taken as a whole or not at all, so that nobody is judged by half of one: everything between `rebase` and
 * `rebased` is a new book that replaces the old one, and the `rate`s before a `rates` come into force together.
 */

/** The books changed: a new book follows, which replaces this one at `rebased`. */
export const RebaseInput = layout('risk-rebase', {});
export const RebasedInput = layout('risk-rebased', {});

/** A master account and its margin terms, PPM of the requirement. UA-6 */
export const MasterInput = layout('risk-master', {
  master: 'u32',
  client: 'u32',
  /** Below this ratio a call is raised. */
  callPpm: 'u32',
  /** The call restores this ratio, and at it the master has recovered. */
  targetPpm: 'u32',
  /** Least amount worth a call. */
  amountMin: 'f64',
  minorDigits: 'u8',
  currency: 'ascii',
});

/** A business account. Its contracts are worth, cost and settle in its settlement currency. UA-3 */
export const AccountInput = layout('risk-account', {
  account: 'u32',
  master: 'u32',
  /** Initial margin on the value of its positions. */
  marginPpm: 'u32',
  /** What booking a fill will take of its value. */
  commissionPpm: 'u32',
  minorDigits: 'u8',
  settlementCurrency: 'ascii',
});

export const ListingInput = layout('risk-listing', {
  listing: 'u32',
  issuer: 'u32',
  /** Quote units that make one unit of the currency: 100 for GBX, 1 otherwise. */
  quoteUnits: 'u32',
  minorDigits: 'u8',
  currency: 'ascii',
  market: 'ascii',
});

/** FX_DIGITS units of `currency` for one of the set's base. */
export const RateInput = layout('risk-rate', { rate: 'f64', currency: 'ascii' });

/** The rates told since the last set come into force together, in the place of all earlier ones. */
export const RatesInput = layout('risk-rates', { rateSet: 'u32', publishedAt: 'f64' });

/** Money of a master in one currency: what the firm keeps for it, and what it is owed besides (negative: what it owes). */
export const CashInput = layout('risk-cash', {
  master: 'u32',
  amount: 'f64',
  claims: 'f64',
  minorDigits: 'u8',
  currency: 'ascii',
});

/** Open contracts and fills not booked yet, with what they cost: signed like the quantity, settlement currency. */
export const PositionInput = layout('risk-position', {
  account: 'u32',
  listing: 'u32',
  quantity: 'f64',
  cost: 'f64',
  /** What booking the fills will take. */
  fees: 'f64',
});

/** The last fill of a market that the book holds: it and earlier ones are not folded again. */
export const PlaceInput = layout('risk-place', { seq: 'f64', k: 'u32', market: 'ascii' });

/** The latest margin call of a master in the books. `state` 1 raised, 2 met, 3 breached. */
export const CallInput = layout('risk-call', { master: 'u32', raisedAt: 'f64', state: 'u8' });

/** A client's fill as it happens. `quantity` is signed: + buy, − sell; `cost` and `fees` as in a position. */
export const FillInput = layout('risk-fill', {
  account: 'u32',
  listing: 'u32',
  quantity: 'f64',
  cost: 'f64',
  fees: 'f64',
  seq: 'f64',
  k: 'u32',
  market: 'ascii',
});

/** A listing's price or mark. */
export const PriceInput = layout('risk-price', { listing: 'u32', price: 'f64' });

const INPUTS = {
  master: [768, MasterInput],
  account: [769, AccountInput],
  listing: [770, ListingInput],
  rate: [771, RateInput],
  rates: [772, RatesInput],
  rebase: [773, RebaseInput],
  rebased: [774, RebasedInput],
  cash: [775, CashInput],
  position: [776, PositionInput],
  place: [777, PlaceInput],
  call: [778, CallInput],
  fill: [779, FillInput],
  price: [780, PriceInput],
} as const;

type Inputs = typeof INPUTS;
export type InputName = keyof Inputs;
export type InputBody<N extends InputName> = Readonly<ReturnType<Inputs[N][1]['read']>>;
/** One input as an object. */
export type RiskInput = { [N in InputName]: { readonly name: N; readonly body: InputBody<N> } }[InputName];

/** Wire numbers of the fold's inputs. */
export const INPUT_TYPE = Object.fromEntries(Object.entries(INPUTS).map(([name, [type]]) => [name, type])) as {
  readonly [N in InputName]: Inputs[N][0];
};

export const inputLayouts = Object.fromEntries(Object.entries(INPUTS).map(([name, [, body]]) => [name, body])) as {
  readonly [N in InputName]: Inputs[N][1];
};

/** Encodes one input as a command frame of the fold's log. */
export function encodeInput({ name, body }: RiskInput, time: number): Uint8Array {
  const [type, shape] = INPUTS[name] as unknown as readonly [number, Layout<Fields>];
  const frame = new Uint8Array(COMMAND_HEADER_BYTES + shape.bytesMax);
  const view = new DataView(frame.buffer);
  const length = shape.write(view, COMMAND_HEADER_BYTES, body as never);
  writeCommandHeader(view, 0, { length, type, version: 1, time });
  return frame.subarray(0, length);
}

/** What the fold says: a master fell below its call line, or stands at its target again. Base currency of the master. */
export const MarginSignal = layout('margin-signal', {
  /** 1 call needed, 2 recovered. */
  kind: 'u8',
  master: 'u32',
  client: 'u32',
  /** Rounded down. */
  equity: 'f64',
  /** Rounded up. */
  requirement: 'f64',
  /** What restores the target, rounded up; 0 when recovered. */
  amount: 'f64',
  currency: 'ascii',
});
export const MARGIN_SIGNAL_TYPE = 800;
