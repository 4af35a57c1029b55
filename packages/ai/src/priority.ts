import os from 'node:os';

/**
 * Puts the calling thread behind everything else on the machine: who trades never waits for who scores. Linux counts priority by
 * thread; elsewhere it belongs to the whole process and is left alone.
 */
export function standBehind(): void {
  if (os.platform() === 'linux') os.setPriority(0, os.constants.priority.PRIORITY_LOW);
}
