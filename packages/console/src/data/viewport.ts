import type { Cell, Condition, GridChange, GridSource, Sort } from '../grid/source.ts';
import type { ProblemDocument } from './problem.ts';
import { RANGE_MAX, type Snapshot, type Update, type ViewportAsk } from './protocol.ts';
import type { Stream, Subscription } from './stream.ts';
import { applyUpdate, EMPTY_WINDOW, pinned, sameKeys, type Window, windowOf } from './window.ts';

/** Rows asked for beyond those looked at, on each side: a flick of the wheel finds them there. */
const AHEAD = 60;
const FIRST_ROWS = 120;

/**
 * A panel's window on a view of the stream, as a grid's source. The house sorts and filters; here are only the rows around those
 * looked at. While pinned, rows keep their places: values go on changing, a new order waits.
 */
export class Viewport implements GridSource {
  readonly #stream: Stream;
  readonly #listeners = new Set<(change: GridChange) => void>();
  #ask: ViewportAsk;
  #subscription: Subscription | null = null;
  #live: Window = EMPTY_WINDOW;
  #shown: Window = EMPTY_WINDOW;
  /** Whether the next snapshot answers something that was asked here: such a one is shown at once, pinned or not. */
  #asked = true;
  #pinned = false;
  #seq = 0;
  #at: string | null = null;
  #problem: ProblemDocument | null = null;

  constructor(
    stream: Stream,
    view: string,
    columns: readonly string[],
    sort: Sort | null = null,
    filter: readonly Condition[] = [],
  ) {
    this.#stream = stream;
    this.#ask = { view, columns, range: [0, FIRST_ROWS], filter, ...(sort === null ? {} : { sort }) };
  }

  get total(): number {
    return this.#shown.total;
  }

  get waiting(): number {
    return Math.max(0, this.#live.total - this.#shown.total);
  }

  /** The sequence that the shown rows belong to. */
  get seq(): number {
    return this.#seq;
  }

  /** The house's instant of the last message, RFC 3339; null before the first. */
  get at(): string | null {
    return this.#at;
  }

  /** Until when what is shown holds, in milliseconds of the page's monotonic clock; null where the stream vouches for nothing. */
  get vouchedAt(): number | null {
    return this.#subscription?.vouchedAt ?? null;
  }

  /** Why there is nothing to show, where the house refused. */
  get problem(): ProblemDocument | null {
    return this.#problem;
  }

  /** First row here and the row past the last. */
  get held(): readonly [number, number] {
    return [this.#shown.from, this.#shown.from + this.#shown.keys.length];
  }

  keyAt(row: number): string | undefined {
    return this.#shown.keys[row - this.#shown.from];
  }

  cell(row: number, column: string): Cell | undefined {
    return this.#shown.columns.get(column)?.[row - this.#shown.from];
  }

  rowOf(key: string): number {
    const i = this.#shown.keys.indexOf(key);
    return i < 0 ? -1 : this.#shown.from + i;
  }

  start(): void {
    this.#asked = true;
    this.#subscription = this.#stream.subscribe(this.#ask, {
      onSnapshot: (message) => this.#onSnapshot(message),
      onUpdate: (message) => this.#onUpdate(message),
      onProblem: (problem) => {
        this.#problem = problem;
        this.#tell('all');
      },
    });
  }

  stop(): void {
    this.#subscription?.end();
    this.#subscription = null;
  }

  want(from: number, to: number): void {
    const [first, past] = this.#ask.range;
    const last = Math.min(to, Math.max(this.total, to - from));
    if (from >= first && last <= past) return;
    const start = Math.max(0, from - AHEAD);
    const range: readonly [number, number] = [start, Math.min(start + RANGE_MAX, to + AHEAD)];
    this.#ask = { ...this.#ask, range };
    this.#asked = true;
    this.#subscription?.move(range);
  }

  sort(sort: Sort | null): void {
    const { sort: _, ...rest } = this.#ask;
    this.#again(sort === null ? rest : { ...rest, sort });
  }

  filter(conditions: readonly Condition[]): void {
    this.#again({ ...this.#ask, filter: conditions, range: [0, FIRST_ROWS] });
  }

  /** Sorts otherwise, unless it already is sorted so: for callers that say it again with each render. */
  sortIfChanged(sort: Sort | null): void {
    if (JSON.stringify(sort) !== JSON.stringify(this.#ask.sort ?? null)) this.sort(sort);
  }

  filterIfChanged(conditions: readonly Condition[]): void {
    if (JSON.stringify(conditions) !== JSON.stringify(this.#ask.filter ?? [])) this.filter(conditions);
  }

  pin(pin: boolean): void {
    this.#pinned = pin;
    if (pin || this.#shown === this.#live) return;
    this.#shown = this.#live;
    this.#tell('all');
  }

  subscribe(listener: (change: GridChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #again(ask: ViewportAsk): void {
    this.#ask = ask;
    this.#asked = true;
    this.#problem = null;
    this.#subscription?.ask(ask);
  }

  #onSnapshot(message: Snapshot): void {
    this.#live = windowOf(message);
    this.#stamp(message);
    const stay = this.#pinned && !this.#asked && !sameKeys(this.#live.keys, this.#shown.keys);
    this.#asked = false;
    if (stay) this.#showValuesOnly();
    else this.#showLive('all');
  }

  #onUpdate(message: Update): void {
    const apart = this.#shown !== this.#live;
    const grew = message.total !== this.#live.total;
    const changed = applyUpdate(this.#live, message);
    if (grew) this.#live = { ...this.#live, total: message.total };
    this.#stamp(message);
    if (apart) this.#showValuesOnly();
    else if (grew && this.#pinned) this.#tell(changed);
    else this.#showLive(grew ? 'all' : changed);
  }

  #showLive(change: GridChange): void {
    this.#shown = this.#live;
    this.#tell(change);
  }

  #showValuesOnly(): void {
    const { window, changed } = pinned(this.#shown, this.#live);
    this.#shown = window;
    this.#tell(changed);
  }

  #stamp({ seq, at }: { readonly seq: number; readonly at: string }): void {
    this.#seq = seq;
    this.#at = at;
    this.#problem = null;
  }

  #tell(change: GridChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}
