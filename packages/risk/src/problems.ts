import { declareProblems } from '@meridian/base';

export const { problem } = declareProblems({
  RISK_TERMS_INVALID: {
    status: 422,
    title: { zh: '追保条件无效', en: 'Invalid margin-call terms' },
    detail: { zh: '追保条件无效：{reason}', en: 'Margin-call terms: {reason}' },
    remedy: {
      zh: '目标比例不低于追保线，最低金额至少一个最小货币单位',
      en: 'The target is at or above the call line and the least amount is at least one minor unit',
    },
  },
  RISK_BOOKS_REFUSED: {
    status: 422,
    title: { zh: '账簿无法盯市', en: 'Books that cannot be valued' },
    detail: { zh: '{what}：{reason}', en: '{what}: {reason}' },
    remedy: { zh: '在参考数据或账簿中更正后重算', en: 'Correct it in reference data or books, then rebase' },
  },
  RISK_AHEAD_OF_BOOKS: {
    status: 409,
    title: { zh: '风控领先于账簿', en: 'Risk is ahead of the books' },
    detail: {
      zh: '{market} 的成交 {place} 已计入风控，账簿只到 {books}',
      en: 'Risk has folded fill {place} of {market}, the books end at {books}',
    },
    remedy: {
      zh: '先让账簿消费事件；账簿若从备份恢复，清空风控日志后重启',
      en: 'Let the books consume the events first; after a restore of the books, start with an empty risk log',
    },
  },
});
