import type { AnswerOf } from '@meridian/api';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { reading } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { useKeys } from '../../keys/bindings.ts';
import { Panel } from '../../parts/panel.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { clearingWords } from '../clearing-words.ts';
import { nameOf } from '../names.ts';
import { Attempts } from './attempts.tsx';
import { BatchMark } from './batch-mark.tsx';
import { Breaks, Inputs, StepSummary } from './batch-tabs.tsx';
import './clearing.css';
import { When } from '../when.tsx';
import { Faults } from './faults.tsx';
import { Rerun } from './rerun.tsx';
import { Steps } from './steps.tsx';
import { text } from './text.ts';
import { Why } from './why.tsx';

export type BatchDetail = AnswerOf<'GET /v1/batches/{batch}'>;
const EVERY_MS = 2_000;
const TABS = ['faults', 'inputs', 'breaks', 'summary'] as const;
const route = getRouteApi('/batches/$batch');

/**
 * One batch: attempts as lanes, steps on a time line, and at the right, in one pane, why it stands, what went wrong, and running
 * it again from a step with what that would touch. CL-c, CL-d, CL-e
 */
export default function BatchPage() {
  const words = useText(text);
  const { batch } = route.useParams();
  const navigate = useNavigate();
  const mayRun = useMay('batch.run');
  const query = useQuery({ ...reading('GET /v1/batches/{batch}', { params: { batch } }), refetchInterval: EVERY_MS });
  const [chosen, setChosen] = useState<number>();
  const [tab, setTab] = useState<(typeof TABS)[number]>('faults');
  useKeys([
    {
      keys: 'Backspace',
      scope: 'page',
      label: { zh: text.zh.back, en: text.en.back },
      run: () => void navigate({ to: '/batches' }),
    },
  ]);
  const detail = query.data;
  const step = chosen ?? detail?.steps.find((each) => each.state === 'failed' || each.state === 'running')?.step;
  return (
    <div className="batch">
      <AnswerPanel
        query={query}
        everyMs={EVERY_MS}
        className="batch-main"
        title={words.detail(batch)}
        about={words.timeNote}
        actions={<BatchLinks batch={batch} />}
      >
        {(data) => (
          <>
            <BatchHead detail={data} />
            <Attempts detail={data} />
            <Steps detail={data} chosen={step} choose={setChosen} />
            <Tabs
              label={words.detail(batch)}
              value={tab}
              onValue={setTab}
              tabs={[
                { value: 'faults', title: `${words.faults} ${data.faults.length}`, content: <Faults faults={data.faults} /> },
                { value: 'inputs', title: `${words.inputs} ${data.inputs.length}`, content: <Inputs inputs={data.inputs} /> },
                { value: 'breaks', title: `${words.breaks} ${data.breaks.length}`, content: <Breaks breaks={data.breaks} /> },
                {
                  ...{ value: 'summary', title: words.summary },
                  content: <StepSummary step={data.steps.find((each) => each.step === step)} />,
                },
              ]}
            />
          </>
        )}
      </AnswerPanel>
      {detail !== undefined && (
        <Panel title={words.why} className="batch-side">
          <Why detail={detail} />
          <Faults
            faults={detail.faults.filter((fault) => fault.step === step && fault.attempt === detail.batch.attempt)}
            brief
          />
          {mayRun && <Rerun key={batch} detail={detail} from={step} />}
        </Panel>
      )}
    </div>
  );
}

function BatchHead({ detail: { batch } }: { readonly detail: BatchDetail }) {
  const words = useText(text);
  const names = useText(clearingWords);
  const figures: readonly (readonly [string, React.ReactNode])[] = [
    [words.state, <BatchMark key="state" state={batch.state} word={nameOf(names.state, batch.state)} />],
    [words.market, batch.kind === 'client-day' ? names.clientDay : batch.market],
    [words.business, nameOf(names.business, batch.business)],
    [words.date, batch.date],
    [words.attempt, batch.attempt],
    [words.due, <When key="due" at={batch.due} />],
    [words.published, <When key="published" at={batch.published} />],
    [words.held, batch.heldBy ?? NONE],
    [
      words.outputHash,
      batch.outputHash === null ? (
        NONE
      ) : (
        <span key="hash" title={batch.outputHash}>
          {batch.outputHash.slice(0, 12)}…
        </span>
      ),
    ],
  ];
  return (
    <dl className="headline">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function BatchLinks({ batch }: { readonly batch: string }) {
  const words = useText(text);
  const reports = useMay('report.read');
  const ledger = useMay('ledger.read');
  return (
    <>
      {reports && (
        <Link className="accent" to="/reports" search={{ face: 'reports', batch }}>
          {words.reports}
        </Link>
      )}
      {ledger && (
        <Link className="accent" to="/ledger" search={{ batch }}>
          {words.journals}
        </Link>
      )}
    </>
  );
}
