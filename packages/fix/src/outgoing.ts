import { invariant } from '@meridian/base';
import type { SessionClock, SessionLink } from './link.ts';
import type { SessionStore, WriteFields } from './session-store.ts';
import type { MessageWriter } from './writer.ts';

/** Messages that wait for a lower number to be sent first. Beyond it the connection is closed; a resend recovers them. */
export const WAITING_MAX = 65_536;

interface Waiting {
  readonly type: string;
  readonly write: WriteFields;
  readonly sent: (() => void) | undefined;
}

const nothing: WriteFields = () => {};

/**
 * Sends a session's messages in the order of their numbers. The session's own messages get theirs from the store,
 * possibly later; the owner's application messages arrive numbered. The first of the session's own messages on a
 * connection (Logon) sets the number to go on from: what was numbered before it is the peer's to ask for again.
 */
export class Outgoing {
  /** Something was sent since this was last set to false. */
  sent = false;
  readonly #store: SessionStore;
  readonly #writer: MessageWriter;
  readonly #clock: SessionClock;
  readonly #overflow: () => void;
  readonly #waiting = new Map<number, Waiting>();
  #link: SessionLink | undefined;
  /** The number the next message must have; 0 before the opening message. */
  #next = 0;
  /** Answers of the store to questions of an earlier connection or numbering are void. */
  #epoch = 0;
  /** Application messages that came before the logon was complete. */
  #early: { seq: number; type: string; write: WriteFields }[] = [];
  #established = false;
  #closing = false;
  #shut = false;

  /** `overflow` is to close the connection. */
  constructor(store: SessionStore, writer: MessageWriter, clock: SessionClock, overflow: () => void) {
    this.#overflow = overflow;
    this.#store = store;
    this.#writer = writer;
    this.#clock = clock;
  }

  /** The highest number sent on this connection; 0 before the opening message. */
  get last(): number {
    return this.#next === 0 ? 0 : this.#next - 1;
  }

  open(link: SessionLink): void {
    this.#link = link;
    this.#restart();
  }

  closed(): void {
    this.#link = undefined;
    this.#restart();
  }

  /** The numbering starts again with the next of the session's own messages. */
  renumber(): void {
    this.#restart();
  }

  /** Both sides have logged on: application messages may flow. */
  established(): void {
    this.#established = true;
    const early = this.#early;
    this.#early = [];
    for (const { seq, type, write } of early) if (seq >= this.#next) this.application(seq, type, write);
  }

  /** Sends a message of the session's own. `sent` is called when it is in the link's buffer. After a Logout nothing follows. */
  admin(type: string, write: WriteFields = nothing, sent?: () => void): void {
    if (this.#link === undefined || this.#closing) return;
    if (type === '5') this.#closing = true;
    const epoch = this.#epoch;
    this.#store.allocate(type, (seq) => {
      if (epoch !== this.#epoch) return;
      if (this.#next === 0) {
        this.#next = seq;
        for (const number of this.#waiting.keys()) if (number < seq) this.#waiting.delete(number);
      }
      this.#offer(seq, type, write, sent);
      this.#link?.flush();
    });
  }

  /** Sends an application message that its owner has numbered; without a connection it waits for the peer's ResendRequest. */
  application(seq: number, type: string, write: WriteFields): void {
    if (this.#link === undefined || this.#shut) return;
    if (!this.#established) {
      if (this.#early.length >= WAITING_MAX) this.#overflow();
      else this.#early.push({ seq, type, write });
      return;
    }
    if (this.#next === seq && this.#waiting.size === 0) this.#transmit(seq, type, write);
    else this.#offer(seq, type, write, undefined);
    this.#link?.flush();
  }

  /** Sends an application message again, under its old number. */
  again(seq: number, type: string, sentAt: number, write: WriteFields): void {
    if (this.#link === undefined) return;
    this.#encode(seq, type, (writer) => {
      writer.flag(43, true).timestamp(122, sentAt);
      write(writer);
    });
  }

  /** Tells the peer that `seq` up to but without `newSeqNo` need no delivery. */
  gapFill(seq: number, newSeqNo: number): void {
    const now = this.#clock.wall();
    this.again(seq, '4', now, (writer) => writer.flag(123, true).int(36, newSeqNo));
  }

  #offer(seq: number, type: string, write: WriteFields, sent: (() => void) | undefined): void {
    invariant(seq >= this.#next, () => `outbound number ${seq} was offered after ${this.#next - 1} was sent`);
    if (this.#waiting.size >= WAITING_MAX) {
      this.#overflow();
      return;
    }
    this.#waiting.set(seq, { type, write, sent });
    let next = this.#waiting.get(this.#next);
    while (next !== undefined && !this.#shut) {
      this.#waiting.delete(this.#next);
      this.#transmit(this.#next, next.type, next.write);
      if (next.type === '5') this.#shut = true;
      next.sent?.();
      next = this.#waiting.get(this.#next);
    }
  }

  #transmit(seq: number, type: string, write: WriteFields): void {
    this.#encode(seq, type, write);
    this.#next = seq + 1;
  }

  #encode(seq: number, type: string, write: WriteFields): void {
    if (this.#link === undefined) return;
    this.#writer.begin(this.#link.out, type, seq, this.#clock.wall());
    try {
      write(this.#writer);
    } catch (error) {
      this.#writer.abandon();
      throw error;
    }
    this.#writer.end();
    this.sent = true;
  }

  #restart(): void {
    this.#epoch++;
    this.#next = 0;
    this.#waiting.clear();
    this.#early = [];
    this.#established = false;
    this.#closing = false;
    this.#shut = false;
  }
}
