import { chartRow } from '@meridian/accounts';
import type { Queryable } from '@meridian/store';
import { both, code, number, text } from './document/column.ts';
import { amountCell, numberCell, rateCell, type Section, word } from './document/document.ts';

/** The figures of a batch's report: fees, contracts, margin, hedges, obligations, postings. */

export async function feesSection(db: Queryable, batch: string, data: number): Promise<Section> {
  const { rows } = await db.query<{ payer: string; code: string; currency: string; charges: bigint; amount: bigint }>(
    `SELECT payer, code, currency, count(*) AS charges, sum(amount)::bigint AS amount FROM clearing.fee
      WHERE batch = $1 AND attempt = $2 GROUP BY payer, code, currency ORDER BY payer, code, currency`,
    [batch, data],
  );
  return {
    title: both('费用', 'Fees'),
    columns: [
      ...[text('承担方', 'payer'), text('项目', 'charge'), text('币种', 'currency'), number('笔数', 'charges')],
      number('金额', 'amount'),
    ],
    rows: rows.map((row) => [
      ...[row.payer === 'client' ? '客户 client' : '自营 house', row.code, row.currency, numberCell(row.charges)],
      amountCell(row.amount, row.currency),
    ]),
  };
}

interface ContractRow {
  readonly contract: bigint;
  readonly code: string;
  readonly side: string;
  readonly back_to_back_of: bigint | null;
  readonly currency: string;
  readonly quantity_before: bigint;
  readonly quantity: bigint;
  readonly mark: bigint;
  readonly fx_rate: bigint;
  readonly mtm_before: bigint;
  readonly mtm: bigint;
  readonly realised: bigint;
  readonly accrual: bigint;
  readonly settled: bigint;
}

export async function contractsSection(db: Queryable, batch: string, process: number, value: number): Promise<Section> {
  const { rows } = await db.query<ContractRow>(
    `SELECT c.contract, l.code, c.side, c.back_to_back_of, v.currency, c.quantity_before, c.quantity, v.mark, v.fx_rate,
            v.mtm_before, v.mtm, c.realised, c.accrual, c.settled
       FROM clearing.contract_state c
       JOIN clearing.valuation v ON (v.batch, v.contract) = (c.batch, c.contract) AND v.attempt = $3
       JOIN LATERAL (SELECT code FROM reference.listing WHERE listing = c.listing LIMIT 1) l ON true
      WHERE c.batch = $1 AND c.attempt = $2 ORDER BY c.contract`,
    [batch, process, value],
  );
  return {
    title: both('合约：盯市与融资', 'Contracts: marks and financing'),
    note: both(
      '金额以客户为视角，正数为客户所得；b2b 为背对背合约。',
      'Money as the client sees it, + it receives; b2b: back-to-back.',
    ),
    columns: [
      ...[
        code('合约', 'contract'),
        text('标的', 'listing'),
        text('方向', 'side'),
        number('期初', 'before'),
        number('期末', 'after'),
      ],
      ...[number('收盘价', 'mark'), number('汇率', 'FX'), text('币种', 'currency'), number('盯市变动', 'MTM change')],
      ...[number('已实现', 'realised'), number('融资计提', 'accrual'), number('融资结算', 'settled')],
    ],
    rows: rows.map((row) => [
      ...[row.back_to_back_of === null ? String(row.contract) : `${row.contract} b2b`, row.code, word(row.side)],
      ...[numberCell(row.quantity_before), numberCell(row.quantity), rateCell(row.mark, 8), rateCell(row.fx_rate, 10)],
      ...[row.currency, amountCell(row.mtm - row.mtm_before, row.currency), amountCell(row.realised, row.currency)],
      ...[amountCell(row.accrual, row.currency), amountCell(row.settled, row.currency)],
    ]),
  };
}

export async function marginSection(db: Queryable, batch: string, process: number, value: number): Promise<Section> {
  const { rows } = await db.query<{
    token: string;
    currency: string;
    locked: bigint;
    requirement: bigint;
    maintenance: bigint;
    equity: bigint;
    calls: string | null;
  }>(
    `SELECT cl.token, v.currency, sum(v.margin)::bigint AS locked, sum(v.requirement)::bigint AS requirement,
            sum(v.maintenance)::bigint AS maintenance, sum(v.margin + v.mtm - c.financing)::bigint AS equity,
            (SELECT string_agg(m.id || ' ' || m.state, ', ' ORDER BY m.id) FROM accounts.margin_call m
              WHERE m.client = cl.client AND m.currency = v.currency AND m.state = 'raised') AS calls
       FROM clearing.contract_state c
       JOIN clearing.valuation v ON (v.batch, v.contract) = (c.batch, c.contract) AND v.attempt = $3
       JOIN accounts.business_account b ON b.account = c.account
       JOIN accounts.client cl ON cl.client = b.client
      WHERE c.batch = $1 AND c.attempt = $2 AND c.back_to_back_of IS NULL
      GROUP BY cl.client, cl.token, v.currency ORDER BY cl.token, v.currency`,
    [batch, process, value],
  );
  return {
    title: both('保证金与追保', 'Margin and calls'),
    note: both(
      '权益 = 已锁保证金 + 盯市 − 未结融资（仅本市场合约）。',
      "Equity = locked margin + marks − open financing, this market's contracts only.",
    ),
    columns: [
      ...[text('客户', 'client'), text('币种', 'currency'), number('已锁', 'locked'), number('权益', 'equity')],
      ...[number('初始要求', 'initial requirement'), number('维持要求', 'maintenance'), text('在途追保', 'open calls')],
    ],
    rows: rows.map((row) => [
      ...[row.token, row.currency, amountCell(row.locked, row.currency), amountCell(row.equity, row.currency)],
      ...[amountCell(row.requirement, row.currency), amountCell(row.maintenance, row.currency), row.calls],
    ]),
  };
}

