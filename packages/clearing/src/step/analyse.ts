import { declareProblems } from '@meridian/base';
import type { Transaction } from '@meridian/store';
import type { BrokerFill } from '../broker-file.ts';
import { putRows, type Row, rowsOf } from '../dataset.ts';
import { type BookingPolicy, datedReference, type Rates, ratesOf } from '../rules.ts';
import { type BatchFault, hashOf, type Step, type StepScope } from '../step.ts';
import { type HedgeFill, hedgeFills } from './hedge.ts';
import { type MarketContext, pinsOf, placeOf } from './plan.ts';

declareProblems({
  TRADE_UNHEDGED: {
    status: 409,
    title: { zh: '客户成交无对冲', en: 'Client fill without hedge' },
    detail: { zh: '成交 {value} 没有对应的对冲成交', en: 'Fill {value} has no hedge fill behind it' },
    remedy: { zh: '由交易台说明或补做对冲', en: 'Have the desk explain it or hedge it' },
  },
  HEDGE_RESIDUAL: {
    status: 409,
    title: { zh: '对冲数量与客户数量不符', en: 'Hedge differs from client quantity' },
    detail: {
      zh: '标的 {value}：客户净增 {client}，对冲净增 {hedge}',
      en: 'Listing {value}: clients added {client}, the hedge added {hedge}',
    },
    remedy: { zh: '由交易台说明差额', en: 'Have the desk explain the difference' },
  },
});

/** A client fill of record that this batch books, with what it will be booked at. */
export interface Trade {
  readonly seq: bigint;
  readonly k: number;
  readonly at: bigint;
  readonly order_id: bigint;
  readonly account: bigint;
  readonly listing: bigint;
  readonly side: number;
  readonly effect: number;
  readonly delta: bigint;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly hold: bigint;
  readonly rate_set: bigint;
  readonly fx_rate: bigint;
  readonly hedge_seq: bigint | null;
  readonly hedge_k: number | null;
  readonly exec_id: string | null;
  readonly policy: BookingPolicy;
  /** A bust or correction of a fill that an earlier batch booked; one of a provisional fill is over before any batch. */
  readonly kind: 'fill' | 'bust' | 'correction';
  readonly ref_batch: string | null;
  readonly ref_seq: bigint | null;
  readonly ref_k: number | null;
  readonly ref_quantity: bigint | null;
  readonly ref_price: bigint | null;
}

interface ClientFill extends Omit<Trade, 'fx_rate' | 'exec_id' | 'policy' | 'kind'> {
  readonly exec_type: 'F' | 'G' | 'H';
  readonly settlement_currency: string;
  readonly agreement_kind: string;
}

/**
 * Provisional fills up to the cut, whatever session they belong to: a late fill or bust is booked by the next batch. A
 * row's `delta` is what booking it adds: busts and corrections of booked fills carry the difference, which is nothing
 * where only the price is corrected.
 */
const CLIENT_FILLS = `SELECT f.seq, f.k, f.at, f.order_id, f.account, f.listing, f.side, f.effect, f.delta,
    f.quantity, f.price, f.hold, f.rate_set, f.hedge_seq, f.hedge_k, f.exec_type, b.settlement_currency,
    a.kind AS agreement_kind, r.batch AS ref_batch, r.seq AS ref_seq, r.k AS ref_k, r.quantity AS ref_quantity,
    r.price AS ref_price
  FROM accounts.fill f
  JOIN accounts.business_account b ON b.account = f.account
  JOIN accounts.agreement a ON a.agreement = b.agreement
  LEFT JOIN accounts.fill r ON (r.market, r.seq, r.k) = (f.market, f.ref_seq, f.ref_k) AND r.state = 'booked'
 WHERE f.market = $1 AND f.state = 'provisional' AND (f.seq, f.k) <= ($2, $3)
 ORDER BY f.seq, f.k`;

