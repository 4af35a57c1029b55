import type { AccountKey, CommandBodyOf } from './command.ts';
import { type Books, type Cause, type JournalLine, post } from './ledger.ts';
import { problem } from './problems.ts';

interface Line {
  readonly entity: bigint;
  readonly code: string;
  readonly pool: string | null;
  readonly sub: bigint | null;
  readonly contract: bigint | null;
  readonly counterparty: bigint | null;
  readonly listing: bigint | null;
  readonly currency: string;
  readonly amount: bigint;
}

const LEASE_RULES = ['lease-grant', 'lease-return', 'booking-release'];

/** Corrects a journal by its mirror image (红字冲销). Once, and never of a reversal. Four eyes. */
export async function reverseJournal(books: Books, cause: Cause, body: CommandBodyOf<'reverse-journal'>) {
  const refuse = (reason: string) => problem('JOURNAL_REFUSED', { journal: body.journal, reason });
  const { rows } = await books.tx.query<{ rule: string; reverses: bigint | null; reversed: boolean }>(
    `SELECT j.rule, j.reverses, EXISTS (SELECT 1 FROM accounts.journal r WHERE r.reverses = j.id) AS reversed
       FROM accounts.journal j WHERE j.id = $1`,
    [body.journal],
  );
  const [journal] = rows;
  if (journal === undefined) throw refuse('it does not exist');
  if (journal.reversed) throw refuse('it has been reversed');
  if (journal.reverses !== null) throw refuse('it is a reversal itself');
  if (LEASE_RULES.includes(journal.rule)) throw refuse('it follows the counters of a lease, which only rise');
  const { rows: lines } = await books.tx.query<Line>(
    `SELECT a.entity, a.code, a.pool, a.sub, a.contract, a.counterparty, a.listing, p.currency, p.amount
       FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
      WHERE p.journal = $1 ORDER BY p.amount DESC, p.line`,
    [body.journal],
  );
  const draft = { rule: 'reversal', businessDate: body.businessDate, reverses: BigInt(body.journal) } as const;
  return { journals: await post(books, cause, [{ ...draft, lines: lines.map(mirrored) }]) };
}

function mirrored(line: Line): JournalLine {
  const key: AccountKey = { entity: Number(line.entity), code: line.code };
  if (line.pool !== null) key.pool = line.pool;
  for (const name of ['sub', 'contract', 'counterparty', 'listing'] as const)
    if (line[name] !== null) key[name] = Number(line[name]);
  return { key, currency: line.currency, amount: -line.amount };
}
