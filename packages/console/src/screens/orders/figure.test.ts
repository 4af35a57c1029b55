import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exact, exactMoney, ppm } from './figure.ts';

test('prices keep the places that they travelled with', () => {
  assert.deepEqual([exact('168.3050'), exact('30000000'), exact(null)], ['168.3050', '30,000,000', '—']);
});

// ISO 4217: CNY has two minor digits, JPY none.
test('money shows its currency’s minor units at least, and never fewer than it travelled with', () => {
  assert.deepEqual(
    [exactMoney('729311.4', 'CNY'), exactMoney('30000000', 'CNY'), exactMoney('1200', 'JPY'), exactMoney('0.125', 'USD')],
    ['729,311.40', '30,000,000.00', '1,200', '0.125'],
  );
});

test('millionths read as per cent', () => {
  assert.equal(ppm(263_000), '26.3%');
});
