import { defineScreen } from '../../router/screen.ts';
import { readOrdersSearch } from './search.ts';

const title = { zh: '委托', en: 'Orders' };

export const orders = defineScreen(
  { path: '/orders', title, rail: { zh: '委托', en: 'Orders' }, code: 'ORD', go: 'o', action: 'order.read' },
  readOrdersSearch,
  () => import('./page.tsx'),
);
export const order = defineScreen(
  { path: '/orders/$market/$order', title: { zh: '委托详情', en: 'Order' }, action: 'order.read' },
  () => ({}),
  () => import('./order-page.tsx'),
);
