import { createHash } from 'node:crypto';
import { canonicalJson } from '@meridian/base';
import type { Database, Queryable } from '@meridian/store';
import { journalSeal, sourceText } from './ledger.ts';
import { inSnapshot } from './snapshot.ts';
import { CASH_CATEGORY } from './statement.ts';

/** What a proof of the books found. `fault` is the first one, in words; null when they hold. */
export interface LedgerProof {
  readonly commands: number;
  readonly journals: number;
  readonly postings: number;
  readonly accounts: number;
  readonly lastHash: string;
  readonly fault: string | null;
}

/** Each query returns the first row that is wrong, as text; none when all is well. Set-based: one pass each. */
const CHECKS: readonly (readonly [what: string, sql: string])[] = [
  [
    'command numbers have a gap',
    `SELECT 'command ' || no AS fault FROM (SELECT no, row_number() OVER (ORDER BY no) AS place FROM accounts.command) c
      WHERE no <> place ORDER BY no LIMIT 1`,
  ],
  [
    'journals are not gapless',
    `SELECT 'journal ' || id AS fault FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM accounts.journal) j
      WHERE id <> place ORDER BY id LIMIT 1`,
  ],
  [
    'debits and credits of a journal differ',
    `SELECT 'journal ' || p.journal || ' ' || p.currency AS fault
       FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
      GROUP BY p.journal, a.entity, p.currency HAVING sum(p.amount) <> 0 ORDER BY p.journal LIMIT 1`,
  ],
  [
    'a journal has not the lines it announced',
    `SELECT 'journal ' || j.id AS fault FROM accounts.journal j
       LEFT JOIN (SELECT journal, count(*) AS n FROM accounts.posting GROUP BY journal) p ON p.journal = j.id
      WHERE coalesce(p.n, 0) <> j.lines ORDER BY j.id LIMIT 1`,
  ],
  [
    'a balance is not the sum of its postings',
    `SELECT 'account ' || a.key AS fault FROM accounts.ledger_account a
       LEFT JOIN (SELECT account, sum(amount) AS total, count(*) AS n FROM accounts.posting GROUP BY account) p ON p.account = a.id
      WHERE a.posted <> coalesce(p.total, 0) OR a.version <> coalesce(p.n, 0) ORDER BY a.id LIMIT 1`,
  ],
  [
    'versions of an account are not gapless or a balance after does not follow',
    `SELECT 'account ' || account || ' version ' || account_version AS fault FROM (
        SELECT account, account_version, balance_after,
               row_number() OVER w AS place, sum(amount) OVER w AS running
          FROM accounts.posting WINDOW w AS (PARTITION BY account ORDER BY account_version)) p
      WHERE account_version <> place OR balance_after <> running ORDER BY account, account_version LIMIT 1`,
  ],
  [
    'a floor is broken',
    `SELECT 'account ' || a.key || ' version ' || p.account_version AS fault
       FROM accounts.posting p JOIN accounts.ledger_account a ON a.id = p.account
      WHERE a.floor IS NOT NULL AND a.normal_side * p.balance_after < a.floor ORDER BY a.id, p.account_version LIMIT 1`,
  ],
  [
    'pending entries do not add up',
    `SELECT 'account ' || a.key AS fault FROM accounts.ledger_account a
       LEFT JOIN (SELECT debit_account AS id, sum(amount) AS total FROM accounts.hold WHERE state = 'pending' GROUP BY 1) d ON d.id = a.id
       LEFT JOIN (SELECT credit_account AS id, sum(amount) AS total FROM accounts.hold WHERE state = 'pending' GROUP BY 1) c ON c.id = a.id
      WHERE a.pending_debit <> coalesce(d.total, 0) OR a.pending_credit <> coalesce(c.total, 0) ORDER BY a.id LIMIT 1`,
  ],
  [
    'client money moved between masters',
    `SELECT 'journal ' || p.journal AS fault FROM accounts.posting p JOIN accounts.journal j ON j.id = p.journal
       LEFT JOIN accounts.journal o ON o.id = j.reverses
       JOIN accounts.ledger_account a ON a.id = p.account JOIN accounts.sub_account s ON s.sub = a.sub
      WHERE coalesce(o.kind, j.kind) <> 'publish-batch'
      GROUP BY p.journal HAVING count(DISTINCT s.master) > 1 ORDER BY p.journal LIMIT 1`,
  ],
  [
    'granted money (2011) is not Σ(granted − returned − booked) of its cells',
    `SELECT 'sub account ' || coalesce(m.sub, l.sub) AS fault FROM
        (SELECT sub, currency, -posted AS held FROM accounts.ledger_account WHERE code = '2011') m
       FULL JOIN (SELECT c.scope_id AS sub, c.currency,
                         sum(l.granted_cum - l.returned_cum - (l.booking_cum - l.booking_acked_cum)) AS held
                    FROM accounts.limit_cell c JOIN accounts.lease l ON l.cell = c.cell
                   WHERE c.scope = 'sub' AND c.measure = 'initial-margin' GROUP BY 1, 2) l
         ON (l.sub, l.currency) = (m.sub, m.currency)
      WHERE coalesce(m.held, 0) <> coalesce(l.held, 0) LIMIT 1`,
  ],
  [
    'a cell is beyond its limit and not declared over-leased',
    `SELECT 'cell ' || c.cell AS fault FROM accounts.limit_cell c LEFT JOIN accounts.lease l ON l.cell = c.cell
      WHERE c.state <> 'over-leased'
      GROUP BY c.cell HAVING c.booked + coalesce(sum(l.granted_cum - l.returned_cum - (l.booking_cum - l.booking_acked_cum)), 0) > c.lim
      ORDER BY c.cell LIMIT 1`,
  ],
  [
    'client money (2010…2014) moved by something that no statement shows',
    `SELECT 'journal ' || p.journal || ' sub account ' || a.sub AS fault
       FROM accounts.posting p JOIN accounts.journal j ON j.id = p.journal JOIN accounts.ledger_account a ON a.id = p.account
      WHERE a.code IN ('2010', '2011', '2012', '2013', '2014') AND j.rule <> ALL ('{${Object.keys(CASH_CATEGORY).join(',')}}')
      GROUP BY p.journal, a.sub, p.currency HAVING sum(p.amount) <> 0 ORDER BY p.journal LIMIT 1`,
  ],
  [
    'a provisional or booked position is not the sum of its fills',
    `SELECT 'account ' || coalesce(p.account, f.account) || ' listing ' || coalesce(p.listing, f.listing) AS fault FROM accounts.position p
       FULL JOIN (SELECT account, listing, coalesce(sum(delta) FILTER (WHERE state = 'provisional'), 0) AS provisional
                    FROM accounts.fill GROUP BY 1, 2) f ON (f.account, f.listing) = (p.account, p.listing)
      WHERE coalesce(p.provisional_quantity, 0) <> coalesce(f.provisional, 0) LIMIT 1`,
  ],
];

