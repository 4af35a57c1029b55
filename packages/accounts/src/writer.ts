import { canonicalJson, isProblem } from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';
import { type Database, type Parameter, type Rows, type Transaction, violatedConstraint } from '@meridian/store';
import { judgeTransfers, type SubAccount, type TransferBody, transferKeys } from './cash.ts';
import type { AccountCommand, Executed, Outcome } from './command.ts';
import { effectOf } from './effect.ts';
import {
  type AccountState,
  BEGIN_WRITE,
  type BeginRow,
  type Books,
  type Cause,
  type Counters,
  calling,
  type EarlierCommand,
  type JournalDraft,
  type Opened,
  openedBooks,
  type PostItem,
  prepareJournals,
} from './ledger.ts';
import { problem } from './problems.ts';

/**
 * The one writer of the books: a group of commands, one transaction, one commit. Each command succeeds or fails alone.
 */

/** Commands written in one transaction at most. */
export const GROUP_MAX = 1_024;

export interface Waiting {
  readonly command: AccountCommand;
  readonly body: string;
  readonly bodyHash: string;
  readonly events: readonly NumberedEvent[];
  readonly within: ((tx: Transaction) => Promise<void>) | undefined;
  readonly resolve: (executed: Executed) => void;
  readonly reject: (error: unknown) => void;
}

export type Answer = Executed | Error;

/** What never changes once committed: ids by key, sub accounts. Bounded; a full cache is emptied. */
export interface Cache {
  readonly accountIds: Map<string, bigint>;
  readonly subs: Map<number, SubAccount>;
}
const CACHE_MAX = 200_000;

/** Writes a group of commands; the answers are in its order. Fails as a whole only when the database does. */
export async function write(pool: Database, cache: Cache, group: readonly Waiting[]): Promise<Answer[]> {
  const ids = group.map(({ command }) => command.id);
  // Where transfers come first, their balances are read together with the lock.
  const keys = transferKeys(transfersAt(group, 0).map(bodyOf), cache.subs);
  const { answers, books } = await pool
    .transaction(
      async (tx, { rows }: Rows<BeginRow>) => {
        const opened = openedBooks(tx, cache.accountIds, rows);
        return { answers: await writeGroup(opened, cache, group), books: opened.books };
      },
      { first: { sql: BEGIN_WRITE, parameters: [ids, keys] } },
    )
    .catch((error: unknown) => {
      // Sub accounts opened in what did not commit must not be remembered.
      cache.subs.clear();
      throw error;
    });
  if (cache.accountIds.size > CACHE_MAX) cache.accountIds.clear();
  else for (const [key, id] of books.accountIds) cache.accountIds.set(key, id);
  if (cache.subs.size > CACHE_MAX) cache.subs.clear();
  return answers;
}

/** The transfers in a row from a place on. */
function transfersAt(group: readonly Waiting[], start: number): readonly Waiting[] {
  let end = start;
  while (group[end]?.command.kind === 'transfer') end++;
  return group.slice(start, end);
}

const bodyOf = ({ command }: Waiting): TransferBody => (command as Extract<AccountCommand, { kind: 'transfer' }>).body;

async function writeGroup(opened: Opened, cache: Cache, group: readonly Waiting[]): Promise<Answer[]> {
  const { books, earlier, balances } = opened;
  const answers: Answer[] = [];
  while (answers.length < group.length) {
    const place = answers.length;
    const transfers = transfersAt(group, place);
    const isLast = place + transfers.length === group.length;
    if (transfers.length > 0)
      answers.push(
        ...(await writeTransfers(books, cache, transfers, { earlier, balances: place === 0 ? balances : undefined, isLast })),
      );
    else answers.push(await writeOne(books, group[place] as Waiting, earlier, group.length === 1));
  }
  return answers;
}

function repeated(earlier: EarlierCommand, waiting: Waiting): Answer {
  return earlier.bodyHash === waiting.bodyHash
    ? { no: earlier.no, outcome: earlier.outcome, repeated: true }
    : problem('IDEMPOTENCY_CONFLICT', { id: waiting.command.id });
}

interface TransferSetting {
  readonly earlier: Map<string, EarlierCommand>;
  /** Of all accounts of known sub accounts, where nothing was written since they were read. */
  readonly balances: ReadonlyMap<string, AccountState> | undefined;
  /** Nothing comes after them in the transaction: they are committed in the same round trip. */
  readonly isLast: boolean;
}

