import type { Instant } from '@meridian/base';
import type { Bilingual, Language } from '../i18n/text.ts';

/** The zone in which the house keeps its business day. The first zone of every axis. */
export const BEIJING = 'Asia/Shanghai';

/** Zones that the console offers, by the city people say. */
export const ZONES: Readonly<Record<string, Bilingual>> = {
  'Asia/Shanghai': { zh: '北京', en: 'Beijing' },
  'Asia/Hong_Kong': { zh: '香港', en: 'Hong Kong' },
  'Asia/Tokyo': { zh: '东京', en: 'Tokyo' },
  'Asia/Singapore': { zh: '新加坡', en: 'Singapore' },
  'Asia/Seoul': { zh: '首尔', en: 'Seoul' },
  'Asia/Taipei': { zh: '台北', en: 'Taipei' },
  'Australia/Sydney': { zh: '悉尼', en: 'Sydney' },
  'Europe/Berlin': { zh: '法兰克福', en: 'Frankfurt' },
  'Europe/Paris': { zh: '巴黎', en: 'Paris' },
  'Europe/Zurich': { zh: '苏黎世', en: 'Zurich' },
  'Europe/London': { zh: '伦敦', en: 'London' },
  'America/New_York': { zh: '纽约', en: 'New York' },
  'America/Chicago': { zh: '芝加哥', en: 'Chicago' },
  UTC: { zh: '协调世界时', en: 'UTC' },
};

export function zoneName(zone: string, language: Language): string {
  return ZONES[zone]?.[language] ?? (zone.split('/').at(-1) as string).replaceAll('_', ' ');
}

const SLOT = 900_000_000;
const offsets = new Map<string, Map<number, number>>();

/** The zone's distance from UTC at an instant, in microseconds. Cached per quarter of an hour, the grid on which zones change. */
export function offsetAt(instant: Instant, zone: string): number {
  const slots = offsets.get(zone) ?? new Map<number, number>();
  offsets.set(zone, slots);
  const slot = Math.floor(instant / SLOT);
  let offset = slots.get(slot);
  if (offset === undefined) {
    const at = new Temporal.ZonedDateTime(BigInt(slot) * BigInt(SLOT) * 1000n, zone);
    offset = at.offsetNanoseconds / 1000;
    if (slots.size > 4096) slots.clear();
    slots.set(slot, offset);
  }
  return offset;
}

export type Precision = 'minute' | 'second' | 'milli' | 'micro';

/** The wall clock of a zone: `16:22:35.104`; micro is spaced, `16:22:35.104 218`, and never loses a trailing zero. */
export function formatTime(instant: Instant, zone: string, precision: Precision = 'second'): string {
  const day = 86_400_000_000;
  const local = (((Math.floor(instant) + offsetAt(instant, zone)) % day) + day) % day;
  const two = (value: number) => String(value).padStart(2, '0');
  const three = (value: number) => String(value).padStart(3, '0');
  const minutes = Math.floor(local / 60_000_000);
  const text = `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  if (precision === 'minute') return text;
  const seconds = `${text}:${two(Math.floor(local / 1_000_000) % 60)}`;
  if (precision === 'second') return seconds;
  const millis = `${seconds}.${three(Math.floor(local / 1000) % 1000)}`;
  return precision === 'milli' ? millis : `${millis} ${three(local % 1000)}`;
}

/** The date of an instant in a zone: `2026-11-24`. */
export function formatDate(instant: Instant, zone: string): string {
  return new Date(Math.floor((instant + offsetAt(instant, zone)) / 1000)).toISOString().slice(0, 10);
}

/**
 * A time beside others of the same day: the wall clock alone where the date is `today` (`2026-11-24`, of the same zone), with the
 * month and day where it is another, `10-07 15:59:58`, and with the year where that is another, too. Milliseconds are told of
 * today only.
 */
export function formatWhen(instant: Instant, zone: string, today: string, precision: Precision = 'second'): string {
  const date = formatDate(instant, zone);
  if (date === today) return formatTime(instant, zone, precision);
  const day = date.slice(0, 4) === today.slice(0, 4) ? date.slice(5) : date;
  return `${day} ${formatTime(instant, zone, precision === 'milli' ? 'second' : precision)}`;
}

/** Date, wall clock and the zone's name: what stands alone (exports, watermarks, notices) always names its zone. */
export function formatMoment(instant: Instant, zone: string, language: Language, precision: Precision = 'second'): string {
  return `${formatDate(instant, zone)} ${formatTime(instant, zone, precision)} ${zoneName(zone, language)}`;
}

/** `UTC+8`, `UTC−5`, `UTC+5:30`. */
export function formatOffset(instant: Instant, zone: string): string {
  const minutes = offsetAt(instant, zone) / 60_000_000;
  const rest = Math.abs(minutes) % 60;
  const hours = Math.floor(Math.abs(minutes) / 60);
  return `UTC${minutes < 0 ? '\u2212' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

const weekdays: Readonly<Record<Language, readonly string[]>> = {
  zh: ['周日', '周一', '周二', '周三', '周四', '周五', '周六'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
};

export function formatWeekday(instant: Instant, zone: string, language: Language): string {
  const day = new Date(Math.floor((instant + offsetAt(instant, zone)) / 1000)).getUTCDay();
  return weekdays[language][day] as string;
}

/** How long: `12 ms`, `4.2 s`, `3:07` (minutes:seconds), `2:07 h`. Negative durations read as `−…`. */
export function formatDuration(micros: number): string {
  if (micros < 0) return `\u2212${formatDuration(-micros)}`;
  if (micros < 1000) return `${Math.round(micros)} µs`;
  if (micros < 1_000_000) return `${Math.round(micros / 1000)} ms`;
  if (micros < 60_000_000) return `${(micros / 1_000_000).toFixed(1)} s`;
  const seconds = Math.floor(micros / 1_000_000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)} h`;
}

/** RFC 3339 as it travels, with up to nanoseconds, to an Instant (microseconds, truncated). Null stays null. */
export function instantOf(text: string | null | undefined): Instant | null {
  if (text === null || text === undefined) return null;
  return Number(Temporal.Instant.from(text).epochNanoseconds / 1000n);
}
