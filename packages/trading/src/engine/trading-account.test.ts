import assert from 'node:assert/strict';
import { test } from 'node:test';
import { REJECTION } from '@meridian/messages';
import fc from 'fast-check';
import { ChildTable } from './child-table.ts';
import { CHANGE } from './order-table.ts';
import { TradingAccounts } from './trading-account.ts';

test('an order meets a live child of its account exactly when one on the other side has a price that crosses', () => {
  const step = fc.record({
    leave: fc.boolean(),
    buy: fc.boolean(),
    price: fc.integer({ min: 1, max: 9 }),
    changed: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    which: fc.nat(),
  });
  const run = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const accounts = new TradingAccounts();
    const children = new ChildTable();
    const row = accounts.row(1, 1);
    const live: { child: number; buy: boolean; prices: number[] }[] = [];
    steps.forEach(({ leave, buy, price, changed, which }, n) => {
      if (leave && live.length > 0) {
        const [gone] = live.splice(which % live.length, 1);
        children.close(gone!.child);
        accounts.unlink(children, gone!.child);
      } else {
        const child = children.open(n + 1);
        children.position[child] = row;
        children.side[child] = buy ? 1 : 2;
        children.price[child] = price;
        children.change[child] = CHANGE.none;
        accounts.link(children, child);
        if (changed !== undefined) {
          children.change[child] = CHANGE.replace;
          children.changePrice[child] = changed;
          accounts.showPrice(row, buy, changed, false);
        }
        live.push({ child, buy, prices: changed === undefined ? [price] : [price, changed] });
      }
      for (const side of [1, 2]) {
        const others = live.filter((other) => other.buy === (side === 2)).flatMap(({ prices }) => prices);
        const meets = others.some((other) => (side === 1 ? price >= other : price <= other));
        assert.equal(accounts.checkWash(children, row, side, price), meets ? REJECTION.WASH_TRADE : 0);
      }
    });
  });
  fc.assert(run, { numRuns: 300 });
});
