import { choiceParam, defineScreen } from '../../router/screen.ts';
import { textSearch } from '../search.ts';

export const FACES = ['reports', 'mails'] as const;

export const reports = defineScreen(
  {
    path: '/reports',
    title: { zh: '报告与邮件', en: 'Reports and mail' },
    rail: { zh: '报告', en: 'Reports' },
    code: 'RPT',
    go: 'r',
    action: 'report.read',
  },
  (raw) => ({ face: choiceParam(raw['face'], FACES), ...textSearch(raw, ['batch', 'document']) }),
  () => import('./page.tsx'),
);
