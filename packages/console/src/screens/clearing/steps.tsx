import { formatNumber, NONE } from '../../format/number.ts';
import { formatDuration, instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { clearingWords } from '../clearing-words.ts';
import { nameOf } from '../names.ts';
import { useWhen, When } from '../when.tsx';
import { BatchMark } from './batch-mark.tsx';
import type { BatchDetail } from './batch-page.tsx';
import { text } from './text.ts';

interface StepsProps {
  readonly detail: BatchDetail;
  readonly chosen: number | undefined;
  readonly choose: (step: number) => void;
}

type Step = BatchDetail['steps'][number];

/** The newest attempt's steps, each where it lay in the attempt's time. A step behind a failed one is blocked, not failed. CL-d */
export function Steps({ detail, chosen, choose }: StepsProps) {
  const words = useText(text);
  const names = useText(clearingWords);
  const language = useLanguage();
  const when = useWhen('wall');
  const { steps } = detail;
  const failed = steps.find((step) => step.state === 'failed')?.step;
  const stateOf = (step: Step) =>
    failed !== undefined && step.step > failed && step.state === 'waiting' ? 'blocked' : step.state;
  const span = spanOf(steps);
  if (steps.length === 0) return <Empty why={words.noRun} next={words.noRunNext} />;
  return (
    <Table
      label={words.steps}
      rows={steps}
      keyOf={(step) => String(step.step)}
      selected={chosen === undefined ? undefined : String(chosen)}
      onSelect={(step) => choose(step.step)}
      columns={[
        { key: 'step', title: words.steps, width: 110, cell: (step) => `${step.step} ${step.title[language]}` },
        {
          ...{ key: 'state', title: words.state, width: 84 },
          cell: (step) => <BatchMark state={stateOf(step)} word={nameOf(names.state, stateOf(step))} />,
        },
        { key: 'attempt', title: words.attempt, width: 56, numeric: true, cell: (step) => step.attempt || NONE },
        {
          ...{ key: 'rows', title: words.rows, width: 150, numeric: true },
          cell: (step) => `${formatNumber(step.rowsIn)} → ${formatNumber(step.rowsOut)}`,
        },
        {
          ...{ key: 'errors', title: words.errors, width: 60, numeric: true },
          cell: (step) => <span className={step.errors > 0 ? 'bad' : 'dim'}>{step.errors}</span>,
        },
        {
          ...{ key: 'started', title: words.started, width: 106 },
          cell: (step) => <When at={step.started} clock="wall" />,
        },
        { key: 'took', title: words.took, width: 66, numeric: true, cell: (step) => tookText(step) },
        {
          ...{
            key: 'gantt',
            title: span === null ? '' : words.span(when(span[0]), when(span[1])),
          },
          cell: (step) => <GanttBar step={step} span={span} state={stateOf(step)} />,
        },
      ]}
    />
  );
}

function tookText({ started, ended }: Pick<Step, 'started' | 'ended'>): string {
  const from = instantOf(started);
  const to = instantOf(ended);
  return from === null || to === null ? NONE : formatDuration(to - from);
}

/** First begin and last end of what has run; null before anything has. */
export function spanOf(
  parts: readonly { readonly started: string | null; readonly ended: string | null }[],
): readonly [number, number] | null {
  const starts = parts.map((part) => instantOf(part.started)).filter((at) => at !== null);
  const ends = parts.map((part) => instantOf(part.ended)).filter((at) => at !== null);
  if (starts.length === 0) return null;
  const from = Math.min(...starts);
  return [from, Math.max(from + 1, ...starts, ...ends)];
}

interface GanttBarProps {
  readonly step: { readonly started: string | null; readonly ended: string | null };
  readonly span: readonly [number, number] | null;
  readonly state: string;
}

/** Where something lay in a stretch of time. Its times stand in the columns beside it. */
export function GanttBar({ step, span, state }: GanttBarProps) {
  const from = instantOf(step.started);
  if (from === null || span === null) return null;
  const [begin, end] = span;
  const to = instantOf(step.ended) ?? end;
  const part = (at: number) => ((at - begin) / (end - begin)) * 100;
  return (
    <span className="gantt" aria-hidden="true">
      <i className={state} style={{ left: `${part(from)}%`, width: `max(3px, ${part(to) - part(from)}%)` }} />
    </span>
  );
}
