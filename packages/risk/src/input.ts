import { COMMAND_HEADER_BYTES, type Fields, type Layout, layout, writeCommandHeader } from '@meridian/messages';

/**
 * What the risk fold is told, in the order in which it folds it: the merge of all markets' events, prices included, with
 * the books' figures. Written to the fold's own log, so that it replays to the bit. Quantities in units, prices
 * NODE_PRICE_SCALE, amounts in minor units of the master's base currency unless said.
 */

/** A master account and its margin terms; PPM of the requirement. */
export const MasterInput = layout('risk-master', {
  master: 'u32',
  client: 'u32',
  /** Below this ratio a call is raised. */
  callPpm: 'u32',
  /** The call restores this ratio. */
  targetPpm: 'u32',
  /** Least amount worth a call. */
  amountMin: 'f64',
  currency: 'ascii',
});

export const AccountInput = layout('risk-account', {
  account: 'u32',
  master: 'u32',
  marginPpm: 'u32',
  /** What a provisional fill will cost when it is booked, PPM of notional. */
  commissionPpm: 'u32',
});

export const ListingInput = layout('risk-listing', { listing: 'u32', issuer: 'u32', currency: 'ascii', market: 'ascii' });

/** NODE_FX_SCALE units of `to` for one of `from`. */
export const RateInput = layout('risk-rate', { rate: 'f64', from: 'ascii', to: 'ascii' });

/** The books changed: forget cash and positions, new ones follow. */
export const RebaseInput = layout('risk-rebase', {});

/** Client money of a master: free, held, locked. */
export const CashInput = layout('risk-cash', { master: 'u32', amount: 'f64' });

/** An open position with what it cost: Σ quantity × price × opening FX of its lots, signed like the quantity. */
export const PositionInput = layout('risk-position', {
  account: 'u32',
  listing: 'u32',
  quantity: 'f64',
  cost: 'f64',
  fees: 'f64',
});

/** A client's fill that no batch has booked. `quantity` is signed: + buy, − sell. */
export const FillInput = layout('risk-fill', { account: 'u32', listing: 'u32', quantity: 'f64', price: 'f64' });

export const PriceInput = layout('risk-price', { listing: 'u32', price: 'f64' });

/** Whether a call of this master is open. */
export const CallInput = layout('risk-call', { master: 'u32', open: 'u8' });

const INPUTS = {
  master: [768, MasterInput],
  account: [769, AccountInput],
  listing: [770, ListingInput],
  rate: [771, RateInput],
  rebase: [772, RebaseInput],
  cash: [773, CashInput],
  position: [774, PositionInput],
  fill: [775, FillInput],
  price: [776, PriceInput],
  call: [777, CallInput],
} as const;

type Inputs = typeof INPUTS;
export type InputName = keyof Inputs;
export type InputBody<N extends InputName> = ReturnType<Inputs[N][1]['read']>;

/** Wire numbers of the fold's inputs. */
export const INPUT_TYPE = Object.fromEntries(Object.entries(INPUTS).map(([name, [type]]) => [name, type])) as {
  readonly [N in InputName]: Inputs[N][0];
};

export const inputLayouts = Object.fromEntries(Object.entries(INPUTS).map(([name, [, body]]) => [name, body])) as {
  readonly [N in InputName]: Inputs[N][1];
};

/** Encodes one input as a command frame of the fold's log. */
export function encodeInput<N extends InputName>(name: N, body: InputBody<N>, time: number): Uint8Array {
  const [type, shape] = INPUTS[name] as unknown as readonly [number, Layout<Fields>];
  const frame = new Uint8Array(COMMAND_HEADER_BYTES + shape.bytesMax);
  const view = new DataView(frame.buffer);
  const length = shape.write(view, COMMAND_HEADER_BYTES, body as never);
  writeCommandHeader(view, 0, { length, type, version: 1, time });
  return frame.subarray(0, length);
}

/** What the fold says: a master fell below its call line, or stands above its target again. */
export const MarginSignal = layout('margin-signal', {
  /** 1 call needed, 2 recovered. */
  kind: 'u8',
  master: 'u32',
  client: 'u32',
  equity: 'f64',
  requirement: 'f64',
  /** What restores the target. */
  amount: 'f64',
});
export const MARGIN_SIGNAL_TYPE = 800;
