import { defineScreen } from '../../router/screen.ts';

/** The bare address: leads to the first screen of the rail. */
export const home = defineScreen(
  { path: '/', title: { zh: '子午', en: 'Meridian' }, action: 'session.read' },
  () => ({}),
  () => import('./page.tsx'),
);
