import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { invariant } from '@meridian/base';
import type { Disk, DiskFile } from './disk.ts';
import {
  BLOCK_BYTES,
  type Block,
  before,
  EVENT_SEGMENT_HEADER_BYTES,
  eventSegmentName,
  INDEX_ENTRY_BYTES,
  indexName,
  lastFrame,
  writeEventSegmentHeader,
  writeIndexEntry,
} from './event-segment.ts';
import { type EventSurvey, endOf, type SurveyedSegment } from './event-survey.ts';
import { fullyWritten, writeAll } from './full-write.ts';
import { problem } from './problems.ts';
import type { Position } from './state-machine.ts';

/** Up to here the copy into the page cache costs less than its way through the thread pool. */
const WRITTEN_AWAY_BYTES = 256 << 10;

export interface EventFileOptions {
  readonly disk: Disk;
  readonly dir: string;
  readonly market: string;
  readonly segmentBytes: number;
}

export interface EventSegment extends SurveyedSegment {
  readonly path: string;
  /** Bytes that are in the file and may be read. */
  written: number;
}

/** The derived file of committed events: appended in order, one append at a time. */
export interface EventFile {
  readonly segments: readonly EventSegment[];
  /** The last event before the oldest segment; a reader that has seen less is too late. */
  readonly behind: Position;
  /** Appends whole frames; the bytes must not change until it resolves. */
  append(bytes: Uint8Array, view: DataView): Promise<void>;
  /** Ends the block here, so that a snapshot can name this place. */
  mark(): Promise<void>;
  /** Everything appended is on the medium. */
  sync(): Promise<void>;
  /** Drops whole segments that hold only events of commands before `beforeSeq`. */
  trim(beforeSeq: number): Promise<void>;
  close(): Promise<void>;
}

/** Whether the surveyed file holds exactly `events` events up to some block's end, so that it can be continued there. */
export function reaches(survey: EventSurvey, events: number): boolean {
  return placeOf(survey, events) !== undefined;
}

function placeOf(survey: EventSurvey, events: number): { segment: number; blocks: number } | undefined {
  const segment = survey.segments.findIndex((s) => s.firstEvent <= events && events <= endOf(s));
  const found = survey.segments[segment];
  if (found === undefined) return undefined;
  if (events === found.firstEvent) return { segment, blocks: 0 };
  const block = found.blocks.findIndex((b) => b.firstEvent + b.count === events);
  return block === -1 ? undefined : { segment, blocks: block + 1 };
}

/** Cuts the file behind its first `events` events and opens it there. Newest goes first: a crash leaves a shorter file. */
export async function continueEvents(options: EventFileOptions, survey: EventSurvey, events: number): Promise<EventFile> {
  const place = placeOf(survey, events);
  invariant(place !== undefined, 'the event file reaches its snapshot');
  await removeSegments(options, survey.names.slice(place.segment + 1));
  const kept = survey.segments.slice(0, place.segment + 1).map((segment, index): EventSegment => {
    const blocks = index === place.segment ? segment.blocks.slice(0, place.blocks) : segment.blocks;
    const block = blocks.at(-1);
    const written = block === undefined ? EVENT_SEGMENT_HEADER_BYTES : block.offset + block.length;
    return { ...segment, blocks, path: join(options.dir, segment.name), written };
  });
  const last = kept.at(-1) as EventSegment;
  const data = await options.disk.open(last.path, 'write');
  await data.truncate(last.written);
  const index = await openOrCreate(options, indexName(last.name));
  await index.truncate(last.blocks.length * INDEX_ENTRY_BYTES);
  await options.disk.syncDirectory(options.dir);
  return eventFile(options, kept, data, index, await lastOf(data, last));
}

async function lastOf(data: DiskFile, segment: EventSegment): Promise<Position> {
  const block = segment.blocks.at(-1);
  if (block === undefined) return segment.behind;
  const bytes = new Uint8Array(block.length);
  await data.read(bytes, block.offset);
  return lastFrame(bytes, undefined) as Position;
}

/** Begins the file anew: `events` events lie before it, the last of them at `behind`. */
export async function beginEvents(
  options: EventFileOptions,
  names: readonly string[],
  events: number,
  behind: Position,
): Promise<EventFile> {
  await removeSegments(options, names);
  const first = await createSegment(options, events, behind);
  return eventFile(options, [first.segment], first.data, first.index, behind);
}

async function removeSegments(options: EventFileOptions, names: readonly string[]): Promise<void> {
  for (const name of [...names].reverse()) await removeSegment(options, name);
  const there = await options.disk.list(options.dir);
  const orphans = there.filter((name) => name.endsWith('.index') && !there.includes(name.replace(/index$/, 'data')));
  for (const name of orphans) await options.disk.remove(join(options.dir, name));
}

/** Data first and durably: a crash may leave an index without its segment, never a segment without its index. */
async function removeSegment({ disk, dir }: EventFileOptions, name: string): Promise<void> {
  await disk.remove(join(dir, name));
  await disk.syncDirectory(dir);
  if ((await disk.list(dir)).includes(indexName(name))) await disk.remove(join(dir, indexName(name)));
}

async function openOrCreate({ disk, dir }: EventFileOptions, name: string): Promise<DiskFile> {
  return (await disk.list(dir)).includes(name) ? disk.open(join(dir, name), 'write') : disk.create(join(dir, name));
}

