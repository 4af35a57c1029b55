import { defineScreen } from '../../router/screen.ts';
import { textSearch } from '../search.ts';

export const audit = defineScreen(
  {
    path: '/audit',
    title: { zh: '审计日志', en: 'Audit log' },
    rail: { zh: '审计', en: 'Audit' },
    code: 'AUD',
    go: 'u',
    action: 'audit.read',
  },
  (raw) => textSearch(raw, ['actor', 'action']),
  () => import('./page.tsx'),
);
