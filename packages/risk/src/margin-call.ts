import type { Instant } from '@meridian/base';
import { deadlineAfter, type MarketFacts } from '@meridian/market';

/** Until when a call is to be met, on the wall of the currency's banks. */
const DUE_WALL_TIME = '16:00';

/**
 * When a margin call (追加保证金) raised at an instant is due: 16:00 on the wall of the currency's banks, on the first day
 * they are open and the hour is still to come. A CNY call raised at 2013-10-07T15:20Z, while the mainland's banks are shut
 * for National Day, is due at 2013-10-08T08:00Z; a USD call goes by New York.
 * @throws Problem BANK_CALENDAR_UNKNOWN | BANK_CALENDAR_NOT_COVERED
 */
export function marginCallDue(facts: MarketFacts, raisedAt: Instant, currency: string): Instant {
  const calendar = facts.banks.of(currency);
  // A call is never due at the very instant it is raised.
  return deadlineAfter(calendar, raisedAt, { wallTime: DUE_WALL_TIME, zone: calendar.zone, leadTimeMin: 1 }).due;
}
