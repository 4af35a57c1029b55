import { type Cell, cellsOfAccount, type LeaseBooking } from '@meridian/accounts';
import { type Currency, divide, minorDigits, pow10 } from '@meridian/base';
import { NODE_FX_DIGITS } from '@meridian/messages';
import type { Account } from '../contract-book.ts';
import { type DatedReference, FX_ONE } from '../rules.ts';
import type { Trade } from './analyse.ts';
import type { BookedContract } from './book.ts';

/**
 * What the fills held of the node's slices moves to the books. `amount` is what the node took for them, by the node's
 * own arithmetic; `booked` is the change of what contracts of record consume of the cell. Fills that close hold nothing.
 */
export function leaseBookings(
  market: string,
  trades: readonly Trade[],
  contracts: readonly BookedContract[],
  accounts: ReadonlyMap<bigint, Account>,
  reference: DatedReference,
  cells: readonly Cell[],
): LeaseBooking[] {
  const sums = new Map<bigint, { amount: bigint; booked: bigint }>();
  const consumed = (account: Account, listing: bigint): Cell[] => {
    const ids = new Set(cellsOfAccount(account, cells));
    const { issuer } = reference.listing(listing);
    return cells.filter((cell) => ids.has(cell.cell) && (cell.issuer === null || cell.issuer === issuer));
  };
  const of = (cell: Cell) => {
    const sum = sums.get(cell.cell) ?? { amount: 0n, booked: 0n };
    sums.set(cell.cell, sum);
    return sum;
  };
  for (const trade of trades) {
    const account = accounts.get(trade.account) as Account;
    for (const cell of consumed(account, trade.listing)) of(cell).amount += heldBy(cell, trade, account);
  }
  for (const contract of contracts.filter((candidate) => candidate.back_to_back_of === null)) {
    const account = accounts.get(contract.account) as Account;
    for (const cell of consumed(account, contract.listing)) of(cell).booked += bookedBy(cell, contract);
  }
  return [...sums]
    .filter(([, sum]) => sum.amount !== 0n || sum.booked !== 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([cell, sum]) => ({ market, cell: Number(cell), amount: String(sum.amount), booked: String(sum.booked) }));
}

function heldBy(cell: Cell, trade: Trade, account: Account): bigint {
  // A bust or correction of a booked fill finds nothing of it in the node's slices any more.
  if (trade.kind !== 'fill' || trade.effect !== 1) return 0n;
  switch (cell.measure) {
    case 'initial-margin':
      return trade.hold;
    case 'position':
      return trade.quantity;
    case 'notional': {
      const rate = divide(trade.fx_rate * pow10(NODE_FX_DIGITS), FX_ONE, 'half-even');
      const digits = minorDigits(account.settlement_currency as Currency);
      return divide(trade.quantity * trade.price * rate * pow10(digits), pow10(8 + NODE_FX_DIGITS), 'up');
    }
  }
}

/** Margin locked, notional at reference prices, units: as they changed by the batch. */
function bookedBy(cell: Cell, contract: BookedContract): bigint {
  switch (cell.measure) {
    case 'initial-margin':
      return contract.margin - contract.margin_before;
    case 'position':
      return contract.quantity - contract.quantity_before;
    case 'notional':
      return contract.notional - contract.notional_before;
  }
}
