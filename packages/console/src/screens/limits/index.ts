import { defineScreen } from '../../router/screen.ts';
import { textSearch } from '../search.ts';

export const limits = defineScreen(
  {
    path: '/limits',
    title: { zh: '额度与租约', en: 'Limits and leases' },
    rail: { zh: '额度', en: 'Limits' },
    code: 'LIM',
    go: 'l',
    action: 'limit.read',
  },
  (raw) => textSearch(raw, ['cell']),
  () => import('./page.tsx'),
);
