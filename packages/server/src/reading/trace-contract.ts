import { allocate } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import { type Gauge, type Quoted, sumOf, type Worked } from './trace-measure.ts';

/** A contract with its lots as the books and as the clearing room keep them. */
export interface TracedContract extends Quoted {
  readonly contract: bigint;
  readonly uti: string;
  readonly account: bigint | null;
  readonly client: bigint | null;
  readonly entity: bigint;
  readonly listing: bigint;
  readonly sign: bigint;
  readonly back_to_back_of: bigint | null;
  /** Lots of record. */
  readonly lots: readonly LotFact[];
  /** The same from the attempt that is live for its present version. */
  readonly states: readonly LotFact[];
  /** Mark-to-market of that attempt, and the contract's balance in the ledger; null where there is none. */
  readonly mtm: bigint | null;
  readonly posted: bigint | null;
}
interface LotFact {
  readonly lot: number;
  readonly quantity: bigint;
  readonly price: bigint;
}

/** A fill as a batch booked it into a contract, beside the fill of record. */
export interface BookedFill {
  readonly contract: bigint;
  readonly market: string;
  readonly seq: bigint;
  readonly k: number;
  readonly order_id: bigint;
  readonly kind: string;
  readonly event: string;
  readonly delta: bigint;
  readonly quantity: bigint;
  readonly price: bigint;
  /** A bust or correction names the fill that it changes. */
  readonly ref_seq: bigint | null;
  readonly ref_k: number | null;
  /** Which opening of the contract it belongs to, from 1; null for what closes. */
  readonly opening: number | null;
  /** The lot that this opening stands in now. */
  readonly lot: number | null;
  readonly fill_delta: bigint | null;
  readonly fill_price: bigint | null;
  readonly fill_quantity: bigint | null;
}

interface ContractRow extends Omit<TracedContract, 'lots' | 'states' | 'sign'> {
  readonly side: 'long' | 'short';
  readonly lots: { lot: number; quantity: string; price: string }[];
  readonly states: { lot: number; quantity: string; price: string }[];
}

const LOT_LIST = (of: string, quantity: string) =>
  `coalesce(jsonb_agg(jsonb_build_object('lot', ${of}.lot, 'quantity', ${of}.${quantity}::text, 'price', ${of}.price::text) ORDER BY ${of}.lot), '[]')`;

/** Contracts by account, or one by its number; at most a thousand. */
export async function tracedContracts(
  db: Queryable,
  by: { readonly account: string } | { readonly contract: string },
): Promise<TracedContract[]> {
  const [column, id] = 'account' in by ? ['account', by.account] : ['contract', by.contract];
  const { rows } = await db.query<ContractRow>(
    `SELECT c.contract, c.uti, c.account, c.client, c.entity, c.listing, c.side, c.back_to_back_of, l.quote, m.price AS mark,
            (SELECT ${LOT_LIST('o', 'quantity_open')} FROM accounts.contract_lot o WHERE o.contract = c.contract) AS lots,
            (SELECT ${LOT_LIST('s', 'quantity')} FROM clearing.lot_state s
              WHERE s.batch = q.batch AND s.attempt = q.process_attempt AND s.contract = c.contract) AS states,
            (SELECT w.mtm FROM clearing.valuation w
              WHERE w.batch = q.batch AND w.attempt = q.value_attempt AND w.contract = c.contract) AS mtm,
            (SELECT sum(-p.amount)::bigint FROM accounts.ledger_account a JOIN accounts.posting p ON p.account = a.id
              WHERE a.contract = c.contract AND a.entity = c.entity AND a.code = '1100') AS posted
       FROM accounts.contract c
       JOIN LATERAL (SELECT quote FROM reference.listing WHERE listing = c.listing ORDER BY valid_from DESC LIMIT 1) l ON true
       LEFT JOIN LATERAL (SELECT price FROM accounts.mark WHERE listing = c.listing ORDER BY trade_date DESC LIMIT 1) m ON true
       LEFT JOIN LATERAL (
         SELECT b.batch, max(r.data_attempt) FILTER (WHERE r.name = 'process') AS process_attempt,
                max(r.data_attempt) FILTER (WHERE r.name = 'value') AS value_attempt
           FROM accounts.contract_version v JOIN clearing.batch b ON b.batch = v.batch
           JOIN clearing.step_run r ON r.batch = b.batch AND r.attempt = b.live_attempt
          WHERE v.contract = c.contract AND v.version = c.version GROUP BY b.batch) q ON true
      WHERE c.${column} = $1 ORDER BY c.contract LIMIT 1000`,
    [id],
  );
  const lot = (of: { lot: number; quantity: string; price: string }): LotFact => ({
    ...{ lot: of.lot, quantity: BigInt(of.quantity), price: BigInt(of.price) },
  });
  return rows.map(({ side, lots, states, ...row }) => ({
    ...{ ...row, sign: side === 'long' ? 1n : -1n, lots: lots.map(lot), states: states.map(lot) },
  }));
}

