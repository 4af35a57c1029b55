import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MICROS_PER_SECOND, parseInstant } from '@meridian/base';
import { loadMarketFacts, type Session } from '@meridian/market';
import type { ClosingCandidate, MarketService } from '@meridian/trading';
import { markKey, marksDue } from './closing-mark.ts';

const LISTING = 1;
const session = loadMarketFacts().calendar.session('ARCX', '2013-10-07' as never) as Session;
const before = session.close - MICROS_PER_SECOND;
const waited = session.close + 10 * 60 * MICROS_PER_SECOND;

/** A node that has heard these candidates, and whose log holds that last quote. */
function node(candidates: readonly ClosingCandidate[], quote?: { bid: number; ask: number; at: number }): MarketService {
  const held = quote === undefined ? undefined : { bid: quote.bid, ask: quote.ask, sourceTime: quote.at };
  return {
    log: { node: { quote: () => held, listings: new Map([[LISTING, { symbol: 'SPY' }]]) } },
    closingCandidates: () => candidates,
  } as unknown as MarketService;
}

const candidate = (kind: ClosingCandidate['kind'], price: number, sourceTime = before) =>
  ({ listing: LISTING, kind, price, sourceTime }) as ClosingCandidate;
const mid = candidate('last-mid', 1_674_250);
const print = candidate('closing-print', 1_674_300, session.close + MICROS_PER_SECOND);
const marked = new Set<string>();

test('the primary closing print is the mark as soon as it is there, whatever else is', () => {
  const [mark, ...more] = marksDue(node([mid, print]), session, session.close, marked);
  assert.deepEqual([mark?.kind, mark?.price, mark?.date, more.length], ['closing-print', 1_674_300, '2013-10-07', 0]);
});

test('without a print the last mid serves, and only after the wait', () => {
  assert.deepEqual(marksDue(node([mid]), session, waited - 1, marked), []);
  const [mark] = marksDue(node([mid]), session, waited, marked);
  assert.deepEqual([mark?.kind, mark?.price, mark?.sourceTime], ['last-mid', 1_674_250, before]);
});

test('a node that was started again takes the last reference price that its log holds', () => {
  const quoted = node([], { bid: 1_674_200, ask: 1_674_301, at: before });
  assert.deepEqual(marksDue(quoted, session, waited - 1, marked), []);
  const [mark] = marksDue(quoted, session, waited, marked);
  assert.deepEqual([mark?.kind, mark?.price, mark?.sourceTime], ['last-mid', 1_674_250, before]);
});

test('prices of another day make no mark; what is marked is not marked again', () => {
  const yesterday = parseInstant('2013-10-04T20:00:00Z');
  const stale = [candidate('closing-print', 1_680_000, yesterday), candidate('last-mid', 1_680_000, yesterday)];
  assert.deepEqual(marksDue(node(stale, { bid: 1, ask: 2, at: yesterday }), session, waited, marked), []);
  assert.deepEqual(marksDue(node([]), session, waited, marked), []);
  assert.deepEqual(marksDue(node([print]), session, waited, new Set([markKey(LISTING, '2013-10-07')])), []);
});
