import { NO_PRICE, REJECTION } from '@meridian/messages';
import type { ChildTable } from './child-table.ts';
import { widen } from './column.ts';
import { LEG_CLOSE_LONG, LEG_OPEN_SHORT, PositionTable } from './position-table.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

/** What a market order trades at, for the wash-trade check: any price. */
const ANY_BUY = Number.MAX_SAFE_INTEGER;
const ANY_SELL = NO_PRICE;

/**
 * Hot path: no allocation. Trading accounts (交易账户) at the market: positions, borrow, and the live children of each
 * listing by side. All clients of an account share it, so it is here that two of them could trade with one another.
 */
export class TradingAccounts {
  readonly positions = new PositionTable();
  readonly #extra = {
    borrow: new Float64Array(16),
    /** First live child by side, how many, and the best price; `stale` when the best has left. */
    buys: new Int32Array(16),
    sells: new Int32Array(16),
    buyCount: new Uint32Array(16),
    sellCount: new Uint32Array(16),
    bestBuy: new Float64Array(16),
    bestSell: new Float64Array(16),
    staleBuy: new Uint8Array(16),
    staleSell: new Uint8Array(16),
  };

  row(account: number, listing: number): number {
    const before = this.positions.count;
    const row = this.positions.row(account, listing);
    if (this.positions.count > before) {
      if (row >= this.#extra.borrow.length) widen(this.#extra, this.positions.owner.length);
      this.#extra.buys[row] = -1;
      this.#extra.sells[row] = -1;
      this.#extra.borrow[row] = 0;
    }
    return row;
  }

  setBorrow(row: number, quantity: number): void {
    this.#extra.borrow[row] = quantity;
  }

  /** What may still be sold long or short. */
  sellable(row: number, leg: number): number {
    const p = this.positions;
    if (leg === LEG_CLOSE_LONG) return (p.long[row] as number) - (p.closingLong[row] as number);
    return (this.#extra.borrow[row] as number) - (p.short[row] as number) - (p.openingShort[row] as number);
  }

  /** Would an order at this price meet a live child of the same account on the other side? */
  checkWash(children: ChildTable, row: number, side: number, price: number): number {
    const x = this.#extra;
    if (side === 1) {
      if (x.sellCount[row] === 0) return 0;
      if (x.staleSell[row] === 1) this.#refresh(children, row, false);
      return (price === NO_PRICE ? ANY_BUY : price) >= (x.bestSell[row] as number) ? REJECTION.WASH_TRADE : 0;
    }
    if (x.buyCount[row] === 0) return 0;
    if (x.staleBuy[row] === 1) this.#refresh(children, row, true);
    return (price === NO_PRICE ? ANY_SELL : price) <= (x.bestBuy[row] as number) ? REJECTION.WASH_TRADE : 0;
  }

  static needsStock(leg: number): boolean {
    return leg === LEG_CLOSE_LONG || leg === LEG_OPEN_SHORT;
  }

  /** A child went to the market. */
  link(children: ChildTable, child: number): void {
    const x = this.#extra;
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
    const x = this.#extra;
    if (buy) {
      const at = price === NO_PRICE ? ANY_BUY : price;
      if (alone) x.staleBuy[row] = 0;
      if (alone || at > (x.bestBuy[row] as number)) x.bestBuy[row] = at;
    } else {
      const at = price === NO_PRICE ? ANY_SELL : price;
      if (alone) x.staleSell[row] = 0;
      if (alone || at < (x.bestSell[row] as number)) x.bestSell[row] = at;
    }
  }

  /** A child left the market. */
  unlink(children: ChildTable, child: number): void {
    const x = this.#extra;
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
    this.priceLeft(row, buy);
  }

  /** The best may have been the one that left or moved: it is looked up when it next matters. */
  priceLeft(row: number, buy: boolean): void {
    if (buy) this.#extra.staleBuy[row] = 1;
    else this.#extra.staleSell[row] = 1;
  }

  #refresh(children: ChildTable, row: number, buy: boolean): void {
    const x = this.#extra;
    let alone = true;
    for (let child = (buy ? x.buys[row] : x.sells[row]) as number; child >= 0; child = children.next[child] as number) {
      this.showPrice(row, buy, children.price[child] as number, alone);
      alone = false;
      if (children.change[child] === 2) this.showPrice(row, buy, children.changePrice[child] as number, false);
    }
  }

  reserve(rows: number): void {
    this.positions.reserve(rows);
    if (rows > this.#extra.borrow.length) widen(this.#extra, rows);
  }

  save(to: SnapshotWriter): void {
    this.positions.save(to);
    to.table(this.#extra, this.positions.count);
  }

  restore(from: SnapshotReader): void {
    this.positions.restore(from);
    from.table(this.#extra);
  }
}
