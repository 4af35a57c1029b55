import { useNavigate, useSearch } from '@tanstack/react-router';
import { call } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { Failure } from '../answer-panel.tsx';
import { ListPanel } from '../list-panel.tsx';
import { nameOf } from '../names.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { useChange } from '../use-change.ts';
import { When } from '../when.tsx';
import { text } from './text.ts';
import '../split.css';

export default function ReportsPage() {
  const words = useText(text);
  const navigate = useNavigate();
  const { face } = useSearch({ from: '/reports' });
  const mayMail = useMay('mail.read');
  const tabs = [{ value: 'reports' as const, title: words.title, content: <Documents /> }];
  return (
    <Tabs
      label={words.faces}
      value={mayMail ? face : 'reports'}
      onValue={(value) => navigate({ to: '/reports', search: { face: value } })}
      tabs={mayMail ? [...tabs, { value: 'mails' as const, title: words.mails, content: <Mails /> }] : tabs}
    />
  );
}

type Document = ItemOf<'GET /v1/reports'>;

function Documents() {
  const words = useText(text);
  const navigate = useNavigate();
  const { batch: chosen, document: sought } = useSearch({ from: '/reports' });
  // A document's name begins with its batch: among that batch's few it stands on the first page, and is marked there.
  const batch = sought === undefined ? chosen : batchOf(sought);
  const mayDownload = useMay('report.download');
  const documents = usePages('GET /v1/reports', batch === undefined ? {} : { batch }, 5_000);
  const columns: readonly TableColumn<Document>[] = [
    { key: 'batch', title: words.batch, width: 200, cell: (row) => row.batch },
    { key: 'attempt', title: words.attempt, numeric: true, width: 40, cell: ({ attempt }) => attempt },
    { key: 'kind', title: words.kind, width: 130, cell: ({ kind }) => nameOf(words.kinds, kind) },
    { key: 'client', title: words.client, width: 120, cell: ({ token }) => token ?? NONE },
    { key: 'file', title: words.file, cell: ({ fileName }) => fileName },
    { key: 'size', title: words.size, unit: 'B', numeric: true, width: 90, cell: ({ bytes }) => formatNumber(bytes) },
    { key: 'hash', title: words.hash, width: 150, cell: ({ sha256 }) => <code title={sha256}>{sha256.slice(0, 16)}</code> },
    {
      key: 'download',
      title: words.download,
      width: 80,
      cell: ({ document, fileName }) =>
        mayDownload ? (
          <a
            href={`/v1/reports/${encodeURIComponent(document)}/content`}
            download={fileName}
            aria-label={`${words.download} ${fileName}`}
          >
            {words.download}
          </a>
        ) : (
          NONE
        ),
    },
  ];
  return (
    <ListPanel
      pages={documents}
      everyMs={5_000}
      title={words.title}
      label={words.title}
      about={batch}
      actions={
        batch !== undefined && (
          <Button onClick={() => navigate({ to: '/reports', search: { face: 'reports' } })}>{words.all}</Button>
        )
      }
      none={words.empty}
      noneNext={words.emptyNext}
      columns={columns}
      keyOf={({ document }) => document}
      selected={sought?.replaceAll('/', '~')}
    />
  );
}

const batchOf = (document: string) => document.split(/[~/]/)[0] as string;

type Mail = ItemOf<'GET /v1/mails'>;

function Mails() {
  const words = useText(text);
  const mayResend = useMay('mail.resend');
  const mails = usePages('GET /v1/mails', {}, 5_000);
  const resend = useChange(
    (mail: string, idempotencyKey) => call('POST /v1/mails/{mail}/resend', { params: { mail }, body: {}, idempotencyKey }),
    ['GET /v1/mails'],
    () => words.resent,
  );
  const columns: readonly TableColumn<Mail>[] = [
    { key: 'batch', title: words.batch, width: 200, cell: (row) => row.batch },
    { key: 'recipient', title: words.recipient, width: 200, cell: ({ recipient }) => recipient },
    { key: 'subject', title: words.subject, cell: ({ subject }) => subject },
    {
      key: 'state',
      title: words.state,
      width: 80,
      cell: ({ state }) => <span className={state === 'dead' ? 'bad' : ''}>{nameOf(words.states, state)}</span>,
    },
    { key: 'tries', title: words.tries, numeric: true, width: 60, cell: ({ tries }) => tries },
    { key: 'sent', title: words.sent, width: 118, cell: ({ sent }) => <When at={sent} clock="wall" /> },
    { key: 'error', title: words.error, width: 200, cell: ({ error }) => error ?? NONE },
    {
      key: 'resend',
      title: words.resend,
      width: 90,
      cell: ({ mail, state, subject }) =>
        mayResend && state !== 'queued' ? (
          <Button
            kind="quiet"
            disabled={resend.running}
            aria-label={`${words.resend} ${subject}`}
            onClick={() => resend.run(mail)}
          >
            {words.resend}
          </Button>
        ) : (
          NONE
        ),
    },
  ];
  return (
    <ListPanel
      pages={mails}
      everyMs={5_000}
      title={words.mails}
      label={words.mails}
      above={<Failure error={resend.error} />}
      none={words.emptyMails}
      noneNext={words.emptyNext}
      columns={columns}
      keyOf={({ mail }) => mail}
    />
  );
}
