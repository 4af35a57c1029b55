import { invariant } from '@meridian/base';
import { ORDERS_LIVE_MAX } from './bounds.ts';
import { finish, HashIndex, hashSeq, mix, widen } from './column.ts';
import { RowStore } from './row-store.ts';
import type { SnapshotReader, SnapshotWriter } from './snapshot.ts';

const requestHash = (request: number): number => finish(mix(mix(0, request | 0), Math.floor(request / 0x1_0000_0000)));

/** Hot path: struct of arrays. Child orders at the venue, by intent; and the requests (ClOrdIDs) that concern them. */
export class ChildTable {
  /** The command that made it. */
  id = new Float64Array(16);
  intent = new Float64Array(16);
  route = new Uint32Array(16);
  listing = new Uint32Array(16);
  side = new Uint8Array(16);
  leg = new Uint8Array(16);
  type = new Uint8Array(16);
  tif = new Uint8Array(16);
  quantity = new Float64Array(16);
  price = new Float64Array(16);
  cum = new Float64Array(16);
  live = new Uint8Array(16);
  acknowledged = new Uint8Array(16);
  /** A change in flight, as in {@link CHANGE}: 0 none, 1 cancel, 2 replace. */
  change = new Uint8Array(16);
  changeQuantity = new Float64Array(16);
  changePrice = new Float64Array(16);
  /** Row of the trading account's position in the listing. */
  position = new Int32Array(16);
  working = new Float64Array(16);
  /** The request that names it now and the one in flight, by number; and the newest of its requests, by row. */
  request = new Float64Array(16);
  changeRequest = new Float64Array(16);
  requests = new Int32Array(16);
  /** Neighbours among the live children of the same position and side. −1 none. */
  next = new Int32Array(16);
  previous = new Int32Array(16);

  readonly rows = new RowStore();
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
  findRequest(request: number): number {
    const { cells, mask } = this.#byRequest;
    const hash = requestHash(request);
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const child = cells[at * 2] as number;
      if (child < 0 || (cells[at * 2 + 1] === hash && this.#names(child, request))) return child;
    }
  }

  #names(child: number, request: number): boolean {
    if (this.request[child] === request || this.changeRequest[child] === request) return true;
    for (let r = this.requests[child] as number; r >= 0; r = this.#request.before[r] as number)
      if (this.#request.number[r] === request) return true;
    return false;
  }

  open(intent: number): number {
    const row = this.rows.open();
    if (row === this.id.length) widen(this, row * 2);
    this.intent[row] = intent;
    this.live[row] = 1;
    this.requests[row] = -1;
    this.#byIntent.insert(row, hashSeq(intent));
    return row;
  }

  addRequest(child: number, request: number): void {
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
    for (let r = this.requests[row] as number; r >= 0; ) {
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
    if (rows > this.id.length) widen(this, rows);
    if (rows > this.#request.number.length) widen(this.#request, rows);
    this.#byIntent.reserve(rows);
    this.#byRequest.reserve(rows);
    this.rows.reserve(rows);
  }

  save(to: SnapshotWriter): void {
    to.table(this, this.rows.count);
    to.table(this.#request, this.#requestCount);
    to.number(this.#freeRequest);
    this.rows.save(to);
  }

  restore(from: SnapshotReader): void {
    from.table(this);
    this.#requestCount = from.table(this.#request);
    this.#freeRequest = from.number();
    this.rows.restore(from);
    for (let row = 0; row < this.rows.count; row++) {
      if (this.intent[row] === 0) continue;
      this.#byIntent.insert(row, hashSeq(this.intent[row] as number));
      for (let r = this.requests[row] as number; r >= 0; r = this.#request.before[r] as number)
        this.#byRequest.insert(row, requestHash(this.#request.number[r] as number));
    }
  }
}
