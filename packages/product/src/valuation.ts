import { type Money, money } from '@meridian/base';
import { type ContractState, conversionRate, notionalMinor, type Observation, openQuantity, valueMinor } from './contract.ts';
import { performanceMinor } from './lifecycle.ts';

/** What a contract is worth at an observation, seen from the counterparty, in settlement currency. */
export interface Valuation {
  /** Performance since the reference prices: Q(P1·F1 − P0·F0) and its local and quanto forms. */
  readonly markToMarket: Money;
  /** Accrued financing not settled; negative when the counterparty owes it. */
  readonly financing: Money;
  /** Dividends that went ex and are not paid. */
  readonly dividends: Money;
  /** The three together: the counterparty's variation. */
  readonly net: Money;
  /** |Q|·P1·F1, half-even: what the contract is exposed to. */
  readonly exposure: Money;
  /** Σ Q·P0·F0, half-even: what financing runs on. */
  readonly notional: Money;
}

/** Values a contract. A closed contract is worth its unpaid dividends. */
export function value(state: ContractState, observed: Observation): Valuation {
  const { swap } = state;
  const code = swap.terms.settlementCurrency;
  const mark = performanceMinor(state, observed);
  const dividends = state.dividends.reduce((sum, d) => sum + d.minor, 0n);
  const worth = openQuantity(state) * observed.price * conversionRate(swap, observed.fx);
  const exposure = valueMinor(swap, worth < 0n ? -worth : worth, 'half-even');
  return {
    markToMarket: money(mark, code),
    financing: money(-state.financingMinor, code),
    dividends: money(dividends, code),
    net: money(mark - state.financingMinor + dividends, code),
    exposure: money(exposure, code),
    notional: money(notionalMinor(state), code),
  };
}
