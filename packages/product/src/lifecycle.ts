import { type DateText, declareProblems, divide, invariant, type Money, money, mulDiv } from '@meridian/base';
import {
  type ContractLot,
  type ContractState,
  conversionRate,
  type FxFixing,
  financingUnit,
  fractionMinor,
  type Observation,
  openQuantity,
  valueMinor,
} from './contract.ts';
import { accrualDays } from './day-count.ts';
import type { EconomicEvent, LotRelief, TradeLot, TransferPurpose } from './economic-event.ts';
import type { ResolvedSwap } from './terms.ts';

const { problem } = declareProblems({
  CONTRACT_QUANTITY: {
    status: 422,
    title: { zh: '数量无效', en: 'Invalid quantity' },
    detail: {
      zh: '合约 {contract}：数量 {quantity} 不在 1 至 {max} 之间',
      en: 'Contract {contract}: quantity {quantity} is not in 1…{max}',
    },
    remedy: { zh: '按可用数量重新提交', en: 'Submit a quantity that is available' },
  },
  CONTRACT_DATE: {
    status: 409,
    title: { zh: '日期次序错误', en: 'Dates out of order' },
    detail: {
      zh: '合约 {contract} 已计息至 {accruedTo}，不能处理 {date}',
      en: 'Contract {contract} is accrued to {accruedTo}; {date} cannot be processed',
    },
    remedy: { zh: '先计息到该日再处理当日事件', en: 'Accrue to that date before its events' },
  },
  CONTRACT_CLOSED: {
    status: 409,
    title: { zh: '合约已了结', en: 'Contract is closed' },
    detail: { zh: '合约 {contract} 已了结', en: 'Contract {contract} is closed' },
    remedy: { zh: '另开新合约', en: 'Open a new contract' },
  },
  CONTRACT_FX: {
    status: 422,
    title: { zh: '汇率与合约不符', en: 'Exchange rate does not fit the contract' },
    detail: { zh: '合约 {contract} 为 {basis} 计价', en: 'Contract {contract} is {basis}' },
    remedy: {
      zh: '仅 composite 合约须提供汇率，且须为正',
      en: 'Give a positive rate for composite contracts, and for no other',
    },
  },
  CONTRACT_LOTS: {
    status: 422,
    title: { zh: '批次过多', en: 'Too many lots' },
    detail: { zh: '合约 {contract} 已有 {max} 个批次', en: 'Contract {contract} holds {max} lots already' },
    remedy: { zh: '改用按日均价入账或另开合约', en: 'Book day averages or open another contract' },
  },
});

/** A new state with what happened on the way to it. */
export interface Transition {
  readonly state: ContractState;
  readonly events: readonly EconomicEvent[];
}

/** Lots a contract may hold. The next one is refused with CONTRACT_LOTS. */
export const LOTS_MAX = 10_000;
/** Units a trade may have. */
export const QUANTITY_MAX = 1_000_000_000_000n;

/** Opens a contract with its first lot. Financing starts on the trade date. @throws Problem CONTRACT_QUANTITY | CONTRACT_FX */
export function openContract(swap: ResolvedSwap, date: DateText, lot: TradeLot): Transition {
  checkLot(swap, lot);
  const state: ContractState = {
    swap,
    status: 'open',
    lots: [lotOf(date, lot)],
    accruedTo: date,
    financingMinor: 0n,
    dividends: [],
    version: 1,
  };
  return { state, events: [{ kind: 'ContractFormation', contractId: swap.terms.contractId, date, lot }] };
}

/** Adds a lot. The contract must be accrued to the date. @throws Problem CONTRACT_DATE | CONTRACT_CLOSED | … */
export function increase(state: ContractState, date: DateText, lot: TradeLot): Transition {
  checkOpen(state, date);
  checkLot(state.swap, lot);
  const contractId = state.swap.terms.contractId;
  if (state.lots.length >= LOTS_MAX) throw problem('CONTRACT_LOTS', { contract: contractId, max: LOTS_MAX });
  return {
    state: next(state, { lots: [...state.lots, lotOf(date, lot)] }),
    events: [{ kind: 'QuantityChange', contractId, date, change: { direction: 'increase', lot } }],
  };
}

