import type { Bilingual } from '@meridian/base';

/** Steps of a batch in order, as screens name them. A test holds the names to what a batch really runs. CL-1 */
export const MARKET_STEPS: readonly (readonly [name: string, title: Bilingual])[] = [
  ['plan', { zh: '计划', en: 'Plan' }],
  ['import', { zh: '转入', en: 'Import' }],
  ['check', { zh: '核对', en: 'Reconcile' }],
  ['analyse', { zh: '分析', en: 'Analyse' }],
  ['process', { zh: '处理', en: 'Process' }],
  ['fee', { zh: '费用', en: 'Fees' }],
  ['value', { zh: '估值', en: 'Value' }],
  ['book', { zh: '簿记', en: 'Book' }],
  ['verify', { zh: '复核', en: 'Verify' }],
  ['publish', { zh: '发布', en: 'Publish' }],
  ['report', { zh: '报告', en: 'Report' }],
];
export const CLIENT_DAY_STEPS: readonly (readonly [name: string, title: Bilingual])[] = [
  ['gather', { zh: '汇集', en: 'Gather' }],
  ['statement', { zh: '结算单', en: 'Statements' }],
  ['publish', { zh: '发布', en: 'Publish' }],
];

export const stepsOf = (kind: 'market' | 'client-day') => (kind === 'market' ? MARKET_STEPS : CLIENT_DAY_STEPS);
