import type { Queryable } from '@meridian/store';
import { type DayBatch, feeSection, identityOf, LIVE, partyOf } from './client-document.ts';
import { both, code, number, text } from './document/column.ts';
import { amountCell, moment, numberCell, type ReportDocument, rateCell, type Section } from './document/document.ts';

/** Trade confirmation of the day (成交确认书); null for a client without trades. */
export async function confirmation(
  db: Queryable,
  client: bigint,
  date: string,
  batches: readonly DayBatch[],
): Promise<ReportDocument | null> {
  const ids = batches.map((row) => row.batch);
  const trades = await tradeSection(db, client, ids);
  if (trades.rows.length === 0) return null;
  const party = await partyOf(db, client, date);
  return {
    kind: 'confirmation',
    title: both('成交确认书', 'Trade confirmation'),
    subtitle: `${party.token} · ${date}`,
    verdict: { tone: 'good', text: both('已确认', 'Confirmed') },
    identity: identityOf(party, date),
    sections: [trades, await eventSection(db, client, ids), await feeSection(db, client, ids)],
    footer: both('收益互换按主协议及本确认书执行。', 'The swaps are governed by the master agreement and this confirmation.'),
  };
}

async function tradeSection(db: Queryable, client: bigint, ids: readonly string[]): Promise<Section> {
  const { rows } = await db.query<{
    at: bigint;
    market: string;
    code: string;
    order_id: bigint;
    seq: bigint;
    k: number;
    side: number;
    effect: number;
    kind: string;
    quantity: bigint;
    price: bigint;
    fx_rate: bigint;
    quote: string;
    settlement_currency: string;
  }>(
    `${LIVE} SELECT t.at, p.market, l.code, t.order_id, t.seq, t.k, t.side, t.effect, t.kind, t.quantity, t.price, t.fx_rate,
            l.quote, b.settlement_currency
       FROM live p JOIN clearing.trade t ON (t.batch, t.attempt) = (p.batch, p.data_attempt)
       JOIN accounts.business_account b ON b.account = t.account AND b.client = $2
       JOIN LATERAL (SELECT code, quote FROM reference.listing WHERE listing = t.listing LIMIT 1) l ON true
      WHERE p.name = 'analyse' ORDER BY t.at, p.market, t.seq, t.k`,
    [[...ids], client],
  );
  return {
    title: both('成交明细', 'Trades'),
    columns: [
      ...[text('时间（UTC）', 'time (UTC)'), text('市场', 'market'), text('标的', 'listing'), code('订单', 'order')],
      ...[
        code('成交', 'fill'),
        text('买卖', 'side'),
        text('开平', 'effect'),
        number('数量', 'quantity'),
        number('价格', 'price'),
      ],
      ...[text('报价币种', 'quote'), number('汇率', 'FX'), text('结算币种', 'settles in')],
    ],
    rows: rows.map((row) => [
      ...[moment(Number(row.at)), row.market, row.code, String(row.order_id), `${row.seq}.${row.k}`],
      row.side === 1 ? '买 buy' : row.side === 5 ? '卖空 short' : '卖 sell',
      row.kind === 'bust'
        ? '撤销 bust'
        : row.kind === 'correction'
          ? '更正 correction'
          : row.effect === 1
            ? '开 open'
            : '平 close',
      ...[numberCell(row.quantity), rateCell(row.price, 8), row.quote, rateCell(row.fx_rate, 10)],
      row.settlement_currency,
    ]),
  };
}

/** What the trades did to the client's contracts: opened, increased, unwound first in first out. */
async function eventSection(db: Queryable, client: bigint, ids: readonly string[]): Promise<Section> {
  const { rows } = await db.query<{
    uti: string;
    kind: string;
    quantity: bigint;
    price: bigint | null;
    currency: string;
    realised: bigint;
    financing: bigint;
  }>(
    `${LIVE} SELECT c.uti, e.kind, e.quantity, CASE WHEN e.kind <> 'restate' THEN div(e.value, e.quantity)::bigint END AS price, c.settlement_currency AS currency,
            e.realised, e.financing
       FROM live p JOIN clearing.contract_event e ON (e.batch, e.attempt) = (p.batch, p.data_attempt) AND e.kind <> 'accrual'
       JOIN clearing.contract_state c ON (c.batch, c.attempt, c.contract) = (e.batch, e.attempt, e.contract)
        AND c.back_to_back_of IS NULL
       JOIN accounts.business_account b ON b.account = c.account AND b.client = $2
      WHERE p.name = 'process' ORDER BY c.uti, e.no`,
    [[...ids], client],
  );
  const names: Readonly<Record<string, string>> = {
    open: '新开 opened',
    increase: '加仓 increased',
    unwind: '了结 unwound',
    restate: '更正 restated',
  };
  return {
    title: both('合约变动', 'Contract events'),
    columns: [
      ...[code('合约编号', 'UTI'), text('事件', 'event'), number('数量', 'quantity'), number('均价', 'average price')],
      ...[text('币种', 'currency'), number('已实现', 'realised'), number('融资结算', 'financing settled')],
    ],
    rows: rows.map((row) => [
      ...[
        row.uti,
        names[row.kind] ?? row.kind,
        numberCell(row.quantity),
        row.price === null ? null : rateCell(row.price, 8),
        row.currency,
      ],
      ...[amountCell(row.realised, row.currency), amountCell(row.financing, row.currency)],
    ]),
  };
}
