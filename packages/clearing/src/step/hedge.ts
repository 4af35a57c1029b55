import type { DateText } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import type { StepScope } from '../step.ts';
import { type MarketContext, pinsOf } from './plan.ts';

/** A hedge execution of record that this batch books. */
export interface HedgeFill {
  readonly seq: bigint;
  readonly k: number;
  readonly route: bigint;
  readonly listing: bigint;
  readonly child: bigint;
  /** FIX 54 as it moves the inventory: a bust of a purchase sells. */
  readonly side: number;
  /** FIX 54 as it was executed. */
  readonly own_side: number;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly exec_id: string;
  readonly venue_order_id: string;
  readonly transact_at: bigint;
  readonly trade_date: DateText;
  /** A bust takes back an execution that an earlier batch booked; seq, k are the execution's, not the bust's. */
  readonly kind: 'fill' | 'bust';
}

/**
 * Executions between two cuts, `from` excluded and `to` included, whatever session they belong to: what is late is booked
 * by the next batch. Good is what no bust or correction up to the cut names, so that a batch gives the same however late
 * it runs. A bust or correction of an execution before `from` is a row of its own, which takes that back.
 */
export const hedgesBetween = (market: string, from: string, to: string) => `
  SELECT h.seq, h.k, h.route, h.listing, h.child, h.side, h.side AS own_side, h.quantity, h.price, h.exec_id, h.venue_order_id,
         h.transact_at, h.trade_date, 'fill' AS kind
    FROM accounts.hedge_fill h
   WHERE h.market = ${market} AND h.exec_type <> 'H' AND (h.seq, h.k) > (${from}) AND (h.seq, h.k) <= (${to})
     AND NOT EXISTS (SELECT 1 FROM accounts.hedge_fill b WHERE b.market = h.market AND b.exec_type <> 'F'
                        AND b.exec_ref_id = h.exec_id AND (b.seq, b.k) > (h.seq, h.k) AND (b.seq, b.k) <= (${to}))
   UNION ALL
  SELECT o.seq, o.k, o.route, o.listing, o.child, CASE o.side WHEN 1 THEN 2 ELSE 1 END, o.side, o.quantity, o.price, o.exec_id,
         o.venue_order_id, o.transact_at, o.trade_date, 'bust'
    FROM accounts.hedge_fill o
   WHERE o.market = ${market} AND o.exec_type <> 'H' AND (o.seq, o.k) <= (${from})
     AND EXISTS (SELECT 1 FROM accounts.hedge_fill b WHERE b.market = o.market AND b.exec_type <> 'F'
                    AND b.exec_ref_id = o.exec_id AND (b.seq, b.k) > (${from}) AND (b.seq, b.k) <= (${to}))
     AND NOT EXISTS (SELECT 1 FROM accounts.hedge_fill b WHERE b.market = o.market AND b.exec_type <> 'F'
                        AND b.exec_ref_id = o.exec_id AND (b.seq, b.k) > (o.seq, o.k) AND (b.seq, b.k) <= (${from}))`;

/** The executions of this batch, those taken back first, each in the order of the log. */
export async function hedgeFills(tx: Queryable, scope: StepScope<MarketContext>): Promise<HedgeFill[]> {
  const { fromSeq, fromK, cutSeq, cutK } = pinsOf(scope);
  const { rows } = await tx.query<HedgeFill>(`${hedgesBetween('$1', '$2, $3', '$4, $5')} ORDER BY kind, seq, k`, [
    ...[scope.key.market, fromSeq, fromK, cutSeq, cutK],
  ]);
  return rows;
}
