import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { reading } from '../../data/call.ts';
import { formatNumber } from '../../format/number.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Field } from '../../parts/field.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';
import type { TableColumn } from '../../parts/table.tsx';
import { Failure } from '../answer-panel.tsx';
import { namedCodes, useCodeName } from '../code-names.ts';
import { dutyWords } from '../duty-words.ts';
import { ListPanel } from '../list-panel.tsx';
import { Moment } from '../moment.tsx';
import { nameOf } from '../names.ts';
import { type ItemOf, usePages } from '../pages.ts';
import { When } from '../when.tsx';
import { text } from './text.ts';
import { toneOf } from './tone.ts';
import '../split.css';

type Entry = ItemOf<'GET /v1/audit'>;

export default function AuditPage() {
  const words = useText(text);
  const { lang: _, ...search } = useSearch({ from: '/audit' });
  const duties = useText(dutyWords);
  const codeName = useCodeName();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<Entry>();
  const entries = usePages('GET /v1/audit', search, 5_000);
  const columns: readonly TableColumn<Entry>[] = [
    { key: 'no', title: words.no, numeric: true, width: 70, cell: ({ no }) => formatNumber(no) },
    { key: 'at', title: words.at, width: 118, cell: ({ at }) => <When at={at} clock="wall" /> },
    { key: 'actor', title: words.actor, width: 130, cell: (entry) => entry.actor },
    { key: 'duty', title: words.duty, width: 110, cell: ({ duty }) => nameOf(duties, duty) },
    {
      key: 'action',
      title: words.action,
      width: 180,
      cell: ({ action }) => <span title={action}>{codeName('action', action)}</span>,
    },
    { key: 'target', title: words.target, cell: ({ target }) => target },
    { key: 'outcome', title: words.outcome, width: 200, cell: ({ outcome }) => codeName('outcome', outcome) },
  ];
  const filter = (name: 'actor' | 'action', value: string) => {
    const { [name]: _old, ...rest } = search;
    return navigate({ to: '/audit', search: value === '' ? rest : { ...rest, [name]: value }, replace: true });
  };

  return (
    <div className="split">
      <ListPanel
        pages={entries}
        everyMs={5_000}
        title={words.title}
        label={words.title}
        about={words.about}
        none={words.empty}
        noneNext={words.widen}
        columns={columns}
        keyOf={({ no }) => String(no)}
        selected={chosen === undefined ? undefined : String(chosen.no)}
        onSelect={setChosen}
        rowClass={({ outcome }) => toneOf(outcome)}
        above={
          <search className="filters">
            {(['actor', 'action'] as const).map((name) => (
              <Field key={name} label={words[name]}>
                <input
                  className="field"
                  defaultValue={search[name] ?? ''}
                  onBlur={(event) => filter(name, event.target.value)}
                  onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
                  {...(name === 'action' ? { list: 'audit-actions' } : {})}
                />
              </Field>
            ))}
            <datalist id="audit-actions">
              {namedCodes('action').map((code) => (
                <option key={code} value={code}>
                  {codeName('action', code)}
                </option>
              ))}
            </datalist>
          </search>
        }
      />
      <aside>
        <Proof />
        <Panel title={words.entry}>{chosen === undefined ? <Empty why={words.choose} /> : <Chosen entry={chosen} />}</Panel>
      </aside>
    </div>
  );
}

function Chosen({ entry }: { readonly entry: Entry }) {
  const words = useText(text);
  const duties = useText(dutyWords);
  const codeName = useCodeName();
  const { no, at, actor, duty, action, target, outcome, params, hash, prevHash } = entry;
  return (
    <Facts
      facts={[
        [words.no, String(no)],
        [words.at, <Moment key="at" at={at} />],
        [words.actor, `${actor} · ${nameOf(duties, duty)}`],
        [words.action, codeName('action', action) === action ? action : `${codeName('action', action)} · ${action}`],
        [words.target, target],
        [
          words.outcome,
          <span key="outcome" className={toneOf(outcome)}>
            {codeName('outcome', outcome)}
          </span>,
        ],
        ...Object.entries(params).map(
          ([name, value]) => [codeName('parameter', name), <Parameter key={name} name={name} value={String(value)} />] as const,
        ),
        [
          words.hash,
          <code key="hash" className="hash">
            {hash}
          </code>,
        ],
        [
          words.previous,
          <code key="previous" className="hash">
            {prevHash}
          </code>,
        ],
      ]}
    />
  );
}

/** A parameter in words: who asked under which key is compared by its hash, and when by the wall clock. */
function Parameter({ name, value }: { readonly name: string; readonly value: string }) {
  const codeName = useCodeName();
  if (name === 'factor') return codeName('factor', value);
  if (name === 'key_hash') return <code className="hash">{value}</code>;
  if (name === 'asked_at' && /^\d{4}-\d\d-\d\dT/.test(value)) return <Moment at={value} />;
  return value;
}

/** Asks the house to compute every hash again; said in words, with where it breaks. */
function Proof() {
  const words = useText(text);
  const proof = useQuery({ ...reading('GET /v1/audit/proof'), enabled: false });
  const { data, error, isFetching, refetch } = proof;
  return (
    <Panel
      title={words.prove}
      actions={
        <Button kind="main" disabled={isFetching} onClick={() => void refetch()}>
          {isFetching ? words.proving : words.prove}
        </Button>
      }
    >
      <Failure error={error} />
      {data !== undefined && (
        <p role="status" className={data.intact ? 'good' : 'bad strong'}>
          {data.fault === null
            ? words.intact(formatNumber(data.entries))
            : words.broken(formatNumber(data.fault.no), nameOf(words.faults, data.fault.kind))}
        </p>
      )}
    </Panel>
  );
}
