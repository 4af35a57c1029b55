import type { Queryable } from '@meridian/store';
import { type DayBatch, feeSection, identityOf, LIVE, partyOf } from './client-document.ts';
import { both, code, number, text } from './document/column.ts';
import { amountCell, type Cell, moment, numberCell, type ReportDocument, rateCell, type Section } from './document/document.ts';

/** Client statement of the day (日终结算单): cash, movements, contracts at as-of marks per market, margin. CL-f, CL-5. */
export async function statement(
  db: Queryable,
  client: bigint,
  date: string,
  batches: readonly DayBatch[],
): Promise<{ readonly token: string; readonly document: ReportDocument }> {
  const party = await partyOf(db, client, date);
  const ids = batches.map((row) => row.batch);
  const document: ReportDocument = {
    kind: 'statement',
    title: both('日终结算单', 'Daily statement'),
    subtitle: `${party.token} · ${date}`,
    verdict: { tone: 'good', text: both('已结算', 'Closed') },
    identity: [
      ...identityOf(party, date),
      ...(await marksOf(db, batches)).map((value) => ({ label: both('估值时点', 'Marks as of'), value })),
    ],
    sections: [
      await cashSection(db, client, date),
      await movementSection(db, client, date),
      await contractSection(db, client, ids),
      await marginSection(db, client, ids),
      await feeSection(db, client, ids),
      await callSection(db, client),
    ],
    footer: both(
      '如有异议，请于收到后一个营业日内提出；逾期视为确认。',
      'Please raise any objection within one business day of receipt; otherwise the statement counts as agreed.',
    ),
  };
  return { token: party.token, document };
}

async function marksOf(db: Queryable, batches: readonly DayBatch[]): Promise<string[]> {
  const { rows } = await db.query<{ market: string; trade_date: string; cut_at: bigint }>(
    `SELECT d.market, d.trade_date, d.cut_at FROM accounts.market_day d
       JOIN jsonb_to_recordset($1::jsonb) AS b (market text, date date) ON b.market = d.market AND b.date = d.trade_date
      ORDER BY d.market`,
    [{ json: batches }],
  );
  return rows.map((row) => {
    const at = moment(Number(row.cut_at));
    return at.startsWith(row.trade_date) ? `${row.market} ${at}` : `${row.market} ${row.trade_date} · ${at}`;
  });
}

const CLIENT_MONEY = `('2010', '2011', '2012', '2013', '2014')`;

/** What the firm owes the client in cash, by sub account and currency: before the day, of the day, after. */
async function cashSection(db: Queryable, client: bigint, date: string): Promise<Section> {
  const { rows } = await db.query<
    Record<'code' | 'currency', string> & Record<'opening' | 'movement' | 'free' | 'locked', bigint>
  >(
    `SELECT s.code, a.currency,
            coalesce(-sum(p.amount) FILTER (WHERE j.business_date < $2), 0)::bigint AS opening,
            coalesce(-sum(p.amount) FILTER (WHERE j.business_date = $2), 0)::bigint AS movement,
            coalesce(-sum(p.amount) FILTER (WHERE a.code IN ('2010', '2011')), 0)::bigint AS free,
            coalesce(-sum(p.amount) FILTER (WHERE a.code IN ('2012', '2013')), 0)::bigint AS locked
       FROM accounts.sub_account s
       JOIN accounts.master_account m ON m.master = s.master AND m.client = $1
       JOIN accounts.ledger_account a ON a.sub = s.sub AND a.code IN ${CLIENT_MONEY}
       JOIN accounts.posting p ON p.account = a.id
       JOIN accounts.journal j ON j.id = p.journal AND j.business_date <= $2
      GROUP BY s.sub, s.code, a.currency ORDER BY s.sub, a.currency`,
    [client, date],
  );
  return {
    title: both('资金', 'Cash'),
    columns: [
      ...[text('子账户', 'sub account'), text('币种', 'currency'), number('期初', 'opening'), number('当日收支', 'movement')],
      ...[number('期末', 'closing'), number('其中可动用', 'of which free'), number('其中保证金', 'of which margin')],
    ],
    rows: rows.map((row) => [
      ...[row.code, row.currency, amountCell(row.opening, row.currency), amountCell(row.movement, row.currency)],
      amountCell(row.opening + row.movement, row.currency),
      ...[amountCell(row.free, row.currency), amountCell(row.locked, row.currency)],
    ]),
  };
}

