import type { Bilingual } from '@meridian/base';
import { PRICE_DIGITS } from '@meridian/market';
import { NODE_PRICE_DIGITS, type NumberedEvent } from '@meridian/messages';
import type { Queryable } from '@meridian/store';
import { type Gauge, type Quoted, sumOf, type Worked } from './trace-measure.ts';

/** A fill of record with whose it is. */
export interface TracedFill extends Quoted {
  readonly market: string;
  readonly seq: bigint;
  readonly k: number;
  readonly order_id: bigint;
  readonly account: bigint;
  readonly client: bigint;
  readonly entity: bigint;
  readonly listing: bigint;
  readonly side: number;
  readonly exec_type: string;
  readonly state: 'provisional' | 'booked' | 'busted';
  readonly quantity: bigint;
  readonly price: bigint;
  readonly delta: bigint;
  readonly batch: string | null;
}

/** Where fills stand: an order's, one fill, or everything one command did. */
export interface FillPlace {
  readonly market: string;
  readonly order?: string;
  readonly seq?: string;
  readonly k?: string;
}

const NAMED = {
  order: /^([A-Z0-9]{4})-([1-9]\d{0,17})$/,
  log: /^([A-Z0-9]{4})-(\d{1,15})$/,
  fill: /^([A-Z0-9]{4})-(\d{1,15})-(\d{1,6})$/,
} as const;

/** "ARCX-5" is an order or a log entry, "ARCX-12-0" a fill; undefined for anything else. */
export function fillPlace(level: keyof typeof NAMED, id: string): FillPlace | undefined {
  const [, market, number, k] = NAMED[level].exec(id) ?? [];
  if (market === undefined || number === undefined) return undefined;
  if (level === 'order') return { market, order: number };
  return k === undefined ? { market, seq: number } : { market, seq: number, k };
}

export async function tracedFills(db: Queryable, place: FillPlace): Promise<TracedFill[]> {
  const { rows } = await db.query<TracedFill>(
    `SELECT f.market, f.seq, f.k, f.order_id, f.account, b.client, b.entity, f.listing, f.side, f.exec_type, f.state, f.quantity,
            f.price, f.delta, f.batch, l.quote, m.price AS mark
       FROM accounts.fill f JOIN accounts.business_account b ON b.account = f.account
       JOIN LATERAL (SELECT quote FROM reference.listing WHERE listing = f.listing ORDER BY valid_from DESC LIMIT 1) l ON true
       LEFT JOIN LATERAL (SELECT price FROM accounts.mark WHERE listing = f.listing ORDER BY trade_date DESC LIMIT 1) m ON true
      WHERE f.market = $1 AND ($2::bigint IS NULL OR f.order_id = $2) AND ($3::bigint IS NULL OR f.seq = $3)
        AND ($4::integer IS NULL OR f.k = $4)
      ORDER BY f.seq, f.k LIMIT 1000`,
    [place.market, place.order ?? null, place.seq ?? null, place.k ?? null],
  );
  return rows;
}

export async function contractsOfFill(db: Queryable, { account, listing }: TracedFill): Promise<bigint[]> {
  const { rows } = await db.query<{ contract: bigint }>(
    'SELECT contract FROM accounts.contract WHERE account = $1 AND listing = $2 ORDER BY contract LIMIT 1000',
    [account, listing],
  );
  return rows.map(({ contract }) => contract);
}

/** On its own a fill is what it added, and its cost what it was done at. */
const amountOf = (gauge: Gauge, fill: Quoted, delta: bigint, price: bigint): bigint | undefined =>
  gauge.of({ quantity: delta, value: delta * price }, fill);

const fillId = ({ market, seq, k }: TracedFill) => `${market}-${seq}-${k}`;
const labelOf = ({ market, seq, k }: TracedFill) => `${market} ${seq}.${k}`;
const pathOf = ({ market, order_id }: TracedFill) => `/orders/${market}/${order_id}`;

const STATES: Readonly<Record<TracedFill['state'], Bilingual>> = {
  provisional: { zh: '暂记，未清算', en: 'provisional, not cleared yet' },
  booked: { zh: '已入账', en: 'booked' },
  busted: { zh: '已撤销', en: 'busted' },
};

/**
 * A fill of record against the market's own log: quantity, price and side of the event at its place. `events` undefined:
 * the log cannot say any more, and nothing is claimed.
 */
export function fillLevel(gauge: Gauge, fill: TracedFill, events: readonly NumberedEvent[] | undefined): Worked {
  const amount = amountOf(gauge, fill, fill.delta, fill.price);
  const told = events?.find((event) => event.name === 'client-fill' && event.header.k === fill.k);
  const label = labelOf(fill);
  const level = { level: 'fill' as const, id: fillId(fill), label, note: STATES[fill.state], path: pathOf(fill), amount };
  if (events === undefined) return { ...level, children: 0, childrenSum: undefined };
  if (told?.name !== 'client-fill') return { ...level, children: 0, childrenSum: 0n, agrees: false };
  const { body } = told;
  const price = BigInt(body.price) * 10n ** BigInt(PRICE_DIGITS - NODE_PRICE_DIGITS);
  const signed = body.side === 1 ? BigInt(body.quantity) : -BigInt(body.quantity);
  // A bust or correction of a booked fill books the difference, which the log does not say.
  const delta = fill.exec_type === 'F' ? signed : fill.delta;
  return {
    ...level,
    children: 1,
    childrenSum: amountOf(gauge, fill, delta, price),
    agrees:
      BigInt(body.quantity) === fill.quantity &&
      price === fill.price &&
      body.side === fill.side &&
      BigInt(body.order) === fill.order_id &&
      BigInt(body.account) === fill.account,
  };
}

/**
 * The fill as one of its order's rows, with what a batch booked of it; undefined: none has yet. The log is asked when
 * somebody goes there.
 */
export function fillRow(fill: TracedFill, amount: bigint | undefined): Worked {
  const label = labelOf(fill);
  return {
    ...{ level: 'fill', id: fillId(fill), label, note: STATES[fill.state], path: pathOf(fill), children: 1 },
    ...{ amount, childrenSum: undefined },
  };
}

/** One entry of a market's log: what its client fills say against the fills of record at its place. */
export function logLevel(
  gauge: Gauge,
  place: FillPlace,
  fills: readonly TracedFill[],
  events: readonly NumberedEvent[],
): Worked {
  const rows = fills.map((fill) => fillLevel(gauge, fill, events));
  const told = events.filter((event) => event.name === 'client-fill').length;
  return {
    ...{ level: 'log', id: `${place.market}-${place.seq}`, label: `${place.market} ${place.seq}`, children: fills.length },
    path: `/log/${place.market}/${place.seq}`,
    amount: sumOf(rows.map(({ childrenSum }) => childrenSum)),
    childrenSum: sumOf(rows.map(({ amount }) => amount)),
    agrees: told === fills.length && rows.every(({ agrees = true }) => agrees),
  };
}
