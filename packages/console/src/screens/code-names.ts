import { useLanguage } from '../i18n/use-text.ts';

/**
 * Chinese names of codes that the house answers with: in English a code is its own name. A code that is not here is shown as it
 * is, so that a new one of the house is never hidden.
 */
const chinese = {
  /** Actions of the policies and of the audit log. DS-10, DS-14 */
  action: {
    ...{
      'account.name.read': '查看真实名称',
      'account.read': '查看账户',
      'approval.decide': '复核',
      'approval.read': '查看审批',
    },
    ...{
      'approval.withdraw': '撤回申请',
      'approval.request': '提交复核',
      'approval.settle': '审批生效',
      'audit.read': '查看审计',
    },
    ...{ 'batch.read': '查看批次', 'batch.run': '运行批次', 'calendar.read': '查看日历', 'contract.read': '查看合约' },
    ...{ 'credential.manage': '管理本人凭据', 'decision.read': '查看 AI 决定', 'journal.reverse': '红冲凭证' },
    ...{ 'kill.engage': '停机', 'kill.preview': '停机预演', 'kill.release': '解除停机', 'ledger.read': '查看簿记' },
    ...{ 'limit.change': '调整额度', 'limit.read': '查看额度', 'list.read': '查看名单', 'mail.read': '查看邮件' },
    ...{ 'mail.resend': '重发邮件', 'model.approve': '批准模型', 'model.deploy': '部署模型', 'model.read': '查看模型' },
    ...{
      'model.register': '登记模型',
      'model.suspend': '停用模型',
      'model.switch': '开关 AI',
      'model.validate': '验证模型',
      'operation.read': '查看长任务',
    },
    ...{ 'order.cancel': '撤单', 'order.check': '核验委托', 'order.enter': '报送委托', 'order.read': '查看委托' },
    ...{
      'overview.read': '查看总览',
      search: '查找',
      'report.download': '下载报告',
      'report.read': '查看报告',
      'review.decide': '复核 AI 决定',
    },
    ...{ 'risk.read': '查看风险', 'session.end': '结束会话', 'session.read': '查看会话', 'trace.read': '穿透' },
    ...{ 'transfer.request': '申请划转', 'user.manage': '管理用户', 'user.read': '查看用户', 'user.revoke': '撤销会话' },
    ...{ 'sign-in': '登录', 'sign-in-factor': '第二因素登录', 'sign-out': '退出', 'session-revoke': '撤销会话' },
    ...{ 'password-change': '修改口令', 'factor-enrol': '登记第二因素', 'user-create': '新建用户', 'user-unlock': '解锁用户' },
    ...{
      'user-change': '变更用户',
      'clear run': '运行清算',
      'decisions anchored': '决定日志存证',
      execute: '执行',
      deny: '拒绝',
    },
    ...{
      'review confirm': '确认 AI 决定',
      'review veto': '否决 AI 决定',
      'pre-call': '预警通知',
      'record-reference': '登记参考数据',
    },
  },
  outcome: {
    ...{ done: '完成', failed: '失败', waiting: '待复核', withdrawn: '已撤回', 'next: second-factor': '待第二因素' },
    ...{ begun: '已开始', 'outcome unknown': '结果未知' },
  },
  /** Parameters of an audit entry. */
  parameter: {
    ...{
      factor: '因素',
      address: '地址',
      session: '会话',
      approval: '审批',
      kind: '种类',
      content_hash: '内容哈希',
      trace: '请求',
    },
    ...{
      route: '路由',
      entity: '主体',
      key_hash: '幂等键哈希',
      asked_at: '请求时间',
      seq: '序号',
      market: '市场',
      date: '日期',
    },
    ...{ checker: '复核人', version: '版本', use_case: '用途', verdict: '意见', decision: '决定', decision_hash: '决定哈希' },
    ...{ mode: '方式', master: '总资金账户', account: '账户', reason: '原因', from_state: '原状态', to_state: '新状态' },
  },
  factor: {
    password: '口令',
    totp: '动态口令',
    webauthn: '安全密钥',
    passkey: '安全密钥',
    recovery: '恢复码',
    oidc: '单点登录',
  },
  /** Commands of the account centre, by which a journal came to be. */
  command: {
    ...{
      'day-open': '日初开账',
      deposit: '入金',
      withdraw: '出金',
      'withdraw-settle': '出金了结',
      transfer: '划转',
      intake: '成交入账',
    },
    ...{ 'publish-batch': '批次发布', 'reverse-journal': '红冲', 'fx-exchange': '换汇', 'pool-transfer': '资金池调拨' },
    ...{
      'receive-unidentified': '待查收款',
      'identify-receipt': '收款查明',
      'client-day-close': '客户日终',
      'set-limit': '调整额度',
    },
    ...{
      'raise-margin-call': '追保',
      'meet-margin-call': '追保补足',
      'breach-margin-call': '追保违约',
      'explain-exception': '异常说明',
    },
  },
  /** Posting rules: as docs/posting.md names them. */
  rule: {
    ...{ deposit: '入金', transfer: '子账户间划转', 'withdraw-request': '出金申请', 'withdraw-paid': '出金已付' },
    ...{ 'withdraw-failed': '出金退回', 'fx-sell': '换汇卖出', 'fx-buy': '换汇买入', 'lease-grant': '额度授予节点' },
    ...{
      'lease-return': '额度归还',
      'booking-release': '入账释放冻结',
      'margin-hold': '成交待锁保证金',
      'fee-hold': '成交待收费用',
    },
    ...{
      'client-shortfall': '客户透支转欠款',
      'client-repaid': '归还欠款',
      'pool-send': '资金池间汇出',
      'pool-arrive': '资金池间汇入',
    },
    ...{ 'unidentified-receipt': '待查收款', 'receipt-identified': '收款查明', 'margin-lock': '锁定初始保证金' },
    ...{ 'margin-release': '释放初始保证金', 'variation-lock': '锁定变动保证金', 'variation-release': '释放变动保证金' },
    ...{ commission: '佣金', 'fee-recovery': '代收规费', 'contract-mark': '合约盯市', 'contract-realise': '合约实现损益' },
    ...{
      'contract-realise-margin': '以保证金弥补亏损',
      'financing-accrue': '计提融资利息',
      'financing-settle': '收取融资利息',
    },
    ...{
      'dividend-ex': '除息',
      'dividend-pass': '转付股利计提',
      'dividend-received': '收到股利',
      'dividend-paid': '向客户付股利',
    },
    ...{ 'hedge-buy': '对冲买入', 'hedge-sell': '对冲卖出', 'hedge-realise': '对冲实现损益', 'hedge-mark': '对冲盯市' },
    ...{ 'hedge-commission': '券商佣金', 'hedge-duty': '印花税', 'hedge-levy': '交易征费', 'hedge-settle': '对冲交收' },
    ...{ 'b2b-mark': '背对背盯市', 'b2b-gain': '背对背实现收益', 'b2b-loss': '背对背实现亏损' },
    ...{ 'b2b-financing-earn': '计提背对背融资收入', 'b2b-financing-owe': '计提背对背融资支出' },
    ...{ 'b2b-financing-due-from': '背对背融资应收', 'b2b-financing-due-to': '背对背融资应付' },
    ...{ 'b2b-spread-earn': '转移价差收入', 'b2b-spread-pay': '转移价差支出', 'b2b-margin-paid': '存出背对背保证金' },
    ...{ 'b2b-margin-received': '存入背对背保证金', 'entity-pay': '关联主体付款', 'entity-receive': '关联主体收款' },
    ...{ 'fx-revalue': '汇兑重估', rounding: '尾差', reversal: '红冲' },
  },
  useCase: { 'margin-shortfall': '保证金缺口预警' },
  judgement: { quiet: '无需预警', warn: '预警', unknown: '未作判断' },
  /** Why the rules decided and not the model. AI-d */
  fallback: {
    ...{ 'insufficient-data': '数据不足', 'no-model': '没有现役模型', 'switched-off': '已关闭', registry: '登记库不可用' },
    ...{ starting: '模型启动中', breaker: '熔断', deadline: '超时', crash: '模型进程中断', 'not-a-number': '评分无效' },
    ...{ 'out-of-range': '评分越界', 'wrong-artefact': '模型文件不符' },
  },
  /** Why a batch was run. */
  cause: { due: '到期自动运行' },
  /** Terms and economics of a contract. */
  term: {
    ...{ side: '方向', basis: '汇率基础', entity: '簿记主体', 'margin.initial': '初始保证金比例', 'margin.closeOut': '强平线' },
    ...{ 'margin.maintenance': '维持保证金比例', 'financing.index': '融资基准', 'financing.spread': '融资加点' },
    ...{
      'financing.dayCount': '计息基准',
      listingId: '标的编号',
      lotRelief: '了结次序',
      contractId: '合约',
      quantoRate: '固定汇率',
    },
    ...{ 'counterparty.kind': '对手方', 'counterparty.agreement': '协议', 'counterparty.clientToken': '客户' },
    ...{
      'counterparty.entity': '对手主体',
      bookingPolicy: '记账方式',
      effectiveDate: '生效日',
      settlementCurrency: '结算币种',
    },
    ...{
      dividendPassthrough: '股利转付比例',
      date: '日期',
      mark: '盯市价',
      fxRate: '汇率',
      fxRateSet: '汇率组',
      margin: '保证金',
    },
    ...{
      accrual: '应计',
      exposure: '敞口',
      notional: '名义本金',
      quantity: '数量',
      realised: '实现损益',
      financing: '融资利息',
    },
    ...{ maintenance: '维持保证金', requirement: '保证金要求', markToMarket: '盯市损益', financingSettled: '已收融资利息' },
  },
  termValue: {
    ...{ long: '多', short: '空', local: '本币', composite: '综合', quanto: '固定', client: '客户', house: '本司' },
    ...{ 'per-fill': '逐笔', 'per-order': '逐委托', 'day-average': '日均价', FIFO: '先进先出' },
  },
  /** Fields of what a request would change, and the words that they change to. */
  changed: {
    ...{
      limit: '上限',
      free: '剩余额度',
      state: '状态',
      duties: '职责',
      jurisdictions: '法域',
      clients: '客户',
      entities: '主体',
      subject: '单点登录身份',
    },
    ...{ withdraw: '出金' },
  },
  changedTo: {
    ...{ active: '有效', disabled: '停用', locked: '锁定', 'over-leased': '超额租出', withdrawable: '可取', halted: '已停机' },
  },
  /** Events of a market's log. */
  event: {
    ...{ 'order-report': '委托回报', 'cancel-rejected': '撤单被拒', 'client-fill': '客户成交', 'hedge-intent': '对冲意向' },
    ...{
      'hedge-order': '对冲委托',
      'hedge-fill': '对冲成交',
      'hedge-report': '对冲回报',
      'price-set': '价格',
      execution: '执行回报',
    },
    ...{ 'phase-changed': '阶段变更', 'rate-set-applied': '汇率组生效', 'mark-set': '盯市价', 'lease-report': '额度租约回报' },
    ...{
      'lease-booked': '额度租约入账',
      'exception-raised': '异常',
      'fact-applied': '参考数据生效',
      'kill-switched': '停机开关',
    },
  },
  /** Fields of those events. Figures stand there as the log keeps them. */
  eventField: {
    ...{ order: '委托', session: '会话', outSeq: '发出序号', account: '账户', listing: '标的', side: '方向', effect: '开平' },
    ...{
      type: '类型',
      tif: '有效期',
      execType: '回报类型',
      status: '状态',
      quantity: '数量',
      price: '价格',
      cumQuantity: '累计成交',
    },
    ...{ leavesQuantity: '未成交', cumValue: '累计金额', rejection: '拒绝码', cell: '额度单元', limit: '上限', used: '已用' },
    ...{ requested: '请求', wouldPass: '可通过', clOrdId: '客户端编号', origClOrdId: '原客户端编号', contract: '合约' },
    ...{ hedge: '对冲', market: '市场', phase: '阶段', at: '时间', reason: '原因', lease: '租约', amount: '金额', fee: '费用' },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;

export type CodeKind = keyof typeof chinese;

/** The codes of a kind that have a name, for a field that takes a code. */
export function namedCodes(kind: CodeKind): readonly string[] {
  return Object.keys(chinese[kind]);
}

/** How a code of a kind is said in the user's language. */
export function useCodeName(): (kind: CodeKind, code: string) => string {
  const language = useLanguage();
  return (kind, code) => codeName(kind, code, language);
}

export function codeName(kind: CodeKind, code: string, language: 'zh' | 'en'): string {
  const names: Readonly<Record<string, string>> = chinese[kind];
  if (language === 'en') return code;
  // A refusal in the audit log carries its reason behind its name.
  if (kind === 'outcome' && code.startsWith('refused'))
    return code.replace(/^refused(: )?/, (_, rest) => (rest ? '拒绝：' : '拒绝'));
  return names[code] ?? code;
}
