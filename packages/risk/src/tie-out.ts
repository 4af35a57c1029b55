import type { RiskMonitor } from './monitor.ts';

/** Units per business account and listing, flat ones left out. */
export interface RiskTieOut {
  readonly positions: readonly { readonly account: number; readonly listing: number; readonly quantity: number }[];
}

/** What the fold says, for comparison with nodes, books and venues. */
export function tieoutRisk(monitor: Pick<RiskMonitor, 'positions'>): RiskTieOut {
  const positions = monitor
    .positions()
    .filter(({ quantity }) => quantity !== 0)
    .map(({ account, listing, quantity }) => ({ account, listing, quantity }))
    .sort((a, b) => a.account - b.account || a.listing - b.listing);
  return { positions };
}
