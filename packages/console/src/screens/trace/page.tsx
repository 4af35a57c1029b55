import type { AnswerOf } from '@meridian/api';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { reading } from '../../data/call.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Amount } from '../../parts/amount.tsx';
import { Select } from '../../parts/select.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { Moment } from '../moment.tsx';
import { nameOf } from '../names.ts';
import { MEASURES } from './index.ts';
import { text } from './text.ts';
import '../split.css';

type Level = AnswerOf<'GET /v1/trace/{level}/{id}'>['levels'][number];

export default function TracePage() {
  const words = useText(text);
  const { level, id } = useParams({ from: '/trace/$level/$id' });
  const { measure } = useSearch({ from: '/trace/$level/$id' });
  const navigate = useNavigate();
  const walk = useQuery({
    ...reading('GET /v1/trace/{level}/{id}', { params: { level, id }, query: { measure } }),
    refetchInterval: 5_000,
    placeholderData: (before) => before,
  });
  const go = (to: Level) => navigate({ to: '/trace/$level/$id', params: { level: to.level, id: to.id }, search: { measure } });
  const above = walk.data?.levels.at(-2);

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Backspace' || above === undefined || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      void navigate({ to: '/trace/$level/$id', params: { level: above.level, id: above.id }, search: { measure } });
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [above, measure, navigate]);

  return (
    <AnswerPanel
      query={walk}
      everyMs={5_000}
      title={words.title}
      about={words.about}
      asOf={walk.data === undefined ? undefined : <Moment at={walk.data.asOf} />}
      actions={
        <Select
          aria-label={words.measure}
          value={measure}
          options={MEASURES.map((value) => ({ value, label: words.measures[value] }))}
          onValue={(value) => navigate({ to: '/trace/$level/$id', params: { level, id }, search: { measure: value } })}
        />
      }
    >
      {({ levels, rows, unit, reconciles, difference }) => (
        <>
          <p role="status" className={`prose strong ${reconciles ? 'good' : 'bad'}`}>
            {reconciles ? words.all : words.broken(formatNumber(difference, 2))}
          </p>
          <Levels label={words.title} rows={levels} unit={unit} onSelect={go} />
          <h3 className="panel-title prose">
            {words.rows} <span className="dim">{words.keys}</span>
          </h3>
          {rows.length === 0 ? (
            <Empty why={words.empty} />
          ) : (
            <Levels label={words.rows} rows={rows} unit={unit} onSelect={go} />
          )}
        </>
      )}
    </AnswerPanel>
  );
}

function Levels({
  label,
  rows,
  unit,
  onSelect,
}: {
  readonly label: string;
  readonly rows: readonly Level[];
  readonly unit: string;
  readonly onSelect: (level: Level) => void;
}) {
  const words = useText(text);
  const columns: readonly TableColumn<Level>[] = [
    { key: 'level', title: words.level, width: 130, cell: (row) => nameOf(words.levels, row.level) },
    { key: 'name', title: words.name, cell: (row) => row.label },
    { key: 'amount', title: words.amount, unit, numeric: true, width: 180, cell: (row) => <Amount value={row.amount} /> },
    { key: 'below', title: words.below, numeric: true, width: 80, cell: (row) => row.children },
    { key: 'sum', title: words.sum, unit, numeric: true, width: 180, cell: (row) => <Amount value={row.childrenSum} /> },
    {
      key: 'proof',
      title: words.proof,
      width: 100,
      cell: ({ reconciles }) => (
        <span className={reconciles === false ? 'bad strong' : reconciles === true ? 'good' : 'dim'}>
          {reconciles === null ? words.unproven : reconciles ? words.agrees : words.differs}
        </span>
      ),
    },
    {
      key: 'open',
      title: words.open,
      width: 80,
      cell: ({ path }) => (path === null ? NONE : <Link to={path}>{words.open}</Link>),
    },
  ];
  return <Table label={label} columns={columns} rows={rows} keyOf={(row) => `${row.level} ${row.id}`} onSelect={onSelect} />;
}
