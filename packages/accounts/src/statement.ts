import type { Database, Queryable } from '@meridian/store';
import { availableToTrade, type SubFunds, subFunds, withdrawable } from './funds.ts';
import type { PostingRuleName } from './posting-rule.ts';
import { problem } from './problems.ts';
import { inSnapshot } from './snapshot.ts';

/** What moved a client's cash, as its statement names it. Rules that only lock or release money inside it are absent. */
export const CASH_CATEGORY: Readonly<Partial<Record<PostingRuleName | 'reversal', CashCategory>>> = {
  deposit: 'deposit',
  'receipt-identified': 'deposit',
  'withdraw-paid': 'withdrawal',
  transfer: 'transfer',
  'fx-sell': 'exchange',
  'fx-buy': 'exchange',
  commission: 'fee',
  'fee-recovery': 'fee',
  'contract-realise': 'result',
  'contract-realise-margin': 'result',
  'financing-settle': 'financing',
  'dividend-paid': 'dividend',
  rounding: 'adjustment',
  'client-shortfall': 'debt',
  'client-repaid': 'debt',
  'fee-hold': 'fee',
  reversal: 'adjustment',
};
export type CashCategory =
  | 'deposit'
  | 'withdrawal'
  | 'transfer'
  | 'exchange'
  | 'fee'
  | 'result'
  | 'financing'
  | 'dividend'
  | 'debt'
  | 'adjustment';

export interface CashMovement {
  readonly journal: bigint;
  readonly at: bigint;
  readonly rule: string;
  readonly category: CashCategory;
  /** Minor units, + to the client. */
  readonly amount: bigint;
}

/** Cash of one sub account in one currency over the business date, Σ 2010…2014. opening + Σ movements = closing. */
export interface CashStatement {
  readonly sub: bigint;
  readonly code: string;
  readonly pool: string;
  readonly currency: string;
  readonly opening: bigint;
  readonly movements: readonly CashMovement[];
  readonly closing: bigint;
  /** Standing when the statement is made; 可用 and 可取 shown apart. */
  readonly funds: SubFunds;
  readonly availableToTrade: bigint;
  readonly withdrawable: bigint;
}

export interface PositionStatement {
  readonly account: bigint;
  readonly code: string;
  readonly listing: bigint;
  readonly quantity: bigint;
  readonly provisionalQuantity: bigint;
  /** Exact Σ quantity × price, 8 decimals. */
  readonly costValue: string;
  /** Latest mark not after the date, 8 decimals; null before the first. */
  readonly mark: bigint | null;
  readonly markDate: string | null;
}

export interface ContractStatement {
  readonly contract: bigint;
  readonly uti: string;
  readonly account: bigint;
  readonly listing: bigint;
  readonly side: 'long' | 'short';
  readonly basis: string;
  readonly currency: string;
  readonly state: string;
  readonly openedOn: string;
  readonly closedOn: string | null;
  readonly quantity: bigint;
  /** Mark to market from the client's side, minor units. */
  readonly markToMarket: bigint;
  /** Financing accrued and not yet paid, owed by the client. */
  readonly accruedFinancing: bigint;
  readonly initialMargin: bigint;
  readonly variationMargin: bigint;
  readonly terms: unknown;
  readonly economics: unknown;
}

export interface CallStatement {
  readonly id: string;
  readonly currency: string;
  readonly amount: bigint;
  readonly raisedAt: bigint;
  readonly dueAt: bigint;
  readonly state: string;
  readonly endedAt: bigint | null;
}

/** One client's day over all markets (日终结算单): typed data; clearing renders it. */
export interface Statement {
  readonly client: bigint;
  readonly token: string;
  readonly master: bigint;
  readonly businessDate: string;
  /** The session of each market that the statement's positions and marks stand on. */
  readonly asOf: readonly { readonly market: string; readonly tradeDate: string; readonly cutAt: bigint | null }[];
  readonly cash: readonly CashStatement[];
  readonly positions: readonly PositionStatement[];
  readonly contracts: readonly ContractStatement[];
  readonly calls: readonly CallStatement[];
}

/** All as of one moment. @throws Problem PARTY_UNKNOWN */
export function statement(db: Database | Queryable, client: number | bigint, businessDate: string): Promise<Statement> {
  return inSnapshot(db, (snapshot) => readStatement(snapshot, client, businessDate));
}

async function readStatement(db: Queryable, client: number | bigint, businessDate: string): Promise<Statement> {
  const read = async <R extends object>(sql: string, ...values: (string | bigint)[]) => (await db.query<R>(sql, values)).rows;
  const id = BigInt(client);
  const [head] = await read<{ token: string; master: bigint }>(
    'SELECT c.token, m.master FROM accounts.client c JOIN accounts.master_account m ON m.client = c.client WHERE c.client = $1',
    id,
  );
  if (head === undefined) throw problem('PARTY_UNKNOWN', { what: 'client with a master account', id });
  return {
    client: id,
    ...head,
    businessDate,
    asOf: await read(
      `SELECT DISTINCT ON (market) market, trade_date AS "tradeDate", cut_at AS "cutAt" FROM accounts.market_day
        WHERE business_date <= $1 AND opened_at IS NOT NULL ORDER BY market, trade_date DESC`,
      businessDate,
    ),
    cash: await cashOf(db, head.master, businessDate),
    positions: await read(POSITIONS, id, businessDate),
    contracts: await read(CONTRACTS, id, businessDate),
    calls: await read(
      `SELECT id, currency, amount, raised_at AS "raisedAt", due_at AS "dueAt", state, ended_at AS "endedAt"
         FROM accounts.margin_call WHERE client = $1 ORDER BY raised_at, id`,
      id,
    ),
  };
}

