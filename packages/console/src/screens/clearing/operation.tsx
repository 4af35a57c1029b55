import type { AnswerOf } from '@meridian/api';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { reading } from '../../data/call.ts';
import { spokenProblem } from '../../data/problem.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Bar } from '../../parts/bar.tsx';
import { ProblemPanel } from '../../parts/problem-panel.tsx';
import { nameOf } from '../names.ts';
import { When } from '../when.tsx';
import { text } from './text.ts';

export type Operation = AnswerOf<'GET /v1/operations/{operation}'>;
const EVERY_MS = 500;

/** A long job as it goes: its state, how far it is, what it says. Asked for until it has ended. */
export function OperationView({ first }: { readonly first: Operation }) {
  const words = useText(text);
  const language = useLanguage();
  const queries = useQueryClient();
  const query = useQuery({
    ...reading('GET /v1/operations/{operation}', { params: { operation: first.operation } }),
    initialData: first,
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? EVERY_MS : false),
  });
  const operation = query.data;
  const running = operation.state === 'running';
  useEffect(() => {
    if (!running) void queries.invalidateQueries({ queryKey: ['GET /v1/batches/{batch}'] });
  }, [running, queries]);
  const problem = spokenProblem(operation.problem, language);
  return (
    <section className="operation" aria-live="polite">
      <p>
        {words.operation(operation.operation)}{' '}
        <b className={operation.state === 'failed' ? 'bad' : ''}>{nameOf(words.operationState, operation.state)}</b>
        {operation.progress !== null && running && <Bar ratio={operation.progress} digits={0} />}
      </p>
      {problem !== undefined && <ProblemPanel problem={problem} />}
      <ol className="log">
        {operation.log.map((line, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a log only grows
          <li key={i}>
            <When at={line.at} clock="wall" /> {line.text[language]}
          </li>
        ))}
      </ol>
    </section>
  );
}
