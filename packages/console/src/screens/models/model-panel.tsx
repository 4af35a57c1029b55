import type { AnswerOf, BodyOf } from '@meridian/api';
import { useQuery } from '@tanstack/react-query';
import { call, reading } from '../../data/call.ts';
import { useSession } from '../../data/session.ts';
import { formatNumber, NONE } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Facts } from '../../parts/facts.tsx';
import { Table } from '../../parts/table.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { Moment } from '../moment.tsx';
import { nameOf } from '../names.ts';
import { ReasonForm } from '../reason-form.tsx';
import { useChange } from '../use-change.ts';
import { Reliability } from './reliability.tsx';
import { text } from './text.ts';

type Detail = AnswerOf<'GET /v1/models/{version}'>;
type State = Detail['version']['state'];
type Move = BodyOf<'POST /v1/models/{version}/register'>;

/** The way from a draft to the model that decides; the others lie beside it. */
const WAY: readonly State[] = ['draft', 'submitted', 'in-validation', 'validated', 'approved', 'shadow', 'canary', 'champion'];

/** A model with its life, its data, how it was judged, and who moved it. */
export function ModelPanel({ version }: { readonly version: string }) {
  const words = useText(text);
  const model = useQuery({ ...reading('GET /v1/models/{version}', { params: { version } }), refetchInterval: 5_000 });
  return (
    <AnswerPanel
      query={model}
      everyMs={5_000}
      title={version}
      about={model.data && nameOf(words.states, model.data.version.state)}
    >
      {(detail) => (
        <>
          <ol className="strip" aria-label={words.life}>
            {(WAY.includes(detail.version.state) ? WAY : [...WAY, detail.version.state]).map((state) => (
              <li key={state} {...(state === detail.version.state ? { 'aria-current': 'step' as const } : {})}>
                {nameOf(words.states, state)}
              </li>
            ))}
          </ol>
          <Moves detail={detail} />
          <Reliability found={detail.reliability} />
          <h3 className="panel-title prose">{words.card}</h3>
          <Facts
            facts={[
              [
                words.hash,
                <code key="hash" className="hash">
                  {detail.version.artefactHash}
                </code>,
              ],
              ...Object.entries(detail.card).map(([name, value]) => [name, shown(value)] as const),
            ]}
          />
          <Datasets detail={detail} />
          <Validations detail={detail} />
          <Transitions detail={detail} />
        </>
      )}
    </AnswerPanel>
  );
}

const shown = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** The route by which a state is reached from another: who submits, who judges, who agrees, who puts to work, who stops. */
function routeTo(from: State, to: State, allowed: readonly string[]) {
  if (to === 'submitted' || to === 'retired') return 'POST /v1/models/{version}/register' as const;
  if (to === 'suspended') return 'POST /v1/models/{version}/suspend' as const;
  if (to === 'approved') return 'POST /v1/models/{version}/approve' as const;
  if (to === 'rejected' && !allowed.includes('model.validate')) return 'POST /v1/models/{version}/approve' as const;
  if (from !== 'suspended' && ['shadow', 'canary', 'champion'].includes(to)) return 'POST /v1/models/{version}/deploy' as const;
  return 'POST /v1/models/{version}/validate' as const;
}

function Moves({ detail }: { readonly detail: Detail }) {
  const words = useText(text);
  const { allowed } = useSession();
  const { version, state, moves } = detail.version;
  const change = useChange(
    (body: Move, idempotencyKey) => call(routeTo(state, body.to, allowed), { params: { version }, body, idempotencyKey }),
    ['GET /v1/models', 'GET /v1/models/{version}', 'GET /v1/ai'],
    ({ body }: { readonly body: Detail }) => words.moved(nameOf(words.states, body.version.state)),
  );
  const mine = moves.filter((move) => move.mine);
  return (
    <section>
      <h3 className="panel-title prose">{words.moves}</h3>
      <p className="prose dim">
        {moves.length === 0
          ? words.none
          : moves.map(({ to, duty }) => words.moveBy(nameOf(words.states, to), duty)).join(' · ')}
      </p>
      {mine.length > 0 && (
        <ReasonForm
          label={words.reason}
          note={words.reasonNeeded}
          running={change.running}
          error={change.error}
          onChoice={(to, reason) => change.run({ to: to as State, reason })}
          choices={mine.map(({ to }) => ({ value: to, label: words.move(nameOf(words.states, to)) }))}
        />
      )}
    </section>
  );
}

function Datasets({ detail }: { readonly detail: Detail }) {
  const words = useText(text);
  return (
    <section>
      <h3 className="panel-title prose">{words.datasets}</h3>
      {detail.datasets.map((set) => (
        <Facts
          key={set.dataset}
          facts={[
            [words.source, set.source],
            [words.licence, set.licence],
            [words.class, set.class],
            [words.rows, formatNumber(set.rows)],
            [words.basis, set.legalBasis],
            [
              'SHA-256',
              <code key="hash" className="hash">
                {set.sha256}
              </code>,
            ],
          ]}
        />
      ))}
    </section>
  );
}

const figure = (value: number | null) => (value === null ? NONE : formatNumber(value.toFixed(4), 4));

function Validations({ detail }: { readonly detail: Detail }) {
  const words = useText(text);
  return (
    <section>
      <h3 className="panel-title prose">{words.validations}</h3>
      <Table
        label={words.validations}
        rows={detail.validations}
        keyOf={(run) => `${run.suite} ${run.case} ${run.metric} ${run.at}`}
        columns={[
          { key: 'suite', title: words.suite, cell: (run) => `${run.suite} · ${run.case}` },
          { key: 'metric', title: words.metric, width: 90, cell: ({ metric }) => metric },
          { key: 'value', title: words.value, numeric: true, width: 70, cell: ({ value }) => figure(value) },
          {
            key: 'interval',
            title: words.interval,
            width: 110,
            cell: ({ low, high }) => (low === null ? NONE : `${figure(low)}…${figure(high)}`),
          },
          {
            key: 'passed',
            title: words.passed,
            width: 70,
            cell: ({ passed }) => <span className={passed ? 'good' : 'bad'}>{passed ? words.passed : words.failed}</span>,
          },
        ]}
      />
    </section>
  );
}

function Transitions({ detail }: { readonly detail: Detail }) {
  const words = useText(text);
  return (
    <section>
      <h3 className="panel-title prose">{words.transitions}</h3>
      <Table
        label={words.transitions}
        rows={detail.transitions}
        keyOf={({ at, to }) => `${at} ${to}`}
        columns={[
          { key: 'at', title: words.at, width: 180, cell: ({ at }) => <Moment at={at} /> },
          { key: 'to', title: words.to, width: 80, cell: ({ to }) => nameOf(words.states, to) },
          { key: 'by', title: words.by, cell: ({ by, duty, reason }) => `${by} (${duty}): ${reason}` },
        ]}
      />
    </section>
  );
}