export interface Unwind {
  readonly date: DateText;
  readonly quantity: bigint;
  /** Σ quantity × price of the unwind in PRICE_DIGITS quote units. */
  readonly value: bigint;
  readonly fx: FxFixing | null;
}

/**
 * Closes units, oldest lot first. Realises s·Σ(q·P1·F1 − q·P0·F0), rounded once, half-even, and settles the financing
 * accrued on the closed units. Closing everything terminates the contract; dividends that went ex stay payable.
 * @throws Problem CONTRACT_QUANTITY | CONTRACT_DATE | CONTRACT_CLOSED | CONTRACT_FX
 */
export function unwind(
  state: ContractState,
  close: Unwind,
): Transition & { readonly realised: Money; readonly financing: Money } {
  checkOpen(state, close.date);
  checkFx(state.swap, close.fx);
  const { swap } = state;
  const open = openQuantity(state);
  if (close.quantity <= 0n || close.quantity > open)
    throw problem('CONTRACT_QUANTITY', { contract: swap.terms.contractId, quantity: close.quantity, max: open });
  const relief = relieve(swap, state.lots, close.quantity);
  const performance = swap.sign * (close.value * conversionRate(swap, close.fx) - relief.convertedCost);
  const realisedMinor = valueMinor(swap, performance, 'half-even');
  const terminated = relief.lots.length === 0;
  // what is left of a closed contract's accrual is settled whole: no remainder stays behind
  const financingMinor = terminated ? state.financingMinor : divide(relief.accrued, financingUnit(swap), 'half-even');
  const contractId = swap.terms.contractId;
  const events: EconomicEvent[] = [
    {
      kind: 'QuantityChange',
      contractId,
      date: close.date,
      change: { direction: 'decrease', quantity: close.quantity, reliefs: relief.reliefs },
    },
    transfer(swap, close.date, 'equity', realisedMinor),
    transfer(swap, close.date, 'financing', -financingMinor),
  ];
  if (terminated) events.push({ kind: 'Termination', contractId, date: close.date });
  return {
    state: next(state, {
      lots: relief.lots,
      financingMinor: state.financingMinor - financingMinor,
      status: terminated ? 'closed' : 'open',
    }),
    events,
    realised: money(realisedMinor, swap.terms.settlementCurrency),
    financing: money(-financingMinor, swap.terms.settlementCurrency),
  };
}

interface Relief {
  readonly lots: readonly ContractLot[];
  readonly reliefs: readonly LotRelief[];
  readonly convertedCost: bigint;
  readonly accrued: bigint;
}

/** First in, first out. The part of a split lot is rounded half-even; what rounding leaves stays with the open part. */
function relieve(swap: ResolvedSwap, lots: readonly ContractLot[], quantity: bigint): Relief {
  let left = quantity;
  let convertedCost = 0n;
  let accrued = 0n;
  const kept: ContractLot[] = [];
  const reliefs: LotRelief[] = [];
  for (const lot of lots) {
    const taken = left < lot.quantity ? left : lot.quantity;
    if (taken === 0n) {
      kept.push(lot);
      continue;
    }
    const cost = mulDiv(lot.value, taken, lot.quantity, 'half-even');
    const interest = mulDiv(lot.accrued, taken, lot.quantity, 'half-even');
    convertedCost += cost * conversionRate(swap, lot.fx);
    accrued += interest;
    reliefs.push({ lotId: lot.lotId, quantity: taken });
    left -= taken;
    if (taken < lot.quantity)
      kept.push({ ...lot, quantity: lot.quantity - taken, value: lot.value - cost, accrued: lot.accrued - interest });
  }
  invariant(left === 0n, 'an unwind never takes more than is open');
  return { lots: kept, reliefs, convertedCost, accrued };
}

