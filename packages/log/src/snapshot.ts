import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Disk } from './disk.ts';
import { writeAll } from './full-write.ts';
import { problem } from './problems.ts';
import type { SavedRun } from './run.ts';

/**
 * Snapshot file: header (96 bytes), then the machine's state. Written under another name, synced, renamed, the folder
 * synced: a snapshot is there whole or not at all. Two are kept, so that a damaged one costs time, not data.
 */
const HEADER_BYTES = 96;
const MAGIC = 0x3153534d; // MSS1
const VERSION = 1;
export const SNAPSHOTS_KEPT = 2;

export interface Snapshots {
  /** Intact ones, oldest first. */
  readonly intact: readonly SavedRun[];
  /** Names of damaged ones. */
  readonly damaged: readonly string[];
}

const nameOf = (seq: number) => `snapshot-${String(seq).padStart(20, '0')}`;
const isSnapshot = (name: string) => /^snapshot-\d{20}$/.test(name);

export async function readSnapshots(disk: Disk, dir: string, market: string | undefined): Promise<Snapshots> {
  const intact: SavedRun[] = [];
  const damaged: string[] = [];
  for (const name of (await disk.list(dir)).filter(isSnapshot)) {
    const saved = await readSnapshot(disk, join(dir, name), market);
    if (saved !== undefined && nameOf(saved.seq) === name) intact.push(saved);
    else damaged.push(name);
  }
  return { intact, damaged };
}

/** Makes a snapshot durable and forgets those before the two newest, and damaged ones. Returns the older kept one's number. */
export async function writeSnapshot(
  disk: Disk,
  dir: string,
  market: string,
  saved: SavedRun,
  intact: readonly number[],
): Promise<readonly number[]> {
  const draft = join(dir, 'snapshot.tmp');
  const file = await disk.create(draft);
  try {
    await writeAll(file, [header(saved, market), saved.state], 0, HEADER_BYTES + saved.state.length);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(draft, join(dir, nameOf(saved.seq)));
  await disk.syncDirectory(dir);
  const kept = [...new Set([...intact, saved.seq])].sort((a, b) => a - b).slice(-SNAPSHOTS_KEPT);
  const keptNames = kept.map(nameOf);
  for (const name of (await disk.list(dir)).filter(isSnapshot)) {
    if (!keptNames.includes(name)) await disk.remove(join(dir, name));
  }
  await disk.syncDirectory(dir);
  return kept;
}

function header(saved: SavedRun, market: string): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setFloat64(8, saved.seq, true);
  view.setFloat64(16, saved.time, true);
  view.setFloat64(24, saved.events, true);
  view.setInt32(32, saved.lanes[0], true);
  view.setInt32(36, saved.lanes[1], true);
  view.setUint32(40, saved.engineVersion, true);
  view.setFloat64(48, saved.state.length, true);
  view.setUint32(56, crc32(saved.state), true);
  bytes.set(new TextEncoder().encode(market), 64);
  view.setUint32(92, crc32(bytes.subarray(0, 92)), true);
  return bytes;
}

/** Undefined when damaged. @throws Problem LOG_FOREIGN */
async function readSnapshot(disk: Disk, path: string, market: string | undefined): Promise<SavedRun | undefined> {
  const file = await disk.open(path, 'read');
  try {
    const bytes = new Uint8Array(await file.size());
    if ((await file.read(bytes, 0)) !== bytes.length || bytes.length < HEADER_BYTES) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
    const state = bytes.subarray(HEADER_BYTES);
    const whole =
      view.getUint32(0, true) === MAGIC &&
      crc32(bytes.subarray(0, 92)) === view.getUint32(92, true) &&
      view.getUint16(4, true) === VERSION &&
      view.getFloat64(48, true) === state.length &&
      crc32(state) === view.getUint32(56, true);
    if (!whole) return undefined;
    const found = new TextDecoder().decode(bytes.subarray(64, 80)).replace(/\0+$/, '');
    if (market !== undefined && found !== market) throw problem('LOG_FOREIGN', { file: path, found, market });
    return {
      seq: view.getFloat64(8, true),
      time: view.getFloat64(16, true),
      events: view.getFloat64(24, true),
      lanes: [view.getInt32(32, true), view.getInt32(36, true)],
      engineVersion: view.getUint32(40, true),
      state,
    };
  } finally {
    await file.close();
  }
}
