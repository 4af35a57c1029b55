import type { AnswerOf } from '@meridian/api';
import type { Queryable } from '@meridian/store';
import { amountText, instantText } from './figure.ts';
import type { PageAsk } from './page.ts';
import type { Sight } from './sight.ts';

/** Cash that moved, or asked to move, between sub accounts, into the house and out of it. UA-4, UA-5 */

export interface TransferRow {
  readonly no: bigint;
  readonly id: string;
  readonly kind: string;
  readonly at: bigint;
  readonly from: string | null;
  readonly to: string | null;
  readonly currency: string;
  readonly amount: string;
  readonly maker: string;
  readonly checker: string | null;
  readonly result: string | null;
}

/**
 * Commands of record, newest first. A withdrawal waits until the bank has paid it or sent it back; an identified receipt
 * takes its amount from the command that received it.
 */
export async function transfers(db: Queryable, sight: Sight, master: string | undefined, ask: PageAsk): Promise<TransferRow[]> {
  const { rows } = await db.query<TransferRow>(
    `SELECT c.no, c.id, c.kind, c.at, x."from", x."to", x.currency, x.amount, c.maker, c.checker, e.result
       FROM accounts.command c
       LEFT JOIN accounts.command w ON c.kind = 'identify-receipt' AND w.id = c.body ->> 'receipt'
      CROSS JOIN LATERAL (SELECT
         CASE c.kind WHEN 'transfer' THEN c.body ->> 'from' WHEN 'withdraw' THEN c.body ->> 'sub' END AS "from",
         CASE c.kind WHEN 'transfer' THEN c.body ->> 'to' WHEN 'withdraw' THEN NULL ELSE c.body ->> 'sub' END AS "to",
         coalesce(c.body ->> 'currency', w.body ->> 'currency') AS currency,
         coalesce(c.body ->> 'amount', w.body ->> 'amount') AS amount) x
       JOIN accounts.sub_account s ON s.sub = coalesce(x."from", x."to")::bigint
       JOIN accounts.master_account m ON m.master = s.master
       LEFT JOIN LATERAL (SELECT o.body ->> 'result' AS result FROM accounts.command o
                           WHERE o.kind = 'withdraw-settle' AND o.body ->> 'withdrawal' = c.id) e ON c.kind = 'withdraw'
      WHERE c.kind IN ('transfer', 'withdraw', 'deposit', 'identify-receipt')
        AND ($1::bigint[] IS NULL OR m.client = ANY ($1)) AND m.entity = ANY ($2) AND ($3::bigint IS NULL OR m.master = $3)
        AND c.no <= $4 AND ($5::bigint IS NULL OR c.no < $5)
      ORDER BY c.no DESC LIMIT $6`,
    [sight.clients, sight.entities, master ?? null, ask.asOf, ask.after?.[0] ?? null, ask.limit],
  );
  return rows;
}

export function transferLine(row: TransferRow): AnswerOf<'GET /v1/transfers'>['items'][number] {
  const state = row.kind !== 'withdraw' || row.result === 'paid' ? 'done' : row.result === null ? 'waiting' : 'refused';
  return {
    ...{ id: row.id, kind: row.kind, at: instantText(row.at), from: row.from, to: row.to },
    ...{ currency: row.currency, amount: amountText(BigInt(row.amount), row.currency), state },
    ...{ maker: row.maker, checker: row.checker, approval: null },
  };
}
