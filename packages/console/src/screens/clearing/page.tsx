import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { NONE } from '../../format/number.ts';
import { BEIJING, formatDate, formatTime, instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Select } from '../../parts/select.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { clearingWords } from '../clearing-words.ts';
import { ListPanel } from '../list-panel.tsx';
import { nameOf } from '../names.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { BatchMark } from './batch-mark.tsx';
import './clearing.css';
import { Matrix, marketName } from './matrix.tsx';
import { text } from './text.ts';

export type Batch = ItemOf<'GET /v1/batches'>;
const EVERY_MS = 3_000;
const route = getRouteApi('/batches');

/** 清算: which batch of which market is where, and what keeps it. CL-b, CL-d */
export default function Clearing() {
  const words = useText(text);
  const names = useText(clearingWords);
  const language = useLanguage();
  const search = route.useSearch();
  const navigate = useNavigate();
  const pages = usePages('GET /v1/batches', {}, EVERY_MS);
  const open = (batch: string) => void navigate({ to: '/batches/$batch', params: { batch } });
  const markets = [...new Set(pages.data?.map((row) => row.market))].toSorted();
  const columns: readonly TableColumn<Batch>[] = [
    { key: 'date', title: words.date, width: 84, cell: (row) => row.date },
    { key: 'market', title: words.market, width: 84, cell: (row) => marketName(row, names.clientDay) },
    { key: 'business', title: words.business, width: 76, cell: (row) => nameOf(names.business, row.business) },
    {
      ...{ key: 'state', title: words.state, width: 86 },
      cell: (row) => <BatchMark state={row.state} word={nameOf(names.state, row.state)} />,
    },
    { key: 'attempt', title: words.attempt, width: 52, numeric: true, cell: (row) => row.attempt },
    { key: 'step', title: words.step, width: 76, cell: (row) => (row.step === null ? NONE : nameOf(names.step, row.step)) },
    { key: 'due', title: words.due, width: 128, cell: (row) => <When at={row.due} /> },
    { key: 'published', title: words.published, width: 128, cell: (row) => <When at={row.published} /> },
    { key: 'held', title: words.held, width: 110, cell: (row) => <span className="warn">{row.heldBy ?? ''}</span> },
    { key: 'reason', title: words.reason, cell: (row) => <span className="bad">{row.reason?.[language] ?? ''}</span> },
    { key: 'batch', title: words.batch, width: 180, cell: (row) => <span className="dim">{row.batch}</span> },
  ];
  return (
    <div className="clearing">
      <AnswerPanel query={pages} everyMs={EVERY_MS} title={words.title} about={words.matrix}>
        {(rows) => <Matrix rows={rows} open={open} market={search.market} />}
      </AnswerPanel>
      <ListPanel
        pages={pages}
        everyMs={EVERY_MS}
        title={words.list}
        label={words.list}
        about={words.timeNote}
        none={words.none}
        noneNext={words.noneNext}
        columns={columns}
        keyOf={(row) => row.batch}
        {...(search.market === undefined ? {} : { keep: (row: Batch) => row.market === search.market })}
        onSelect={(row) => open(row.batch)}
        actions={
          <Select
            className="head-select"
            aria-label={words.market}
            value={search.market ?? 'all'}
            options={[
              { value: 'all', label: words.allMarkets },
              ...markets.map((market) => ({ value: market, label: market === '-' ? names.clientDay : market })),
            ]}
            onValue={(market) => void navigate({ to: '/batches', search: market === 'all' ? {} : { market }, replace: true })}
          />
        }
      />
    </div>
  );
}

/** Date and minute in Beijing. */
export function When({ at }: { readonly at: string | null }) {
  const instant = instantOf(at);
  if (instant === null) return <span className="dim">{NONE}</span>;
  return (
    <span className="mild">
      {formatDate(instant, BEIJING).slice(5)} {formatTime(instant, BEIJING)}
    </span>
  );
}