/**
 * Accrues financing for the nights from `accruedTo` to `date` on the lots open at the close of `accruedTo`, at one
 * index fixing. Exact amounts are kept per lot; the posted amount is the step of their rounded sum, so the amounts of
 * the nights add up to the amount of the period.
 * @param indexRate fraction per year in RATE_DIGITS
 * @throws Problem CONTRACT_DATE | CONTRACT_CLOSED
 */
export function accrue(state: ContractState, date: DateText, indexRate: bigint): Transition & { readonly amount: Money } {
  const { swap } = state;
  const contractId = swap.terms.contractId;
  if (state.status === 'closed') throw problem('CONTRACT_CLOSED', { contract: contractId });
  if (date <= state.accruedTo) throw problem('CONTRACT_DATE', { contract: contractId, accruedTo: state.accruedTo, date });
  const rate = indexRate + swap.sign * swap.terms.financing.spread;
  const factor = swap.sign * rate * accrualDays(state.accruedTo, date);
  const lots = state.lots.map((lot) => ({
    ...lot,
    accrued: lot.accrued + lot.value * conversionRate(swap, lot.fx) * factor,
  }));
  const total = lots.reduce((sum, lot) => sum + lot.accrued, 0n);
  const financingMinor = divide(total, financingUnit(swap), 'half-even');
  const amount = money(-(financingMinor - state.financingMinor), swap.terms.settlementCurrency);
  return {
    state: next(state, { lots, accruedTo: date, financingMinor }),
    events: [{ kind: 'FinancingAccrual', contractId, from: state.accruedTo, to: date, amount }],
    amount,
  };
}

export interface DividendTerms {
  readonly exDate: DateText;
  readonly payDate: DateText | null;
  /** Cash per unit in PRICE_DIGITS quote units. */
  readonly perUnit: bigint;
  /** Exchange rate of the dividend, composite contracts only. */
  readonly fx: FxFixing | null;
}

/**
 * A dividend goes ex: s·Q·D × the part passed through, half-even, on the units open before the ex-date's trading.
 * Reference prices stay: the drop of the price shows in the mark.
 * @throws Problem CONTRACT_DATE | CONTRACT_CLOSED | CONTRACT_FX
 */
export function dividend(state: ContractState, terms: DividendTerms): Transition & { readonly amount: Money } {
  checkOpen(state, terms.exDate);
  checkFx(state.swap, terms.fx);
  const { swap } = state;
  const gross = swap.sign * openQuantity(state) * terms.perUnit * conversionRate(swap, terms.fx);
  const minor = fractionMinor(swap, gross, swap.terms.dividendPassthrough, 'half-even');
  const amount = money(minor, swap.terms.settlementCurrency);
  const pending = { exDate: terms.exDate, payDate: terms.payDate, minor };
  return {
    state: next(state, { dividends: [...state.dividends, pending] }),
    events: [{ kind: 'CashDividend', contractId: swap.terms.contractId, exDate: terms.exDate, payDate: terms.payDate, amount }],
    amount,
  };
}

/** Pays the dividends whose pay date has come. */
export function payDividends(state: ContractState, date: DateText): Transition {
  const due = state.dividends.filter((d) => d.payDate !== null && d.payDate <= date);
  if (due.length === 0) return { state, events: [] };
  return {
    state: next(state, { dividends: state.dividends.filter((d) => !due.includes(d)) }),
    events: due.map((d) => transfer(state.swap, date, 'dividend', d.minor)),
  };
}

/**
 * Equity reset with notional reset: the performance so far, the accrued financing and the dividends without a pay date
 * are settled; every lot's reference price (and rate) becomes the observed one, so the notional moves by the
 * performance. The net is what the counterparty receives.
 * @throws Problem CONTRACT_DATE | CONTRACT_CLOSED | CONTRACT_FX
 */
