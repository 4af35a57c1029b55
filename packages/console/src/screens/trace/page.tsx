import type { AnswerOf } from '@meridian/api';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { reading } from '../../data/call.ts';
import { NONE } from '../../format/number.ts';
import { instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { useKeys } from '../../keys/bindings.ts';
import { KeyHint } from '../../parts/key-hint.tsx';
import { Select } from '../../parts/select.tsx';
import { Empty } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { AnswerPanel } from '../answer-panel.tsx';
import { nameOf } from '../names.ts';
import { exact } from '../orders/figure.ts';
import { useWhen } from '../when.tsx';
import { MEASURES } from './index.ts';
import { text } from './text.ts';
import './trace.css';

type Trace = AnswerOf<'GET /v1/trace/{level}/{id}'>;
export type TraceLevel = Trace['levels'][number];
const EVERY_MS = 5_000;
const route = getRouteApi('/trace/$level/$id');

/**
 * 穿透: one measure from the firm's total to the journal and log entry. At the left the levels with the proof that each is the sum
 * of the next; at the right the rows one level down. Enter goes down, Backspace up. RC-o, RC-q
 */
export default function TracePage() {
  const words = useText(text);
  const language = useLanguage();
  const when = useWhen();
  const { level, id } = route.useParams();
  const { measure } = route.useSearch();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string>();
  const query = useQuery({
    ...reading('GET /v1/trace/{level}/{id}', {
      params: { level, id },
      ...(measure === undefined ? {} : { query: { measure } }),
    }),
    refetchInterval: EVERY_MS,
    placeholderData: (before: Trace | undefined) => before,
  });
  const go = (to: TraceLevel | undefined) => {
    if (to === undefined) return;
    setChosen(undefined);
    if (to.path?.startsWith('/log/') === true || to.path?.startsWith('/ledger/') === true) void navigate({ to: to.path });
    else {
      const search = measure === undefined ? {} : { measure };
      void navigate({ to: '/trace/$level/$id', params: { level: String(to.level), id: to.id }, search });
    }
  };
  const rows = query.data?.rows ?? [];
  const keyOf = (row: TraceLevel) => `${row.level}/${row.id}`;
  const levels = query.data?.levels ?? [];
  const here = levels.findIndex((each) => each.level === level && each.id === id);
  useKeys([
    {
      ...{ keys: 'Backspace', scope: 'page', label: { zh: text.zh.up, en: text.en.up } },
      run: () => go(levels[(here < 0 ? levels.length : here) - 1]),
    },
    {
      ...{ keys: 'Enter', scope: 'page', label: { zh: text.zh.down, en: text.en.down } },
      run: () => go(rows.find((row) => keyOf(row) === chosen) ?? rows[0]),
    },
  ]);
  const asOf = instantOf(query.data?.asOf);
  return (
    <AnswerPanel
      className="page-panel"
      query={query}
      everyMs={EVERY_MS}
      title={words.title}
      about={
        level === 'firm'
          ? words.levelOf.firm
          : `${nameOf(words.levelOf, level)} ${levels.find((each) => each.level === level)?.label ?? id}`
      }
      {...(asOf === null ? {} : { asOf: when(asOf) })}
      actions={
        <>
          <span className="dim">
            <KeyHint keys="Enter" /> {words.down} <KeyHint keys="Backspace" /> {words.up}
          </span>
          <Select
            className="head-select"
            aria-label={words.measure}
            value={measure ?? 'notional'}
            options={MEASURES.map((value) => ({ value, label: words.measureOf[value] }))}
            onValue={(value) =>
              void navigate({ to: '/trace/$level/$id', params: { level, id }, search: { measure: value }, replace: true })
            }
          />
        </>
      }
    >
      {(data) => (
        <div className="trace">
          <section>
            <Levels data={data} level={level} />
            <p className={`trace-proof ${data.reconciles ? '' : 'bad strong'}`} role="status">
              {data.reconciles ? words.proofHolds : words.proofFails(`${exact(data.difference)} ${data.unit}`)}
            </p>
          </section>
          <section>
            <h3>{words.rowsOf(data.rows[0] === undefined ? NONE : nameOf(words.levelOf, data.rows[0].level))}</h3>
            {data.rows.length === 0 ? (
              <Empty why={words.none} next={words.noneNext} />
            ) : (
              <Table
                label={words.title}
                rows={data.rows}
                keyOf={keyOf}
                selected={chosen}
                onSelect={(row) => (keyOf(row) === chosen ? go(row) : setChosen(keyOf(row)))}
                columns={[
                  {
                    ...{ key: 'label', title: words.levels },
                    cell: (row) => (
                      <Link
                        className="accent"
                        to="/trace/$level/$id"
                        params={{ level: String(row.level), id: row.id }}
                        onClick={(event) => {
                          event.preventDefault();
                          event.stopPropagation();
                          go(row);
                        }}
                      >
                        {row.label}
                        {row.note !== null && <span className="dim"> {row.note[language]}</span>}
                      </Link>
                    ),
                  },
                  {
                    key: 'amount',
                    title: words.amount,
                    unit: data.unit,
                    width: 170,
                    numeric: true,
                    cell: (row) => exact(row.amount),
                  },
                  { key: 'children', title: words.children, width: 70, numeric: true, cell: (row) => row.children },
                  {
                    ...{ key: 'sum', title: words.childrenSum, unit: data.unit, width: 190, numeric: true },
                    cell: (row) => <span className="mild">{exact(row.childrenSum)}</span>,
                  },
                  { key: 'proof', title: words.reconciles, width: 96, cell: (row) => <Proof level={row} /> },
                ]}
              />
            )}
          </section>
        </div>
      )}
    </AnswerPanel>
  );
}

/** The walk from the firm down to here, each level with the same measure and the sum of the level below. */
function Levels({ data, level }: { readonly data: Trace; readonly level: string }) {
  const words = useText(text);
  const language = useLanguage();
  const { measure } = route.useSearch();
  return (
    <table className="plain-table trace-levels" aria-label={words.levels}>
      <thead>
        <tr>
          <th scope="col">{words.levels}</th>
          <th scope="col" />
          <th scope="col" className="num">
            {nameOf(words.measureOf, data.measure)} {data.unit}
          </th>
          <th scope="col" className="num">
            {words.childrenSum}
          </th>
          <th scope="col">{words.reconciles}</th>
        </tr>
      </thead>
      <tbody>
        {data.levels.map((each, i) => (
          <tr key={`${each.level}/${each.id}`} aria-current={each.level === level ? 'true' : undefined}>
            <td className="dim">
              <span style={{ paddingLeft: i * 10 }}>{nameOf(words.levelOf, each.level)}</span>
            </td>
            <td>
              <Link
                className={each.level === level ? 'strong' : 'accent'}
                to="/trace/$level/$id"
                params={{ level: String(each.level), id: each.id }}
                search={measure === undefined ? {} : { measure }}
              >
                {each.level === 'firm' ? words.levelOf.firm : each.label}
              </Link>
              {each.note !== null && <span className="dim"> {each.note[language]}</span>}
              {each.path !== null && (
                <Link className="dim trace-open" to={each.path}>
                  {words.open}
                </Link>
              )}
            </td>
            <td className="num strong">{exact(each.amount)}</td>
            <td className="num mild">{exact(each.childrenSum)}</td>
            <td>
              <Proof level={each} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Proof({ level }: { readonly level: TraceLevel }) {
  const words = useText(text);
  if (level.reconciles === null) return <span className="dim">{words.unknown}</span>;
  return level.reconciles ? <span className="mild">= {words.yes}</span> : <b className="bad">≠ {words.no}</b>;
}
