import { type ContractChange, type FillKey, readCells } from '@meridian/accounts';
import type { DateText } from '@meridian/base';
import type { Transaction } from '@meridian/store';
import { type Account, readAccounts } from '../contract-book.ts';
import { putRows, type Row, rowsOf } from '../dataset.ts';
import { EARLIER, publishedData } from '../published-data.ts';
import { type DatedReference, datedReference } from '../rules.ts';
import { hashOf, type Step, type StepScope } from '../step.ts';
import type { Trade } from './analyse.ts';
import { leaseBookings } from './lease-booking.ts';
import {
  backToBackLines,
  type ContractFigures,
  clientContractLines,
  type FeeTotal,
  feeLines,
  inventoryLines,
  type Line,
  newLines,
  settlementLine,
} from './lines.ts';
import { type MarketContext, pinsOf, placeOf } from './plan.ts';
import type { InventoryRow } from './value.ts';

/** A contract after the batch: figures for the lines, facts for the contract of record. */
export interface BookedContract extends ContractFigures {
  readonly uti: string;
  readonly version: bigint;
  readonly hedge_entity: bigint;
  readonly account: bigint;
  readonly listing: bigint;
  readonly side: 'long' | 'short';
  readonly basis: 'local' | 'composite' | 'quanto';
  readonly terms: Readonly<Record<string, unknown>>;
  readonly state: 'open' | 'closed';
  readonly opened_on: DateText;
  readonly quantity_before: bigint;
  readonly quantity: bigint;
  readonly financing: bigint;
  readonly mark: bigint;
  readonly fx_rate: bigint;
  readonly fx_rate_set: bigint;
  readonly exposure: bigint;
  readonly notional: bigint;
  readonly notional_before: bigint;
  readonly requirement: bigint;
  readonly maintenance: bigint;
}

/** Turns the day's figures into posting lines, contract versions and lease bookings, ready to be published. */
export const book: Step<MarketContext> = {
  name: 'book',
  async run(tx, scope) {
    const accounts = await readAccounts(tx);
    const reference = await datedReference(tx, scope.key.clearingDate as DateText);
    const contracts = await bookedContracts(tx, scope);
    const trades = await rowsOf<Trade>(tx, 'trade', placeOf(scope, 'analyse'), 'seq, k');
    const lines = await linesOf(tx, scope, contracts, accounts);
    const changes = await contractChanges(tx, scope, contracts, accounts, reference);
    const fills = trades.map((t): FillKey => ({ market: scope.key.market, seq: Number(t.seq), k: t.k }));
    const bookings = leaseBookings(scope.key.market, trades, contracts, accounts, reference, await readCells(tx));
    const hash = await putRows(tx, 'posting_line', scope, lines.map(lineRow));
    await putRows(tx, 'publication', scope, [{ contracts: changes, fills, bookings }]);
    return {
      outputHash: hashOf([hash, changes, fills, bookings]),
      rowsIn: contracts.length + trades.length,
      rowsOut: lines.length + changes.length + bookings.length,
      summary: { lines: lines.length, contracts: changes.length, fills: fills.length, bookings: bookings.length },
    };
  },
};

const lineRow = (line: Line, index: number): Row => ({
  ...{ no: index + 1, rule: line.rule, entity: line.debit.entity, debit: line.debit, credit: line.credit },
  ...{ currency: line.currency, amount: line.amount },
});

export async function bookedContracts(tx: Transaction, scope: StepScope<MarketContext>): Promise<BookedContract[]> {
  const { rows } = await tx.query<BookedContract>(
    `SELECT c.*, v.currency, v.mark, v.fx_rate, v.fx_rate_set, v.mtm_before, v.mtm, v.exposure, v.notional, v.notional_before,
            v.margin_before, v.margin, v.requirement, v.maintenance
       FROM clearing.contract_state c
       JOIN clearing.valuation v ON v.contract = c.contract AND v.batch = c.batch AND v.attempt = $3
      WHERE c.batch = $1 AND c.attempt = $2 ORDER BY c.contract`,
    [scope.batch, scope.dataAttempt('process'), scope.dataAttempt('value')],
  );
  return rows;
}