export function reset(state: ContractState, date: DateText, observed: Observation): Transition & { readonly net: Money } {
  checkOpen(state, date);
  checkFx(state.swap, observed.fx);
  const { swap } = state;
  const equity = performanceMinor(state, observed);
  const dividends = state.dividends.filter((d) => d.payDate === null).reduce((sum, d) => sum + d.minor, 0n);
  const lots = state.lots.map((lot) => ({ ...lot, value: lot.quantity * observed.price, fx: observed.fx, accrued: 0n }));
  const { contractId } = swap.terms;
  return {
    state: next(state, { lots, financingMinor: 0n, dividends: state.dividends.filter((d) => d.payDate !== null) }),
    events: [
      { kind: 'Reset', contractId, date, price: observed.price, fx: observed.fx },
      transfer(swap, date, 'equity', equity),
      transfer(swap, date, 'financing', -state.financingMinor),
      ...(dividends === 0n ? [] : [transfer(swap, date, 'dividend', dividends)]),
    ],
    net: money(equity - state.financingMinor + dividends, swap.terms.settlementCurrency),
  };
}

/**
 * Split or bonus issue: `numerator` new units for `denominator` old ones (5 for 1; a bonus of 1 for 10 is 11 for 10).
 * Values stay exact, so the notional does not move. Fractions of a unit are refused: they are settled first, by the
 * contract's terms.
 * @throws Problem CONTRACT_QUANTITY | CONTRACT_DATE | CONTRACT_CLOSED
 */
export function split(state: ContractState, date: DateText, numerator: bigint, denominator: bigint): Transition {
  checkOpen(state, date);
  const { contractId } = state.swap.terms;
  const lots = state.lots.map((lot) => {
    const units = lot.quantity * numerator;
    if (numerator <= 0n || denominator <= 0n || units % denominator !== 0n)
      throw problem('CONTRACT_QUANTITY', { contract: contractId, quantity: `${units}/${denominator}`, max: QUANTITY_MAX });
    return { ...lot, quantity: units / denominator };
  });
  return { state: next(state, { lots }), events: [{ kind: 'StockSplit', contractId, date, numerator, denominator }] };
}

/** s·Σ(Q·P1·F1 − Q·P0·F0) over the open lots in minor units of settlement currency, rounded once, half-even. */
export function performanceMinor(state: ContractState, observed: Observation): bigint {
  const { swap } = state;
  const now = openQuantity(state) * observed.price * conversionRate(swap, observed.fx);
  const then = state.lots.reduce((sum, lot) => sum + lot.value * conversionRate(swap, lot.fx), 0n);
  return valueMinor(swap, swap.sign * (now - then), 'half-even');
}

function lotOf(tradeDate: DateText, lot: TradeLot): ContractLot {
  return { lotId: lot.lotId, tradeDate, quantity: lot.quantity, value: lot.value, fx: lot.fx, accrued: 0n };
}

function next(state: ContractState, change: Partial<ContractState>): ContractState {
  return { ...state, ...change, version: state.version + 1 };
}

function transfer(swap: ResolvedSwap, date: DateText, purpose: TransferPurpose, minor: bigint): EconomicEvent {
  const amount = money(minor, swap.terms.settlementCurrency);
  return { kind: 'Transfer', contractId: swap.terms.contractId, date, purpose, amount };
}

function checkOpen(state: ContractState, date: DateText): void {
  const contract = state.swap.terms.contractId;
  if (state.status === 'closed') throw problem('CONTRACT_CLOSED', { contract });
  if (date !== state.accruedTo) throw problem('CONTRACT_DATE', { contract, accruedTo: state.accruedTo, date });
}

function checkLot(swap: ResolvedSwap, lot: TradeLot): void {
  if (lot.quantity <= 0n || lot.quantity > QUANTITY_MAX)
    throw problem('CONTRACT_QUANTITY', { contract: swap.terms.contractId, quantity: lot.quantity, max: QUANTITY_MAX });
  checkFx(swap, lot.fx);
}

function checkFx(swap: ResolvedSwap, fx: FxFixing | null): void {
  const wanted = swap.terms.basis === 'composite';
  if (wanted !== (fx !== null) || (fx !== null && fx.rate <= 0n))
    throw problem('CONTRACT_FX', { contract: swap.terms.contractId, basis: swap.terms.basis });
}
