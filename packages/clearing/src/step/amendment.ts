import { type DateText, declareProblems, invariant, isProblem } from '@meridian/base';
import {
  accrue,
  bookingUnits,
  type ContractState,
  type FxFixing,
  increase,
  openContract,
  type ResolvedSwap,
  unwind,
} from '@meridian/product';
import type { Transaction } from '@meridian/store';
import { averagePrice, type OpenContract } from '../contract-book.ts';
import { EARLIER, publishedData } from '../published-data.ts';
import type { StepScope } from '../step.ts';
import type { Trade } from './analyse.ts';
import type { MarketContext } from './plan.ts';
import { bookable, type ContractBook, movedOf, POLICY, record } from './process.ts';

declareProblems({
  AMENDMENT_OFFSET: {
    status: 409,
    title: { zh: '撤销或更正以反向入账处理', en: 'Bust or correction booked against' },
    detail: {
      zh: '成交 {value} 的合约已无法按原样重算，已按原价反向入账，合约 {contract}',
      en: 'The contract of fill {value} cannot be restated any more; it was booked against at its own price, contract {contract}',
    },
    remedy: {
      zh: '核对该账户的多空合约，必要时由交易台平掉',
      en: 'Look at the account’s long and short contracts; have the desk close what nobody wants',
    },
  },
});

/** A bust or correction with the fill that it names, as that was booked. */
export interface Amendment {
  readonly trade: Trade;
  readonly root: Trade;
  readonly rootDate: DateText;
}

export const isAmendment = (trade: Trade) => trade.kind !== 'fill';

/** The fill of record behind each bust and correction, from the published batch that booked it. */
export async function amendmentsOf(tx: Transaction, trades: readonly Trade[]): Promise<Amendment[]> {
  const amendments: Amendment[] = [];
  for (const trade of trades.filter(isAmendment)) {
    const { rows } = await tx.query<Trade & { clearing_date: DateText }>(
      `SELECT d.*, b.clearing_date FROM ${publishedData('analyse', 'clearing.trade')}
        WHERE b.batch = $1 AND d.seq = $2 AND d.k = $3 AND d.kind = 'fill'`,
      [trade.ref_batch, trade.ref_seq, trade.ref_k],
    );
    const root = rows[0];
    invariant(root !== undefined, 'a booked fill stands in the batch that booked it');
    amendments.push({ trade, root, rootDate: root.clearing_date });
  }
  return amendments;
}

interface EventRow {
  readonly kind: string;
  readonly source: string;
  readonly event_date: DateText;
  readonly quantity: bigint;
  readonly value: bigint | string;
  readonly fx_rate: bigint | null;
  readonly fx_rate_set: bigint | null;
  readonly fx_at: bigint | null;
  readonly index_rate: bigint | null;
}

/** What happened to a contract, busts and corrections worked in. */
interface Happened {
  readonly kind: string;
  readonly source: string;
  readonly date: DateText;
  readonly fx: FxFixing | null;
  readonly rateSet: bigint | null;
  readonly indexRate: bigint | null;
  quantity: bigint;
  value: bigint;
  lot: number;
}

interface History {
  readonly entries: Happened[];
  lots: number;
}

async function historyOf(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  book: ContractBook,
  contract: OpenContract,
): Promise<EventRow[]> {
  const { market, business, clearingDate } = scope.key;
  const { rows } = await tx.query<EventRow>(
    `SELECT d.* FROM ${publishedData('process', 'clearing.contract_event')}
      WHERE ${EARLIER} AND d.contract = $4 ORDER BY b.clearing_date, d.no`,
    [market, business, clearingDate, contract.contract],
  );
  return [...rows, ...((book.events.get(contract.contract) ?? []) as unknown as EventRow[])];
}

const OPENS: readonly string[] = ['open', 'increase'];

