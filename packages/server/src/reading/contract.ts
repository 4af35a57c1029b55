import type { AnswerOf } from '@meridian/api';
import type { Queryable } from '@meridian/store';
import { amountText, instantText, orNull, priceText, rateText, valueMinor } from './figure.ts';
import type { PageAsk } from './page.ts';
import type { Sight } from './sight.ts';

/** Contracts of record (合约) with their lots, and what the last batch that touched them found them worth. */

type ContractLine = AnswerOf<'GET /v1/contracts'>['items'][number];
type ContractDetail = AnswerOf<'GET /v1/contracts/{contract}'>;

export interface ContractRow {
  readonly contract: bigint;
  readonly uti: string;
  readonly client: bigint | null;
  readonly token: string | null;
  readonly account: bigint | null;
  readonly account_code: string | null;
  readonly entity: bigint;
  readonly hedge_entity: bigint;
  readonly back_to_back_of: bigint | null;
  readonly back_to_back: bigint | null;
  readonly listing: bigint;
  readonly mic: string;
  readonly symbol: string;
  readonly quote: string;
  readonly side: 'long' | 'short';
  readonly basis: string;
  readonly settlement_currency: string;
  readonly state: 'open' | 'closed';
  readonly opened_on: string;
  readonly closed_on: string | null;
  readonly version: bigint;
  readonly terms: Record<string, unknown>;
  readonly quantity: bigint;
  /** Σ quantity × price × opening FX of the open lots, 18 decimals, ≥ 0. */
  readonly value: string;
  readonly mark: bigint | null;
  readonly mark_on: string | null;
  readonly mtm: bigint | null;
  readonly exposure: bigint | null;
  readonly notional: bigint | null;
}

/** Figures of the valuation come from the attempt that is live for the batch of the contract's present version. */
const CONTRACT = `
  SELECT c.contract, c.uti, c.client, k.token, c.account, b.code AS account_code, c.entity, c.hedge_entity, c.back_to_back_of,
         x.contract AS back_to_back, c.listing, l.mic, l.code AS symbol, l.quote, c.side, c.basis,
         c.settlement_currency, c.state, c.opened_on, c.closed_on, c.version, c.terms,
         coalesce(s.quantity, 0)::bigint AS quantity, coalesce(s.value, 0)::text AS value,
         v.mark, v.clearing_date AS mark_on, v.mtm, v.exposure, v.notional
    FROM accounts.contract c
    LEFT JOIN accounts.client k ON k.client = c.client
    LEFT JOIN accounts.business_account b ON b.account = c.account
    LEFT JOIN accounts.contract x ON x.back_to_back_of = c.contract
    JOIN LATERAL (SELECT mic, code, quote FROM reference.listing WHERE listing = c.listing ORDER BY valid_from DESC LIMIT 1) l ON true
    LEFT JOIN LATERAL (
      SELECT sum(o.quantity_open) AS quantity, sum(o.quantity_open::numeric * o.price * coalesce(o.fx_rate, 10000000000)) AS value
        FROM accounts.contract_lot o WHERE o.contract = c.contract) s ON true
    LEFT JOIN LATERAL (
      SELECT q.clearing_date, w.mark, w.mtm, w.exposure, w.notional
        FROM accounts.contract_version e
        JOIN clearing.batch q ON q.batch = e.batch
        JOIN clearing.step_run r ON r.batch = q.batch AND r.attempt = q.live_attempt AND r.name = 'value' AND r.state <> 'failed'
        JOIN clearing.valuation w ON w.batch = q.batch AND w.attempt = r.data_attempt AND w.contract = c.contract
       WHERE e.contract = c.contract AND e.version = c.version) v ON true`;

/** A back-to-back belongs to the house: a client's user sees none, and both its entities do. */
const IN_SIGHT = `($1::bigint[] IS NULL OR c.client = ANY ($1)) AND (c.entity = ANY ($2) OR c.back_to_back_of IS NOT NULL AND c.hedge_entity = ANY ($2))`;

