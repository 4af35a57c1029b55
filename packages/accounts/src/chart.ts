/**
 * Chart of accounts (会计科目表). Amounts are signed: debit +, credit −. An account is a code with its dimensions, in one
 * booking entity and one currency. `floor` 0 means that the available balance on the normal side never goes below
 * nothing: client money cannot be overdrawn, whoever posts.
 */
export type Dimension = 'pool' | 'sub' | 'contract' | 'counterparty' | 'listing';

export interface ChartRow {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  readonly normal: 'debit' | 'credit';
  /** Dimensions the account must carry. */
  readonly dimensions: readonly Dimension[];
  /** Dimensions it may carry besides. */
  readonly optional: readonly Dimension[];
  readonly floor: bigint | null;
}

type Row = readonly [
  code: string,
  zh: string,
  en: string,
  dimensions: readonly Dimension[],
  optional?: readonly Dimension[],
  floor?: bigint,
];

/** `counterparty` is the hedge route at a broker, the other booking entity in inter-entity and back-to-back accounts. */
const DEBIT_NORMAL: readonly Row[] = [
  ['1010', '银行存款', 'Bank nostro', ['pool']],
  ['1020', '存放券商对冲资金', 'Hedge cash at broker', ['counterparty']],
  ['1030', '存放券商保证金', 'Margin at broker', ['counterparty']],
  ['1040', '对冲证券成本', 'Hedge inventory at cost', ['listing']],
  ['1045', '对冲证券公允价值变动', 'Hedge fair-value adjustment', ['listing']],
  ['1050', '客户欠款', 'Due from client', ['sub'], [], 0n],
  ['1055', '应收融资利息', 'Accrued financing receivable', ['contract']],
  ['1061', '券商未交收', 'Broker unsettled (±)', ['counterparty']],
  ['1070', '应收股利', 'Dividend receivable', ['listing']],
  ['1080', '待退预提税', 'Withholding tax reclaim', ['listing']],
  ['1090', '资金池间在途', 'In transit between pools', [], [], 0n],
  ['1100', '互换合约估值', 'Swap mark to market (±)', ['contract']],
  ['1110', '背对背合约估值', 'Back-to-back mark to market (±)', ['contract', 'counterparty']],
  ['1120', '应收背对背融资利息', 'Back-to-back financing receivable', ['contract', 'counterparty']],
  ['1130', '存出背对背保证金', 'Back-to-back margin paid', ['counterparty']],
  ['1210', '应收关联主体', 'Due from entity', ['counterparty']],
  ['4065', '转付股利', 'Dividends passed through', [], ['listing', 'contract']],
  ['5010', '券商佣金', 'Broker commission', [], ['listing']],
  ['5020', '印花税', 'Stamp duty', [], ['listing']],
  ['5021', '交易征费', 'Exchange fees and levies', [], ['listing']],
  ['5030', '资金成本', 'Funding cost', []],
  ['5040', '尾差', 'Rounding', []],
  ['5120', '背对背转移价差支出', 'Back-to-back transfer spread paid', ['counterparty']],
  ['5130', '背对背融资支出', 'Back-to-back financing cost', ['counterparty']],
];

const CREDIT_NORMAL: readonly Row[] = [
  ['2010', '客户可动用资金', 'Client free cash', ['sub'], [], 0n],
  ['2011', '客户交易冻结', 'Client margin granted to nodes', ['sub'], [], 0n],
  ['2012', '客户初始保证金', 'Client initial margin locked', ['sub'], ['contract'], 0n],
  ['2013', '客户变动保证金', 'Client variation margin locked', ['sub'], ['contract'], 0n],
  ['2014', '客户出金在途', 'Withdrawal in progress', ['sub'], [], 0n],
  ['2020', '应付税费', 'Taxes and levies payable', []],
  ['2060', '应付客户股利', 'Manufactured dividend payable', ['sub'], ['contract']],
  ['2110', '存入背对背保证金', 'Back-to-back margin received', ['counterparty']],
  ['2120', '应付背对背融资利息', 'Back-to-back financing payable', ['contract', 'counterparty']],
  ['2210', '应付关联主体', 'Due to entity', ['counterparty']],
  ['3010', '外汇头寸', 'FX position', []],
  ['4010', '融资利息收入', 'Financing income', []],
  ['4020', '佣金收入', 'Commission', []],
  ['4025', '代收费用', 'Pass-through fee recovery', []],
  ['4030', '互换已实现损益', 'Swap P&L realised', [], ['contract']],
  ['4031', '互换未实现损益', 'Swap P&L unrealised', [], ['contract']],
  ['4040', '对冲已实现损益', 'Hedge P&L realised', [], ['listing']],
  ['4041', '对冲未实现损益', 'Hedge P&L unrealised', [], ['listing']],
  ['4050', '汇兑损益', 'FX spread and revaluation', []],
  ['4060', '对冲股利收入', 'Dividends on hedge', [], ['listing']],
  ['4110', '背对背已实现损益', 'Back-to-back P&L realised', ['counterparty'], ['contract']],
  ['4111', '背对背未实现损益', 'Back-to-back P&L unrealised', ['counterparty'], ['contract']],
  ['4120', '背对背转移价差收入', 'Back-to-back transfer spread earned', ['counterparty']],
  ['4130', '背对背融资收入', 'Back-to-back financing income', ['counterparty']],
  ['9010', '待查收款', 'Unidentified receipts', []],
  ['9020', '对账差异', 'Reconciliation breaks', []],
];

const rowOf =
  (normal: 'debit' | 'credit') =>
  ([code, zh, en, dimensions, optional = [], floor = null as never]: Row): ChartRow => ({
    code,
    zh,
    en,
    normal,
    dimensions,
    optional,
    floor,
  });

/** Every code, ascending. */
export const CHART: readonly ChartRow[] = [...DEBIT_NORMAL.map(rowOf('debit')), ...CREDIT_NORMAL.map(rowOf('credit'))].sort(
  (a, b) => (a.code < b.code ? -1 : 1),
);

const byCode = new Map(CHART.map((row) => [row.code, row]));

export function chartRow(code: string): ChartRow | undefined {
  return byCode.get(code);
}

/** What the firm owes a client in cash: the client-money identity is Σ of these per sub account. */
export const CLIENT_MONEY_CODES = ['2010', '2011', '2012', '2013', '2014'] as const;
