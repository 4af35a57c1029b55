import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { call } from '../../data/call.ts';
import { refusalOf } from '../../data/problem.ts';
import { useMay } from '../../data/session.ts';
import { BEIJING, formatMoment, instantOf } from '../../format/time.ts';
import { useLanguage, useText } from '../../i18n/use-text.ts';
import { useKeys } from '../../keys/bindings.ts';
import { Button } from '../../parts/button.tsx';
import { Diff } from '../../parts/diff.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Field } from '../../parts/field.tsx';
import { KeyHint } from '../../parts/key-hint.tsx';
import { notify } from '../../parts/toast.tsx';
import { AnswerPanel, Failure } from '../answer-panel.tsx';
import { dutyWords } from '../duty-words.ts';
import { nameOf } from '../names.ts';
import { changesIn } from './changes.ts';
import { Countdown } from './countdown.tsx';
import type { Approval } from './page.tsx';
import { Target } from './target.tsx';
import { text } from './text.ts';

type Verdict = 'approve' | 'refuse' | 'return';
const EVERY_MS = 3_000;
const VERDICTS = [
  ['approve', 'a', 'keyApprove'],
  ['refuse', 'r', 'keyRefuse'],
  ['return', 'b', 'keyReturn'],
] as const;

interface DecideProps {
  readonly approval: Approval;
  /** After a decision: on to the next one. */
  readonly next: () => void;
}

/** One request: what would change, by whom asked and until when; and the verdict with its reason. Maker and checker are two people. */
export function Decide({ approval: listed, next }: DecideProps) {
  const words = useText(text);
  const duties = useText(dutyWords);
  const language = useLanguage();
  const queries = useQueryClient();
  const mayDecide = useMay('approval.decide');
  const mayWithdraw = useMay('approval.withdraw');
  const field = useRef<HTMLInputElement>(null);
  const [reason, setReason] = useState('');
  const [attempt, setAttempt] = useState(() => crypto.randomUUID());
  const id = listed.approval;
  const query = useQuery({
    queryKey: ['GET /v1/approvals/{approval}', id],
    refetchInterval: EVERY_MS,
    // The ETag of what is shown goes back with the verdict: a request that changed meanwhile is not decided unread.
    queryFn: async ({ signal }) => {
      const { body, etag } = await call('GET /v1/approvals/{approval}', { params: { approval: id }, signal });
      return { approval: body, etag };
    },
  });
  const settled = () => {
    void queries.invalidateQueries({ queryKey: ['GET /v1/approvals'] });
    void queries.invalidateQueries({ queryKey: ['GET /v1/approvals/{approval}', id] });
  };
  const decide = useMutation({
    mutationFn: (verdict: Verdict) => {
      const etag = query.data?.etag;
      return call('POST /v1/approvals/{approval}/decision', {
        params: { approval: id },
        body: { verdict, reason: reason.trim() },
        idempotencyKey: `${attempt}-${verdict}`.slice(-64),
        ...(etag === null || etag === undefined ? {} : { etag }),
      });
    },
    onSuccess: (_, verdict) => {
      notify('done', words.done(listed.title[language], words.verdictOf[verdict]));
      settled();
      next();
    },
    onError: (error) => {
      if (refusalOf(error)?.status !== 0) setAttempt(crypto.randomUUID());
      settled();
    },
  });
  const withdraw = useMutation({
    mutationFn: () => call('POST /v1/approvals/{approval}/withdraw', { params: { approval: id }, body: {} }),
    onSuccess: () => {
      notify('done', words.withdrawn(listed.title[language]));
      settled();
    },
  });
  const shown = query.data?.approval;
  const open = shown?.state === 'waiting';
  const canDecide = mayDecide && shown?.mayDecide === true && open;
  const give = (verdict: Verdict) => {
    if (!canDecide || decide.isPending) return;
    if (reason.trim() === '') field.current?.focus();
    else decide.mutate(verdict);
  };
  useKeys(
    canDecide
      ? VERDICTS.map(([verdict, keys, label]) => ({
          ...{ keys, scope: 'page' as const, label: { zh: text.zh[label], en: text.en[label] } },
          run: () => give(verdict),
        }))
      : [],
  );
  const stale = refusalOf(decide.error)?.status === 412;
  return (
    <AnswerPanel query={{ ...query, data: shown } as never} everyMs={EVERY_MS} title={words.decide} about={words.request(id)}>
      {(data: Approval) => (
        <div className="decide">
          <p className="strong">{data.title[language]}</p>
          <Facts
            facts={[
              [words.target, <Target key="target" approval={data} />],
              [words.state, nameOf(words.stateOf, data.state)],
              [words.maker, data.maker],
              [words.duty, `${nameOf(duties, data.duty)} · ${words.needs(data.needs)}`],
              [words.made, formatMoment(instantOf(data.made) ?? 0, BEIJING, language)],
              [words.expires, <Countdown key="left" until={data.expires} />],
              [words.reason, data.reason],
            ]}
          />
          <h3>{words.diff}</h3>
          <Diff changes={changesIn(language, data.diff)} />
          <h3>{words.decisions}</h3>
          <Decisions approval={data} />
          {stale && <p className="warn">{words.changed}</p>}
          <Failure error={stale ? null : (decide.error ?? withdraw.error)} />
          {canDecide ? (
            <form
              className="form"
              onSubmit={(event) => {
                event.preventDefault();
              }}
            >
              <Field label={words.decideReason}>
                <input
                  ref={field}
                  className="field"
                  value={reason}
                  maxLength={400}
                  onChange={(event) => setReason(event.target.value)}
                  onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
                />
              </Field>
              <div className="actions">
                {VERDICTS.map(([verdict, keys]) => (
                  <Button
                    key={verdict}
                    kind={verdict === 'approve' ? 'main' : verdict === 'refuse' ? 'danger' : 'plain'}
                    disabled={reason.trim() === '' || decide.isPending}
                    onClick={() => give(verdict)}
                  >
                    {words[verdict]} <KeyHint keys={keys} />
                  </Button>
                ))}
              </div>
            </form>
          ) : (
            open && <p className="dim">{data.mine ? words.own : words.notYours}</p>
          )}
          {data.mine && open && mayWithdraw && (
            <div className="actions">
              <Button disabled={withdraw.isPending} onClick={() => withdraw.mutate()}>
                {words.withdraw}
              </Button>
            </div>
          )}
        </div>
      )}
    </AnswerPanel>
  );
}

function Decisions({ approval }: { readonly approval: Approval }) {
  const words = useText(text);
  const language = useLanguage();
  if (approval.decisions.length === 0) return <p className="dim">{words.noDecisions}</p>;
  return (
    <ul>
      {approval.decisions.map((decision) => (
        <li key={`${decision.checker} ${decision.at}`}>
          <b>{nameOf(words.verdictOf, decision.verdict)}</b> {decision.checker}{' '}
          <span className="dim">{formatMoment(instantOf(decision.at) ?? 0, BEIJING, language)}</span>
          <p className="mild">{decision.reason}</p>
        </li>
      ))}
    </ul>
  );
}
