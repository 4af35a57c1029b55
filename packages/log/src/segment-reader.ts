import { crc32 } from 'node:zlib';
import type { Batch } from './command-log.ts';
import type { DiskFile } from './disk.ts';
import { BATCH_HEADER_BYTES, batchExtent, type Chain, chainBehind, readBatchHeader, zeroFrom } from './segment.ts';

const WINDOW_BYTES = 4 << 20;

/** Where a reader stands in a segment: the next batch must be at `offset`, begin with `seq` and continue `chain`. */
export interface Cursor {
  offset: number;
  seq: number;
  chain: Chain;
  /** Why reading stopped at `offset`; undefined where the batches simply end. */
  fault: string | undefined;
}

/**
 * Intact batches from the cursor on, moving it. Stops before the first thing that is not the expected next batch.
 * A batch's bytes are valid until the next one is asked for.
 */
export async function* readBatches(file: DiskFile, cursor: Cursor, end: number): AsyncGenerator<Batch> {
  let room = new Uint8Array(0);
  let window = room;
  let base = 0;
  const load = async (offset: number, length: number): Promise<Uint8Array> => {
    if (offset < base || offset + length > base + window.length) {
      const size = Math.min(Math.max(length, WINDOW_BYTES), end - offset);
      if (room.length < size) room = new Uint8Array(size);
      window = room.subarray(0, await file.read(room.subarray(0, size), offset));
      base = offset;
    }
    return window.subarray(offset - base, offset - base + length);
  };
  while (end - cursor.offset >= BATCH_HEADER_BYTES) {
    const bytes = await load(cursor.offset, BATCH_HEADER_BYTES);
    const header = readBatchHeader(bytes, 0);
    if (header === undefined) {
      cursor.fault = zeroFrom(bytes) === 0 ? undefined : 'unreadable batch header';
      return;
    }
    cursor.fault = faultOf(header, cursor, end);
    if (cursor.fault !== undefined) return;
    const extent = batchExtent(header.length);
    const whole = await load(cursor.offset, extent);
    const payload = whole.subarray(BATCH_HEADER_BYTES, BATCH_HEADER_BYTES + header.length);
    if (whole.length < extent) cursor.fault = 'batch cut short';
    else if (crc32(payload) !== header.crc) cursor.fault = 'batch checksum';
    else if (zeroFrom(whole.subarray(BATCH_HEADER_BYTES + header.length)) !== 0) cursor.fault = 'bytes between batches';
    if (cursor.fault !== undefined) return;
    yield { firstSeq: header.firstSeq, count: header.count, bytes: payload };
    cursor.offset += extent;
    cursor.seq = header.firstSeq + header.count;
    cursor.chain = chainBehind(header);
  }
}

function faultOf(header: ReturnType<typeof readBatchHeader> & object, cursor: Cursor, end: number): string | undefined {
  if (header.firstSeq !== cursor.seq) return `batch begins with command ${header.firstSeq}`;
  if (header.chain[0] !== cursor.chain[0] || header.chain[1] !== cursor.chain[1]) return 'batch does not follow the one before';
  if (header.count === 0 || cursor.offset + batchExtent(header.length) > end) return 'impossible batch length';
  return undefined;
}
