import { defineScreen } from '../../router/screen.ts';

export const MEASURES = ['notional', 'quantity', 'cost'] as const;

export const trace = defineScreen(
  { path: '/trace/$level/$id', title: { zh: '穿透', en: 'See-through' }, action: 'trace.read' },
  (raw): { readonly measure?: (typeof MEASURES)[number] } => {
    const measure = MEASURES.find((each) => each === raw['measure']);
    return measure === undefined ? {} : { measure };
  },
  () => import('./page.tsx'),
);

export const firm = defineScreen(
  {
    path: '/trace',
    title: { zh: '穿透', en: 'See-through' },
    rail: { zh: '穿透', en: 'Through' },
    code: 'TRC',
    go: 't',
    action: 'trace.read',
  },
  () => ({}),
  () => import('./firm-page.tsx'),
);

export const logEntry = defineScreen(
  { path: '/log/$market/$seq', title: { zh: '日志条目', en: 'Log entry' }, action: 'trace.read' },
  () => ({}),
  () => import('./log-page.tsx'),
);
