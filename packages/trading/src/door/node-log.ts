import { type BusinessClock, type Instant, invariant, isProblem } from '@meridian/base';
import { eachEvent, openSequencer, type Sequencer, type SequencerOptions } from '@meridian/log';
import { type Command, encodeCommand } from '@meridian/messages';
import type { MarketNode } from '../engine/market-node.ts';

/** Commands that wait because the disk is behind. More means the disk is gone: the process ends. */
const WAITING_MAX = 100_000;

/**
 * The node behind its log, as gateways see it: a command is stamped with business time, applied, and its number told.
 * While the log is busy commands wait in order, so that a message taken from a session is never lost.
 */
export interface NodeLog {
  readonly node: MarketNode;
  readonly sequencer: Sequencer;
  /** Business time never goes behind this. */
  readonly time: Instant;
  /** Stamps, submits; `applied` is called with the number, now or when the log takes commands again. */
  tell(command: Command, applied?: (seq: number) => void): void;
  /** Moves business time without a command. */
  moveTo(time: Instant): void;
  /**
   * Calls back when a command is durable, between the events before it and those behind it: outbound numbers leave in
   * order. Never when it fails, for then the process ends.
   */
  whenCommitted(seq: number, done: () => void): void;
  /** Calls `listener` with every event that is committed from now on, in order. */
  onEvent(listener: (view: DataView, offset: number) => void): void;
}

export async function openNodeLog(
  node: MarketNode,
  clock: BusinessClock,
  options: Omit<SequencerOptions, 'machine' | 'market'>,
): Promise<NodeLog> {
  const sequencer = await openSequencer({ ...options, machine: node, market: node.market });
  const waiting: { command: Command; applied: ((seq: number) => void) | undefined }[] = [];
  let floor = sequencer.lastTime;

  function now(): Instant {
    floor = Math.max(floor, sequencer.lastTime, clock.now());
    return floor;
  }

  function attempt(command: Command, applied: ((seq: number) => void) | undefined): boolean {
    let seq: number;
    try {
      seq = sequencer.submit(encodeCommand(command, now()));
    } catch (error) {
      if (isProblem(error, 'LOG_BUSY')) return false;
      throw error;
    }
    applied?.(seq);
    return true;
  }

  function drain(): void {
    while (waiting.length > 0) {
      const { command, applied } = waiting[0]!;
      if (!attempt(command, applied)) return;
      waiting.shift();
    }
  }

  const due: { seq: number; done: () => void }[] = [];
  let hear: (view: DataView, offset: number) => void = () => {};
  const release = (upTo: number): void => {
    while (due.length > 0 && due[0]!.seq <= upTo) due.shift()!.done();
  };
  sequencer.onCommitted((batch) => {
    eachEvent(batch, (view, offset) => {
      release(view.getFloat64(offset + 16, true) - 1);
      hear(view, offset);
    });
    release(batch.lastSeq);
    drain();
  });

  return {
    node,
    sequencer,
    get time() {
      return now();
    },
    tell(command, applied) {
      if (waiting.length === 0 && attempt(command, applied)) return;
      invariant(waiting.length < WAITING_MAX, 'the disk has fallen too far behind');
      waiting.push({ command, applied });
    },
    moveTo(time) {
      floor = Math.max(floor, time);
    },
    whenCommitted(seq, done) {
      if (seq <= sequencer.committedSeq) done();
      else due.push({ seq, done });
    },
    onEvent(listener) {
      hear = listener;
    },
  };
}
