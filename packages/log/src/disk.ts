/**
 * The few things a log asks of a disk. Everything durable goes through here, so that a simulation can lose, tear and
 * refuse at every single step.
 */
export interface Disk {
  makeDirectory(path: string): Promise<void>;
  /** Names in a folder, sorted. */
  list(path: string): Promise<string[]>;
  /** Opens an existing file. */
  open(path: string, mode: 'read' | 'write'): Promise<DiskFile>;
  /** Makes an empty file, replacing one of that name. */
  create(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes names in the folder durable: created, renamed, removed. */
  syncDirectory(path: string): Promise<void>;
  /** Exclusive use of a folder; returns how to give it up. @throws Problem LOG_LOCKED */
  lock(path: string): Promise<() => Promise<void>>;
}

export interface DiskFile {
  /** For error messages. */
  readonly path: string;
  size(): Promise<number>;
  /** Reads up to `target.length` bytes; returns how many there were. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes the parts one behind the other; returns the bytes written, which may be fewer. */
  write(parts: readonly Uint8Array[], position: number): Promise<number>;
  /** The same without leaving the thread: for the page cache, where the hop costs more than the write. */
  writeNow(parts: readonly Uint8Array[], position: number): number;
  /** What was written is on the medium when this resolves (fdatasync). */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}