/**
 * What the batches booked into contracts, fill by fill. A trade is in the unit that its policy names, the unit in the
 * contract whose event it is; a bust or correction is where it was booked against, or else where its root is.
 */
const BOOKED = `
  WITH live AS (
    SELECT b.batch, b.market, b.clearing_date, b.seq, max(r.data_attempt) FILTER (WHERE r.name = 'analyse') AS analyse,
           max(r.data_attempt) FILTER (WHERE r.name = 'process') AS process
      FROM clearing.batch b JOIN clearing.step_run r ON r.batch = b.batch AND r.attempt = b.live_attempt
     WHERE b.kind = 'market' GROUP BY b.batch),
  events AS (
    SELECT e.contract, e.source, e.kind, e.batch, s.account, v.clearing_date,
           CASE WHEN e.kind IN ('open', 'increase') THEN
             count(*) FILTER (WHERE e.kind IN ('open', 'increase')) OVER (PARTITION BY e.contract ORDER BY v.clearing_date, v.seq, e.no)
           END::int AS opening
      FROM live v
      JOIN clearing.contract_event e ON e.batch = v.batch AND e.attempt = v.process
      JOIN clearing.contract_state s ON (s.batch, s.attempt, s.contract) = (e.batch, e.attempt, e.contract)
     WHERE e.contract = ANY ($1) AND e.kind IN ('open', 'increase', 'unwind')),
  trades AS (
    SELECT t.*, v.market,
           CASE t.policy WHEN 'fill' THEN 'fill ' || t.seq || '.' || t.k WHEN 'order' THEN 'order fill ' || t.order_id ELSE 'day' END
             || '|' || a.agreement || '|' || t.listing || '|' || v.clearing_date || '|'
             || CASE WHEN (t.side = 1) = (t.effect = 1) THEN 'long' ELSE 'short' END || '|'
             || CASE t.effect WHEN 1 THEN 'open' ELSE 'close' END AS unit
      FROM live v JOIN clearing.trade t ON t.batch = v.batch AND t.attempt = v.analyse
      JOIN accounts.business_account a ON a.account = t.account
     WHERE t.account IN (SELECT account FROM events)),
  booked AS (
    SELECT e.contract, e.kind AS event, e.opening, t.* FROM trades t
      JOIN events e ON e.batch = t.batch AND e.account = t.account
       AND (t.kind = 'fill' AND e.source = t.unit OR t.kind <> 'fill' AND e.source = 'offset ' || t.seq || '.' || t.k)
    UNION ALL
    SELECT e.contract, 'restate' AS event, e.opening, t.* FROM trades t
      JOIN trades o ON o.kind = 'fill' AND (o.market, o.seq, o.k, o.batch) = (t.market, t.ref_seq, t.ref_k, t.ref_batch)
      JOIN events e ON e.batch = o.batch AND e.account = o.account AND e.source = o.unit
     WHERE t.kind <> 'fill' AND NOT EXISTS (SELECT 1 FROM events x WHERE x.batch = t.batch AND x.source = 'offset ' || t.seq || '.' || t.k))
  SELECT b.contract, b.market, b.seq, b.k, b.order_id, b.kind, b.event, b.opening, b.delta, b.quantity, b.price, b.ref_seq, b.ref_k,
         f.delta AS fill_delta, f.price AS fill_price, f.quantity AS fill_quantity
    FROM booked b LEFT JOIN accounts.fill f ON (f.market, f.seq, f.k) = (b.market, b.seq, b.k)
   ORDER BY b.contract, b.market, b.seq, b.k LIMIT 10000`;

