import fs from 'node:fs';
import path from 'node:path';
import { declareProblems, isProblem, Problem, parseJson } from '@meridian/base';

const { problem } = declareProblems({
  FOLDER_UNUSABLE: {
    status: 500,
    title: { zh: '文件或目录不可用', en: 'A file or folder cannot be used' },
    detail: { zh: '{path}：{reason}', en: '{path}: {reason}' },
    remedy: {
      zh: '检查路径、属主与权限，或另选一处（数据目录用 --data）',
      en: 'Check path, owner and rights, or choose another place (--data for the data folder)',
    },
  },
  FILE_UNREADABLE: {
    status: 500,
    title: { zh: '文件内容无效', en: 'A file of the data folder makes no sense' },
    detail: { zh: '{path}：{reason}', en: '{path}: {reason}' },
    remedy: { zh: '更正该文件，或由备份恢复', en: 'Correct the file, or restore it from backup' },
  },
});

/** Bounds of the small JSON files; a door's tables are the largest of them. */
const FILE_BOUNDS = { charsMax: 16 << 20, depthMax: 32 };

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

/** @throws Problem FOLDER_UNUSABLE, DISK_FULL */
export function createFolders(folder: DataFolder): void {
  createFolder(folder.root, 0o711);
  const own = [folder.keys, folder.drop, folder.reports, folder.mailbox, folder.demo, path.dirname(folder.log('x'))];
  for (const each of own) createFolder(each, 0o700);
}

/** One level after the other: where a parent refuses (as /proc does), Node's own recursion never ends. */
function createFolder(folder: string, mode: number): void {
  const missing: string[] = [];
  for (let at = folder; !fs.existsSync(at) && path.dirname(at) !== at; at = path.dirname(at)) missing.push(at);
  try {
    for (const each of missing.reverse()) makeOne(each, mode);
    fs.accessSync(folder, fs.constants.W_OK);
    if (!fs.statSync(folder).isDirectory()) throw problem('FOLDER_UNUSABLE', { path: folder, reason: 'not a folder' });
  } catch (error) {
    throw folderProblem(error, folder);
  }
}

function makeOne(folder: string, mode: number): void {
  try {
    fs.mkdirSync(folder, { mode });
  } catch (error) {
    // Another process of the house may have been quicker.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Replaces a small JSON file in one step: a reader sees the old one or the new one, after a power cut as well. `isFleeting`: a
 * file that is written too often to wait for the disk, and whose loss costs its owner a little work.
 * @throws Problem FOLDER_UNUSABLE, DISK_FULL
 */
export function writeWhole(file: string, value: unknown, { isFleeting = false }: { readonly isFleeting?: boolean } = {}): void {
  createFolder(path.dirname(file), 0o700);
  const fresh = `${file}.${process.pid}.tmp`;
  try {
    // Renamed before its bytes are on the disk, a file may come back from a power cut empty.
    fs.writeFileSync(fresh, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: !isFleeting });
    fs.renameSync(fresh, file);
  } catch (error) {
    fs.rmSync(fresh, { force: true });
    throw folderProblem(error, file);
  }
}

/** Appends log lines. A line that does not fit on a full disk is lost: whoever writes it has better to do than to fail. */
export function logFile(file: string | number): { write(line: string): void } {
  return {
    write(line) {
      try {
        if (typeof file === 'number') fs.writeSync(file, line);
        else fs.appendFileSync(file, line, { mode: 0o600 });
      } catch {
        // Lost.
      }
    },
  };
}

/** Writes a file that a user asked for. @throws Problem FOLDER_UNUSABLE, DISK_FULL */
export function writeFile(file: string, text: string): void {
  try {
    fs.writeFileSync(file, text);
  } catch (error) {
    throw folderProblem(error, file);
  }
}

/** Undefined where there is no such file. @throws Problem FILE_UNREADABLE, FOLDER_UNUSABLE */
export function readWhole<T>(file: string): T | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw folderProblem(error, file);
  }
  try {
    return parseJson(text, FILE_BOUNDS) as T;
  } catch (error) {
    throw problem(
      'FILE_UNREADABLE',
      { path: file, reason: isProblem(error) ? String(error.params['reason']) : 'unreadable' },
      error,
    );
  }
}

function folderProblem(error: unknown, file: string): Problem {
  if (isProblem(error)) return error;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return new Problem('DISK_FULL', { where: file }, error);
  return problem('FOLDER_UNUSABLE', { path: file, reason: code }, error);
}
