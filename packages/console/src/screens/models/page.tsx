import type { AnswerOf } from '@meridian/api';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { call, reading } from '../../data/call.ts';
import { useMay } from '../../data/session.ts';
import { formatNumber } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Facts } from '../../parts/facts.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table, type TableColumn } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { Moment } from '../moment.tsx';
import { nameOf } from '../names.ts';
import { ReasonForm } from '../reason-form.tsx';
import { useChange } from '../use-change.ts';
import { Decisions } from './decisions.tsx';
import { ModelPanel } from './model-panel.tsx';
import { text } from './text.ts';
import '../split.css';

type Version = AnswerOf<'GET /v1/models'>[number];

export default function ModelsPage() {
  const words = useText(text);
  const navigate = useNavigate();
  const { face } = useSearch({ from: '/models' });
  const maySeeDecisions = useMay('decision.read');
  const models = { value: 'models' as const, title: words.models, content: <Models /> };
  const decisions = { value: 'decisions' as const, title: words.decisions, content: <Decisions /> };
  return (
    <Tabs
      label={words.faces}
      value={maySeeDecisions ? face : 'models'}
      onValue={(value) => navigate({ to: '/models', search: { face: value } })}
      tabs={maySeeDecisions ? [models, decisions] : [models]}
    />
  );
}

function Models() {
  const words = useText(text);
  const navigate = useNavigate();
  const { version: chosen } = useSearch({ from: '/models' });
  const models = useQuery({ ...reading('GET /v1/models'), refetchInterval: 5_000 });
  const columns: readonly TableColumn<Version>[] = [
    { key: 'version', title: words.version, width: 145, cell: ({ version }) => version },
    { key: 'use', title: words.useCase, width: 120, cell: ({ useCase }) => useCase },
    { key: 'state', title: words.state, width: 90, cell: ({ state }) => nameOf(words.states, state) },
    { key: 'tier', title: words.tier, width: 70, cell: ({ tier }) => tier },
    { key: 'owner', title: words.owner, width: 85, cell: ({ owner }) => owner },
    { key: 'trained', title: words.trained, width: 175, cell: ({ trained }) => <Moment at={trained} /> },
    { key: 'expires', title: words.expires, width: 175, cell: ({ expires }) => <Moment at={expires} /> },
    {
      key: 'hash',
      title: words.hash,
      cell: (row) => <code title={row.artefactHash}>{row.artefactHash.slice(0, 16)}</code>,
    },
  ];
  return (
    <div className="split">
      <AnswerPanel query={models} everyMs={5_000} title={words.models}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty why={words.emptyModels} next={words.emptyModelsNext} />
          ) : (
            <Table
              label={words.models}
              columns={columns}
              rows={rows}
              keyOf={({ version }) => version}
              selected={chosen}
              onSelect={({ version }) => navigate({ to: '/models', search: { face: 'models', version } })}
            />
          )
        }
      </AnswerPanel>
      <aside>
        <State />
        {chosen === undefined ? <Empty why={words.choose} /> : <ModelPanel key={chosen} version={chosen} />}
      </aside>
    </div>
  );
}

/** What decides now, and the switch: to rules by anybody who may, at once. */
function State() {
  const words = useText(text);
  const maySwitch = useMay('model.switch');
  const state = useQuery({ ...reading('GET /v1/ai'), refetchInterval: 2_000 });
  const change = useChange(
    (body: { readonly mode: 'model' | 'rules'; readonly reason: string }, idempotencyKey) =>
      call('PUT /v1/ai/mode', { body, idempotencyKey }),
    ['GET /v1/ai'],
    ({ body }) => words.switched(nameOf(words.modes, body.mode)),
  );
  return (
    <AnswerPanel query={state} everyMs={2_000} title={words.state} about={words.about}>
      {({ mode, breaker, champion, decisions, fallbacks, reviews, replay }) => (
        <>
          <Facts
            facts={[
              [
                words.mode,
                <b key="mode">{mode === 'model' && champion === null ? words.noChampion : nameOf(words.modes, mode)}</b>,
              ],
              [words.breaker, nameOf(words.breakers, breaker)],
              [words.champion, champion ?? words.none],
              [words.counts, `${formatNumber(decisions)} / ${formatNumber(fallbacks)}`],
              [words.reviews, formatNumber(reviews)],
              [
                words.replay,
                replay === null ? words.none : replay.exact ? words.exact(formatNumber(replay.decisions)) : words.inexact,
              ],
            ]}
          />
          {maySwitch && mode !== 'off' && (
            <ReasonForm
              label={words.reason}
              note={words.reasonNeeded}
              running={change.running}
              error={change.error}
              onChoice={(_, reason) => change.run({ mode: mode === 'model' ? 'rules' : 'model', reason })}
              choices={[
                mode === 'model'
                  ? { value: 'rules', label: words.switchOff, kind: 'danger' }
                  : { value: 'model', label: words.switchOn },
              ]}
            />
          )}
        </>
      )}
    </AnswerPanel>
  );
}
