import type { Instant } from '@meridian/base';
import { type Clock, useToday } from '../data/today.ts';
import { NONE } from '../format/number.ts';
import { BEIJING, formatMoment, formatWhen, instantOf, type Precision } from '../format/time.ts';
import { usePreferences } from '../preferences.ts';

/** How instants of a clock are written today, in Beijing: without a date where it is today's. */
export function useWhen(clock: Clock = 'business'): (instant: Instant, precision?: Precision) => string {
  const today = useToday(clock);
  return (instant, precision) => formatWhen(instant, BEIJING, today, precision);
}

interface WhenProps {
  readonly at: string | null;
  readonly clock?: Clock;
}

/** An instant as it travels, in a list or a fact whose head names Beijing; the whole of it, in both zones, is its title. */
export function When({ at, clock = 'business' }: WhenProps) {
  const when = useWhen(clock);
  const { language, zone } = usePreferences();
  const instant = instantOf(at);
  if (instant === null) return <span className="dim">{NONE}</span>;
  const whole = [BEIJING, zone].map((each) => formatMoment(instant, each, language)).join(' / ');
  return (
    <time className="mild" dateTime={at as string} title={whole}>
      {when(instant)}
    </time>
  );
}
