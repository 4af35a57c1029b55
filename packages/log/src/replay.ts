import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { EventBuffer } from './event-buffer.ts';
import { openFileLog } from './file-log.ts';
import { nodeDisk } from './node-disk.ts';
import { commandsOf } from './open.ts';
import { corrupt, problem } from './problems.ts';
import { applyBatch, Run } from './run.ts';
import { readSnapshots } from './snapshot.ts';
import type { StateMachine } from './state-machine.ts';

export interface Replay {
  /** Commands applied, those behind a snapshot only when it began at one. */
  readonly commands: number;
  /** Wall time of reading and applying them. */
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
 * there, else at the oldest snapshot. Beside a running node the end is the last batch that was written in full.
 * @throws Problem LOG_CORRUPT, LOG_TRIMMED when `toSeq` lies before the oldest snapshot or behind the log's end
 */
export async function replay(dir: string, machine: StateMachine, toSeq?: number): Promise<Replay> {
  const log = await openFileLog(commandsOf(dir));
  const run = new Run(machine);
  if (log.firstSeq > 1) {
    const { intact } = await readSnapshots(nodeDisk, join(dir, 'snapshots'), undefined);
    const base = intact.find((snapshot) => snapshot.seq + 1 >= log.firstSeq);
    if (base === undefined) throw corrupt(dir, 0, log.firstSeq, 'the log begins here and no intact snapshot leads up to it');
    run.restore(base);
  }
  const fromSeq = run.seq;
  const target = toSeq ?? Math.max(log.lastSeq, fromSeq);
  if (target < fromSeq || target > log.lastSeq) throw problem('LOG_TRIMMED', { seq: target, first: fromSeq });
  const out = new EventBuffer();
  const start = performance.now();
  if (target > fromSeq) {
    for await (const batch of log.read(fromSeq + 1)) {
      if (batch.firstSeq > target) break;
      applyBatch(run, batch, target, out);
      out.clear();
    }
  }
  const seconds = (performance.now() - start) / 1000;
  return { commands: run.seq - fromSeq, seconds, stateHash: run.hash.digest(), seq: run.seq, fromSeq };
}
