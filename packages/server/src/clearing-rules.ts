import path from 'node:path';
import { type ClearingRules, clearingRules } from '@meridian/clearing';
import { type DataFolder, readWhole } from './data-folder.ts';

/** Minutes after the close at which a market's batch is due: the broker's file and the marks are there by then. */
const DELAY_SECONDS = 30 * 60;

/**
 * The clearing rules of the house: `clearing.json` of the data folder where an operator put one, else the demo's. Unknown
 * members are refused.
 */
export function houseClearingRules(folder: DataFolder, markets: readonly string[]): ClearingRules {
  return clearingRules(readWhole(path.join(folder.root, 'clearing.json')) ?? demoRules(markets));
}

function demoRules(markets: readonly string[]): ClearingRules {
  return {
    business: 'TRS',
    markets: markets.map((mic, no) => ({ mic, no, delaySeconds: DELAY_SECONDS, settle: 'net' })),
    bookingPolicy: { '*': 'order' },
    financingIndex: 'US_PRIMARY_CREDIT',
    margin: { maintenancePpmOfInitial: 800_000, closeOutPpmOfInitial: 600_000 },
    brokerCommissionPerUnit: '0.0020',
    fatalBreaks: ['missing', 'duplicate', 'mismatch'],
    clientDay: { markets: [...markets] },
    mail: {
      batch: ['clearing@meridian.example', 'risk@meridian.example'],
      clients: [1, 2, 3].map((client) => ({ client, address: `fund-${client}@client.example` })),
    },
  };
}
