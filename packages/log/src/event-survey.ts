import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Disk, DiskFile } from './disk.ts';
import {
  type Block,
  EVENT_SEGMENT_HEADER_BYTES,
  eventSegmentName,
  indexName,
  isEventSegment,
  lastFrame,
  readEventSegmentHeader,
  readIndex,
} from './event-segment.ts';
import { problem } from './problems.ts';
import type { Position } from './state-machine.ts';

/** What is left of an event file: segments that are whole and follow one another, from the oldest on. */
export interface EventSurvey {
  readonly names: readonly string[];
  readonly segments: readonly SurveyedSegment[];
  /** Why the survey stopped before the file's end; undefined when everything was whole. */
  readonly fault: string | undefined;
  /** The last event that can be read. Events are written after their commit, so its command must be in the log. */
  readonly last: Position | undefined;
}

export interface SurveyedSegment {
  readonly name: string;
  readonly firstEvent: number;
  readonly behind: Position;
  readonly blocks: Block[];
}

/** Reads the whole event file through, checking every block. @throws Problem LOG_FOREIGN */
export async function surveyEvents(disk: Disk, dir: string, market: string): Promise<EventSurvey> {
  const names = (await disk.list(dir)).filter(isEventSegment);
  const segments: SurveyedSegment[] = [];
  let last: Position | undefined;
  for (const name of names) {
    const previous = segments.at(-1);
    const found = await surveySegment(disk, dir, name, market, last);
    if (typeof found === 'string') return { names, segments, fault: `${name}: ${found}`, last };
    if (previous !== undefined && found.segment.firstEvent !== endOf(previous))
      return { names, segments, fault: `${name}: does not follow the segment before`, last };
    segments.push(found.segment);
    last = found.last;
    if (found.fault !== undefined) return { names, segments, fault: `${name}: ${found.fault}`, last };
  }
  return { names, segments, fault: undefined, last };
}

/** Events before and in a segment's blocks. */
export function endOf(segment: SurveyedSegment): number {
  const block = segment.blocks.at(-1);
  return block === undefined ? segment.firstEvent : block.firstEvent + block.count;
}

interface Surveyed {
  readonly segment: SurveyedSegment;
  readonly last: Position | undefined;
  readonly fault: string | undefined;
}

async function surveySegment(
  disk: Disk,
  dir: string,
  name: string,
  market: string,
  before: Position | undefined,
): Promise<Surveyed | string> {
  const data = await readWhole(disk, join(dir, name));
  const header = readEventSegmentHeader(data);
  if (header === undefined || eventSegmentName(header.firstEvent) !== name) return 'unreadable header';
  if (header.market !== market) throw problem('LOG_FOREIGN', { file: join(dir, name), found: header.market, market });
  const indexBytes = (await disk.list(dir)).includes(indexName(name))
    ? await readWhole(disk, join(dir, indexName(name)))
    : new Uint8Array(0);
  const blocks: Block[] = [];
  let last = before;
  let fault: string | undefined;
  let offset = EVENT_SEGMENT_HEADER_BYTES;
  let events = header.firstEvent;
  for (const block of readIndex(indexBytes)) {
    const bytes = data.subarray(block.offset, block.offset + block.length);
    if (block.offset !== offset || block.firstEvent !== events || bytes.length !== block.length || crc32(bytes) !== block.crc) {
      fault = `block at byte ${offset} is damaged`;
      break;
    }
    blocks.push(block);
    offset += block.length;
    events += block.count;
    last = lastFrame(bytes, last);
  }
  if (fault === undefined) last = lastFrame(data.subarray(offset), last);
  return { segment: { name, firstEvent: header.firstEvent, behind: header.behind, blocks }, last, fault };
}

async function readWhole(disk: Disk, path: string): Promise<Uint8Array> {
  const file: DiskFile = await disk.open(path, 'read');
  try {
    const bytes = new Uint8Array(await file.size());
    return bytes.subarray(0, await file.read(bytes, 0));
  } finally {
    await file.close();
  }
}
