import { defineScreen, textParam } from '../../router/screen.ts';

/** What stands in the address of the list. */
export interface ContractsSearch {
  readonly client?: string;
  readonly account?: string;
  readonly state?: 'open' | 'closed';
}

export const contracts = defineScreen(
  {
    ...{ path: '/contracts', title: { zh: '合约', en: 'Contracts' }, rail: { zh: '合约', en: 'Contracts' } },
    ...{ code: 'TRS', go: 'c', action: 'contract.read' },
  },
  (raw): ContractsSearch => {
    const client = textParam(raw['client'], 18);
    const account = textParam(raw['account'], 18);
    const state = raw['state'] === 'open' || raw['state'] === 'closed' ? raw['state'] : undefined;
    return {
      ...(client === undefined ? {} : { client }),
      ...(account === undefined ? {} : { account }),
      ...(state === undefined ? {} : { state }),
    };
  },
  () => import('./page.tsx'),
);
export const contract = defineScreen(
  { path: '/contracts/$contract', title: { zh: '合约详情', en: 'Contract' }, action: 'contract.read' },
  () => ({}),
  () => import('./contract-page.tsx'),
);
