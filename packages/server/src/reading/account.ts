import { availableToTrade, type SubFunds, withdrawable } from '@meridian/accounts';
import type { AnswerOf } from '@meridian/api';
import type { MasterSnapshot, PositionSnapshot, RiskSnapshot } from '@meridian/risk';
import type { Queryable } from '@meridian/store';
import { amountText, instantText, orNull, priceText, riskText } from './figure.ts';
import type { PageAsk } from './page.ts';
import type { Sight } from './sight.ts';

/** Master accounts (总资金账户) and what lies under them. UA-1, UA-2, UA-3 */

export interface MasterRow {
  readonly master: bigint;
  readonly client: bigint;
  readonly token: string;
  readonly entity: bigint;
  readonly base_currency: string;
  readonly state: string;
  readonly jurisdiction: string;
  readonly subs: number;
}

const MASTER = `
  SELECT m.master, m.client, c.token, m.entity, m.base_currency, m.state, c.jurisdiction,
         (SELECT count(*)::int FROM accounts.sub_account s WHERE s.master = m.master) AS subs
    FROM accounts.master_account m JOIN accounts.client c ON c.client = m.client`;

export async function masters(db: Queryable, sight: Sight, client: string | undefined, ask: PageAsk): Promise<MasterRow[]> {
  const { rows } = await db.query<MasterRow>(
    `${MASTER}
      WHERE ($1::bigint[] IS NULL OR m.client = ANY ($1)) AND m.entity = ANY ($2) AND ($3::bigint IS NULL OR m.client = $3)
        AND m.master > $4
        AND m.master::text NOT IN (SELECT o.body ->> 'master' FROM accounts.command o WHERE o.no > $5 AND o.kind = 'open-master')
      ORDER BY m.master LIMIT $6`,
    [sight.clients, sight.entities, client ?? null, ask.after?.[0] ?? 0n, ask.asOf, ask.limit],
  );
  return rows;
}

export async function masterRow(db: Queryable, master: string): Promise<MasterRow | undefined> {
  return (await db.query<MasterRow>(`${MASTER} WHERE m.master = $1`, [master])).rows[0];
}

type AccountLine = AnswerOf<'GET /v1/accounts'>['items'][number];

export function accountLine(row: MasterRow, risk: RiskSnapshot): AccountLine {
  const found = riskOf(risk, row.master);
  return {
    ...{ master: String(row.master), client: String(row.client), token: row.token, entity: String(row.entity) },
    ...{ currency: row.base_currency, state: row.state, subs: row.subs, ...marginOf(found) },
  };
}

export const riskOf = (risk: RiskSnapshot, master: bigint): MasterSnapshot | undefined =>
  risk.masters.find((each) => each.master === Number(master));

const marginOf = (found: MasterSnapshot | undefined) => ({
  equity: orNull(found, (of) => riskText(of.equity, of.currency)),
  requirement: orNull(found, (of) => riskText(of.requirement, of.currency)),
  ratioPpm: bounded(found?.ratio),
});

/** A ratio beyond a thousand says no more than a thousand: the scale of the interface ends there. */
const PPM_MAX = 1_000_000_000;
export const bounded = (ppm: number | null | undefined): number | null =>
  ppm === null || ppm === undefined ? null : Math.max(-PPM_MAX, Math.min(PPM_MAX, ppm));

type AccountTree = AnswerOf<'GET /v1/accounts/{master}'>;
type SubNode = AccountTree['subs'][number];
type BusinessNode = SubNode['business'][number];
type PositionLine = BusinessNode['positions'][number];

interface SubRow {
  readonly sub: bigint;
  readonly code: string;
  readonly pool: string;
  readonly state: string;
}
interface BusinessRow {
  readonly account: bigint;
  readonly sub: bigint;
  readonly code: string;
  readonly type: string;
  readonly basis: string;
  readonly settlement_currency: string;
  readonly state: string;
  readonly margin_ppm: bigint;
  readonly contracts: number;
}
interface PositionRow {
  readonly account: bigint;
  readonly listing: bigint;
  readonly quantity: bigint;
  readonly provisional_quantity: bigint;
  readonly mic: string;
  readonly symbol: string;
}

