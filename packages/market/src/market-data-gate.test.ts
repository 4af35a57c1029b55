import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DateText, isProblem, parseInstant } from '@meridian/base';
import { loadMarketFacts, loadRecordedSessions } from './load.ts';
import { lastMid, primaryClose } from './mark.ts';
import { type GateInstrument, type MarketDataGate, marketDataGate } from './market-data-gate.ts';
import { readPrints } from './recorded-session.ts';
import { movesLastPrice, readSaleCondition, SALE_CONDITION, TAPE_PARTICIPANTS } from './sale-condition.ts';

const facts = loadMarketFacts();
const recorded = loadRecordedSessions();
const day = '2013-10-07' as DateText;
const unit = 100_000_000;
const venues = new Set(Object.keys(TAPE_PARTICIPANTS));

function gate(instrument: Partial<GateInstrument> = {}): MarketDataGate {
  const onGrid = (price: number) => price % 1_000_000 === 0;
  return marketDataGate([{ symbol: 'SPY', mic: 'ARCX', venues, onGrid, signed: false, ...instrument }], {
    sessionAt: facts.sessionAt,
    ageMax: 5_000_000,
    jumpBasisPoints: 200,
    jumpConfirmations: 3,
  });
}

const noon = parseInstant('2013-10-07T16:00:00Z');
const quote = (bid: number, ask: number, at = noon, more: object = {}) => ({
  symbol: 'SPY',
  venue: 'P',
  at,
  bid: Math.round(bid * unit),
  ask: Math.round(ask * unit),
  ...more,
});
const print = (price: number, at = noon, more: object = {}) => ({
  symbol: 'SPY',
  venue: 'P',
  at,
  price: Math.round(price * unit),
  condition: SALE_CONDITION.regular as number,
  suspicious: false,
  ...more,
});
const reasonOf = (verdict: ReturnType<MarketDataGate['print']>) => (verdict.accept ? 'accepted' : verdict.reason);

test('a quote speaks for the instant of the close, a print does not', () => {
  const close = parseInstant('2013-10-07T20:00:00Z');
  assert.equal(reasonOf(gate().quote(quote(167, 167.01, close), close)), 'accepted');
  assert.equal(reasonOf(gate().print(print(167, close), close)), 'OFF_SESSION');
});

test('each fault of a quote is named: identity, calendar, session, grid, age, order, side, locked, crossed, not finite', () => {
  const cases: [string, object, number][] = [
    ['UNKNOWN_SYMBOL', quote(167, 167.01, noon, { symbol: 'SPX' }), noon],
    ['UNKNOWN_VENUE', quote(167, 167.01, noon, { venue: 'XHKG' }), noon],
    ['OFF_CALENDAR', quote(167, 167.01, parseInstant('2013-10-12T16:00:00Z')), parseInstant('2013-10-12T16:00:00Z')],
    ['OFF_SESSION', quote(167, 167.01, parseInstant('2013-10-07T20:00:00.000001Z')), parseInstant('2013-10-07T20:00:01Z')],
    ['OFF_GRID', quote(167.005, 167.01), noon],
    ['STALE', quote(167, 167.01), noon + 5_000_001],
    ['ONE_SIDED', quote(0, 167.01), noon],
    ['LOCKED', quote(167.01, 167.01), noon],
    ['CROSSED', quote(167.02, 167.01), noon],
    ['NOT_POSITIVE', quote(-167.02, 167.01), noon],
    ['NON_FINITE', { ...quote(167, 167.01), bid: Number.NaN }, noon],
    ['NON_FINITE', { ...quote(167, 167.01), ask: Number.POSITIVE_INFINITY }, noon],
    ['NON_FINITE', quote(167, 167.01, Number.NaN), noon],
  ];
  for (const [reason, message, now] of cases) {
    const g = gate();
    assert.equal(reasonOf(g.quote(message as ReturnType<typeof quote>, now)), reason);
    assert.equal(g.reference('SPY'), null, reason);
  }
  const g = gate();
  assert.equal(reasonOf(g.quote(quote(167, 167.01), noon)), 'accepted');
  assert.equal(reasonOf(g.quote(quote(167, 167.01, noon - 1), noon)), 'OUT_OF_ORDER');
  assert.equal(g.reference('SPY')?.price, 167.005 * unit);
});

test('a quote in the Hong Kong lunch break is off session', () => {
  const lunch = parseInstant('2013-10-07T04:30:00Z');
  assert.equal(reasonOf(gate({ mic: 'XHKG' }).quote(quote(10, 10.01, lunch), lunch)), 'OFF_SESSION');
});

test('prices are signed: an instrument that may trade below zero does', () => {
  const oil = gate({ signed: true });
  assert.equal(reasonOf(oil.quote(quote(-37.64, -37.62), noon)), 'accepted');
  assert.equal(oil.reference('SPY')?.price, -3_763_000_000);
  assert.equal(reasonOf(gate().print(print(-37.63), noon)), 'NOT_POSITIVE');
});

test('a jump is held back until three prices in a row agree on it; a lone spike moves nothing', () => {
  const g = gate();
  const seen = [167, 180, 167.02, 180, 180.01, 180.02, 180.03].map((p) => reasonOf(g.print(print(p), noon)));
  assert.deepEqual(seen, ['accepted', 'JUMP', 'accepted', 'JUMP', 'JUMP', 'accepted', 'accepted']);
  const other = gate();
  assert.deepEqual(
    [167, 180, 190, 180].map((p) => reasonOf(other.print(print(p), noon))),
    ['accepted', 'JUMP', 'JUMP', 'JUMP'],
  );
});

