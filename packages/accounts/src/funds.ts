import type { Queryable } from '@meridian/store';

/**
 * A sub account's cash in one currency, minor units, all from the books. `unrealisedLoss` is what the client would owe
 * on its contracts in this sub at the last marks (≥ 0; gains do not count), `openCalls` the master's unmet margin calls.
 */
export interface SubFunds {
  readonly currency: string;
  /** 2010 */
  readonly free: bigint;
  readonly pendingFree: bigint;
  /** 2011: granted to nodes. */
  readonly granted: bigint;
  readonly pendingGranted: bigint;
  readonly initialMargin: bigint;
  readonly variationMargin: bigint;
  readonly leaving: bigint;
  /** 1050: what the client owes the firm. */
  readonly owed: bigint;
  readonly unrealisedLoss: bigint;
  readonly openCalls: bigint;
}

/** 可用: what new orders may still be margined with. Money granted to nodes is available to trade; rounded nowhere. */
export function availableToTrade(f: SubFunds): bigint {
  return atLeastZero(f.free - f.pendingFree + f.granted - f.pendingGranted - f.unrealisedLoss - f.owed);
}

/**
 * 可取: what may leave now. Granted money has to come back first, an unrealised loss stays covered, and nothing leaves
 * past an open margin call.
 */
export function withdrawable(f: SubFunds): bigint {
  return atLeastZero(f.free - f.pendingFree - f.unrealisedLoss - f.owed - f.openCalls);
}

const atLeastZero = (amount: bigint): bigint => (amount > 0n ? amount : 0n);

interface FundsRow {
  readonly currency: string;
  readonly free: bigint;
  readonly pending_free: bigint;
  readonly granted: bigint;
  readonly pending_granted: bigint;
  readonly initial_margin: bigint;
  readonly variation_margin: bigint;
  readonly leaving: bigint;
  readonly owed: bigint;
  readonly loss: bigint;
  readonly calls: bigint;
}

const FUNDS = `
  WITH money AS (
    SELECT currency,
           -sum(posted) FILTER (WHERE code = '2010') AS free, sum(pending_debit) FILTER (WHERE code = '2010') AS pending_free,
           -sum(posted) FILTER (WHERE code = '2011') AS granted, sum(pending_debit) FILTER (WHERE code = '2011') AS pending_granted,
           -sum(posted) FILTER (WHERE code = '2012') AS initial_margin,
           -sum(posted) FILTER (WHERE code = '2013') AS variation_margin,
           -sum(posted) FILTER (WHERE code = '2014') AS leaving,
           sum(posted) FILTER (WHERE code = '1050') AS owed
      FROM accounts.ledger_account WHERE sub = $1 GROUP BY currency),
  loss AS (
    SELECT a.currency, greatest(sum(a.posted), 0) AS loss
      FROM accounts.contract c JOIN accounts.ledger_account a ON a.contract = c.contract AND a.entity = c.entity
     WHERE c.sub = $1 AND a.code = '1100' GROUP BY a.currency),
  calls AS (
    SELECT m.currency, sum(m.amount) AS calls
      FROM accounts.margin_call m JOIN accounts.sub_account s ON s.master = m.master
     WHERE s.sub = $1 AND m.state = 'raised' GROUP BY m.currency)
  SELECT m.currency, coalesce(free, 0)::bigint AS free, coalesce(pending_free, 0)::bigint AS pending_free,
         coalesce(granted, 0)::bigint AS granted, coalesce(pending_granted, 0)::bigint AS pending_granted,
         coalesce(initial_margin, 0)::bigint AS initial_margin, coalesce(variation_margin, 0)::bigint AS variation_margin,
         coalesce(leaving, 0)::bigint AS leaving, coalesce(owed, 0)::bigint AS owed,
         coalesce(loss, 0)::bigint AS loss, coalesce(calls, 0)::bigint AS calls
    FROM money m LEFT JOIN loss USING (currency) LEFT JOIN calls USING (currency)
   ORDER BY m.currency`;

/** Cash of a sub account by currency; currencies it never held are absent. */
export async function subFunds(db: Queryable, sub: number | bigint): Promise<SubFunds[]> {
  const { rows } = await db.query<FundsRow>(FUNDS, [BigInt(sub)]);
  return rows.map((r) => ({
    currency: r.currency,
    free: r.free,
    pendingFree: r.pending_free,
    granted: r.granted,
    pendingGranted: r.pending_granted,
    initialMargin: r.initial_margin,
    variationMargin: r.variation_margin,
    leaving: r.leaving,
    owed: r.owed,
    unrealisedLoss: r.loss,
    openCalls: r.calls,
  }));
}
