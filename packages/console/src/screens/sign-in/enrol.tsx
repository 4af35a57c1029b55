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
    onSuccess: ({ body }) => keep(body),
  });
  const secret = start.data?.body;
  const refusal = refusalOf(start.error);
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
      {secret.recovery.length > 0 && (
        <div>
          <p className="mild">{words.recovery}</p>
          <code className="secret">{secret.recovery.join('  ')}</code>
        </div>
      )}
      <Field label={words.code}>
        <input className="field" name="code" autoComplete="one-time-code" inputMode="numeric" required maxLength={16} />
      </Field>
    </Step>
  );
}
