import { defineScreen } from '../../router/screen.ts';
import { textSearch } from '../search.ts';

export const users = defineScreen(
  {
    path: '/users',
    title: { zh: '用户与职责', en: 'Users and duties' },
    rail: { zh: '用户', en: 'Users' },
    code: 'USR',
    go: 's',
    action: 'user.read',
  },
  (raw) => textSearch(raw, ['user']),
  () => import('./page.tsx'),
);
