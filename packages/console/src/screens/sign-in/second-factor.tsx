import type { BodyOf } from '@meridian/api';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../data/call.ts';
import { type Session, useKeepSession } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { askSecurityKey } from './security-key.ts';
import { Step } from './step.tsx';
import { text } from './text.ts';

/** A one-time code, a recovery code or a security key. */
export function SecondFactor({ factors }: { readonly factors: Session['factors'] }) {
  const words = useText(text);
  const keep = useKeepSession();
  const [kind, setKind] = useState<'totp' | 'recovery'>('totp');
  const show = useMutation({
    mutationFn: (body: BodyOf<'POST /v1/session/second-factor'>) => call('POST /v1/session/second-factor', { body }),
    onSuccess: ({ body }) => keep(body),
  });
  const key = useMutation({
    mutationFn: async () => {
      const { body } = await call('POST /v1/session/challenge', { body: {} });
      show.mutate({ kind: 'webauthn', credential: await askSecurityKey(body.options) });
    },
  });
  return (
    <>
      <Step
        title={words.second}
        verb={words.show}
        busy={show.isPending}
        error={show.error ?? key.error}
        submit={({ code = '' }) => show.mutate({ kind, code })}
      >
        <Field label={words.kind}>
          <select
            className="field"
            value={kind}
            onChange={(event) => setKind(event.target.value === 'recovery' ? 'recovery' : 'totp')}
          >
            <option value="totp">{words.kindOf.totp}</option>
            <option value="recovery">{words.kindOf.recovery}</option>
          </select>
        </Field>
        <Field label={words.code}>
          <input
            className="field"
            name="code"
            autoComplete="one-time-code"
            inputMode={kind === 'totp' ? 'numeric' : 'text'}
            required
            maxLength={64}
          />
        </Field>
      </Step>
      {factors.includes('webauthn') && (
        <Button onClick={() => key.mutate()} disabled={key.isPending}>
          {words.useKey}
        </Button>
      )}
      {key.isError && <output className="bad">{words.keyFailed}</output>}
    </>
  );
}