/** The whole tree of one master account in five statements, with the risk fold's worth beside the books' quantities. */
export async function accountTree(
  db: Queryable,
  row: MasterRow,
  risk: RiskSnapshot,
  positions: readonly PositionSnapshot[],
): Promise<Omit<AccountTree, 'name' | 'version'>> {
  const { rows: subs } = await db.query<SubRow>(
    'SELECT sub, code, pool, state FROM accounts.sub_account WHERE master = $1 ORDER BY sub LIMIT 200',
    [row.master],
  );
  const { rows: business } = await db.query<BusinessRow>(
    `SELECT b.account, b.sub, b.code, b.type, b.basis, b.settlement_currency, b.state, b.margin_ppm,
            (SELECT count(*)::int FROM accounts.contract c WHERE c.account = b.account AND c.state = 'open') AS contracts
       FROM accounts.business_account b WHERE b.master = $1 ORDER BY b.account LIMIT 5000`,
    [row.master],
  );
  const { rows: held } = await db.query<PositionRow>(
    `SELECT p.account, p.listing, p.quantity, p.provisional_quantity, l.mic, l.code AS symbol
       FROM accounts.position p
       JOIN accounts.business_account b ON b.account = p.account AND b.master = $1
       JOIN LATERAL (SELECT mic, code FROM reference.listing WHERE listing = p.listing ORDER BY valid_from DESC LIMIT 1) l ON true
      WHERE p.quantity <> 0 OR p.provisional_quantity <> 0 ORDER BY p.account, l.mic, l.code LIMIT 20000`,
    [row.master],
  );
  const funds = await fundsOf(
    db,
    subs.map(({ sub }) => sub),
  );
  const lines = Map.groupBy(held, ({ account }) => account);
  const nodes = Map.groupBy(business, ({ sub }) => sub);
  const found = riskOf(risk, row.master);
  const prices = new Map(risk.underlyings.map(({ listing, price }) => [listing, price]));
  const worthOf = new Map(positions.map((each) => [`${each.account}/${each.listing}`, each]));
  return {
    ...{ master: String(row.master), client: String(row.client), token: row.token, entity: String(row.entity) },
    ...{ currency: row.base_currency, state: row.state, jurisdiction: row.jurisdiction, ...marginOf(found) },
    leveragePpm: bounded(found?.leverage),
    subs: subs.map(
      (sub): SubNode => ({
        ...{ sub: String(sub.sub), code: sub.code, pool: sub.pool, state: sub.state },
        funds: (funds.get(sub.sub) ?? []).slice(0, 20).map(fundsLine),
        business: (nodes.get(sub.sub) ?? []).slice(0, 500).map((node) => ({
          ...{ account: String(node.account), code: node.code, type: node.type, basis: node.basis },
          ...{ currency: node.settlement_currency, state: node.state, marginPpm: Number(node.margin_ppm) },
          contracts: node.contracts,
          positions: (lines.get(node.account) ?? [])
            .slice(0, 1_000)
            .map((line) =>
              positionLine(line, node.settlement_currency, worthOf.get(`${line.account}/${line.listing}`), prices),
            ),
        })),
      }),
    ),
    asOf: risk.at === 0 ? null : instantText(risk.at),
  };
}

function positionLine(
  row: PositionRow,
  currency: string,
  known: PositionSnapshot | undefined,
  prices: ReadonlyMap<number, number | null>,
): PositionLine {
  const price = prices.get(Number(row.listing));
  // The fold answers for booked and provisional together; where it stands elsewhere, its money is not this line's.
  const risk = known?.quantity === Number(row.quantity + row.provisional_quantity) ? known : undefined;
  return {
    ...{ listing: String(row.listing), market: row.mic, symbol: row.symbol, currency },
    ...{ quantity: String(row.quantity), provisional: String(row.provisional_quantity) },
    cost: orNull(risk, (of) => riskText(of.cost, of.currency)),
    worth: orNull(risk, (of) => riskText(of.worth, of.currency)),
    profit: orNull(risk, (of) => riskText(of.profit, of.currency)),
    price: orNull(price, (of) => priceText(BigInt(Math.round(of)))),
  };
}