async function linesOf(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  contracts: readonly BookedContract[],
  accounts: ReadonlyMap<bigint, Account>,
): Promise<Line[]> {
  const lines = newLines();
  for (const contract of contracts) {
    const account = accounts.get(contract.account) as Account;
    if (contract.back_to_back_of === null) clientContractLines(lines, contract, account);
    else backToBackLines(lines, contract, account.entity);
  }
  const { rows: inventory } = await tx.query<InventoryRow & { fair_value: bigint }>(
    `SELECT i.*, m.fair_value FROM clearing.inventory i
       JOIN clearing.inventory_mark m ON (m.batch, m.route, m.listing) = (i.batch, i.route, i.listing) AND m.attempt = $3
      WHERE i.batch = $1 AND i.attempt = $2 ORDER BY i.route, i.listing`,
    [scope.batch, scope.dataAttempt('process'), scope.dataAttempt('value')],
  );
  for (const row of inventory) inventoryLines(lines, row, row.fair_value);
  const place = placeOf(scope, 'fee');
  for (const fee of await rowsOf<FeeTotal>(tx, 'fee', place, 'payer, code, ref'))
    feeLines(lines, fee, fee.account === null ? undefined : accounts.get(fee.account));
  for (const due of await dueObligations(tx, scope))
    settlementLine(lines, due.entity, due.counterparty, due.currency, due.amount);
  return lines.all();
}

interface DueObligation {
  readonly entity: bigint;
  readonly counterparty: bigint;
  readonly currency: string;
  readonly amount: bigint;
}

/** Cash obligations of published batches whose value date came since the last one. */
async function dueObligations(tx: Transaction, scope: StepScope<MarketContext>): Promise<DueObligation[]> {
  const { previous } = pinsOf(scope);
  if (previous === null) return [];
  const { rows } = await tx.query<DueObligation>(
    `SELECT d.entity, d.counterparty, d.currency, sum(d.amount)::bigint AS amount
       FROM ${publishedData('value', 'clearing.obligation')}
      WHERE ${EARLIER} AND d.kind = 'cash' AND d.value_date > $4 AND d.value_date <= $3
      GROUP BY d.entity, d.counterparty, d.currency ORDER BY d.entity, d.counterparty, d.currency`,
    [scope.key.market, scope.key.business, scope.key.clearingDate, previous.clearingDate],
  );
  return rows;
}

interface LotRow {
  readonly contract: bigint;
  readonly lot: number;
  readonly trade_date: DateText;
  readonly quantity: bigint;
  readonly quantity_traded: bigint;
  readonly price: bigint;
  readonly fx_rate: bigint | null;
  readonly fx_rate_set: bigint | null;
  readonly fx_at: bigint | null;
}

async function contractChanges(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  contracts: readonly BookedContract[],
  accounts: ReadonlyMap<bigint, Account>,
  reference: DatedReference,
): Promise<ContractChange[]> {
  const lots = await rowsOf<LotRow>(tx, 'lot_state', placeOf(scope, 'process'), 'contract, lot');
  const date = scope.key.clearingDate as DateText;
  return contracts.map((contract): ContractChange => {
    const account = accounts.get(contract.account) as Account;
    const isMirror = contract.back_to_back_of !== null;
    const named = (id: bigint) => (isMirror ? null : Number(id));
    return {
      ...{ contract: Number(contract.contract), version: Number(contract.version), uti: contract.uti },
      entity: Number(contract.entity),
      book: Number(isMirror ? reference.bookOf(contract.entity, 'back-to-back') : account.book),
      ...{ agreement: named(account.agreement), client: named(account.client), master: named(account.master) },
      ...{ sub: named(account.sub), account: named(account.account), listing: Number(contract.listing) },
      ...{ side: contract.side, basis: contract.basis, settlementCurrency: contract.currency, state: contract.state },
      backToBackOf: contract.back_to_back_of === null ? null : Number(contract.back_to_back_of),
      ...{ hedgeEntity: Number(contract.hedge_entity), terms: contract.terms, openedOn: contract.opened_on },
      closedOn: contract.state === 'closed' ? date : null,
      lots: lots.filter((lot) => lot.contract === contract.contract).map(lotOf),
      economics: economicsOf(contract, date),
    };
  });
}

const textOrNull = (value: bigint | null) => (value === null ? null : String(value));

const lotOf = (lot: LotRow): ContractChange['lots'][number] => ({
  ...{ lot: lot.lot, tradeDate: lot.trade_date, quantityOpen: String(lot.quantity), quantity: String(lot.quantity_traded) },
  ...{ price: String(lot.price), fxRate: textOrNull(lot.fx_rate) },
  fxRateSet: lot.fx_rate_set === null ? null : Number(lot.fx_rate_set),
  fxAt: lot.fx_at === null ? null : Number(lot.fx_at),
});

/** Minor units and scaled integers as text; + means that the client (or the parent) receives. */
function economicsOf(contract: BookedContract, date: DateText): Record<string, string> {
  const figures = {
    ...{ quantity: contract.quantity, mark: contract.mark, fxRate: contract.fx_rate, fxRateSet: contract.fx_rate_set },
    ...{ markToMarket: contract.mtm, realised: contract.realised, accrual: contract.accrual, financing: contract.financing },
    ...{ financingSettled: contract.settled, margin: contract.margin, requirement: contract.requirement },
    ...{ maintenance: contract.maintenance, exposure: contract.exposure, notional: contract.notional },
  };
  return { date, ...Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, String(value)])) };
}
