import { defineText } from '../i18n/text.ts';

export const text = defineText(
  {
    name: '24 小时市场时段与清算批次',
    timeOf: (zone: string) => `${zone}时间`,
    open: '连续交易',
    market: '市场',
    sessions: '时段（市场当地）',
    batches: '批次',
    deadline: '截止',
    states: { done: '完成', running: '进行中', waiting: '待运行', blocked: '受阻', failed: '失败' },
    batchSays: (name: string, state: string, due: string) => `${name}：${state}${due === '' ? '' : `，截止 ${due}`}`,
    none: '无',
  },
  {
    name: '24 hours of market sessions and clearing batches',
    timeOf: (zone) => `${zone} time`,
    open: 'Continuous trading',
    market: 'Market',
    sessions: 'Sessions (market time)',
    batches: 'Batches',
    deadline: 'Deadline',
    states: { done: 'Done', running: 'Running', waiting: 'Waiting', blocked: 'Blocked', failed: 'Failed' },
    batchSays: (name, state, due) => `${name}: ${state}${due === '' ? '' : `, due ${due}`}`,
    none: 'None',
  },
);
