import { declareProblems } from '@meridian/base';

/** Why the house refuses a request before anybody has to check it, or when it is to be carried out. */
export const { problem } = declareProblems({
  REQUEST_CONTENT_REFUSED: {
    status: 422,
    title: { zh: '申请内容不成立', en: 'The request makes no sense' },
    detail: { zh: '{kind} {target}：{reason}', en: '{kind} {target}: {reason}' },
    remedy: { zh: '修正后重新申请', en: 'Mend it and ask again' },
  },
  REQUEST_TARGET_UNKNOWN: {
    status: 404,
    title: { zh: '申请对象不存在', en: 'Nothing to change' },
    detail: { zh: '没有 {kind} 的对象 {target}', en: '{kind}: there is no {target}' },
    remedy: { zh: '核对编号', en: 'Check its number' },
  },
  LIMIT_MOVED: {
    status: 409,
    title: { zh: '额度已被他人调整', en: 'The limit has moved' },
    detail: { zh: '额度 {cell} 的版本已不是 {version}', en: 'Limit {cell} is no longer at version {version}' },
    remedy: { zh: '查看现值后重新申请', en: 'Look at it as it is now and ask again' },
  },
  KILL_NOT_ENGAGED: {
    status: 409,
    title: { zh: '没有启动的停机', en: 'No switch is on' },
    detail: { zh: '{target} 没有启动的停机开关', en: 'No kill switch of {target} is on' },
    remedy: { zh: '查看已启动的停机', en: 'See which switches are on' },
  },
  KILL_UNSEEN: {
    status: 503,
    title: { zh: '停机开关无法读取', en: 'The switches cannot be read' },
    detail: { zh: '{market} 的节点没有应答', en: 'The node of {market} does not answer' },
    remedy: { zh: '待该节点恢复后重试', en: 'Try again when the node is back' },
  },
  REVERSAL_REFUSED: {
    status: 409,
    title: { zh: '不能红冲', en: 'Not to be reversed' },
    detail: { zh: '凭证 {journal}：{reason}', en: 'Journal {journal}: {reason}' },
    remedy: { zh: '核对该凭证', en: 'Look at the journal' },
  },
});
