import type { CellContext, GridColumn, ReadCell } from './column.ts';
import type { Cell, GridSource } from './source.ts';

/** How long a changed value is marked. Not animated: put on, taken off. */
const FLASH_MS = 120;

interface CellNodes {
  readonly box: HTMLElement;
  readonly text: Text;
  readonly after: Text | null;
  readonly bar: HTMLElement | null;
  value: Cell | undefined;
  shown: string;
  shownAfter: string;
  tone: string;
  fill: number | null;
}

/** A recycled row: its place in the view changes, its elements do not. */
export interface PoolRow {
  readonly element: HTMLElement;
  readonly cells: readonly CellNodes[];
  /** The view's row now drawn here; −1: none. */
  row: number;
  /** What the row shows; undefined where it had not come yet. */
  key: string | undefined;
}

/**
 * The elements of a grid's visible rows, made once and used again. Drawing compares with what stands there and writes text nodes
 * only where something differs: this is the hot path of the console, and no framework is in it.
 */
export class RowPool {
  readonly rows: PoolRow[] = [];
  readonly #host: HTMLElement;
  readonly #columns: readonly GridColumn[];
  readonly #flashed = new Set<HTMLElement>();
  #flashTimer: ReturnType<typeof setTimeout> | undefined;
  /** How far the view's rows have moved under the elements that show them. */
  #moved = 0;

  constructor(host: HTMLElement, columns: readonly GridColumn[]) {
    this.#host = host;
    this.#columns = columns;
  }

  /** Makes at least `count` rows. Never fewer than before: a window made smaller may be made larger again. */
  grow(count: number): void {
    while (this.rows.length < count) this.rows.push(this.#make());
  }

  /** The pool's row for a row of the view. Neighbours in the view are neighbours here, so a scroll by one redraws one. */
  at(row: number): PoolRow {
    const { length } = this.rows;
    return this.rows[(((row - this.#moved) % length) + length) % length] as PoolRow;
  }

  /** The view's rows moved down by so many: their elements go along, so that a new row on top is one row to draw, not all. */
  move(by: number): void {
    this.#moved += by;
  }

  clear(): void {
    clearTimeout(this.#flashTimer);
    for (const { element } of this.rows) element.remove();
    this.rows.length = 0;
  }

  /** Draws a row of the view into its elements. `fresh`: other row than before, nothing flashes. */
  draw(pooled: PoolRow, row: number, source: GridSource, context: CellContext, height: number): void {
    const fresh = pooled.row !== row;
    if (fresh) {
      pooled.row = row;
      pooled.element.hidden = false;
      pooled.element.style.transform = `translateY(${row * height}px)`;
      pooled.element.ariaRowIndex = String(row + 2);
    }
    pooled.key = source.keyAt(row);
    pooled.element.classList.toggle('absent', pooled.key === undefined);
    const read: ReadCell = (column) => source.cell(row, column) ?? null;
    for (let i = 0; i < this.#columns.length; i += 1) {
      const column = this.#columns[i] as GridColumn;
      const cell = pooled.cells[i] as CellNodes;
      const value = source.cell(row, column.key);
      if (value === undefined) blank(cell);
      else this.#write(cell, column, value, read, context, fresh);
    }
  }

  /** Takes a row out of sight, when the view is shorter than the window. */
  hide(pooled: PoolRow): void {
    if (pooled.row < 0) return;
    pooled.row = -1;
    pooled.element.hidden = true;
  }

  #write(cell: CellNodes, column: GridColumn, value: Cell, read: ReadCell, context: CellContext, fresh: boolean): void {
    const shown = column.format(value, read, context);
    if (cell.shown !== shown) {
      cell.text.data = shown;
      cell.shown = shown;
      if (column.cut === true) cell.box.title = shown;
      if (!fresh && column.flash === true) this.#flash(cell.box);
    }
    if (cell.after !== null) {
      const after = column.after?.(value, read, context) ?? '';
      if (cell.shownAfter !== after) {
        cell.after.data = after;
        cell.shownAfter = after;
      }
    }
    const tone = column.tone?.(value, read) ?? '';
    if (cell.tone !== tone) {
      if (cell.tone !== '') cell.box.classList.remove(cell.tone);
      if (tone !== '') cell.box.classList.add(tone);
      cell.tone = tone;
    }
    if (cell.bar !== null) {
      const fill = column.bar?.(value, read) ?? null;
      if (cell.fill !== fill) {
        cell.bar.hidden = fill === null;
        cell.bar.style.setProperty('--fill', String(Math.min(1, Math.max(0, fill ?? 0))));
        cell.fill = fill;
      }
    }
    cell.value = value;
  }

  #flash(box: HTMLElement): void {
    box.classList.add('flash');
    this.#flashed.add(box);
    this.#flashTimer ??= setTimeout(() => {
      this.#flashTimer = undefined;
      for (const each of this.#flashed) each.classList.remove('flash');
      this.#flashed.clear();
    }, FLASH_MS);
  }

  #make(): PoolRow {
    const element = document.createElement('div');
    element.className = 'grid-row';
    element.role = 'row';
    element.hidden = true;
    const cells = this.#columns.map((column, i) => makeCell(column, i));
    element.append(...cells.map((cell) => cell.box));
    this.#host.append(element);
    return { element, cells, row: -1, key: undefined };
  }
}

function makeCell(column: GridColumn, index: number): CellNodes {
  const box = document.createElement('div');
  box.className = column.numeric === true ? 'grid-cell num' : 'grid-cell';
  box.role = 'gridcell';
  box.ariaColIndex = String(index + 1);
  box.tabIndex = -1;
  const bar = column.bar === undefined ? null : document.createElement('i');
  if (bar !== null) {
    bar.hidden = true;
    bar.ariaHidden = 'true';
    box.append(bar);
  }
  const text = document.createTextNode('');
  box.append(text);
  let after: Text | null = null;
  if (column.after !== undefined) {
    const dim = document.createElement('span');
    dim.className = 'dim';
    after = document.createTextNode('');
    dim.append(after);
    box.append(dim);
  }
  return { box, text, after, bar, value: undefined, shown: '', shownAfter: '', tone: '', fill: null };
}

function blank(cell: CellNodes): void {
  if (cell.shown !== '') {
    cell.text.data = '';
    cell.shown = '';
    cell.box.removeAttribute('title');
  }
  if (cell.after !== null && cell.shownAfter !== '') {
    cell.after.data = '';
    cell.shownAfter = '';
  }
  if (cell.bar !== null) cell.bar.hidden = true;
  cell.fill = null;
}
