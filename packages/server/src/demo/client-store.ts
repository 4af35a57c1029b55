import { FieldRecord, type ResendItem, type Session, type SessionStore, type WriteFields } from '@meridian/fix';
import { readWhole, writeWhole } from '../data-folder.ts';

/** What a client's own system keeps of its session: both numbers on disk, what it sent in memory. */
interface Numbers {
  readonly nextIn: number;
  readonly nextOut: number;
}

/**
 * A demo client's session store. Its numbers outlive the process, so that a later life goes on where the last one stopped
 * and misses no report; orders of an earlier life are not sent again, their numbers are filled.
 */
export interface ClientStore extends SessionStore {
  /** Numbers an order and sends it, now or when the house asks for it. */
  send(session: Session, type: string, write: WriteFields): void;
  /** An application message was taken and recorded. */
  taken(seq: number): void;
}

export function clientStore(file: string): ClientStore {
  let numbers: Numbers = readWhole<Numbers>(file) ?? { nextIn: 1, nextOut: 1 };
  const sent = new Map<number, { readonly type: string; readonly sentAt: number; readonly record: FieldRecord }>();

  function keep(next: Partial<Numbers>): void {
    numbers = { ...numbers, ...next };
    writeWhole(file, numbers, { isFleeting: true });
  }

  function takeOut(): number {
    const seq = numbers.nextOut;
    keep({ nextOut: seq + 1 });
    return seq;
  }

  return {
    nextIn: () => numbers.nextIn,
    allocate: (_type, done) => done(takeOut()),
    advanceIn(next) {
      if (next > numbers.nextIn) keep({ nextIn: next });
    },
    taken(seq) {
      if (seq >= numbers.nextIn) keep({ nextIn: seq + 1 });
    },
    reset(done) {
      sent.clear();
      keep({ nextIn: 1, nextOut: 1 });
      done();
    },
    resend(begin, end, item: ResendItem, done) {
      for (let seq = begin; seq <= end; seq++) {
        const kept = sent.get(seq);
        if (kept !== undefined) item(seq, kept.type, kept.sentAt, (writer) => kept.record.writeTo(writer));
      }
      done();
    },
    send(session, type, write) {
      const record = new FieldRecord();
      write(record);
      const seq = takeOut();
      sent.set(seq, { type, sentAt: session.clock.wall(), record });
      session.sendApplication(seq, type, (writer) => record.writeTo(writer));
    },
  };
}
