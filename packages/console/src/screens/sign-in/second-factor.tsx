import type { BodyOf } from '@meridian/api';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../data/call.ts';
import { askSecurityKey } from '../../data/security-key.ts';
import { type Session, useKeepSession } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { KeyFailure } from './key-failure.tsx';
import { Step } from './step.tsx';
import { text } from './text.ts';

type Proof = BodyOf<'POST /v1/session/second-factor'>;

/** A security key, a one-time code or a recovery code: those that the user has. */
export function SecondFactor({ factors }: { readonly factors: Session['factors'] }) {
  const words = useText(text);
  const keep = useKeepSession();
  const codes = (['totp', 'recovery'] as const).filter((each) => factors.includes(each));
  const [kind, setKind] = useState<'totp' | 'recovery'>(codes[0] ?? 'totp');
  const show = (body: Proof) => call('POST /v1/session/second-factor', { body });
  const code = useMutation({ mutationFn: show, onSuccess: ({ body }) => keep(body) });
  const key = useMutation({
    mutationFn: async () => {
      const { body } = await call('POST /v1/session/challenge', { body: {} });
      return show({ kind: 'webauthn', credential: await askSecurityKey(body.options) });
    },
    onSuccess: ({ body }) => keep(body),
  });
  return (
    <>
      {factors.includes('webauthn') && (
        <div className="form">
          <p className="mild">{words.second}</p>
          <div className="actions">
            <Button kind="main" onClick={() => key.mutate()} disabled={key.isPending}>
              {key.isPending ? words.touchKey : words.useKey}
            </Button>
          </div>
          <KeyFailure error={key.error} />
        </div>
      )}
      {codes.length > 0 && (
        <Step
          {...(factors.includes('webauthn') ? {} : { title: words.second })}
          verb={words.show}
          busy={code.isPending}
          error={code.error}
          submit={({ code: given = '' }) => code.mutate({ kind, code: given })}
        >
          {codes.length > 1 && (
            <Field label={words.kind}>
              <select
                className="field"
                value={kind}
                onChange={(event) => setKind(event.target.value === 'recovery' ? 'recovery' : 'totp')}
              >
                {codes.map((each) => (
                  <option key={each} value={each}>
                    {words.kindOf[each]}
                  </option>
                ))}
              </select>
            </Field>
          )}
          <Field label={codes.length > 1 ? words.code : words.kindOf[kind]}>
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
      )}
    </>
  );
}
