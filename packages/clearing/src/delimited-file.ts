import { dateText, declareProblems, isProblem, type ProblemParams, parseDecimal, parseInstant } from '@meridian/base';
import type { BrokerField, BrokerFileLayout } from '@meridian/messages';
import type { BatchFault } from './step.ts';

const ASK_SENDER = {
  zh: '请对方更正并重新发送（同名文件即新版本），然后重新运行批次',
  en: 'Have the sender correct and resend it (the same name makes a new version), then run the batch again',
};

declareProblems({
  FILE_EMPTY: {
    status: 422,
    title: { zh: '文件为空', en: 'The file is empty' },
    detail: { zh: '{file} 为零字节', en: '{file} has no bytes' },
    remedy: ASK_SENDER,
  },
  FILE_ENCODING: {
    status: 422,
    title: { zh: '文件编码错误', en: 'Wrong encoding' },
    detail: {
      zh: '{file} 第 {line} 行含有字节 {value}，只接受可打印 ASCII 与换行',
      en: 'Line {line} of {file} holds byte {value}; only printable ASCII and line feeds are taken',
    },
    remedy: ASK_SENDER,
  },
  FILE_LINE_TOO_LONG: {
    status: 422,
    title: { zh: '行过长', en: 'Line too long' },
    detail: { zh: '{file} 第 {line} 行超过 {max} 字节', en: 'Line {line} of {file} is longer than {max} bytes' },
    remedy: ASK_SENDER,
  },
  FILE_LAYOUT: {
    status: 422,
    title: { zh: '文件格式不符', en: 'Wrong layout' },
    detail: { zh: '{file} 第 {line} 行：{reason}', en: 'Line {line} of {file}: {reason}' },
    remedy: ASK_SENDER,
  },
  FILE_FIELD: {
    status: 422,
    title: { zh: '字段无效', en: 'Invalid field' },
    detail: {
      zh: '{file} 第 {line} 行 {field} = “{value}”：{reason}',
      en: 'Line {line} of {file}, {field} = "{value}": {reason}',
    },
    remedy: ASK_SENDER,
  },
  FILE_TRUNCATED: {
    status: 422,
    title: { zh: '文件不完整', en: 'The file is truncated' },
    detail: { zh: '{file} 在第 {line} 行中断，没有尾记录', en: '{file} breaks off in line {line}: its trailer is missing' },
    remedy: ASK_SENDER,
  },
  FILE_TOTAL: {
    status: 422,
    title: { zh: '控制合计不符', en: 'Control total differs' },
    detail: {
      zh: '{file} 尾记录 {field} 为 {value}，明细合计为 {found}',
      en: 'The trailer of {file} says {field} = {value}; its rows add up to {found}',
    },
    remedy: ASK_SENDER,
  },
});

/** A text file of records, one a line: header, rows, trailer. Layouts are data; the broker's is the first. CL-2 */
export type FileLayout = BrokerFileLayout;
export type FileField = BrokerField;

export type FileValue = string | bigint;

export interface FileRecord {
  /** From 1. */
  readonly line: number;
  /** Offset of the line's first byte. */
  readonly byte: number;
  readonly values: Readonly<Record<string, FileValue>>;
  /** Offset of each field's first byte. */
  readonly at: Readonly<Record<string, number>>;
}

export interface ReadFile {
  readonly header: FileRecord | undefined;
  readonly rows: readonly FileRecord[];
  readonly trailer: FileRecord | undefined;
  readonly faults: readonly BatchFault[];
}

/** Faults collected from one file at most: a file of another kind need not be complained of line by line. */
const FAULTS_MAX = 100;

/** Reads a file against its layout. Never throws for its content: every fault has line, byte, field and value. */
export function readDelimited(layout: FileLayout, file: string, content: Uint8Array): ReadFile {
  const faults: BatchFault[] = [];
  const found = (rule: string, at: Partial<BatchFault>, params: ProblemParams = {}) => {
    if (faults.length < FAULTS_MAX) {
      const place = { file, line: at.line ?? null, field: at.field ?? null, value: at.value?.slice(0, 80) ?? null };
      faults.push({ severity: 'fatal', ...at, rule, file, params: { ...place, ...params } });
    }
  };
  const none = { header: undefined, rows: [], trailer: undefined, faults };
  if (content.length === 0) {
    found('FILE_EMPTY', { line: 1, byte: 0 });
    return none;
  }
  const lines = splitLines(layout, content, found);
  if (lines === undefined) return none;
  const records = lines.map((line) => ({ line, record: readRecord(layout, line, lines.length, found) }));
  const rows = records.slice(1, -1).flatMap(({ record }) => (record === undefined ? [] : [record]));
  return { header: records[0]?.record, rows, trailer: lines.length > 1 ? records.at(-1)?.record : undefined, faults };
}

