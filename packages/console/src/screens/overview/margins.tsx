import type { AnswerOf } from '@meridian/api';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { newerOf } from '../../data/freshness.ts';
import type { ColumnOf } from '../../data/protocol.ts';
import { useMay } from '../../data/session.ts';
import { useRows, useViewport } from '../../data/use-viewport.ts';
import { instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Scaled } from '../../parts/amount.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { usePreferences } from '../../preferences.ts';
import { AnswerPanel } from '../answer-panel.tsx';
import { nameOf } from '../names.ts';
import { ppm } from '../orders/figure.ts';
import { mixedUnit } from '../scale-unit.ts';
import { useWhen } from '../when.tsx';
import { exposuresQuery } from './exposures.tsx';
import { text } from './text.ts';

type MarginLine = AnswerOf<'GET /v1/exposures'>['margins'][number];

const EVERY_MS = 2_000;
const LIVE: readonly ColumnOf<'margins'>[] = ['master', 'token', 'currency', 'ratioPpm', 'shortfall', 'state', 'due'];
const worst: Readonly<Record<string, number>> = { breached: 0, called: 1, warning: 2, normal: 3 };
const tones: Readonly<Record<string, string>> = { breached: 'bad strong', called: 'bad', warning: 'warn', normal: 'dim' };

/** Master accounts by how near they are to a call, the nearest first. RC-p */
export function MarginsPanel() {
  const words = useText(text);
  const language = useLanguage();
  const { scale } = usePreferences();
  const navigate = useNavigate();
  const mayOpen = useMay('account.read');
  const when = useWhen();
  const query = useQuery(exposuresQuery);
  const viewport = useViewport('margins', LIVE);
  const live = useRows(viewport, LIVE);
  const columns: readonly TableColumn<MarginLine>[] = [
    { key: 'account', title: words.account, cell: (row) => row.token },
    {
      ...{ key: 'ratio', title: words.ratio, width: 66, numeric: true },
      cell: (row) => <span className={row.state === 'normal' ? '' : tones[row.state]}>{ppm(row.ratioPpm)}</span>,
    },
    {
      ...{ key: 'shortfall', title: words.shortfall, ...mixedUnit(scale, language), width: 80, numeric: true },
      cell: (row) => (
        <>
          <Scaled value={row.shortfall} />
          {row.shortfall !== null && <span className="dim"> {row.currency}</span>}
        </>
      ),
    },
    {
      ...{ key: 'state', title: words.handling, width: 90, numeric: true },
      cell: (row) => {
        const due = instantOf(row.due);
        return (
          <span className={tones[row.state] ?? ''}>
            {nameOf(words.stateOf, row.state)}
            {due !== null && ` ${words.due(when(due, 'minute'))}`}
          </span>
        );
      },
    },
  ];
  return (
    <AnswerPanel query={query} everyMs={EVERY_MS} title={words.margins}>
      {(data) => {
        const rows = data.margins
          .map((line) => {
            const row = live.find(({ master }) => master === line.master) as Partial<MarginLine> | undefined;
            return newerOf(line, row, data, viewport.vouchedAt);
          })
          .toSorted(
            (a, b) => (worst[a.state] ?? 4) - (worst[b.state] ?? 4) || (a.ratioPpm ?? Infinity) - (b.ratioPpm ?? Infinity),
          );
        if (rows.length === 0) return <Empty why={words.noMargins} next={words.noMarginsNext} />;
        return (
          <Table
            label={words.margins}
            columns={columns}
            rows={rows}
            keyOf={(row) => row.master}
            {...(mayOpen
              ? { onSelect: (row: MarginLine) => void navigate({ to: '/accounts/$master', params: { master: row.master } }) }
              : {})}
          />
        );
      }}
    </AnswerPanel>
  );
}
