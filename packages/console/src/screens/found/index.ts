import { defineScreen } from '../../router/screen.ts';

/** Addresses of single objects that the palette and the walk of levels give, and that are shown inside a list. */
export const journalAddress = defineScreen(
  { path: '/ledger/$journal', title: { zh: '凭证', en: 'Journal' }, action: 'ledger.read' },
  () => ({}),
  () => import('./journal.tsx'),
);
export const documentAddress = defineScreen(
  { path: '/reports/$document', title: { zh: '报告', en: 'Report' }, action: 'report.read' },
  () => ({}),
  () => import('./document.tsx'),
);
