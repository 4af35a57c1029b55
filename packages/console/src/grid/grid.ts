import { type CellContext, columnsAt, type GridColumn, gridWords, headerText, plainText } from './column.ts';
import { type Cursor, moveCursor, NO_CURSOR, spanOf } from './cursor.ts';
import { type PoolRow, RowPool } from './row-pool.ts';
import type { GridChange, GridSource, Sort } from './source.ts';

/** Rows drawn beyond the visible ones, on each side. */
const OVERSCAN = 8;
/** At most this many rows are copied at once. */
const COPY_MAX = 10_000;

export interface GridOptions {
  readonly columns: readonly GridColumn[];
  readonly source: GridSource;
  /** What the grid holds, for whoever hears it. */
  readonly label: string;
  readonly context: CellContext;
  readonly rowHeight: number;
  readonly sort: Sort | null;
  /** The cursor came to another object. */
  readonly onSelect: (key: string) => void;
  /** Enter or a double click: see through it. */
  readonly onOpen: (key: string) => void;
  readonly onSort: (sort: Sort | null) => void;
  /** Something to be said to whoever cannot see it: rows were copied. */
  readonly onSay: (words: string) => void;
}

/**
 * A grid of many live rows: recycled elements over a columnar source, drawn at most once a frame, by the APG grid pattern. Rows
 * stay where they are while a pointer is on them, while the keyboard is in them and while the view is scrolled; what is new waits
 * behind a chip.
 */
export class Grid {
  readonly #host: HTMLElement;
  readonly #scroller = element('div', 'grid-scroll');
  readonly #head = element('div', 'grid-head');
  readonly #canvas = element('div', 'grid-canvas');
  readonly #chip = element('button', 'grid-chip');
  #pool: RowPool;
  readonly #dirty = new Set<number>();
  readonly #resize: ResizeObserver;
  readonly #ends: (() => void)[] = [];
  #options: GridOptions;
  /** Those of the options' columns that the width has room for. */
  #columns: readonly GridColumn[];
  #all = true;
  #frame = 0;
  #cursor: Cursor = NO_CURSOR;
  #selected: string | undefined;
  #pointerIn = false;
  #focusIn = false;
  #pinned = false;
  #coming = false;
  #focused: HTMLElement | null = null;

  constructor(host: HTMLElement, options: GridOptions) {
    this.#host = host;
    this.#options = options;
    this.#columns = columnsAt(options.columns, host.clientWidth);
    this.#pool = new RowPool(this.#canvas, this.#columns);
    this.#scroller.role = 'grid';
    this.#scroller.tabIndex = -1;
    this.#head.role = 'row';
    this.#head.ariaRowIndex = '1';
    this.#canvas.role = 'rowgroup';
    const headGroup = element('div', 'grid-head-group');
    headGroup.role = 'rowgroup';
    headGroup.append(this.#head);
    this.#chip.hidden = true;
    (this.#chip as HTMLButtonElement).type = 'button';
    this.#scroller.append(headGroup, this.#canvas);
    this.#host.append(this.#scroller, this.#chip);
    this.#resize = new ResizeObserver(() => this.#fit());
    this.#resize.observe(this.#scroller);
    this.#listen();
    this.#attach();
    this.#drawHead();
    this.#drawAll();
  }

  /** Takes new options. Columns are fixed for the life of a grid: give it a new key to change them. */
  update(options: GridOptions): void {
    const moved = options.source !== this.#options.source;
    if (moved)
      this.#ends.splice(0).forEach((end) => {
        end();
      });
    this.#options = options;
    if (moved) this.#attach();
    this.#drawHead();
    this.#drawAll();
  }

