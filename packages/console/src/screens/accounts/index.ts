import { defineScreen } from '../../router/screen.ts';

export const accounts = defineScreen(
  {
    ...{ path: '/accounts', title: { zh: '账户', en: 'Accounts' }, rail: { zh: '账户', en: 'Accounts' } },
    ...{ code: 'ACC', go: 'a', action: 'account.read' },
  },
  () => ({}),
  () => import('./page.tsx'),
);
export const account = defineScreen(
  { path: '/accounts/$master', title: { zh: '账户树', en: 'Account tree' }, action: 'account.read' },
  () => ({}),
  () => import('./account-page.tsx'),
);
