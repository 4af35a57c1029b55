import { declareProblems } from '@meridian/base';

export const { problem } = declareProblems({
  POLICY_INVALID: {
    status: 500,
    title: { zh: '授权策略无效', en: 'The authorization policies are invalid' },
    detail: { zh: '{reason}', en: '{reason}' },
    remedy: { zh: '修正策略文件后再启动', en: 'Mend the policy files, then start again' },
  },
  AUTHORIZATION_MALFORMED: {
    status: 500,
    title: { zh: '授权请求不完整', en: 'Malformed authorization request' },
    detail: { zh: '{what} 缺失或类型错误', en: '{what} is missing or of the wrong type' },
    remedy: { zh: '由开发人员修正调用方', en: 'Mend the caller' },
  },
  ROW_SECURITY_DRIFT: {
    status: 500,
    title: { zh: '行级安全与设计不符', en: 'The row-level security is not as designed' },
    detail: { zh: '{count} 处，第一处：{first}', en: '{count} faults, the first: {first}' },
    remedy: { zh: '撤销多出的权限后再启动', en: 'Take the excess rights away, then start again' },
  },
  CLIENT_READING_ONLY: {
    status: 403,
    title: { zh: '仅限客户用户', en: 'For clients only' },
    detail: { zh: '{user} 不是客户用户', en: '{user} is not the user of a client' },
    remedy: { zh: '使用内部查询接口', en: "Use the firm's own reading" },
  },
});
