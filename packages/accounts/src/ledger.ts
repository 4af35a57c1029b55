import { createHash } from 'node:crypto';
import { type Instant, invariant } from '@meridian/base';
import type { NamedStatement, Parameter, Queryable, Transaction } from '@meridian/store';
import { accountKeyText } from './account-key.ts';
import { chartRow } from './chart.ts';
import type { AccountKey, Outcome } from './command.ts';
import { POSTING_RULES, type PostingRuleName } from './posting-rule.ts';
import { problem } from './problems.ts';

/** One line of a journal: debit +, credit −, minor units. */
export interface JournalLine {
  readonly key: AccountKey;
  readonly currency: string;
  readonly amount: bigint;
}

export interface JournalDraft {
  readonly rule: PostingRuleName | 'reversal';
  readonly businessDate: string;
  readonly market?: string;
  readonly batch?: string;
  readonly source?: { readonly market: string; readonly seq: number; readonly k: number };
  readonly reverses?: bigint;
  readonly lines: readonly JournalLine[];
}

/** The two lines of a rule. @throws Problem POSTING_REFUSED when the codes are not the rule's. */
export function entry(
  rule: PostingRuleName,
  debit: AccountKey,
  credit: AccountKey,
  currency: string,
  amount: bigint,
): readonly [JournalLine, JournalLine] {
  const { debit: dr, credit: cr, bothWays } = POSTING_RULES[rule];
  const isStraight = debit.code === dr && credit.code === cr;
  if (!isStraight && !(bothWays && debit.code === cr && credit.code === dr))
    throw problem('POSTING_REFUSED', { rule, reason: `Dr ${debit.code} / Cr ${credit.code} is not its pair` });
  if (amount <= 0n) throw problem('POSTING_REFUSED', { rule, reason: 'an entry has a positive amount' });
  return [
    { key: debit, currency, amount },
    { key: credit, currency, amount: -amount },
  ];
}

/** The command whose effect is being written. */
export interface Cause {
  readonly no: bigint;
  readonly kind: string;
  readonly at: Instant;
  readonly bodyHash: string;
}

/** Last numbers given out. A command that is rolled back takes its numbers back. */
export interface Counters {
  command: bigint;
  journal: bigint;
  journalHash: string;
  ledgerAccount: bigint;
  hold: bigint;
  nodeMessage: bigint;
}

/** One transaction's view of the books: where they stand and what its commands wrote. One writer at a time. */
export interface Books {
  readonly tx: Transaction;
  readonly counters: Counters;
  /** Ids of ledger accounts by key text: those read or opened in this transaction, and those known from earlier ones. */
  readonly accountIds: Map<string, bigint>;
  readonly knownIds: ReadonlyMap<string, bigint>;
}

/** A command that has been executed, with its first answer. */
export interface EarlierCommand {
  readonly no: bigint;
  readonly bodyHash: string;
  readonly outcome: Outcome;
}

export interface Opened {
  readonly books: Books;
  readonly earlier: Map<string, EarlierCommand>;
  /** Of the accounts named, before anything is written. */
  readonly balances: Map<string, AccountState>;
}

/** Takes the books' lock for the rest of the transaction, once per transaction. Parameters: command ids, account keys. */
export const BEGIN_WRITE: NamedStatement = { name: 'accounts.begin_write', sql: 'SELECT * FROM accounts.begin_write($1, $2)' };

/** What {@link BEGIN_WRITE} returns. */
export interface BeginRow {
  readonly command_no: bigint;
  readonly journal: bigint;
  readonly journal_hash: string;
  readonly ledger_account: bigint;
  readonly hold: bigint;
  readonly node_message: bigint;
  readonly earlier: { id: string; no: string; bodyHash: string; outcome: Outcome }[] | null;
  readonly balances: [id: string, key: string, posted: string, pendingDebit: string, pendingCredit: string][] | null;
}

/** Takes the books' lock in a transaction that has begun without it. */
export async function openBooks(tx: Transaction, known: ReadonlyMap<string, bigint>): Promise<Opened> {
  const { rows } = await tx.query<BeginRow>(BEGIN_WRITE, [[], []]);
  return openedBooks(tx, known, rows);
}

