import { widen } from '../engine/column.ts';

/** Hot path: struct of arrays. One row an order, in the order of arrival; enumerations as their FIX codes. */
export class OrderColumns {
  /** Index into the board's markets. */
  market = new Uint16Array(1_024);
  order = new Float64Array(1_024);
  /** Business time of the command that made the order, UTC microseconds. */
  at = new Float64Array(1_024);
  session = new Uint32Array(1_024);
  account = new Uint32Array(1_024);
  listing = new Uint32Array(1_024);
  side = new Uint8Array(1_024);
  effect = new Uint8Array(1_024);
  type = new Uint8Array(1_024);
  tif = new Uint8Array(1_024);
  quantity = new Float64Array(1_024);
  price = new Float64Array(1_024);
  /** FIX 39. */
  status = new Uint8Array(1_024);
  cum = new Float64Array(1_024);
  /** Exact Σ quantity × price of the fills. */
  value = new Float64Array(1_024);
  leaves = new Float64Array(1_024);
  /** Σ of what the order's children are filled. */
  hedged = new Float64Array(1_024);
  rejection = new Uint16Array(1_024);
  cell = new Uint32Array(1_024);
  limit = new Float64Array(1_024);
  used = new Float64Array(1_024);
  requested = new Float64Array(1_024);
  wouldPass = new Float64Array(1_024);
  /** Business time of the first report that showed it working, of its first fill and of its newest event; 0 not yet. */
  workingAt = new Float64Array(1_024);
  filledAt = new Float64Array(1_024);
  lastAt = new Float64Array(1_024);
  lastSeq = new Float64Array(1_024);
  /** First and newest step of its life, and how many; −1 none. */
  firstStep = new Int32Array(1_024);
  lastStep = new Int32Array(1_024);
  steps = new Uint32Array(1_024);
  /** Everything that has no number. */
  readonly clOrdId: string[] = [];
  count = 0;

  /** A row of zeros. */
  add(): number {
    const row = this.count++;
    if (row === this.order.length) widen(this, row * 2);
    this.firstStep[row] = -1;
    this.lastStep[row] = -1;
    this.clOrdId[row] = '';
    return row;
  }

  /** Moves a row downwards over one that is not needed any more. */
  move(from: number, to: number): void {
    for (const column of Object.values(this) as unknown[]) {
      if (ArrayBuffer.isView(column)) (column as Float64Array)[to] = (column as Float64Array)[from] as number;
    }
    this.clOrdId[to] = this.clOrdId[from] as string;
  }

  /** Keeps the first `count` rows. */
  cut(count: number): void {
    for (const column of Object.values(this) as unknown[])
      if (ArrayBuffer.isView(column)) (column as Float64Array).fill(0, count, this.count);
    this.clOrdId.length = count;
    this.count = count;
  }
}

/** Hot path: struct of arrays. What happened to the orders, each order's steps a chain in the order they happened. */
export class StepColumns {
  kind = new Uint8Array(4_096);
  /** FIX 39 that the client sees behind it; 0 where the event shows none. */
  status = new Uint8Array(4_096);
  rejection = new Uint16Array(4_096);
  k = new Uint32Array(4_096);
  next = new Int32Array(4_096);
  seq = new Float64Array(4_096);
  at = new Float64Array(4_096);
  quantity = new Float64Array(4_096);
  price = new Float64Array(4_096);
  hedgeSeq = new Float64Array(4_096);
  count = 0;

  add(): number {
    const step = this.count++;
    if (step === this.seq.length) widen(this, step * 2);
    this.next[step] = -1;
    this.hedgeSeq[step] = 0;
    return step;
  }
}
