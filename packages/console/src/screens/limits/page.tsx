import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMay } from '../../data/session.ts';
import { NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Amount } from '../../parts/amount.tsx';
import { Bar } from '../../parts/bar.tsx';
import { Empty } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { ListPanel } from '../list-panel.tsx';
import { nameOf } from '../names.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { LimitPanel } from './limit-panel.tsx';
import { text } from './text.ts';
import '../split.css';

type Limit = ItemOf<'GET /v1/limits'>;
type Entry = ItemOf<'GET /v1/lists'>;

/** Amber from here on. */
const WARN_AT = 0.8;

export default function LimitsPage() {
  const words = useText(text);
  const navigate = useNavigate();
  const { cell: chosen } = useSearch({ from: '/limits' });
  const limits = usePages('GET /v1/limits', {}, 2_000);
  const digits = (row: Limit) => (row.currency === null ? 0 : 2);
  const money = (key: 'limit' | 'booked' | 'leased', title: string): TableColumn<Limit> => ({
    ...{ key, title, numeric: true, width: 126 },
    cell: (row) => <Amount value={row[key]} digits={digits(row)} />,
  });
  const columns: readonly TableColumn<Limit>[] = [
    { key: 'scope', title: words.scope, width: 76, cell: ({ scope }) => nameOf(words.scopes, scope) },
    { key: 'name', title: words.name, cell: ({ label }) => label },
    { key: 'measure', title: words.measure, width: 104, cell: ({ measure }) => nameOf(words.measures, measure) },
    { key: 'currency', title: words.currency, width: 56, cell: ({ currency }) => currency ?? NONE },
    money('limit', words.limit),
    money('booked', words.booked),
    money('leased', words.leased),
    {
      key: 'used',
      title: words.used,
      numeric: true,
      width: 126,
      cell: ({ usedPpm }) => <Bar ratio={usedPpm === null ? null : usedPpm / 1e6} warnAt={WARN_AT} />,
    },
    {
      key: 'state',
      title: words.state,
      width: 72,
      cell: ({ state }) => <span className={state === 'active' ? '' : 'warn'}>{nameOf(words.states, state)}</span>,
    },
  ];
  return (
    <div className="split">
      <div>
        <ListPanel
          pages={limits}
          everyMs={2_000}
          title={words.title}
          label={words.title}
          about={words.about}
          none={words.empty}
          columns={columns}
          keyOf={({ cell }) => cell}
          selected={chosen}
          onSelect={({ cell }) => navigate({ to: '/limits', search: { cell } })}
        />
        {useMay('list.read') && <Lists />}
      </div>
      <aside>{chosen === undefined ? <Empty why={words.choose} /> : <LimitPanel key={chosen} cell={chosen} />}</aside>
    </div>
  );
}

function Lists() {
  const words = useText(text);
  const lists = usePages('GET /v1/lists', {}, 30_000);
  const columns: readonly TableColumn<Entry>[] = [
    { key: 'symbol', title: words.symbol, cell: ({ symbol, market }) => `${symbol} ${market}` },
    {
      key: 'scope',
      title: words.scope,
      width: 120,
      cell: ({ scope, scopeId }) => `${nameOf(words.scopes, scope)} ${scopeId ?? ''}`,
    },
    { key: 'permission', title: words.permission, width: 180, cell: ({ permission }) => nameOf(words.permissions, permission) },
    { key: 'from', title: words.from, width: 110, cell: ({ validFrom }) => validFrom ?? NONE },
    { key: 'to', title: words.to, width: 110, cell: ({ validTo }) => validTo ?? NONE },
  ];
  return (
    <ListPanel
      pages={lists}
      everyMs={30_000}
      title={words.lists}
      label={words.lists}
      about={words.listsAbout}
      none={words.emptyLists}
      columns={columns}
      keyOf={({ entry }) => entry}
    />
  );
}
