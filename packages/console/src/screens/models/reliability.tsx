import type { AnswerOf } from '@meridian/api';
import { lazy, Suspense, useMemo } from 'react';
import { formatNumber, formatPercent, NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import type { ChartAxis, ChartSeries } from '../../parts/chart.tsx';
import { Empty, Loading } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Moment } from '../moment.tsx';
import { text } from './text.ts';

// The plotter is as large as a screen: only who looks at a model loads it.
const Chart = lazy(() => import('../../parts/chart.tsx'));

type Found = NonNullable<AnswerOf<'GET /v1/models/{version}'>['reliability']>;
type Bin = Found['model'][number];

const TICKS: readonly number[] = [0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1];
/** Below it a percentage of two decimals says nothing. */
const LEAST = 0.0001;
const share = (value: number | undefined) =>
  value === undefined ? NONE : value > 0 && value < LEAST ? '<0.01%' : formatPercent(value.toFixed(6), 2);

/** What model and rule said beside what happened, on rows that training never saw: a chart, and the same figures to read. AI-a */
export function Reliability({ found }: { readonly found: Found | null }) {
  const words = useText(text);
  return (
    <section>
      <h3 className="panel-title prose">{words.reliability}</h3>
      {found === null ? <Empty why={words.noReliability} next={words.noReliabilityNext} /> : <Shown found={found} />}
    </section>
  );
}

function Shown({ found }: { readonly found: Found }) {
  const words = useText(text);
  const { x, y, series } = useMemo(() => {
    const both = [...found.model, ...found.rule];
    const most = Math.max(...both.flatMap(({ predicted, observed }) => [predicted, observed]));
    const ticks = TICKS.filter((_, i) => i < 2 || (TICKS[i - 1] as number) < most);
    const axis = (title: string): ChartAxis => ({ title, ticks, format: (value) => formatPercent(value, 0), scale: 'root' });
    const points = (bins: readonly Bin[]) => bins.map(({ predicted, observed }) => [predicted, observed] as const);
    return {
      x: axis(words.predictedAxis),
      y: axis(words.observedAxis),
      series: [
        {
          ...{ name: words.asSaid, mark: 'none', line: 'dotted', colour: '--text-3' },
          points: [0, ticks.at(-1) as number].map((end) => [end, end] as const),
        },
        { name: words.byRule, mark: 'diamond', line: 'dashed', colour: '--text', points: points(found.rule) },
        { name: words.byModel, mark: 'disc', line: 'solid', colour: '--accent', points: points(found.model) },
      ] satisfies readonly ChartSeries[],
    };
  }, [found, words]);
  const rows = Array.from({ length: Math.max(found.model.length, found.rule.length) }, (_, i) => ({
    ...{ no: i + 1, model: found.model[i], rule: found.rule[i] },
  }));
  return (
    <>
      <p className="prose dim">
        {words.reliabilityAbout} {found.by} · <Moment at={found.at} />
      </p>
      <Suspense fallback={<Loading />}>
        <Chart label={words.reliabilityChart} x={x} y={y} series={series} />
      </Suspense>
      <Table
        label={words.reliability}
        rows={rows}
        keyOf={({ no }) => String(no)}
        columns={[
          { key: 'no', title: words.bin, numeric: true, width: 40, cell: ({ no }) => no },
          { key: 'rows', title: words.rows, numeric: true, width: 62, cell: ({ model, rule }) => countOf(model, rule) },
          { key: 'model', title: words.modelSaid, numeric: true, cell: ({ model }) => share(model?.predicted) },
          {
            ...{ key: 'model happened', numeric: true },
            title: <Happened of={words.byModel} />,
            cell: ({ model }) => share(model?.observed),
          },
          { key: 'rule', title: words.ruleSaid, numeric: true, cell: ({ rule }) => share(rule?.predicted) },
          {
            ...{ key: 'rule happened', numeric: true },
            title: <Happened of={words.byRule} />,
            cell: ({ rule }) => share(rule?.observed),
          },
        ]}
      />
    </>
  );
}

/** The eye sees beside whose figure it stands. */
function Happened({ of }: { readonly of: string }) {
  const { happened } = useText(text);
  return (
    <>
      {happened}
      <span className="hidden-text"> ({of})</span>
    </>
  );
}

/** Bins of both are cut by count: of the same rows they hold the same many. */
function countOf(model: Bin | undefined, rule: Bin | undefined): string {
  const counts = new Set([model, rule].flatMap((bin) => (bin === undefined ? [] : [formatNumber(bin.count)])));
  return [...counts].join(' / ');
}