  /** Puts the cursor on an object, where it is at hand: the address names one, or another panel chose it. */
  select(key: string | undefined): void {
    if (key === this.#selected) return;
    this.#selected = key;
    const row = key === undefined ? -1 : this.#options.source.rowOf(key);
    if (row >= 0) this.#cursor = { ...this.#cursor, row, anchor: row };
    this.#drawAll();
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#resize.disconnect();
    for (const end of this.#ends) end();
    this.#pool.clear();
    this.#host.replaceChildren();
  }

  /** Takes the columns that the new width has room for. */
  #fit(): void {
    const columns = columnsAt(this.#options.columns, this.#scroller.clientWidth);
    if (columns.length !== this.#columns.length) {
      this.#columns = columns;
      this.#pool.clear();
      this.#pool = new RowPool(this.#canvas, columns);
      this.#focused = null;
      this.#cursor = { ...this.#cursor, column: Math.min(this.#cursor.column, columns.length - 1) };
      this.#drawHead();
    }
    this.#drawAll();
  }

  #attach(): void {
    const { source, label } = this.#options;
    this.#scroller.ariaLabel = label;
    this.#ends.push(source.subscribe((change) => this.#onChange(change)));
    this.#pinned = false;
    this.#pinAsNeeded();
  }

  #onChange(change: GridChange): void {
    if (change === 'all') this.#all = true;
    else for (const row of change) this.#dirty.add(row);
    this.#schedule();
  }

