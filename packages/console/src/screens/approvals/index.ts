import { defineScreen, textParam } from '../../router/screen.ts';

export interface ApprovalsSearch {
  readonly approval?: string;
  readonly view?: 'waiting' | 'mine' | 'all';
}

export const approvals = defineScreen(
  {
    ...{ path: '/approvals', title: { zh: '审批箱', en: 'Approvals' }, rail: { zh: '审批', en: 'Approvals' } },
    ...{ code: 'APR', go: 'p', action: 'approval.read' },
  },
  (raw): ApprovalsSearch => {
    const approval = textParam(raw['approval'], 64);
    const view = (['waiting', 'mine', 'all'] as const).find((each) => each === raw['view']);
    return { ...(approval === undefined ? {} : { approval }), ...(view === undefined ? {} : { view }) };
  },
  () => import('./page.tsx'),
);
