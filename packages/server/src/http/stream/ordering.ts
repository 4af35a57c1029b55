import type { Principal } from '@meridian/security';
import type { LiveView, Scalar } from './live-view.ts';

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}
export interface Match {
  readonly column: string;
  readonly value: string;
}

interface Entry {
  readonly key: string;
  /** Place among equals: rows that came earlier stand earlier. */
  readonly born: number;
  by: Scalar;
}

/**
 * The keys of a view that somebody may see and asked for, in the order they asked for. Changes gather in `touch` and take
 * effect in `settle`: what moved is taken out in one pass and merged back in another, so a thousand changes cost what one does.
 */
export class Ordering {
  readonly #view: LiveView;
  readonly #principal: Principal;
  readonly #sort: Sort | undefined;
  readonly #matches: readonly Match[];
  readonly #entries = new Map<string, Entry>();
  readonly #touched = new Set<string>();
  #ordered: Entry[] = [];
  #born = 0;

  constructor(view: LiveView, principal: Principal, sort?: Sort, matches: readonly Match[] = []) {
    this.#view = view;
    this.#principal = principal;
    this.#sort = sort;
    this.#matches = matches;
    for (const key of view.keys()) this.#touched.add(key);
    this.settle();
  }

  get length(): number {
    return this.#ordered.length;
  }

  keys(from: number, to: number): string[] {
    return this.#ordered.slice(from, to).map(({ key }) => key);
  }

  touch(keys: readonly string[]): void {
    for (const key of keys) this.#touched.add(key);
  }

  /** Puts what was touched in its place. @returns whether any key moved, came or went. */
  settle(): boolean {
    const leaving = new Set<Entry>();
    const coming: Entry[] = [];
    for (const key of this.#touched) {
      const known = this.#entries.get(key);
      const isIn = this.#belongs(key);
      const by = isIn ? this.#by(key) : null;
      if (known === undefined && isIn) coming.push(this.#enter(key, by));
      else if (known !== undefined && !isIn) {
        leaving.add(known);
        this.#entries.delete(key);
      } else if (known !== undefined && known.by !== by) {
        leaving.add(known);
        const moved = { key, born: known.born, by };
        this.#entries.set(key, moved);
        coming.push(moved);
      }
    }
    this.#touched.clear();
    if (leaving.size === 0 && coming.length === 0) return false;
    if (leaving.size > 0) this.#ordered = this.#ordered.filter((entry) => !leaving.has(entry));
    if (coming.length > 0) this.#merge(coming.sort(this.#compare));
    return true;
  }

  #enter(key: string, by: Scalar): Entry {
    const entry = { key, born: this.#born++, by };
    this.#entries.set(key, entry);
    return entry;
  }

  #belongs(key: string): boolean {
    if (!this.#view.has(key) || !this.#view.isVisible(key, this.#principal)) return false;
    for (const { column, value } of this.#matches) {
      const own = this.#view.value(key, column);
      if (own === null || !String(own).toLowerCase().includes(value.toLowerCase())) return false;
    }
    return true;
  }

  #by(key: string): Scalar {
    return this.#sort === undefined ? null : comparable(this.#view.value(key, this.#sort.column));
  }

  readonly #compare = (a: Entry, b: Entry): number => {
    const down = this.#sort?.descending === true ? -1 : 1;
    return down * (compareScalars(a.by, b.by) || a.born - b.born);
  };

  #merge(coming: readonly Entry[]): void {
    const last = this.#ordered.at(-1);
    const first = this.#ordered[0];
    // New rows at either end are the usual case.
    if (last === undefined || this.#compare(last, coming[0] as Entry) < 0) this.#ordered = this.#ordered.concat(coming);
    else if (this.#compare(coming.at(-1) as Entry, first as Entry) < 0) this.#ordered = coming.concat(this.#ordered);
    else this.#ordered = mergeSorted(this.#ordered, coming, this.#compare);
  }
}

/** Decimal text compares as the number it is. */
function comparable(value: Scalar): Scalar {
  return typeof value === 'string' && /^-?\d{1,15}(\.\d+)?$/.test(value) ? Number(value) : value;
}

/** Absent values stand last; numbers before text. */
function compareScalars(a: Scalar, b: Scalar): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'number') return -1;
  if (typeof b === 'number') return 1;
  return a < b ? -1 : 1;
}

function mergeSorted<T>(one: readonly T[], other: readonly T[], compare: (a: T, b: T) => number): T[] {
  const merged: T[] = new Array(one.length + other.length);
  for (let i = 0, j = 0, n = 0; n < merged.length; n++) {
    const takesOne = j >= other.length || (i < one.length && compare(one[i] as T, other[j] as T) <= 0);
    merged[n] = (takesOne ? one[i++] : other[j++]) as T;
  }
  return merged;
}
