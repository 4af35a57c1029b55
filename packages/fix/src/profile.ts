/** Hot path: who sent a message and when, read in place. */
import type { Instant } from '@meridian/base';
import type { FixMessage } from './message.ts';
import { RejectReason, VALID, type Verdict } from './validator.ts';
import { readInteger, readTimestamp } from './value.ts';

/** What a peer's messages must carry. */
export interface Heard {
  readonly sender: Uint8Array;
  readonly target: Uint8Array;
  readonly toleranceMicros: number;
}

/** MsgSeqNum, or -1 when it is absent or no number from 0 to 2^53 - 1. */
export function sequenceOf(message: FixMessage): number {
  const i = message.field(34);
  if (i < 0) return -1;
  const seq = readInteger(message.bytes, message.from[i] as number, message.to[i] as number);
  return seq >= 0 && seq < Number.POSITIVE_INFINITY ? seq : -1;
}

/** Whether sender, target and SendingTime are the peer's: an absent one is not, a fault of time comes first. */
export function profileFault(message: FixMessage, heard: Heard, now: Instant): Verdict {
  const time = message.field(52);
  const sent = time < 0 ? Number.NaN : readTimestamp(message.bytes, message.from[time] as number, message.to[time] as number);
  if (!(Math.abs(now - sent) <= heard.toleranceMicros)) return RejectReason.sendingTimeProblem;
  const sender = message.field(49);
  const target = message.field(56);
  if (sender < 0 || target < 0) return RejectReason.compIdProblem;
  return message.equals(sender, heard.sender) && message.equals(target, heard.target) ? VALID : RejectReason.compIdProblem;
}

/** Whether BeginString is exactly these bytes. */
export function hasBegin(message: FixMessage, begin: Uint8Array): boolean {
  if (message.beginTo - message.beginFrom !== begin.length) return false;
  for (let i = 0; i < begin.length; i = (i + 1) | 0) if (message.bytes[message.beginFrom + i] !== begin[i]) return false;
  return true;
}
