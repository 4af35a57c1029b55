import type { ServerMessage } from '@meridian/api';
import type { Principal } from '@meridian/security';
import type { LiveView, Scalar } from './live-view.ts';
import { type Match, Ordering, type Sort } from './ordering.ts';

/** Rows of one viewport at most. */
export const RANGE_MAX = 500;
/** Messages on their way that the reader has not drawn yet; beyond it, changes gather here instead. */
const UNDRAWN_MAX = 4;

export interface ViewportRequest {
  readonly id: number;
  readonly v: number;
  readonly range: readonly [number, number];
  readonly sort?: Sort;
  readonly filter?: readonly Match[];
  readonly columns: readonly string[];
}

type Message = Extract<ServerMessage, { op: 'snap' | 'upd' }>;

/**
 * One subscription: a window on an ordered view. What changed between two flushes goes out once, with its latest values; a
 * window whose rows moved is told anew, which a bounded window makes cheap.
 */
export class Viewport {
  readonly id: number;
  readonly view: LiveView;
  /** As whoever subscribed was then. */
  readonly reader: Principal;
  readonly #columns: readonly string[];
  readonly #ordering: Ordering;
  readonly #changed = new Set<string>();
  readonly #stop: () => void;
  #v: number;
  #range: readonly [number, number];
  #shown: readonly string[] | undefined;
  #sent = 0;
  #drawn = 0;
  #total = -1;
  /** Changes that came, and rows that were told: the ratio is the conflation. */
  changes = 0;
  told = 0;

  constructor(view: LiveView, principal: Principal, request: ViewportRequest) {
    this.id = request.id;
    this.view = view;
    this.reader = principal;
    this.#v = request.v;
    this.#range = bounded(request.range);
    this.#columns = request.columns;
    this.#ordering = new Ordering(view, principal, request.sort, request.filter);
    this.#stop = view.onChange((keys) => {
      this.changes += keys.length;
      this.#ordering.touch(keys);
      for (const key of keys) this.#changed.add(key);
    });
  }

  move(v: number, range: readonly [number, number]): void {
    if (v <= this.#v) return;
    this.#v = v;
    this.#range = bounded(range);
    this.#shown = undefined;
  }

  acknowledge(n: number): void {
    this.#drawn = Math.max(this.#drawn, Math.min(n, this.#sent));
  }

  close(): void {
    this.#stop();
  }

  /** What the reader must be told now; undefined when nothing is new or it has enough to draw. */
  flush(at: string): Message | undefined {
    if (this.#shown !== undefined && this.#changed.size === 0) return undefined;
    if (this.#sent - this.#drawn >= UNDRAWN_MAX) return undefined;
    this.#ordering.settle();
    const keys = this.#ordering.keys(...this.#range);
    const isSame = this.#shown !== undefined && sameKeys(this.#shown, keys);
    const rows = isSame ? this.#changedRows(keys) : undefined;
    const isQuiet = rows?.length === 0 && this.#total === this.#ordering.length;
    this.#changed.clear();
    if (isQuiet) return undefined;
    this.#shown = keys;
    this.#total = this.#ordering.length;
    this.#sent++;
    const head = { id: this.id, v: this.#v, n: this.#sent, seq: this.view.seq, at, total: this.#total };
    if (rows === undefined) {
      this.told += keys.length;
      return { op: 'snap', ...head, from: this.#range[0], keys, cols: this.#values(keys) };
    }
    this.told += rows.length;
    return { op: 'upd', ...head, rows, cols: this.#values(rows.map((row) => keys[row] as string)) };
  }

  #changedRows(keys: readonly string[]): number[] {
    const rows: number[] = [];
    for (let row = 0; row < keys.length; row++) if (this.#changed.has(keys[row] as string)) rows.push(row);
    return rows;
  }

  #values(keys: readonly string[]): Record<string, Scalar[]> {
    const columns: Record<string, Scalar[]> = {};
    for (const column of this.#columns) columns[column] = keys.map((key) => this.view.value(key, column));
    return columns;
  }
}

const bounded = ([from, to]: readonly [number, number]): readonly [number, number] => [
  from,
  Math.max(from, Math.min(to, from + RANGE_MAX)),
];

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