export async function contracts(
  db: Queryable,
  sight: Sight,
  filter: { readonly client?: string; readonly account?: string; readonly state?: unknown },
  ask: PageAsk,
): Promise<ContractRow[]> {
  const { rows } = await db.query<ContractRow>(
    `${CONTRACT}
      WHERE ${IN_SIGHT} AND ($3::bigint IS NULL OR c.client = $3) AND ($4::bigint IS NULL OR c.account = $4)
        AND ($5::text IS NULL OR c.state = $5) AND c.contract > $6
        AND NOT EXISTS (SELECT 1 FROM accounts.contract_version f JOIN accounts.published_batch p ON p.batch = f.batch
                         WHERE f.contract = c.contract AND f.version = 1 AND p.command_no > $7)
      ORDER BY c.contract LIMIT $8`,
    [
      ...[
        sight.clients,
        sight.entities,
        filter.client ?? null,
        filter.account ?? null,
        filter.state === undefined ? null : String(filter.state),
      ],
      ...[ask.after?.[0] ?? 0n, ask.asOf, ask.limit],
    ],
  );
  return rows;
}

export async function contractRow(db: Queryable, contract: string): Promise<ContractRow | undefined> {
  return (await db.query<ContractRow>(`${CONTRACT} WHERE c.contract = $1`, [contract])).rows[0];
}

export async function contractOwner(
  db: Queryable,
  contract: string,
): Promise<{ readonly client: bigint | null; readonly entity: bigint } | undefined> {
  const { rows } = await db.query<{ client: bigint | null; entity: bigint }>(
    'SELECT client, entity FROM accounts.contract WHERE contract = $1',
    [contract],
  );
  return rows[0];
}

/** Quantity, cost and worth carry the contract's sign: a short is negative. Money in settlement currency. */
export function contractLine(row: ContractRow): ContractLine {
  const sign = row.side === 'long' ? 1n : -1n;
  const currency = row.settlement_currency;
  const money = (minor: bigint) => amountText(minor, currency);
  const quoted = row.basis === 'quanto' ? null : sign * valueMinor(BigInt(row.value), row.quote, currency);
  return {
    ...{ contract: String(row.contract), uti: row.uti, client: orNull(row.client, String), token: row.token },
    ...{ account: orNull(row.account, String), accountCode: row.account_code, entity: String(row.entity) },
    ...{ hedgeEntity: String(row.hedge_entity), backToBackOf: orNull(row.back_to_back_of, String) },
    ...{ backToBack: orNull(row.back_to_back, String), listing: String(row.listing), market: row.mic, symbol: row.symbol },
    ...{ side: row.side, basis: row.basis, currency, quoteCurrency: row.quote, state: row.state },
    ...{ openedOn: row.opened_on, closedOn: row.closed_on, quantity: String(sign * row.quantity) },
    notional: orNull(row.notional, money),
    cost: orNull(quoted, money),
    mark: orNull(row.mark, priceText),
    markOn: row.mark_on,
    worth: orNull(row.exposure, (exposure) => money(sign * exposure)),
    profit: orNull(row.mtm, money),
    version: Number(row.version),
  };
}

interface LotRow {
  readonly lot: number;
  readonly trade_date: string;
  readonly quantity_open: bigint;
  readonly quantity: bigint;
  readonly price: bigint;
  readonly fx_rate: bigint | null;
  readonly fx_at: bigint | null;
}

export async function contractDetail(db: Queryable, row: ContractRow): Promise<ContractDetail> {
  const lots = await db.query<LotRow>(
    `SELECT lot, trade_date, quantity_open, quantity, price, fx_rate, fx_at FROM accounts.contract_lot
      WHERE contract = $1 ORDER BY lot LIMIT 10000`,
    [row.contract],
  );
  const versions = await db.query<{ version: bigint; batch: string; economics: Record<string, unknown> }>(
    `SELECT version, batch, economics FROM accounts.contract_version WHERE contract = $1 ORDER BY version DESC LIMIT 1000`,
    [row.contract],
  );
  return {
    contract: contractLine(row),
    terms: row.terms,
    lots: lots.rows.map((lot) => ({
      ...{ lot: lot.lot, tradeDate: lot.trade_date, quantityOpen: String(lot.quantity_open), quantity: String(lot.quantity) },
      ...{ price: priceText(lot.price), fxRate: orNull(lot.fx_rate, rateText), fxAt: orNull(lot.fx_at, instantText) },
    })),
    versions: versions.rows.map(({ version, batch, economics }) => ({ version: Number(version), batch, economics })),
  };
}