/** Links client fills, orders, hedge fills and broker rows; writes the edges of the data-flow graph. CL-3 */
export const analyse: Step<MarketContext> = {
  name: 'analyse',
  async run(tx, scope) {
    const pins = pinsOf(scope);
    const { market } = scope.key;
    const { rows: fills } = await tx.query<ClientFill>(CLIENT_FILLS, [market, pins.cutSeq, pins.cutK]);
    const hedges = await hedgeFills(tx, scope);
    const brokers = await rowsOf<BrokerFill>(tx, 'broker_fill', placeOf(scope, 'import'), 'line');
    const trades = await tradesOf(tx, scope, fills, hedges);
    const hash = await putRows(tx, 'trade', scope, trades as unknown as Row[]);
    const edges = edgesOf(market, pins.file, trades, hedges, brokers);
    await putRows(tx, 'data_flow', scope, edges);
    const faults = [...unhedged(trades), ...residuals(trades, hedges)];
    return {
      outputHash: hashOf([hash, edges]),
      rowsIn: fills.length + hedges.length + brokers.length,
      rowsOut: trades.length + edges.length,
      summary: { trades: trades.length, orders: new Set(trades.map((t) => t.order_id)).size, edges: edges.length },
      faults,
    };
  },
};

async function tradesOf(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  fills: readonly ClientFill[],
  hedges: readonly HedgeFill[],
): Promise<Trade[]> {
  const reference = await datedReference(tx, scope.key.clearingDate as never);
  const execOf = new Map(hedges.map((hedge) => [`${hedge.seq}.${hedge.k}`, hedge.exec_id]));
  const rates = new Map<bigint, Rates>();
  const policies = scope.context.facts.rules.bookingPolicy;
  const trades: Trade[] = [];
  for (const { exec_type, settlement_currency, agreement_kind, ...fill } of fills) {
    const { currency } = reference.listing(fill.listing).terms;
    const isSame = currency === settlement_currency;
    if (!isSame && !rates.has(fill.rate_set)) rates.set(fill.rate_set, await ratesOf(tx, fill.rate_set));
    const fxRate = isSame ? 10_000_000_000n : (rates.get(fill.rate_set) as Rates).rate(currency, settlement_currency);
    trades.push({
      ...fill,
      fx_rate: fxRate,
      exec_id: fill.hedge_seq === null ? null : (execOf.get(`${fill.hedge_seq}.${fill.hedge_k}`) ?? null),
      kind: fill.ref_batch === null ? 'fill' : exec_type === 'H' ? 'bust' : 'correction',
      policy: policies[agreement_kind] ?? (policies['*'] as BookingPolicy),
    });
  }
  return trades;
}

function edgesOf(
  market: string,
  file: string,
  trades: readonly Trade[],
  hedges: readonly HedgeFill[],
  brokers: readonly BrokerFill[],
): Row[] {
  const edges = new Map<string, Row>();
  const edge = (from_kind: string, from_ref: string, to_kind: string, to_ref: string) =>
    edges.set([from_kind, from_ref, to_kind, to_ref].join('\n'), { from_kind, from_ref, to_kind, to_ref });
  for (const trade of trades) {
    const fill = `${market} ${trade.seq}.${trade.k}`;
    edge('order', `${market} ${trade.order_id}`, 'client-fill', fill);
    if (trade.hedge_seq !== null) edge('hedge-fill', `${market} ${trade.hedge_seq}.${trade.hedge_k}`, 'client-fill', fill);
  }
  const lineOf = new Map(brokers.map((broker) => [broker.exec_id, broker.line]));
  for (const hedge of hedges) {
    const line = lineOf.get(hedge.exec_id);
    if (line !== undefined) edge('broker-file', `${file}:${line}`, 'hedge-fill', `${market} ${hedge.seq}.${hedge.k}`);
  }
  return [...edges.values()];
}

function unhedged(trades: readonly Trade[]): BatchFault[] {
  return trades
    .filter((trade) => trade.exec_id === null && trade.hedge_seq === null)
    .map((trade) => {
      const value = `${trade.seq}.${trade.k}`;
      return { rule: 'TRADE_UNHEDGED', severity: 'warning', field: 'hedge', value, params: { value } };
    });
}

function residuals(trades: readonly Trade[], hedges: readonly HedgeFill[]): BatchFault[] {
  const sums = new Map<bigint, { client: bigint; hedge: bigint }>();
  const of = (listing: bigint) => {
    const sum = sums.get(listing) ?? { client: 0n, hedge: 0n };
    sums.set(listing, sum);
    return sum;
  };
  for (const trade of trades) of(trade.listing).client += trade.delta;
  for (const hedge of hedges) of(hedge.listing).hedge += hedge.side === 1 ? hedge.quantity : -hedge.quantity;
  return [...sums]
    .filter(([, sum]) => sum.client !== sum.hedge)
    .map(([listing, sum]) => {
      const value = String(listing);
      return { rule: 'HEDGE_RESIDUAL', severity: 'warning', field: 'quantity', value, params: { value, ...sum } };
    });
}
