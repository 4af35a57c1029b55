import { defineScreen, textParam } from '../../router/screen.ts';

/** The client portal's faces. */
const FACES = ['funds', 'orders', 'contracts', 'statements'] as const;

/** What stands in the address: the order seen through, and the portal's face. */
export interface OverviewSearch {
  readonly order?: string;
  readonly face?: (typeof FACES)[number];
}

/** Open to all who are signed in: its parts ask for more. */
export const overview = defineScreen(
  {
    ...{ path: '/overview', title: { zh: '全球运行总览', en: 'Overview' }, rail: { zh: '总览', en: 'Overview' } },
    ...{ code: 'OVW', go: 'v', action: 'calendar.read' },
  },
  (raw): OverviewSearch => {
    const order = textParam(raw['order'], 40);
    const face = FACES.find((each) => each === raw['face']);
    return { ...(order === undefined ? {} : { order }), ...(face === undefined ? {} : { face }) };
  },
  () => import('./page.tsx'),
);
