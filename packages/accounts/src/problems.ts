import { declareProblems } from '@meridian/base';

const CHECK = { zh: '核对后重新提交', en: 'Correct it and send it again' };

export const { problem } = declareProblems({
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    title: { zh: '编号已用于另一内容', en: 'Identifier used for another body' },
    detail: { zh: '指令编号 {id} 已用于另一内容', en: 'Command id {id} was used with another body' },
    remedy: { zh: '换用新编号', en: 'Use a new id' },
  },
  COMMAND_REFUSED: {
    status: 400,
    title: { zh: '指令不合法', en: 'Malformed command' },
    detail: { zh: '指令 {kind}：{reason}', en: 'Command {kind}: {reason}' },
    remedy: CHECK,
  },
  FOUR_EYES: {
    status: 403,
    title: { zh: '须双人复核', en: 'Four eyes needed' },
    detail: { zh: '{kind} 须由经办以外的人复核', en: '{kind} must be checked by someone other than its maker' },
    remedy: { zh: '由另一人复核', en: 'Have someone else check it' },
  },
  PARTY_UNKNOWN: {
    status: 404,
    title: { zh: '对象不存在', en: 'No such party or account' },
    detail: { zh: '{what} {id} 不存在', en: 'There is no {what} {id}' },
    remedy: CHECK,
  },
  PARTY_EXISTS: {
    status: 409,
    title: { zh: '对象已存在', en: 'Party or account exists' },
    detail: { zh: '{what} {id} 与已有记录冲突：{rule}', en: '{what} {id} collides with what is recorded: {rule}' },
    remedy: CHECK,
  },
  OTHER_MASTER: {
    status: 422,
    title: { zh: '不属于同一总账户', en: 'Not of the same master account' },
    detail: {
      zh: '子账户 {from} 与 {to} 不属于同一总资金账户',
      en: 'Sub accounts {from} and {to} do not belong to one master account',
    },
    remedy: { zh: '只能在同一总资金账户内划转', en: 'Transfers stay inside one master account' },
  },
  FUNDS_SHORT: {
    status: 422,
    title: { zh: '可用资金不足', en: 'Not enough funds' },
    detail: {
      zh: '请求 {requested} {currency}，可动用 {wouldPass} {currency}',
      en: '{requested} {currency} asked for; {wouldPass} {currency} would pass',
    },
    remedy: { zh: '减少金额，或先归还授予节点的额度', en: 'Lower the amount, or have granted margin returned first' },
  },
  AMOUNT_REFUSED: {
    status: 422,
    title: { zh: '金额不被接受', en: 'Amount refused' },
    detail: { zh: '金额 {amount} {currency} 超过单笔上限 {limit}', en: '{amount} {currency} exceeds {limit} a movement' },
    remedy: CHECK,
  },
  TRANSFER_TO_ITSELF: {
    status: 422,
    title: { zh: '转出与转入相同', en: 'Same account on both sides' },
    detail: { zh: '转出与转入均为 {what}', en: 'Both sides are {what}' },
    remedy: CHECK,
  },
  WITHDRAWAL_ENDED: {
    status: 409,
    title: { zh: '出金不在途', en: 'Withdrawal not pending' },
    detail: { zh: '出金 {id} 不存在或已了结', en: 'Withdrawal {id} does not exist or has ended' },
    remedy: CHECK,
  },
  RECEIPT_REFUSED: {
    status: 422,
    title: { zh: '收款不可认领', en: 'Receipt cannot be identified so' },
    detail: {
      zh: '收款 {id} 不存在、已认领，或与子账户 {sub} 不在同一主体与资金池',
      en: 'Receipt {id} does not exist, is identified, or lies in another entity or pool than sub account {sub}',
    },
    remedy: CHECK,
  },
  LEDGER_KEY_REFUSED: {
    status: 422,
    title: { zh: '科目不合法', en: 'No such ledger account' },
    detail: { zh: '科目 {code}：{reason}', en: 'Account {code}: {reason}' },
    remedy: { zh: '按会计科目表填写', en: 'Follow the chart of accounts' },
  },
  POSTING_REFUSED: {
    status: 422,
    title: { zh: '分录不合规则', en: 'Posting refused' },
    detail: { zh: '规则 {rule}：{reason}', en: 'Rule {rule}: {reason}' },
    remedy: { zh: '按记账规则填写', en: 'Follow the posting rules' },
  },
  FLOOR_BROKEN: {
    status: 422,
    title: { zh: '余额不足', en: 'Balance would fall below its floor' },
    detail: { zh: '{what} 将低于下限', en: '{what} would fall below its floor' },
    remedy: CHECK,
  },
  JOURNAL_REFUSED: {
    status: 422,
    title: { zh: '凭证不可冲销', en: 'Journal cannot be reversed' },
    detail: { zh: '凭证 {journal}：{reason}', en: 'Journal {journal}: {reason}' },
    remedy: CHECK,
  },
  LIMIT_REFUSED: {
    status: 422,
    title: { zh: '额度设置不被接受', en: 'Limit refused' },
    detail: { zh: '额度 {cell}：{reason}', en: 'Cell {cell}: {reason}' },
    remedy: CHECK,
  },
  BOOKING_REFUSED: {
    status: 422,
    title: { zh: '额度入账不被接受', en: 'Booking refused' },
    detail: { zh: '节点 {market} 额度 {cell}：{reason}', en: 'Cell {cell} at {market}: {reason}' },
    remedy: CHECK,
  },
  PUBLICATION_REFUSED: {
    status: 422,
    title: { zh: '批次发布不被接受', en: 'Publication refused' },
    detail: { zh: '批次 {batch}：{reason}', en: 'Batch {batch}: {reason}' },
    remedy: CHECK,
  },
  INTAKE_REFUSED: {
    status: 422,
    title: { zh: '事件不被接受', en: 'Events refused' },
    detail: { zh: '{market} 在 {at} 处：{reason}', en: '{market} at {at}: {reason}' },
    remedy: { zh: '自已存位置之后重新传送', en: 'Send again from the stored position on' },
  },
  MARGIN_CALL_REFUSED: {
    status: 422,
    title: { zh: '追保指令不被接受', en: 'Margin call refused' },
    detail: { zh: '追保 {call}：{reason}', en: 'Margin call {call}: {reason}' },
    remedy: CHECK,
  },
  ACCOUNTS_BUSY: {
    status: 503,
    title: { zh: '账户中心繁忙', en: 'Account centre busy' },
    detail: { zh: '排队指令已达上限 {limit}', en: '{limit} commands are waiting already' },
    remedy: { zh: '稍后以同一编号重试', en: 'Try again later with the same id' },
  },
});
