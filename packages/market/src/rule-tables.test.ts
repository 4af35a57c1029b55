import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DateText, formatInstant, isProblem, parseInstant } from '@meridian/base';
import fc from 'fast-check';
import { feeAmounts } from './fee.ts';
import { listing } from './listing.ts';
import { loadMarketFacts, readFactDocuments } from './load.ts';
import { marketFacts } from './market-facts.ts';
import { phaseAt } from './phase.ts';
import { parsePrice } from './price.ts';
import { settlementCycle } from './settlement.ts';
import { nextAbove, nextBelow, onGrid, tickAt } from './tick-table.ts';

const facts = loadMarketFacts();
const d = (text: string) => text as DateText;
const P = parsePrice;
const from = d('2010-01-01');
const spy = listing({
  id: 'SPY',
  securityId: 'SPY',
  mic: 'ARCX',
  code: 'SPY',
  securityClass: 'etf',
  quote: 'USD',
  validFrom: from,
});
const hk = listing({
  id: '700',
  securityId: '700',
  mic: 'XHKG',
  code: '00700',
  securityClass: 'share',
  quote: 'HKD',
  boardLots: [{ value: 100, from, to: null }],
  validFrom: from,
});
const jp = listing({
  id: '7203',
  securityId: '7203',
  mic: 'XTKS',
  code: '7203',
  securityClass: 'share',
  quote: 'JPY',
  tickGroups: [
    { value: 'topix100', from, to: d('2021-10-28') },
    { value: 'standard', from: d('2021-10-29'), to: null },
  ],
  validFrom: from,
});

test('phases of a 2013 New York session in UTC, and what each allows', () => {
  const plan = facts.phasePlan('ARCX', d('2013-10-07'));
  assert.ok(plan);
  const at = (time: string) => phaseAt(plan, parseInstant(`2013-10-07T${time}Z`));
  assert.deepEqual(
    [at('13:29:59')?.code, at('13:30:00')?.code, at('19:59:59')?.code, at('20:00:00')?.code, at('07:59:59')?.code],
    ['EARLY', 'CORE', 'CORE', 'LATE', undefined],
  );
  assert.deepEqual(at('13:30:00')?.allow, { new: true, replace: true, cancel: true });
  assert.equal(plan.table.checked !== undefined, true);
  assert.equal(facts.phasePlan('ARCX', d('2013-10-12')), null);
});

test('Hong Kong on a day opened at 14:00: no auction, the afternoon only; on one shut at 13:55 no closing auction', () => {
  const codes = (date: string) =>
    facts
      .phasePlan('XHKG', d(date))
      ?.phases.map((p) => `${p.code} ${formatInstant(p.start).slice(11, 16)}-${formatInstant(p.end).slice(11, 16)}`);
  assert.deepEqual(codes('2023-10-09'), ['CTS_PM 06:00-08:00']);
  assert.deepEqual(codes('2019-07-31')?.slice(-1), ['CTS_PM 05:00-05:55']);
  assert.ok(codes('2019-07-31')?.[0]?.startsWith('POS_INPUT'));
});

test('an intraday auction interrupts the phase it is nested in', () => {
  const plan = facts.phasePlan('XLON', d('2024-03-01'));
  assert.ok(plan);
  assert.equal(phaseAt(plan, parseInstant('2024-03-01T12:01:00Z'))?.code, 'INTRADAY_CALL');
  assert.equal(phaseAt(plan, parseInstant('2024-03-01T12:02:00Z'))?.code, 'CONT');
});