async function createSegment(options: EventFileOptions, firstEvent: number, behind: Position) {
  const { disk, dir, market } = options;
  const name = eventSegmentName(firstEvent);
  const path = join(dir, name);
  const data = await disk.create(path);
  const index = await disk.create(join(dir, indexName(name)));
  const header = writeEventSegmentHeader({ market, firstEvent, behind });
  await writeAll(data, [header], 0, header.length);
  await data.sync();
  await disk.syncDirectory(dir);
  const segment: EventSegment = { name, path, firstEvent, behind, blocks: [], written: EVENT_SEGMENT_HEADER_BYTES };
  return { segment, data, index };
}

type OpenBlock = { -readonly [K in keyof Block]: Block[K] };

function eventFile(
  options: EventFileOptions,
  segments: EventSegment[],
  data: DiskFile,
  index: DiskFile,
  last: Position,
): EventFile {
  const { segmentBytes } = options;
  let segment = segments.at(-1) as EventSegment;
  let block = openBlock(segment.written, endOf(segment));
  let closed: Block[] = [];
  let syncing: Promise<unknown> = Promise.resolve();
  let appending = false;

  function openBlock(offset: number, firstEvent: number): OpenBlock {
    return { offset, length: 0, crc: 0, firstSeq: 0, firstEvent, count: 0 };
  }

  function closeBlock(): void {
    if (block.count === 0) return;
    closed.push(block);
    block = openBlock(block.offset + block.length, block.firstEvent + block.count);
  }

  /** Data before index: an entry never names bytes that were not written. */
  async function flush(bytes: Uint8Array): Promise<void> {
    if (bytes.length > WRITTEN_AWAY_BYTES) await writeAll(data, [bytes], segment.written, bytes.length);
    else if (bytes.length > 0) fullyWritten(data, data.writeNow([bytes], segment.written), bytes.length);
    if (closed.length > 0) {
      const entries = closed.map(writeIndexEntry);
      await writeAll(index, entries, segment.blocks.length * INDEX_ENTRY_BYTES, entries.length * INDEX_ENTRY_BYTES);
      segment.blocks.push(...closed);
      closed = [];
    }
    segment.written += bytes.length;
  }

  async function roll(): Promise<void> {
    closeBlock();
    await flush(new Uint8Array(0));
    await sync();
    await syncing;
    await Promise.all([data.close(), index.close()]);
    const next = await createSegment(options, endOf(segment), last);
    ({ segment, data, index } = next);
    block = openBlock(segment.written, segment.firstEvent);
    segments.push(segment);
  }

  /** A file is not closed under a sync: both the roll and the end wait for `syncing`. */
  async function sync(): Promise<void> {
    const both = Promise.all([data.sync(), index.sync()]);
    syncing = Promise.allSettled([syncing, both]);
    await both;
  }

  /** Folds frames from `offset` into blocks until the bytes end or the next command belongs into a new segment. */
  function fold(bytes: Uint8Array, view: DataView, offset: number): number {
    const start = offset;
    let summed = offset;
    while (offset < bytes.length) {
      const k = view.getUint32(offset + 24, true);
      if (k === 0 && offset > start && segment.written + offset - start >= segmentBytes) break;
      const seq = view.getFloat64(offset + 16, true);
      if (block.count === 0) block.firstSeq = seq;
      const length = view.getUint32(offset, true);
      block.count++;
      block.length += length;
      offset += length;
      last = { seq, k };
      if (block.length < BLOCK_BYTES && offset < bytes.length) continue;
      block.crc = crc32(bytes.subarray(summed, offset), block.crc);
      summed = offset;
      if (block.length >= BLOCK_BYTES) closeBlock();
    }
    if (summed < offset) block.crc = crc32(bytes.subarray(summed, offset), block.crc);
    return offset;
  }

  return {
    segments,
    get behind() {
      return (segments[0] as EventSegment).behind;
    },
    async append(bytes, view) {
      invariant(!appending, 'one append of events at a time, and none after a failure');
      appending = true;
      for (let offset = 0; offset < bytes.length; ) {
        if (segment.written >= segmentBytes && view.getUint32(offset + 24, true) === 0) await roll();
        const end = fold(bytes, view, offset);
        await flush(bytes.subarray(offset, end));
        offset = end;
      }
      appending = false;
    },
    async mark() {
      closeBlock();
      await flush(new Uint8Array(0));
    },
    sync,
    async trim(beforeSeq) {
      for (let oldest = segments[0]; oldest !== undefined && segments.length > 1; oldest = segments[0]) {
        const next = segments[1] as EventSegment;
        if (next.behind.seq >= beforeSeq) return;
        await removeSegment(options, oldest.name);
        segments.shift();
      }
    },
    async close() {
      await syncing;
      await Promise.all([data.close(), index.close()]);
    },
  };
}

/** The segment and block to begin at for events after `from`; events up to it may come first. */
export function locate(file: EventFile, from: Position): { segment: EventSegment; offset: number } {
  const { behind } = file;
  if (before(from, behind)) throw problem('LOG_TRIMMED', { seq: from.seq, first: behind.seq });
  const { segments } = file;
  let segment = segments[0] as EventSegment;
  for (const next of segments) if (!before(from, next.behind)) segment = next;
  let offset = EVENT_SEGMENT_HEADER_BYTES;
  let low = 0;
  let high = segment.blocks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const block = segment.blocks[middle] as Block;
    if (block.firstSeq <= from.seq) {
      offset = block.offset;
      low = middle + 1;
    } else high = middle;
  }
  return { segment, offset };
}
