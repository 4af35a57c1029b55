import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useAnswerAge } from '../data/age.ts';
import { refusalOf } from '../data/problem.ts';
import { defineText } from '../i18n/text.ts';
import { useText } from '../i18n/use-text.ts';
import { Button } from '../parts/button.tsx';
import { Panel, type PanelProps } from '../parts/panel.tsx';
import { ProblemPanel } from '../parts/problem-panel.tsx';
import { Loading } from '../parts/states.tsx';
import './screens.css';

const text = defineText(
  { again: '重试', failed: '读取失败', failedNext: '控制台读不懂平台的答复，请把这一条报给系统管理员' },
  {
    again: 'Try again',
    failed: 'Reading failed',
    failedNext: 'The console cannot read what the house answered; report this to the administrator',
  },
);

/** As much of a query as a panel shows. */
export type Answered<T> = Pick<UseQueryResult<T>, 'data' | 'error' | 'dataUpdatedAt' | 'refetch'>;

export interface AnswerPanelProps<T> extends Omit<PanelProps, 'children' | 'age'> {
  readonly query: Answered<T>;
  /** How often the query is asked again, in milliseconds: older than that is shown as age. */
  readonly everyMs: number;
  readonly children: (data: T) => ReactNode;
}

/** A panel over what the house answers: old values stay while new ones are asked for, and a refusal is shown with its remedy. */
export function AnswerPanel<T>({ query, everyMs, children, ...panel }: AnswerPanelProps<T>) {
  const age = useAnswerAge(query.dataUpdatedAt, everyMs);
  return (
    <Panel {...panel} age={age}>
      <Failure error={query.error} again={() => void query.refetch()} />
      {query.data === undefined ? query.error === null && <Loading /> : children(query.data)}
    </Panel>
  );
}

/** What went wrong, said by the house, and the way to try again. Nothing where nothing did. */
export function Failure({ error, again }: { readonly error: Error | null; readonly again?: () => void }) {
  const words = useText(text);
  if (error === null) return null;
  const refusal = refusalOf(error);
  const retry = again !== undefined && <Button onClick={again}>{words.again}</Button>;
  if (refusal !== undefined) return <ProblemPanel problem={refusal.problem}>{retry}</ProblemPanel>;
  return (
    <div className="problem" role="alert">
      <p className="bad strong">{words.failed}</p>
      <p className="mild">{error.message}</p>
      <p>{words.failedNext}</p>
      <div className="actions">{retry}</div>
    </div>
  );
}
