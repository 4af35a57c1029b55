import { NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { FactsOf } from '../facts-of.tsx';
import type { BatchDetail } from './batch-page.tsx';
import { text } from './text.ts';

/** What went into the batch: files and cuts of the log, each with its hash. CL-3 */
export function Inputs({ inputs }: { readonly inputs: BatchDetail['inputs'] }) {
  const words = useText(text);
  if (inputs.length === 0) return <Empty why={words.noInputs} next={words.noInputsNext} />;
  return (
    <Table
      label={words.inputs}
      rows={inputs}
      keyOf={(input) => `${input.kind} ${input.ref}`}
      columns={[
        { key: 'kind', title: words.kind, width: 130, cell: (input) => input.kind },
        { key: 'ref', title: words.ref, cell: (input) => input.ref },
        { key: 'hash', title: words.hash, cell: (input) => <span className="mild">{input.hash}</span> },
      ]}
    />
  );
}

/** What the sides of a reconciliation say differently. CL-2 */
export function Breaks({ breaks }: { readonly breaks: BatchDetail['breaks'] }) {
  const words = useText(text);
  if (breaks.length === 0) return <Empty why={words.noBreaks} next={words.noBreaksNext} />;
  return (
    <Table
      label={words.breaks}
      rows={breaks}
      keyOf={(each) => `${each.recon} ${each.key} ${each.field}`}
      columns={[
        { key: 'recon', title: words.recon, width: 150, cell: (each) => each.recon },
        { key: 'key', title: words.key, cell: (each) => each.key },
        { key: 'kind', title: words.kind, width: 100, cell: (each) => each.kind },
        { key: 'field', title: words.field, width: 100, cell: (each) => each.field },
        { key: 'left', title: words.left, width: 120, numeric: true, cell: (each) => each.left ?? NONE },
        { key: 'right', title: words.right, width: 120, numeric: true, cell: (each) => each.right ?? NONE },
        { key: 'difference', title: words.difference, width: 110, numeric: true, cell: (each) => each.difference ?? NONE },
        {
          ...{ key: 'state', title: words.state, width: 110 },
          cell: (each) => <span className={each.severity === 'fatal' ? 'bad' : 'warn'}>{each.state}</span>,
        },
      ]}
    />
  );
}

/** What a step said of itself when it ended, and the hashes of what it took and gave. */
export function StepSummary({ step }: { readonly step: BatchDetail['steps'][number] | undefined }) {
  const words = useText(text);
  if (step === undefined) return <Empty why={words.noRun} next={words.noRunNext} />;
  return (
    <div className="batch-summary">
      <FactsOf record={{ ...step.summary, inputHash: step.inputHash, outputHash: step.outputHash }} />
    </div>
  );
}
