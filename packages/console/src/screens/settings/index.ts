import { defineScreen } from '../../router/screen.ts';

export const settings = defineScreen(
  {
    ...{ path: '/settings', title: { zh: '设置与帮助', en: 'Settings and help' }, rail: { zh: '设置', en: 'Settings' } },
    ...{ code: 'SET', go: 'h', action: 'session.read' },
  },
  () => ({}),
  () => import('./page.tsx'),
);
