import type { Instant } from '@meridian/base';
import type { ResendItem, SessionStore, WriteFields } from '@meridian/fix';
import { eachEvent, type Position } from '@meridian/log';
import { type NumberedEvent, readEvent } from '@meridian/messages';
import type { NodeLog } from './node-log.ts';

/** A message that a session's event stands for. */
export interface SessionMessage {
  readonly type: string;
  readonly write: WriteFields;
}

/**
 * The store of one FIX session: there is none but the log. Numbers are the engine's state; what was sent is found again in
 * the event file and encoded anew. Kept here: which command each outbound number came from, eight bytes a message.
 */
export interface LogSessionStore extends SessionStore {
  /** An event of this session with an outbound number was committed. */
  sent(outSeq: number, seq: number): void;
}

export function createLogSessionStore(
  log: NodeLog,
  session: number,
  outSeqOf: (event: NumberedEvent) => number,
  encode: (event: NumberedEvent) => SessionMessage,
): LogSessionStore {
  /** Command number by outbound number; 0 where the session's own messages stand. */
  let commandOf = new Float64Array(1_024);
  let last = 0;

  const table = () => log.node.sessionTable(session);
  const resetAt = () => table()?.resetAt[session] ?? 0;

  async function read(begin: number, end: number, item: ResendItem): Promise<void> {
    let first = 0;
    let until = 0;
    for (let n = begin; n <= Math.min(end, last); n++) {
      const seq = commandOf[n] ?? 0;
      if (seq === 0) continue;
      if (first === 0) first = seq;
      until = n;
    }
    if (first === 0) return;
    for await (const batch of log.sequencer.tail(before(first))) {
      let done = false;
      eachEvent(batch, (view, offset) => {
        if (done) return;
        const event = readEvent(view, offset);
        const outSeq = outSeqOf(event);
        if (outSeq < begin || outSeq > until || commandOf[outSeq] !== event.header.seq) return;
        const { type, write } = encode(event);
        item(outSeq, type, event.header.time as Instant, write);
        done = outSeq === until;
      });
      if (done) return;
    }
  }

  return {
    nextIn: () => table()?.nextIn[session] ?? 1,
    allocate(type, done) {
      log.tell({ name: 'session-out', body: { session, msgType: type.charCodeAt(0) } }, (seq) => {
        const given = (table()?.nextOut[session] ?? 2) - 1;
        log.whenCommitted(seq, () => done(given));
      });
    },
    advanceIn(next) {
      log.tell({ name: 'session-in', body: { session, inSeq: next - 1 } });
    },
    reset(done) {
      log.tell({ name: 'session-reset', body: { session, nextIn: 1, nextOut: 1 } }, (seq) => {
        log.whenCommitted(seq, () => {
          commandOf.fill(0);
          last = 0;
          done();
        });
      });
    },
    resend(begin, end, item, done) {
      read(begin, end, item).then(done, (error: unknown) => {
        // The event file failed: what the peer misses cannot be told from what it has. The process ends.
        queueMicrotask(() => {
          throw error;
        });
      });
    },
    sent(outSeq, seq) {
      if (seq < resetAt()) return;
      if (outSeq >= commandOf.length) {
        const wider = new Float64Array(Math.max(outSeq + 1, commandOf.length * 2));
        wider.set(commandOf);
        commandOf = wider;
      }
      commandOf[outSeq] = seq;
      last = Math.max(last, outSeq);
    },
  };
}

/** Just before a command's first event. */
function before(seq: number): Position {
  return { seq: seq - 1, k: 0xffff_ffff };
}
