import type { KeyboardEvent, ReactNode } from 'react';

export interface TableColumn<R> {
  readonly key: string;
  readonly title: ReactNode;
  /** Stands in the header, dimmed, and not in the cells. */
  readonly unit?: ReactNode;
  /** Numbers stand right, on their decimal point. */
  readonly numeric?: boolean;
  /** CSS pixels; without one the column shares what is left. */
  readonly width?: number;
  readonly cell: (row: R) => ReactNode;
}

export interface TableProps<R> {
  readonly columns: readonly TableColumn<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string;
  /** What the table holds, for whoever hears it. */
  readonly label: string;
  readonly selected?: string | undefined;
  readonly onSelect?: (row: R) => void;
  /** A last row of sums, as cells in the columns' order. */
  readonly total?: readonly ReactNode[];
  readonly rowClass?: (row: R) => string;
}

/** A table of tens of rows with a head that stays. Above a few hundred rows, or live: the grid. */
export function Table<R>({ columns, rows, keyOf, label, selected, onSelect, total, rowClass }: TableProps<R>) {
  const onKey = (row: R) => (event: KeyboardEvent<HTMLTableRowElement>) => {
    const { currentTarget } = event;
    const step =
      event.key === 'ArrowDown'
        ? currentTarget.nextElementSibling
        : event.key === 'ArrowUp'
          ? currentTarget.previousElementSibling
          : null;
    if (step instanceof HTMLElement && step.tabIndex >= 0) step.focus();
    else if (event.key === 'Enter' || event.key === ' ') onSelect?.(row);
    else return;
    event.preventDefault();
  };
  return (
    // What scrolls must be reachable by keyboard where its rows are not.
    <section className="table-scroll" {...(onSelect === undefined ? { tabIndex: 0, 'aria-label': label } : {})}>
      <table className="table" aria-label={label}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} style={column.width === undefined ? {} : { width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" className={column.numeric === true ? 'num' : ''}>
                {column.title}
                {column.unit !== undefined && <span className="unit"> {column.unit}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = keyOf(row);
            const choice =
              onSelect === undefined
                ? {}
                : { tabIndex: 0, onClick: () => onSelect(row), onKeyDown: onKey(row), 'aria-current': key === selected };
            return (
              <tr key={key} {...choice} className={`${key === selected ? 'selected' : ''} ${rowClass?.(row) ?? ''}`}>
                {columns.map((column) => (
                  <td key={column.key} className={column.numeric === true ? 'num' : ''}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
        {total !== undefined && (
          <tfoot>
            <tr>
              {columns.map((column, i) => (
                <td key={column.key} className={column.numeric === true ? 'num' : ''}>
                  {total[i]}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </section>
  );
}
