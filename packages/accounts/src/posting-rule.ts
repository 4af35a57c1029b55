/**
 * Posting rules as data: which event debits and credits which codes, and who may post it. Each rule has one poster;
 * `docs/posting.md` explains them with a worked example, and a test holds the two together.
 */
export interface PostingRule {
  readonly poster: 'accounts' | 'clearing';
  readonly debit: string;
  readonly credit: string;
  /** The opposite direction is the same event with the other sign (marks, profit and loss, settlements). */
  readonly bothWays: boolean;
  readonly zh: string;
  readonly en: string;
}

const one = (
  poster: PostingRule['poster'],
  debit: string,
  credit: string,
  zh: string,
  en: string,
  bothWays = false,
): PostingRule => ({ poster, debit, credit, bothWays, zh, en });

export const POSTING_RULES = {
  // — posted by the account centre —
  deposit: one('accounts', '1010', '2010', '入金', 'Deposit'),
  transfer: one('accounts', '2010', '2010', '子账户间划转', 'Transfer between sub accounts'),
  'withdraw-request': one('accounts', '2010', '2014', '出金申请', 'Withdrawal requested'),
  'withdraw-paid': one('accounts', '2014', '1010', '出金已付', 'Withdrawal paid'),
  'withdraw-failed': one('accounts', '2014', '2010', '出金退回', 'Withdrawal returned'),
  'fx-sell': one('accounts', '2010', '3010', '换汇卖出', 'Currency sold'),
  'fx-buy': one('accounts', '3010', '2010', '换汇买入', 'Currency bought'),
  'lease-grant': one('accounts', '2010', '2011', '额度授予节点', 'Margin granted to a node'),
  'lease-return': one('accounts', '2011', '2010', '额度归还', 'Margin returned by a node'),
  'booking-release': one('accounts', '2011', '2010', '入账释放冻结', 'Granted margin released by booking'),
  'margin-hold': one(
    'accounts',
    '2011',
    '2012',
    '成交待锁保证金',
    'Pending margin of a fill (two-phase, voided by its booking)',
  ),
  'fee-hold': one('accounts', '2011', '4020', '成交待收费用', 'Pending fees of a fill (two-phase, voided by its booking)'),
  'client-shortfall': one('accounts', '1050', '2010', '客户透支转欠款', 'A booking took more than the client had'),
  'client-repaid': one('accounts', '2010', '1050', '归还欠款', 'What the client owed is repaid'),
  'pool-send': one('accounts', '1090', '1010', '资金池间汇出', 'Cash leaves a pool'),
  'pool-arrive': one('accounts', '1010', '1090', '资金池间汇入', 'Cash arrives in a pool'),
  'unidentified-receipt': one('accounts', '1010', '9010', '待查收款', 'Unidentified receipt'),
  'receipt-identified': one('accounts', '9010', '2010', '收款查明', 'Receipt identified'),
  // — posted by clearing, published in one line per account pair —
  'margin-lock': one('clearing', '2010', '2012', '锁定初始保证金', 'Initial margin locked'),
  'margin-release': one('clearing', '2012', '2010', '释放初始保证金', 'Initial margin released'),
  'variation-lock': one('clearing', '2010', '2013', '锁定变动保证金', 'Variation margin locked'),
  'variation-release': one('clearing', '2013', '2010', '释放变动保证金', 'Variation margin released'),
  commission: one('clearing', '2010', '4020', '佣金', 'Commission'),
  'fee-recovery': one('clearing', '2010', '4025', '代收规费', 'Pass-through fees'),
  'contract-mark': one('clearing', '1100', '4031', '合约盯市', 'Contract marked to market', true),
  'contract-realise': one('clearing', '4030', '2010', '合约实现损益', 'Contract profit or loss realised in cash', true),
  'contract-realise-margin': one('clearing', '2012', '4030', '以保证金弥补亏损', 'Contract loss taken out of margin'),
  'financing-accrue': one('clearing', '1055', '4010', '计提融资利息', 'Financing accrued', true),
  'financing-settle': one('clearing', '2010', '1055', '收取融资利息', 'Financing paid', true),
  'dividend-ex': one('clearing', '1070', '4060', '除息', 'Dividend on hedge, ex date', true),
  'dividend-pass': one('clearing', '4065', '2060', '转付股利计提', 'Manufactured dividend owed', true),
  'dividend-received': one('clearing', '1020', '1070', '收到股利', 'Dividend received'),
  'dividend-paid': one('clearing', '2060', '2010', '向客户付股利', 'Manufactured dividend paid'),
  'hedge-buy': one('clearing', '1040', '1061', '对冲买入', 'Hedge bought, at cost'),
  'hedge-sell': one('clearing', '1061', '1040', '对冲卖出', 'Hedge sold, at cost'),
  'hedge-realise': one('clearing', '1061', '4040', '对冲实现损益', 'Hedge profit or loss realised', true),
  'hedge-mark': one('clearing', '1045', '4041', '对冲盯市', 'Hedge marked to market', true),
  'hedge-commission': one('clearing', '5010', '1061', '券商佣金', "Broker's commission"),
  'hedge-duty': one('clearing', '5020', '1061', '印花税', 'Stamp duty'),
  'hedge-levy': one('clearing', '5021', '1061', '交易征费', 'Exchange fees and levies'),
  'hedge-settle': one('clearing', '1061', '1020', '对冲交收', 'Hedge settled at the broker', true),
  'b2b-mark': one('clearing', '1110', '4111', '背对背盯市', 'Back-to-back marked to market', true),
  'b2b-gain': one('clearing', '1210', '4110', '背对背实现收益', 'Back-to-back gain due from the other entity'),
  'b2b-loss': one('clearing', '4110', '2210', '背对背实现亏损', 'Back-to-back loss due to the other entity'),
  'b2b-financing-earn': one('clearing', '1120', '4130', '计提背对背融资收入', 'Back-to-back financing accrued, receiver', true),
  'b2b-financing-owe': one('clearing', '5130', '2120', '计提背对背融资支出', 'Back-to-back financing accrued, payer', true),
  'b2b-financing-due-from': one(
    'clearing',
    '1210',
    '1120',
    '背对背融资应收',
    'Back-to-back financing falls due, receiver',
    true,
  ),
  'b2b-financing-due-to': one('clearing', '2120', '2210', '背对背融资应付', 'Back-to-back financing falls due, payer', true),
  'b2b-spread-earn': one('clearing', '1210', '4120', '转移价差收入', 'Transfer spread earned'),
  'b2b-spread-pay': one('clearing', '5120', '2210', '转移价差支出', 'Transfer spread paid'),
  'b2b-margin-paid': one('clearing', '1130', '2210', '存出背对背保证金', 'Back-to-back margin, payer', true),
  'b2b-margin-received': one('clearing', '1210', '2110', '存入背对背保证金', 'Back-to-back margin, receiver', true),
  'entity-pay': one('clearing', '2210', '1010', '关联主体付款', 'Entity pays what it owes the other'),
  'entity-receive': one('clearing', '1010', '1210', '关联主体收款', 'Entity receives what the other owes'),
  'fx-revalue': one('clearing', '3010', '4050', '汇兑重估', 'FX position revalued', true),
  rounding: one('clearing', '5040', '2010', '尾差', 'Rounding', true),
} as const satisfies Readonly<Record<string, PostingRule>>;

export type PostingRuleName = keyof typeof POSTING_RULES;

export function postingRule(name: string): PostingRule | undefined {
  return Object.hasOwn(POSTING_RULES, name) ? POSTING_RULES[name as PostingRuleName] : undefined;
}
