import { InvariantError, isProblem, type Problem, StateHash } from '@meridian/base';
import { COMMAND_HEADER_BYTES, COMMAND_TYPE, FRAME_BYTES_MAX } from '@meridian/messages';
import type { CommandLog } from './command-log.ts';
import type { Consumers } from './consumer.ts';
import { EventBuffer } from './event-buffer.ts';
import type { EventFile } from './event-file.ts';
import type { Settings } from './open.ts';
import { problem } from './problems.ts';
import { type Run, versionOf } from './run.ts';
import type { Recovery, Sequencer } from './sequencer.ts';
import { keepSnapshots } from './snapshot-keeping.ts';
import type { EventBatch, Position } from './state-machine.ts';
import { createBell, tailEvents } from './tail.ts';

export interface Parts {
  readonly settings: Settings;
  readonly log: CommandLog;
  readonly run: Run;
  readonly events: EventFile;
  readonly consumers: Consumers;
  /** Sequence numbers of the intact snapshots. */
  readonly kept: readonly number[];
  readonly snapshotDir: string;
  readonly recovery: Recovery;
  readonly unlock: () => Promise<void>;
}

/** Commands being collected or written, and what they said. Reused: the buffers belong to the sequencer. */
interface Collected {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly events: EventBuffer;
  length: number;
  firstSeq: number;
  count: number;
  /** The run behind the last command: what the world sees once the batch is durable. */
  total: number;
  lanes: readonly [number, number];
  /** A snapshot was taken behind the last command: its events end a block. */
  marked: boolean;
}

const POOL_MAX = 4;
/** An event buffer that grew beyond this is not kept for reuse. */
const POOLED_EVENT_BYTES_MAX = 8 << 20;

/**
 * The live sequencer. One thread: submit applies and collects; the loop stores one batch at a time while the next one
 * fills; what a batch said leaves when it is durable, and goes into the event file while the next one is being stored.
 */
