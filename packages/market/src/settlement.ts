import { addDays, type DateText } from '@meridian/base';
import { type BankCalendar, isBankDay } from './bank-calendar.ts';
import { tableMarket } from './market-code.ts';
import { type DatedFact, factOn } from './provenance.ts';
import type { SessionCalendar } from './session-calendar.ts';

/** Settlement cycle of a market, T+n, from a trade date on. Cash and securities differ for A shares (T+1 and T+0). */
export interface SettlementCycle extends DatedFact {
  readonly cash: number;
  readonly securities: number;
}

export interface ValueDates {
  readonly cash: DateText;
  readonly securities: DateText;
  readonly cycle: SettlementCycle;
}

/** The cycle in force on a trade date. @throws Problem FACT_NOT_COVERED | FACT_UNCHECKED */
export function settlementCycle(cycles: readonly SettlementCycle[], mic: string, tradeDate: DateText): SettlementCycle {
  return factOn(cycles, tableMarket(mic), 'settlement cycle', tradeDate);
}

/**
 * Value dates of a trade: days count only when the market is open and the banks of its currency are. (On Columbus Day
 * New York trades and nothing settles.)
 * @throws Problem FACT_NOT_COVERED | FACT_UNCHECKED | CALENDAR_NOT_COVERED | BANK_CALENDAR_NOT_COVERED
 */
export function settlementDates(
  cycles: readonly SettlementCycle[],
  calendar: SessionCalendar,
  bank: BankCalendar,
  mic: string,
  tradeDate: DateText,
): ValueDates {
  const cycle = settlementCycle(cycles, mic, tradeDate);
  const after = (days: number): DateText => {
    let date = tradeDate;
    for (let left = days; left > 0; ) {
      date = addDays(date, 1);
      if (calendar.session(mic, date) !== null && isBankDay(bank, date)) left--;
    }
    return date;
  };
  return { cash: after(cycle.cash), securities: after(cycle.securities), cycle };
}