test('no row, an unchecked row, and a blank start before 2015 are all refused', () => {
  const refused = (code: string, run: () => unknown) => assert.throws(run, (e) => isProblem(e, code));
  refused('FACT_NOT_COVERED', () => facts.phasePlan('XASX', d('2024-03-01')));
  refused('FACT_UNCHECKED', () => facts.phasePlan('XLON', d('2024-12-24')));
  refused('FACT_NOT_COVERED', () => facts.tickTable(hk, d('2013-10-07')));
  refused('FACT_NOT_COVERED', () => facts.lot(hk, d('2014-12-31')));
  refused('FACT_UNCHECKED', () => settlementCycle(facts.tables.settlement, 'XTKS', d('2024-03-01')));
  refused('FACT_UNCHECKED', () => facts.feeSchedule('XNYS', d('2015-06-01'), 'sell', 'share'));
  refused('FACT_NOT_COVERED', () => facts.feeSchedule('XNYS', d('2026-01-05'), 'sell', 'share'));
  refused('FACT_NOT_COVERED', () => facts.feeSchedule('XHKG', d('2013-10-07'), 'buy', 'share'));
  refused('FACT_NOT_COVERED', () => facts.rateIndex('US_PRIMARY_CREDIT').on(d('2024-01-01')));
});

test('a fact from memory is relied on only once its check is registered', () => {
  const documents = readFactDocuments();
  const unchecked = structuredClone(documents.checked) as { phases: { checked?: string; confidence: string }[] };
  for (const row of unchecked.phases) {
    row.confidence = 'memory';
    delete row.checked;
  }
  const without = marketFacts({ ...documents, checked: unchecked });
  assert.throws(
    () => without.phasePlan('ARCX', d('2013-10-07')),
    (e) => isProblem(e, 'FACT_UNCHECKED'),
  );
});

test('ticks: a cent from one dollar, a hundredth of a cent below; the step across the edge takes the side stepped into', () => {
  const table = facts.tickTable(spy, d('2013-10-07'));
  assert.equal(tickAt(table, P('167.42')), P('0.01'));
  assert.equal(tickAt(table, P('0.9999')), P('0.0001'));
  assert.deepEqual([nextAbove(table, P('1')), nextBelow(table, P('1'))], [P('1.01'), P('0.9999')]);
  assert.deepEqual(
    [onGrid(table, P('167.425')), onGrid(table, P('167.42')), onGrid(table, P('-1')), onGrid(table, 0n)],
    [false, true, false, false],
  );
});

test('Hong Kong spread table changes by date: 15.01 is on the grid from 2025-08-04', () => {
  assert.equal(onGrid(facts.tickTable(hk, d('2025-08-01')), P('15.01')), false);
  assert.equal(onGrid(facts.tickTable(hk, d('2025-08-04')), P('15.01')), true);
  assert.equal(tickAt(facts.tickTable(hk, d('2026-08-03')), P('5')), P('0.005'));
});

test('the tick table is a dated attribute of the security: half yen leave with the index', () => {
  assert.equal(onGrid(facts.tickTable(jp, d('2021-10-28')), P('1000.5')), true);
  assert.equal(onGrid(facts.tickTable(jp, d('2021-10-29')), P('1000.5')), false);
  const band = listing({
    ...jp,
    id: 'x',
    mic: 'XETR',
    quote: 'EUR',
    tickGroups: [{ value: 'rts11-6', from, to: null }],
    validTo: null,
  });
  assert.equal(tickAt(facts.tickTable(band, d('2024-03-01')), P('150')), P('0.02'));
  const none = listing({ ...jp, id: 'y', mic: 'XETR', quote: 'EUR', tickGroups: [], validTo: null });
  assert.throws(
    () => facts.tickTable(none, d('2024-03-01')),
    (e) => isProblem(e, 'FACT_NOT_COVERED'),
  );
});

test('property: the next prices above and below are on the grid, and nothing quotable lies between', () => {
  const table = facts.tickTable(hk, d('2024-03-01'));
  fc.assert(
    fc.property(fc.bigInt(P('0.011'), P('9000')), (price) => {
      const above = nextAbove(table, price) as bigint;
      const below = nextBelow(table, price) as bigint;
      assert.ok(below < price && price < above && onGrid(table, above) && (onGrid(table, below) || below === P('0.01')));
      assert.equal(nextBelow(table, above), onGrid(table, price) ? price : below);
    }),
  );
});

test('lots: a hundred in New York with odd lots allowed; in Hong Kong the issuer sets it', () => {
  assert.deepEqual(facts.lot(spy, d('2013-10-07')), { round: 100, orderMin: 1, step: 1 });
  assert.deepEqual(facts.lot(hk, d('2024-03-01')), { round: 100, orderMin: 100, step: 100 });
});

