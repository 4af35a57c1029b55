import { addDays, type DateText, invariant } from '@meridian/base';
import {
  accrue,
  type BookingUnit,
  bookingUnits,
  type FxFixing,
  increase,
  openContract,
  resolveSwap,
  unwind,
} from '@meridian/product';
import type { Transaction } from '@meridian/store';
import {
  type Account,
  averagePrice,
  clientTerms,
  contractId,
  mirrorTerms,
  type OpenContract,
  openContracts,
  readAccounts,
} from '../contract-book.ts';
import { publishedPlaces, putRows, type Row, rowsOf } from '../dataset.ts';
import { problem } from '../problems.ts';
import { type ClearingFacts, type DatedReference, datedReference, type ListingFact, ratesOf } from '../rules.ts';
import { type BatchFault, hashOf, type Step, type StepScope } from '../step.ts';
import { type Amendment, amendmentsOf, isAmendment, restate } from './amendment.ts';
import type { Trade } from './analyse.ts';
import { stateRows } from './contract-rows.ts';
import { inventoryRows } from './inventory.ts';
import { type MarketContext, pinsOf, placeOf } from './plan.ts';

/** What the batch does to contracts: everything that happens goes through here, so the events are complete. */
export interface ContractBook {
  readonly date: DateText;
  readonly facts: ClearingFacts;
  readonly marketNo: number;
  /** Open at the start or opened by the batch, mirrors included; in order of first appearance. */
  readonly contracts: OpenContract[];
  readonly events: Map<bigint, Row[]>;
  /** What the batch moved, by contract: minor units, + the client receives. */
  readonly moved: Map<bigint, Moved>;
}

export interface Moved {
  accrual: bigint;
  settled: bigint;
  realised: bigint;
}

/** Accrues financing, books trades by policy into contracts and lots, FIFO on the way out; mirrors follow. CL-1 */
export const process: Step<MarketContext> = {
  name: 'process',
  async run(tx, scope) {
    const { facts, rule } = scope.context;
    const date = scope.key.clearingDate as DateText;
    const reference = await datedReference(tx, date);
    const accounts = await readAccounts(tx);
    const book: ContractBook = {
      ...{ date, facts, marketNo: rule.no, contracts: await carried(tx, scope, accounts, reference) },
      ...{ events: new Map(), moved: new Map() },
    };
    for (const contract of book.contracts) accrueTo(book, contract);
    const trades = await rowsOf<Trade>(tx, 'trade', placeOf(scope, 'analyse'), 'seq, k');
    const faults = await amend(tx, scope, book, trades, { accounts, reference });
    const bookings = await unitsOf(tx, trades, accounts, reference, date);
    for (const unit of bookings) bookUnit(book, unit);
    const { states, lots } = stateRows(book);
    const events = [...book.events].flatMap(([, rows]) => rows);
    const inventory = await inventoryRows(tx, scope, reference);
    const hashes = [
      await putRows(tx, 'contract_event', scope, events),
      await putRows(tx, 'contract_state', scope, states),
      await putRows(tx, 'lot_state', scope, lots),
      await putRows(tx, 'inventory', scope, inventory),
    ];
    const opened = book.contracts.filter((contract) => contract.before === null).length;
    return {
      outputHash: hashOf(hashes),
      rowsIn: trades.length,
      rowsOut: events.length + states.length + lots.length + inventory.length,
      summary: { trades: trades.length, units: bookings.length, contracts: states.length, opened, events: events.length },
      faults,
    };
  },
};

async function carried(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  accounts: ReadonlyMap<bigint, Account>,
  reference: DatedReference,
): Promise<OpenContract[]> {
  const { previous } = pinsOf(scope);
  if (previous === null) return [];
  const places = await publishedPlaces(tx, previous.batch, previous.attempt);
  return openContracts(tx, places('process'), accounts, reference.listing);
}

/** Night by night, each at the index in force on its first day; nights of one rate make one event. */
function accrueTo(book: ContractBook, contract: OpenContract): void {
  const index = book.facts.market.rateIndex(contract.state.swap.terms.financing.index);
  while (contract.state.accruedTo < book.date) {
    const from = contract.state.accruedTo;
    const { rate } = index.on(from);
    let to = addDays(from, 1);
    while (to < book.date && index.on(to).rate === rate) to = addDays(to, 1);
    const { state, amount } = accrue(contract.state, to, rate);
    contract.state = state;
    movedOf(book, contract).accrual += amount.minor;
    record(book, contract, 'accrual', `${from}..${to}`, { index_rate: rate, financing: amount.minor });
  }
}

interface PricedUnit {
  readonly unit: BookingUnit;
  readonly account: Account;
  readonly listing: ListingFact;
  readonly fx: FxFixing | null;
  /** Log position of its first fill. */
  readonly seq: bigint;
  readonly order: number;
}

