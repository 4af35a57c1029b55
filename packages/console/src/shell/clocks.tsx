import type { House } from '@meridian/api';
import { useEffect, useState } from 'react';
import { formatTime, instantOf } from '../format/time.ts';
import { useLanguage, useText } from '../i18n/use-text.ts';
import { text } from './text.ts';

interface ClocksProps {
  readonly clocks: House['clocks'];
  /** MICs that this house trades: their zones come first and are never the ones left out. */
  readonly traded: readonly string[];
  /** Business time as the house last said it; the demo's runs at its own speed. */
  readonly businessTime: string | undefined;
}

/** One clock per zone, with a dot for those where a market is open. Those that do not fit the width are left out, whole. */
export function Clocks({ clocks, traded, businessTime }: ClocksProps) {
  const words = useText(text);
  const language = useLanguage();
  const now = useBusinessTime(businessTime);
  const zones = new Map<string, House['clocks'][number]>();
  const ours = new Set(clocks.filter(({ market }) => traded.includes(market)).map(({ zone }) => zone));
  for (const clock of [...clocks].sort((a, b) => Number(ours.has(b.zone)) - Number(ours.has(a.zone)))) {
    const known = zones.get(clock.zone);
    if (known === undefined || (!known.open && clock.open)) zones.set(clock.zone, clock);
  }
  return (
    <ul className="clocks" aria-label={words.clocks}>
      {[...zones.values()].map((clock) => (
        <li key={clock.zone} className={clock.open ? 'open' : ''}>
          <i aria-hidden="true" />
          {clock.name[language]} <b>{now === null ? '--:--' : formatTime(now, clock.zone, 'minute')}</b>
          <span className="hidden-text">{clock.open ? words.open : words.closed}</span>
        </li>
      ))}
    </ul>
  );
}

/** Business time, carried on by this browser's clock for the second between two beats; null before the house has said any. */
export function useBusinessTime(said: string | undefined): number | null {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return instantOf(said);
}
