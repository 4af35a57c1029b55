import { useMutation } from '@tanstack/react-query';
import { call } from '../../data/call.ts';
import { useKeepSession } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { Field } from '../../parts/field.tsx';
import { Step } from './step.tsx';
import { text } from './text.ts';

/** Name and password. */
export function PasswordForm() {
  const words = useText(text);
  const keep = useKeepSession();
  const enter = useMutation({
    mutationFn: (body: { user: string; password: string }) => call('POST /v1/session', { body }),
    onSuccess: ({ body }) => keep(body),
  });
  return (
    <Step
      verb={words.enter}
      busy={enter.isPending}
      error={enter.error}
      submit={({ user = '', password = '' }) => enter.mutate({ user, password })}
    >
      <Field label={words.user}>
        <input
          className="field"
          name="user"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={64}
        />
      </Field>
      <Field label={words.password}>
        <input className="field" name="password" type="password" autoComplete="current-password" required maxLength={200} />
      </Field>
    </Step>
  );
}