export function sequence(parts: Parts): Sequencer {
  const { settings, log, run, events, consumers } = parts;
  const { disk, queueBytesMax, syncPolicy } = settings;
  const batchBytesMax = log.batchBytesMax;
  const listeners: ((events: EventBatch) => void)[] = [];
  const bell = createBell();
  const pool: Collected[] = [];
  const sealed: Collected[] = [];
  let storing: Collected | undefined;
  let waiting: { seq: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  let open = collect();
  let queuedBytes = 0;
  let committedSeq = run.seq;
  let committedEvents = run.events;
  let lanes = run.hash.save();
  const hash = new StateHash();
  let running = false;
  let loop: Promise<void> = Promise.resolve();
  /** Every use of the event file, one behind the other. */
  let eventWork: Promise<void> = Promise.resolve();
  const keeper = keepSnapshots({ ...parts, afterEvents, fail });
  let failure: Problem | undefined;
  let closing: Promise<void> | undefined;
  let closed = false;

  function collect(): Collected {
    const reused = pool.pop();
    if (reused !== undefined) return reused;
    const bytes = new Uint8Array(batchBytesMax);
    const view = new DataView(bytes.buffer);
    const events = new EventBuffer();
    return { bytes, view, events, length: 0, firstSeq: 0, count: 0, total: 0, lanes: [0, 0], marked: false };
  }

  function submit(frame: Uint8Array): number {
    if (failure !== undefined) throw problem('LOG_FAILED', { reason: failure.message }, failure);
    if (closing !== undefined) throw problem('LOG_CLOSED');
    const length = frame.length;
    if (length < COMMAND_HEADER_BYTES || length > FRAME_BYTES_MAX || length > batchBytesMax)
      throw problem('LOG_COMMAND_REFUSED', { reason: `frame of ${length} bytes` });
    if (queuedBytes + length > queueBytesMax) throw problem('LOG_BUSY', { bytes: queueBytesMax });
    if (open.length + length > batchBytesMax) seal();
    const batch = open;
    const at = batch.length;
    batch.bytes.set(frame, at);
    if (batch.view.getUint32(at, true) !== length)
      throw problem('LOG_COMMAND_REFUSED', { reason: `${length} bytes say they are ${batch.view.getUint32(at, true)}` });
    const time = batch.view.getFloat64(at + 8, true);
    if (!(time >= run.time && time <= Number.MAX_SAFE_INTEGER))
      throw problem('LOG_COMMAND_REFUSED', { reason: `time ${time} is before ${run.time}` });
    const versioned = batch.view.getUint16(at + 4, true) === COMMAND_TYPE['engine-version'];
    if (versioned) versionOf(batch.view, at);
    return take(batch, at, length, versioned);
  }

  function take(batch: Collected, at: number, length: number, versioned: boolean): number {
    const said = batch.events.length;
    const version = run.engineVersion;
    try {
      run.apply(batch.view, at, batch.events);
    } catch (error) {
      throw fail(error);
    }
    if (batch.count === 0) batch.firstSeq = run.seq;
    batch.count++;
    batch.length = at + length;
    queuedBytes += length + batch.events.length - said;
    if (!running) {
      running = true;
      setImmediate(() => {
        loop = drain();
      });
    }
    if (keeper.due(run.seq) || (versioned && run.engineVersion !== version)) snapshot().catch(() => {});
    return run.seq;
  }

  /** Ends the open batch; the next command begins another. */
  function seal(): void {
    if (open.count === 0) return;
    open.total = run.events;
    open.lanes = run.hash.save();
    sealed.push(open);
    open = collect();
  }

  async function drain(): Promise<void> {
    try {
      for (;;) {
        if (sealed.length === 0) seal();
        const batch = sealed.shift();
        if (batch === undefined || failure !== undefined) break;
        storing = batch;
        await log.append({ firstSeq: batch.firstSeq, count: batch.count, bytes: batch.bytes.subarray(0, batch.length) });
        await eventWork;
        if (failure !== undefined) break;
        commit(batch);
        // Without a sync nothing above leaves the thread: let sockets and timers have their turn.
        if (syncPolicy === 'page-cache') await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      fail(error);
    } finally {
      running = false;
    }
  }

  function commit(batch: Collected): void {
    storing = undefined;
    committedSeq = batch.firstSeq + batch.count - 1;
    committedEvents = batch.total;
    lanes = batch.lanes;
    consumers.mark(committedSeq, committedEvents);
    const { bytes, length, count } = batch.events;
    const said = bytes.subarray(0, length);
    const view = new DataView(bytes.buffer, 0, length);
    // Whoever waits for an answer gets it before the file its events.
    announce({ firstSeq: batch.firstSeq, lastSeq: committedSeq, count, bytes: said, view });
    afterEvents(async () => {
      await events.append(said, view);
      bell.ring();
    });
    if (batch.marked) afterEvents(() => events.mark());
    eventWork.then(() => recycle(batch), fail);
    if (waiting.length > 0) settle();
  }

  function announce(batch: EventBatch): void {
    for (const listener of listeners) {
      try {
        listener(batch);
      } catch (error) {
        // A listener may find that nothing more is taken; anything else it throws is a defect.
        if (!isProblem(error, 'LOG_CLOSED')) throw error;
      }
    }
  }

  function settle(): void {
    const due = waiting.filter((waiter) => waiter.seq <= committedSeq);
    if (due.length === 0) return;
    waiting = waiting.filter((waiter) => waiter.seq > committedSeq);
    for (const waiter of due) waiter.resolve();
  }

  function recycle(batch: Collected): void {
    queuedBytes -= batch.length + batch.events.length;
    batch.length = 0;
    batch.count = 0;
    batch.marked = false;
    batch.events.clear();
    if (pool.length < POOL_MAX && batch.events.bytes.length <= POOLED_EVENT_BYTES_MAX) pool.push(batch);
  }

  /** The first failure ends everything: nothing more is stored, nothing more leaves. */
  function fail(error: unknown): Problem {
    if (failure !== undefined) return failure;
    const reason = error instanceof Error ? error.message : String(error);
    const found = isProblem(error) ? error : problem('LOG_FAILED', { reason }, error);
    failure = found;
    for (const waiter of waiting) waiter.reject(found);
    waiting = [];
    bell.ring();
    const { fatal } = settings;
    if (fatal !== undefined) fatal(found);
    else
      queueMicrotask(() => {
        throw found;
      });
    return found;
  }

  function committed(seq: number): Promise<void> {
    if (seq <= committedSeq) return Promise.resolve();
    if (failure !== undefined) return Promise.reject(problem('LOG_FAILED', { reason: failure.message }, failure));
    if (seq > run.seq) return Promise.reject(new InvariantError(`command ${seq} was never submitted`));
    return new Promise((resolve, reject) => waiting.push({ seq, resolve, reject }));
  }

  /** Does something with the event file when everything asked of it before is done. */
  function afterEvents(task: () => Promise<void>): Promise<void> {
    eventWork = eventWork.then(task);
    return eventWork;
  }

  /** The state is saved now, at the newest applied command, which ends its batch; the file is written when that is durable. */
  function snapshot(): Promise<void> {
    if (failure !== undefined) return Promise.reject(problem('LOG_FAILED', { reason: failure.message }, failure));
    if (run.seq === 0 || keeper.newest === run.seq) return Promise.resolve();
    seal();
    const last = sealed.at(-1) ?? storing;
    if (last !== undefined) last.marked = true;
    else afterEvents(() => events.mark());
    const marked = committed(run.seq).then(() => eventWork);
    marked.catch(() => {}); // Reported by whoever failed; here it only must not count as unhandled.
    return keeper.keep(run.save(), marked);
  }

  async function shut(): Promise<void> {
    while (failure === undefined && (running || committedSeq < run.seq)) {
      await loop;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.allSettled([loop, eventWork, keeper.idle()]);
    closed = true;
    bell.ring();
    try {
      if (failure === undefined) {
        await events.sync();
        await consumers.save(disk, settings.dir);
      }
    } finally {
      await Promise.allSettled([log.close(), events.close()]);
      await parts.unlock();
    }
  }

  return {
    market: settings.market,
    recovery: parts.recovery,
    submit,
    committed,
    snapshot,
    get appliedSeq() {
      return run.seq;
    },
    get committedSeq() {
      return committedSeq;
    },
    get stateHash() {
      hash.restore(lanes);
      return hash.digest();
    },
    get lastTime() {
      return run.time;
    },
    get engineVersion() {
      return run.engineVersion;
    },
    onCommitted: (listener) => void listeners.push(listener),
    tail(from) {
      refuseAhead(from);
      return tailEvents(disk, events, from, bell, () => {
        if (failure !== undefined) throw problem('LOG_FAILED', { reason: failure.message }, failure);
        return closed;
      });
    },
    acknowledge(consumer, upTo) {
      refuseAhead(upTo);
      const added = consumers.register(consumer);
      consumers.advance(consumer, upTo);
      if (added) keeper.remember();
    },
    forget(consumer) {
      if (!consumers.positions.delete(consumer)) return;
      consumers.reckon();
      keeper.remember();
    },
    consumers: consumers.positions,
    get backlogged() {
      return committedEvents - consumers.slowestEvents > settings.backlogMax;
    },
    close() {
      closing ??= shut();
      return closing;
    },
  };

  /** Whoever has seen what was never committed here reads another log, or this one lost something. */
  function refuseAhead({ seq, k }: Position): void {
    const valid = Number.isSafeInteger(seq) && Number.isSafeInteger(k) && seq >= 0 && k >= 0;
    if (!valid || seq > committedSeq) throw problem('LOG_POSITION', { seq, k, last: committedSeq });
  }
}
