import { formatNumber } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Signed } from '../../parts/amount.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { exact } from '../orders/figure.ts';
import type { AccountTree } from './account-view.tsx';
import { text } from './text.ts';

/** Positions of every business account of a tree: of record, and what of it is provisional until a batch books it. CL-5 */
export function Positions({ tree }: { readonly tree: AccountTree }) {
  const words = useText(text);
  const rows = tree.subs.flatMap((sub) =>
    sub.business.flatMap((business) => business.positions.map((position) => ({ ...position, code: business.code }))),
  );
  return (
    <Panel title={words.positions} about={rows.length}>
      {rows.length === 0 ? (
        <Empty why={words.noPositions} next={words.noPositionsNext} />
      ) : (
        <Table
          label={words.positions}
          rows={rows}
          keyOf={(row) => `${row.code}.${row.listing}`}
          columns={[
            {
              ...{ key: 'listing', title: words.listing, width: 130 },
              cell: (row) => (
                <>
                  {row.symbol} <span className="dim">{row.market}</span>
                </>
              ),
            },
            { key: 'code', title: words.node, width: 150, cell: (row) => <span className="mild">{row.code}</span> },
            { key: 'quantity', title: words.quantity, numeric: true, cell: (row) => formatNumber(row.quantity) },
            {
              ...{ key: 'provisional', title: words.provisional, numeric: true },
              cell: (row) => <span className={row.provisional === '0' ? 'dim' : 'warn'}>{formatNumber(row.provisional)}</span>,
            },
            { key: 'price', title: words.price, width: 100, numeric: true, cell: (row) => exact(row.price) },
            { key: 'cost', title: words.cost, numeric: true, cell: (row) => formatNumber(row.cost, 2) },
            { key: 'worth', title: words.worth, numeric: true, cell: (row) => formatNumber(row.worth, 2) },
            { key: 'profit', title: words.profit, numeric: true, cell: (row) => <Signed value={row.profit} digits={2} /> },
            { key: 'currency', title: words.currency, width: 64, cell: (row) => <span className="dim">{row.currency}</span> },
          ]}
        />
      )}
    </Panel>
  );
}
