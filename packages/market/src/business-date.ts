import { type DateText, dateIn, type Instant } from '@meridian/base';
import { type BankCalendar, rollDate } from './bank-calendar.ts';

/** How a booking entity dates a session: the wall date of its close in the entity's zone, rolled on its bank calendar. */
export interface BusinessDateRule {
  readonly zone: string;
  readonly bankCalendar: BankCalendar;
}

/**
 * The entity's business date of a session. The New York session of 2013-10-07 closes at 20:00Z, which is 04:00 on
 * 2013-10-08 in Beijing: business date 2013-10-08. A close on a day when the entity's banks are shut belongs to the
 * next bank day.
 * @throws Problem BANK_CALENDAR_NOT_COVERED
 */
export function businessDate(rule: BusinessDateRule, sessionClose: Instant): DateText {
  return rollDate(rule.bankCalendar, dateIn(sessionClose, rule.zone), 'following');
}
