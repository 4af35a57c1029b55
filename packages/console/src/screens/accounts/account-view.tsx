import type { AnswerOf } from '@meridian/api';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { reading } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { instantOf } from '../../format/time.ts';
import { useText } from '../../i18n/use-text.ts';
import { Amount } from '../../parts/amount.tsx';
import { Button } from '../../parts/button.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { nameOf } from '../names.ts';
import { ppm } from '../orders/figure.ts';
import './accounts.css';
import { useWhen } from '../when.tsx';
import { AccountTreeTable } from './account-tree.tsx';
import { Positions } from './positions.tsx';
import { RealName } from './real-name.tsx';
import { text } from './text.ts';
import { TransferDialog } from './transfer-dialog.tsx';
import { Transfers } from './transfers.tsx';

export type AccountTree = AnswerOf<'GET /v1/accounts/{master}'>;
const EVERY_MS = 3_000;

/** One client's money: the tree with its funds, the positions below, transfers in and out. Clients see their own with the same parts. */
export function AccountView({ master }: { readonly master: string }) {
  const words = useText(text);
  const when = useWhen();
  const mayTransfer = useMay('transfer.request');
  const mayTrace = useMay('trace.read');
  const [transferring, setTransferring] = useState(false);
  const query = useQuery({ ...reading('GET /v1/accounts/{master}', { params: { master } }), refetchInterval: EVERY_MS });
  const tree = query.data;
  const asOf = instantOf(tree?.asOf);
  return (
    <div className="account">
      <AnswerPanel
        query={query}
        everyMs={EVERY_MS}
        title={words.detail(tree?.token ?? master)}
        about={words.treeAbout}
        {...(asOf === null ? {} : { asOf: when(asOf) })}
        actions={
          <>
            {mayTrace && (
              <Link className="accent" to="/trace/$level/$id" params={{ level: 'master', id: master }}>
                {words.trace}
              </Link>
            )}
            {mayTransfer && tree !== undefined && (
              <Button kind="quiet" onClick={() => setTransferring(true)}>
                {words.transfer}
              </Button>
            )}
          </>
        }
      >
        {(data) => (
          <>
            <AccountHead tree={data} />
            <AccountTreeTable tree={data} />
          </>
        )}
      </AnswerPanel>
      {tree !== undefined && <Positions tree={tree} />}
      <Transfers master={master} />
      {transferring && tree !== undefined && <TransferDialog tree={tree} close={() => setTransferring(false)} />}
    </div>
  );
}

function AccountHead({ tree }: { readonly tree: AccountTree }) {
  const words = useText(text);
  const figures: readonly (readonly [string, React.ReactNode])[] = [
    [words.equity, <Amount key="e" value={tree.equity} currency={tree.currency} />],
    [words.requirement, <Amount key="r" value={tree.requirement} currency={tree.currency} />],
    [words.ratio, ppm(tree.ratioPpm)],
    [words.leverage, tree.leveragePpm === null ? NONE : `${formatNumber(`${tree.leveragePpm}e-6`, 2)}×`],
    [words.state, nameOf(words.stateOf, tree.state)],
    [words.jurisdiction, tree.jurisdiction],
  ];
  return (
    <dl className="headline">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <RealName client={tree.client} known={tree.name} />
    </dl>
  );
}
