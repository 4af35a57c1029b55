import { useNavigate, useSearch } from '@tanstack/react-router';
import { call } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { formatDuration } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Facts } from '../../parts/facts.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { useCodeName } from '../code-names.ts';
import { ListPanel } from '../list-panel.tsx';
import { Moment } from '../moment.tsx';
import { nameOf } from '../names.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { ReasonForm } from '../reason-form.tsx';
import { useChange } from '../use-change.ts';
import { When } from '../when.tsx';
import { text } from './text.ts';

type Decision = ItemOf<'GET /v1/decisions'>;

/** Every decision, by model or rule, with its reasons; what waits for a person is decided here. */
export function Decisions() {
  const words = useText(text);
  const codeName = useCodeName();
  const navigate = useNavigate();
  const { decision: chosen } = useSearch({ from: '/models' });
  const decisions = usePages('GET /v1/decisions', {}, 2_000);
  const columns: readonly TableColumn<Decision>[] = [
    { key: 'at', title: words.at, width: 118, cell: ({ at }) => <When at={at} /> },
    { key: 'use', title: words.useCase, width: 130, cell: ({ useCase }) => codeName('useCase', useCase) },
    { key: 'client', title: words.client, width: 96, cell: ({ token }) => token ?? NONE },
    { key: 'route', title: words.route, width: 70, cell: ({ route }) => nameOf(words.routes, route) },
    { key: 'score', title: words.score, numeric: true, width: 80, cell: ({ score }) => scoreOf(score) },
    { key: 'outcome', title: words.outcome, cell: ({ outcome }) => codeName('judgement', outcome) },
    {
      key: 'fault',
      title: words.fault,
      width: 110,
      cell: ({ fault }) => (fault === null ? NONE : codeName('fallback', fault)),
    },
    {
      key: 'latency',
      title: words.latency,
      numeric: true,
      width: 80,
      cell: ({ latencyMicroseconds }) => formatDuration(latencyMicroseconds),
    },
    {
      key: 'review',
      title: words.review,
      width: 90,
      cell: ({ review }) => (
        <span className={review?.state === 'waiting' ? 'warn' : ''}>{nameOf(words.reviewStates, review?.state)}</span>
      ),
    },
  ];
  const selected = decisions.data?.find(({ decision }) => decision === chosen);
  return (
    <div className="split">
      <ListPanel
        pages={decisions}
        everyMs={2_000}
        title={words.decisions}
        label={words.decisions}
        none={words.emptyDecisions}
        noneNext={words.emptyDecisionsNext}
        columns={columns}
        keyOf={({ decision }) => decision}
        selected={chosen}
        onSelect={({ decision }) => navigate({ to: '/models', search: { face: 'decisions', decision } })}
      />
      <aside>
        {selected === undefined ? <Empty why={words.choose} /> : <Chosen key={selected.decision} decision={selected} />}
      </aside>
    </div>
  );
}

const scoreOf = (score: number | null) => (score === null ? NONE : formatNumber(score.toFixed(4), 4));

function Chosen({ decision }: { readonly decision: Decision }) {
  const words = useText(text);
  const language = useLanguage();
  const mayReview = useMay('review.decide');
  const { explanation, counterfactual, reasons, review } = decision;
  return (
    <Panel title={words.explanation} about={<Moment at={decision.at} />}>
      <p className="prose strong">{explanation[language]}</p>
      {counterfactual !== null && (
        <p className="prose">
          <span className="dim">{words.counterfactual} </span>
          {counterfactual[language]}
        </p>
      )}
      <Table
        label={words.reasons}
        rows={reasons}
        keyOf={({ code }) => code}
        columns={[
          { key: 'text', title: words.reasons, cell: (reason) => reason.text[language] },
          { key: 'weight', title: words.weight, numeric: true, width: 80, cell: ({ weight }) => scoreOf(weight) },
        ]}
      />
      <Facts
        facts={[
          [words.version, decision.version ?? words.none],
          [words.score, `${scoreOf(decision.score)} / ${scoreOf(decision.threshold)}`],
          [
            words.hash,
            <code key="hash" className="hash">
              {decision.artefactHash ?? NONE}
            </code>,
          ],
          [
            words.review,
            review === null
              ? words.none
              : `${nameOf(words.reviewStates, review.state)} ${review.by ?? ''} ${review.reason ?? ''}`,
          ],
        ]}
      />
      {mayReview && review?.state === 'waiting' && <Verdict decision={decision.decision} />}
    </Panel>
  );
}

/** Confirms or vetoes; a veto is final. AI-f */
function Verdict({ decision }: { readonly decision: string }) {
  const words = useText(text);
  const change = useChange(
    (body: { readonly verdict: 'confirm' | 'veto'; readonly reason: string }, idempotencyKey) =>
      call('POST /v1/decisions/{decision}/review', { params: { decision }, body, idempotencyKey }),
    ['GET /v1/decisions', 'GET /v1/ai'],
    () => words.reviewed,
  );
  return (
    <ReasonForm
      label={words.reason}
      note={words.reasonNeeded}
      running={change.running}
      error={change.error}
      onChoice={(verdict, reason) => change.run({ verdict: verdict === 'veto' ? 'veto' : 'confirm', reason })}
      choices={[
        { value: 'confirm', label: words.confirm, kind: 'main' },
        { value: 'veto', label: words.veto, kind: 'danger' },
      ]}
    />
  );
}