export async function bookedFills(db: Queryable, contracts: readonly bigint[]): Promise<BookedFill[]> {
  const { rows } = await db.query<Omit<BookedFill, 'lot'>>(BOOKED, [contracts]);
  const restated = new Set(rows.filter(({ event }) => event === 'restate').map(({ contract }) => contract));
  const lots = await restatedLots(db, [...restated]);
  return rows.map((row) => {
    const own = lots.get(row.contract);
    return { ...row, lot: row.opening === null ? null : own === undefined ? row.opening : (own[row.opening - 1] ?? null) };
  });
}

interface OpeningEvent {
  readonly contract: bigint;
  readonly kind: 'open' | 'increase' | 'restate';
  readonly source: string;
  readonly quantity: bigint;
  readonly fx_rate_set: bigint | null;
}

/** Lots by opening, in order: each opening makes the next lot, and one that is restated moves to a lot of a new number. */
async function restatedLots(db: Queryable, contracts: readonly bigint[]): Promise<Map<bigint, number[]>> {
  if (contracts.length === 0) return new Map();
  const { rows } = await db.query<OpeningEvent>(
    `SELECT e.contract, e.kind, e.source, e.quantity, e.fx_rate_set
       FROM clearing.batch b
       JOIN clearing.step_run r ON r.batch = b.batch AND r.attempt = b.live_attempt AND r.name = 'process'
       JOIN clearing.contract_event e ON e.batch = b.batch AND e.attempt = r.data_attempt
      WHERE e.contract = ANY ($1) AND e.kind IN ('open', 'increase', 'restate')
      ORDER BY e.contract, b.clearing_date, b.seq, e.no`,
    [contracts],
  );
  const lots = new Map<bigint, number[]>();
  for (const [contract, events] of Map.groupBy(rows, (row) => row.contract)) lots.set(contract, lotsAfter(events));
  return lots;
}

function lotsAfter(events: readonly OpeningEvent[]): number[] {
  const openings: { readonly event: OpeningEvent; quantity: bigint; lot: number }[] = [];
  let made = 0;
  for (const event of events) {
    if (event.kind !== 'restate') {
      openings.push({ event, quantity: event.quantity, lot: ++made });
      continue;
    }
    const { source, fx_rate_set: set, quantity } = event;
    const unit = openings.find(
      (each) => each.event.source === source && each.event.fx_rate_set === set && each.quantity + quantity >= 0n,
    );
    // A restated closing makes no lot.
    if (unit === undefined) continue;
    unit.quantity += quantity;
    if (unit.quantity > 0n) unit.lot = ++made;
  }
  return openings.map(({ lot }) => lot);
}

/** A booked fill with what it contributes to its contract's figure. */
export interface Share extends BookedFill {
  readonly amount: bigint | undefined;
}

/**
 * What each fill contributes. Quantity and notional: what it added. Cost: its part of the lot it made, by value, as far as
 * that lot is open; what closes, and what was busted or corrected since, contributes nothing.
 */
