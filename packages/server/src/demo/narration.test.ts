import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GEARED } from './cast.ts';
import type { Report } from './client.ts';
import { narrate } from './narration.ts';

const report = (more: Partial<Report>): Report => ({
  type: '8',
  id: 'A-1',
  execId: '',
  execType: '',
  status: '',
  symbol: 'SPY',
  side: '1',
  lastQuantity: 100,
  lastPrice: '168.24',
  averagePrice: '168.20',
  cumQuantity: 500,
  leavesQuantity: 0,
  text: '',
  ...more,
});

test('a filled order is told once, whole; its parts and acknowledgements are silent', () => {
  assert.match(narrate(GEARED, report({ execType: 'F' }), 1)?.en ?? '', /order A-1 is filled: buy 500 SPY @ 168.20/);
  assert.equal(narrate(GEARED, report({ execType: 'F', leavesQuantity: 100 }), 1), undefined);
  assert.equal(narrate(GEARED, report({ execType: '0' }), 1), undefined);
});

test('a refusal is told in both languages, with what would pass', () => {
  const line = narrate(GEARED, report({ execType: '8', text: 'OFF_TICK: Price 1 is not a multiple of 2; 3 would pass' }), 1);
  assert.match(line?.zh ?? '', /价格不在最小变动价位上（Price 1 .* 3 would pass）/);
  assert.match(line?.en ?? '', /refused: OFF_TICK: .* would pass/);
  assert.match(narrate(GEARED, report({ execType: '8', text: 'not a code' }), 1)?.zh ?? '', /not a code/);
});
