import { useNavigate } from '@tanstack/react-router';
import { useMay } from '../../data/session.ts';
import { formatNumber } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { nameOf } from '../names.ts';
import { ppm } from '../orders/figure.ts';
import type { AccountTree } from './account-view.tsx';
import { text } from './text.ts';

type Sub = AccountTree['subs'][number];
type Business = Sub['business'][number];
type Money = Sub['funds'][number];

/** A line of the tree: an account at its depth, or one more currency of the sub account above. */
interface Line {
  readonly key: string;
  readonly depth: 0 | 1 | 2;
  readonly code: string;
  readonly kind: string;
  readonly state: string | null;
  readonly currency: string;
  readonly funds: Money | null;
  readonly business: Business | null;
}

/** The tree as a table: sub accounts with their funds in each currency, business accounts under them. UA-2, UA-3 */
export function AccountTreeTable({ tree }: { readonly tree: AccountTree }) {
  const words = useText(text);
  const navigate = useNavigate();
  const maySeeContracts = useMay('contract.read');
  const money = (read: (funds: Money) => string) => (line: Line) =>
    line.funds === null ? '' : formatNumber(read(line.funds), 2);
  const columns: readonly TableColumn<Line>[] = [
    {
      ...{ key: 'node', title: words.node, width: 210 },
      cell: (line) => <span className={`depth-${line.depth}${line.depth === 0 ? ' strong' : ''}`}>{line.code}</span>,
    },
    { key: 'kind', title: words.kind, width: 190, cell: (line) => <span className="mild">{line.kind}</span> },
    {
      key: 'state',
      title: words.state,
      width: 64,
      cell: (line) => (line.state === null ? '' : nameOf(words.stateOf, line.state)),
    },
    { key: 'currency', title: words.currency, width: 64, cell: (line) => <span className="dim">{line.currency}</span> },
    { key: 'balance', title: words.balance, numeric: true, cell: money((funds) => funds.balance) },
    { key: 'held', title: words.held, numeric: true, cell: money((funds) => funds.held) },
    { key: 'margin', title: words.margin, numeric: true, cell: money((funds) => funds.margin) },
    { key: 'available', title: words.available, numeric: true, cell: money((funds) => funds.available) },
    { key: 'withdrawable', title: words.withdrawable, numeric: true, cell: money((funds) => funds.withdrawable) },
    {
      ...{ key: 'rate', title: words.rate, width: 92, numeric: true },
      cell: (line) => (line.business === null ? '' : ppm(line.business.marginPpm)),
    },
    {
      ...{ key: 'contracts', title: words.contracts, width: 76, numeric: true },
      cell: ({ business }) => business?.contracts ?? '',
    },
  ];
  const lines = useLines(tree);
  return (
    <Table
      label={words.tree}
      columns={columns}
      rows={lines}
      keyOf={(line) => line.key}
      {...(maySeeContracts
        ? {
            onSelect: ({ business }: Line) =>
              business !== null && void navigate({ to: '/contracts', search: { account: business.account } }),
          }
        : {})}
    />
  );
}

function useLines(tree: AccountTree): Line[] {
  const words = useText(text);
  const bare = { funds: null, business: null };
  const lines: Line[] = [
    {
      ...{ ...bare, key: 'master', depth: 0, code: `${tree.token} · ${tree.master}`, kind: words.level.master },
      ...{ state: tree.state, currency: tree.currency },
    },
  ];
  for (const sub of tree.subs) {
    const kind = `${words.level.sub} · ${nameOf(words.poolOf, sub.pool)}`;
    const funds: readonly (Money | null)[] = sub.funds.length === 0 ? [null] : sub.funds;
    funds.forEach((each, i) => {
      lines.push({
        ...{ key: `s${sub.sub}.${each?.currency ?? ''}`, depth: 1, code: i === 0 ? sub.code : '', kind: i === 0 ? kind : '' },
        ...{ state: i === 0 ? sub.state : null, currency: each?.currency ?? '', funds: each, business: null },
      });
    });
    for (const business of sub.business) {
      lines.push({
        ...{ ...bare, key: `b${business.account}`, depth: 2, code: business.code },
        ...{
          kind: `${words.level.business} · ${nameOf(words.typeOf, business.type)} ${nameOf(words.basisOf, business.basis)}`,
          state: business.state,
        },
        ...{ currency: business.currency, business },
      });
    }
  }
  return lines;
}