/** A lot that is restated gets a new number, so that numbers given out never mean something else. */
function retold(rows: readonly EventRow[]): History {
  const history: History = { entries: [], lots: 0 };
  for (const row of rows) {
    const value = BigInt(row.value);
    if (row.kind === 'restate') {
      const found = unitIn(history, row.source, row.fx_rate_set, row.quantity);
      invariant(found !== undefined, 'a restatement names a unit of its contract');
      change(history, found, row.quantity, value);
      continue;
    }
    const { fx_rate: rate, fx_rate_set: set, fx_at: at } = row;
    history.entries.push({
      ...{ kind: row.kind, source: row.source, date: row.event_date, quantity: row.quantity, value, rateSet: set },
      fx: rate === null ? null : { rate, source: String(set), fixedAt: Number(at) },
      indexRate: row.index_rate,
      lot: OPENS.includes(row.kind) ? ++history.lots : 0,
    });
  }
  return history;
}

/** `quantity` is the change of the contract's open quantity. */
function unitIn(history: History, source: string, rateSet: bigint | null, quantity: bigint): Happened | undefined {
  return history.entries.find(
    (entry) => entry.source === source && entry.rateSet === rateSet && entry.quantity + unitChange(entry, quantity) >= 0n,
  );
}

const unitChange = (entry: Happened, quantity: bigint) => (entry.kind === 'unwind' ? -quantity : quantity);

function change(history: History, entry: Happened, quantity: bigint, value: bigint): void {
  entry.quantity += unitChange(entry, quantity);
  entry.value += value;
  if (OPENS.includes(entry.kind) && entry.quantity > 0n) entry.lot = ++history.lots;
}

interface Told {
  readonly state: ContractState | null;
  readonly accrual: bigint;
  readonly settled: bigint;
  readonly realised: bigint;
}

/** The contract as it stands when that is what happened, and the money of its whole life. */
function told(swap: ResolvedSwap, history: History): Told {
  let state: ContractState | null = null;
  let [accrual, settled, realised] = [0n, 0n, 0n];
  for (const entry of history.entries) {
    if (entry.kind === 'accrual') {
      if (state === null || state.status === 'closed') continue;
      const to = entry.source.split('..')[1] as DateText;
      const done: ReturnType<typeof accrue> = accrue(state, to, entry.indexRate as bigint);
      state = done.state;
      accrual += done.amount.minor;
    } else if (entry.quantity > 0n) {
      const lot = { lotId: String(entry.lot), quantity: entry.quantity, value: entry.value, fx: entry.fx };
      if (OPENS.includes(entry.kind)) {
        const made: { state: ContractState } =
          state === null ? openContract(swap, entry.date, lot) : increase(state, entry.date, lot);
        state = { ...made.state, lots: [...made.state.lots].sort(byAge) };
      } else {
        const { quantity, value, fx } = entry;
        const done: ReturnType<typeof unwind> = unwind(state ?? emptyOf(swap, entry.date), {
          date: entry.date,
          quantity,
          value,
          fx,
        });
        state = done.state;
        realised += done.realised.minor;
        settled += done.financing.minor;
      }
    }
  }
  return { state, accrual, settled, realised };
}

type Lot = ContractState['lots'][number];
const byAge = (a: Lot, b: Lot) =>
  a.tradeDate < b.tradeDate ? -1 : a.tradeDate > b.tradeDate ? 1 : Number(a.lotId) - Number(b.lotId);

const emptyOf = (swap: ResolvedSwap, date: DateText): ContractState => ({
  ...{ swap, status: 'open', lots: [], accruedTo: date, financingMinor: 0n, dividends: [], version: 0 },
});

/**
 * Restates the contract of an amended fill, and its mirror, as if the fill had always been what it is now: lots, first
 * in first out, financing from its first night, results realised since. What differs from what was published is this
 * batch's. False when that cannot be done any more: the contract is closed, or more was sold than it would have had.
 */
