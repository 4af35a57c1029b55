import { defineScreen, textParam } from '../../router/screen.ts';

export const clearing = defineScreen(
  {
    ...{ path: '/batches', title: { zh: '清算', en: 'Clearing' }, rail: { zh: '清算', en: 'Clearing' } },
    ...{ code: 'CLR', go: 'k', action: 'batch.read' },
  },
  (raw): { readonly market?: string } => {
    const market = textParam(raw['market'], 8);
    return market === undefined ? {} : { market };
  },
  () => import('./page.tsx'),
);
export const batch = defineScreen(
  { path: '/batches/$batch', title: { zh: '批次', en: 'Batch' }, action: 'batch.read' },
  () => ({}),
  () => import('./batch-page.tsx'),
);
