import { useNavigate } from '@tanstack/react-router';
import { useBeat } from '../../data/line.ts';
import { NONE } from '../../format/number.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Select } from '../../parts/select.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { clearingWords } from '../clearing-words.ts';
import { ListPanel } from '../list-panel.tsx';
import { nameOf } from '../names.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { When } from '../when.tsx';
import { BatchMark } from './batch-mark.tsx';
import { inOrderOfNeed } from './batch-order.ts';
import './clearing.css';
import { Matrix, marketName } from './matrix.tsx';
import { text } from './text.ts';

export type Batch = ItemOf<'GET /v1/batches'>;
const EVERY_MS = 3_000;

interface BatchListProps {
  readonly market?: string | undefined;
  readonly onMarket: (market: string | undefined) => void;
}

/** Batches of every market: as a grid of markets and dates, and as a list that begins with what needs somebody. CL-b, CL-d */
export function BatchList({ market, onMarket }: BatchListProps) {
  const words = useText(text);
  const names = useText(clearingWords);
  const navigate = useNavigate();
  const beat = useBeat();
  const pages = usePages('GET /v1/batches', {}, EVERY_MS);
  const columns = useColumns();
  const open = (batch: string) => void navigate({ to: '/batches/$batch', params: { batch } });
  const markets = [...new Set(pages.data?.map((row) => row.market))].toSorted();
  const ordered = pages.data === undefined ? undefined : inOrderOfNeed(pages.data, beat?.businessTime);
  return (
    <div className="clearing">
      <AnswerPanel query={pages} everyMs={EVERY_MS} title={words.title} about={words.matrix}>
        {(rows) => <Matrix rows={rows} open={open} market={market} now={beat?.businessTime} />}
      </AnswerPanel>
      <ListPanel
        pages={{ ...pages, data: ordered }}
        everyMs={EVERY_MS}
        title={words.list}
        label={words.list}
        about={words.timeNote}
        none={words.none}
        noneNext={words.noneNext}
        columns={columns}
        keyOf={(row) => row.batch}
        {...(market === undefined ? {} : { keep: (row: Batch) => row.market === market })}
        onSelect={(row) => open(row.batch)}
        actions={
          <Select
            className="head-select"
            aria-label={words.market}
            value={market ?? 'all'}
            options={[
              { value: 'all', label: words.allMarkets },
              ...markets.map((each) => ({ value: each, label: each === '-' ? names.clientDay : each })),
            ]}
            onValue={(each) => onMarket(each === 'all' ? undefined : each)}
          />
        }
      />
    </div>
  );
}

function useColumns(): readonly TableColumn<Batch>[] {
  const words = useText(text);
  const names = useText(clearingWords);
  const language = useLanguage();
  return [
    { key: 'date', title: words.date, width: 84, cell: (row) => row.date },
    { key: 'market', title: words.market, width: 84, cell: (row) => marketName(row, names.clientDay) },
    { key: 'business', title: words.business, width: 76, cell: (row) => nameOf(names.business, row.business) },
    {
      ...{ key: 'state', title: words.state, width: 104 },
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
}
