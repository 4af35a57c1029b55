import type { Disk, DiskFile } from './disk.ts';
import { diskProblem, problem } from './problems.ts';

/** For tests: a disk in memory that keeps what was synced, and of the rest what chance leaves. */
export interface FaultyDisk extends Disk {
  /** I/O steps so far. */
  readonly steps: number;
  /** Power fails at this step: the step happens in part, everything after it fails. */
  failPowerAt(step: number): void;
  /** From this step on: no space left. With `short`, the first such write is cut short instead of refused. */
  fillAt(step: number, short: boolean): void;
  /** A sync at or after this step reports an error. */
  failSyncAt(step: number): void;
  readonly powerless: boolean;
  /** The disk as it is found after the power came back. */
  powerOn(): FaultyDisk;
  /** A file's bytes as a running process sees them. */
  bytesOf(path: string): Uint8Array;
  readonly paths: readonly string[];
}

export type Chance = () => number;

/** Seeded numbers in [0, 1): mulberry32. */
export function chanceOf(seed: number): Chance {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class PowerFailure extends Error {}

type Change = (bytes: Uint8Array, torn: boolean) => Uint8Array;

interface Content {
  bytes: Uint8Array;
  synced: Uint8Array;
  unsynced: Change[];
}

type Names = Map<string, Content>;

export function createFaultyDisk(chance: Chance, names: Names = new Map()): FaultyDisk {
  let durable: Names = new Map(names);
  let unsyncedNames: ((names: Names) => void)[] = [];
  let steps = 0;
  let powerAt = Number.POSITIVE_INFINITY;
  let fullAt = Number.POSITIVE_INFINITY;
  let shortOnce = false;
  let syncFailsAt = Number.POSITIVE_INFINITY;
  let powerless = false;
  let locked = false;

  /** One step: returns whether power fails in it. */
  async function step(): Promise<boolean> {
    if (powerless) throw new PowerFailure('no power');
    if (chance() < 0.3) await new Promise((resolve) => setImmediate(resolve));
    if (powerless) throw new PowerFailure('no power');
    steps++;
    if (steps >= powerAt) powerless = true;
    return powerless;
  }

  async function nameChange(change: (names: Names) => void): Promise<void> {
    const failing = await step();
    change(names);
    unsyncedNames.push(change);
    if (failing) throw new PowerFailure('power failed');
  }

  function contentOf(path: string): Content {
    const content = names.get(path);
    if (content === undefined) throw diskProblem(Object.assign(new Error('absent'), { code: 'ENOENT' }), 'open', path);
    return content;
  }

  function putAt(position: number, data: Uint8Array): Change {
    return (bytes, torn) => {
      const length = torn ? Math.floor(chance() * data.length) : data.length;
      const grown = new Uint8Array(Math.max(bytes.length, position + length));
      grown.set(bytes);
      if (torn && chance() < 0.5) {
        for (let at = 0; at < data.length; at += 512)
          if (chance() < 0.5 && position + at < grown.length)
            grown.set(data.subarray(at, Math.min(at + 512, data.length, grown.length - position)), position + at);
      } else grown.set(data.subarray(0, length), position);
      return grown;
    };
  }

  function put(content: Content, parts: readonly Uint8Array[], position: number, path: string): number {
    let data: Uint8Array = new Uint8Array(Buffer.concat(parts));
    if (steps >= fullAt) {
      if (!shortOnce) throw diskProblem(Object.assign(new Error('full'), { code: 'ENOSPC' }), 'write', path);
      shortOnce = false;
      data = data.subarray(0, data.length >> 1);
    }
    const change = putAt(position, data);
    content.bytes = change(content.bytes, false);
    content.unsynced.push(change);
    return data.length;
  }

  function fileOf(path: string, content: Content): DiskFile {
    return {
      path,
      size: async () => content.bytes.length,
      async read(target, position) {
        if (powerless) throw new PowerFailure('no power');
        const part = content.bytes.subarray(position, position + target.length);
        target.set(part);
        return part.length;
      },
      async write(parts, position) {
        const failing = await step();
        const written = put(content, parts, position, path);
        if (failing) throw new PowerFailure('power failed');
        return written;
      },
      writeNow(parts, position) {
        if (powerless) throw new PowerFailure('no power');
        steps++;
        return put(content, parts, position, path);
      },
      async sync() {
        const failing = await step();
        if (failing && chance() < 0.5) throw new PowerFailure('power failed');
        if (steps >= syncFailsAt) throw diskProblem(Object.assign(new Error('sync'), { code: 'EIO' }), 'fdatasync', path);
        content.synced = content.bytes;
        content.unsynced = [];
        if (failing) throw new PowerFailure('power failed');
      },
      async truncate(size) {
        const failing = await step();
        const change: Change = (bytes) => bytes.slice(0, size);
        content.bytes = change(content.bytes, false);
        content.unsynced.push(change);
        if (failing) throw new PowerFailure('power failed');
      },
      async close() {},
    };
  }

  /** Each unsynced change survives, is torn or is lost, whatever became of those before it. */
  function survivor(content: Content): Content {
    let bytes = content.synced;
    for (const change of content.unsynced) {
      const luck = chance();
      if (luck < 0.6) bytes = change(bytes, luck < 0.3);
    }
    return { bytes, synced: bytes, unsynced: [] };
  }

  return {
    get steps() {
      return steps;
    },
    get powerless() {
      return powerless;
    },
    get paths() {
      return [...names.keys()].sort();
    },
    failPowerAt(at) {
      powerAt = at;
    },
    fillAt(at, short) {
      fullAt = at;
      shortOnce = short;
    },
    failSyncAt(at) {
      syncFailsAt = at;
    },
    bytesOf: (path) => contentOf(path).bytes,
    powerOn() {
      const found: Names = new Map(durable);
      for (const change of unsyncedNames) if (chance() < 0.5) change(found);
      const survivors = new Map<Content, Content>();
      for (const [path, content] of found) {
        const kept = survivors.get(content) ?? survivor(content);
        survivors.set(content, kept);
        found.set(path, kept);
      }
      return createFaultyDisk(chance, found);
    },
    async makeDirectory() {},
    async list(dir) {
      return [...names.keys()]
        .filter((path) => path.startsWith(`${dir}/`) && !path.slice(dir.length + 1).includes('/'))
        .map((path) => path.slice(dir.length + 1))
        .sort();
    },
    open: async (path) => fileOf(path, contentOf(path)),
    async create(path) {
      const content: Content = { bytes: new Uint8Array(0), synced: new Uint8Array(0), unsynced: [] };
      await nameChange((map) => void map.set(path, content));
      return fileOf(path, content);
    },
    async rename(from, to) {
      const content = contentOf(from);
      await nameChange((map) => {
        map.delete(from);
        map.set(to, content);
      });
    },
    async remove(path) {
      contentOf(path);
      await nameChange((map) => void map.delete(path));
    },
    async syncDirectory(dir) {
      const failing = await step();
      if (failing && chance() < 0.5) throw new PowerFailure('power failed');
      // One folder's names at a time, as a real disk keeps them.
      const inside = (path: string) => path.startsWith(`${dir}/`) && !path.slice(dir.length + 1).includes('/');
      const others = [...durable].filter(([path]) => !inside(path));
      durable = new Map([...others, ...[...names].filter(([path]) => inside(path))]);
      unsyncedNames = unsyncedNames.map((change) => (map) => {
        const kept = [...map].filter(([path]) => inside(path));
        change(map);
        for (const path of [...map.keys()]) if (inside(path)) map.delete(path);
        for (const [path, content] of kept) map.set(path, content);
      });
      if (failing) throw new PowerFailure('power failed');
    },
    async lock(path) {
      if (locked) throw problem('LOG_LOCKED', { dir: path, pid: 0 });
      locked = true;
      return async () => {
        locked = false;
      };
    },
  };
}
