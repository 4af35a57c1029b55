import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call, reading } from '../../data/call.ts';
import { departTo, takeAnswer } from '../../data/federation.ts';
import { refusalOf } from '../../data/problem.ts';
import { useKeepSession } from '../../data/session.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { ProblemPanel } from '../../parts/problem-panel.tsx';
import { text } from './text.ts';

/** Sign-in by the firm's own provider, where the house has one; and what came of it when somebody returns from there. */
export function FirmSignIn() {
  const words = useText(text);
  const language = useLanguage();
  const keep = useKeepSession();
  const name = useQuery(reading('GET /v1/session/federation')).data?.name ?? null;
  const leave = useMutation({
    mutationFn: () => call('POST /v1/session/federation', { body: {} }),
    onSuccess: ({ body }) => departTo(body.url),
  });
  const finish = useMutation({
    mutationFn: (query: string) => call('PUT /v1/session/federation', { body: { query } }),
    onSuccess: ({ body }) => keep(body),
  });
  const { mutate } = finish;
  useEffect(() => {
    const answer = takeAnswer();
    if (answer !== undefined) mutate(answer);
  }, [mutate]);
  const refusal = refusalOf(leave.error ?? finish.error);
  if (name === null && refusal === undefined) return null;
  return (
    <div className="form">
      {refusal !== undefined && <ProblemPanel problem={refusal.problem} />}
      {finish.isPending && <p className="mild">{words.returning}</p>}
      {name !== null && (
        <div className="actions">
          <Button disabled={leave.isPending || leave.isSuccess || finish.isPending} onClick={() => leave.mutate()}>
            {words.byFirm(name[language])}
          </Button>
        </div>
      )}
    </div>
  );
}