const PAGE = 5_000;

/**
 * Proves the books: numbers gapless, every journal balanced, every balance the sum of its postings, floors held at every
 * version, pending entries, leases and positions add up, and the chain of hashes over journals and the commands behind
 * them unbroken. Names the first fault. Reads only, one snapshot: the writer is not held up.
 */
export function ledgerVerify(db: Database | Queryable): Promise<LedgerProof> {
  return inSnapshot(db, prove);
}

async function prove(db: Queryable): Promise<LedgerProof> {
  const { rows } = await db.query<{ commands: bigint; journals: bigint; postings: bigint; accounts: bigint }>(
    `SELECT (SELECT count(*) FROM accounts.command) AS commands, (SELECT count(*) FROM accounts.journal) AS journals,
            (SELECT count(*) FROM accounts.posting) AS postings, (SELECT count(*) FROM accounts.ledger_account) AS accounts`,
  );
  const counted = rows[0] as { commands: bigint; journals: bigint; postings: bigint; accounts: bigint };
  const { lastHash, fault } = await proveChain(db);
  return {
    commands: Number(counted.commands),
    journals: Number(counted.journals),
    postings: Number(counted.postings),
    accounts: Number(counted.accounts),
    lastHash,
    fault: (await firstFault(db)) ?? (await tamperedCommand(db)) ?? fault,
  };
}