type FundsRow = SubFunds & { readonly sub: bigint };

/** Cash of several sub accounts at once, as `subFunds` of the account centre reads one; a test holds the two together. */
export async function fundsOf(db: Queryable, subs: readonly bigint[]): Promise<Map<bigint, SubFunds[]>> {
  const { rows } = await db.query<FundsRow>(FUNDS, [subs]);
  return Map.groupBy(rows, ({ sub }) => sub);
}

const FUNDS = `
  WITH money AS (
    SELECT sub, currency,
           -sum(posted) FILTER (WHERE code = '2010') AS free, sum(pending_debit) FILTER (WHERE code = '2010') AS pending_free,
           -sum(posted) FILTER (WHERE code = '2011') AS granted, sum(pending_debit) FILTER (WHERE code = '2011') AS pending_granted,
           -sum(posted) FILTER (WHERE code = '2012') AS initial_margin, -sum(posted) FILTER (WHERE code = '2013') AS variation_margin,
           -sum(posted) FILTER (WHERE code = '2014') AS leaving, sum(posted) FILTER (WHERE code = '1050') AS owed
      FROM accounts.ledger_account WHERE sub = ANY ($1) GROUP BY sub, currency),
  loss AS (
    SELECT c.sub, a.currency, greatest(sum(a.posted), 0) AS loss
      FROM accounts.contract c JOIN accounts.ledger_account a ON a.contract = c.contract AND a.entity = c.entity
     WHERE c.sub = ANY ($1) AND a.code = '1100' GROUP BY c.sub, a.currency),
  calls AS (
    SELECT s.sub, m.currency, sum(m.amount) AS calls
      FROM accounts.margin_call m JOIN accounts.sub_account s ON s.master = m.master
     WHERE s.sub = ANY ($1) AND m.state = 'raised' GROUP BY s.sub, m.currency)
  SELECT m.sub, m.currency, coalesce(free, 0)::bigint AS free, coalesce(pending_free, 0)::bigint AS "pendingFree",
         coalesce(granted, 0)::bigint AS granted, coalesce(pending_granted, 0)::bigint AS "pendingGranted",
         coalesce(initial_margin, 0)::bigint AS "initialMargin", coalesce(variation_margin, 0)::bigint AS "variationMargin",
         coalesce(leaving, 0)::bigint AS leaving, coalesce(owed, 0)::bigint AS owed,
         coalesce(loss, 0)::bigint AS "unrealisedLoss", coalesce(calls, 0)::bigint AS "openCalls"
    FROM money m LEFT JOIN loss USING (sub, currency) LEFT JOIN calls USING (sub, currency) ORDER BY m.sub, m.currency`;

/** balance = free + held (granted to nodes, leaving) + margin locked: 2010 + 2011 + 2014 + 2012 + 2013. */
function fundsLine(funds: SubFunds): SubNode['funds'][number] {
  const { currency, free, granted, leaving, initialMargin, variationMargin } = funds;
  const text = (minor: bigint) => amountText(minor, currency);
  const margin = initialMargin + variationMargin;
  return {
    currency,
    balance: text(free + granted + leaving + margin),
    held: text(granted + leaving),
    margin: text(margin),
    available: text(availableToTrade(funds)),
    withdrawable: text(withdrawable(funds)),
  };
}

/** The name a client bears on a date; it stands apart from everything else. DS-4 */
export async function clientName(
  db: Queryable,
  client: string,
  on: string,
): Promise<{ readonly name_zh: string; readonly name_en: string } | undefined> {
  const { rows } = await db.query<{ name_zh: string; name_en: string }>(
    `SELECT name_zh, name_en FROM accounts.client_name WHERE client = $1 AND valid_from <= $2 ORDER BY valid_from DESC LIMIT 1`,
    [client, on],
  );
  return rows[0];
}

export async function clientOwner(
  db: Queryable,
  client: string,
): Promise<{ readonly client: bigint; readonly entity: bigint } | undefined> {
  const { rows } = await db.query<{ client: bigint; entity: bigint }>(
    'SELECT client, entity FROM accounts.client WHERE client = $1',
    [client],
  );
  return rows[0];
}
