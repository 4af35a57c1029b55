import { canonicalJson, invariant, isProblem } from '@meridian/base';
import type { NumberedEvent } from '@meridian/messages';
import { type Database, type Transaction, violatedConstraint } from '@meridian/store';
import { judgeTransfers, type SubAccount } from './cash.ts';
import type { AccountCommand, Executed, Outcome } from './command.ts';
import { effectOf } from './effect.ts';
import { type Books, type Cause, type Counters, type EarlierCommand, openBooks, postOf } from './ledger.ts';
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

export async function write(pool: Database, cache: Cache, group: readonly Waiting[]): Promise<Answer[]> {
  const { answers, books } = await pool
    .transaction(async (tx) => {
      const ids = group.map(({ command }) => command.id);
      const { earlier, ...opened } = await openBooks(tx, cache.accountIds, ids);
      return { answers: await writeGroup(opened, cache, group, earlier), books: opened };
    })
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

async function writeGroup(
  books: Books,
  cache: Cache,
  group: readonly Waiting[],
  earlier: Map<string, EarlierCommand>,
): Promise<Answer[]> {
  const answers: Answer[] = new Array(group.length);
  for (let i = 0; i < group.length; ) {
    let end = i;
    while (group[end]?.command.kind === 'transfer') end++;
    const size = Math.max(end - i, 1);
    const part = group.slice(i, i + size);
    const run = end > i ? writeTransfers : writeSingly;
    for (const [n, answer] of (await run(books, cache, part, earlier, group.length === 1)).entries()) answers[i + n] = answer;
    i += size;
  }
  return answers;
}

function repeated(earlier: EarlierCommand, waiting: Waiting): Answer {
  return earlier.bodyHash === waiting.bodyHash
    ? { no: earlier.no, outcome: earlier.outcome, repeated: true }
    : problem('IDEMPOTENCY_CONFLICT', { id: waiting.command.id });
}

/** Transfers in a row: judged in order in memory, written in one statement each for commands and journals. */
async function writeTransfers(
  books: Books,
  cache: Cache,
  part: readonly Waiting[],
  earlier: Map<string, EarlierCommand>,
): Promise<Answer[]> {
  const answers: Answer[] = new Array(part.length);
  const fresh: { readonly place: number; readonly waiting: Waiting }[] = [];
  const seen = new Set<string>();
  for (const [place, waiting] of part.entries()) {
    const { id } = waiting.command;
    const known = earlier.get(id);
    if (known !== undefined) answers[place] = repeated(known, waiting);
    else if (!seen.has(id)) fresh.push({ place, waiting });
    seen.add(id);
  }
  const bodies = fresh.map(({ waiting }) => (waiting.command as Extract<AccountCommand, { kind: 'transfer' }>).body);
  const judged = await judgeTransfers(books, bodies, cache.subs);
  const accepted: { place: number; waiting: Waiting; cause: Cause; draft: Parameters<typeof postOf>[1][number]['draft'] }[] =
    [];
  for (const [n, { place, waiting }] of fresh.entries()) {
    const draft = judged[n];
    if (draft === undefined || draft instanceof Error) answers[place] = draft as Error;
    else accepted.push({ place, waiting, cause: causeOf(books, waiting), draft });
  }
  const journals = await postOf(books, accepted);
  const rows = accepted.map(({ waiting, cause }, n) => ({ waiting, cause, outcome: { journals: [Number(journals[n])] } }));
  await appendCommands(books, rows);
  for (const [n, { place, waiting, cause }] of accepted.entries()) {
    const outcome = (rows[n] as { outcome: Outcome }).outcome;
    answers[place] = { no: cause.no, outcome, repeated: false };
    earlier.set(waiting.command.id, { no: cause.no, bodyHash: waiting.bodyHash, outcome });
  }
  for (const [place, waiting] of part.entries()) {
    if (answers[place] !== undefined) continue;
    const known = earlier.get(waiting.command.id);
    const first = fresh.find((f) => f.waiting.command.id === waiting.command.id)?.place as number;
    answers[place] = known === undefined ? (answers[first] as Answer) : repeated(known, waiting);
  }
  return answers;
}

function causeOf(books: Books, { command, bodyHash }: Waiting): Cause {
  return { no: ++books.counters.command, kind: command.kind, at: command.at, bodyHash };
}

async function appendCommands(
  books: Books,
  rows: readonly { readonly waiting: Waiting; readonly cause: Cause; readonly outcome: Outcome }[],
): Promise<void> {
  if (rows.length === 0) return;
  await books.tx.query('SELECT accounts.append_commands($1, $2, $3, $4, $5, $6, $7, $8, $9)', [
    rows.map(({ cause }) => cause.no),
    rows.map(({ waiting }) => waiting.command.id),
    rows.map(({ cause }) => cause.kind),
    rows.map(({ cause }) => cause.at),
    rows.map(({ waiting }) => waiting.body),
    rows.map(({ waiting }) => waiting.bodyHash),
    rows.map(({ waiting }) => waiting.command.maker),
    rows.map(({ waiting }) => waiting.command.checker ?? null),
    rows.map(({ outcome }) => canonicalJson(outcome)),
  ]);
}

/** Any other command; in company of others behind a savepoint, so that its refusal stays its own. */
async function writeSingly(
  books: Books,
  _cache: Cache,
  [waiting]: readonly Waiting[],
  earlier: Map<string, EarlierCommand>,
  isAlone: boolean,
): Promise<Answer[]> {
  invariant(waiting !== undefined, 'one command');
  const known = earlier.get(waiting.command.id);
  if (known !== undefined) return [repeated(known, waiting)];
  const before: Counters = { ...books.counters };
  if (!isAlone) await books.tx.query('SAVEPOINT command');
  try {
    const cause = causeOf(books, waiting);
    const outcome = await effectOf(books, cause, waiting);
    await appendCommands(books, [{ waiting, cause, outcome }]);
    await waiting.within?.(books.tx);
    // Deferred checks speak now, so that what they find is this command's and not the whole commit's.
    await books.tx.query('SET CONSTRAINTS ALL IMMEDIATE');
    await books.tx.query('SET CONSTRAINTS ALL DEFERRED');
    earlier.set(waiting.command.id, { no: cause.no, bodyHash: waiting.bodyHash, outcome });
    return [{ no: cause.no, outcome, repeated: false }];
  } catch (error) {
    const refusal = refusalOf(error);
    if (isAlone || isProblem(refusal, 'DATABASE_AWAY')) throw refusal;
    await books.tx.query('ROLLBACK TO SAVEPOINT command');
    Object.assign(books.counters, before);
    books.accountIds.clear();
    return [refusal as Error];
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
