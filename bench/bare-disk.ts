import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { median } from './figure.ts';

/** The disk by itself: what durability costs without us. */
export interface BareDisk {
  /** Median latency in microseconds of `times` writes of `length` bytes, each synced, one after the other. */
  write(length: number, times: number): Promise<number>;
  close(): void;
}

const BARE_BYTES = 64 << 20;
const TMPFS = 0x01021994;

/** Thread-pool write + fdatasync into a preallocated file at `path`. */
export function createBareDisk(path: string): BareDisk {
  const fd = fs.openSync(path, 'w+');
  const zeros = Buffer.alloc(1 << 20);
  for (let at = 0; at < BARE_BYTES; at += zeros.length) fs.writeSync(fd, zeros, 0, zeros.length, at);
  fs.fsyncSync(fd);
  let position = 0;
  const once = (bytes: Buffer) =>
    new Promise<number>((resolve, reject) => {
      if (position + bytes.length > BARE_BYTES) position = 0;
      const begun = performance.now();
      fs.write(fd, bytes, 0, bytes.length, position, (error) => {
        if (error !== null) return reject(error);
        fs.fdatasync(fd, (failed) => (failed === null ? resolve((performance.now() - begun) * 1_000) : reject(failed)));
      });
      position += bytes.length;
    });
  return {
    async write(length: number, times: number): Promise<number> {
      const bytes = Buffer.alloc(length, 65);
      const latencies: number[] = [];
      for (let n = 0; n < times; n++) latencies.push(await once(bytes));
      return median(latencies);
    },
    close: () => fs.closeSync(fd),
  };
}

/** Where to measure a disk. A file system in memory would make the disk look too good. */
export function scratch(): string {
  return fs.statfsSync(tmpdir()).type === TMPFS ? process.cwd() : tmpdir();
}
