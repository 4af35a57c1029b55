import { formatPercent, NONE } from '../format/number.ts';

export interface BarProps {
  /** Part of the limit in use; 1 is all of it. Null: unknown, which is shown as such and not as zero. */
  readonly ratio: number | null;
  /** Where the tick stands: a warning line or the part that is leased. */
  readonly tick?: number | null;
  /** From here on the bar is amber; the figure beside it too. */
  readonly warnAt?: number;
  readonly digits?: number;
}

/** How much of a limit is used: a bar with a tick, and the figure. Never a gauge. */
export function Bar({ ratio, tick = null, warnAt = Number.POSITIVE_INFINITY, digits = 1 }: BarProps) {
  const high = ratio !== null && ratio >= warnAt;
  return (
    <span className={`bar ${high ? 'high' : ''}`}>
      <span className="bar-track" aria-hidden="true">
        {ratio !== null && <i style={{ width: `${Math.min(1, Math.max(0, ratio)) * 100}%` }} />}
        {tick !== null && <em style={{ left: `${Math.min(1, Math.max(0, tick)) * 100}%` }} />}
      </span>
      <span className={high ? 'warn' : ''}>{ratio === null ? NONE : formatPercent(ratio, digits)}</span>
    </span>
  );
}
