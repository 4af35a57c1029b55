import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { command } from './scratch-house.ts';

/**
 * `meridian calendar` against the published tables, expanded here a second time and by other means: dates by UTC
 * arithmetic, zones by Intl, nothing of the market room.
 */

const published = fileURLToPath(new URL('../../../../../shared/data/calendar/cal_neutral.json', import.meta.url));
const skip = existsSync(published) ? false : 'the published calendar is not on this machine';

type Wall = string | null;
interface MarketTable {
  readonly tz: string;
  readonly from: string;
  readonly to: string;
  readonly regular: readonly [Wall, Wall, Wall, Wall];
  readonly closed: readonly string[];
  readonly special: Readonly<Record<string, readonly [Wall, Wall, Wall, Wall]>>;
}
type Row = readonly [date: string, open: Wall, breakStart: Wall, breakEnd: Wall, close: Wall];

/** Where the house knows better than the table, with what it knows: weather that the table lacks. Local wall times. */
const CORRECTED: Readonly<Record<string, readonly [Wall, Wall, Wall, Wall] | null>> = {
  'XHKG 2019-07-31': ['09:30', '12:00', '13:00', '13:55'],
  'XHKG 2020-08-19': ['13:30', null, null, '16:00'],
  'XHKG 2021-06-28': ['13:30', null, null, '16:00'],
  'XHKG 2022-08-25': ['13:00', null, null, '16:00'],
  'XHKG 2022-11-02': ['09:30', '12:00', '13:00', '13:55'],
  'XHKG 2023-09-01': null,
  'XHKG 2023-09-08': null,
  'XHKG 2023-10-09': ['14:00', null, null, '16:00'],
  'XTAI 2024-10-31': null,
};

const clocks = new Map<string, Intl.DateTimeFormat>();
function clock(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  clocks.set(zone, made);
  return made;
}

/** The instant at which the wall in a zone shows that time: what the wall shows at a guess corrects the guess. */
function utc(date: string, wall: Wall, zone: string): Wall {
  if (wall === null) return null;
  const wanted = Date.parse(`${date}T${wall}:00Z`);
  let guess = wanted;
  for (let round = 0; round < 2; round++) guess += wanted - Date.parse(`${clock(zone).format(guess).replace(' ', 'T')}Z`);
  return new Date(guess).toISOString().replace('.000Z', 'Z');
}

function expand(mic: string, table: MarketTable, seen: Set<string>): Row[] {
  const rows: Row[] = [];
  for (let day = Date.parse(table.from); day <= Date.parse(table.to); day += 86_400_000) {
    const date = new Date(day).toISOString().slice(0, 10);
    const weekend = [0, 6].includes(new Date(day).getUTCDay());
    if (weekend) continue;
    const key = `${mic} ${date}`;
    const known = table.closed.includes(date) ? null : (table.special[date] ?? table.regular);
    const hours = key in CORRECTED ? (CORRECTED[key] ?? null) : known;
    if (key in CORRECTED) seen.add(key);
    if (hours === null) continue;
    const [open, breakStart, breakEnd, close] = hours.map((wall) => utc(date, wall, table.tz)) as [Wall, Wall, Wall, Wall];
    rows.push([date, open, breakStart, breakEnd, close]);
  }
  return rows;
}

test('[TC-5] every session of 12 markets in every year of coverage is the published one, but for the corrected weather', {
  skip,
}, async (t) => {
  const tables = JSON.parse(readFileSync(published, 'utf8')) as Record<string, MarketTable>;
  const markets = Object.keys(tables);
  assert.equal(markets.length, 12);
  const seen = new Set<string>();
  let sessions = 0;
  for (const [mic, table] of Object.entries(tables)) {
    const { code, out, err } = await command(['calendar', mic, '--from', table.from, '--to', table.to, '--json']);
    assert.equal(code, 0, err);
    const told = (JSON.parse(out) as Record<'date' | 'open' | 'close', string>[]).map((row) => Object.values(row));
    const expected = expand(mic, table, seen);
    for (const year of new Set(expected.map(([date]) => date.slice(0, 4)))) {
      const ofYear = (rows: readonly (readonly Wall[])[]) => rows.filter((row) => row[0]?.startsWith(year));
      assert.deepEqual(ofYear(told), ofYear(expected), `${mic} ${year}`);
    }
    assert.equal(told.length, expected.length, mic);
    sessions += told.length;
    for (const outside of [`${Number(table.to.slice(0, 4)) + 1}-01-04`, '2014-06-02']) {
      const refused = await command(['calendar', mic, '--from', outside, '--to', outside]);
      assert.equal(refused.code, 3, `${mic} ${outside} is beyond what is published`);
    }
  }
  assert.deepEqual([...seen].sort(), Object.keys(CORRECTED).sort());
  t.diagnostic(`${sessions} sessions of ${markets.length} markets compared`);
  assert.ok(sessions > 38_000);
});
