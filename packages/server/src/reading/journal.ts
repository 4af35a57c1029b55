import { chartRow } from '@meridian/accounts';
import type { AnswerOf } from '@meridian/api';
import type { Bilingual } from '@meridian/base';
import type { Parameter, Queryable } from '@meridian/store';
import { amountText, instantText, orNull } from './figure.ts';
import type { PageAsk } from './page.ts';
import type { Sight } from './sight.ts';

/** Journals (凭证) and the trial balance. Debit +, credit −; corrections are reversals. */

type Journal = AnswerOf<'GET /v1/ledger/journals/{journal}'>;
type TrialBalance = AnswerOf<'GET /v1/ledger/trial-balance'>[number];

export interface JournalRow {
  readonly id: bigint;
  readonly kind: string;
  readonly rule: string;
  readonly at: bigint;
  readonly business_date: string;
  readonly market: string | null;
  readonly batch: string | null;
  readonly command_no: bigint;
  readonly source_market: string | null;
  readonly source_seq: bigint | null;
  readonly source_k: number | null;
  readonly reverses: bigint | null;
  readonly reversed_by: bigint | null;
  readonly lines: number;
  readonly prev_hash: string;
  readonly hash: string;
}

const JOURNAL = `
  SELECT j.*, (SELECT r.id FROM accounts.journal r WHERE r.reverses = j.id) AS reversed_by FROM accounts.journal j`;

/** A line is in view with its entity, and for a client's user with its sub account. */
const LINE_IN_SIGHT = `
  a.entity = ANY ($2) AND ($1::bigint[] IS NULL OR a.sub IN (
    SELECT s.sub FROM accounts.sub_account s JOIN accounts.master_account m ON m.master = s.master WHERE m.client = ANY ($1)))`;

/**
 * The newest first. `account` is a ledger account, `code` one of the chart's. What is filtered by comes from the accounts'
 * side, so that a contract's few journals are found without reading all of them.
 */
export async function journals(
  db: Queryable,
  sight: Sight,
  filter: { readonly account?: string; readonly batch?: string; readonly contract?: string; readonly code?: string },
  ask: PageAsk,
): Promise<JournalRow[]> {
  const values: Parameter[] = [sight.clients, sight.entities, ask.asOf];
  const bind = (value: Parameter) => `$${values.push(value)}`;
  const ofAccount = [
    ...(filter.account === undefined ? [] : [`a.id = ${bind(filter.account)}`]),
    ...(filter.contract === undefined ? [] : [`a.contract = ${bind(filter.contract)}`]),
    ...(filter.code === undefined ? [] : [`a.code = ${bind(filter.code)}`]),
  ];
  const postings = 'FROM accounts.ledger_account a JOIN accounts.posting p ON p.account = a.id WHERE';
  const conditions = [
    'j.command_no <= $3',
    ...(ask.after === undefined ? [] : [`j.id < ${bind(ask.after[0] as string)}`]),
    ...(filter.batch === undefined ? [] : [`j.batch = ${bind(filter.batch)}`]),
    ofAccount.length === 0
      ? `EXISTS (SELECT 1 ${postings} p.journal = j.id AND ${LINE_IN_SIGHT})`
      : `j.id IN (SELECT p.journal ${postings} ${[LINE_IN_SIGHT, ...ofAccount].join(' AND ')})`,
  ];
  const { rows } = await db.query<JournalRow>(
    `${JOURNAL} WHERE ${conditions.join(' AND ')} ORDER BY j.id DESC LIMIT ${bind(ask.limit)}`,
    values,
  );
  return rows;
}

export async function journalRow(db: Queryable, journal: string): Promise<JournalRow | undefined> {
  return (await db.query<JournalRow>(`${JOURNAL} WHERE j.id = $1`, [journal])).rows[0];
}

/** The only entity and client of a journal; null where it has several or none. */
export async function journalOwner(
  db: Queryable,
  journal: string,
): Promise<{ readonly client: bigint | null; readonly entity: bigint | null } | undefined> {
  const { rows } = await db.query<{ n: number; entities: number; entity: bigint; clients: number; client: bigint | null }>(
    `SELECT count(*)::int AS n, count(DISTINCT a.entity)::int AS entities, min(a.entity) AS entity,
            count(DISTINCT m.client)::int AS clients, min(m.client) AS client
       FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
       LEFT JOIN accounts.sub_account s ON s.sub = a.sub LEFT JOIN accounts.master_account m ON m.master = s.master
      WHERE p.journal = $1`,
    [journal],
  );
  const row = rows[0];
  if (row === undefined || row.n === 0) return undefined;
  return { client: row.clients === 1 ? row.client : null, entity: row.entities === 1 ? row.entity : null };
}

