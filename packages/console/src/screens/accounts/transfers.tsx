import { Link } from '@tanstack/react-router';
import { useMay } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { ListPanel } from '../list-panel.tsx';
import { nameOf } from '../names.ts';
import { usePages } from '../pages.ts';
import { When } from '../when.tsx';
import { text } from './text.ts';

const EVERY_MS = 5_000;
const tones: Readonly<Record<string, string>> = { 'awaiting-approval': 'warn', waiting: 'mild', refused: 'bad', done: 'mild' };

/** Money moved between the sub accounts of one master, or out of the house, with who asked and who approved. UA-4, UA-5 */
export function Transfers({ master }: { readonly master: string }) {
  const words = useText(text);
  const mayApprove = useMay('approval.read');
  const pages = usePages('GET /v1/transfers', { master }, EVERY_MS);
  return (
    <ListPanel
      pages={pages}
      everyMs={EVERY_MS}
      title={words.transfers}
      label={words.transfers}
      none={words.noTransfers}
      noneNext={words.noTransfersNext}
      keyOf={(row) => row.id}
      columns={[
        {
          ...{ key: 'at', title: words.at, width: 118 },
          cell: (row) => <When at={row.at} />,
        },
        { key: 'kind', title: words.kind, width: 120, cell: (row) => nameOf(words.kindOf, row.kind) },
        {
          ...{ key: 'state', title: words.state, width: 130 },
          cell: (row) => <span className={tones[row.state] ?? ''}>{nameOf(words.transferState, row.state)}</span>,
        },
        { key: 'from', title: words.from, width: 110, cell: (row) => row.from ?? NONE },
        { key: 'to', title: words.to, width: 110, cell: (row) => row.to ?? NONE },
        { key: 'amount', title: words.amount, numeric: true, cell: (row) => formatNumber(row.amount, 2) },
        { key: 'currency', title: words.currency, width: 64, cell: (row) => <span className="dim">{row.currency}</span> },
        { key: 'maker', title: words.maker, width: 120, cell: (row) => <span className="mild">{row.maker}</span> },
        {
          ...{ key: 'checker', title: words.checker, width: 150 },
          cell: (row) =>
            row.state === 'awaiting-approval' && mayApprove && row.approval !== null ? (
              <Link className="accent" to="/approvals" search={{ approval: row.approval }}>
                {words.seeApproval}
              </Link>
            ) : (
              <span className="mild">{row.checker ?? NONE}</span>
            ),
        },
      ]}
    />
  );
}
