import { useEffect, useState } from 'react';
import { formatDuration, instantOf } from '../../format/time.ts';
import { useText } from '../../i18n/use-text.ts';
import { text } from './text.ts';

const URGENT = 600_000_000;
const DAY = 86_400_000_000;

/** How long is left, once a second. Approvals expire by the wall clock. */
export function Countdown({ until }: { readonly until: string }) {
  const words = useText(text);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const left = (instantOf(until) ?? 0) - Date.now() * 1000;
  if (left <= 0) return <span className="dim">{words.expired}</span>;
  if (left > 2 * DAY) return <span className="mild">{words.days(Math.floor(left / DAY))}</span>;
  return <span className={left < URGENT ? 'warn strong' : 'mild'}>{formatDuration(Math.max(left, 60_000_000))}</span>;
}
