import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { invariant } from '@meridian/base';
import { FRAME_BYTES_MAX } from '@meridian/messages';
import type { Batch, CommandLog } from './command-log.ts';
import type { Disk, DiskFile } from './disk.ts';
import { fullyWritten, writeAll } from './full-write.ts';
import { corrupt, problem } from './problems.ts';
import {
  BATCH_HEADER_BYTES,
  batchExtent,
  CHAIN_START,
  type Chain,
  chainBehind,
  laterBatch,
  readSegmentHeader,
  SEGMENT_HEADER_BYTES,
  writeBatchHeader,
  writeSegmentHeader,
  zeroFrom,
} from './segment.ts';
import { type Cursor, readBatches } from './segment-reader.ts';

export interface FileLogOptions {
  readonly disk: Disk;
  readonly dir: string;
  /** Undefined accepts any market, for reading. */
  readonly market: string | undefined;
  readonly segmentBytes: number;
  /** Sync each batch; otherwise it is left to the page cache. */
  readonly sync: boolean;
  /** A reader changes nothing: an unfinished tail, perhaps a batch being written right now, is left alone. */
  readonly readOnly: boolean;
}

interface Segment {
  readonly path: string;
  readonly firstSeq: number;
  /** Chain before its first batch. */
  readonly chain: Chain;
  readonly bytes: number;
  lastSeq: number;
}

const SPARE = 'spare.tmp';
const ZEROS = new Uint8Array(1 << 20);
/** Zeros written between two syncs of a spare segment, so that they never hold up a batch's own sync for long. */
const SPARE_SYNC_BYTES = 4 << 20;

const segmentName = (firstSeq: number) => `commands-${String(firstSeq).padStart(20, '0')}.log`;

/** Opens the log in a folder: verifies every batch in it, cuts off an unfinished last one. */
export async function openFileLog(options: FileLogOptions): Promise<CommandLog> {
  const { disk, dir, readOnly } = options;
  if (!readOnly) await disk.makeDirectory(dir);
  const names = await disk.list(dir);
  if (!readOnly && names.includes(SPARE)) await disk.remove(join(dir, SPARE));
  const segments: Segment[] = [];
  const cursor: Cursor = { offset: SEGMENT_HEADER_BYTES, seq: 1, chain: CHAIN_START, fault: undefined };
  let tornBytes = 0;
  const found = names.filter((name) => /^commands-\d{20}\.log$/.test(name));
  for (const [index, name] of found.entries()) {
    const path = join(dir, name);
    const file = await disk.open(path, readOnly ? 'read' : 'write');
    try {
      const last = index === found.length - 1;
      const segment = await verifySegment(file, path, cursor, index === 0, options.market);
      tornBytes = await (readOnly && last ? inspectLive : inspectRest)(file, path, cursor, last);
      if (tornBytes > 0 && !readOnly) await clearRest(file, cursor.offset, tornBytes);
      segments.push({ ...segment, lastSeq: cursor.seq - 1 });
    } finally {
      await file.close();
    }
  }
  return fileLog(options, segments, cursor, tornBytes);
}

/** Reads a segment through, moving the cursor behind its last intact batch. */
async function verifySegment(
  file: DiskFile,
  path: string,
  cursor: Cursor,
  first: boolean,
  market: string | undefined,
): Promise<Segment> {
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const header = readSegmentHeader(bytes.subarray(0, await file.read(bytes, 0)));
  if (typeof header === 'string') throw corrupt(path, 0, cursor.seq, header);
  if (market !== undefined && header.market !== market)
    throw problem('LOG_FOREIGN', { file: path, found: header.market, market });
  if (!path.endsWith(segmentName(header.firstSeq))) throw corrupt(path, 0, header.firstSeq, 'file name and header disagree');
  if (!first && header.firstSeq !== cursor.seq)
    throw corrupt(path, 0, cursor.seq, `segment begins with command ${header.firstSeq}: one is missing`);
  if (!first && (header.chain[0] !== cursor.chain[0] || header.chain[1] !== cursor.chain[1]))
    throw corrupt(path, 0, cursor.seq, 'segment does not follow the one before');
  const size = await file.size();
  if (size !== header.segmentBytes)
    throw corrupt(path, size, header.firstSeq, `${size} bytes instead of ${header.segmentBytes}`);
  Object.assign(cursor, { offset: SEGMENT_HEADER_BYTES, seq: header.firstSeq, chain: header.chain, fault: undefined });
  for await (const _ of readBatches(file, cursor, size));
  return { path, firstSeq: header.firstSeq, chain: header.chain, bytes: size, lastSeq: cursor.seq - 1 };
}

/**
 * What stands behind the last intact batch: zeros, or, in the last segment only, the batch whose write was cut short.
 * One batch is in flight at a time, so an intact later batch proves that this one had been written in full.
 * @returns bytes up to the last that is not zero
 */
async function inspectRest(file: DiskFile, path: string, cursor: Cursor, last: boolean): Promise<number> {
  const rest = new Uint8Array((await file.size()) - cursor.offset);
  invariant((await file.read(rest, cursor.offset)) === rest.length, 'a segment keeps its size');
  const used = zeroFrom(rest);
  if (used === 0) return 0;
  const reason = cursor.fault ?? 'bytes behind the last batch';
  if (!last) throw corrupt(path, cursor.offset, cursor.seq, reason);
  const later = laterBatch(rest, 8, cursor.seq);
  if (later !== -1)
    throw corrupt(path, cursor.offset, cursor.seq, `${reason}; an intact batch follows at ${cursor.offset + later}`);
  return used;
}

