import type { Queryable } from '@meridian/store';
import { amountText } from './figure.ts';
import type { Sight } from './sight.ts';
import { type Gauge, sumOf, type Worked } from './trace-measure.ts';

/** A journal seen from the walk: what it debits in each currency, and what the batch meant it to. */
export interface TracedJournal {
  readonly id: bigint;
  readonly rule: string;
  readonly batch: string | null;
  readonly source_market: string | null;
  readonly source_seq: bigint | null;
  readonly contracts: readonly bigint[];
  /** Σ debits and Σ credits (as a positive figure) by currency, minor units. */
  readonly sums: readonly { readonly currency: string; readonly debit: string; readonly credit: string }[];
  readonly balanced: boolean;
}

const HEAD = `
  SELECT j.id, j.rule, j.batch, j.source_market, j.source_seq, x.contracts, y.sums, x.balanced
    FROM accounts.journal j
   CROSS JOIN LATERAL (
     SELECT coalesce(array_agg(DISTINCT a.contract) FILTER (WHERE a.contract IS NOT NULL), '{}') AS contracts,
            NOT EXISTS (SELECT 1 FROM accounts.posting q JOIN accounts.ledger_account l ON l.id = q.account
                         WHERE q.journal = j.id GROUP BY l.entity, q.currency HAVING sum(q.amount) <> 0) AS balanced
       FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account WHERE p.journal = j.id) x
   CROSS JOIN LATERAL (
     SELECT jsonb_agg(jsonb_build_object('currency', s.currency, 'debit', s.debit::text, 'credit', s.credit::text) ORDER BY s.currency) AS sums
       FROM (SELECT p.currency, coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0) AS debit,
                    coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0) AS credit
               FROM accounts.posting p WHERE p.journal = j.id GROUP BY p.currency) s) y`;

/** Shown whole or not at all: every line in an entity in view, and never to a client. */
const WHOLE_IN_SIGHT = `
  $1::bigint[] IS NULL AND NOT EXISTS (SELECT 1 FROM accounts.posting o JOIN accounts.ledger_account e ON e.id = o.account
                                        WHERE o.journal = j.id AND e.entity <> ALL ($2))`;

export async function tracedJournal(db: Queryable, sight: Sight, journal: string): Promise<TracedJournal | undefined> {
  const { rows } = await db.query<TracedJournal>(`${HEAD} WHERE j.id = $3 AND ${WHOLE_IN_SIGHT}`, [
    ...[sight.clients, sight.entities, journal],
  ]);
  return rows[0];
}

/** Journals on the accounts of contracts, or of one batch on them; the newest last, at most 200. */
export async function journalsOf(
  db: Queryable,
  sight: Sight,
  contracts: readonly bigint[],
  batch: string | null,
): Promise<TracedJournal[]> {
  const { rows } = await db.query<TracedJournal>(
    `${HEAD} WHERE j.id IN (SELECT p.journal FROM accounts.ledger_account a JOIN accounts.posting p ON p.account = a.id
                             WHERE a.contract = ANY ($3))
       AND ${WHOLE_IN_SIGHT} AND ($4::text IS NULL OR j.batch = $4) ORDER BY j.id LIMIT 200`,
    [sight.clients, sight.entities, contracts, batch],
  );
  return rows;
}

/**
 * Whether a batch's journal is what the batch's own lines come to, account by account: clearing's posting lines against
 * the postings. undefined where no batch wrote it.
 */
export async function isAsBooked(db: Queryable, { id, batch, rule }: TracedJournal): Promise<boolean | undefined> {
  if (batch === null) return undefined;
  const { rows } = await db.query<{ lines: number; wrong: number }>(
    `WITH line AS (
       SELECT l.* FROM clearing.batch b
         JOIN clearing.step_run r ON r.batch = b.batch AND r.attempt = b.live_attempt AND r.name = 'book'
         JOIN clearing.posting_line l ON l.batch = b.batch AND l.attempt = r.data_attempt
        WHERE b.batch = $2 AND l.rule = $3),
     meant AS (
       SELECT key, sum(amount) AS amount FROM (
         SELECT line.debit AS account, line.currency, line.amount FROM line
         UNION ALL SELECT line.credit, line.currency, -line.amount FROM line) s
        CROSS JOIN LATERAL (SELECT concat_ws('/', s.account ->> 'entity', s.account ->> 'code', coalesce(s.account ->> 'pool', ''),
              coalesce(s.account ->> 'sub', ''), coalesce(s.account ->> 'contract', ''), coalesce(s.account ->> 'counterparty', ''),
              coalesce(s.account ->> 'listing', ''), s.currency) AS key) k GROUP BY key HAVING sum(amount) <> 0),
     entered AS (
       SELECT a.key, sum(p.amount) AS amount FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
        WHERE p.journal = $1 GROUP BY a.key)
     SELECT (SELECT count(*)::int FROM line) AS lines, count(*) FILTER (WHERE m.amount IS DISTINCT FROM e.amount)::int AS wrong
       FROM meant m FULL JOIN entered e ON e.key = m.key`,
    [id, batch, rule],
  );
  const { lines = 0, wrong = 0 } = rows[0] ?? {};
  return lines === 0 ? undefined : wrong === 0;
}

/** Its debits against its credits, per entity and currency, and against the batch's lines. Amounts are the money gauge's. */
export function journalLevel(gauge: Gauge, journal: TracedJournal, asBooked: boolean | undefined): Worked {
  return {
    ...journalRow(journal),
    amount: sumOf(journal.sums.map(({ currency, debit }) => gauge.money(BigInt(debit), currency))),
    childrenSum: sumOf(journal.sums.map(({ currency, credit }) => gauge.money(BigInt(credit), currency))),
    agrees: journal.balanced && asBooked !== false,
  };
}

/** A journal below a contract or a fill: money of the ledger, no part of the figure that is walked. */
export function journalRow(journal: TracedJournal): Worked {
  const money = journal.sums.map(({ currency, debit }) => `${amountText(BigInt(debit), currency)} ${currency}`).join(', ');
  return {
    ...{ level: 'journal', id: String(journal.id), label: `${journal.rule} ${money}`, path: `/ledger/${journal.id}` },
    ...{ amount: undefined, children: journal.contracts.length, childrenSum: undefined, agrees: journal.balanced },
  };
}
