import type { Bilingual, Language } from '../i18n/text.ts';
import type { Preferences } from '../preferences.ts';
import type { Cell } from './source.ts';

/** Reads other cells of the row that is being drawn: a price needs its currency. Undefined becomes null. */
export type ReadCell = (column: string) => Cell;

/** What a formatter may depend on besides values. A change of any of it draws every row anew. */
export interface CellContext extends Pick<Preferences, 'language' | 'scale' | 'zone'> {
  /** The business clock's date in Beijing, `2026-11-24`: a time of another day carries its own. */
  readonly today: string;
}

/** Names of classes that give a cell its tone. */
export type Tone = '' | 'up' | 'down' | 'dim' | 'mild' | 'warn' | 'bad' | 'accent' | 'strong';

/** A column of a grid. Cells are text; what a value means is said by words, colour only repeats it. */
export interface GridColumn {
  /** The view's column whose value is shown, and by which it is sorted. */
  readonly key: string;
  readonly title: Bilingual;
  /** Stands in the header, never in the cells. */
  readonly unit?: (context: CellContext) => string;
  /** CSS pixels. Fixed: nothing is ever sized by data. */
  readonly width: number;
  /** Shares what width is left. */
  readonly grow?: true;
  /** Shown only where the grid is at least so many CSS pixels wide: a narrow one gives up its least needed columns, not the ends of figures. */
  readonly from?: number;
  /** A text that may be longer than its column: what is cut is the cell's title. */
  readonly cut?: true;
  readonly numeric?: true;
  readonly sortable?: true;
  /** Marks a changed value for 120 ms. */
  readonly flash?: true;
  readonly format: (value: Cell, read: ReadCell, context: CellContext) => string;
  /** Dimmed, after the text: a currency, a short name. */
  readonly after?: (value: Cell, read: ReadCell, context: CellContext) => string;
  readonly tone?: (value: Cell, read: ReadCell) => Tone;
  /** A thin bar before the text: 0 to 1. Null: none. */
  readonly bar?: (value: Cell, read: ReadCell) => number | null;
}

/** The columns that a grid of so many CSS pixels shows; all of them where it has no width yet. */
export function columnsAt(columns: readonly GridColumn[], width: number): readonly GridColumn[] {
  return width === 0 ? columns : columns.filter(({ from = 0 }) => width >= from);
}

/** The header of a column, as copied and as read out: `数量 股`. */
export function headerText(column: GridColumn, context: CellContext): string {
  const unit = column.unit?.(context) ?? '';
  return unit === '' ? column.title[context.language] : `${column.title[context.language]} ${unit}`;
}

/** One row as somebody pastes it into a sheet: formatted, but without thousands separators, and with a hyphen for minus. */
export function plainText(column: GridColumn, value: Cell, read: ReadCell, context: CellContext): string {
  const shown = column.format(value, read, context).replace(/[\t\r\n]+/g, ' ');
  const plain = column.numeric === true ? shown.replace(/,/g, '').replace(/\u2212/g, '-') : shown;
  const after = column.after?.(value, read, context) ?? '';
  return after === '' ? plain : `${plain} ${after}`;
}

/** Words of the grid itself. */
export interface GridWords {
  readonly waiting: (rows: number) => string;
  readonly copied: (rows: number) => string;
}

export const gridWords: Readonly<Record<Language, GridWords>> = {
  zh: { waiting: (rows) => `${rows} 条新 ↑`, copied: (rows) => `已复制 ${rows} 行` },
  en: { waiting: (rows) => `${rows} new ↑`, copied: (rows) => `${rows} rows copied` },
};
