import fs from 'node:fs';
import os from 'node:os';

/** Nice: a third of a node's weight, so a server that is asked much still answers while nodes trade. */
const BEHIND = 5;

/**
 * Puts this process behind the nodes and venues of the same machine: an order never waits for a screen, a report or a score.
 * Linux counts priority by thread, so every thread that runs already is told; later ones inherit. Elsewhere the process is.
 */
export function standBehindNodes(): void {
  const threads = os.platform() === 'linux' ? fs.readdirSync('/proc/self/task').map(Number) : [0];
  for (const thread of threads) {
    try {
      os.setPriority(thread, BEHIND);
    } catch (error) {
      // A thread that has ended since it was listed.
      if ((error as NodeJS.ErrnoException & { info?: { code?: string } }).info?.code !== 'ESRCH') throw error;
    }
  }
}
