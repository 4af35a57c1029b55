import type { AnswerOf } from '@meridian/api';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { call } from '../../data/call.ts';
import { asked, newerOf } from '../../data/freshness.ts';
import type { ColumnOf } from '../../data/protocol.ts';
import { useRows, useViewport } from '../../data/use-viewport.ts';
import { NONE, scaleUnit } from '../../format/number.ts';
import { instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Scaled } from '../../parts/amount.tsx';
import { Bar } from '../../parts/bar.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { usePreferences } from '../../preferences.ts';
import { AnswerPanel } from '../answer-panel.tsx';
import { ppm } from '../orders/figure.ts';
import { useWhen } from '../when.tsx';
import { text } from './text.ts';

type Exposures = AnswerOf<'GET /v1/exposures'>;
export type ExposureLine = Exposures['total'];

const EVERY_MS = 2_000;
const LIVE: readonly ColumnOf<'exposures'>[] = [
  ...(['market', 'currency', 'notional', 'clientDelta', 'hedgeDelta', 'net'] as const),
  ...(['limitUsedPpm', 'concentrationPpm', 'belowCallLine', 'profit'] as const),
];
/** From these parts on a figure is amber: the desk's own lines, below the limits that the engine enforces. */
const LIMIT_WARN = 0.85;
const CONCENTRATION_WARN_PPM = 400_000;

export const exposuresQuery = queryOptions({
  queryKey: ['GET /v1/exposures', null, null],
  queryFn: ({ signal }) => asked(async () => (await call('GET /v1/exposures', { signal })).body),
  refetchInterval: EVERY_MS,
});

/** Exposure per market in the firm's currency: live from the stream where that is the newer, with the rates of the last answer. */
export function ExposuresPanel() {
  const words = useText(text);
  const language = useLanguage();
  const { scale } = usePreferences();
  const query = useQuery(exposuresQuery);
  const viewport = useViewport('exposures', LIVE);
  const live = useRows(viewport, LIVE);
  const columns = useColumns();
  const when = useWhen();
  const rateAt = instantOf(query.data?.rateAt);
  const asOf = instantOf(query.data?.asOf);
  return (
    <AnswerPanel
      query={query}
      everyMs={EVERY_MS}
      title={words.exposures}
      about={query.data === undefined ? undefined : words.exposuresAbout(scaleUnit(scale, language, query.data.currency))}
      {...(asOf === null ? {} : { asOf: when(asOf) })}
      actions={
        query.data !== undefined && (
          <span className="dim">
            {words.leases(query.data.leases)} · {rateAt === null ? words.noRates : words.rates(when(rateAt))}
          </span>
        )
      }
    >
      {(data) => {
        const newest = (line: ExposureLine) => {
          const row = live.find(({ market }) => market === line.market) as Partial<ExposureLine> | undefined;
          return newerOf(line, row, data, viewport.vouchedAt);
        };
        const rows = data.markets.map(newest);
        const total = newest(data.total);
        if (rows.length === 0) return <Empty why={words.noExposures} next={words.noExposuresNext} />;
        return (
          <Table
            label={words.exposures}
            columns={columns}
            rows={rows}
            keyOf={(row) => row.market}
            total={columns.map((column) => (column.key === 'market' ? words.total : column.cell(total)))}
          />
        );
      }}
    </AnswerPanel>
  );
}

function useColumns(): readonly TableColumn<ExposureLine>[] {
  const words = useText(text);
  return useMemo(
    () => [
      {
        ...{ key: 'market', title: words.market, width: 80 },
        cell: (row) => (
          <>
            {row.market} <span className="dim">{row.currency}</span>
          </>
        ),
      },
      { key: 'notional', title: words.notional, numeric: true, cell: (row) => <Scaled value={row.notional} /> },
      { key: 'client', title: words.clientDelta, numeric: true, cell: (row) => <Plain value={row.clientDelta} /> },
      { key: 'hedge', title: words.hedgeDelta, numeric: true, cell: (row) => <Plain value={row.hedgeDelta} /> },
      { key: 'net', title: words.net, numeric: true, cell: (row) => <Plain value={row.net} /> },
      {
        ...{ key: 'limit', title: words.limit, width: 124, numeric: true },
        cell: (row) => <Bar ratio={ratio(row.limitUsedPpm)} tick={ratio(row.leasedPpm)} warnAt={LIMIT_WARN} />,
      },
      {
        ...{ key: 'concentration', title: words.concentration, width: 66, numeric: true },
        cell: (row) => (
          <span className={(row.concentrationPpm ?? 0) > CONCENTRATION_WARN_PPM ? 'warn' : ''}>
            {ppm(row.concentrationPpm)}
          </span>
        ),
      },
      {
        ...{ key: 'below', title: words.below, width: 74, numeric: true },
        cell: (row) => <span className={row.belowCallLine > 0 ? 'warn' : 'dim'}>{words.accounts(row.belowCallLine)}</span>,
      },
      { key: 'profit', title: words.profit, width: 80, numeric: true, cell: (row) => <Scaled value={row.profit} signed /> },
    ],
    [words],
  );
}

/** A signed exposure: its sign is printed; up and down colours belong to profit alone. */
function Plain({ value }: { readonly value: string | null }) {
  return value === null ? NONE : <Scaled value={value} />;
}

const ratio = (millionths: number | null): number | null => (millionths === null ? null : millionths / 1_000_000);
