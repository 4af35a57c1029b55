import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useMay } from '../../data/session.ts';
import { formatNumber } from '../../format/number.ts';
import type { Condition } from '../../grid/source.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { KeyHint } from '../../parts/key-hint.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { AccountView } from '../accounts/account-view.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { useContractColumns } from '../contracts/page.tsx';
import { ListPanel } from '../list-panel.tsx';
import { nameOf } from '../names.ts';
import { Blotter } from '../orders/blotter.tsx';
import { orderKeyText, readOrderKey } from '../orders/order-key.ts';
import { OrderPanel } from '../orders/order-panel.tsx';
import { usePages } from '../pages.ts';
import { text as reportText } from '../reports/text.ts';
import './portal.css';
import { text } from './text.ts';

const Ticket = lazy(() => import('../ticket/ticket.tsx'));
const EVERY_MS = 5_000;

/** 客户门户: what I own, owe, and may trade. The firm's own parts, over what the house lets this client see. */
export default function Portal() {
  const words = useText(text);
  const search = useSearch({ from: '/overview' });
  const navigate = useNavigate();
  const mayEnter = useMay('order.enter');
  const [ticket, setTicket] = useState(false);
  const face = search.face ?? 'funds';
  return (
    <div className="portal-body">
      <div className="portal-verbs actions">
        {mayEnter && (
          <Button kind="main" onClick={() => setTicket(true)}>
            {words.newOrder} <KeyHint keys="F9" />
          </Button>
        )}
      </div>
      <Tabs
        label={words.parts}
        value={face}
        onValue={(next) => void navigate({ to: '/overview', search: { face: next }, replace: true })}
        tabs={[
          { value: 'funds', title: words.funds, content: <OwnAccounts /> },
          { value: 'orders', title: words.orders, content: <OwnOrders /> },
          { value: 'contracts', title: words.contracts, content: <OwnContracts /> },
          { value: 'statements', title: words.statements, content: <Statements /> },
        ]}
      />
      {ticket && (
        <Suspense fallback={<Loading />}>
          <Ticket close={() => setTicket(false)} />
        </Suspense>
      )}
    </div>
  );
}

/** The account trees of the clients this session speaks for; nearly always one. */
function OwnAccounts() {
  const words = useText(text);
  const pages = usePages('GET /v1/accounts', {}, EVERY_MS);
  if (pages.data?.length === 1 && pages.data[0] !== undefined) return <AccountView master={pages.data[0].master} />;
  return (
    <AnswerPanel query={pages} everyMs={EVERY_MS} title={words.funds}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty why={words.noAccount} next={words.noAccountNext} />
        ) : (
          rows.map((row) => <AccountView key={row.master} master={row.master} />)
        )
      }
    </AnswerPanel>
  );
}

function OwnOrders() {
  const search = useSearch({ from: '/overview' });
  const navigate = useNavigate();
  const [filter, setFilter] = useState<readonly Condition[]>([]);
  const chosen = readOrderKey(search.order);
  const { order: _, ...rest } = search;
  return (
    <div className={chosen === undefined ? 'whole' : 'with-side'}>
      <Blotter
        chosen={chosen}
        filter={filter}
        onFilter={setFilter}
        onOpen={(order) => void navigate({ to: '/overview', search: { ...rest, order: orderKeyText(order) }, replace: true })}
        onSelect={(order) =>
          chosen !== undefined &&
          void navigate({ to: '/overview', search: { ...rest, order: orderKeyText(order) }, replace: true })
        }
      />
      {chosen !== undefined && (
        <OrderPanel
          key={orderKeyText(chosen)}
          order={chosen}
          close={() => void navigate({ to: '/overview', search: rest, replace: true })}
        />
      )}
    </div>
  );
}

function OwnContracts() {
  const words = useText(text);
  const navigate = useNavigate();
  const columns = useContractColumns();
  const pages = usePages('GET /v1/contracts', {}, EVERY_MS);
  return (
    <ListPanel
      className="page-panel"
      pages={pages}
      everyMs={EVERY_MS}
      title={words.contracts}
      label={words.contracts}
      none={words.noContracts}
      noneNext={words.noContractsNext}
      columns={columns}
      keyOf={(row) => row.contract}
      onSelect={(row) => void navigate({ to: '/contracts/$contract', params: { contract: row.contract } })}
    />
  );
}

/** Statements as files. The house writes each download to its audit log. */
function Statements() {
  const words = useText(text);
  const reportWords = useText(reportText);
  const mayDownload = useMay('report.download');
  const pages = usePages('GET /v1/reports', {}, 10_000);
  return (
    <ListPanel
      className="page-panel"
      pages={pages}
      everyMs={10_000}
      title={words.statements}
      label={words.statements}
      none={words.noStatements}
      noneNext={words.noStatementsNext}
      keyOf={(row) => row.document}
      columns={[
        { key: 'file', title: words.file, cell: (row) => row.fileName },
        {
          key: 'kind',
          title: words.kind,
          width: 160,
          cell: (row) => <span className="mild">{nameOf(reportWords.kinds, row.kind)}</span>,
        },
        { key: 'size', title: words.size, width: 120, numeric: true, cell: (row) => formatNumber(row.bytes) },
        {
          ...{ key: 'get', title: words.download, width: 100 },
          cell: (row) =>
            mayDownload && (
              <a
                className="accent"
                href={`/v1/reports/${encodeURIComponent(row.document)}/content`}
                download={row.fileName}
                aria-label={`${words.download} ${row.fileName}`}
              >
                {words.download}
              </a>
            ),
        },
      ]}
    />
  );
}
