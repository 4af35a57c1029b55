import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type Session, sessionQuery } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { preferences, setPreferences } from '../../preferences.ts';
import { Enrol } from './enrol.tsx';
import { FirmSignIn } from './firm-sign-in.tsx';
import { NewPassword } from './new-password.tsx';
import { PasswordForm } from './password-form.tsx';
import { SecondFactor } from './second-factor.tsx';
import { text } from './text.ts';

/** Shown at any address to whoever is not, or not yet wholly, signed in. What comes next is the house's word: `pending`. */
export default function SignIn() {
  const words = useText(text);
  const session = useQuery(sessionQuery).data ?? null;
  return (
    <main className="sign-in">
      <h1>{words.title}</h1>
      {step(session)}
      <button
        type="button"
        className="button quiet"
        onClick={() => setPreferences({ language: preferences().language === 'zh' ? 'en' : 'zh' })}
      >
        {words.language}
      </button>
    </main>
  );
}

function step(session: Session | null): ReactNode {
  if (session === null)
    return (
      <>
        <PasswordForm />
        <FirmSignIn />
      </>
    );
  if (session.pending === 'second-factor') return <SecondFactor factors={session.factors} />;
  if (session.pending === 'change-password') return <NewPassword />;
  return <Enrol />;
}
