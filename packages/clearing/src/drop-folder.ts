import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { type DateText, declareProblems } from '@meridian/base';
import type { Queryable } from '@meridian/store';

const { problem } = declareProblems({
  FILE_TOO_LARGE: {
    status: 413,
    title: { zh: '文件过大', en: 'The file is too large' },
    detail: { zh: '{file} 有 {bytes} 字节，上限 {max}', en: '{file} has {bytes} bytes; the bound is {max}' },
    remedy: { zh: '请对方拆分或更正文件', en: 'Have the sender split or correct the file' },
  },
  FILE_NAME_REFUSED: {
    status: 400,
    title: { zh: '文件名不被接受', en: 'File name refused' },
    detail: { zh: '“{file}”不是普通文件名或不是普通文件', en: '"{file}" is not a plain file' },
    remedy: { zh: '按约定命名；不接受链接与目录', en: 'Name it as agreed; links and folders are not taken' },
  },
});

/** A file of the drop folder that its sender declared complete. */
export interface ArrivedFile {
  readonly name: string;
  readonly sha256: string;
  readonly content: Buffer;
}

/** A file's version of record. Versions count the different contents that came under one name. */
export interface SourceFile {
  readonly name: string;
  readonly version: number;
  readonly sha256: string;
  readonly bytes: number;
}

/** Bytes of one file at most. Larger ones are refused unread. */
export const FILE_BYTES_MAX = 64 * 1024 * 1024;

export const markerOf = (name: string) => `${name}.done`;

/**
 * Reads a file whose completion marker (`NAME.done`) lies beside it. Undefined while file or marker is missing, or while
 * the file still changes under the reader: the batch waits.
 * @throws Problem FILE_TOO_LARGE | FILE_NAME_REFUSED
 */
export function arrivedFile(dropDir: string, name: string): ArrivedFile | undefined {
  if (path.basename(name) !== name || name.startsWith('.')) throw problem('FILE_NAME_REFUSED', { file: name.slice(0, 120) });
  const file = path.join(dropDir, name);
  if (!fs.existsSync(path.join(dropDir, markerOf(name)))) return undefined;
  const before = fs.lstatSync(file, { throwIfNoEntry: false });
  if (before === undefined) return undefined;
  if (!before.isFile()) throw problem('FILE_NAME_REFUSED', { file: name });
  if (before.size > FILE_BYTES_MAX) throw problem('FILE_TOO_LARGE', { file: name, bytes: before.size, max: FILE_BYTES_MAX });
  const content = fs.readFileSync(file);
  const after = fs.statSync(file);
  if (after.size !== content.length || after.mtimeMs !== before.mtimeMs) return undefined;
  return { name, sha256: createHash('sha256').update(content).digest('hex'), content };
}

/**
 * Puts the bytes of record, whatever they contain: a refused file can be read again years later. The same content
 * under the same name is no new version.
 */
export async function registerFile(
  database: Queryable,
  file: ArrivedFile,
  market: string,
  date: DateText,
): Promise<SourceFile & { readonly isNew: boolean }> {
  const { rowCount } = await database.query(
    `INSERT INTO clearing.source_file (name, version, sha256, bytes, content, market, clearing_date, state)
     SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, 'registered' FROM clearing.source_file WHERE name = $1
     ON CONFLICT (name, sha256) DO NOTHING`,
    [file.name, file.sha256, file.content.length, file.content, market, date],
  );
  const { rows } = await database.query<{ version: number }>(
    'SELECT version FROM clearing.source_file WHERE name = $1 AND sha256 = $2',
    [file.name, file.sha256],
  );
  const version = (rows[0] as { version: number }).version;
  return { name: file.name, version, sha256: file.sha256, bytes: file.content.length, isNew: rowCount === 1 };
}

export async function storedContent(database: Queryable, name: string, sha256: string): Promise<Buffer> {
  const { rows } = await database.query<{ content: Buffer }>(
    'SELECT content FROM clearing.source_file WHERE name = $1 AND sha256 = $2',
    [name, sha256],
  );
  return (rows[0] as { content: Buffer }).content;
}
