import type { DateText } from '@meridian/base';
import type { BookingPolicy } from './terms.ts';

/** A client fill as the books receive it. Price in PRICE_DIGITS quote units. */
export interface BookableFill {
  readonly fillId: string;
  readonly orderId: string;
  readonly agreement: string;
  readonly listingId: string;
  readonly date: DateText;
  readonly side: 'long' | 'short';
  readonly effect: 'open' | 'close';
  readonly quantity: bigint;
  readonly price: bigint;
}

/** Fills booked as one: quantity and Σ quantity × price, both exact. The average is value ÷ quantity, never stored. */
export interface BookingUnit {
  /** Deterministic: the policy's key, e.g. the order or the day. */
  readonly unitId: string;
  readonly agreement: string;
  readonly listingId: string;
  readonly date: DateText;
  readonly side: 'long' | 'short';
  readonly effect: 'open' | 'close';
  readonly quantity: bigint;
  readonly value: bigint;
  readonly fillIds: readonly string[];
}

/**
 * Groups fills by the booking policy, in order of first fill. A fill of another agreement, listing, date, side or
 * effect never joins a unit, whatever its order.
 */
export function bookingUnits(policy: BookingPolicy, fills: readonly BookableFill[]): BookingUnit[] {
  const units = new Map<string, BookingUnit>();
  for (const fill of fills) {
    const set = [fill.agreement, fill.listingId, fill.date, fill.side, fill.effect].join('|');
    const own = policy === 'per-fill' ? `fill ${fill.fillId}` : policy === 'per-order' ? `order ${fill.orderId}` : 'day';
    const unitId = `${own}|${set}`;
    const sofar = units.get(unitId);
    units.set(unitId, {
      unitId,
      agreement: fill.agreement,
      listingId: fill.listingId,
      date: fill.date,
      side: fill.side,
      effect: fill.effect,
      quantity: (sofar?.quantity ?? 0n) + fill.quantity,
      value: (sofar?.value ?? 0n) + fill.quantity * fill.price,
      fillIds: [...(sofar?.fillIds ?? []), fill.fillId],
    });
  }
  return [...units.values()];
}
