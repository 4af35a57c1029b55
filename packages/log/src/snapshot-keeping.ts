import type { Problem } from '@meridian/base';
import type { SavedRun } from './run.ts';
import type { Parts } from './sequencing.ts';
import { SNAPSHOTS_KEPT, writeSnapshot } from './snapshot.ts';

/** Writes snapshots and consumers' positions, one file at a time, and trims behind them. */
export interface SnapshotKeeping {
  /** Sequence number of the newest snapshot on disk. */
  readonly newest: number | undefined;
  /** So many commands were applied since the last snapshot that the next is due, and none is waiting. */
  due(seq: number): boolean;
  /** Writes the saved state once `marked` says that its commands and events are in the log's files. */
  keep(saved: SavedRun, marked: Promise<void>): Promise<void>;
  /** Who consumes is made durable at once; how far they are, with the next snapshot. */
  remember(): void;
  /** Resolves when nothing is being written. */
  idle(): Promise<void>;
}

interface Surroundings extends Parts {
  readonly afterEvents: (task: () => Promise<void>) => Promise<void>;
  readonly fail: (error: unknown) => Problem;
}

export function keepSnapshots(around: Surroundings): SnapshotKeeping {
  const { settings, log, events, consumers, snapshotDir, afterEvents, fail } = around;
  const { disk, dir, market, snapshotEvery } = settings;
  let { kept } = around;
  let takenAt = kept.at(-1) ?? 0;
  let waiting = 0;
  let work: Promise<void> = Promise.resolve();

  async function store(saved: SavedRun): Promise<void> {
    await events.sync();
    await consumers.save(disk, dir);
    kept = await writeSnapshot(disk, snapshotDir, market, saved, kept);
    if (kept.length < SNAPSHOTS_KEPT) return;
    // Up to and with the older snapshot the log is not needed; a consumer may still need its last command's events.
    const upTo = Math.min(kept[0] as number, consumers.slowestSeq);
    await log.trim(upTo + 1);
    await afterEvents(() => events.trim(upTo));
  }

  /** One behind the other; the first failure is fatal. */
  function queue(task: () => Promise<void>): Promise<void> {
    const done = work.then(task);
    work = done.catch((error) => void fail(error));
    return done;
  }

  return {
    get newest() {
      return kept.at(-1);
    },
    due: (seq) => snapshotEvery > 0 && seq - takenAt >= snapshotEvery && waiting === 0,
    async keep(saved, marked) {
      takenAt = saved.seq;
      waiting++;
      try {
        await queue(async () => {
          await marked;
          await store(saved);
        });
      } finally {
        waiting--;
      }
    },
    remember: () => void queue(() => consumers.save(disk, dir)).catch(() => {}),
    idle: () => work,
  };
}