interface LineRow {
  readonly journal: bigint;
  readonly line: number;
  readonly account: bigint;
  readonly key: string;
  readonly code: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly balance_after: bigint;
  readonly sub: bigint | null;
  readonly contract: bigint | null;
}

/** Lines of a journal shown in a list; all of them, to a thousand, are in the journal itself. */
export const LINES_LISTED = 20;
export const LINES_MAX = 1_000;

/** Journals with their lines in view, the first of each in one statement. `lineCount` counts all that it has. */
export async function journalLines(
  db: Queryable,
  sight: Sight,
  rows: readonly JournalRow[],
  linesMax: number,
): Promise<Journal[]> {
  const found = await db.query<LineRow>(
    `SELECT x.* FROM unnest($3::bigint[]) AS w (journal)
      CROSS JOIN LATERAL (
        SELECT p.journal, p.line, p.account, a.key, a.code, p.currency, p.amount, p.balance_after, a.sub, a.contract
          FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
         WHERE p.journal = w.journal AND ${LINE_IN_SIGHT} ORDER BY p.line LIMIT $4) x
      ORDER BY x.journal, x.line`,
    [sight.clients, sight.entities, rows.map(({ id }) => id), linesMax],
  );
  const ofJournal = Map.groupBy(found.rows, ({ journal }) => journal);
  return rows.map((row) => journalOf(row, ofJournal.get(row.id) ?? []));
}

export const codeTitle = (code: string): Bilingual => {
  const row = chartRow(code);
  return row === undefined ? { zh: code, en: code } : { zh: row.zh, en: row.en };
};

function journalOf(row: JournalRow, lines: readonly LineRow[]): Journal {
  return {
    ...{ journal: String(row.id), kind: row.kind, rule: row.rule, at: instantText(row.at), businessDate: row.business_date },
    ...{ market: row.market === '-' ? null : row.market, batch: row.batch, command: String(row.command_no) },
    ...{ sourceMarket: row.source_market, sourceSeq: orNull(row.source_seq, Number), sourceK: row.source_k },
    ...{ reverses: orNull(row.reverses, String), reversedBy: orNull(row.reversed_by, String) },
    ...{ hash: row.hash, prevHash: row.prev_hash, lineCount: row.lines },
    lines: lines.map((line) => ({
      ...{ line: line.line, account: String(line.account), key: line.key, code: line.code, title: codeTitle(line.code) },
      ...{ currency: line.currency, amount: amountText(line.amount, line.currency) },
      ...{ balanceAfter: amountText(line.balance_after, line.currency) },
      ...{ sub: orNull(line.sub, String), contract: orNull(line.contract, String) },
    })),
  };
}

interface BalanceRow {
  readonly entity: bigint;
  readonly currency: string;
  readonly code: string;
  /** Σ over the accounts of the code, as the accounts stand, debit +. */
  readonly posted: string;
  /** The same from the postings. */
  readonly entered: string;
  readonly accounts: number;
}

/**
 * One per entity and currency. Balanced: debits equal credits, and every code stands at what was posted to it — the
 * accounts' own balances against the sum of all postings.
 */
export async function trialBalance(db: Queryable, sight: Sight): Promise<TrialBalance[]> {
  const { rows } = await db.query<BalanceRow>(
    `SELECT a.entity, a.currency, a.code, sum(a.posted)::text AS posted, sum(coalesce(e.amount, 0))::text AS entered,
            count(*)::int AS accounts
       FROM accounts.ledger_account a
       LEFT JOIN (SELECT account, sum(amount) AS amount FROM accounts.posting GROUP BY account) e ON e.account = a.id
      WHERE ${LINE_IN_SIGHT}
      GROUP BY a.entity, a.currency, a.code ORDER BY a.entity, a.currency, a.code`,
    [sight.clients, sight.entities],
  );
  const ledgers = Map.groupBy(rows, ({ entity, currency }) => `${entity}/${currency}`);
  return [...ledgers.values()].slice(0, 200).map((codes) => {
    const { entity, currency } = codes[0] as BalanceRow;
    const text = (minor: bigint) => amountText(minor, currency);
    const parts = codes.map(({ posted }) => BigInt(posted));
    const debit = parts.reduce((sum, part) => (part > 0n ? sum + part : sum), 0n);
    const credit = parts.reduce((sum, part) => (part < 0n ? sum - part : sum), 0n);
    return {
      ...{ entity: String(entity), currency, debit: text(debit), credit: text(credit) },
      balanced: debit === credit && codes.every(({ posted, entered }) => posted === entered),
      rows: codes.slice(0, 500).map(({ code, posted, accounts }) => {
        const balance = BigInt(posted);
        return {
          ...{ code, title: codeTitle(code), accounts },
          ...{ debit: text(balance > 0n ? balance : 0n), credit: text(balance < 0n ? -balance : 0n) },
        };
      }),
    };
  });
}