/** What changed it; moves between the client's own buckets are no movement. */
async function movementSection(db: Queryable, client: bigint, date: string): Promise<Section> {
  const { rows } = await db.query<{ code: string; rule: string; currency: string; amount: bigint }>(
    `SELECT s.code, j.rule, a.currency, (-sum(p.amount))::bigint AS amount
       FROM accounts.sub_account s
       JOIN accounts.master_account m ON m.master = s.master AND m.client = $1
       JOIN accounts.ledger_account a ON a.sub = s.sub AND a.code IN ${CLIENT_MONEY}
       JOIN accounts.posting p ON p.account = a.id
       JOIN accounts.journal j ON j.id = p.journal AND j.business_date = $2
      GROUP BY s.sub, s.code, j.rule, a.currency HAVING sum(p.amount) <> 0 ORDER BY s.sub, a.currency, j.rule`,
    [client, date],
  );
  return {
    title: both('当日收支', 'Movements of the day'),
    columns: [text('子账户', 'sub account'), text('事由', 'reason'), text('币种', 'currency'), number('金额', 'amount')],
    rows: rows.map((row) => [row.code, MOVEMENTS[row.rule] ?? row.rule, row.currency, amountCell(row.amount, row.currency)]),
  };
}

const MOVEMENTS: Readonly<Record<string, string>> = {
  deposit: '入金 deposit',
  transfer: '划转 transfer',
  'withdraw-paid': '出金 withdrawal',
  'fx-sell': '换汇卖出 currency sold',
  'fx-buy': '换汇买入 currency bought',
  commission: '佣金 commission',
  'fee-recovery': '代收规费 pass-through fees',
  'contract-realise': '合约实现损益 realised on contracts',
  'contract-realise-margin': '以保证金弥补亏损 loss out of margin',
  'financing-settle': '融资利息 financing',
  'client-shortfall': '客户欠款 shortfall',
};

interface ContractRow {
  readonly uti: string;
  readonly code: string;
  readonly side: string;
  readonly currency: string;
  readonly quantity: bigint;
  readonly reference: bigint | null;
  readonly mark: bigint;
  readonly fx_rate: bigint;
  readonly mtm: bigint;
  readonly financing: bigint;
  readonly accrual: bigint;
  readonly margin: bigint;
  readonly realised: bigint;
}

const CONTRACTS = `${LIVE}
  SELECT c.uti, l.code, c.side, v.currency, c.quantity, v.mark, v.fx_rate, v.mtm, c.financing, c.accrual, v.margin, c.realised,
         v.requirement, v.maintenance, v.exposure,
         (SELECT div(sum(t.value), nullif(sum(t.quantity), 0))::bigint FROM clearing.lot_state t
           WHERE (t.batch, t.attempt, t.contract) = (c.batch, c.attempt, c.contract)) AS reference
    FROM live p
    JOIN clearing.contract_state c ON (c.batch, c.attempt) = (p.batch, p.data_attempt) AND c.back_to_back_of IS NULL
    JOIN live q ON q.batch = p.batch AND q.name = 'value'
    JOIN clearing.valuation v ON (v.batch, v.attempt, v.contract) = (q.batch, q.data_attempt, c.contract)
    JOIN accounts.business_account b ON b.account = c.account AND b.client = $2
    JOIN LATERAL (SELECT code FROM reference.listing WHERE listing = c.listing LIMIT 1) l ON true
   WHERE p.name = 'process'`;

