import { NO_PRICE, REJECTION } from '@meridian/messages';
import type { ChildTable } from './child-table.ts';
import { lengthen, nth, touch } from './column.ts';
import { CHANGE } from './order-table.ts';
import { LEG_CLOSE_LONG, LEG_OPEN_SHORT, POSITION_ROW, PositionTable } from './position-table.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** What a market order trades at, for the wash-trade check: any price. */
const ANY_BUY = Number.MAX_SAFE_INTEGER;
const ANY_SELL = NO_PRICE;

function better(best: number, price: number, buy: boolean): number {
  if (buy) return Math.max(best, price === NO_PRICE ? ANY_BUY : price);
  return Math.min(best, price === NO_PRICE ? ANY_SELL : price);
}

/** What stands in {@link MarketSide.stale}. */
const STALE_BUY = 1;
const STALE_SELL = 2;

/** Hot path: rows that lie whole, beside those of the positions: what a trading account has at the market in a listing. */
class MarketSide {
  whole = new Float64Array(16 * POSITION_ROW);
  borrow = nth(this.whole, 0);
  /** First live child by side (−1 none), how many, and the best price. */
  buys = nth(this.whole, 1);
  sells = nth(this.whole, 2);
  buyCount = nth(this.whole, 3);
  sellCount = nth(this.whole, 4);
  bestBuy = nth(this.whole, 5);
  bestSell = nth(this.whole, 6);
  /** The sides whose best has left. */
  stale = nth(this.whole, 7);
}

/**
 * Hot path: no allocation. Trading accounts (交易账户) at the market: positions, borrow, and the live children of each
 * listing by side. All clients of an account share it, so it is here that two of them could trade with one another.
 */
export class TradingAccounts {
  readonly positions = new PositionTable();
  readonly #market = new MarketSide();

