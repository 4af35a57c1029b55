import type { Queryable } from '@meridian/store';

/**
 * How far this process knows the directory. Every change that a live session must feel raises one number in the database;
 * what was read under an older number is read again. The number itself is read at most every `everyMs`, so that a change
 * made by another process is felt within that time, and one made by this process at once.
 */
export interface EpochWatch {
  /** The number known now, after reading it again where that is due. @throws Problem DATABASE_AWAY */
  current(): bigint | Promise<bigint>;
  /** A read met this number. */
  saw(epoch: bigint): void;
  /** This process changed something: what is known is not trusted any more. */
  expire(): void;
}

export function watchEpoch(over: Queryable, everyMs: number, elapsedMs: () => number): EpochWatch {
  let known = 0n;
  let readAt = Number.NEGATIVE_INFINITY;
  let changes = 0;
  let reading: Promise<bigint> | undefined;

  async function read(): Promise<bigint> {
    const [before, at] = [changes, elapsedMs()];
    const { rows } = await over.query<{ epoch: bigint }>(READ);
    const epoch = rows[0]?.epoch ?? 0n;
    if (epoch > known) known = epoch;
    // What was asked before a change of ours may have been answered before it, too.
    if (changes === before) readAt = at;
    return known;
  }

  return {
    current() {
      if (elapsedMs() - readAt < everyMs) return known;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    saw(epoch) {
      if (epoch > known) known = epoch;
    },
    expire() {
      changes++;
      readAt = Number.NEGATIVE_INFINITY;
      reading = undefined;
    },
  };
}

const READ = { name: 'identity_epoch', sql: 'SELECT epoch FROM security.identity_state' };

/** Tells every process to read its sessions again. The last statement of a transaction: its row is a bottleneck. */
export async function raiseEpoch(tx: Queryable): Promise<void> {
  await tx.query('UPDATE security.identity_state SET epoch = epoch + 1');
}