async function firstFault(db: Queryable): Promise<string | null> {
  for (const [what, sql] of CHECKS) {
    const { rows } = await db.query<{ fault: string }>(sql);
    if (rows[0] !== undefined) return `${what}: ${rows[0].fault}`;
  }
  return null;
}

/** SHA-256 of a command's head and canonical body, as it is kept with it. */
export function commandHash(
  command: {
    readonly kind: string;
    readonly at: bigint | number;
    readonly maker: string;
    readonly checker?: string | null | undefined;
  },
  canonicalBody: string,
): string {
  const head = [command.kind, command.at, command.maker, command.checker ?? ''].join('\n');
  return createHash('sha256').update(`${head}\n${canonicalBody}`).digest('hex');
}

async function tamperedCommand(db: Queryable): Promise<string | null> {
  for (let last = 0n; ; ) {
    const { rows } = await db.query<{
      no: bigint;
      kind: string;
      at: bigint;
      maker: string;
      checker: string | null;
      body: unknown;
      body_hash: string;
    }>('SELECT no, kind, at, maker, checker, body, body_hash FROM accounts.command WHERE no > $1 ORDER BY no LIMIT $2', [
      last,
      PAGE,
    ]);
    for (const row of rows)
      if (commandHash(row, canonicalJson(row.body)) !== row.body_hash) return `a command was changed: command ${row.no}`;
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE) return null;
    last = end.no;
  }
}

interface SealedJournal {
  readonly id: bigint;
  readonly kind: string;
  readonly rule: string;
  readonly at: bigint;
  readonly business_date: string;
  readonly market: string | null;
  readonly batch: string | null;
  readonly command_no: bigint;
  readonly body_hash: string;
  readonly source_market: string | null;
  readonly source_seq: bigint | null;
  readonly source_k: number | null;
  readonly reverses: bigint | null;
  readonly prev_hash: string;
  readonly hash: string;
  readonly accounts: bigint[];
  readonly amounts: bigint[];
}

async function proveChain(db: Queryable): Promise<{ lastHash: string; fault: string | null }> {
  let lastHash = '0'.repeat(64);
  for (let last = 0n; ; ) {
    const { rows } = await db.query<SealedJournal>(
      `SELECT j.*, c.body_hash, p.accounts, p.amounts FROM accounts.journal j JOIN accounts.command c ON c.no = j.command_no
         CROSS JOIN LATERAL (SELECT array_agg(account ORDER BY line) AS accounts, array_agg(amount ORDER BY line) AS amounts
                               FROM accounts.posting WHERE journal = j.id) p
        WHERE j.id > $1 ORDER BY j.id LIMIT $2`,
      [last, PAGE],
    );
    for (const row of rows) {
      const fault = `the chain of hashes breaks: journal ${row.id}`;
      if (row.prev_hash !== lastHash || sealOf(row) !== row.hash) return { lastHash, fault };
      lastHash = row.hash;
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE) return { lastHash, fault: null };
    last = end.id;
  }
}

function sealOf(row: SealedJournal): string {
  const { prev_hash: prevHash, id, kind, rule, at, business_date: businessDate, market, batch, reverses } = row;
  const source = sourceText(row.source_market, row.source_seq, row.source_k);
  const head = { prevHash, id, kind, rule, at, businessDate, market, batch, reverses, source };
  const lines = (row.accounts ?? []).map((account, i) => ({ account, amount: row.amounts[i] as bigint }));
  return journalSeal({ ...head, commandNo: row.command_no, bodyHash: row.body_hash }, lines);
}
