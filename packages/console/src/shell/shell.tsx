import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { useSession } from '../data/session.ts';
import { useText } from '../i18n/use-text.ts';
import { type Binding, listenToKeys, useKeys } from '../keys/bindings.ts';
import { Notices } from '../parts/toast.tsx';
import { setPreferences } from '../preferences.ts';
import { ticket } from '../screens/index.ts';
import { useHold } from './hold.ts';
import { Rail } from './rail.tsx';
import { railOf } from './rail-order.ts';
import { StatusBar } from './status-bar.tsx';
import { text } from './text.ts';
import { TopBar } from './top-bar.tsx';

const Palette = lazy(() => import('./palette/palette.tsx'));
const KeysSheet = lazy(() => import('./keys-sheet.tsx'));
const KillDialog = lazy(() => import('./kill/kill-dialog.tsx'));
const Ticket = ticket === undefined ? undefined : lazy(ticket);

/** What lies over the page. One at a time. */
export type Overlay = 'palette' | 'keys' | 'kill' | 'ticket' | null;

/** The frame of every page: bar, rail, page, status; and what opens over it by key. */
export function Shell({ page }: { readonly page: ReactNode }) {
  const words = useText(text);
  const session = useSession();
  const navigate = useNavigate();
  const { lang } = useSearch({ from: '__root__' });
  const [overlay, setOverlay] = useState<Overlay>(null);
  const mayStop = session.allowed.includes('kill.preview');
  const mayEnter = Ticket !== undefined && session.allowed.includes('order.enter');
  const holding = useHold('F12', 1500, mayStop, () => setOverlay('kill'));

  useEffect(() => listenToKeys(window), []);
  useEffect(() => {
    if (lang !== undefined) setPreferences({ language: lang });
  }, [lang]);
  useKeys([
    {
      keys: 'Ctrl+K',
      scope: 'console',
      label: { zh: '查找与命令', en: 'Search and commands' },
      run: () => setOverlay('palette'),
    },
    { keys: '?', scope: 'console', label: { zh: '键盘一览', en: 'Keys' }, run: () => setOverlay('keys') },
    ...(mayEnter
      ? [{ keys: 'F9', scope: 'console', label: { zh: '新委托', en: 'New order' }, run: () => setOverlay('ticket') } as Binding]
      : []),
    ...railOf(session.allowed).flatMap((screen): Binding[] =>
      screen.go === undefined
        ? []
        : [{ keys: `g ${screen.go}`, scope: 'console', label: screen.title, run: () => void navigate({ to: screen.path }) }],
    ),
  ]);
  const close = () => setOverlay(null);
  return (
    <div className="shell">
      <a className="skip" href="#page">
        {words.skip}
      </a>
      <TopBar open={setOverlay} holding={holding} mayStop={mayStop} />
      <Rail />
      <main id="page" className="page" tabIndex={-1}>
        {page}
      </main>
      <StatusBar />
      <Notices />
      <Suspense fallback={null}>
        {overlay === 'palette' && <Palette close={close} open={setOverlay} />}
        {overlay === 'keys' && <KeysSheet close={close} />}
        {overlay === 'kill' && <KillDialog close={close} />}
        {overlay === 'ticket' && Ticket !== undefined && <Ticket close={close} />}
      </Suspense>
    </div>
  );
}
