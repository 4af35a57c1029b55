import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accountsFor, EMPTY_DRAFT, entryOf, makeClOrdId, type Tradable } from './draft.ts';

const tradable: Tradable = {
  accounts: [
    { account: '11', code: 'A-1', client: '1', token: 'T1', markets: ['XHKG'] },
    { account: '12', code: 'A-2', client: '1', token: 'T1', markets: ['XNYS', 'XHKG'] },
  ],
  listings: [
    {
      ...{ listing: '7', market: 'XNYS', symbol: 'SPY', name: 'S&P 500 ETF', currency: 'USD', lot: '1', tick: '0.01' },
      ...{ last: '600.00', lastAt: null, permission: 'open-and-close' },
    },
  ],
};

test('a draft becomes an order only when nothing is missing, and figures lose their separators', () => {
  const lacking = entryOf(EMPTY_DRAFT, tradable, 'W1');
  assert.deepEqual(lacking, { lacks: ['account', 'listing', 'quantity', 'price'] });
  const whole = entryOf({ ...EMPTY_DRAFT, account: '12', listing: '7', quantity: '1,700', price: '228.98' }, tradable, 'W1');
  assert.deepEqual('entry' in whole ? [whole.entry.quantity, whole.entry.price, whole.entry.market] : whole, [
    '1700',
    '228.98',
    'XNYS',
  ]);
});

test('a market order carries no price, whatever stands in the field', () => {
  const draft = { ...EMPTY_DRAFT, account: '12', listing: '7', quantity: '5', price: '1', type: 'market' as const };
  const made = entryOf(draft, tradable, 'W1');
  assert.ok('entry' in made && !('price' in made.entry));
});

test('[RC-b] an account that may not trade on the market is not offered and not taken', () => {
  assert.deepEqual(
    accountsFor(tradable, tradable.listings[0]).map((each) => each.account),
    ['12'],
  );
  const draft = { ...EMPTY_DRAFT, account: '11', listing: '7', quantity: '5', price: '1' };
  assert.deepEqual(entryOf(draft, tradable, 'W1'), { lacks: ['account'] });
});

test('[DS-4] figures that are none are refused, not rounded', () => {
  for (const quantity of ['0', '-5', '1.5', '1e3', 'all', '１２']) {
    const draft = { ...EMPTY_DRAFT, account: '12', listing: '7', quantity, price: '1' };
    assert.deepEqual(entryOf(draft, tradable, 'W1'), { lacks: ['quantity'] });
  }
});

test('client-made ids fit the field and differ by their random part', () => {
  const one = makeClOrdId(1_790_000_000_000, (bytes) => bytes.fill(1));
  const other = makeClOrdId(1_790_000_000_000, (bytes) => bytes.fill(2));
  assert.ok(one.length <= 32 && one !== other);
});
