import { isProblem, type Logger, wallClock } from '@meridian/base';
import { reasonOf } from './child.ts';
import type { ProcessSettings } from './settings.ts';

/**
 * In production business time is the wall clock and every process moves itself; in the demo the conductor moves all of
 * them. The next turn begins a pause after the last has ended, so that a slow one is not overtaken by itself.
 */
export function keepTime(
  settings: ProcessSettings,
  everyMs: number,
  advance: (time: number) => Promise<unknown>,
  logger: Logger,
): { close(): void } {
  let closed = settings.mode === 'demo';
  const turn = async () => {
    if (closed) return;
    await advance(wallClock.now()).catch((error: unknown) => {
      // Not ready yet, or somebody is away: the next turn comes anyway.
      if (!isProblem(error) || error.status >= 500) logger.warn('turn not done', { reason: reasonOf(error) });
    });
    if (!closed) setTimeout(() => void turn(), everyMs);
  };
  void turn();
  return {
    close() {
      closed = true;
    },
  };
}
