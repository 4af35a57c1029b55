import { useMutation } from '@tanstack/react-query';
import { call } from '../../data/call.ts';
import { refusalOf } from '../../data/problem.ts';
import { useKeepSession } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { ProblemPanel } from '../../parts/problem-panel.tsx';
import { Step } from './step.tsx';
import { text } from './text.ts';

/** Duties that need a second factor enrol one before they see anything. */
export function Enrol() {
  const words = useText(text);
  const keep = useKeepSession();
  const start = useMutation({ mutationFn: () => call('POST /v1/session/totp', { body: {} }) });
  const confirm = useMutation({
    mutationFn: (code: string) => call('PUT /v1/session/totp', { body: { code } }),
    // Recovery codes are told once, by this answer: the session goes on only when they have been seen.
    onSuccess: ({ body }) => (body.recovery ?? []).length === 0 && keep(body),
  });
  const confirmed = confirm.data?.body;
  const secret = start.data?.body;
  const refusal = refusalOf(start.error);
  if (confirmed !== undefined) {
    return (
      <div className="form">
        <p className="mild">{words.recovery}</p>
        <code className="secret">{confirmed.recovery?.join('  ')}</code>
        <div className="actions">
          <Button kind="main" onClick={() => keep(confirmed)}>
            {words.kept}
          </Button>
        </div>
      </div>
    );
  }
  if (secret === undefined) {
    return (
      <div className="form">
        <p className="mild">{words.enrol}</p>
        {refusal !== undefined && <ProblemPanel problem={refusal.problem} />}
        <div className="actions">
          <Button kind="main" disabled={start.isPending} onClick={() => start.mutate()}>
            {words.enrolStart}
          </Button>
        </div>
      </div>
    );
  }
  return (
    <Step
      title={words.enrolHow}
      verb={words.confirm}
      busy={confirm.isPending}
      error={confirm.error}
      submit={({ code = '' }) => confirm.mutate(code)}
    >
      <code className="secret">{secret.secret}</code>
      <a className="accent secret" href={secret.uri}>
        {secret.uri}
      </a>
      <Field label={words.code}>
        <input className="field" name="code" autoComplete="one-time-code" inputMode="numeric" required maxLength={16} />
      </Field>
    </Step>
  );
}
