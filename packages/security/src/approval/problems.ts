import { declareProblems } from '@meridian/base';

export const { problem } = declareProblems({
  APPROVAL_KIND_UNKNOWN: {
    status: 422,
    title: { zh: '未知的复核种类', en: 'Unknown kind of request' },
    detail: { zh: '没有种类为 {kind} 的复核', en: 'There is no request of kind {kind}' },
    remedy: { zh: '检查申请的种类', en: 'Check the kind of the request' },
  },
  APPROVAL_MALFORMED: {
    status: 422,
    title: { zh: '申请内容无效', en: 'The request is malformed' },
    detail: { zh: '{what} 无效，允许：{allowed}', en: '{what} is not valid; allowed: {allowed}' },
    remedy: { zh: '修正后重新提交', en: 'Mend it and submit again' },
  },
  APPROVAL_KEY_REUSED: {
    status: 422,
    title: { zh: '幂等键已用于其他内容', en: 'The idempotency key was used for another content' },
    detail: { zh: '该键已用于申请 {id}，内容不同', en: 'The key belongs to request {id}, whose content differs' },
    remedy: { zh: '新申请使用新的幂等键', en: 'Use a new key for a new request' },
  },
  APPROVALS_TOO_MANY: {
    status: 429,
    title: { zh: '待复核申请过多', en: 'Too many requests wait' },
    detail: { zh: '{maker} 已有 {waiting} 项待复核，上限 {max}', en: '{waiting} requests of {maker} wait, at most {max} may' },
    remedy: { zh: '撤回不再需要的申请，或等待复核', en: 'Withdraw what is no longer needed, or wait for the checkers' },
  },
  APPROVAL_UNKNOWN: {
    status: 404,
    title: { zh: '没有该申请', en: 'No such request' },
    detail: { zh: '没有编号为 {id} 的申请', en: 'There is no request {id}' },
    remedy: { zh: '检查申请编号', en: "Check the request's id" },
  },
  APPROVAL_SETTLED: {
    status: 409,
    title: { zh: '申请已有结论', en: 'The request is settled' },
    detail: { zh: '申请 {id} 的状态为 {state}', en: 'Request {id} is {state}' },
    remedy: { zh: '刷新后查看结论；需要时重新申请', en: 'Refresh to see the outcome; make a new request if needed' },
  },
  APPROVAL_EXPIRED: {
    status: 409,
    title: { zh: '申请已过期', en: 'The request has expired' },
    detail: { zh: '申请 {id} 已于 {at} 过期', en: 'Request {id} expired at {at}' },
    remedy: { zh: '由申请人重新申请', en: 'Let its maker request it again' },
  },
  APPROVAL_OWN: {
    status: 403,
    title: { zh: '不得复核本人的申请', en: 'Nobody checks their own request' },
    detail: { zh: '{user} 是申请 {id} 的申请人', en: '{user} is the maker of request {id}' },
    remedy: { zh: '由另一人复核', en: 'Let somebody else check it' },
  },
  APPROVAL_DECIDED: {
    status: 409,
    title: { zh: '已复核过该申请', en: 'Already decided by you' },
    detail: { zh: '{user} 对申请 {id} 的意见为 {verdict}', en: '{user} decided {verdict} on request {id}' },
    remedy: { zh: '由另一人复核', en: 'Let another checker decide' },
  },
  APPROVAL_DUTY: {
    status: 403,
    title: { zh: '岗位无权复核', en: 'Not of your duty' },
    detail: { zh: '申请 {id} 需要岗位 {duties} 复核', en: 'Request {id} waits for the duties {duties}' },
    remedy: { zh: '由该岗位人员复核', en: 'Let somebody of that duty check it' },
  },
  APPROVAL_NOT_MAKER: {
    status: 403,
    title: { zh: '只有申请人可以撤回', en: 'Only its maker withdraws a request' },
    detail: { zh: '{user} 不是申请 {id} 的申请人', en: '{user} is not the maker of request {id}' },
    remedy: { zh: '由申请人撤回，或由复核人退回', en: 'Let its maker withdraw it, or a checker return it' },
  },
  APPROVAL_BATCH: {
    status: 422,
    title: { zh: '批量复核无效', en: 'The batch of requests is not valid' },
    detail: {
      zh: '批量复核须同一种类且不超过 {max} 项：{kinds}',
      en: 'A batch is of one kind and at most {max} requests: {kinds}',
    },
    remedy: { zh: '分种类复核', en: 'Decide each kind by itself' },
  },
});
