import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { currency, dateText, formatInstant, isProblem } from '@meridian/base';
import { loadMarketFacts } from '@meridian/market';
import { type ScratchDatabase, scratchDatabase, sqlState } from '@meridian/store';
import {
  listFacts,
  listingFacts,
  rateSetFact,
  readRateSet,
  readReference,
  recordOverride,
  recordRateSet,
  recordReference,
  recordRules,
  routeFacts,
  tradingDayFact,
  withRecordedOverrides,
} from './index.ts';

const BY = { maker: 'reference maker', checker: 'reference checker' };
const FROM = dateText('2013-01-01');
const DATE = dateText('2013-10-07');
const always = { validFrom: FROM, validTo: null };
const facts = loadMarketFacts();
const data = {
  entities: [
    {
      ...always,
      entity: 1n,
      code: 'PARENT',
      nameZh: '境内母公司',
      nameEn: 'Onshore parent',
      jurisdiction: 'CN',
      currency: currency('CNY'),
      bankCalendar: 'CNY',
      zone: 'Asia/Shanghai',
    },
  ],
  issuers: [{ ...always, issuer: 1n, name: 'State Street SPDR S&P 500 ETF Trust', lei: null }],
  securities: [
    { ...always, security: 1n, issuer: 1n, isin: 'US78462F1030', name: 'SPDR S&P 500 ETF', securityClass: 'etf' as const },
  ],
  listings: [
    {
      ...always,
      listing: 1n,
      security: 1n,
      mic: 'ARCX',
      code: 'SPY',
      quote: 'USD',
      collarPpm: 50_000n,
      quantityMax: 100_000n,
      notionalMax: 5_000_000_000n,
      priceAgeMax: 120_000_000n,
      shortAllowed: false,
    },
  ],
  listEntries: [{ ...always, entry: 1n, listing: 1n, scope: 'firm' as const, scopeId: 1n, permission: 2 }],
  routes: [
    {
      ...always,
      route: 1n,
      entity: 2n,
      mic: 'ARCX',
      channel: 'direct',
      tradingAccount: 'HOUSE-US',
      custodian: 'US custodian',
      session: 9n,
      shortAllowed: false,
    },
  ],
};

let scratch: ScratchDatabase;
before(async () => {
  scratch = await scratchDatabase([fileURLToPath(new URL('../migrations', import.meta.url))]);
});
after(() => scratch?.remove());

test('recording twice is recording once; other contents under the same id and date are refused', async () => {
  assert.equal((await scratch.database.transaction((tx) => recordReference(tx, data, BY))).recorded, 6);
  assert.equal((await scratch.database.transaction((tx) => recordReference(tx, data, BY))).recorded, 0);
  const changed = { listings: [{ ...data.listings[0]!, quantityMax: 1n }] };
  await assert.rejects(
    scratch.database.transaction((tx) => recordReference(tx, changed, BY)),
    (error) => isProblem(error, 'REFERENCE_CONFLICT'),
  );
});

test('a date before the effective date sees nothing', async () => {
  assert.equal((await readReference(scratch.database, dateText('2012-12-31'))).listings.length, 0);
  assert.deepEqual((await readReference(scratch.database, DATE)).listings, data.listings);
});

test('maker and checker differ, in the program and in the database', async () => {
  await assert.rejects(
    scratch.database.transaction((tx) => recordReference(tx, data, { maker: 'a', checker: 'a' })),
    (error) => isProblem(error, 'REFERENCE_FOUR_EYES'),
  );
  await assert.rejects(
    scratch.database.query(
      `INSERT INTO reference.issuer (issuer, name, valid_from, maker, checker) VALUES (7, 'x', '2013-01-01', 'a', 'a')`,
    ),
    (error) => sqlState(error) === '23514',
  );
});

test('[TC-5] a node learns listings, routes and the day it trades', async () => {
  const reference = await readReference(scratch.database, DATE);
  const [listing] = listingFacts(reference, facts, 'ARCX', DATE);
  assert.equal(listing?.name, 'define-listing');
  const body = listing?.body as { lot: number; ticks: { from: number; tick: number }[]; currency: string };
  assert.equal(body.lot, 100);
  assert.equal(body.currency, 'USD');
  assert.deepEqual(body.ticks.at(-1), { from: 10_000, tick: 100 });
  assert.deepEqual(listFacts(reference, 'ARCX')[0]?.body, { listing: 1, scope: 'firm', scopeId: 1, permission: 2 });
  assert.equal(routeFacts(reference, 'ARCX').length, 1);
  assert.equal(routeFacts(reference, 'XNYS').length, 0);
  const day = tradingDayFact(facts, 'ARCX', DATE)?.body as { open: number; close: number; phases: { types: number[] }[] };
  assert.equal(formatInstant(day.open), '2013-10-07T13:30:00.000Z');
  assert.equal(formatInstant(day.close), '2013-10-07T20:00:00.000Z');
  assert.deepEqual(
    day.phases.map((phase) => phase.types),
    [[2, 1]],
  );
  assert.equal(tradingDayFact(facts, 'ARCX', dateText('2013-10-12')), null);
});

test('[TC-7] rate sets keep their exact rates; a currency that is not quoted is left out', async () => {
  const set = facts.rateSets.of(DATE)!;
  const id = await scratch.database.transaction((tx) => recordRateSet(tx, set, BY));
  assert.equal(await scratch.database.transaction((tx) => recordRateSet(tx, set, BY)), id);
  const kept = (await readRateSet(scratch.database, id))!;
  assert.equal(kept.publishedAt, set.publishedAt);
  assert.deepEqual([...kept.rates].sort(), [...set.rates].sort());
  const body = rateSetFact(kept, id, ['CNY', 'CNH', 'USD']).body as { rates: { from: string; to: string; rate: number }[] };
  assert.deepEqual(body.rates, [
    { from: 'CNY', to: 'USD', rate: Math.round((1.3572 / 8.3055) * 1e8) },
    { from: 'USD', to: 'CNY', rate: Math.round((8.3055 / 1.3572) * 1e8) },
  ]);
});

test('rule rows of record are the reliable ones, with their sources', async () => {
  const { recorded } = await scratch.database.transaction((tx) => recordRules(tx, facts.tables, BY));
  assert.ok(recorded > 50);
  assert.equal((await scratch.database.transaction((tx) => recordRules(tx, facts.tables, BY))).recorded, 0);
  const { rows } = await scratch.database.query<{ n: bigint }>(
    `SELECT count(*) AS n FROM reference.rule_row WHERE source = ''`,
  );
  assert.equal(rows[0]?.n, 0n);
});

test('[CL-b] an override of record closes a day for every planner', async () => {
  const date = dateText('2013-10-09');
  await recordOverride(
    scratch.database,
    { market: 'XHKG', date, hours: null, reason: { zh: '演习', en: 'Drill' }, source: 'operator', confidence: 'seen' },
    BY,
  );
  assert.notEqual(facts.calendar.session('XHKG', date), null);
  assert.equal((await withRecordedOverrides(scratch.database, facts)).calendar.session('XHKG', date), null);
});
