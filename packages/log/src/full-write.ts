import type { DiskFile } from './disk.ts';
import { problem } from './problems.ts';

/** Writes the parts at a position, all of `length` bytes. @throws Problem LOG_DISK_FULL, LOG_DISK_FAILED */
export async function writeAll(file: DiskFile, parts: readonly Uint8Array[], position: number, length: number): Promise<void> {
  const written = await file.write(parts, position);
  fullyWritten(file, written, length);
}

/** A write that stops short has met the end of the disk. */
export function fullyWritten(file: DiskFile, written: number, length: number): void {
  if (written !== length) throw problem('LOG_DISK_FULL', { file: file.path });
}
