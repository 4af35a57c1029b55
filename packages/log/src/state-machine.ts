import type { Event } from '@meridian/messages';

/**
 * A deterministic state machine that a log drives. No clocks, no randomness, no I/O: the same commands in the same
 * order give the same events, the same saved bytes and the same hash, on any machine, at any time.
 */
export interface StateMachine {
  /**
   * Applies the command frame that starts at `offset` of `view` (see the frame layout in messages) and emits its events.
   * `seq` counts from 1. The view is the host's: read it now, keep nothing of it. It must not throw for a bad command
   * (that is answered by an event); a throw is a broken invariant, the command is not made durable and the process ends.
   */
  apply(view: DataView, offset: number, seq: number, out: EventSink): void;
  /** The whole state, deterministic: equal states give equal bytes. `restore(save())` is an identity. */
  save(): Uint8Array;
  /** Replaces the whole state. The bytes are the host's: copy what is kept. */
  restore(bytes: Uint8Array): void;
}

/**
 * Where a state machine writes its events. The host numbers them (seq, k), k counting from 0 within a command, and
 * stamps the command's time; the machine writes the body only.
 */
export interface EventSink {
  /** The k the next event will get, for events that name one another. */
  readonly nextK: number;
  /** Convenience: from an object. */
  emit(event: Event): void;
  /**
   * Hot path: returns the offset of the body in {@link view}; the caller writes at most {@link EVENT_BODY_BYTES_MAX}
   * bytes there and calls `end` with the offset behind them. Read `view` after `begin`: it changes when it grows.
   */
  begin(type: number): number;
  end(offset: number): void;
  readonly view: DataView;
}

/** Room that `begin` promises behind the offset it returns. */
export const EVENT_BODY_BYTES_MAX = 8_192;

/**
 * An event's place in a market: the k-th event (from 0) of the command at seq (from 1). A consumer stores the position
 * of the last event whose effect it has stored, in the same transaction. {@link START} stands before all events.
 */
export interface Position {
  readonly seq: number;
  readonly k: number;
}

/** Nothing consumed yet: sequence numbers begin at 1. */
export const START: Position = { seq: 0, k: 0 };

/** Committed events in order, frames back to back in one buffer. */
export interface EventBatch {
  /** `onCommitted`: the commands this commit made durable. `tail`: the commands of the first and the last event. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Number of event frames; a commit of commands that said nothing has none. */
  readonly count: number;
  readonly bytes: Uint8Array;
  /** Over the same bytes: frame offsets count from 0. */
  readonly view: DataView;
}

/** Calls `visit` with the offset of each frame. Read them with `readEvent` or in place. */
export function eachEvent(batch: EventBatch, visit: (view: DataView, offset: number) => void): void {
  for (let offset = 0; offset < batch.bytes.length; offset += batch.view.getUint32(offset, true)) visit(batch.view, offset);
}

/** The position of a batch's last event: what a consumer stores after it. Undefined for a batch without events. */
export function lastPosition(batch: EventBatch): Position | undefined {
  let last: Position | undefined;
  eachEvent(batch, (view, offset) => {
    if (offset + view.getUint32(offset, true) === batch.bytes.length)
      last = { seq: view.getFloat64(offset + 16, true), k: view.getUint32(offset + 24, true) };
  });
  return last;
}
