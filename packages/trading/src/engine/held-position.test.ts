import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_PRICE } from '@meridian/messages';
import { MarketNode } from '../index.ts';

test('a fresh node holds nothing and quotes nothing', () => {
  const node = new MarketNode('XNYS');
  assert.deepEqual([...node.clientPositions(), ...node.hedgePositions()], []);
  assert.equal(node.quote(1), undefined);
});

test('positions are told long less short, flat ones left out', () => {
  const node = new MarketNode('XNYS');
  const { positions } = node.client;
  const held = positions.row(7, 1);
  positions.long[held] = 300;
  positions.short[held] = 100;
  const flat = positions.row(7, 2);
  positions.long[flat] = 5;
  positions.short[flat] = 5;
  assert.deepEqual([...node.clientPositions()], [{ owner: 7, listing: 1, quantity: 200 }]);
});

test('a quote with one side is none', () => {
  const node = new MarketNode('XNYS');
  const { listings } = node.client;
  listings.known[1] = 1;
  listings.bid[1] = 10;
  listings.ask[1] = NO_PRICE;
  assert.equal(node.quote(1), undefined);
  listings.ask[1] = 12;
  listings.sourceTime[1] = 3;
  assert.deepEqual(node.quote(1), { bid: 10, ask: 12, sourceTime: 3 });
});
