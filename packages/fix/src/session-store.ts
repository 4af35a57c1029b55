import type { Instant } from '@meridian/base';
import type { FieldWriter } from './writer.ts';

/** Writes the fields of a message behind the standard header: header fields first (97, 115 …), then the body. */
export type WriteFields = (writer: FieldWriter) => void;

/** Takes one application message that is to be sent again. */
export type ResendItem = (seq: number, type: string, sentAt: Instant, write: WriteFields) => void;

/**
 * What a session needs of its owner. There is no message store: outbound numbers are a function of the owner's log, and
 * a resend encodes anew from it. All answers of one store arrive in the order of their questions, at once or later;
 * while they wait the session sends nothing out of sequence.
 */
export interface SessionStore {
  /** The next inbound MsgSeqNum, as far as the owner has it durably. Asked once, when the session is made. */
  nextIn(): number;
  /** Gives the next outbound number to a message of the session's own (MsgType `type`). `done` means: it may be sent. */
  allocate(type: string, done: (seq: number) => void): void;
  /**
   * Numbers below `next` need no delivery: they were the session's own, rejected, or filled. May be forgotten in a
   * crash; the peer then fills them again. The numbers of application messages are the owner's to keep.
   */
  advanceIn(next: number): void;
  /** Both numbers start again at 1, durably before `done`. */
  reset(done: () => void): void;
  /**
   * Hands over, in ascending order, the application messages numbered `begin` to `end` inclusive. Numbers it passes
   * over are filled. `write` may be called at once only.
   */
  resend(begin: number, end: number, item: ResendItem, done: () => void): void;
}
