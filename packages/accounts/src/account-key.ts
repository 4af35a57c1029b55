import { isCurrency } from '@meridian/base';
import { chartRow, type Dimension } from './chart.ts';
import type { AccountKey } from './command.ts';
import { problem } from './problems.ts';

const DIMENSIONS: readonly Dimension[] = ['pool', 'sub', 'contract', 'counterparty', 'listing'];

/**
 * The text that names a ledger account, as the database generates it: entity/code/pool/sub/contract/counterparty/listing/currency.
 * @throws Problem LEDGER_KEY_REFUSED when the chart has no such code, a dimension is missing or does not belong to it.
 */
export function accountKeyText(key: AccountKey, currency: string): string {
  const row = chartRow(key.code);
  if (row === undefined) throw problem('LEDGER_KEY_REFUSED', { code: key.code, reason: 'the chart has no such code' });
  if (!isCurrency(currency)) throw problem('LEDGER_KEY_REFUSED', { code: key.code, reason: `unknown currency ${currency}` });
  for (const dimension of DIMENSIONS) {
    const isGiven = key[dimension] !== undefined;
    if (isGiven && !row.dimensions.includes(dimension) && !row.optional.includes(dimension))
      throw problem('LEDGER_KEY_REFUSED', { code: key.code, reason: `does not carry ${dimension}` });
    if (!isGiven && row.dimensions.includes(dimension))
      throw problem('LEDGER_KEY_REFUSED', { code: key.code, reason: `needs ${dimension}` });
  }
  if (key.pool !== undefined && !/^[a-z][a-z0-9-]{0,31}$/.test(key.pool))
    throw problem('LEDGER_KEY_REFUSED', { code: key.code, reason: `${key.pool} is no pool` });
  return [key.entity, key.code, ...DIMENSIONS.map((dimension) => key[dimension] ?? ''), currency].join('/');
}