test('New York settles T+3 in 2013, T+2 from 2017-09-05, T+1 from 2024-05-28, never on Columbus Day', () => {
  const cash = (date: string) => facts.settlementDates('ARCX', d(date)).cash;
  assert.equal(cash('2013-10-07'), '2013-10-10');
  assert.equal(cash('2013-10-08'), '2013-10-11');
  assert.equal(cash('2013-10-10'), '2013-10-16');
  assert.equal(cash('2017-09-01'), '2017-09-07');
  assert.equal(cash('2017-09-05'), '2017-09-07');
  assert.equal(cash('2024-05-28'), '2024-05-29');
  assert.deepEqual((({ cash, securities }) => ({ cash, securities }))(facts.settlementDates('XSHG', d('2024-03-01'))), {
    cash: '2024-03-04',
    securities: '2024-03-01',
  });
});

test('US levies of 2013: section 31 at 17.40 per million and TAF at 0.000119 per share, on sells, each up to the cent', () => {
  const lines = facts.feeSchedule('ARCX', d('2013-10-07'), 'sell', 'etf');
  const value = 1_000n * P('167.42');
  assert.deepEqual(feeAmounts(lines, { quantity: 1_000n, value }), [
    { code: 'SEC31', minor: 292n }, // 167,420.00 × 0.0000174 = 2.913108
    { code: 'TAF', minor: 12n }, // 0.119
  ]);
  assert.deepEqual(facts.feeSchedule('ARCX', d('2013-10-07'), 'buy', 'etf'), []);
  const capped = feeAmounts(lines, { quantity: 60_000n, value: 60_000n * P('1') });
  assert.deepEqual(capped[1], { code: 'TAF', minor: 595n });
  assert.deepEqual(
    feeAmounts(lines, { quantity: 0n, value: 0n }).map((f) => f.minor),
    [0n, 0n],
  );
});

test('Hong Kong levies of 2024: stamp up to the whole dollar, settlement fee at least 2 dollars, no tariff any more', () => {
  const lines = facts.feeSchedule('XHKG', d('2024-03-01'), 'buy', 'share');
  const amounts = feeAmounts(lines, { quantity: 100n, value: 100n * P('275.80') }); // 27,580.00
  assert.deepEqual(Object.fromEntries(amounts.map((a) => [a.code, a.minor])), {
    STAMP: 2_800n, // 27.58 → 28
    SFC_LEVY: 74n, // 0.74466
    AFRC_LEVY: 4n, // 0.04137
    TRADING_FEE: 156n, // 1.558270
    SETTLEMENT_FEE: 200n, // 0.5516, least 2.00
  });
  assert.ok(
    feeAmounts(facts.feeSchedule('XHKG', d('2022-12-30'), 'buy', 'share'), { quantity: 1n, value: P('1') }).some(
      (a) => a.code === 'TARIFF' && a.minor === 50n,
    ),
  );
  assert.ok(!facts.feeSchedule('XHKG', d('2024-03-01'), 'sell', 'etf').some((l) => l.code === 'STAMP'));
});

test('what is still in doubt about a seen fact is shown with it', () => {
  assert.match(facts.phasePlan('XLON', d('2024-03-01'))?.table.caveat ?? '', /date_confidence: memory/);
  assert.match(facts.tickTable(hk, d('2026-08-03')).caveat ?? '', /verify: /);
  assert.equal(facts.phasePlan('ARCX', d('2013-10-07'))?.table.caveat, undefined);
});

test('every fee item of every schedule names facts that exist', () => {
  const ids = new Set(facts.tables.fees.map((f) => f.id));
  for (const schedule of facts.tables.feeSchedules)
    for (const item of schedule.items)
      for (const id of item.facts) assert.ok(ids.has(id), `${schedule.market} ${item.code} ${id}`);
});

test('the US primary credit rate was 0.75 % in October 2013, since 2010-02-19', () => {
  assert.deepEqual(facts.rateIndex('US_PRIMARY_CREDIT').on(d('2013-10-07')), { since: '2010-02-19', rate: 75_000_000n });
});
