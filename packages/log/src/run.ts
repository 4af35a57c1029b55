import { invariant, StateHash } from '@meridian/base';
import { COMMAND_HEADER_BYTES, COMMAND_TYPE, decodeCommand } from '@meridian/messages';
import type { Batch } from './command-log.ts';
import type { EventBuffer } from './event-buffer.ts';
import { problem } from './problems.ts';
import type { StateMachine } from './state-machine.ts';

/** Everything a run needs to go on from a command: the machine's state and the log's running figures. */
export interface SavedRun {
  readonly seq: number;
  readonly time: number;
  /** Events of all commands so far. */
  readonly events: number;
  readonly engineVersion: number;
  readonly lanes: readonly [number, number];
  readonly state: Uint8Array;
}

/** Hot path. A state machine on its way through a log: applied live, on recovery and by replay in this one place. */
export class Run {
  seq = 0;
  time = 0;
  events = 0;
  engineVersion = 0;
  readonly hash = new StateHash();
  readonly #machine: StateMachine;

  constructor(machine: StateMachine) {
    this.#machine = machine;
  }

  /** Applies the frame at `offset`; its events follow those already in `out`. */
  apply(view: DataView, offset: number, out: EventBuffer): void {
    const seq = this.seq + 1;
    const time = view.getFloat64(offset + 8, true);
    const start = out.length;
    out.command(seq, time);
    this.#machine.apply(view, offset, seq, out);
    invariant(out.whole, 'a command leaves no event half written');
    this.hash.int(seq);
    if (out.length > start) this.hash.bytes(out.bytes, start, out.length);
    this.seq = seq;
    this.time = time;
    this.events += out.nextK;
    if (view.getUint16(offset + 4, true) === COMMAND_TYPE['engine-version']) this.engineVersion = versionOf(view, offset);
  }

  save(): SavedRun {
    const { seq, time, events, engineVersion } = this;
    return { seq, time, events, engineVersion, lanes: this.hash.save(), state: this.#machine.save() };
  }

  restore(saved: SavedRun): void {
    this.seq = saved.seq;
    this.time = saved.time;
    this.events = saved.events;
    this.engineVersion = saved.engineVersion;
    this.hash.restore(saved.lanes);
    this.#machine.restore(saved.state);
  }
}

/** @throws Problem COMMAND_UNREADABLE */
export function versionOf(view: DataView, offset: number): number {
  const command = decodeCommand(view, offset);
  return command.name === 'engine-version' ? command.body.version : 0;
}

/**
 * Applies a batch's commands that the run has not seen, none above `toSeq`.
 * @throws Problem LOG_CORRUPT when the frames do not fill the batch exactly
 */
export function applyBatch(run: Run, batch: Batch, toSeq: number, out: EventBuffer): void {
  const { bytes } = batch;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let offset = 0;
  for (let seq = batch.firstSeq; seq < batch.firstSeq + batch.count; seq++) {
    const length = bytes.length - offset >= COMMAND_HEADER_BYTES ? view.getUint32(offset, true) : 0;
    if (length < COMMAND_HEADER_BYTES || length > bytes.length - offset) throw broken(seq, offset, 'frame length');
    if (seq > toSeq) return;
    if (seq > run.seq) {
      invariant(seq === run.seq + 1, () => `command ${seq} behind ${run.seq}`);
      run.apply(view, offset, out);
    }
    offset += length;
  }
  if (offset !== bytes.length) throw broken(batch.firstSeq, offset, 'bytes behind the last frame');
}

function broken(seq: number, offset: number, reason: string) {
  return problem('LOG_CORRUPT', { file: `batch of command ${seq}`, offset, seq, reason });
}
