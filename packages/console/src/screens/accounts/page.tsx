import { useNavigate } from '@tanstack/react-router';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Scaled } from '../../parts/amount.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { usePreferences } from '../../preferences.ts';
import { ListPanel } from '../list-panel.tsx';
import { nameOf } from '../names.ts';
import { ppm } from '../orders/figure.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { mixedUnit } from '../scale-unit.ts';
import { text } from './text.ts';

type AccountLine = ItemOf<'GET /v1/accounts'>;
const EVERY_MS = 5_000;

/** 总资金账户: every client's one account, with what it is worth and what it must hold. UA-1, UA-8 */
export default function Accounts() {
  const words = useText(text);
  const language = useLanguage();
  const { scale } = usePreferences();
  const navigate = useNavigate();
  const pages = usePages('GET /v1/accounts', {}, EVERY_MS);
  const unit = mixedUnit(scale, language);
  const columns: readonly TableColumn<AccountLine>[] = [
    { key: 'token', title: words.token, cell: (row) => row.token },
    { key: 'master', title: words.master, width: 110, cell: (row) => <span className="mild">{row.master}</span> },
    { key: 'state', title: words.state, width: 80, cell: (row) => nameOf(words.stateOf, row.state) },
    { key: 'entity', title: words.entity, width: 80, cell: (row) => <span className="mild">{row.entity}</span> },
    { key: 'subs', title: words.subs, width: 80, numeric: true, cell: (row) => row.subs },
    { key: 'currency', title: words.currency, width: 80, cell: (row) => <span className="dim">{row.currency}</span> },
    { key: 'equity', title: words.equity, ...unit, width: 170, numeric: true, cell: (row) => <Scaled value={row.equity} /> },
    {
      key: 'requirement',
      title: words.requirement,
      ...unit,
      width: 170,
      numeric: true,
      cell: (row) => <Scaled value={row.requirement} />,
    },
    { key: 'ratio', title: words.ratio, width: 120, numeric: true, cell: (row) => ppm(row.ratioPpm) },
  ];
  return (
    <ListPanel
      className="page-panel"
      pages={pages}
      everyMs={EVERY_MS}
      title={words.title}
      label={words.title}
      none={words.none}
      noneNext={words.noneNext}
      columns={columns}
      keyOf={(row) => row.master}
      onSelect={(row) => void navigate({ to: '/accounts/$master', params: { master: row.master } })}
    />
  );
}
