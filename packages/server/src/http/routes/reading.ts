import type { ReadingHouse } from '../../reading/house.ts';
import { accountEndpoints } from './account.ts';
import { clearingEndpoints } from './clearing.ts';
import { contractEndpoints } from './contract.ts';
import { ledgerEndpoints } from './ledger.ts';
import { limitEndpoints } from './limit.ts';
import { overviewEndpoints } from './overview.ts';
import { reportEndpoints } from './report.ts';
import { traceEndpoints } from './trace.ts';

/** The read side of the public interface, whole. */
export function readingEndpoints(house: ReadingHouse) {
  return {
    ...{ ...overviewEndpoints(house), ...accountEndpoints(house), ...contractEndpoints(house), ...limitEndpoints(house) },
    ...{ ...clearingEndpoints(house), ...reportEndpoints(house), ...ledgerEndpoints(house), ...traceEndpoints(house) },
  };
}
