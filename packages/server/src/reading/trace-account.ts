import { declareProblems } from '@meridian/base';
import type { Queryable } from '@meridian/store';
import type { Sight } from './sight.ts';
import { type Gauge, type Held, type LevelName, sumOf, type Worked } from './trace-measure.ts';

const { problem } = declareProblems({
  TRACE_TOO_WIDE: {
    status: 422,
    title: { zh: '穿透范围过大', en: 'Too wide to walk' },
    detail: { zh: '视野内有超过 {max} 个账户标的', en: 'More than {max} holdings are in view' },
    remedy: { zh: '由某个客户或账户开始', en: 'Begin at a client or an account' },
  },
});

/**
 * One account's holding in one listing by the three tables that must agree: the positions of record, the open lots of its
 * contracts, and the trades that published batches booked.
 */
export interface Holding {
  readonly client: bigint;
  readonly master: bigint;
  readonly sub: bigint;
  readonly account: bigint;
  readonly token: string;
  readonly sub_code: string;
  readonly account_code: string;
  readonly listing: bigint;
  readonly quote: string;
  readonly mark: bigint | null;
  readonly contracts: number;
  readonly position: Held;
  readonly lots: Held;
  readonly traded: bigint;
}

interface HoldingRow extends Omit<Holding, 'position' | 'lots'> {
  readonly held_quantity: bigint;
  readonly held_value: string;
  readonly lot_quantity: bigint;
  readonly lot_value: string;
}

const HOLDINGS_MAX = 100_000;

const HOLDINGS = `
  WITH seen AS (
    SELECT b.account, b.code, b.sub, b.master, b.client FROM accounts.business_account b
     WHERE ($1::bigint[] IS NULL OR b.client = ANY ($1)) AND b.entity = ANY ($2)),
  lots AS (
    SELECT c.account, c.listing, sum(d.sign * l.quantity_open) AS quantity,
           sum(d.sign * l.quantity_open::numeric * l.price) AS value, count(DISTINCT c.contract)::int AS contracts
      FROM accounts.contract c JOIN seen s ON s.account = c.account JOIN accounts.contract_lot l ON l.contract = c.contract
     CROSS JOIN LATERAL (SELECT CASE c.side WHEN 'long' THEN 1 ELSE -1 END AS sign) d
     GROUP BY c.account, c.listing),
  traded AS (
    SELECT t.account, t.listing, sum(t.delta) AS quantity
      FROM clearing.batch b
      JOIN clearing.step_run r ON r.batch = b.batch AND r.attempt = b.live_attempt AND r.name = 'analyse'
      JOIN clearing.trade t ON t.batch = b.batch AND t.attempt = r.data_attempt
      JOIN seen s ON s.account = t.account
     GROUP BY t.account, t.listing),
  held AS (SELECT p.account, p.listing, p.quantity, p.cost_value FROM accounts.position p JOIN seen s ON s.account = p.account),
  keys AS (SELECT account, listing FROM lots UNION SELECT account, listing FROM traded UNION SELECT account, listing FROM held)
  SELECT s.client, s.master, s.sub, s.account, k.token, u.code AS sub_code, s.code AS account_code, keys.listing, l.quote,
         m.price AS mark, coalesce(o.contracts, 0) AS contracts, coalesce(h.quantity, 0)::bigint AS held_quantity,
         coalesce(h.cost_value, 0)::text AS held_value, coalesce(o.quantity, 0)::bigint AS lot_quantity,
         coalesce(o.value, 0)::text AS lot_value, coalesce(t.quantity, 0)::bigint AS traded
    FROM keys JOIN seen s ON s.account = keys.account
    JOIN accounts.client k ON k.client = s.client JOIN accounts.sub_account u ON u.sub = s.sub
    LEFT JOIN lots o ON (o.account, o.listing) = (keys.account, keys.listing)
    LEFT JOIN traded t ON (t.account, t.listing) = (keys.account, keys.listing)
    LEFT JOIN held h ON (h.account, h.listing) = (keys.account, keys.listing)
    JOIN LATERAL (SELECT quote FROM reference.listing WHERE listing = keys.listing ORDER BY valid_from DESC LIMIT 1) l ON true
    LEFT JOIN LATERAL (SELECT price FROM accounts.mark WHERE listing = keys.listing ORDER BY trade_date DESC LIMIT 1) m ON true
   ORDER BY s.client, s.master, s.sub, s.account, keys.listing LIMIT ${HOLDINGS_MAX + 1}`;

/** @throws Problem TRACE_TOO_WIDE */
export async function holdings(db: Queryable, sight: Sight): Promise<Holding[]> {
  const { rows } = await db.query<HoldingRow>(HOLDINGS, [sight.clients, sight.entities]);
  if (rows.length > HOLDINGS_MAX) throw problem('TRACE_TOO_WIDE', { max: HOLDINGS_MAX });
  return rows.map(({ held_quantity, held_value, lot_quantity, lot_value, ...row }) => ({
    ...row,
    position: { quantity: held_quantity, value: BigInt(held_value) },
    lots: { quantity: lot_quantity, value: BigInt(lot_value) },
  }));
}

/** Levels of the account tree, from the firm down, with what tells one's holdings apart from another's. */
export const ACCOUNT_LEVELS = ['firm', 'client', 'master', 'sub', 'business'] as const;
export type AccountLevel = (typeof ACCOUNT_LEVELS)[number];

export function idAt(level: AccountLevel, row: Pick<Holding, 'client' | 'master' | 'sub' | 'account'>): string {
  const { client, master, sub, account } = row;
  return level === 'firm' ? 'firm' : String({ client, master, sub, business: account }[level]);
}

const labelAt = (level: AccountLevel, row: Holding): string =>
  ({
    firm: 'firm',
    client: row.token,
    master: `${row.token} ${row.master}`,
    sub: `${row.token} ${row.sub_code}`,
    business: row.account_code,
  })[level];

const below = (level: AccountLevel): LevelName => ACCOUNT_LEVELS[ACCOUNT_LEVELS.indexOf(level) + 1] ?? 'contract';

/**
 * A level over its holdings: its amount is that of the positions of record, its children's sum that of the contracts' open
 * lots. Quantities must equal what the batches booked as well, listing by listing: errors of two listings never cancel.
 */
export function accountLevel(gauge: Gauge, level: AccountLevel, rows: readonly Holding[]): Worked {
  const first = rows[0];
  const under = below(level);
  const children =
    under === 'contract'
      ? rows.reduce((sum, row) => sum + row.contracts, 0)
      : new Set(rows.map((row) => idAt(under as AccountLevel, row))).size;
  return {
    level,
    id: first === undefined ? 'firm' : idAt(level, first),
    label: first === undefined ? level : labelAt(level, first),
    path: first === undefined || level === 'firm' ? null : `/accounts/${first.master}`,
    amount: sumOf(rows.map((row) => gauge.of(row.position, row))),
    children,
    childrenSum: sumOf(rows.map((row) => gauge.of(row.lots, row))),
    agrees: rows.every((row) => isWhole(gauge, row)),
  };
}

function isWhole({ measure }: Gauge, { position, lots, traded }: Holding): boolean {
  if (measure === 'cost') return position.value === lots.value;
  return position.quantity === lots.quantity && position.quantity === traded;
}

/** The children of an account level in the tree, as levels of their own. */
export function accountChildren(gauge: Gauge, level: AccountLevel, rows: readonly Holding[]): Worked[] {
  const under = below(level) as AccountLevel;
  return [...Map.groupBy(rows, (row) => idAt(under, row)).values()].map((own) => accountLevel(gauge, under, own));
}