export function sharesOf(gauge: Gauge, contract: TracedContract, fills: readonly BookedFill[]): Share[] {
  if (gauge.measure !== 'cost')
    return fills.map((fill) => ({ ...fill, amount: gauge.of({ quantity: fill.delta, value: 0n }, contract) }));
  const changed = new Set(
    fills.flatMap(({ market, ref_seq, ref_k }) => (ref_seq === null ? [] : [`${market} ${ref_seq}.${ref_k}`])),
  );
  const weightOf = (fill: BookedFill): bigint =>
    fill.kind === 'bust' || changed.has(`${fill.market} ${fill.seq}.${fill.k}`) ? 0n : fill.quantity * fill.price;
  const parts = new Map<BookedFill, bigint>();
  for (const [number, made] of Map.groupBy(fills, (fill) => fill.lot)) {
    const lot = number === null ? undefined : contract.states.find((each) => each.lot === number);
    const weights = made.map(weightOf);
    if (lot === undefined || weights.every((weight) => weight === 0n)) continue;
    const shares = allocate(lot.quantity * lot.price, weights);
    for (const [i, fill] of made.entries()) parts.set(fill, contract.sign * (shares[i] as bigint));
  }
  return fills.map((fill) => ({ ...fill, amount: gauge.of({ quantity: 0n, value: parts.get(fill) ?? 0n }, contract) }));
}

const worthOf = (lots: readonly LotFact[]) => lots.reduce((sum, { quantity, price }) => sum + quantity * price, 0n);
const quantityOf = (lots: readonly LotFact[]) => lots.reduce((sum, { quantity }) => sum + quantity, 0n);

/** A client's contract: lots of record against the trades booked into it, the clearing room's lots, and the ledger. */
export function contractLevel(gauge: Gauge, contract: TracedContract, fills: readonly BookedFill[]): Worked {
  const { sign, lots, states } = contract;
  const amount = gauge.of({ quantity: sign * quantityOf(lots), value: sign * worthOf(lots) }, contract);
  const isMirror = contract.back_to_back_of !== null;
  const kept = gauge.of({ quantity: sign * quantityOf(states), value: sign * worthOf(states) }, contract);
  const shares = isMirror ? [] : sharesOf(gauge, contract, fills);
  return {
    ...{
      level: 'contract',
      id: String(contract.contract),
      label: contract.uti,
      path: `/contracts/${contract.contract}`,
      amount,
    },
    children: new Set(fills.map(({ market, order_id }) => `${market}-${order_id}`)).size,
    childrenSum: isMirror ? kept : sumOf(shares.map((share) => share.amount)),
    agrees:
      quantityOf(lots) === quantityOf(states) &&
      worthOf(lots) === worthOf(states) &&
      (isMirror || contract.mtm === null || contract.mtm === (contract.posted ?? 0n)),
  };
}

/** Orders of a contract, or of several: what was booked of each against the fills of record. */
export function orderLevels(gauge: Gauge, quoted: Quoted, shares: readonly Share[]): Worked[] {
  return [...Map.groupBy(shares, ({ market, order_id }) => `${market}-${order_id}`)].map(([id, own]) => {
    const [{ market, order_id }] = own as [Share];
    return {
      ...{ level: 'order', id, label: `${market} ${order_id}`, path: `/orders/${market}/${order_id}`, children: own.length },
      amount: sumOf(own.map(({ amount }) => amount)),
      childrenSum: sumOf(own.map((share) => recorded(gauge, quoted, share))),
      agrees: own.every(isSame),
    };
  });
}

/** A share as the fill of record has it: the same amount wherever trade and fill say the same. */
function recorded(gauge: Gauge, quoted: Quoted, share: Share): bigint | undefined {
  if (share.fill_delta === null) return undefined;
  if (gauge.measure === 'cost') return share.amount;
  return gauge.of({ quantity: share.fill_delta, value: 0n }, quoted);
}

const isSame = (share: BookedFill): boolean =>
  share.fill_delta === share.delta && share.fill_price === share.price && share.fill_quantity === share.quantity;
