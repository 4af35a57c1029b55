import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { reading } from '../data/call.ts';
import { useBeat } from '../data/line.ts';
import { useMay, useSession } from '../data/session.ts';
import { NONE } from '../format/number.ts';
import { useLanguage, useText } from '../i18n/use-text.ts';
import { KeyHint } from '../parts/key-hint.tsx';
import { Clocks } from './clocks.tsx';
import { screenOf } from './rail-order.ts';
import type { Overlay } from './shell.tsx';
import { text } from './text.ts';
import { UserMenu } from './user-menu.tsx';

interface TopBarProps {
  readonly open: (overlay: Overlay) => void;
  /** Whether Shift+F12 is being held. */
  readonly holding: boolean;
  readonly mayStop: boolean;
}

/**
 * Environment, search, market clocks, what waits, who is here, and the kill switch: it stands outside everything that shrinks, so
 * that no width pushes it off.
 */
export function TopBar({ open, holding, mayStop }: TopBarProps) {
  const words = useText(text);
  const language = useLanguage();
  const session = useSession();
  const mayRead = useMay('calendar.read');
  const beat = useBeat();
  const house = useQuery({ ...reading('GET /v1/house'), enabled: mayRead, refetchInterval: 15_000 });
  const approvals = beat?.approvals ?? house.data?.approvals;
  const alerts = beat?.alerts ?? house.data?.alerts;
  return (
    <header className="top">
      <span className="brand">{words.name}</span>
      <span className={`environment ${session.environment}`}>
        <b>{words[session.environment]}</b>
        {house.data !== undefined && (
          <span className="dim nodes">{house.data.nodes.map((node) => node.market).join(' · ')}</span>
        )}
      </span>
      <button type="button" className="search" onClick={() => open('palette')}>
        <span>{words.search}</span>
        <KeyHint keys="Ctrl K" />
      </button>
      <Clocks
        clocks={house.data?.clocks ?? []}
        traded={house.data?.nodes.map((node) => node.market) ?? []}
        businessTime={beat?.businessTime ?? house.data?.businessTime}
      />
      {session.allowed.includes('approval.read') && <Count code="APR" label={words.approvals} count={approvals} />}
      {session.allowed.includes('risk.read') && <Count code="RSK" label={words.alerts} count={alerts} />}
      <UserMenu title={session.title[language]} openKeys={() => open('keys')} />
      {mayStop && (
        <button
          type="button"
          className={`kill ${holding ? 'holding' : ''}`}
          title={words.killHold}
          onClick={() => open('kill')}
        >
          {words.kill}
        </button>
      )}
    </header>
  );
}

interface CountProps {
  /** Function code of the screen where they are dealt with. */
  readonly code: string;
  readonly label: string;
  readonly count: number | undefined;
}

function Count({ code, label, count }: CountProps) {
  const face = (
    <>
      {label} <b className={count === undefined || count === 0 ? 'none' : ''}>{count ?? NONE}</b>
    </>
  );
  const screen = screenOf(code);
  if (screen === undefined) return <span className="count">{face}</span>;
  return (
    <Link to={screen.path} className="count">
      {face}
    </Link>
  );
}
