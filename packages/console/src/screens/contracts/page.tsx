import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { formatNumber } from '../../format/number.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Scaled } from '../../parts/amount.tsx';
import { Select } from '../../parts/select.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { usePreferences } from '../../preferences.ts';
import { ListPanel } from '../list-panel.tsx';
import { nameOf } from '../names.ts';
import { exact } from '../orders/figure.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { mixedUnit } from '../scale-unit.ts';
import { text } from './text.ts';

export type ContractLine = ItemOf<'GET /v1/contracts'>;

const EVERY_MS = 10_000;
const route = getRouteApi('/contracts');

/** 合约: what each is worth, marked when, and what it made. */
export default function Contracts() {
  const words = useText(text);
  const search = route.useSearch();
  const navigate = useNavigate();
  const pages = usePages('GET /v1/contracts', search, EVERY_MS);
  const columns = useContractColumns();
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
      keyOf={(row) => row.contract}
      onSelect={(row) => void navigate({ to: '/contracts/$contract', params: { contract: row.contract } })}
      actions={
        <Select
          className="head-select"
          aria-label={words.state}
          value={search.state ?? 'all'}
          options={[
            { value: 'all', label: words.allStates },
            { value: 'open', label: words.stateOf.open },
            { value: 'closed', label: words.stateOf.closed },
          ]}
          onValue={(state) => {
            const { state: _, ...rest } = search;
            void navigate({
              to: '/contracts',
              search: state === 'open' || state === 'closed' ? { ...rest, state } : rest,
              replace: true,
            });
          }}
        />
      }
    />
  );
}

/** Columns of a list of contracts, in the portal as well. */
export function useContractColumns(): readonly TableColumn<ContractLine>[] {
  const words = useText(text);
  const language = useLanguage();
  const { scale } = usePreferences();
  return useMemo(() => {
    const unit = mixedUnit(scale, language);
    return [
      { key: 'contract', title: words.contract, width: 98, cell: (row) => row.contract },
      {
        ...{ key: 'state', title: words.state, width: 56 },
        cell: (row) => <span className={row.state === 'closed' ? 'dim' : ''}>{nameOf(words.stateOf, row.state)}</span>,
      },
      { key: 'client', title: words.client, width: 92, cell: (row) => row.token ?? <span className="dim">{words.house}</span> },
      {
        key: 'account',
        title: words.account,
        width: 124,
        cell: (row) => <span className="mild">{row.accountCode ?? '—'}</span>,
      },
      {
        ...{ key: 'listing', title: words.listing, width: 120 },
        cell: (row) => (
          <>
            {row.symbol} <span className="dim">{row.market}</span>
          </>
        ),
      },
      { key: 'side', title: words.side, width: 46, cell: (row) => nameOf(words.sideOf, row.side) },
      { key: 'basis', title: words.basis, width: 84, cell: (row) => nameOf(words.basisOf, row.basis) },
      { key: 'opened', title: words.openedOn, width: 84, cell: (row) => <span className="mild">{row.openedOn}</span> },
      { key: 'quantity', title: words.quantity, numeric: true, cell: (row) => formatNumber(row.quantity) },
      { key: 'currency', title: words.currency, width: 64, cell: (row) => <span className="dim">{row.currency}</span> },
      {
        key: 'notional',
        title: words.notional,
        ...unit,
        numeric: true,
        cell: (row) => <Scaled value={row.notional} />,
      },
      { key: 'mark', title: words.mark, numeric: true, cell: (row) => exact(row.mark) },
      { key: 'markOn', title: words.markOn, width: 84, cell: (row) => <span className="mild">{row.markOn ?? '—'}</span> },
      { key: 'worth', title: words.worth, ...unit, numeric: true, cell: (row) => <Scaled value={row.worth} /> },
      {
        key: 'profit',
        title: words.profit,
        ...unit,
        numeric: true,
        cell: (row) => <Scaled value={row.profit} signed />,
      },
    ];
  }, [words, language, scale]);
}
