import { formatTrimmed } from '@meridian/base';
import { NODE_PRICE_DIGITS, type RefusalUnit, refusalUnit, rejectionCode } from '@meridian/messages';
import type { OrderRefusal } from '../board/order-state.ts';
import type { MarketNode } from '../engine/market-node.ts';

/** A refusal in the engine's numbers. */
export interface RefusalNumbers {
  readonly rejection: number;
  readonly cell: number;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  readonly wouldPass: number;
}

/** What a rule's numbers count, and in which money: the cell's, or the listing's where no cell is named. */
export function measureOf(
  node: MarketNode,
  unit: RefusalUnit | null,
  listing: number,
  cell: number,
): { readonly unit: RefusalUnit | null; readonly currency: string | null; readonly digits: number } {
  const { cells, listings, currencies } = node.client;
  if (unit === 'price') return { unit, currency: null, digits: NODE_PRICE_DIGITS };
  if (unit !== 'amount') return { unit, currency: null, digits: 0 };
  const money = (cell > 0 ? cells.currency[cell] : listings.currency[listing]) ?? 0;
  // A cell that counts units has no currency.
  if (money === 0) return { unit: 'quantity', currency: null, digits: 0 };
  return { unit, currency: currencies.codes[money] ?? null, digits: currencies.digits[money] ?? 0 };
}

/** The engine's numbers as they are shown and sent; null for no refusal. */
export function showRefusal(node: MarketNode, listing: number, numbers: RefusalNumbers): OrderRefusal | null {
  const code = rejectionCode(numbers.rejection);
  if (code === undefined) return null;
  const { unit, currency, digits } = measureOf(node, refusalUnit(code), listing, numbers.cell);
  const show = (value: number): string | null => (unit === null ? null : decimal(value, digits));
  const passes = unit === null || numbers.wouldPass === 0 ? null : decimal(numbers.wouldPass, unit === 'price' ? digits : 0);
  return {
    code,
    unit,
    currency,
    cell: numbers.cell === 0 ? null : numbers.cell,
    limit: show(numbers.limit),
    used: show(numbers.used),
    requested: show(numbers.requested),
    wouldPass: passes,
  };
}

/** `value` has `digits` decimals; prices and amounts lose what ends in zeros. */
export function decimal(value: number, digits: number): string {
  return formatTrimmed(BigInt(value), digits);
}
