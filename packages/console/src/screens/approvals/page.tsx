import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { useKeys } from '../../keys/bindings.ts';
import { Panel } from '../../parts/panel.tsx';
import { Select } from '../../parts/select.tsx';
import { Empty } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { dutyWords } from '../duty-words.ts';
import { ListPanel } from '../list-panel.tsx';
import { nameOf } from '../names.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { When } from '../when.tsx';
import './approvals.css';
import { Countdown } from './countdown.tsx';
import { Decide } from './decide.tsx';
import { useTargetName } from './target.tsx';
import { text } from './text.ts';

export type Approval = ItemOf<'GET /v1/approvals'>;
const EVERY_MS = 3_000;
const route = getRouteApi('/approvals');

/** 审批箱: what waits for a second pair of eyes, what would change, until when. j and k walk, a and r decide. */
export default function Approvals() {
  const words = useText(text);
  const duties = useText(dutyWords);
  const language = useLanguage();
  const targetName = useTargetName();
  const search = route.useSearch();
  const navigate = useNavigate();
  const view = search.view ?? 'waiting';
  const pages = usePages(
    'GET /v1/approvals',
    view === 'waiting' ? { state: 'waiting' } : view === 'mine' ? { mine: 'true' } : {},
    EVERY_MS,
  );
  const rows = pages.data ?? [];
  const at = Math.max(
    0,
    rows.findIndex((row) => row.approval === search.approval),
  );
  const chosen = rows[at];
  const choose = (row: Approval | undefined) =>
    row !== undefined && void navigate({ to: '/approvals', search: { ...search, approval: row.approval }, replace: true });
  useKeys([
    { keys: 'j', scope: 'page', label: { zh: text.zh.next, en: text.en.next }, run: () => choose(rows[at + 1]) },
    { keys: 'k', scope: 'page', label: { zh: text.zh.previous, en: text.en.previous }, run: () => choose(rows[at - 1]) },
  ]);
  const columns: readonly TableColumn<Approval>[] = [
    { key: 'title', title: words.kindTitle, cell: (row) => row.title[language] },
    { key: 'target', title: words.target, cell: (row) => <span className="mild">{targetName(row)}</span> },
    {
      ...{ key: 'state', title: words.state, width: 84 },
      cell: (row) => <span className={tones[row.state] ?? ''}>{nameOf(words.stateOf, row.state)}</span>,
    },
    { key: 'maker', title: words.maker, width: 120, cell: (row) => row.maker },
    { key: 'duty', title: words.duty, width: 110, cell: (row) => <span className="mild">{nameOf(duties, row.duty)}</span> },
    {
      ...{ key: 'made', title: words.made, width: 118 },
      cell: (row) => <When at={row.made} clock="wall" />,
    },
    {
      ...{ key: 'expires', title: words.expires, width: 80, numeric: true },
      cell: (row) => (row.state === 'waiting' ? <Countdown until={row.expires} /> : ''),
    },
  ];
  return (
    <div className="with-side approvals">
      <ListPanel
        pages={pages}
        everyMs={EVERY_MS}
        title={words.title}
        label={words.title}
        none={view === 'mine' ? words.noneMine : words.none}
        noneNext={view === 'mine' ? words.noneMineNext : words.noneNext}
        columns={columns}
        keyOf={(row) => row.approval}
        selected={chosen?.approval}
        onSelect={choose}
        actions={
          <Select
            className="head-select"
            aria-label={words.title}
            value={view}
            options={[
              { value: 'waiting', label: words.waiting },
              { value: 'mine', label: words.mine },
              { value: 'all', label: words.all },
            ]}
            onValue={(next) => void navigate({ to: '/approvals', search: { view: next }, replace: true })}
          />
        }
      />
      {chosen === undefined ? (
        <Panel title={words.decide}>
          <Empty why={words.pick} />
        </Panel>
      ) : (
        <Decide key={chosen.approval} approval={chosen} next={() => choose(rows[at + 1] ?? rows[at - 1])} />
      )}
    </div>
  );
}

const tones: Readonly<Record<string, string>> = {
  waiting: 'warn',
  refused: 'bad',
  failed: 'bad',
  expired: 'dim',
  withdrawn: 'dim',
};
