import type { Cell, Condition, GridChange, GridSource, Sort } from './source.ts';

/** How often, at most, changed values of the sorted or filtered columns put rows into new places. */
const ORDER_EVERY_MS = 250;

/** What the store needs of the world. */
export interface StoreWorld {
  readonly later: (run: () => void, ms: number) => void;
}

const browser: StoreWorld = { later: (run, ms) => void setTimeout(run, ms) };

/**
 * Rows in memory, by column: a list that was answered whole, or one that is patched. Tens of thousands of rows; sorting and
 * filtering never touch values, only the order of row numbers.
 */
export class ColumnStore implements GridSource {
  readonly #names: readonly string[];
  readonly #columns: Map<string, Cell[]>;
  readonly #world: StoreWorld;
  readonly #keys: string[] = [];
  readonly #slots = new Map<string, number>();
  readonly #listeners = new Set<(change: GridChange) => void>();
  #order: number[] = [];
  #places: Int32Array = new Int32Array(0);
  #sort: Sort | null = null;
  #conditions: readonly Condition[] = [];
  #pinned = false;
  #stale = false;
  #scheduled = false;

  constructor(names: readonly string[], world: StoreWorld = browser) {
    this.#names = names;
    this.#world = world;
    this.#columns = new Map(names.map((name) => [name, []]));
  }

  get total(): number {
    return this.#order.length;
  }

  get waiting(): number {
    return this.#pinned ? this.#keys.length - this.#places.length : 0;
  }

  keyAt(row: number): string | undefined {
    const slot = this.#order[row];
    return slot === undefined ? undefined : this.#keys[slot];
  }

  cell(row: number, column: string): Cell | undefined {
    const slot = this.#order[row];
    return slot === undefined ? undefined : this.#columns.get(column)?.[slot];
  }

  rowOf(key: string): number {
    const slot = this.#slots.get(key);
    return slot === undefined || slot >= this.#places.length ? -1 : (this.#places[slot] as number);
  }

  want(): void {}

  sort(sort: Sort | null): void {
    this.#sort = sort;
    this.#reorder();
  }

  filter(conditions: readonly Condition[]): void {
    this.#conditions = conditions;
    this.#reorder();
  }

  pin(pinned: boolean): void {
    this.#pinned = pinned;
    if (!pinned && this.#stale) this.#reorder();
  }

  subscribe(listener: (change: GridChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Replaces everything. */
  replace(rows: readonly (readonly [key: string, values: Readonly<Record<string, Cell>>])[]): void {
    this.#keys.length = 0;
    this.#slots.clear();
    for (const column of this.#columns.values()) column.length = 0;
    for (const [key, values] of rows) this.#write(key, values);
    this.#reorder();
  }

  /** Adds or patches rows; absent columns keep their values. */
  patch(rows: readonly (readonly [key: string, values: Readonly<Record<string, Cell>>])[]): void {
    const changed: number[] = [];
    let moves = false;
    for (const [key, values] of rows) {
      const known = this.#slots.has(key);
      moves ||= !known || this.#decides(values);
      const slot = this.#write(key, values);
      const place = known && slot < this.#places.length ? (this.#places[slot] as number) : -1;
      if (place >= 0) changed.push(place);
    }
    if (moves) this.#reorderLater();
    if (changed.length > 0) this.#tell(changed);
    else if (this.#pinned && moves) this.#tell([]);
  }

  #decides(values: Readonly<Record<string, Cell>>): boolean {
    return (this.#sort !== null && this.#sort.column in values) || this.#conditions.some(({ column }) => column in values);
  }

  #write(key: string, values: Readonly<Record<string, Cell>>): number {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = this.#keys.length;
      this.#slots.set(key, slot);
      this.#keys.push(key);
      for (const name of this.#names) this.#columns.get(name)?.push(values[name] ?? null);
      return slot;
    }
    for (const name of Object.keys(values)) {
      const column = this.#columns.get(name);
      if (column !== undefined) column[slot] = values[name] as Cell;
    }
    return slot;
  }

  #reorderLater(): void {
    this.#stale = true;
    if (this.#scheduled || this.#pinned) return;
    this.#scheduled = true;
    this.#world.later(() => {
      this.#scheduled = false;
      if (this.#stale && !this.#pinned) this.#reorder();
    }, ORDER_EVERY_MS);
  }

  #reorder(): void {
    this.#stale = false;
    const order: number[] = [];
    for (let slot = 0; slot < this.#keys.length; slot += 1) if (this.#holds(slot)) order.push(slot);
    const sort = this.#sort;
    const column = sort === null ? undefined : this.#columns.get(sort.column);
    if (sort !== null && column !== undefined) {
      const sign = sort.descending ? -1 : 1;
      order.sort((a, b) => compareCells(column[a] as Cell, column[b] as Cell, sign) || a - b);
    }
    this.#order = order;
    this.#places = new Int32Array(this.#keys.length).fill(-1);
    order.forEach((slot, place) => {
      this.#places[slot] = place;
    });
    this.#tell('all');
  }

  #holds(slot: number): boolean {
    return this.#conditions.every(({ column, value }) => {
      const cell = this.#columns.get(column)?.[slot];
      if (typeof cell === 'string') return cell.toLowerCase().includes(value.toLowerCase());
      return cell !== undefined && String(cell) === value;
    });
  }

  #tell(change: GridChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

const DECIMAL = /^-?\d+(\.\d+)?$/;

/** Numbers and decimal texts by value, other texts by code unit (the same on every machine); what has no value stands last either way. */
export function compareCells(a: Cell, b: Cell, sign: 1 | -1): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === 'string' && typeof b === 'string' && !(DECIMAL.test(a) && DECIMAL.test(b)))
    return sign * (a < b ? -1 : a > b ? 1 : 0);
  const x = Number(a);
  const y = Number(b);
  return sign * (x < y ? -1 : x > y ? 1 : 0);
}