  #drawAll(): void {
    this.#all = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #draw(): void {
    const { source, rowHeight, context } = this.#options;
    const { total } = source;
    const visible = Math.ceil(this.#scroller.clientHeight / rowHeight) + 1;
    const first = Math.max(0, Math.min(Math.floor(this.#scroller.scrollTop / rowHeight) - OVERSCAN, total - 1));
    const last = Math.min(total, first + visible + 2 * OVERSCAN);
    source.want(first, last);
    if (this.#coming && this.#cursor.row >= 0) this.#choose(this.#cursor.row);
    if (this.#all) {
      this.#canvas.style.height = `${total * rowHeight}px`;
      this.#scroller.ariaRowCount = String(total + 1);
      this.#scroller.ariaColCount = String(this.#columns.length);
      this.#follow();
      this.#pool.move(this.#shift(first));
    }
    this.#pool.grow(visible + 2 * OVERSCAN);
    for (const pooled of this.#pool.rows) if (pooled.row < first || pooled.row >= last) this.#release(pooled);
    for (let row = first; row < last; row += 1) {
      const pooled = this.#pool.at(row);
      if (this.#all || pooled.row !== row || this.#dirty.has(row)) {
        if (pooled.row !== row) this.#release(pooled);
        this.#pool.draw(pooled, row, source, context, rowHeight);
        this.#mark(pooled);
      }
    }
    this.#dirty.clear();
    this.#all = false;
    const words = gridWords[context.language];
    this.#chip.hidden = source.waiting === 0;
    if (source.waiting > 0) this.#chip.textContent = words.waiting(source.waiting);
    this.#refocus();
  }

  /** Gives a row's elements back. The focus does not stay on elements that will show another row: the grid itself holds it. */
  #release(pooled: PoolRow): void {
    if (this.#focused !== null && pooled.element.contains(this.#focused)) {
      this.#focused.tabIndex = -1;
      if (document.activeElement === this.#focused) this.#scroller.focus({ preventScroll: true });
      this.#focused = null;
    }
    this.#pool.hide(pooled);
  }

  /** How far the rows drawn have moved, judged by the first in sight; 0 where it is gone or did not move. */
  #shift(first: number): number {
    const drawn = this.#pool.rows.find(({ row, key }) => row >= first && key !== undefined);
    if (drawn === undefined) return 0;
    const now = this.#options.source.rowOf(drawn.key as string);
    return now < 0 ? 0 : now - drawn.row;
  }

  /** The chosen object keeps being chosen when rows move. */
  #follow(): void {
    if (this.#selected === undefined) return;
    const row = this.#options.source.rowOf(this.#selected);
    if (row < 0 || row === this.#cursor.row) return;
    const spans = this.#cursor.anchor !== this.#cursor.row;
    this.#cursor = { ...this.#cursor, row, anchor: spans ? this.#cursor.anchor : row };
  }

  #mark({ element: at, row }: PoolRow): void {
    const [first, last] = spanOf(this.#cursor);
    const key = this.#options.source.keyAt(row);
    const chosen = key !== undefined && key === this.#selected;
    const spanned = this.#cursor.anchor !== this.#cursor.row && row >= first && row <= last;
    at.classList.toggle('selected', chosen);
    at.classList.toggle('spanned', spanned);
    at.ariaSelected = String(chosen || spanned);
  }

  /** Roving focus: one cell of the grid is in the tab order; it gets the focus back when its row is drawn again. */
  #refocus(): void {
    const target = this.#cellAt(this.#cursor);
    if (target === null) return;
    if (this.#focused !== target) {
      if (this.#focused !== null) this.#focused.tabIndex = -1;
      target.tabIndex = 0;
      this.#focused = target;
    }
    if (document.activeElement === this.#scroller) target.focus({ preventScroll: true });
  }

  #cellAt({ row, column }: Cursor): HTMLElement | null {
    if (row < 0 || this.#options.source.total === 0) return (this.#head.children[column] as HTMLElement | undefined) ?? null;
    const pooled = this.#pool.rows.length === 0 ? undefined : this.#pool.at(row);
    return pooled?.row === row ? (pooled.cells[column]?.box ?? null) : null;
  }

  #moveTo(cursor: Cursor): void {
    this.#cursor = cursor;
    if (cursor.row >= 0) {
      this.#scrollTo(cursor.row);
      this.#choose(cursor.row);
    }
    if (this.#host.contains(document.activeElement)) this.#scroller.focus({ preventScroll: true });
    this.#drawAll();
  }

  #choose(row: number): void {
    const key = this.#options.source.keyAt(row);
    // A row that is not here yet is chosen when it comes.
    this.#coming = key === undefined;
    if (key === this.#selected) return;
    this.#selected = key;
    if (key !== undefined) this.#options.onSelect(key);
  }

  #scrollTo(row: number): void {
    const { rowHeight } = this.#options;
    const room = this.#scroller.clientHeight - this.#head.offsetHeight;
    const top = row * rowHeight;
    if (top < this.#scroller.scrollTop) this.#scroller.scrollTop = top;
    else if (top + rowHeight > this.#scroller.scrollTop + room) this.#scroller.scrollTop = top + rowHeight - room;
  }

  #pinAsNeeded(): void {
    const pin = this.#pointerIn || this.#focusIn || this.#scroller.scrollTop > 0;
    if (pin === this.#pinned) return;
    this.#pinned = pin;
    this.#options.source.pin(pin);
  }

  /** Shows what waited, from the top, and holds again. */
  #letIn(): void {
    this.#options.source.pin(false);
    this.#scroller.scrollTop = 0;
    this.#pinned = false;
    this.#pinAsNeeded();
    this.#drawAll();
  }

  #drawHead(): void {
    const { context, sort } = this.#options;
    const columns = this.#columns;
    this.#host.style.setProperty(
      '--grid-columns',
      columns.map(({ width, grow }) => (grow === true ? `minmax(${width}px, 1fr)` : `${width}px`)).join(' '),
    );
    // What a row cannot be narrower than: a growing column is cut to its share, it never widens the row.
    this.#host.style.setProperty('--grid-width', `${columns.reduce((sum, { width }) => sum + width, 0)}px`);
    const heads = columns.map((column, i) => {
      const head = (this.#head.children[i] as HTMLElement | undefined) ?? element('div', '');
      head.className = `grid-title${column.numeric === true ? ' num' : ''}${column.sortable === true ? ' sortable' : ''}`;
      head.role = 'columnheader';
      head.ariaColIndex = String(i + 1);
      if (head !== this.#focused) head.tabIndex = -1;
      head.textContent = headerText(column, context);
      const here = sort?.column === column.key;
      head.ariaSort = here ? (sort.descending ? 'descending' : 'ascending') : 'none';
      return head;
    });
    if (this.#head.childElementCount !== heads.length) this.#head.replaceChildren(...heads);
  }

  #sortBy(index: number): void {
    const { sort, onSort } = this.#options;
    const column = this.#columns[index];
    if (column?.sortable !== true) return;
    const here = sort?.column === column.key ? sort : null;
    onSort(
      here === null
        ? { column: column.key, descending: true }
        : here.descending
          ? { column: column.key, descending: false }
          : null,
    );
  }

  #listen(): void {
    const within = (event: Event) => (event.target as Element).closest<HTMLElement>('.grid-row, .grid-title');
    this.#scroller.addEventListener(
      'scroll',
      () => {
        this.#pinAsNeeded();
        this.#schedule();
      },
      { passive: true },
    );
    this.#canvas.addEventListener('pointerenter', () => this.#point(true));
    this.#canvas.addEventListener('pointerleave', () => this.#point(false));
    this.#scroller.addEventListener('focusin', () => this.#focus(true));
    this.#scroller.addEventListener('focusout', (event) =>
      this.#focus(this.#scroller.contains(event.relatedTarget as Node | null)),
    );
    this.#scroller.addEventListener('click', (event) => {
      const hit = within(event);
      if (hit === null) return;
      if (hit.className.startsWith('grid-title')) return this.#sortBy([...this.#head.children].indexOf(hit));
      const pooled = this.#pool.rows.find((each) => each.element === hit);
      if (pooled === undefined || pooled.row < 0) return;
      const column = Math.max(
        0,
        pooled.cells.findIndex((cell) => cell.box.contains(event.target as Node)),
      );
      this.#moveTo({ row: pooled.row, column, anchor: event.shiftKey ? this.#cursor.anchor : pooled.row });
    });
    this.#scroller.addEventListener('dblclick', () => this.#open());
    this.#scroller.addEventListener('keydown', (event) => this.#onKey(event));
    this.#chip.addEventListener('click', () => this.#letIn());
  }

  #point(inside: boolean): void {
    this.#pointerIn = inside;
    this.#pinAsNeeded();
  }

