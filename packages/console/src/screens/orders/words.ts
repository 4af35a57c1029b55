import type { ORDER_STATES } from '@meridian/api';
import { defineText } from '../../i18n/text.ts';

export type OrderState = (typeof ORDER_STATES)[number];

/** The words of an order wherever one is shown: blotter, ticket, portal. */
export const orderWords = defineText(
  {
    state: {
      pending: '待确认',
      new: '已报',
      'partially-filled': '部分成交',
      filled: '全部成交',
      cancelled: '已撤',
      rejected: '拒绝',
      expired: '过期',
      'pending-cancel': '待撤',
      'pending-replace': '待改',
      unknown: '结果未知',
    },
    side: { buy: '买', sell: '卖', 'sell-short': '卖空' },
    effect: { open: '开仓', close: '平仓' },
    type: { market: '市价', limit: '限价' },
    timeInForce: { day: '当日', ioc: 'IOC', fok: 'FOK' },
  },
  {
    state: {
      pending: 'Pending',
      new: 'Working',
      'partially-filled': 'Part filled',
      filled: 'Filled',
      cancelled: 'Cancelled',
      rejected: 'Rejected',
      expired: 'Expired',
      'pending-cancel': 'Cancelling',
      'pending-replace': 'Replacing',
      unknown: 'Unknown',
    },
    side: { buy: 'Buy', sell: 'Sell', 'sell-short': 'Short' },
    effect: { open: 'Open', close: 'Close' },
    type: { market: 'Market', limit: 'Limit' },
    timeInForce: { day: 'Day', ioc: 'IOC', fok: 'FOK' },
  },
);

const WORKING: readonly string[] = ['pending', 'new', 'partially-filled', 'pending-replace'];

/** Whether there is something left to cancel. */
export const isWorking = (state: string | number | boolean | null): boolean => WORKING.includes(String(state));

/** How a state is dressed. Always beside its word, never instead of it. */
export function toneOf(state: string | number | boolean | null): '' | 'bad' | 'warn' | 'accent' | 'mild' | 'dim' {
  switch (state) {
    case 'rejected':
      return 'bad';
    case 'unknown':
    case 'pending':
    case 'pending-cancel':
    case 'pending-replace':
      return 'warn';
    case 'partially-filled':
      return 'accent';
    case 'cancelled':
    case 'expired':
      return 'dim';
    case 'filled':
      return 'mild';
    default:
      return '';
  }
}