/** The books under the lock: where they stand, which commands were executed earlier, what the accounts hold. */
export function openedBooks(tx: Transaction, known: ReadonlyMap<string, bigint>, rows: readonly BeginRow[]): Opened {
  const row = rows[0];
  invariant(row !== undefined, 'begin_write returns one row');
  const counters = {
    command: row.command_no,
    journal: row.journal,
    journalHash: row.journal_hash,
    ledgerAccount: row.ledger_account,
    hold: row.hold,
    nodeMessage: row.node_message,
  };
  const earlier = new Map((row.earlier ?? []).map((c) => [c.id, { ...c, no: BigInt(c.no) }]));
  const balances = (row.balances ?? []).map(([id, key, posted, pendingDebit, pendingCredit]) => ({
    ...{ id: BigInt(id), key, posted: BigInt(posted) },
    ...{ pendingDebit: BigInt(pendingDebit), pendingCredit: BigInt(pendingCredit) },
  }));
  return {
    books: { tx, counters, accountIds: new Map(), knownIds: known },
    earlier,
    balances: new Map(balances.map((state) => [state.key, state])),
  };
}

export interface AccountState {
  readonly id: bigint;
  readonly key: string;
  posted: bigint;
  pendingDebit: bigint;
  pendingCredit: bigint;
}

/** Balances of ledger accounts by key text; absent ones are absent. */
export async function readBalances(db: Queryable, keys: readonly string[]): Promise<Map<string, AccountState>> {
  if (keys.length === 0) return new Map();
  const { rows } = await db.query<{ id: bigint; key: string; posted: bigint; pending_debit: bigint; pending_credit: bigint }>(
    'SELECT id, key, posted, pending_debit, pending_credit FROM accounts.ledger_account WHERE key = ANY ($1)',
    [keys],
  );
  return new Map(
    rows.map((r) => [
      r.key,
      { id: r.id, key: r.key, posted: r.posted, pendingDebit: r.pending_debit, pendingCredit: r.pending_credit },
    ]),
  );
}

/** What may still be taken from a credit-normal account: pending debits count. */
export function creditAvailable(state: AccountState | undefined): bigint {
  return state === undefined ? 0n : -state.posted - state.pendingDebit;
}

/** The id of an account that {@link resolveAccounts} has found or opened. */
export function accountId(books: Books, key: AccountKey, currency: string): bigint {
  return idOf(books, accountKeyText(key, currency));
}

function idOf(books: Books, text: string): bigint {
  const id = books.accountIds.get(text) ?? books.knownIds.get(text);
  invariant(id !== undefined, () => `account ${text} was not resolved`);
  return id;
}

/** Finds the accounts, opening those that do not exist yet in the order given; returns the text that names each. */
export async function resolveAccounts(
  books: Books,
  wanted: readonly { readonly key: AccountKey; readonly currency: string }[],
): Promise<readonly string[]> {
  const texts: string[] = [];
  const unknown = new Map<string, { key: AccountKey; currency: string }>();
  for (const { key, currency } of wanted) {
    const text = accountKeyText(key, currency);
    texts.push(text);
    if (!books.accountIds.has(text) && !books.knownIds.has(text)) unknown.set(text, { key, currency });
  }
  if (unknown.size > 0) {
    const { rows } = await books.tx.query<{ id: bigint; key: string }>(
      'SELECT id, key FROM accounts.ledger_account WHERE key = ANY ($1)',
      [[...unknown.keys()]],
    );
    for (const { id, key } of rows) {
      books.accountIds.set(key, id);
      unknown.delete(key);
    }
  }
  if (unknown.size > 0) await openAccounts(books, unknown);
  return texts;
}

async function openAccounts(books: Books, missing: ReadonlyMap<string, { key: AccountKey; currency: string }>): Promise<void> {
  const columns: Parameter[][] = Array.from({ length: 10 }, () => []);
  for (const [text, { key, currency }] of missing) {
    const row = chartRow(key.code);
    invariant(row !== undefined, () => `code ${key.code} was checked`);
    const id = ++books.counters.ledgerAccount;
    books.accountIds.set(text, id);
    const values = [id, key.entity, key.code, key.pool, key.sub, key.contract, key.counterparty, key.listing, currency];
    for (const [i, value] of [...values, row.normal === 'debit' ? 1 : -1].entries()) columns[i]?.push(value ?? null);
  }
  const floors = [...missing.values()].map(({ key }) => chartRow(key.code)?.floor ?? null);
  await books.tx.query(
    `INSERT INTO accounts.ledger_account (id, entity, code, pool, sub, contract, counterparty, listing, currency, normal_side, floor)
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
                          $8::bigint[], $9::text[], $10::smallint[], $11::bigint[])`,
    [...columns, floors],
  );
}

