import { type Instant, invariant } from '@meridian/base';

/**
 * The envelope of one record in a market's log and event file.
 *
 * Command frame (16 bytes, then the body): u32 length of the whole frame · u16 type · u16 version · f64 business time.
 * A command's sequence number is its place in the log, so the frame does not carry it.
 *
 * Event frame (32 bytes, then the body): the same 16 bytes, then f64 seq · u32 k · u32 zero. (market, seq, k) names an
 * event for ever: the k-th event of the command at seq.
 */
export const COMMAND_HEADER_BYTES = 16;
export const EVENT_HEADER_BYTES = 32;

/** A frame longer than this is refused at the door; a longer one in a log is corruption. */
export const FRAME_BYTES_MAX = 1 << 20;

export interface CommandHeader {
  readonly length: number;
  readonly type: number;
  readonly version: number;
  readonly time: Instant;
}

export interface EventHeader extends CommandHeader {
  readonly seq: number;
  readonly k: number;
}

export function writeCommandHeader(view: DataView, offset: number, header: CommandHeader): void {
  invariant(header.length >= COMMAND_HEADER_BYTES && header.length <= FRAME_BYTES_MAX, () => `frame of ${header.length} bytes`);
  view.setUint32(offset, header.length, true);
  view.setUint16(offset + 4, header.type, true);
  view.setUint16(offset + 6, header.version, true);
  view.setFloat64(offset + 8, header.time, true);
}

export function readCommandHeader(view: DataView, offset: number): CommandHeader {
  return {
    length: view.getUint32(offset, true),
    type: view.getUint16(offset + 4, true),
    version: view.getUint16(offset + 6, true),
    time: view.getFloat64(offset + 8, true),
  };
}

export function writeEventHeader(view: DataView, offset: number, header: EventHeader): void {
  writeCommandHeader(view, offset, header);
  view.setFloat64(offset + 16, header.seq, true);
  view.setUint32(offset + 24, header.k, true);
  view.setUint32(offset + 28, 0, true);
}

export function readEventHeader(view: DataView, offset: number): EventHeader {
  return { ...readCommandHeader(view, offset), seq: view.getFloat64(offset + 16, true), k: view.getUint32(offset + 24, true) };
}
