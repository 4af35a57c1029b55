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
  /** Of a request that the books have not got yet. */
  readonly request: 'waiting' | 'approved' | null;
  readonly approval: string | null;
}

/** Requests stand before every command of record. */
const REQUESTS_FROM = 2n ** 62n;

/**
 * Commands of record, newest first. A withdrawal waits until the bank has paid it or sent it back; an identified receipt
 * takes its amount from the command that received it. Withdrawals that wait for a second person are no commands yet: they
 * stand before all others, out of the approvals inbox. UA-4, DS-10
 */
export async function transfers(db: Queryable, sight: Sight, master: string | undefined, ask: PageAsk): Promise<TransferRow[]> {
  const { rows } = await db.query<TransferRow>(
    `SELECT * FROM (
     SELECT c.no, c.id, c.kind, c.at, x."from", x."to", x.currency, x.amount, c.maker, c.checker, e.result, NULL AS request, NULL AS approval
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
        AND c.no <= $4
     UNION ALL
     SELECT $7::bigint + a.no, a.id::text, 'withdraw',
            (extract(epoch FROM coalesce((a.before ->> 'askedAt')::timestamptz, a.made_at)) * 1000000)::bigint,
            a.target, NULL, a.payload ->> 'currency', a.payload ->> 'amount', a.maker, NULL, NULL, a.state, a.id::text
       FROM security.approval a JOIN accounts.sub_account s ON s.sub::text = a.target
       JOIN accounts.master_account m ON m.master = s.master
      WHERE a.kind = 'withdrawal' AND a.state IN ('waiting', 'approved') AND a.expires_at > clock_timestamp()
        AND ($1::bigint[] IS NULL OR m.client = ANY ($1)) AND m.entity = ANY ($2) AND ($3::bigint IS NULL OR m.master = $3)
     ) x WHERE $5::bigint IS NULL OR no < $5 ORDER BY no DESC LIMIT $6`,
    [sight.clients, sight.entities, master ?? null, ask.asOf, ask.after?.[0] ?? null, ask.limit, REQUESTS_FROM],
  );
  return rows;
}

export function transferLine(row: TransferRow): AnswerOf<'GET /v1/transfers'>['items'][number] {
  const booked = row.kind !== 'withdraw' || row.result === 'paid' ? 'done' : row.result === null ? 'waiting' : 'refused';
  return {
    ...{ id: row.id, kind: row.kind, at: instantText(row.at), from: row.from, to: row.to },
    ...{ currency: row.currency, amount: amountText(BigInt(row.amount), row.currency) },
    state: row.request === 'waiting' ? 'awaiting-approval' : booked,
    ...{ maker: row.maker, checker: row.checker, approval: row.approval },
  };
}