  #focus(inside: boolean): void {
    this.#focusIn = inside;
    this.#pinAsNeeded();
  }

  #onKey(event: KeyboardEvent): void {
    const { source, rowHeight } = this.#options;
    const page = Math.max(1, Math.floor(this.#scroller.clientHeight / rowHeight) - 2);
    const to = moveCursor(this.#cursor, event, source.total, this.#columns.length, page);
    if (to !== undefined) this.#moveTo(to);
    else if (event.key === 'Enter') this.#cursor.row < 0 ? this.#sortBy(this.#cursor.column) : this.#open();
    else if (event.key === ' ') this.#choose(this.#cursor.row);
    else if (event.key === 'c' && !event.altKey) void this.#copy();
    else if (event.key === 'Escape' && this.#cursor.anchor !== this.#cursor.row)
      this.#moveTo({ ...this.#cursor, anchor: this.#cursor.row });
    else if (event.key === 'Escape') (document.activeElement as HTMLElement | null)?.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #open(): void {
    const key = this.#options.source.keyAt(this.#cursor.row);
    if (key !== undefined) this.#options.onOpen(key);
  }

  /** The spanned rows, or the cursor's, as tab-separated values under their headers. Rows that are not here are left out. */
  async #copy(): Promise<void> {
    const { source, columns, context, onSay } = this.#options;
    const [first, last] = spanOf(this.#cursor);
    const lines = [columns.map((column) => headerText(column, context)).join('\t')];
    for (let row = Math.max(0, first); row <= Math.min(last, first + COPY_MAX - 1); row += 1) {
      if (source.keyAt(row) === undefined) continue;
      const read = (name: string) => source.cell(row, name) ?? null;
      lines.push(columns.map((column) => plainText(column, read(column.key), read, context)).join('\t'));
    }
    await navigator.clipboard.writeText(lines.join('\n'));
    onSay(gridWords[context.language].copied(lines.length - 1));
  }
}

function element<K extends keyof HTMLElementTagNameMap>(name: K, className: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  made.className = className;
  return made;
}