/** Beside a running writer a batch that looked unfinished may since have been finished and followed: look again while that is so. */
async function inspectLive(file: DiskFile, path: string, cursor: Cursor, last: boolean): Promise<number> {
  for (;;) {
    try {
      return await inspectRest(file, path, cursor, last);
    } catch (error) {
      const { seq } = cursor;
      cursor.fault = undefined;
      for await (const _ of readBatches(file, cursor, await file.size()));
      if (cursor.seq === seq) throw error;
    }
  }
}

async function clearRest(file: DiskFile, offset: number, length: number): Promise<void> {
  await writeZeros(file, offset, length);
  await file.sync();
}

async function writeZeros(file: DiskFile, offset: number, length: number): Promise<void> {
  for (let done = 0; done < length; ) {
    const part = Math.min(ZEROS.length, length - done);
    await writeAll(file, [ZEROS.subarray(0, part)], offset + done, part);
    done += part;
    if (done % SPARE_SYNC_BYTES === 0) await file.sync();
  }
}

async function fileLog(options: FileLogOptions, segments: Segment[], end: Cursor, tornBytes: number): Promise<CommandLog> {
  const { disk, dir, segmentBytes, sync, market } = options;
  const header = new Uint8Array(BATCH_HEADER_BYTES);
  const spareFor = segmentBytes / 2;
  let { offset, chain } = end;
  let lastSeq = end.seq - 1;
  let file: DiskFile | undefined;
  let spare: Promise<DiskFile | undefined> | undefined;
  let busy = false;

  const current = () => segments.at(-1);

  /** Zero-fills the next segment ahead of need. On failure there is none; the roll tries again and reports. */
  async function makeSpare(): Promise<DiskFile> {
    const made = await disk.create(join(dir, SPARE));
    try {
      await writeZeros(made, 0, segmentBytes);
      await made.sync();
      return made;
    } catch (error) {
      await made.close();
      throw error;
    }
  }

  async function roll(): Promise<void> {
    const next = (await spare) ?? (await makeSpare());
    spare = undefined;
    const path = join(dir, segmentName(lastSeq + 1));
    const head = writeSegmentHeader({ market: market as string, firstSeq: lastSeq + 1, segmentBytes, chain });
    await writeAll(next, [head], 0, head.length);
    await next.sync();
    await disk.rename(join(dir, SPARE), path);
    await disk.syncDirectory(dir);
    await file?.close();
    file = next;
    offset = SEGMENT_HEADER_BYTES;
    segments.push({ path, firstSeq: lastSeq + 1, chain, bytes: segmentBytes, lastSeq });
  }

  async function append(batch: Batch): Promise<void> {
    invariant(!busy && !options.readOnly, 'one batch in flight, and none after a failure');
    invariant(batch.firstSeq === lastSeq + 1 && batch.count > 0, () => `batch ${batch.firstSeq} behind command ${lastSeq}`);
    busy = true;
    const extent = batchExtent(batch.bytes.length);
    if (offset + extent > (current() as Segment).bytes) await roll();
    const target = file as DiskFile;
    const fields = { firstSeq: batch.firstSeq, count: batch.count, length: batch.bytes.length, crc: crc32(batch.bytes), chain };
    writeBatchHeader(header, fields);
    const parts = [header, batch.bytes];
    const length = header.length + batch.bytes.length;
    if (sync) {
      await writeAll(target, parts, offset, length);
      await target.sync();
    } else {
      fullyWritten(target, target.writeNow(parts, offset), length);
    }
    offset += extent;
    chain = chainBehind(fields);
    lastSeq += batch.count;
    (current() as Segment).lastSeq = lastSeq;
    if (spare === undefined && offset > spareFor) spare = makeSpare().catch(() => undefined);
    busy = false;
  }

  async function* read(fromSeq: number): AsyncGenerator<Batch> {
    const upTo = lastSeq;
    const first = segments[0]?.firstSeq ?? 1;
    if (fromSeq < first) throw problem('LOG_TRIMMED', { seq: fromSeq, first });
    for (const segment of segments.filter((s) => s.lastSeq >= fromSeq && s.firstSeq <= upTo)) {
      const cursor: Cursor = { offset: SEGMENT_HEADER_BYTES, seq: segment.firstSeq, chain: segment.chain, fault: undefined };
      const target = Math.min(segment.lastSeq, upTo);
      const source = await disk.open(segment.path, 'read');
      try {
        for await (const batch of readBatches(source, cursor, segment.bytes)) {
          if (batch.firstSeq > target) break;
          if (batch.firstSeq + batch.count > fromSeq) yield batch;
        }
        if (cursor.seq <= target) throw corrupt(segment.path, cursor.offset, cursor.seq, cursor.fault ?? 'batch missing');
      } finally {
        await source.close();
      }
    }
  }

  if (!options.readOnly) {
    const last = current();
    if (last === undefined) await roll();
    else file = await disk.open(last.path, 'write');
  }

  return {
    get firstSeq() {
      return segments[0]?.firstSeq ?? 1;
    },
    get lastSeq() {
      return lastSeq;
    },
    batchBytesMax: Math.min(2 * FRAME_BYTES_MAX, segmentBytes - SEGMENT_HEADER_BYTES - BATCH_HEADER_BYTES - 8),
    tornBytes,
    append,
    read,
    async trim(beforeSeq) {
      // Oldest first, each removal durable before the next: a crash may leave too many segments, never a hole.
      for (let oldest = segments[0]; oldest !== undefined && segments.length > 1; oldest = segments[0]) {
        if (oldest.lastSeq >= beforeSeq) return;
        await disk.remove(oldest.path);
        await disk.syncDirectory(dir);
        segments.shift();
      }
    },
    async close() {
      await (await spare)?.close();
      await file?.close();
      file = undefined;
      busy = true;
    },
  };
}