export async function inventorySection(db: Queryable, batch: string, process: number, value: number): Promise<Section> {
  const { rows } = await db.query<{
    code: string;
    route: bigint;
    currency: string;
    bought: bigint;
    sold: bigint;
    quantity: bigint;
    cost_minor: bigint;
    fair_value: bigint;
  }>(
    `SELECT l.code, i.route, i.currency, i.bought, i.sold, i.quantity, i.cost_minor, m.fair_value
       FROM clearing.inventory i
       JOIN clearing.inventory_mark m ON (m.batch, m.route, m.listing) = (i.batch, i.route, i.listing) AND m.attempt = $3
       JOIN LATERAL (SELECT code FROM reference.listing WHERE listing = i.listing LIMIT 1) l ON true
      WHERE i.batch = $1 AND i.attempt = $2 ORDER BY l.code, i.route`,
    [batch, process, value],
  );
  return {
    title: both('对冲持仓', 'Hedge inventory'),
    columns: [
      ...[
        text('标的', 'listing'),
        number('通道', 'route'),
        number('买入', 'bought'),
        number('卖出', 'sold'),
        number('持有', 'held'),
      ],
      ...[text('币种', 'currency'), number('成本', 'cost'), number('公允变动', 'fair-value adjustment')],
    ],
    rows: rows.map((row) => [
      ...[row.code, numberCell(row.route), numberCell(row.bought), numberCell(row.sold), numberCell(row.quantity)],
      ...[row.currency, amountCell(row.cost_minor, row.currency), amountCell(row.fair_value, row.currency)],
    ]),
  };
}

export async function obligationsSection(db: Queryable, batch: string, data: number): Promise<Section> {
  const { rows } = await db.query<{
    kind: string;
    value_date: string;
    counterparty: bigint;
    code: string | null;
    currency: string | null;
    amount: bigint;
    trades: number;
  }>(
    `SELECT o.kind, o.value_date, o.counterparty, l.code, o.currency, o.amount, o.trades FROM clearing.obligation o
       LEFT JOIN LATERAL (SELECT code FROM reference.listing WHERE listing = o.listing LIMIT 1) l ON true
      WHERE o.batch = $1 AND o.attempt = $2 ORDER BY o.value_date, o.kind, o.no`,
    [batch, data],
  );
  return {
    title: both('交收义务', 'Obligations by value date'),
    note: both('正数为本方应收。', '+ the house receives.'),
    columns: [
      ...[
        text('交收日', 'value date'),
        text('类别', 'kind'),
        number('通道', 'route'),
        text('标的或币种', 'listing or currency'),
      ],
      ...[number('数量或金额', 'quantity or amount'), number('笔数', 'trades')],
    ],
    rows: rows.map((row) => [
      ...[row.value_date, row.kind === 'cash' ? '资金 cash' : '证券 securities', numberCell(row.counterparty)],
      ...[row.code ?? row.currency, row.currency === null ? numberCell(row.amount) : amountCell(row.amount, row.currency)],
      numberCell(row.trades),
    ]),
  };
}

/** Booking entities as people call them: "1 母公司 Parent". */
export async function entityNames(db: Queryable): Promise<(entity: bigint) => string> {
  const { rows } = await db.query<{ entity: bigint; name_zh: string; name_en: string }>(
    'SELECT DISTINCT ON (entity) entity, name_zh, name_en FROM reference.entity ORDER BY entity, valid_from DESC',
  );
  const names = new Map(rows.map((row) => [row.entity, `${row.entity} ${row.name_zh} ${row.name_en}`]));
  return (entity) => names.get(entity) ?? String(entity);
}

/** "2010 客户可用资金 Client money, free", from the chart of accounts. */
function accountName(account: string): string {
  const row = chartRow(account);
  return row === undefined ? account : `${account} ${row.zh} ${row.en}`;
}

export async function postingsSection(db: Queryable, batch: string, data: number): Promise<Section> {
  const { rows } = await db.query<{ entity: bigint; rule: string; dr: string; cr: string; currency: string; amount: bigint }>(
    `SELECT entity, rule, debit ->> 'code' AS dr, credit ->> 'code' AS cr, currency, sum(amount)::bigint AS amount
       FROM clearing.posting_line WHERE batch = $1 AND attempt = $2 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5`,
    [batch, data],
  );
  const nameOf = await entityNames(db);
  return {
    title: both('记账分录（按规则）', 'Postings by rule'),
    columns: [
      ...[text('主体', 'entity'), text('规则', 'rule'), text('借', 'Dr'), text('贷', 'Cr'), text('币种', 'currency')],
      number('金额', 'amount'),
    ],
    rows: rows.map((row) => [
      ...[nameOf(row.entity), row.rule, accountName(row.dr), accountName(row.cr), row.currency],
      amountCell(row.amount, row.currency),
    ]),
  };
}