async function contractSection(db: Queryable, client: bigint, ids: readonly string[]): Promise<Section> {
  const { rows } = await db.query<ContractRow>(`${CONTRACTS} ORDER BY c.uti`, [[...ids], client]);
  const sums = Map.groupBy(rows, (row) => row.currency);
  const total = (own: readonly ContractRow[], of: (row: ContractRow) => bigint) => own.reduce((sum, row) => sum + of(row), 0n);
  return {
    title: both('合约', 'Contracts'),
    note: both('融资为未结利息，负数为客户应付。', 'Financing is what is accrued and open; − the client owes.'),
    columns: [
      ...[code('合约编号', 'UTI'), text('标的', 'listing'), text('方向', 'side'), number('数量', 'quantity')],
      ...[number('参考价', 'reference price'), number('收盘价', 'mark'), number('汇率', 'FX'), text('币种', 'currency')],
      ...[
        number('浮动盈亏', 'mark to market'),
        number('融资', 'financing'),
        number('已实现', 'realised'),
        number('保证金', 'margin'),
      ],
    ],
    rows: rows.map((row): Cell[] => [
      ...[row.uti, row.code, row.side === 'long' ? '多 long' : '空 short', numberCell(row.quantity)],
      ...[row.reference === null ? null : rateCell(row.reference, 8), rateCell(row.mark, 8), rateCell(row.fx_rate, 10)],
      ...[row.currency, amountCell(row.mtm, row.currency), amountCell(-row.financing, row.currency)],
      ...[amountCell(row.realised, row.currency), amountCell(row.margin, row.currency)],
    ]),
    totals: [...sums].map(([currency, own]): Cell[] => [
      ...['合计 total', null, null, null, null, null, null, currency],
      ...[
        amountCell(
          total(own, (row) => row.mtm),
          currency,
        ),
        amountCell(-total(own, (row) => row.financing), currency),
      ],
      ...[
        amountCell(
          total(own, (row) => row.realised),
          currency,
        ),
        amountCell(
          total(own, (row) => row.margin),
          currency,
        ),
      ],
    ]),
  };
}

async function marginSection(db: Queryable, client: bigint, ids: readonly string[]): Promise<Section> {
  const { rows } = await db.query<Record<string, bigint> & { currency: string }>(
    `SELECT currency, sum(margin)::bigint AS margin, sum(margin + mtm - financing)::bigint AS equity,
            sum(requirement)::bigint AS requirement, sum(maintenance)::bigint AS maintenance
       FROM (${CONTRACTS}) x GROUP BY currency ORDER BY currency`,
    [[...ids], client],
  );
  return {
    title: both('保证金', 'Margin'),
    note: both('权益 = 已锁保证金 + 浮动盈亏 − 未结融资。', 'Equity = locked margin + mark to market − open financing.'),
    columns: [
      ...[text('币种', 'currency'), number('已锁保证金', 'locked'), number('权益', 'equity'), number('初始要求', 'initial')],
      ...[number('维持要求', 'maintenance'), number('超额（不足）', 'excess (shortfall)')],
    ],
    rows: rows.map((row) => [
      ...[row.currency, amountCell(row['margin'] as bigint, row.currency), amountCell(row['equity'] as bigint, row.currency)],
      ...[amountCell(row['requirement'] as bigint, row.currency), amountCell(row['maintenance'] as bigint, row.currency)],
      amountCell((row['equity'] as bigint) - (row['requirement'] as bigint), row.currency),
    ]),
  };
}

async function callSection(db: Queryable, client: bigint): Promise<Section> {
  const { rows } = await db.query<{ id: string; currency: string; amount: bigint; due_at: bigint; state: string }>(
    `SELECT id, currency, amount, due_at, state FROM accounts.margin_call WHERE client = $1 AND state = 'raised' ORDER BY due_at, id`,
    [client],
  );
  return {
    title: both('在途追加保证金通知', 'Open margin calls'),
    columns: [code('编号', 'call'), text('币种', 'currency'), number('金额', 'amount'), text('截止（UTC）', 'due (UTC)')],
    rows: rows.map((row) => [row.id, row.currency, amountCell(row.amount, row.currency), moment(Number(row.due_at))]),
  };
}
