import { crc32 } from 'node:zlib';
import { EVENT_HEADER_BYTES, FRAME_BYTES_MAX } from '@meridian/messages';
import type { Position } from './state-machine.ts';

/**
 * The event file on disk. A segment is a header (64 bytes) and event frames back to back; beside it an index with one
 * entry (40 bytes) per block of about 64 KiB: where it lies, its CRC-32, the first command and the number of events.
 * Frames depend on the commands alone; where blocks end depends on when snapshots were taken.
 */
export const EVENT_SEGMENT_HEADER_BYTES = 64;
export const INDEX_ENTRY_BYTES = 40;
export const BLOCK_BYTES = 64 << 10;
const MAGIC = 0x3153454d; // MES1
const VERSION = 1;

export interface EventSegmentHeader {
  readonly market: string;
  /** Events before this segment. */
  readonly firstEvent: number;
  /** The last event before this segment; what a reader must have seen to begin here. */
  readonly behind: Position;
}

/** Consecutive event frames with a checksum. */
export interface Block {
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
  /** Command of the block's first event. */
  readonly firstSeq: number;
  /** Events before this block, counted from the market's first. */
  readonly firstEvent: number;
  readonly count: number;
}

export const eventSegmentName = (firstEvent: number) => `events-${String(firstEvent).padStart(20, '0')}.data`;
export const isEventSegment = (name: string) => /^events-\d{20}\.data$/.test(name);
export const indexName = (segment: string) => segment.replace(/\.data$/, '.index');

export function writeEventSegmentHeader(header: EventSegmentHeader): Uint8Array {
  const bytes = new Uint8Array(EVENT_SEGMENT_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setFloat64(8, header.firstEvent, true);
  view.setFloat64(16, header.behind.seq, true);
  view.setUint32(24, header.behind.k, true);
  bytes.set(new TextEncoder().encode(header.market), 32);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

export function readEventSegmentHeader(bytes: Uint8Array): EventSegmentHeader | undefined {
  if (bytes.length < EVENT_SEGMENT_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, EVENT_SEGMENT_HEADER_BYTES);
  if (view.getUint32(0, true) !== MAGIC || view.getUint16(4, true) !== VERSION) return undefined;
  if (crc32(bytes.subarray(0, 60)) !== view.getUint32(60, true)) return undefined;
  return {
    firstEvent: view.getFloat64(8, true),
    behind: { seq: view.getFloat64(16, true), k: view.getUint32(24, true) },
    market: new TextDecoder().decode(bytes.subarray(32, 48)).replace(/\0+$/, ''),
  };
}

export function writeIndexEntry(block: Block): Uint8Array {
  const bytes = new Uint8Array(INDEX_ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, block.offset, true);
  view.setUint32(8, block.length, true);
  view.setUint32(12, block.crc, true);
  view.setFloat64(16, block.firstSeq, true);
  view.setFloat64(24, block.firstEvent, true);
  view.setUint32(32, block.count, true);
  view.setUint32(36, crc32(bytes.subarray(0, 36)), true);
  return bytes;
}

/** Entries up to the first that is damaged. */
export function readIndex(bytes: Uint8Array): Block[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks: Block[] = [];
  for (let at = 0; at + INDEX_ENTRY_BYTES <= bytes.length; at += INDEX_ENTRY_BYTES) {
    if (crc32(bytes.subarray(at, at + 36)) !== view.getUint32(at + 36, true)) break;
    blocks.push({
      offset: view.getFloat64(at, true),
      length: view.getUint32(at + 8, true),
      crc: view.getUint32(at + 12, true),
      firstSeq: view.getFloat64(at + 16, true),
      firstEvent: view.getFloat64(at + 24, true),
      count: view.getUint32(at + 32, true),
    });
  }
  return blocks;
}

/**
 * Walks whole, plausible frames that continue from `last`; returns the last one's position. Bytes behind them are
 * either an unfinished write or damage.
 */
export function lastFrame(bytes: Uint8Array, last: Position | undefined): Position | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let position = last;
  for (let offset = 0; bytes.length - offset >= EVENT_HEADER_BYTES; ) {
    const length = view.getUint32(offset, true);
    const seq = view.getFloat64(offset + 16, true);
    const k = view.getUint32(offset + 24, true);
    if (length < EVENT_HEADER_BYTES || length > FRAME_BYTES_MAX || length > bytes.length - offset) break;
    if (!Number.isSafeInteger(seq) || seq < 1 || view.getUint32(offset + 28, true) !== 0) break;
    if (position !== undefined && (seq === position.seq ? k !== position.k + 1 : seq < position.seq || k !== 0)) break;
    position = { seq, k };
    offset += length;
  }
  return position;
}

/** Whether `a` stands before `b`. */
export function before(a: Position, b: Position): boolean {
  return a.seq < b.seq || (a.seq === b.seq && a.k < b.k);
}
