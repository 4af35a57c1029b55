import { crc32 } from 'node:zlib';
import { StateHash } from '@meridian/base';

/**
 * The command log on disk. A segment is a file of fixed size, zero-filled before its first use:
 *
 *   segment header (64 bytes) | batch header (48) payload padding to 8 | batch header … | zeros
 *
 * A batch header names its first sequence number, holds the payload's CRC-32 and its own, and the chain: a 64-bit hash
 * over every batch header before it. The chain shows a lost, replaced or reordered batch; it is no seal against a forger.
 */
export const SEGMENT_HEADER_BYTES = 64;
export const BATCH_HEADER_BYTES = 48;
const SEGMENT_MAGIC = 0x31534c4d; // MLS1
const BATCH_MAGIC = 0x31424c4d; // MLB1
const VERSION = 1;
export const MARKET_BYTES_MAX = 16;

/** Running hash over all batches so far, as two 32-bit lanes. */
export type Chain = readonly [number, number];
export const CHAIN_START: Chain = new StateHash().save();

export interface SegmentHeader {
  readonly market: string;
  readonly firstSeq: number;
  readonly segmentBytes: number;
  readonly chain: Chain;
}

export function writeSegmentHeader(header: SegmentHeader): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, SEGMENT_MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setFloat64(8, header.firstSeq, true);
  view.setFloat64(16, header.segmentBytes, true);
  view.setInt32(24, header.chain[0], true);
  view.setInt32(28, header.chain[1], true);
  bytes.set(new TextEncoder().encode(header.market), 32);
  view.setUint32(60, crc32(bytes.subarray(0, 60)), true);
  return bytes;
}

/** The header, or why it is none. */
export function readSegmentHeader(bytes: Uint8Array): SegmentHeader | string {
  if (bytes.length < SEGMENT_HEADER_BYTES) return 'shorter than its header';
  const view = new DataView(bytes.buffer, bytes.byteOffset, SEGMENT_HEADER_BYTES);
  if (view.getUint32(0, true) !== SEGMENT_MAGIC) return 'not a command segment';
  if (crc32(bytes.subarray(0, 60)) !== view.getUint32(60, true)) return 'segment header checksum';
  if (view.getUint16(4, true) !== VERSION) return `segment version ${view.getUint16(4, true)}`;
  const name = bytes.subarray(32, 32 + MARKET_BYTES_MAX);
  const end = name.indexOf(0);
  return {
    firstSeq: view.getFloat64(8, true),
    segmentBytes: view.getFloat64(16, true),
    chain: [view.getInt32(24, true), view.getInt32(28, true)],
    market: new TextDecoder().decode(end === -1 ? name : name.subarray(0, end)),
  };
}

export interface BatchHeader {
  readonly firstSeq: number;
  readonly count: number;
  readonly length: number;
  readonly crc: number;
  readonly chain: Chain;
}

/** Bytes a batch takes in its segment. */
export function batchExtent(length: number): number {
  return BATCH_HEADER_BYTES + ((length + 7) & ~7);
}

export function writeBatchHeader(target: Uint8Array, header: BatchHeader): void {
  const view = new DataView(target.buffer, target.byteOffset, BATCH_HEADER_BYTES);
  target.fill(0, 0, BATCH_HEADER_BYTES);
  view.setUint32(0, BATCH_MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setFloat64(8, header.firstSeq, true);
  view.setUint32(16, header.count, true);
  view.setUint32(20, header.length, true);
  view.setUint32(24, header.crc, true);
  view.setInt32(28, header.chain[0], true);
  view.setInt32(32, header.chain[1], true);
  view.setUint32(44, crc32(target.subarray(0, 44)), true);
}

/** The header at an offset; undefined when the bytes there are no intact header. */
export function readBatchHeader(bytes: Uint8Array, offset: number): BatchHeader | undefined {
  if (bytes.length - offset < BATCH_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, BATCH_HEADER_BYTES);
  if (view.getUint32(0, true) !== BATCH_MAGIC || view.getUint16(4, true) !== VERSION) return undefined;
  if (crc32(bytes.subarray(offset, offset + 44)) !== view.getUint32(44, true)) return undefined;
  return {
    firstSeq: view.getFloat64(8, true),
    count: view.getUint32(16, true),
    length: view.getUint32(20, true),
    crc: view.getUint32(24, true),
    chain: [view.getInt32(28, true), view.getInt32(32, true)],
  };
}

/** The chain behind a batch. */
export function chainBehind(header: BatchHeader): Chain {
  const hash = new StateHash();
  hash.restore(header.chain);
  hash.number(header.firstSeq);
  hash.int(header.count);
  hash.int(header.length);
  hash.int(header.crc);
  return hash.save();
}

const ZEROS = Buffer.alloc(4_096);

/** Offset behind the last byte that is not zero; 0 when all are. */
export function zeroFrom(bytes: Uint8Array): number {
  let end = bytes.length;
  for (; end > 0; end -= ZEROS.length) {
    const start = Math.max(0, end - ZEROS.length);
    if (ZEROS.compare(bytes, start, end, 0, end - start) !== 0) break;
  }
  end = Math.max(end, 0);
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** Offset of the first intact batch header at or behind `from` (multiples of 8) whose sequence number is above `seq`; −1 if none. */
export function laterBatch(bytes: Uint8Array, from: number, seq: number): number {
  for (let offset = from; offset + BATCH_HEADER_BYTES <= bytes.length; offset += 8) {
    if (bytes[offset] !== 0x4d) continue;
    const header = readBatchHeader(bytes, offset);
    if (header !== undefined && header.firstSeq > seq) return offset;
  }
  return -1;
}
