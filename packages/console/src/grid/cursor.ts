/** Where the keyboard stands in a grid: a cell, and how far a range of rows reaches from it. Row −1 is the header. */
export interface Cursor {
  readonly row: number;
  readonly column: number;
  /** The other end of the range of rows; the cursor's own row when nothing is spanned. */
  readonly anchor: number;
}

export const NO_CURSOR: Cursor = { row: 0, column: 0, anchor: 0 };

/** The keys of the APG grid pattern. */
export interface CursorKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly shiftKey: boolean;
}

/** Where a key leads, or undefined when it does not move. Shift spans rows; the header cannot be part of a range. */
export function moveCursor(
  cursor: Cursor,
  { key, ctrlKey, shiftKey }: CursorKey,
  rows: number,
  columns: number,
  page: number,
): Cursor | undefined {
  let { row, column } = cursor;
  if (key === 'ArrowDown') row += 1;
  else if (key === 'ArrowUp') row -= 1;
  else if (key === 'ArrowRight') column += 1;
  else if (key === 'ArrowLeft') column -= 1;
  else if (key === 'PageDown') row += page;
  else if (key === 'PageUp') row = Math.max(0, row - page);
  else if (key === 'Home') {
    column = 0;
    if (ctrlKey) row = 0;
  } else if (key === 'End') {
    column = columns - 1;
    if (ctrlKey) row = rows - 1;
  } else return undefined;
  column = Math.min(columns - 1, Math.max(0, column));
  row = Math.min(rows - 1, Math.max(shiftKey ? 0 : -1, row));
  return { row, column, anchor: shiftKey ? Math.max(0, cursor.anchor) : row };
}

/** First and last row of the range. */
export function spanOf({ row, anchor }: Cursor): readonly [first: number, last: number] {
  return row < anchor ? [row, anchor] : [anchor, row];
}
