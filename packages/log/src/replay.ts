import type { StateMachine } from './state-machine.ts';

export interface Replay {
  readonly commands: number;
  readonly seconds: number;
  readonly stateHash: string;
  /** The state is that after this command. */
  readonly seq: number;
  /** The snapshot the replay began from, 0 for the beginning. */
  readonly fromSeq: number;
}

/**
 * Applies a log's commands to a fresh machine and tells the state's hash after `toSeq` (default: the last command).
 * Read-only and without the lock, so it may run beside the node; it begins at the first command while that is still
 * there, else at the oldest snapshot. @throws Problem LOG_CORRUPT, LOG_TRIMMED when `toSeq` lies before the oldest snapshot
 */
export declare function replay(dir: string, machine: StateMachine, toSeq?: number): Promise<Replay>;