  row(account: number, listing: number): number {
    const before = this.positions.count;
    const row = this.positions.row(account, listing);
    if (this.positions.count > before) {
      if (row >= this.#market.whole.length) lengthen(this.#market, this.positions.whole.length);
      this.#market.buys[row] = -1;
      this.#market.sells[row] = -1;
      this.#market.borrow[row] = 0;
    }
    return row;
  }

  setBorrow(row: number, quantity: number): void {
    this.#market.borrow[row] = quantity;
  }

  /** What may still be sold long or short. */
  sellable(row: number, leg: number): number {
    const p = this.positions;
    if (leg === LEG_CLOSE_LONG) return (p.long[row] as number) - (p.closingLong[row] as number);
    return (this.#market.borrow[row] as number) - (p.short[row] as number) - (p.openingShort[row] as number);
  }

  /** Would an order at this price meet a live child of the same account on the other side? Changes nothing. */
  checkWash(children: ChildTable, row: number, side: number, price: number): number {
    const x = this.#market;
    if (side === 1) {
      if (x.sellCount[row] === 0) return 0;
      const best =
        ((x.stale[row] as number) & STALE_SELL) !== 0 ? this.#look(children, row, false) : (x.bestSell[row] as number);
      return (price === NO_PRICE ? ANY_BUY : price) >= best ? REJECTION.WASH_TRADE : 0;
    }
    if (x.buyCount[row] === 0) return 0;
    const best = ((x.stale[row] as number) & STALE_BUY) !== 0 ? this.#look(children, row, true) : (x.bestBuy[row] as number);
    return (price === NO_PRICE ? ANY_SELL : price) <= best ? REJECTION.WASH_TRADE : 0;
  }

  /** A best that left is found anew before it is asked for, so that asking changes nothing. */
  refresh(children: ChildTable, row: number, side: number): void {
    const x = this.#market;
    const buy = side !== 1;
    if (((x.stale[row] as number) & (buy ? STALE_BUY : STALE_SELL)) === 0 || (buy ? x.buyCount : x.sellCount)[row] === 0)
      return;
    const best = this.#look(children, row, buy);
    if (buy) x.bestBuy[row] = best;
    else x.bestSell[row] = best;
    x.stale[row] = (x.stale[row] as number) & ~(buy ? STALE_BUY : STALE_SELL);
  }

  static needsStock(leg: number): boolean {
    return leg === LEG_CLOSE_LONG || leg === LEG_OPEN_SHORT;
  }

  /** A child went to the market. */
  link(children: ChildTable, child: number): void {
    const x = this.#market;
    const row = children.position[child] as number;
    const buy = children.side[child] === 1;
    const first = (buy ? x.buys[row] : x.sells[row]) as number;
    children.next[child] = first;
    children.previous[child] = -1;
    if (first >= 0) children.previous[first] = child;
    if (buy) x.buys[row] = child;
    else x.sells[row] = child;
    const count = ((buy ? x.buyCount[row] : x.sellCount[row]) as number) + 1;
    if (buy) x.buyCount[row] = count;
    else x.sellCount[row] = count;
    this.showPrice(row, buy, children.price[child] as number, count === 1);
  }

  /** A price came to the market on one side, beside what is there already. */
  showPrice(row: number, buy: boolean, price: number, alone: boolean): void {
    const x = this.#market;
    if (buy) {
      const at = price === NO_PRICE ? ANY_BUY : price;
      if (alone) x.stale[row] = (x.stale[row] as number) & ~STALE_BUY;
      if (alone || at > (x.bestBuy[row] as number)) x.bestBuy[row] = at;
    } else {
      const at = price === NO_PRICE ? ANY_SELL : price;
      if (alone) x.stale[row] = (x.stale[row] as number) & ~STALE_SELL;
      if (alone || at < (x.bestSell[row] as number)) x.bestSell[row] = at;
    }
  }

  /** A child left the market. */
  unlink(children: ChildTable, child: number): void {
    const x = this.#market;
    const row = children.position[child] as number;
    const buy = children.side[child] === 1;
    const next = children.next[child] as number;
    const previous = children.previous[child] as number;
    if (next >= 0) children.previous[next] = previous;
    if (previous >= 0) children.next[previous] = next;
    else if (buy) x.buys[row] = next;
    else x.sells[row] = next;
    if (buy) x.buyCount[row] = (x.buyCount[row] as number) - 1;
    else x.sellCount[row] = (x.sellCount[row] as number) - 1;
    if (this.#isBest(row, buy, children.price[child] as number)) this.priceLeft(row, buy);
    else if (children.change[child] === CHANGE.replace && this.#isBest(row, buy, children.changePrice[child] as number))
      this.priceLeft(row, buy);
  }

  #isBest(row: number, buy: boolean, price: number): boolean {
    if (price === NO_PRICE) return true;
    const x = this.#market;
    return buy ? price >= (x.bestBuy[row] as number) : price <= (x.bestSell[row] as number);
  }

  /** The best left or moved, or may have: it is looked up when it next matters. */
  priceLeft(row: number, buy: boolean): void {
    const { stale } = this.#market;
    stale[row] = (stale[row] as number) | (buy ? STALE_BUY : STALE_SELL);
  }

  /** The best of the live children on one side, those in replacement at either price. */
  #look(children: ChildTable, row: number, buy: boolean): number {
    const x = this.#market;
    let best = buy ? ANY_SELL : ANY_BUY;
    for (let child = (buy ? x.buys[row] : x.sells[row]) as number; child >= 0; child = children.next[child] as number) {
      best = better(best, children.price[child] as number, buy);
      if (children.change[child] === CHANGE.replace) best = better(best, children.changePrice[child] as number, buy);
    }
    return best;
  }

  reserve(rows: number): void {
    this.positions.reserve(rows);
    if (rows * POSITION_ROW > this.#market.whole.length) lengthen(this.#market, rows * POSITION_ROW);
    touch(this.#market);
  }

  save(to: SnapshotWriter): void {
    this.positions.save(to);
    to.whole(this.#market, this.positions.end);
  }

  restore(from: SnapshotReader): void {
    this.positions.restore(from);
    from.whole(this.#market);
  }
}
