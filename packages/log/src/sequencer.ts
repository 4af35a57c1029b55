import type { Problem } from '@meridian/base';
import type { CommandLog } from './command-log.ts';
import type { Disk } from './disk.ts';
import type { EventBatch, Position, StateMachine } from './state-machine.ts';

/** Runs one state machine over one log: gives sequence numbers, applies, makes durable, announces. */
export interface Sequencer {
  readonly market: string;
  /**
   * Takes a command frame (the bytes are copied), gives it the next sequence number, applies it at once and returns the
   * number. The engine runs ahead of durability; nothing it says leaves before the commit.
   * @throws Problem LOG_COMMAND_REFUSED (malformed, too long, time before {@link lastTime}), LOG_BUSY (more waits for the disk
   * than `queueBytesMax`: nothing was taken, try again after a commit), LOG_FAILED (after a fatal error, for ever).
   */
  submit(frame: Uint8Array): number;
  /** The newest command the machine has seen. */
  readonly appliedSeq: number;
  /** The newest durable command. Readers, outputs, status and hashes see this one. */
  readonly committedSeq: number;
  /** Hash over every command number and event up to `committedSeq`, sixteen hexadecimal digits. */
  readonly stateHash: string;
  /** Business time of the newest applied command; a door stamps `max(now, lastTime)`. 0 before the first. */
  readonly lastTime: number;
  /** The version of the newest applied engine-version command; 0 before the first. */
  readonly engineVersion: number;
  /** What opening found and did. */
  readonly recovery: Recovery;
  /**
   * Called after each commit with the events of the newly committed commands, also when there are none. The batch is
   * valid during the call only. Listeners may submit. Commands recovered on opening are not announced: read them by tail.
   */
  onCommitted(listener: (events: EventBatch) => void): void;
  /** Resolves when `seq` is durable, rejects when it never will be. */
  committed(seq: number): Promise<void>;
  /**
   * Committed events strictly after `from`, each exactly once and in order: from the event file, then live, until the
   * caller stops or the sequencer closes. The reader's pace is its own: nothing queues up for it in memory. A batch is
   * the caller's to keep. @throws Problem LOG_POSITION for a position ahead of the log, LOG_TRIMMED when events after
   * `from` are gone, LOG_CORRUPT
   */
  tail(from: Position): AsyncIterable<EventBatch>;
  /**
   * A durable consumer has stored the effect of everything up to and including `upTo`. The first call registers it; the
   * log and the event file are trimmed only behind the slowest registered consumer and behind the older kept snapshot.
   * A position before the one already known is ignored. Backlog is counted at the grain of
   * commits. @throws Problem LOG_POSITION for a position ahead of the log
   */
  acknowledge(consumer: string, upTo: Position): void;
  /** A consumer is gone for good and holds nothing back any more. */
  forget(consumer: string): void;
  readonly consumers: ReadonlyMap<string, Position>;
  /** The slowest consumer is more than `backlogMax` events behind: opening orders should be refused. Nothing is dropped. */
  readonly backlogged: boolean;
  /** Saves the state as of now, durable once it is committed; then trims. Also taken by itself: see the options. */
  snapshot(): Promise<void>;
  /** Makes everything submitted durable, writes consumers' positions, ends tails and gives up the lock. */
  close(): Promise<void>;
}

export interface SequencerOptions {
  /** Folder of this log alone; made when absent. */
  readonly dir: string;
  /** Names the log: 1 to 16 printable ASCII characters. A folder that holds another market's log is refused. */
  readonly market: string;
  readonly machine: StateMachine;
  /** `group-commit` (default): durable means synced. `page-cache`: durable against a killed process, not against power loss. */
  readonly syncPolicy?: 'group-commit' | 'page-cache';
  /** Size of a command segment, zero-filled in advance; default 64 MiB. The event file's segments roll at the same size. */
  readonly segmentBytes?: number;
  /** Commands and events waiting for the disk; default 64 MiB. At the bound `submit` answers LOG_BUSY. */
  readonly queueBytesMax?: number;
  /** Events the slowest consumer may be behind; default 1,000,000. */
  readonly backlogMax?: number;
  /** Commands between two snapshots; default 1,000,000; 0 for none. An engine-version command always takes one. */
  readonly snapshotEvery?: number;
  /** Consumers that must be heard before anything is trimmed, registered at the start when not yet known. */
  readonly consumers?: readonly string[];
  /**
   * Called once, at the first failed write or sync or broken invariant; the process must exit. The default throws it as
   * an uncaught exception, which ends the process.
   */
  readonly fatal?: (problem: Problem) => void;
  /** Another store of batches; default the file log in `dir`. */
  readonly log?: CommandLog;
  /** The disk; default the machine's own. Simulations inject a faulty one. */
  readonly disk?: Disk;
}

export interface Recovery {
  /** Bytes of the unfinished batch that was cut off; 0 after an orderly end. */
  readonly tornBytes: number;
  /** Sequence number of the snapshot the state was restored from; 0 from the beginning. */
  readonly snapshotSeq: number;
  /** Snapshot files that were damaged and passed over. */
  readonly damagedSnapshots: readonly string[];
  /** Commands applied from the log behind the snapshot. */
  readonly commands: number;
  /** Why the event file was written again from its beginning; null when it was whole. */
  readonly eventsRegenerated: string | null;
}