const CASH = `
  SELECT s.sub, s.code, s.pool, p.currency, j.id AS journal, j.at, j.rule, j.business_date = $2::date AS today,
         -sum(p.amount)::bigint AS amount
    FROM accounts.sub_account s
    JOIN accounts.ledger_account a ON a.sub = s.sub AND a.code IN ('2010', '2011', '2012', '2013', '2014')
    JOIN accounts.posting p ON p.account = a.id JOIN accounts.journal j ON j.id = p.journal
   WHERE s.master = $1 AND j.business_date <= $2::date
   GROUP BY s.sub, s.code, s.pool, p.currency, j.id
   ORDER BY s.sub, p.currency, j.id`;

interface CashRow {
  readonly sub: bigint;
  readonly code: string;
  readonly pool: string;
  readonly currency: string;
  readonly journal: bigint;
  readonly at: bigint;
  readonly rule: PostingRuleName;
  readonly today: boolean;
  readonly amount: bigint;
}

async function cashOf(db: Queryable, master: bigint, businessDate: string): Promise<CashStatement[]> {
  const { rows } = await db.query<CashRow>(CASH, [master, businessDate]);
  const groups = new Map<string, CashRow[]>();
  for (const row of rows) {
    const key = `${row.sub}/${row.currency}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const found: CashStatement[] = [];
  for (const group of groups.values()) {
    const { sub, code, pool, currency } = group[0] as CashRow;
    const funds = (await subFunds(db, sub)).find((f) => f.currency === currency) as SubFunds;
    const opening = group.filter((row) => !row.today).reduce((sum, row) => sum + row.amount, 0n);
    const movements = group
      .filter((row) => row.today && row.amount !== 0n)
      .map(({ journal, at, rule, amount }) => ({ journal, at, rule, category: CASH_CATEGORY[rule] ?? 'adjustment', amount }));
    const closing = movements.reduce((sum, { amount }) => sum + amount, opening);
    found.push({
      ...{ sub, code, pool, currency, opening, movements, closing, funds },
      ...{ availableToTrade: availableToTrade(funds), withdrawable: withdrawable(funds) },
    });
  }
  return found;
}

const POSITIONS = `
  SELECT p.account, b.code, p.listing, p.quantity, p.provisional_quantity AS "provisionalQuantity",
         p.cost_value AS "costValue", m.price AS mark, m.trade_date AS "markDate"
    FROM accounts.position p JOIN accounts.business_account b ON b.account = p.account
    LEFT JOIN LATERAL (
      SELECT k.price, k.trade_date FROM accounts.mark k
        LEFT JOIN accounts.market_day d ON d.market = k.market AND d.trade_date = k.trade_date
       WHERE k.listing = p.listing AND coalesce(d.business_date, k.trade_date) <= $2::date
       ORDER BY k.trade_date DESC LIMIT 1) m ON true
   WHERE b.client = $1 AND (p.quantity <> 0 OR p.provisional_quantity <> 0)
   ORDER BY p.account, p.listing`;

/** Contracts open on the date or closed on it, each with its balances and latest economics up to then. */
const CONTRACTS = `
  SELECT c.contract, c.uti, c.account, c.listing, c.side, c.basis, c.settlement_currency AS currency, c.state,
         c.opened_on AS "openedOn", c.closed_on AS "closedOn",
         coalesce((SELECT sum(l.quantity_open) FROM accounts.contract_lot l WHERE l.contract = c.contract), 0)::bigint AS quantity,
         coalesce(-b.mtm, 0)::bigint AS "markToMarket", coalesce(b.accrued, 0)::bigint AS "accruedFinancing",
         coalesce(-b.initial, 0)::bigint AS "initialMargin", coalesce(-b.variation, 0)::bigint AS "variationMargin",
         c.terms, v.economics
    FROM accounts.contract c
    LEFT JOIN LATERAL (
      SELECT sum(p.amount) FILTER (WHERE a.code = '1100') AS mtm, sum(p.amount) FILTER (WHERE a.code = '1055') AS accrued,
             sum(p.amount) FILTER (WHERE a.code = '2012') AS initial, sum(p.amount) FILTER (WHERE a.code = '2013') AS variation
        FROM accounts.ledger_account a JOIN accounts.posting p ON p.account = a.id JOIN accounts.journal j ON j.id = p.journal
       WHERE a.contract = c.contract AND a.entity = c.entity AND j.business_date <= $2::date) b ON true
    LEFT JOIN LATERAL (
      SELECT e.economics FROM accounts.contract_version e JOIN accounts.published_batch q ON q.batch = e.batch
       WHERE e.contract = c.contract AND q.business_date <= $2::date ORDER BY e.version DESC LIMIT 1) v ON true
   WHERE c.client = $1 AND c.opened_on <= $2::date AND (c.closed_on IS NULL OR c.closed_on >= $2::date)
   ORDER BY c.contract`;
