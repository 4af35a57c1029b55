import { type Instant, invariant } from '@meridian/base';
import { FieldRecord } from './record.ts';
import type { Session } from './session.ts';
import type { ResendItem, SessionStore, WriteFields } from './session-store.ts';

/** Application messages one store keeps; a session that sends more needs an owner with a log. */
export const KEPT_MESSAGES_MAX = 1_000_000;

/** Keeps numbers and the fields of sent application messages in memory: for tests and for stand-alone use. */
export class MemorySessionStore implements SessionStore {
  #nextIn = 1;
  #nextOut = 1;
  readonly #sent = new Map<number, { type: string; sentAt: Instant; record: FieldRecord }>();

  nextIn(): number {
    return this.#nextIn;
  }

  nextOut(): number {
    return this.#nextOut;
  }

  allocate(_type: string, done: (seq: number) => void): void {
    done(this.#nextOut++);
  }

  advanceIn(next: number): void {
    this.#nextIn = next;
  }

  reset(done: () => void): void {
    this.#nextIn = 1;
    this.#nextOut = 1;
    this.#sent.clear();
    done();
  }

  resend(begin: number, end: number, item: ResendItem, done: () => void): void {
    for (let seq = begin; seq <= end; seq++) {
      const kept = this.#sent.get(seq);
      if (kept !== undefined) item(seq, kept.type, kept.sentAt, (writer) => kept.record.writeTo(writer));
    }
    done();
  }

  /** Numbers an application message, keeps its fields and sends it, now or when the peer asks for it. */
  send(session: Session, type: string, write: WriteFields): number {
    invariant(this.#sent.size < KEPT_MESSAGES_MAX, 'a memory store keeps a bounded number of messages');
    const record = new FieldRecord();
    write(record);
    const seq = this.#nextOut++;
    this.#sent.set(seq, { type, sentAt: session.clock.wall(), record });
    session.sendApplication(seq, type, (writer) => record.writeTo(writer));
    return seq;
  }
}
