import { useQuery } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { refusalOf } from '../data/problem.ts';
import { sessionQuery } from '../data/session.ts';
import { useText } from '../i18n/use-text.ts';
import { Button } from '../parts/button.tsx';
import { ProblemPanel } from '../parts/problem-panel.tsx';
import { Loading } from '../parts/states.tsx';
import { Shell } from './shell.tsx';
import { text } from './text.ts';

const SignIn = lazy(() => import('../screens/sign-in/page.tsx'));

/** Around every page: nobody signed in sees the sign-in page at whatever address they came to, and stays at that address. */
export function Frame() {
  const words = useText(text);
  const session = useQuery(sessionQuery);
  if (session.isPending) return <Loading />;
  if (session.data === undefined) {
    const refusal = refusalOf(session.error);
    if (refusal === undefined) throw session.error;
    return (
      <ProblemPanel problem={refusal.problem}>
        <Button onClick={() => void session.refetch()}>{words.again}</Button>
      </ProblemPanel>
    );
  }
  return (
    <Suspense fallback={<Loading />}>
      {session.data === null || session.data.pending !== 'none' ? <SignIn /> : <Shell page={<Outlet />} />}
    </Suspense>
  );
}
