import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { call } from '../../data/call.ts';
import { refusalOf } from '../../data/problem.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber } from '../../format/number.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { Select } from '../../parts/select.tsx';
import { Failure } from '../answer-panel.tsx';
import type { BatchDetail } from './batch-page.tsx';
import { OperationView } from './operation.tsx';
import { text } from './text.ts';

interface RerunProps {
  readonly detail: BatchDetail;
  /** The step that is looked at: offered as the one to begin with. */
  readonly from: number | undefined;
}

/** Running a batch again from a step: reason, what it would touch, and then the job as it goes. CL-c, CL-e */
export function Rerun({ detail, from }: RerunProps) {
  const words = useText(text);
  const mayRead = useMay('ledger.read');
  const { state, batch } = detail.batch;
  if (state !== 'published') return <RerunForm detail={detail} from={from} />;
  return (
    <section className="rerun">
      <h3>{words.rerun}</h3>
      <p>{words.sealed}</p>
      {mayRead && (
        <Link className="accent" to="/ledger" search={{ batch }}>
          {words.journals}
        </Link>
      )}
    </section>
  );
}

function RerunForm({ detail, from }: RerunProps) {
  const words = useText(text);
  const language = useLanguage();
  const queries = useQueryClient();
  const { batch, steps } = detail;
  const [picked, setPicked] = useState<number>();
  const [reason, setReason] = useState('');
  const [attempt, setAttempt] = useState(() => crypto.randomUUID());
  const step = picked ?? from ?? steps[0]?.step ?? 0;
  const start = useMutation({
    mutationFn: async () =>
      (
        await call('POST /v1/batches/{batch}/run', {
          params: { batch: batch.batch },
          body: { fromStep: step, reason: reason.trim() },
          idempotencyKey: attempt,
        })
      ).body,
    onSuccess: () => {
      setAttempt(crypto.randomUUID());
      setReason('');
      void queries.invalidateQueries({ queryKey: ['GET /v1/batches/{batch}'] });
    },
    onError: (error) => refusalOf(error)?.status !== 0 && setAttempt(crypto.randomUUID()),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (reason.trim() !== '') start.mutate();
  };
  const lost = refusalOf(start.error)?.status === 0;
  return (
    <section className="rerun">
      <h3>{words.rerun}</h3>
      <form className="form" onSubmit={submit}>
        <Field label={words.from}>
          <Select
            value={String(step)}
            options={steps.map((each) => ({ value: String(each.step), label: `${each.step} ${each.title[language]}` }))}
            onValue={(value) => setPicked(Number(value))}
          />
        </Field>
        <Radius detail={detail} step={step} />
        <Field label={words.runReason}>
          <input
            className="field"
            value={reason}
            maxLength={400}
            required
            onChange={(event) => setReason(event.target.value)}
          />
        </Field>
        {lost ? <p className="warn">{words.unknown}</p> : <Failure error={start.error} />}
        <div className="actions">
          <Button type="submit" kind="main" disabled={reason.trim() === '' || start.isPending || batch.state === 'running'}>
            {start.isPending ? words.starting : words.run}
          </Button>
        </div>
      </form>
      {start.data !== undefined && <OperationView key={start.data.operation} first={start.data} />}
    </section>
  );
}

/** What running from a step would touch, read from the steps as they stand: nothing is done yet. */
function Radius({ detail: { batch, steps, attempts }, step }: { readonly detail: BatchDetail; readonly step: number }) {
  const words = useText(text);
  const language = useLanguage();
  const again = steps.filter((each) => each.step >= step);
  const kept = steps.filter((each) => each.step < step);
  const titles = (list: typeof steps) => list.map((each) => each.title[language]).join(' → ');
  const rows = again.reduce((sum, each) => sum + each.rowsOut, 0);
  const newest = Math.max(batch.attempt, ...attempts.map((each) => each.attempt));
  return (
    <div className="radius">
      <h4 className="dim">{words.radius}</h4>
      <ul>
        <li>{words.radiusRun(again.length, titles(again))}</li>
        <li>{kept.length === 0 ? words.radiusKeepNone : words.radiusKeep(titles(kept))}</li>
        {rows > 0 && <li>{words.radiusRows(formatNumber(rows))}</li>}
        <li>{words.radiusAttempt(newest + 1)}</li>
      </ul>
    </div>
  );
}
