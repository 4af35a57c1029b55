import { crc32 } from 'node:zlib';
import type { Disk, DiskFile } from './disk.ts';
import { type EventFile, type EventSegment, locate } from './event-file.ts';
import { type Block, before, EVENT_SEGMENT_HEADER_BYTES } from './event-segment.ts';
import { endOf } from './event-survey.ts';
import { corrupt, problem } from './problems.ts';
import type { EventBatch, Position } from './state-machine.ts';

/** Wakes everyone who waits, once per call of `ring`. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring. */
  next(): Promise<void>;
}

export function createBell(): Bell {
  let signal: PromiseWithResolvers<void> | undefined;
  return {
    ring() {
      signal?.resolve();
      signal = undefined;
    },
    next() {
      signal ??= Promise.withResolvers<void>();
      return signal.promise;
    },
  };
}

/**
 * Events after `from` out of the event file; at its end waits for the bell until `ended` says there will be no more.
 * `ended` throws when the end is a failure.
 */
export async function* tailEvents(
  disk: Disk,
  events: EventFile,
  from: Position,
  bell: Bell,
  ended: () => boolean,
): AsyncGenerator<EventBatch> {
  let { segment, offset } = locate(events, from);
  let file: DiskFile | undefined;
  let last = from;
  try {
    for (;;) {
      const extent = nextExtent(segment, offset);
      if (extent === undefined) {
        const next = events.segments.find((s) => s.firstEvent > segment.firstEvent);
        if (next !== undefined && offset === segment.written) {
          if (next.firstEvent !== endOf(segment)) throw trimmed(last, next.behind);
          await file?.close();
          file = undefined;
          segment = next;
          offset = EVENT_SEGMENT_HEADER_BYTES;
          continue;
        }
        if (ended()) return;
        await bell.next();
        continue;
      }
      if (file === undefined) {
        if (!events.segments.includes(segment)) throw trimmed(last, events.behind);
        file = await disk.open(segment.path, 'read');
      }
      const batch = await readExtent(file, segment, extent, last);
      offset = extent.offset + extent.length;
      if (batch === undefined) continue;
      last = batch.last;
      yield batch.batch;
    }
  } finally {
    await file?.close();
  }
}

const trimmed = (last: Position, behind: Position) => problem('LOG_TRIMMED', { seq: last.seq, first: behind.seq });

interface Extent {
  readonly offset: number;
  readonly length: number;
  /** Present when the extent is a whole block. */
  readonly crc: number | undefined;
}

/** The rest of the block at `offset`, or what has been written of the one being filled. */
function nextExtent(segment: EventSegment, offset: number): Extent | undefined {
  if (offset >= segment.written) return undefined;
  const { blocks } = segment;
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = blocks[middle] as Block;
    if (block.offset + block.length <= offset) low = middle + 1;
    else high = middle;
  }
  const block = blocks[low];
  if (block === undefined) return { offset, length: segment.written - offset, crc: undefined };
  const whole = block.offset === offset;
  return { offset, length: block.offset + block.length - offset, crc: whole ? block.crc : undefined };
}

async function readExtent(file: DiskFile, segment: EventSegment, extent: Extent, from: Position) {
  const bytes = new Uint8Array(extent.length);
  const read = await file.read(bytes, extent.offset);
  if (read !== bytes.length || (extent.crc !== undefined && crc32(bytes) !== extent.crc))
    throw corrupt(segment.path, extent.offset, from.seq, 'event block checksum');
  return batchAfter(bytes, from);
}

/** Leaves out the frames up to `from`; undefined when none is left. */
function batchAfter(bytes: Uint8Array, from: Position): { batch: EventBatch; last: Position } | undefined {
  const view = new DataView(bytes.buffer);
  const positionAt = (at: number): Position => ({ seq: view.getFloat64(at + 16, true), k: view.getUint32(at + 24, true) });
  let start = 0;
  while (start < bytes.length && !before(from, positionAt(start))) start += view.getUint32(start, true);
  if (start === bytes.length) return undefined;
  let count = 0;
  let last = from;
  for (let at = start; at < bytes.length; at += view.getUint32(at, true)) {
    count++;
    last = positionAt(at);
  }
  const rest = bytes.subarray(start);
  const firstSeq = view.getFloat64(start + 16, true);
  const over = new DataView(bytes.buffer, start);
  return { batch: { firstSeq, lastSeq: last.seq, count, bytes: rest, view: over }, last };
}
