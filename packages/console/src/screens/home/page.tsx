import { Navigate } from '@tanstack/react-router';
import { useSession } from '../../data/session.ts';
import { useText } from '../../i18n/use-text.ts';
import { Empty } from '../../parts/states.tsx';
import { railOf } from '../../shell/rail-order.ts';
import { text } from './text.ts';

export default function Home() {
  const words = useText(text);
  const first = railOf(useSession().allowed)[0];
  if (first !== undefined) return <Navigate to={first.path} replace />;
  return <Empty why={words.nothing} next={words.ask} />;
}
