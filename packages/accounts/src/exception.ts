import type { CommandBodyOf } from './command.ts';
import type { Books } from './ledger.ts';
import { problem } from './problems.ts';

/** A person explains an exception; it stays on record with its explanation. */
export async function explainException(books: Books, body: CommandBodyOf<'explain-exception'>): Promise<void> {
  const { rowCount } = await books.tx.query(
    `UPDATE accounts.exception SET state = 'explained', explanation = $5
      WHERE market = $1 AND seq = $2 AND k = $3 AND kind = $4 AND state = 'open'`,
    [body.market, body.seq, body.k, body.kind, body.explanation],
  );
  if (rowCount === 0) throw problem('PARTY_UNKNOWN', { what: 'open exception', id: `${body.market} ${body.seq}.${body.k}` });
}
