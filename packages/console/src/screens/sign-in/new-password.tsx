import { useMutation } from '@tanstack/react-query';
import { call } from '../../data/call.ts';
import { useKeepSession } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { Field } from '../../parts/field.tsx';
import { Step } from './step.tsx';
import { text } from './text.ts';

/** A first or expired password is changed before anything else. */
export function NewPassword() {
  const words = useText(text);
  const keep = useKeepSession();
  const change = useMutation({
    mutationFn: (body: { current: string; next: string }) => call('POST /v1/session/password', { body }),
    onSuccess: ({ body }) => keep(body),
  });
  return (
    <Step
      title={words.newPassword}
      verb={words.change}
      busy={change.isPending}
      error={change.error}
      submit={({ current = '', next = '' }) => change.mutate({ current, next })}
    >
      <Field label={words.current}>
        <input className="field" name="current" type="password" autoComplete="current-password" required maxLength={200} />
      </Field>
      <Field label={words.next}>
        <input
          className="field"
          name="next"
          type="password"
          autoComplete="new-password"
          required
          minLength={12}
          maxLength={200}
        />
      </Field>
    </Step>
  );
}