/** Transfers in a row: judged in order in memory, written with their journals in one statement. */
async function writeTransfers(
  books: Books,
  cache: Cache,
  part: readonly Waiting[],
  { earlier, balances, isLast }: TransferSetting,
): Promise<Answer[]> {
  const fresh = [...new Map([...part].reverse().map((waiting) => [waiting.command.id, waiting])).values()]
    .reverse()
    .filter(({ command }) => !earlier.has(command.id));
  const judged = await judgeTransfers(books, fresh.map(bodyOf), cache.subs, balances);
  const refusals = new Map<string, Error>();
  const accepted: (PostItem & { readonly waiting: Waiting })[] = [];
  for (const [n, waiting] of fresh.entries()) {
    const draft = judged[n] as JournalDraft | Error;
    if (draft instanceof Error) refusals.set(waiting.command.id, draft);
    else accepted.push({ waiting, cause: causeOf(books, waiting), draft });
  }
  const answers = new Map<string, Executed>();
  if (accepted.length > 0) {
    const { journals, columns } = await prepareJournals(books, accepted);
    const rows = accepted.map(({ waiting, cause }, n) => ({ waiting, cause, outcome: { journals: [Number(journals[n])] } }));
    const values = [...commandColumns(rows), ...columns];
    await (isLast ? books.tx.last(APPEND_BOTH, values) : books.tx.query(APPEND_BOTH, values));
    for (const { waiting, cause, outcome } of rows) {
      answers.set(waiting.command.id, { no: cause.no, outcome, repeated: false });
      earlier.set(waiting.command.id, { no: cause.no, bodyHash: waiting.bodyHash, outcome });
    }
  }
  const first = new Set(accepted.map(({ waiting }) => waiting));
  return part.map((waiting) => {
    const { id } = waiting.command;
    if (first.has(waiting)) return answers.get(id) as Executed;
    const known = earlier.get(id);
    return known === undefined ? (refusals.get(id) as Error) : repeated(known, waiting);
  });
}

function causeOf(books: Books, { command, bodyHash }: Waiting): Cause {
  return { no: ++books.counters.command, kind: command.kind, at: command.at, bodyHash };
}

interface CommandRow {
  readonly waiting: Waiting;
  readonly cause: Cause;
  readonly outcome: Outcome;
}

function commandColumns(rows: readonly CommandRow[]): Parameter[] {
  return [
    rows.map(({ cause }) => cause.no),
    rows.map(({ waiting }) => waiting.command.id),
    rows.map(({ cause }) => cause.kind),
    rows.map(({ cause }) => cause.at),
    rows.map(({ waiting }) => waiting.body),
    rows.map(({ waiting }) => waiting.bodyHash),
    rows.map(({ waiting }) => waiting.command.maker),
    rows.map(({ waiting }) => waiting.command.checker ?? null),
    rows.map(({ outcome }) => canonicalJson(outcome)),
  ];
}

const APPEND_COMMANDS = calling('accounts.append_commands', 9);
const APPEND_BOTH = calling('accounts.append_commands_with_journals', 28);

/** Any other command; in company of others behind a savepoint, so that its refusal stays its own. */
async function writeOne(
  books: Books,
  waiting: Waiting,
  earlier: Map<string, EarlierCommand>,
  isAlone: boolean,
): Promise<Answer> {
  const known = earlier.get(waiting.command.id);
  if (known !== undefined) return repeated(known, waiting);
  const before: Counters = { ...books.counters };
  if (!isAlone) await books.tx.query('SAVEPOINT command');
  try {
    const cause = causeOf(books, waiting);
    const outcome = await effectOf(books, cause, waiting);
    await books.tx.query(APPEND_COMMANDS, commandColumns([{ waiting, cause, outcome }]));
    await waiting.within?.(books.tx);
    // Deferred checks speak now, so that what they find is this command's and not the whole commit's.
    await books.tx.query('SET CONSTRAINTS ALL IMMEDIATE');
    await books.tx.query('SET CONSTRAINTS ALL DEFERRED');
    earlier.set(waiting.command.id, { no: cause.no, bodyHash: waiting.bodyHash, outcome });
    return { no: cause.no, outcome, repeated: false };
  } catch (error) {
    const refusal = refusalOf(error);
    if (isAlone || isProblem(refusal, 'DATABASE_AWAY')) throw refusal;
    await books.tx.query('ROLLBACK TO SAVEPOINT command');
    Object.assign(books.counters, before);
    books.accountIds.clear();
    return refusal as Error;
  }
}

/** What the database's own guards found, in the words of the trade; anything else stays what it is. */
function refusalOf(error: unknown): unknown {
  if (isProblem(error)) return error;
  const constraint = violatedConstraint(error);
  if (constraint === 'ledger_account_floor') return problem('FLOOR_BROKEN', { what: 'an account' }, error);
  if (constraint === 'command_needs_checker' || constraint === 'command_four_eyes' || constraint === 'limit_four_eyes')
    return problem('FOUR_EYES', { kind: 'command' }, error);
  return error;
}