/** The text whose SHA-256 seals a journal: the one before it, its head, its command and its lines. */
export function journalSeal(
  head: {
    readonly prevHash: string;
    readonly id: bigint;
    readonly kind: string;
    readonly rule: string;
    readonly at: bigint | number;
    readonly businessDate: string;
    readonly market: string | null;
    readonly batch: string | null;
    readonly commandNo: bigint;
    readonly bodyHash: string;
    readonly reverses: bigint | null;
    readonly source: string;
  },
  lines: readonly { readonly account: bigint; readonly amount: bigint }[],
): string {
  const { prevHash, id, kind, rule, at, businessDate, market, batch, commandNo, bodyHash, reverses, source } = head;
  const fields = [
    prevHash,
    id,
    kind,
    rule,
    at,
    businessDate,
    market ?? '',
    batch ?? '',
    commandNo,
    bodyHash,
    reverses ?? '',
    source,
  ];
  const text = `${fields.join('\n')}\n${lines.map(({ account, amount }) => `${account}:${amount}`).join(',')}`;
  return createHash('sha256').update(text).digest('hex');
}

export const sourceText = (market: string | null, seq: bigint | number | null, k: number | null): string =>
  market === null ? '' : `${market}/${seq}/${k}`;

/**
 * Posts journals of one command in the order given; returns their ids. Every journal must balance per entity and
 * currency; the database checks that again at commit, floors at once.
 */
export async function post(books: Books, cause: Cause, drafts: readonly JournalDraft[]): Promise<readonly bigint[]> {
  return postOf(
    books,
    drafts.map((draft) => ({ cause, draft })),
  );
}

/** Journals of several commands, numbered, chained and sealed, as the columns of append_journals. */
export interface Prepared {
  readonly journals: readonly bigint[];
  readonly columns: readonly Parameter[];
}

export interface PostItem {
  readonly cause: Cause;
  readonly draft: JournalDraft;
}

/** Calls a function of the database with that many parameters. */
export function calling(name: string, parameters: number): NamedStatement {
  return { name, sql: `SELECT ${name}(${Array.from({ length: parameters }, (_, i) => `$${i + 1}`).join(', ')})` };
}

const APPEND_JOURNALS = calling('accounts.append_journals', 19);

async function postOf(books: Books, items: readonly PostItem[]): Promise<readonly bigint[]> {
  if (items.length === 0) return [];
  const { journals, columns } = await prepareJournals(books, items);
  await books.tx.query(APPEND_JOURNALS, columns);
  return journals;
}

export async function prepareJournals(books: Books, items: readonly PostItem[]): Promise<Prepared> {
  const texts = await resolveAccounts(
    books,
    items.flatMap(({ draft }) => draft.lines),
  );
  let place = 0;
  const heads: Parameter[][] = Array.from({ length: 15 }, () => []);
  const lines: Parameter[][] = Array.from({ length: 4 }, () => []);
  const journals: bigint[] = [];
  for (const { cause, draft } of items) {
    checkBalanced(draft);
    const id = ++books.counters.journal;
    const prevHash = books.counters.journalHash;
    const postings = draft.lines.map(({ amount }) => ({ account: idOf(books, texts[place++] as string), amount }));
    const { rule, businessDate, market = null, batch = null, source, reverses = null } = draft;
    const [sourceMarket, seq, k] = source === undefined ? [null, null, null] : [source.market, source.seq, source.k];
    const { kind, at, no: commandNo, bodyHash } = cause;
    const seal = { prevHash, id, kind, rule, at, businessDate, market, batch, commandNo, bodyHash, reverses };
    const hash = journalSeal({ ...seal, source: sourceText(sourceMarket, seq, k) }, postings);
    books.counters.journalHash = hash;
    const head = [id, kind, rule, at, businessDate, market, batch, commandNo, sourceMarket, seq, k, reverses];
    for (const [i, value] of [...head, postings.length, prevHash, hash].entries()) heads[i]?.push(value);
    for (const [line, { account, amount }] of postings.entries())
      for (const [i, value] of [id, line, account, amount].entries()) lines[i]?.push(value);
    journals.push(id);
  }
  return { journals, columns: [...heads, ...lines] };
}

function checkBalanced(draft: JournalDraft): void {
  const sums = new Map<string, bigint>();
  for (const { key, currency, amount } of draft.lines) {
    const of = `${key.entity} ${currency}`;
    sums.set(of, (sums.get(of) ?? 0n) + amount);
  }
  if (draft.lines.length < 2 || [...sums.values()].some((sum) => sum !== 0n))
    throw problem('POSTING_REFUSED', { rule: draft.rule, reason: 'debits and credits differ in an entity and currency' });
}
