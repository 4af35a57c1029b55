import { formatDecimal, mulDiv } from '@meridian/base';
import { NO_PRICE, NODE_PRICE_DIGITS, type RefusalUnit, type RejectionCode } from '@meridian/messages';
import { STATUS } from '../engine/order-table.ts';

/** Where an order stands: FIX 39 by name. `pending` is PendingNew: checked and reserved, the market has not answered yet. */
export const ORDER_STATES = [
  'pending',
  'new',
  'partially-filled',
  'filled',
  'cancelled',
  'rejected',
  'expired',
  'pending-cancel',
  'pending-replace',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

const BY_STATUS: ReadonlyMap<number, OrderState> = new Map([
  [STATUS.pending, 'pending'],
  [STATUS.new, 'new'],
  [STATUS.partial, 'partially-filled'],
  [STATUS.filled, 'filled'],
  [STATUS.cancelled, 'cancelled'],
  [STATUS.rejected, 'rejected'],
  [STATUS.expired, 'expired'],
  [STATUS.pendingCancel, 'pending-cancel'],
  [STATUS.pendingReplace, 'pending-replace'],
]);

/** The state behind FIX 39's code point. @throws RangeError for one that the engine does not use. */
export function orderState(status: number): OrderState {
  const state = BY_STATUS.get(status);
  if (state === undefined) throw new RangeError(`order status ${status}`);
  return state;
}

/** The order may still trade. */
export function isOpen(status: number): boolean {
  return status !== STATUS.filled && status !== STATUS.cancelled && status !== STATUS.rejected && status !== STATUS.expired;
}

export type OrderSide = 'buy' | 'sell' | 'sell-short';
export type OrderEffect = 'open' | 'close';
export type OrderType = 'market' | 'limit';
export type TimeInForce = 'day' | 'ioc' | 'fok';

/** FIX 54, 77, 40 and 59 as the engine writes them; null where the request named nothing the engine knows. */
export const sideName = (side: number): OrderSide | null =>
  side === 1 ? 'buy' : side === 2 ? 'sell' : side === 5 ? 'sell-short' : null;
export const effectName = (effect: number): OrderEffect | null => (effect === 1 ? 'open' : effect === 2 ? 'close' : null);
export const typeName = (type: number): OrderType | null => (type === 1 ? 'market' : type === 2 ? 'limit' : null);
export const tifName = (tif: number): TimeInForce | null => (tif === 0 ? 'day' : tif === 3 ? 'ioc' : tif === 4 ? 'fok' : null);

/** A price of NODE_PRICE_SCALE as a decimal; null for {@link NO_PRICE}. */
export function priceText(price: number): string | null {
  return price === NO_PRICE ? null : formatDecimal(BigInt(price), NODE_PRICE_DIGITS);
}

/** Decimals of an average price. */
export const AVERAGE_DIGITS = 8;

/** Σ quantity × price ÷ Σ quantity in 10^-8, rounded half even there; 0 without a fill. The exact value is the quotient itself. */
export function averagePrice(value: number, quantity: number): bigint {
  if (quantity === 0) return 0n;
  return mulDiv(BigInt(value), 10n ** BigInt(AVERAGE_DIGITS - NODE_PRICE_DIGITS), BigInt(quantity), 'half-even');
}

/** Why an order was refused, in decimals: prices of the quote unit, amounts of `currency`, else whole numbers; null where the rule has none. */
export interface OrderRefusal {
  readonly code: RejectionCode;
  readonly unit: RefusalUnit | null;
  /** Of amounts; null for all else. */
  readonly currency: string | null;
  /** The limit cell that refused it. */
  readonly cell: number | null;
  readonly limit: string | null;
  readonly used: string | null;
  readonly requested: string | null;
  /** A price where the unit is price, else the quantity that would have passed; null where none would. */
  readonly wouldPass: string | null;
}
