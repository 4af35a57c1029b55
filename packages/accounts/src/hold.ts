import { invariant } from '@meridian/base';
import type { Parameter } from '@meridian/store';
import { accountId, type Books, type Cause, type JournalLine, post, resolveAccounts } from './ledger.ts';
import type { PostingRuleName } from './posting-rule.ts';
import { problem } from './problems.ts';

/**
 * Two-phase entries (两阶段记账). A pending hold reserves its amount on both sides and posts nothing; it is posted, in
 * part or whole with the rest falling, or voided — once. The first step is the one that can fail: what is pending
 * already counts against the floor, so posting cannot break it.
 */
export interface HoldDraft {
  readonly rule: PostingRuleName;
  readonly lines: readonly [debit: JournalLine, credit: JournalLine];
  readonly source?: { readonly market: string; readonly seq: number; readonly k: number };
}

export interface Hold {
  readonly id: bigint;
  readonly rule: PostingRuleName;
  readonly debitAccount: bigint;
  readonly creditAccount: bigint;
  readonly currency: string;
  readonly amount: bigint;
}

/** Makes holds pending. Floors are checked by the database at once. */
export async function placeHolds(books: Books, cause: Cause, drafts: readonly HoldDraft[]): Promise<bigint[]> {
  if (drafts.length === 0) return [];
  await resolveAccounts(
    books,
    drafts.flatMap(({ lines }) => lines),
  );
  const columns: Parameter[][] = Array.from({ length: 10 }, () => []);
  const placed: bigint[] = [];
  for (const { rule, lines, source } of drafts) {
    const id = ++books.counters.hold;
    placed.push(id);
    const [debit, credit] = lines.map(({ key, currency }) => accountId(books, key, currency));
    const where = source === undefined ? [null, null, null] : [source.market, source.seq, source.k];
    const row = [id, rule, debit, credit, lines[0].currency, lines[0].amount, ...where, cause.no];
    for (const [i, value] of row.entries()) columns[i]?.push(value as Parameter);
  }
  await books.tx.query(
    `INSERT INTO accounts.hold (id, rule, debit_account, credit_account, currency, amount, source_market,
                                source_seq, source_k, created_no)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[],
                          $8::bigint[], $9::integer[], $10::bigint[])`,
    columns,
  );
  await movePending(books, columns[2] as bigint[], columns[3] as bigint[], columns[5] as bigint[], 1n);
  return placed;
}

async function movePending(
  books: Books,
  debits: readonly bigint[],
  credits: readonly bigint[],
  amounts: readonly bigint[],
  sign: 1n | -1n,
): Promise<void> {
  await books.tx.query(
    `UPDATE accounts.ledger_account a SET pending_debit = a.pending_debit + d.debit, pending_credit = a.pending_credit + d.credit
       FROM (SELECT e.account, sum(e.debit)::bigint AS debit, sum(e.credit)::bigint AS credit
               FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS e (account, debit, credit) GROUP BY e.account) d
      WHERE a.id = d.account`,
    [
      [...debits, ...credits],
      [...amounts.map((amount) => amount * sign), ...amounts.map(() => 0n)],
      [...amounts.map(() => 0n), ...amounts.map((amount) => amount * sign)],
    ],
  );
}

interface HoldRow {
  readonly id: bigint;
  readonly rule: PostingRuleName;
  readonly debit_account: bigint;
  readonly credit_account: bigint;
  readonly currency: string;
  readonly amount: bigint;
}

const asHold = (row: HoldRow): Hold => ({
  id: row.id,
  rule: row.rule,
  debitAccount: row.debit_account,
  creditAccount: row.credit_account,
  currency: row.currency,
  amount: row.amount,
});

/** Ends pending holds without posting. */
export async function voidHolds(books: Books, cause: Cause, holds: readonly Hold[]): Promise<void> {
  if (holds.length === 0) return;
  const { rowCount } = await books.tx.query(
    `UPDATE accounts.hold SET state = 'voided', ended_no = $2 WHERE id = ANY ($1::bigint[]) AND state = 'pending'`,
    [holds.map(({ id }) => id), cause.no],
  );
  invariant(rowCount === holds.length, 'a hold is ended once');
  await release(books, holds);
}

function release(books: Books, holds: readonly Hold[]): Promise<void> {
  return movePending(
    books,
    holds.map((h) => h.debitAccount),
    holds.map((h) => h.creditAccount),
    holds.map((h) => h.amount),
    -1n,
  );
}

/** Posts a pending hold, `amount` of it (all by default); the rest falls. @throws Problem POSTING_REFUSED */
export async function postHold(
  books: Books,
  cause: Cause,
  hold: Hold,
  lines: readonly [JournalLine, JournalLine],
  businessDate: string,
): Promise<bigint> {
  const amount = lines[0].amount;
  if (amount <= 0n || amount > hold.amount)
    throw problem('POSTING_REFUSED', { rule: hold.rule, reason: `posts 1 to ${hold.amount}, not ${amount}` });
  await release(books, [hold]);
  const [journal] = await post(books, cause, [{ rule: hold.rule, businessDate, lines }]);
  const { rowCount } = await books.tx.query(
    `UPDATE accounts.hold SET state = 'posted', ended_no = $2, posted_amount = $3, journal = $4
      WHERE id = $1 AND state = 'pending'`,
    [hold.id, cause.no, amount, journal as bigint],
  );
  invariant(rowCount === 1, 'a hold is ended once');
  return journal as bigint;
}

/** Pending holds of fills, by (market, seq, k). */
export async function pendingHoldsOf(
  books: Books,
  fills: readonly { readonly market: string; readonly seq: number; readonly k: number }[],
): Promise<Hold[]> {
  const { rows } = await books.tx.query<HoldRow>(
    `SELECT h.id, h.rule, h.debit_account, h.credit_account, h.currency, h.amount FROM accounts.hold h
       JOIN unnest($1::text[], $2::bigint[], $3::integer[]) AS f (market, seq, k)
         ON (h.source_market, h.source_seq, h.source_k) = (f.market, f.seq, f.k)
      WHERE h.state = 'pending' ORDER BY h.id`,
    [fills.map((f) => f.market), fills.map((f) => f.seq), fills.map((f) => f.k)],
  );
  return rows.map(asHold);
}
