import fs from 'node:fs';
import path from 'node:path';

/**
 * Everything a house keeps on one machine stands under one folder. Deleting it is the only way to forget; copying it while
 * stopped is a whole copy.
 */
export interface DataFolder {
  readonly root: string;
  readonly postgres: string;
  /** Keys and certificates, mode 0700. */
  readonly keys: string;
  /** A market node's log. */
  node(mic: string): string;
  /** Names on the wire and the ids behind them, for a node's door. */
  door(mic: string): string;
  venue(mic: string): string;
  /** Where brokers drop their files. */
  readonly drop: string;
  /** Reports, confirmations, statements. */
  readonly reports: string;
  readonly mailbox: string;
  /** The risk fold's own log. */
  readonly risk: string;
  /** What runs now: ports and process ids. */
  readonly running: string;
  /** How the house was set up: markets and mode. */
  readonly house: string;
  /** Where the demo's conductor is in its script. */
  readonly demo: string;
  log(process: string): string;
}

export function dataFolder(root: string): DataFolder {
  const at = (...parts: string[]) => path.join(path.resolve(root), ...parts);
  return {
    root: path.resolve(root),
    postgres: at('postgres'),
    keys: at('keys'),
    node: (mic) => at('node', mic),
    door: (mic) => at('door', `${mic}.json`),
    venue: (mic) => at('venue', mic),
    drop: at('drop'),
    reports: at('reports'),
    mailbox: at('mailbox'),
    risk: at('risk'),
    running: at('running.json'),
    house: at('house.json'),
    demo: at('demo'),
    log: (process) => at('output', `${process}.log`),
  };
}

export function createFolders(folder: DataFolder): void {
  fs.mkdirSync(folder.root, { recursive: true, mode: 0o711 });
  fs.mkdirSync(folder.keys, { recursive: true, mode: 0o700 });
  for (const each of [folder.drop, folder.reports, folder.mailbox, folder.demo, path.dirname(folder.log('x'))]) {
    fs.mkdirSync(each, { recursive: true, mode: 0o700 });
  }
}

/** Replaces a small JSON file in one step: a reader sees the old one or the new one. */
export function writeWhole(file: string, value: unknown): void {
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(fresh, file);
}

export function readWhole<T>(file: string): T | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
