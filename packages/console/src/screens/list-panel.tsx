import type { ReactNode } from 'react';
import { formatNumber } from '../format/number.ts';
import { defineText } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';
import { Button } from '../parts/button.tsx';
import { Empty } from '../parts/states.tsx';
import { Table, type TableProps } from '../parts/table.tsx';
import { AnswerPanel } from './answer-panel.tsx';
import type { Pages } from './pages.ts';

const text = defineText(
  {
    rows: (rows: string) => `${rows} 条`,
    rowsSoFar: (rows: string) => `已读 ${rows} 条`,
    more: '继续读取',
    reading: '读取中…',
  },
  { rows: (rows) => `${rows} rows`, rowsSoFar: (rows) => `${rows} rows so far`, more: 'Read on', reading: 'Reading…' },
);

export interface ListPanelProps<R> extends Omit<TableProps<R>, 'rows'> {
  readonly pages: Pages<R>;
  readonly everyMs: number;
  readonly title: ReactNode;
  readonly about?: ReactNode;
  readonly actions?: ReactNode;
  readonly className?: string;
  /** What stands between the head and the rows: a filter, what was refused. */
  readonly above?: ReactNode;
  /** Why there is nothing, and what to do next. */
  readonly none: string;
  readonly noneNext?: string;
  /** Keeps of the rows read so far those to be shown. */
  readonly keep?: (row: R) => boolean;
}

/** A list of the house as a table, page after page: says how many rows there are and how old they are, and reads on at
 * its foot where there are more. */
export function ListPanel<R>({
  pages,
  everyMs,
  title,
  about,
  actions,
  className,
  above,
  none,
  noneNext,
  keep,
  ...table
}: ListPanelProps<R>) {
  const words = useText(text);
  const count = formatNumber(pages.data?.length ?? 0);
  return (
    <AnswerPanel
      query={pages}
      everyMs={everyMs}
      title={title}
      {...(className === undefined ? {} : { className })}
      about={
        <>
          {about}
          {about !== undefined && pages.data !== undefined && ' · '}
          {pages.data !== undefined && (pages.more === undefined ? words.rows(count) : words.rowsSoFar(count))}
        </>
      }
      {...(pages.asOf === null || pages.asOf === 0 ? {} : { asOf: `#${formatNumber(pages.asOf)}` })}
      actions={actions}
    >
      {(rows) => {
        const shown = keep === undefined ? rows : rows.filter(keep);
        return (
          <>
            {above}
            {shown.length === 0 ? (
              <Empty why={none} {...(noneNext === undefined ? {} : { next: noneNext })} />
            ) : (
              <Table {...table} rows={shown} />
            )}
            {pages.more !== undefined && (
              <div className="list-foot">
                <Button kind="quiet" disabled={pages.loadingMore} onClick={pages.more}>
                  {pages.loadingMore ? words.reading : words.more}
                </Button>
              </div>
            )}
          </>
        );
      }}
    </AnswerPanel>
  );
}
