import { invariant } from '@meridian/base';
import { ORDERS_LIVE_MAX } from './bounds.ts';
import { finish, HashIndex, hashSeq, lengthen, mix, nth, touch, widen } from './column.ts';
import type { RequestNumber } from './hedge-id.ts';
import { RowStore } from './row-store.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

const requestHash = (request: number): number => finish(mix(mix(0, request | 0), Math.floor(request / 0x1_0000_0000)));

/** Numbers of one child's row. */
const CHILD_ROW = 24;

/** Hot path: rows that lie whole. Child orders at the venue, by intent; and the requests (ClOrdIDs) that concern them. */
export class ChildTable {
  whole = new Float64Array(16 * CHILD_ROW);
  /** The command that made it. */
  id = nth(this.whole, 0);
  intent = nth(this.whole, 1);
  route = nth(this.whole, 2);
  listing = nth(this.whole, 3);
  side = nth(this.whole, 4);
  leg = nth(this.whole, 5);
  type = nth(this.whole, 6);
  tif = nth(this.whole, 7);
  quantity = nth(this.whole, 8);
  price = nth(this.whole, 9);
  cum = nth(this.whole, 10);
  live = nth(this.whole, 11);
  acknowledged = nth(this.whole, 12);
  /** A change in flight, as in {@link CHANGE}: 0 none, 1 cancel, 2 replace. */
  change = nth(this.whole, 13);
  changeQuantity = nth(this.whole, 21);
  changePrice = nth(this.whole, 22);
  /** Row of the trading account's position in the listing. */
  position = nth(this.whole, 14);
  working = nth(this.whole, 15);
  /** The request that names it now and the one in flight, by number; and the newest of its requests, by row. */
  request = nth(this.whole, 16);
  changeRequest = nth(this.whole, 17);
  requests = nth(this.whole, 18);
  /** Neighbours among the live children of the same position and side. −1 none. */
  next = nth(this.whole, 19);
  previous = nth(this.whole, 20);

  readonly rows = new RowStore(CHILD_ROW);
  readonly #byIntent = new HashIndex();
  readonly #byRequest = new HashIndex();
  readonly #request = { number: new Float64Array(16), before: new Int32Array(16) };
  #requestCount = 0;
  #freeRequest = -1;

  get full(): boolean {
    return this.rows.live === ORDERS_LIVE_MAX;
  }

  find(intent: number): number {
    const { cells, mask } = this.#byIntent;
    const hash = hashSeq(intent);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = cells[at * 2] as number;
      if (row < 0 || (cells[at * 2 + 1] === hash && this.intent[row] === intent)) return row;
    }
  }

  /** The child a request number concerns; −1 for one the node does not (any more) know. */
  findRequest(named: RequestNumber): number {
    const request = named.number;
    const { cells, mask } = this.#byRequest;
    const hash = requestHash(request);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const child = cells[at * 2] as number;
      if (child < 0 || (cells[at * 2 + 1] === hash && this.#names(child, named))) return child;
    }
  }

  #names(child: number, named: RequestNumber): boolean {
    const request = named.number;
    if (this.request[child] === request || this.changeRequest[child] === request) return true;
    for (let r = this.requests[child] as number; r >= 0; r = this.#request.before[r] as number)
      if (this.#request.number[r] === request) return true;
    return false;
  }

  open(intent: number): number {
    const row = this.rows.open();
    if (row === this.whole.length) lengthen(this, row * 2);
    this.intent[row] = intent;
    this.live[row] = 1;
    this.requests[row] = -1;
    this.#byIntent.insert(row, hashSeq(intent));
    return row;
  }

  /** Remembers the request whose number stands in `numbers` at the child: its first or its change in flight. */
  addRequest(child: number, numbers: Float64Array): void {
    const request = numbers[child] as number;
    let row = this.#freeRequest;
    if (row >= 0) this.#freeRequest = this.#request.before[row] as number;
    else {
      row = this.#requestCount++;
      if (row === this.#request.number.length) widen(this.#request, row * 2);
    }
    this.#request.number[row] = request;
    this.#request.before[row] = this.requests[child] as number;
    this.requests[child] = row;
    this.#byRequest.insert(child, requestHash(request));
  }

  close(row: number): void {
    invariant(this.live[row] === 1, 'a child order closes once');
    if (this.rows.surplus >= 0) this.#forgetOldest();
    this.live[row] = 0;
    this.rows.close(row);
  }

  #forgetOldest(): void {
    const row = this.rows.forget();
    this.#byIntent.remove(row, hashSeq(this.intent[row] as number));
    this.intent[row] = 0;
    for (let r = (this.requests[row] as number) | 0; r >= 0; ) {
      const before = this.#request.before[r] as number;
      this.#byRequest.remove(row, requestHash(this.#request.number[r] as number));
      this.#request.number[r] = 0;
      this.#request.before[r] = this.#freeRequest;
      this.#freeRequest = r;
      r = before;
    }
    this.requests[row] = -1;
  }

  reserve(rows: number): void {
    if (rows * CHILD_ROW > this.whole.length) lengthen(this, rows * CHILD_ROW);
    if (rows > this.#request.number.length) widen(this.#request, rows);
    touch(this);
    touch(this.#request);
    this.#byIntent.reserve(rows);
    this.#byRequest.reserve(rows);
    this.rows.reserve(rows);
  }

  save(to: SnapshotWriter): void {
    to.whole(this, this.rows.end);
    to.table(this.#request, this.#requestCount);
    to.number(this.#freeRequest);
    this.rows.save(to);
  }

  restore(from: SnapshotReader): void {
    from.whole(this);
    this.#requestCount = from.table(this.#request);
    this.#freeRequest = from.number();
    this.rows.restore(from);
    for (let row = 0; row < this.rows.end; row += CHILD_ROW) {
      if (this.intent[row] === 0) continue;
      this.#byIntent.insert(row, hashSeq(this.intent[row] as number));
      for (let r = this.requests[row] as number; r >= 0; r = this.#request.before[r] as number)
        this.#byRequest.insert(row, requestHash(this.#request.number[r] as number));
    }
  }
}
