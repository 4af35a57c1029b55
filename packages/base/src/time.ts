import { declareProblems } from './problem.ts';

const { problem } = declareProblems({
  DATE_MALFORMED: {
    status: 400,
    title: { zh: '日期格式错误', en: 'Malformed date' },
    detail: { zh: '“{text}”不是 YYYY-MM-DD 日期', en: '"{text}" is not a YYYY-MM-DD date' },
    remedy: { zh: '使用形如 2013-10-07 的日期', en: 'Write a date such as 2013-10-07' },
  },
});

/** A point in time: whole microseconds since 1970-01-01T00:00:00Z, an integer below 2^53. */
export type Instant = number;

/** A calendar date "YYYY-MM-DD" without zone: session dates, business dates, value dates. */
export type DateText = string & { readonly date: unique symbol };

export const MICROS_PER_MILLI = 1_000;
export const MICROS_PER_SECOND = 1_000_000;
export const MICROS_PER_DAY = 86_400_000_000;

/** @throws Problem DATE_MALFORMED for anything but an existing YYYY-MM-DD date. */
export function dateText(text: string): DateText {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    try {
      Temporal.PlainDate.from(text, { overflow: 'reject' });
      return text as DateText;
    } catch {
      // falls through to the problem: 2013-02-30 has the right form and is no date
    }
  }
  throw problem('DATE_MALFORMED', { text: text.slice(0, 32) });
}

export function addDays(date: DateText, days: number): DateText {
  return Temporal.PlainDate.from(date).add({ days }).toString() as DateText;
}

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: DateText, to: DateText): number {
  return Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to), { largestUnit: 'day' }).days;
}

/** ISO weekday, 1 = Monday … 7 = Sunday. */
export function weekday(date: DateText): number {
  return Temporal.PlainDate.from(date).dayOfWeek;
}

/** "2013-10-07T13:30:00Z" or with fraction → microseconds. @throws RangeError on anything else. */
export function parseInstant(text: string): Instant {
  return Number(Temporal.Instant.from(text).epochNanoseconds / 1000n);
}

/** Microseconds → "2013-10-07T13:30:00.000Z"; microseconds are shown only when they are not zero. */
export function formatInstant(instant: Instant): string {
  const millis = Math.floor(instant / MICROS_PER_MILLI);
  const iso = new Date(millis).toISOString();
  const rest = instant - millis * MICROS_PER_MILLI;
  return rest === 0 ? iso : `${iso.slice(0, -1)}${String(rest).padStart(3, '0')}Z`;
}

/**
 * A wall-clock time in a zone → instant. Times that do not exist or exist twice are refused: a rule book that
 * names one is wrong, and guessing would move money.
 * @throws RangeError
 */
export function zonedInstant(date: DateText, wallTime: string, zone: string): Instant {
  const local = Temporal.PlainDateTime.from(`${date}T${wallTime}`);
  return Number(local.toZonedDateTime(zone, { disambiguation: 'reject' }).epochNanoseconds / 1000n);
}

/** The date on the wall in a zone at an instant. */
export function dateIn(instant: Instant, zone: string): DateText {
  return zoned(instant, zone).toPlainDate().toString() as DateText;
}

/** "HH:MM:SS" on the wall in a zone at an instant. */
export function wallTimeIn(instant: Instant, zone: string): string {
  return zoned(instant, zone).toPlainTime().toString({ smallestUnit: 'second' });
}

function zoned(instant: Instant, zone: string): Temporal.ZonedDateTime {
  return new Temporal.Instant(BigInt(instant) * 1000n).toZonedDateTimeISO(zone);
}

/** Where a process reads business time from: the wall in production, the conductor's clock in the demo. */
export interface BusinessClock {
  now(): Instant;
}

/** Business time = wall time. Outside nodes only; a node's time is the time of its commands. */
export const wallClock: BusinessClock = {
  now: () => Date.now() * MICROS_PER_MILLI,
};