/** Busts and corrections come first: what this session did, it did to contracts as they should have been. */
async function amend(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  book: ContractBook,
  trades: readonly Trade[],
  known: { readonly accounts: ReadonlyMap<bigint, Account>; readonly reference: DatedReference },
): Promise<BatchFault[]> {
  const faults: BatchFault[] = [];
  for (const amendment of await amendmentsOf(tx, trades)) {
    if (await restate(tx, scope, book, amendment)) continue;
    const units = await offsets(tx, amendment, known, book.date);
    const contract = units.map((unit) => bookUnit(book, unit)).at(-1) as OpenContract;
    const value = fillId(amendment.root);
    const params = { value, contract: String(contract.contract) };
    faults.push({ rule: 'AMENDMENT_OFFSET', severity: 'warning', field: 'fill', value, contract: contract.contract, params });
  }
  return faults;
}

/**
 * What cannot be restated is booked against, at the fill's own price and rate: the money comes out the same. A bust of
 * an opening fill opens the other side, a bust of a closing one opens its side again; a correction puts both the new
 * fill and the end of the old one into its side.
 */
async function offsets(
  tx: Transaction,
  { trade, root, rootDate }: Amendment,
  known: { readonly accounts: ReadonlyMap<bigint, Account>; readonly reference: DatedReference },
  date: DateText,
): Promise<PricedUnit[]> {
  const account = known.accounts.get(trade.account) as Account;
  const isComposite = account.basis === 'composite';
  const fixedAt = isComposite ? (await ratesOf(tx, root.rate_set)).publishedAt : 0;
  const fx = isComposite ? { rate: root.fx_rate, source: String(root.rate_set), fixedAt } : null;
  const as = bookable(root, account, rootDate);
  const other = { long: 'short', short: 'long' } as const;
  const unit = (
    name: string,
    side: 'long' | 'short',
    effect: 'open' | 'close',
    quantity: bigint,
    price: bigint,
  ): PricedUnit => ({
    unit: {
      ...{ unitId: `${name} ${fillId(trade)}`, agreement: as.agreement, listingId: as.listingId, date, side, effect, quantity },
      ...{ value: quantity * price, fillIds: [fillId(trade)] },
    },
    ...{ account, listing: known.reference.listing(trade.listing), fx, seq: trade.seq, order: 0 },
  });
  const [was, at] = [trade.ref_quantity as bigint, trade.ref_price as bigint];
  const opens = root.effect === 1;
  if (trade.kind === 'bust') return [unit('offset', opens ? other[as.side] : as.side, 'open', was, at)];
  const corrected = unit('corrected', as.side, as.effect, trade.quantity, trade.price);
  const offset = unit('offset', as.side, opens ? 'close' : 'open', was, at);
  return opens ? [corrected, offset] : [offset, corrected];
}

/** Booking units in order of their first fill. Fills at different rate sets are different units: a lot has one rate. */
async function unitsOf(
  tx: Transaction,
  trades: readonly Trade[],
  accounts: ReadonlyMap<bigint, Account>,
  reference: DatedReference,
  date: DateText,
): Promise<PricedUnit[]> {
  const groups = Map.groupBy(
    trades.filter((trade) => !isAmendment(trade)),
    (trade) => `${trade.account}/${trade.rate_set}/${trade.policy}`,
  );
  const units: PricedUnit[] = [];
  for (const group of groups.values()) {
    const first = group[0] as Trade;
    const account = accounts.get(first.account);
    invariant(account !== undefined, 'a fill of record belongs to an account of record');
    const isComposite = account.basis === 'composite';
    const fixedAt = isComposite ? (await ratesOf(tx, first.rate_set)).publishedAt : 0;
    for (const unit of bookingUnits(
      POLICY[first.policy],
      group.map((trade) => bookable(trade, account, date)),
    )) {
      const fill = group.find((trade) => fillId(trade) === unit.fillIds[0]) as Trade;
      const fx = isComposite ? { rate: fill.fx_rate, source: String(fill.rate_set), fixedAt } : null;
      units.push({
        ...{ unit, account, listing: reference.listing(fill.listing), fx, seq: fill.seq, order: trades.indexOf(fill) },
      });
    }
  }
  return units.sort((a, b) => a.order - b.order);
}

export const POLICY = { fill: 'per-fill', order: 'per-order', day: 'day-average' } as const;

const fillId = (trade: Trade) => `${trade.seq}.${trade.k}`;

export function bookable(trade: Trade, account: Account, date: DateText) {
  return {
    fillId: fillId(trade),
    orderId: `fill ${trade.order_id}`,
    agreement: String(account.agreement),
    listingId: String(trade.listing),
    date,
    side: (trade.side === 1) === (trade.effect === 1) ? ('long' as const) : ('short' as const),
    effect: trade.effect === 1 ? ('open' as const) : ('close' as const),
    quantity: trade.quantity,
    price: trade.price,
  };
}

