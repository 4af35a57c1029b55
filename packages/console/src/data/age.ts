import { useEffect, useState } from 'react';
import { line } from './line.ts';

/** Above this the panel says how old it is. */
export const AGED_MS = 1000;
/** Above this it is hatched, and what depends on it is disabled. */
export const STALE_MS = 5000;
const LOOK_MS = 500;

/** Milliseconds since the stream last spoke; null before its first word. Quiet rows of a line that beats are not old. */
export function useLineAge(): number | null {
  return useTicking(() => (line.lastHeard === null ? null : performance.now() - line.lastHeard));
}

/**
 * Milliseconds that an answer is older than it should be: its age beyond `everyMs`, the interval at which it is asked for again.
 * `updatedAt` is TanStack Query's `dataUpdatedAt`.
 */
export function useAnswerAge(updatedAt: number, everyMs: number): number | null {
  return useTicking(() => (updatedAt === 0 ? null : Math.max(0, Date.now() - updatedAt - everyMs)));
}

/** Reads again twice a second, and renders only when the number as shown (tenths of seconds above one) is another. */
function useTicking(read: () => number | null): number | null {
  const [, show] = useState(-1);
  useEffect(() => {
    const timer = setInterval(() => {
      const age = read();
      show(age === null ? -1 : age < AGED_MS ? 0 : Math.floor(age / 100));
    }, LOOK_MS);
    return () => clearInterval(timer);
  });
  return read();
}
