import type { Instant } from '@meridian/base';
import type { Report } from './report-desk.ts';

/** An order of a member, as the venue holds it. Quantities in units, prices NODE_PRICE_SCALE. */
export interface VenueOrder {
  readonly order: number;
  readonly session: number;
  readonly listing: number;
  /** FIX 54: 1, 2, 5. */
  readonly side: number;
  readonly type: number;
  readonly tif: number;
  readonly account: string;
  readonly symbol: string;
  quantity: number;
  price: number;
  cumQuantity: number;
  cumValue: number;
  /** Executed and busted: never worked again, never part of what is left. */
  bustedQuantity: number;
  /** FIX 39 as a code point. */
  status: number;
  /** Of the last accepted new, replace or cancel. */
  clOrdId: string;
}

/** FIX 39 and 150. */
export const NEW = code('0');
export const PARTIAL = code('1');
export const FILLED = code('2');
export const CANCELLED = code('4');
export const REPLACED = code('5');
export const REJECTED = code('8');
export const EXPIRED = code('C');
export const TRADE = code('F');
export const CORRECTED = code('G');
export const BUSTED = code('H');
export const STATUS = code('I');
const NONE = 65_535;

function code(character: string): number {
  return character.charCodeAt(0);
}

/** FIX 103 and 102, as far as a venue says them. */
export const REASON = {
  unknownSymbol: 1,
  closed: 2,
  tooLarge: 3,
  duplicate: 6,
  unsupported: 11,
  quantity: 13,
  other: 99,
} as const;
export const CANCEL_REASON = { tooLate: 0, unknown: 1, duplicate: 6, other: 99 } as const;

/** The members of a report that do not follow from its order. */
export interface Said {
  readonly execution?: number;
  readonly reference?: number;
  readonly lastQuantity?: number;
  readonly lastPrice?: number;
  readonly reason?: number;
  readonly clOrdId?: string;
  readonly origClOrdId?: string;
  readonly text?: string;
}

export function isWorking(of: VenueOrder): boolean {
  return of.status === NEW || of.status === PARTIAL;
}

/** What is still in the market. */
export function leavesOf(of: VenueOrder): number {
  return isWorking(of) ? of.quantity - of.cumQuantity - of.bustedQuantity : 0;
}

/** FIX 35=8 on an order as it stands. */
export function executionReport(of: VenueOrder, execType: number, now: Instant, said: Said = {}): Report {
  return {
    name: 'execution',
    body: {
      session: of.session,
      order: of.order,
      execution: said.execution ?? 0,
      reference: said.reference ?? 0,
      listing: of.listing,
      execType,
      status: of.status,
      side: of.side,
      type: of.type,
      tif: of.tif,
      quantity: of.quantity,
      price: of.price,
      lastQuantity: said.lastQuantity ?? 0,
      lastPrice: said.lastPrice ?? 0,
      cumQuantity: of.cumQuantity,
      leavesQuantity: leavesOf(of),
      cumValue: of.cumValue,
      transactTime: now,
      reason: said.reason ?? NONE,
      clOrdId: said.clOrdId ?? of.clOrdId,
      origClOrdId: said.origClOrdId ?? '',
      account: of.account,
      symbol: of.symbol,
      text: said.text ?? '',
    },
  };
}

export interface CancelRequest {
  readonly session: number;
  readonly clOrdId: string;
  readonly origClOrdId: string;
}

/** FIX 35=9. `responseTo`: 1 cancel, 2 replace. */
export function cancelReject(
  request: CancelRequest,
  responseTo: 1 | 2,
  order: VenueOrder | undefined,
  reason: number,
  text: string,
  now: Instant,
): Report {
  return {
    name: 'cancel-reject',
    body: {
      session: request.session,
      order: order?.order ?? 0,
      status: order?.status ?? REJECTED,
      responseTo,
      reason,
      transactTime: now,
      clOrdId: request.clOrdId,
      origClOrdId: request.origClOrdId,
      account: order?.account ?? '',
      text,
    },
  };
}
