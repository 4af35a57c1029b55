import { defineScreen } from '../../router/screen.ts';
import { textSearch } from '../search.ts';

export const ledger = defineScreen(
  {
    path: '/ledger',
    title: { zh: '簿记总账', en: 'Ledger' },
    rail: { zh: '簿记', en: 'Ledger' },
    code: 'LED',
    go: 'j',
    action: 'ledger.read',
  },
  (raw) => textSearch(raw, ['journal', 'code', 'batch', 'contract', 'account']),
  () => import('./page.tsx'),
);
