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
});