export async function restate(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  book: ContractBook,
  { trade, root, rootDate }: Amendment,
): Promise<boolean> {
  const client = book.contracts.filter(
    (contract) => contract.backToBackOf === null && contract.account.account === trade.account && contract.before !== null,
  );
  for (const contract of client.filter((candidate) => candidate.state.status === 'open')) {
    const mirror = book.contracts.find((candidate) => candidate.backToBackOf === contract.contract);
    const [unit] = bookingUnits(POLICY[root.policy], [bookable(root, contract.account, rootDate)]);
    const rateSet = contract.state.swap.terms.basis === 'composite' ? root.rate_set : null;
    const amended: (() => void)[] = [];
    for (const each of mirror === undefined ? [contract] : [contract, mirror]) {
      const apply = await restated(tx, scope, book, each, { trade, root, source: unit?.unitId ?? '', rateSet });
      if (apply !== undefined) amended.push(apply);
    }
    if (amended.length === 0) continue;
    if (amended.length !== (mirror === undefined ? 1 : 2)) return false;
    for (const apply of amended) apply();
    return true;
  }
  return false;
}

interface Unit {
  readonly trade: Trade;
  readonly root: Trade;
  readonly source: string;
  readonly rateSet: bigint | null;
}

async function restated(
  tx: Transaction,
  scope: StepScope<MarketContext>,
  book: ContractBook,
  contract: OpenContract,
  { trade, root, source, rateSet }: Unit,
): Promise<(() => void) | undefined> {
  const rows = await historyOf(tx, scope, book, contract);
  const { swap } = contract.state;
  const before = told(swap, retold(rows));
  invariant(
    before.state !== null && before.state.financingMinor === contract.state.financingMinor,
    'a contract is what its events say',
  );
  const history = retold(rows);
  const left = trade.kind === 'bust' ? 0n : trade.quantity;
  const [was, now] = [trade.ref_quantity as bigint, left * trade.price];
  const quantity = root.effect === 1 ? left - was : was - left;
  const value = now - was * (trade.ref_price as bigint);
  const entry = unitIn(history, source, rateSet, quantity);
  if (entry === undefined) return undefined;
  const lot = entry.lot;
  change(history, entry, quantity, value);
  const after = toldOrNothing(swap, history);
  if (after === undefined) return undefined;
  return () => {
    if (entry.lot !== lot) keepRestatedLot(contract, lot, entry);
    contract.state = stateAfter(book, contract, after);
    const moved = movedOf(book, contract);
    const realised = after.realised - before.realised;
    const settled = after.settled - before.settled;
    moved.realised += realised;
    moved.settled += settled;
    moved.accrual += after.accrual - before.accrual;
    const fx = { fx_rate: entry.fx?.rate ?? null, fx_rate_set: entry.rateSet, fx_at: fixedAt(entry.fx) };
    record(book, contract, 'restate', source, { quantity, value, ...fx, realised, financing: settled });
  };
}

const fixedAt = (fx: FxFixing | null) => (fx === null ? null : BigInt(fx.fixedAt));

/** More unwound than there would have been, or unwound after its end: it cannot have happened like that. */
function toldOrNothing(swap: ResolvedSwap, history: History): Told | undefined {
  try {
    return told(swap, history);
  } catch (error) {
    if (isProblem(error, 'CONTRACT_QUANTITY') || isProblem(error, 'CONTRACT_CLOSED')) return undefined;
    throw error;
  }
}

function stateAfter(book: ContractBook, contract: OpenContract, { state }: Told): ContractState {
  const { version } = contract.state;
  if (state !== null && state.status === 'open') return { ...state, version: version + 1 };
  return {
    ...{ ...contract.state, status: 'closed', lots: [], financingMinor: 0n, accruedTo: book.date, version: version + 1 },
  };
}

function keepRestatedLot(contract: OpenContract, was: number, { lot, quantity, value }: Happened): void {
  const fact = contract.lots.find((candidate) => candidate.lot === was);
  invariant(fact !== undefined && lot === contract.lots.length + 1, 'lots are numbered as they are made');
  contract.lots.push({ ...fact, lot, quantity_traded: quantity, price: averagePrice(value, quantity) });
}
