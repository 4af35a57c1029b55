import { declareProblems, divide, type Money, money, mulDiv, pow10 } from '@meridian/base';
import { RATE_DIGITS } from '@meridian/market';
import { conversionRate, fractionMinor, type Observation, valueMinor } from './contract.ts';
import type { MarginTerms, ResolvedSwap } from './terms.ts';

const { problem } = declareProblems({
  MARGIN_CURRENCY: {
    status: 422,
    title: { zh: '保证金币种不一致', en: 'Mixed margin currencies' },
    detail: { zh: '{a} 与 {b} 不能合并计算保证金', en: '{a} and {b} cannot be margined together' },
    remedy: { zh: '先按公布汇率折算成同一币种', en: 'Convert into one currency at a published rate first' },
  },
});

/** Margin that a contract or a netting set needs, all in one currency. */
export interface MarginRequirement {
  readonly exposure: Money;
  readonly initial: Money;
  readonly maintenance: Money;
  readonly closeOut: Money;
}

/** Fractions of |Q|·P·F, each rounded up to the minor unit. */
export function marginOf(swap: ResolvedSwap, quantity: bigint, observed: Observation): MarginRequirement {
  const worth = quantity * observed.price * conversionRate(swap, observed.fx);
  const exposed = worth < 0n ? -worth : worth;
  const code = swap.terms.settlementCurrency;
  const part = (fraction: bigint) => money(fractionMinor(swap, exposed, fraction, 'up'), code);
  const { initial, maintenance, closeOut }: MarginTerms = swap.terms.margin;
  return {
    exposure: money(valueMinor(swap, exposed, 'half-even'), code),
    initial: part(initial),
    maintenance: part(maintenance),
    closeOut: part(closeOut),
  };
}

/** Adds requirements of one netting agreement. @throws Problem MARGIN_CURRENCY */
export function addMargin(a: MarginRequirement, b: MarginRequirement): MarginRequirement {
  if (a.exposure.currency !== b.exposure.currency)
    throw problem('MARGIN_CURRENCY', { a: a.exposure.currency, b: b.exposure.currency });
  const sum = (x: Money, y: Money) => money(x.minor + y.minor, x.currency);
  return {
    exposure: sum(a.exposure, b.exposure),
    initial: sum(a.initial, b.initial),
    maintenance: sum(a.maintenance, b.maintenance),
    closeOut: sum(a.closeOut, b.closeOut),
  };
}

/** Smallest amount that is called and the step calls are rounded up to, in minor units. */
export interface CallTerms {
  readonly transferMin: bigint;
  readonly roundTo: bigint;
}

export interface MarginStatus {
  /** `covered`; `call`: equity below maintenance; `close-out`: equity below the close-out level. */
  readonly level: 'covered' | 'call' | 'close-out';
  /** Equity ÷ exposure in RATE_DIGITS, rounded down; null without exposure. */
  readonly ratio: bigint | null;
  /** Equity − initial margin: negative when short. */
  readonly excess: Money;
  /** What restores the initial margin, rounded up to the call step; zero when covered or below the least transfer. */
  readonly call: Money;
}

/**
 * Where equity (collateral + variation − fees) stands against the requirement. A call restores the initial margin.
 * @throws Problem MARGIN_CURRENCY
 */
export function marginStatus(equity: Money, required: MarginRequirement, terms: CallTerms): MarginStatus {
  const code = equity.currency;
  if (code !== required.exposure.currency) throw problem('MARGIN_CURRENCY', { a: code, b: required.exposure.currency });
  const excess = equity.minor - required.initial.minor;
  const short = equity.minor < required.maintenance.minor;
  const level = equity.minor < required.closeOut.minor ? 'close-out' : short ? 'call' : 'covered';
  const stepped = divide(-excess, terms.roundTo, 'up') * terms.roundTo;
  const call = short && stepped >= terms.transferMin ? stepped : 0n;
  const ratio =
    required.exposure.minor === 0n ? null : mulDiv(equity.minor, pow10(RATE_DIGITS), required.exposure.minor, 'floor');
  return { level, ratio, excess: money(excess, code), call: money(call, code) };
}