test('the same inputs after a restored snapshot give the same verdicts', () => {
  const prices = [167, 180, 180, 167.01, 180, 180.01, 180.02, 180.03];
  const whole = gate();
  const all = prices.map((p) => reasonOf(whole.print(print(p), noon)));
  const first = gate();
  for (const p of prices.slice(0, 4)) first.print(print(p), noon);
  const second = gate();
  second.restore(first.save());
  assert.deepEqual(
    prices.slice(4).map((p) => reasonOf(second.print(print(p), noon))),
    all.slice(4),
  );
  assert.deepEqual(second.save(), whole.save());
});

test('off-exchange prints and special conditions are volume, never a price', () => {
  const g = gate();
  g.print(print(167), noon);
  const special = Object.entries(SALE_CONDITION).filter(
    ([name]) =>
      ![
        'regular',
        'intermarketSweep',
        'openingPrint',
        'closingPrint',
        'reopeningPrint',
        'autoExecution',
        'tradeThroughExempt',
      ].includes(name),
  );
  assert.equal(special.length, 25);
  for (const [name, flag] of special) {
    assert.equal(movesLastPrice((SALE_CONDITION.regular | flag) >>> 0, 'P'), false, name);
    assert.deepEqual(g.print(print(150, noon, { condition: flag >>> 0 }), noon), { accept: true, movesPrice: false }, name);
  }
  assert.deepEqual(g.print(print(150, noon, { venue: 'D' }), noon), { accept: true, movesPrice: false });
  assert.equal(movesLastPrice(0, 'P'), false);
  assert.equal(movesLastPrice(readSaleCondition('20000020') as number, 'P'), true);
  assert.equal(readSaleCondition('zz'), null);
  assert.equal(reasonOf(g.print(print(167, noon, { suspicious: true }), noon)), 'SUSPICIOUS');
  assert.equal(g.reference('SPY')?.price, 167 * unit);
});

test('the recorded SPY session: off-exchange prints move nothing, every price that moves stays within the lit range', () => {
  const g = gate();
  const prints = recorded.prints('SPY', day);
  assert.equal(prints.length, 250_601);
  let off = 0;
  const moved: number[] = [];
  for (const p of prints) {
    const verdict = g.print({ ...p, venue: p.participant }, p.at);
    if (verdict.accept && verdict.movesPrice) moved.push(p.price);
    if (p.participant === 'D') {
      assert.ok(!verdict.accept || !verdict.movesPrice);
      off++;
    }
  }
  assert.equal(off, 35_057);
  assert.ok(moved.length > 200_000);
  const [low, high] = moved.reduce(([l, h], p) => [Math.min(l, p), Math.max(h, p)], [Infinity, 0]) as [number, number];
  assert.ok(low >= 167.2 * unit && high <= 168.5 * unit, `${low} ${high}`);
});

test('the primary closing prints of 7 October: SPY by the official close of NYSE Arca, IBM by the closing auction of NYSE', () => {
  assert.deepEqual(primaryClose(recorded.prints('SPY', day), 'SPY', 'ARCX'), {
    price: 16_742_000_000n,
    at: parseInstant('2013-10-07T20:00:00.735Z'),
    basis: 'official-close',
  });
  assert.deepEqual(primaryClose(recorded.prints('IBM', day), 'IBM', 'XNYS'), {
    price: 18_201_000_000n,
    at: parseInstant('2013-10-07T20:01:04.221Z'),
    basis: 'closing-print',
  });
  assert.throws(
    () => primaryClose(recorded.prints('IBM', day), 'IBM', 'XCHI'),
    (e) => isProblem(e, 'MARK_MISSING'),
  );
});

test('the marks of 8 October are the last two-sided mids that ended by the close', () => {
  const date = '2013-10-08' as DateText;
  const close = facts.calendar.session('XNYS', date)?.close as number;
  assert.equal(lastMid(recorded.quotes('SPY', date), 'SPY', 'ARCX', close).price, 16_547_500_000n);
  assert.equal(lastMid(recorded.quotes('IBM', date), 'IBM', 'XNYS', close).price, 17_880_500_000n);
  assert.throws(
    () => lastMid([], 'IBM', 'XNYS', close),
    (e) => isProblem(e, 'MARK_MISSING'),
  );
});

test('a damaged recording is refused with its line', () => {
  const header = 'ts_utc,symbol,price,size,exchange,sale_condition,suspicious\n';
  const good = '2013-10-07T13:30:00.000Z,SPY,167.41,100,P,1,0\n';
  for (const bad of [
    '2013-10-07T13:29:59.999Z,SPY,167.41,100,P,1,0',
    '2013-10-07T13:30:01.000Z,SPY,NaN,100,P,1,0',
    '2013-10-07T13:30:01.000Z,SPY,167.41,-1,P,1,0',
    '2013-10-07T13:30:01.000Z,SPY,167.41,100,P,xyz,0',
    '2013-10-07T13:30:01.000Z,SPY,167.41,100,P,1',
    '7 October,SPY,167.41,100,P,1,0',
  ]) {
    assert.throws(
      () => readPrints('x.csv', header + good + bad),
      (e) => isProblem(e, 'SESSION_FILE_INVALID') && e.params['line'] === 3,
    );
  }
  assert.throws(
    () => readPrints('x.csv', 'other\n'),
    (e) => isProblem(e, 'SESSION_FILE_INVALID'),
  );
});
