import type { CommandBodyOf } from './command.ts';
import type { Books, Cause } from './ledger.ts';
import { problem } from './problems.ts';

/** Margin calls (追加保证金通知): a register beside the ledger; money moves by deposits. The due time comes with the call. */

export async function raiseCall(books: Books, cause: Cause, body: CommandBodyOf<'raise-margin-call'>): Promise<void> {
  const refuse = (reason: string) => problem('MARGIN_CALL_REFUSED', { call: body.call, reason });
  if (body.dueAt <= cause.at) throw refuse('it would be due before it is raised');
  const { rowCount } = await books.tx.query(
    `INSERT INTO accounts.margin_call (id, client, master, currency, amount, raised_at, due_at, state, equity, requirement, cause)
     SELECT $1, m.client, m.master, $3, $4, $5, $6, 'raised', $7, $8, $9::jsonb
       FROM accounts.master_account m WHERE m.client = $2
     ON CONFLICT (id) DO NOTHING`,
    [
      ...[body.call, body.client, body.currency, body.amount, cause.at, body.dueAt, body.equity, body.requirement],
      { json: body.cause },
    ],
  );
  if (rowCount === 0) throw refuse('the client has no master account, or the call exists');
}

interface CallRow {
  readonly master: bigint;
  readonly currency: string;
  readonly amount: bigint;
  readonly raised_at: bigint;
  readonly due_at: bigint;
  readonly state: string;
}

async function openCall(books: Books, id: string): Promise<CallRow> {
  const { rows } = await books.tx.query<CallRow>('SELECT * FROM accounts.margin_call WHERE id = $1', [id]);
  if (rows[0]?.state !== 'raised') throw problem('MARGIN_CALL_REFUSED', { call: id, reason: 'it is not open' });
  return rows[0];
}

/** `paid` is checked: deposits into the master's sub accounts since the call cover it. */
export async function meetCall(books: Books, cause: Cause, body: CommandBodyOf<'meet-margin-call'>): Promise<void> {
  const call = await openCall(books, body.call);
  if (body.by === 'paid') {
    const { rows } = await books.tx.query<{ paid: bigint }>(
      `SELECT coalesce(-sum(p.amount), 0)::bigint AS paid
         FROM accounts.journal j JOIN accounts.posting p ON p.journal = j.id
         JOIN accounts.ledger_account a ON a.id = p.account JOIN accounts.sub_account s ON s.sub = a.sub
        WHERE j.rule = 'deposit' AND j.at >= $1 AND s.master = $2 AND a.code = '2010' AND a.currency = $3`,
      [call.raised_at, call.master, call.currency],
    );
    const paid = rows[0]?.paid ?? 0n;
    if (paid < call.amount)
      throw problem('MARGIN_CALL_REFUSED', {
        call: body.call,
        reason: `${call.amount - paid} ${call.currency} is still missing`,
      });
  }
  await endCall(books, cause, body.call, 'met');
}

/** @throws Problem MARGIN_CALL_REFUSED before the deadline */
export async function breachCall(books: Books, cause: Cause, body: CommandBodyOf<'breach-margin-call'>): Promise<void> {
  const call = await openCall(books, body.call);
  if (BigInt(cause.at) < call.due_at) throw problem('MARGIN_CALL_REFUSED', { call: body.call, reason: 'it is not due yet' });
  await endCall(books, cause, body.call, 'breached');
}

async function endCall(books: Books, cause: Cause, id: string, state: 'met' | 'breached'): Promise<void> {
  await books.tx.query('UPDATE accounts.margin_call SET state = $2, ended_at = $3 WHERE id = $1', [id, state, cause.at]);
}
