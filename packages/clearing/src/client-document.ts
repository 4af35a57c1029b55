import type { Queryable } from '@meridian/store';
import { both, number, text } from './document/column.ts';
import { amountCell, numberCell, type ReportDocument, type Section } from './document/document.ts';

/** What a client's documents of a day share: the published batches they tell of, the parties, and what was charged. */

/** A published batch that a client day closes over. */
export interface DayBatch {
  readonly batch: string;
  readonly attempt: number;
  readonly market: string;
  readonly date: string;
}

export interface Party {
  readonly token: string;
  readonly entity_zh: string;
  readonly entity_en: string;
  readonly name_zh: string | null;
  readonly name_en: string | null;
}

/** The day's rows of a dataset: each published batch's, under the attempt that computed them. */
export const LIVE = `
  WITH live AS (SELECT b.batch, b.market, b.clearing_date, r.name, r.data_attempt FROM clearing.batch b
     JOIN clearing.step_run r ON r.batch = b.batch AND r.attempt = b.live_attempt AND r.state <> 'failed'
    WHERE b.batch = ANY ($1))`;

export async function partyOf(db: Queryable, client: bigint, date: string): Promise<Party> {
  const { rows } = await db.query<Party>(
    `SELECT c.token, e.name_zh AS entity_zh, e.name_en AS entity_en, n.name_zh, n.name_en FROM accounts.client c
       JOIN LATERAL (SELECT name_zh, name_en FROM reference.entity WHERE entity = c.entity ORDER BY valid_from DESC LIMIT 1) e ON true
       LEFT JOIN LATERAL (SELECT name_zh, name_en FROM accounts.client_name n WHERE n.client = c.client AND n.valid_from <= $2
                           ORDER BY n.valid_from DESC LIMIT 1) n ON true
      WHERE c.client = $1`,
    [client, date],
  );
  return rows[0] as Party;
}

export function identityOf(party: Party, date: string): ReportDocument['identity'] {
  const line = (zh: string, en: string, value: string) => ({ label: both(zh, en), value });
  return [
    line('客户', 'Client', party.token),
    line('名称', 'Name', [party.name_zh, party.name_en].filter((name) => name !== null).join(' ') || '—'),
    line('交易对手', 'Counterparty', `${party.entity_zh} ${party.entity_en}`),
    line('会计日', 'Business date', date),
  ];
}

/** What the day charged, by listing. */
export async function feeSection(db: Queryable, client: bigint, ids: readonly string[]): Promise<Section> {
  const { rows } = await db.query<{ code: string; listing: string; currency: string; charges: bigint; amount: bigint }>(
    `${LIVE} SELECT f.code, l.code AS listing, f.currency, count(*) AS charges, sum(f.amount)::bigint AS amount
       FROM live p JOIN clearing.fee f ON (f.batch, f.attempt) = (p.batch, p.data_attempt) AND f.payer = 'client'
       JOIN accounts.business_account b ON b.account = f.account AND b.client = $2
       JOIN LATERAL (SELECT code FROM reference.listing WHERE listing = f.listing LIMIT 1) l ON true
      WHERE p.name = 'fee' GROUP BY f.code, l.code, f.currency ORDER BY l.code, f.code, f.currency`,
    [[...ids], client],
  );
  return {
    title: both('费用', 'Fees'),
    columns: [
      ...[text('标的', 'listing'), text('项目', 'charge'), number('笔数', 'charges'), text('币种', 'currency')],
      number('金额', 'amount'),
    ],
    rows: rows.map((row) => [
      ...[row.listing, FEES[row.code] ?? row.code, numberCell(row.charges), row.currency, amountCell(row.amount, row.currency)],
    ]),
  };
}

const FEES: Readonly<Record<string, string>> = {
  COMMISSION: '佣金 commission',
  SEC31: '美国证监会规费 SEC Section 31',
  TAF: '交易活动费 FINRA TAF',
};
