import { NONE } from '../../format/number.ts';
import { formatDuration, instantOf } from '../../format/time.ts';
import { useText } from '../../i18n/use-text.ts';
import { Table } from '../../parts/table.tsx';
import { clearingWords } from '../clearing-words.ts';
import { useCodeName } from '../code-names.ts';
import { nameOf } from '../names.ts';
import { When } from '../when.tsx';
import { BatchMark } from './batch-mark.tsx';
import type { BatchDetail } from './batch-page.tsx';
import { GanttBar, spanOf } from './steps.tsx';
import { text } from './text.ts';

/** Every attempt as its own lane: running again opens a new one beside the old, and overwrites nothing. CL-e */
export function Attempts({ detail }: { readonly detail: BatchDetail }) {
  const words = useText(text);
  const names = useText(clearingWords);
  const codeName = useCodeName();
  const { attempts, batch, steps } = detail;
  if (attempts.length === 0) return null;
  const span = spanOf(attempts);
  const stepName = (step: number) => {
    const found = steps.find((each) => each.step === step);
    return found === undefined ? String(step) : nameOf(names.step, found.name);
  };
  return (
    <Table
      label={words.attempts}
      rows={attempts}
      keyOf={(attempt) => String(attempt.attempt)}
      selected={String(batch.attempt)}
      columns={[
        { key: 'attempt', title: words.attempts, width: 110, cell: (attempt) => words.attemptOf(attempt.attempt) },
        {
          ...{ key: 'state', title: words.state, width: 84 },
          cell: (attempt) => <BatchMark state={attempt.state} word={nameOf(names.state, attempt.state)} />,
        },
        { key: 'from', title: words.from, width: 80, cell: (attempt) => stepName(attempt.fromStep) },
        {
          ...{ key: 'actor', title: words.actor, width: 150 },
          cell: (attempt) => (
            <span className="mild">
              {nameOf(words.trigger, attempt.trigger)} · {attempt.actor}
            </span>
          ),
        },
        {
          ...{ key: 'started', title: words.started, width: 106 },
          cell: (attempt) => <When at={attempt.started} clock="wall" />,
        },
        {
          ...{ key: 'took', title: words.took, width: 66, numeric: true },
          cell: (attempt) => {
            const ended = instantOf(attempt.ended);
            return ended === null ? NONE : formatDuration(ended - (instantOf(attempt.started) ?? ended));
          },
        },
        {
          key: 'lane',
          title: '',
          width: 160,
          cell: (attempt) => <GanttBar step={attempt} span={span} state={attempt.state} />,
        },
        {
          key: 'reason',
          title: words.reason,
          cell: (attempt) => <span className="mild">{codeName('cause', attempt.reason)}</span>,
        },
      ]}
    />
  );
}