interface Line {
  readonly no: number;
  readonly byte: number;
  readonly text: string;
}

type Found = (rule: string, at: Partial<BatchFault>, params?: ProblemParams) => void;

const LF = 10;

function splitLines(layout: FileLayout, content: Uint8Array, found: Found): Line[] | undefined {
  const lines: Line[] = [];
  for (let start = 0, no = 1; start < content.length; no++) {
    const end = content.indexOf(LF, start);
    const stop = end < 0 ? content.length : end;
    const at = { line: no, byte: start };
    if (no > layout.linesMax) {
      found('FILE_LAYOUT', at, { reason: `more than ${layout.linesMax} lines` });
      return undefined;
    }
    if (stop - start > layout.lineBytesMax) {
      found('FILE_LINE_TOO_LONG', at, { max: layout.lineBytesMax });
      return undefined;
    }
    const odd = oddByte(content, start, stop);
    if (odd >= 0) {
      const value = `0x${(content[odd] as number).toString(16).padStart(2, '0')}`;
      found('FILE_ENCODING', { line: no, byte: odd, value });
      return undefined;
    }
    lines.push({ no, byte: start, text: String.fromCharCode(...content.subarray(start, stop)) });
    if (end < 0) {
      found('FILE_TRUNCATED', { line: no, byte: stop });
      return undefined;
    }
    start = end + 1;
  }
  const last = lines.at(-1) as Line;
  if (!last.text.startsWith(`${layout.trailer.tag}${layout.delimiter}`)) {
    found('FILE_TRUNCATED', { line: last.no, byte: content.length });
    return undefined;
  }
  return lines;
}

function oddByte(content: Uint8Array, start: number, stop: number): number {
  for (let i = start; i < stop; i++) {
    const byte = content[i] as number;
    if (byte < 0x20 || byte > 0x7e) return i;
  }
  return -1;
}

function readRecord(layout: FileLayout, line: Line, count: number, found: Found): FileRecord | undefined {
  const shape = line.no === 1 ? layout.header : line.no === count ? layout.trailer : layout.row;
  const cells = line.text.split(layout.delimiter);
  const at = { line: line.no, byte: line.byte };
  if (cells[0] !== shape.tag) {
    found('FILE_LAYOUT', { ...at, value: cells[0] ?? '' }, { reason: `record ${shape.tag} expected, ${cells[0]} found` });
    return undefined;
  }
  if (cells.length !== shape.fields.length + 1) {
    found('FILE_LAYOUT', at, { reason: `${shape.fields.length + 1} fields expected, ${cells.length} found` });
    return undefined;
  }
  const values: Record<string, FileValue> = {};
  const bytes: Record<string, number> = {};
  let byte = line.byte + shape.tag.length + 1;
  let isWhole = true;
  shape.fields.forEach((field, index) => {
    const text = cells[index + 1] as string;
    bytes[field.name] = byte;
    const read = readField(field, text);
    if (typeof read === 'object') {
      found('FILE_FIELD', { line: line.no, byte, field: field.name, value: text }, { reason: read.reason });
      isWhole = false;
    } else values[field.name] = read;
    byte += text.length + 1;
  });
  return isWhole ? { line: line.no, byte: line.byte, values, at: bytes } : undefined;
}

function readField(field: FileField, text: string): FileValue | { readonly reason: string } {
  if (text.length > (field.charsMax ?? 64)) return { reason: `longer than ${field.charsMax ?? 64} characters` };
  if (field.values !== undefined && !field.values.includes(text)) return { reason: `not one of ${field.values.join(', ')}` };
  try {
    switch (field.kind) {
      case 'text':
        return text;
      case 'integer':
        return /^-?\d{1,18}$/.test(text) ? BigInt(text) : { reason: 'not an integer of at most 18 digits' };
      case 'decimal':
        return parseDecimal(text, field.digits ?? 0);
      case 'date':
        return dateText(text);
      case 'instant':
        return BigInt(parseInstant(text));
    }
  } catch (error) {
    if (isProblem(error)) return { reason: error.detail('en') };
    return { reason: 'not an instant' };
  }
}
