import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call } from '../../data/call.ts';
import { setCsrfToken } from '../../data/http.ts';
import { hasSecurityKeys, makeSecurityKey } from '../../data/security-key.ts';
import { holdSession, type Session, useKeepSession } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { KeyFailure } from './key-failure.tsx';
import { Step } from './step.tsx';
import { text } from './text.ts';

/** Duties that need a second factor enrol one before they see anything. */
export function Enrol() {
  const words = useText(text);
  return (
    <>
      <p className="mild">{words.enrol}</p>
      <EnrolFactor />
    </>
  );
}

interface EnrolFactorProps {
  /** A factor is enrolled, and its recovery codes, where there were any, have been seen. */
  readonly done?: () => void;
}

/**
 * Enrols a one-time-code device or a security key for whoever is here. The house answers the first one with recovery codes, told
 * once: the session goes on only when they have been seen.
 */
export function EnrolFactor({ done }: EnrolFactorProps) {
  const words = useText(text);
  const keep = useKeepSession();
  const [recovery, setRecovery] = useState<Session>();
  // Whoever goes to keep the codes somewhere comes back to them: the session, read anew, would open the house over them.
  useEffect(() => {
    holdSession(recovery !== undefined);
    return () => holdSession(false);
  }, [recovery]);
  const goOn = (session: Session) => {
    keep(session);
    setRecovery(undefined);
    start.reset();
    done?.();
  };
  const enrolled = (session: Session) => {
    // The cookie is already the new one, and its token goes with it.
    setCsrfToken(session.csrf);
    if ((session.recovery ?? []).length === 0) goOn(session);
    else setRecovery(session);
  };
  const start = useMutation({ mutationFn: () => call('POST /v1/session/totp', { body: {} }) });
  const confirm = useMutation({
    mutationFn: (code: string) => call('PUT /v1/session/totp', { body: { code } }),
    onSuccess: ({ body }) => enrolled(body),
  });
  const key = useMutation({
    mutationFn: async () => {
      const { body } = await call('POST /v1/session/keys', { body: {} });
      return call('PUT /v1/session/keys', { body: { credential: await makeSecurityKey(body.options) } });
    },
    onSuccess: ({ body }) => enrolled(body),
  });
  if (recovery !== undefined) {
    return (
      <div className="form">
        <p className="warn">{words.recovery}</p>
        <code className="secret">{recovery.recovery?.join('  ')}</code>
        <div className="actions">
          <Button kind="main" onClick={() => goOn(recovery)}>
            {words.kept}
          </Button>
        </div>
      </div>
    );
  }
  const secret = start.data?.body;
  if (secret !== undefined) {
    return (
      <Step
        title={words.enrolHow}
        verb={words.confirm}
        busy={confirm.isPending}
        error={confirm.error}
        submit={({ code = '' }) => confirm.mutate(code)}
      >
        <code className="secret">{grouped(secret.secret)}</code>
        <a className="accent secret" href={secret.uri}>
          {words.enrolOpen}
        </a>
        <Field label={words.kindOf.totp}>
          <input className="field" name="code" autoComplete="one-time-code" inputMode="numeric" required maxLength={16} />
        </Field>
      </Step>
    );
  }
  const busy = start.isPending || key.isPending;
  return (
    <div className="form">
      <div className="actions">
        <Button disabled={busy} onClick={() => start.mutate()}>
          {words.enrolStart}
        </Button>
        {hasSecurityKeys() && (
          <Button disabled={busy} onClick={() => key.mutate()}>
            {key.isPending ? words.touchKey : words.enrolKey}
          </Button>
        )}
      </div>
      <KeyFailure error={start.error ?? key.error} />
    </div>
  );
}

/** A secret as somebody types it: groups of four. */
const grouped = (secret: string): string => secret.replace(/(.{4})(?=.)/g, '$1 ');
