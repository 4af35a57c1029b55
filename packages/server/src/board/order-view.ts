import { formatInstant } from '@meridian/base';
import type { Principal } from '@meridian/security';
import type { BoardRow, OrderBoard } from '@meridian/trading';
import { Listeners, type LiveView, type Scalar } from '../http/stream/live-view.ts';
import type { OrderNames } from './order-names.ts';
import { rejectionOf } from './rejection.ts';

/** Rows kept as they were last read: what a viewport sorts, filters and sends of one order is read once per change. */
const ROWS_KEPT = 4_096;

export interface OrderView extends LiveView {
  /** These orders changed. */
  changed(orders: readonly string[]): void;
}

/** The board as a live view. A client's people see the orders of their accounts; the firm's, those of their entities. */
export function orderView(board: OrderBoard, names: OrderNames): OrderView {
  const listeners = new Listeners();
  const read = new Map<string, BoardRow>();

  function row(key: string): BoardRow | undefined {
    const kept = read.get(key);
    if (kept !== undefined) return kept;
    const fresh = board.row(key);
    if (fresh === undefined) return undefined;
    if (read.size >= ROWS_KEPT) read.clear();
    read.set(key, fresh);
    return fresh;
  }

  let seq = 0;
  return {
    name: 'orders',
    get seq() {
      return seq;
    },
    keys: () => oldestFirst(board),
    has: (key) => row(key) !== undefined,
    value(key, column) {
      const order = row(key);
      return order === undefined ? null : shown(order, column, names);
    },
    isVisible: (key, principal) => isVisible(row(key), principal, names),
    onChange: (listener) => listeners.add(listener),
    changed(orders) {
      for (const order of orders) {
        read.delete(order);
        seq = Math.max(seq, board.row(order)?.lastSeq ?? 0);
      }
      listeners.tell(orders);
    },
  };
}

const oldestFirst = (board: OrderBoard): string[] => Array.from(board.rows(), ({ id }) => id).reverse();

/** Whether an order is the principal's to see; an account that nobody knows is nobody's. */
export function isVisible(order: BoardRow | undefined, principal: Principal, names: OrderNames): boolean {
  const owner = order === undefined ? undefined : names.account(order.account);
  if (owner === undefined) return false;
  if (!principal.entities.includes(owner.entity)) return false;
  return !principal.duties.includes('client') || principal.clients.includes(owner.client);
}

/** One cell, as the interface's `orders` view names it. */
function shown(order: BoardRow, column: string, names: OrderNames): Scalar {
  switch (column) {
    case 'market':
    case 'side':
    case 'effect':
    case 'type':
    case 'quantity':
    case 'price':
    case 'state':
    case 'leaves':
    case 'averagePrice':
      return order[column];
    case 'order':
      return order.seq;
    case 'at':
      return formatInstant(order.at);
    case 'timeInForce':
      return order.tif;
    case 'filled':
      return order.cumQuantity;
    case 'hedgedPpm':
      return order.cumQuantity === 0 ? null : Math.round((order.hedgedQuantity / order.cumQuantity) * 1_000_000);
    case 'seq':
      return order.lastSeq;
    case 'reason':
      return order.rejection?.code ?? null;
    case 'reasonZh':
      return order.rejection === null ? null : rejectionOf(order, names).detail.zh;
    case 'reasonEn':
      return order.rejection === null ? null : rejectionOf(order, names).detail.en;
    case 'clientToken':
      return names.account(order.account)?.clientToken ?? null;
    case 'accountCode':
      return names.account(order.account)?.code ?? null;
    case 'symbol':
      return names.listing(order.listing)?.symbol ?? null;
    case 'currency':
      return names.listing(order.listing)?.currency ?? null;
    default:
      return null;
  }
}
