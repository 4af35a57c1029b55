import { choiceParam, defineScreen } from '../../router/screen.ts';
import { textSearch } from '../search.ts';

export const FACES = ['models', 'decisions'] as const;

export const models = defineScreen(
  {
    path: '/models',
    title: { zh: 'AI 模型与决定', en: 'Models and decisions' },
    rail: { zh: 'AI', en: 'AI' },
    code: 'MDL',
    go: 'm',
    action: 'model.read',
  },
  (raw) => ({ face: choiceParam(raw['face'], FACES), ...textSearch(raw, ['version', 'decision']) }),
  () => import('./page.tsx'),
);
