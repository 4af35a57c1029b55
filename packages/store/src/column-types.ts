import { formatInstant, type Instant } from '@meridian/base';
import pg from 'pg';

const OID = {
  int8: 20,
  int8Array: 1016,
  date: 1082,
  dateArray: 1182,
  timestamp: 1114,
  timestamptz: 1184,
  timestamptzArray: 1185,
};

/**
 * How columns come back: int8 as bigint, date as its text (a date has no zone, so never a JS Date), timestamptz as
 * microseconds UTC, numeric as text. Everything else as `pg` does. Belongs to the connection, not to the process.
 */
export const columnTypes = { getTypeParser };

const parsers = new Map<number, (text: string) => unknown>([
  [OID.int8, BigInt],
  [OID.int8Array, (text) => arrayElements(text).map((e) => (e === null ? null : BigInt(e)))],
  [OID.date, (text) => text],
  [OID.dateArray, arrayElements],
  [OID.timestamptz, instantOfColumn],
  [OID.timestamp, refuseTimestamp],
  [OID.timestamptzArray, (text) => arrayElements(text).map((e) => (e === null ? null : instantOfColumn(e)))],
]);

function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  const own = format === 'binary' ? undefined : parsers.get(oid);
  return own ?? (pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown);
}

/** Elements of a one-dimensional array literal of numbers, dates or timestamps. */
function arrayElements(text: string): (string | null)[] {
  if (text === '{}') return [];
  if (text.startsWith('{{')) throw new RangeError('nested arrays are not read');
  return text
    .slice(1, -1)
    .split(',')
    .map((element) => (element === 'NULL' ? null : element.replace(/^"|"$/g, '')));
}

const TIMESTAMP = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00(?::?00)?$/;

/** "2013-10-07 13:30:00.000001+00" → microseconds. The connection's time zone is UTC; infinity is no instant. */
export function instantOfColumn(text: string): Instant {
  const match = TIMESTAMP.exec(text);
  if (match === null) throw new RangeError(`not an instant: ${text.slice(0, 40)}`);
  return Date.parse(`${match[1]}T${match[2]}Z`) * 1_000 + Number((match[3] ?? '').padEnd(6, '0'));
}

/** An instant as the text of a timestamptz parameter. */
export function instantParameter(instant: Instant): string {
  return formatInstant(instant);
}

function refuseTimestamp(): never {
  throw new RangeError('timestamp without time zone is not used in this house');
}