function bookUnit(book: ContractBook, priced: PricedUnit): OpenContract {
  const { unit, account, listing } = priced;
  const found = book.contracts.find(
    (contract) =>
      contract.backToBackOf === null &&
      contract.account.account === account.account &&
      contract.listing.listing === listing.listing &&
      contract.state.swap.terms.side === unit.side &&
      contract.state.status === 'open',
  );
  if (found === undefined && unit.effect === 'open') {
    return open(book, priced);
  }
  if (found === undefined) {
    const side = `${account.account}/${listing.code}/${unit.side}`;
    throw problem('CONTRACT_ABSENT', { key: side, fills: unit.fillIds.slice(0, 5).join(' ') });
  }
  const mirror = book.contracts.find((contract) => contract.backToBackOf === found.contract);
  for (const contract of mirror === undefined ? [found] : [found, mirror])
    if (unit.effect === 'open') addLot(book, contract, priced);
    else close(book, contract, priced);
  return found;
}

function open(book: ContractBook, priced: PricedUnit): OpenContract {
  const { account, listing, unit, seq } = priced;
  const id = contractId(book.marketNo, seq, false);
  invariant(
    book.contracts.every((contract) => contract.contract !== id),
    'one fill opens one contract',
  );
  const terms = clientTerms(id, account, listing, unit.side, book.date, book.facts.rules);
  const isMirrored = account.entity !== account.hedge_entity;
  const mirrorId = contractId(book.marketNo, seq, true);
  const pairs = [{ id, terms, of: null, entity: account.entity }] as {
    id: bigint;
    terms: typeof terms;
    of: bigint | null;
    entity: bigint;
  }[];
  if (isMirrored)
    pairs.push({ id: mirrorId, terms: mirrorTerms(terms, account, mirrorId), of: id, entity: account.hedge_entity });
  for (const pair of pairs) {
    const { state } = openContract(resolveSwap(pair.terms, listing.terms), book.date, tradeLot(priced, 1));
    const contract: OpenContract = {
      ...{ contract: pair.id, uti: uti(pair.entity, listing.mic, book.date, pair.id), account, listing },
      ...{ backToBackOf: pair.of, entity: pair.entity, openedOn: book.date, before: null, lots: [], state },
    };
    keepLot(contract, priced, book.date);
    book.contracts.push(contract);
    record(book, contract, 'open', unit.unitId, traded(priced));
  }
  return book.contracts.find((contract) => contract.contract === id) as OpenContract;
}

/** Unique by construction: entity, market, day and the contract's id; 52 characters at most (ISO 23897). */
function uti(entity: bigint, mic: string, date: DateText, id: bigint): string {
  const number = id.toString(36).toUpperCase().padStart(8, '0');
  return `MERIDIAN${String(entity).padStart(4, '0')}${mic}${date.replaceAll('-', '')}${number}`;
}

const tradeLot = ({ unit, fx }: PricedUnit, lot: number) => ({
  lotId: String(lot),
  quantity: unit.quantity,
  value: unit.value,
  fx,
});

function keepLot(contract: OpenContract, { unit, fx }: PricedUnit, date: DateText): number {
  const lot = contract.lots.length + 1;
  contract.lots.push({
    ...{ lot, trade_date: date, quantity_traded: unit.quantity, price: averagePrice(unit.value, unit.quantity) },
    fx_rate: fx?.rate ?? null,
    fx_rate_set: fx === null ? null : BigInt(fx.source),
    fx_at: fx === null ? null : BigInt(fx.fixedAt),
  });
  return lot;
}

function addLot(book: ContractBook, contract: OpenContract, priced: PricedUnit): void {
  const lot = keepLot(contract, priced, book.date);
  contract.state = increase(contract.state, book.date, tradeLot(priced, lot)).state;
  record(book, contract, 'increase', priced.unit.unitId, traded(priced));
}

function close(book: ContractBook, contract: OpenContract, priced: PricedUnit): void {
  const { unit, fx } = priced;
  const done = unwind(contract.state, { date: book.date, quantity: unit.quantity, value: unit.value, fx });
  contract.state = done.state;
  const moved = movedOf(book, contract);
  moved.realised += done.realised.minor;
  moved.settled += done.financing.minor;
  const money = { realised: done.realised.minor, financing: done.financing.minor };
  record(book, contract, 'unwind', unit.unitId, { ...traded(priced), ...money });
}

const traded = ({ unit, fx }: PricedUnit) => ({
  quantity: unit.quantity,
  value: unit.value,
  fx_rate: fx?.rate ?? null,
  fx_rate_set: fx === null ? null : BigInt(fx.source),
  fx_at: fx === null ? null : BigInt(fx.fixedAt),
});

export function movedOf(book: ContractBook, contract: OpenContract): Moved {
  const moved = book.moved.get(contract.contract) ?? { accrual: 0n, settled: 0n, realised: 0n };
  book.moved.set(contract.contract, moved);
  return moved;
}

export function record(book: ContractBook, contract: OpenContract, kind: string, source: string, what: Row): void {
  const rows = book.events.get(contract.contract) ?? [];
  book.events.set(contract.contract, rows);
  rows.push({
    ...{ contract: contract.contract, no: rows.length + 1, kind, source, event_date: book.date },
    ...{ quantity: 0n, value: 0n, fx_rate: null, fx_rate_set: null, fx_at: null, index_rate: null },
    ...{ realised: 0n, financing: 0n, ...what },
  });
}
