/** An owner with a durable log and one session: what survives its death is the log only. */
import { Decoded } from '../decoder.ts';
import type { Dictionary } from '../dictionary/dictionary.ts';
import { Session } from '../session.ts';
import type { SessionOptions } from '../session-options.ts';
import type { ResendItem, SessionStore } from '../session-store.ts';
import type { End, World } from './world.ts';

/** Writes the order that stands for the n-th application message of a side. */
const order = (id: number, instant: number): Parameters<Session['sendApplication']>[2] => {
  return (writer) => writer.text(11, String(id)).char(54, 49).timestamp(60, instant).int(38, 100).char(40, 49);
};

export interface Party {
  session: Session;
  /** Ids of the application messages taken, in the order in which they were. */
  readonly taken: number[];
  /** Application messages the log holds. */
  sent(): number;
  /** Asks the log for one more. */
  send(): void;
  /** Loses everything but the log, and starts again. */
  restart(): void;
  /** Takes its side of a new connection. */
  initiate(end: End): void;
  await(end: End): void;
}

export function party(
  at: World,
  dictionary: Dictionary,
  names: readonly [string, string],
  options: Partial<SessionOptions>,
): Party {
  const log = new Map<number, { id: number; instant: number }>();
  const taken: number[] = [];
  let nextIn = 1;
  let nextOut = 1;
  let lastId = 0;
  let pending: ((seq: number) => void)[] = [];
  let life = 0;

  /** Appends to the log; numbers are given in the order of the log, when the record is durable. */
  const append = (committed: (seq: number) => void) => {
    const mine = life;
    pending.push(committed);
    const commit = () => {
      if (mine === life) pending.shift()?.(nextOut++);
    };
    if (pending.length === 1 && at.random(2) === 0) commit();
    else at.after(at.random(10), commit);
  };
  const store: SessionStore = {
    nextIn: () => nextIn,
    allocate: (_type, done) => append(done),
    advanceIn: () => {},
    reset: () => {
      throw new Error('the simulation resets no numbers');
    },
    resend: (begin: number, end: number, item: ResendItem, done: () => void) => {
      for (let seq = begin; seq <= end; seq++) {
        const kept = log.get(seq);
        if (kept !== undefined) item(seq, 'D', kept.instant, order(kept.id, kept.instant));
      }
      if (at.random(2) === 0) done();
      else at.after(at.random(10), done);
    },
  };
  const live = () =>
    new Session({
      dictionary,
      senderCompId: names[0],
      targetCompId: names[1],
      store,
      clock: at.clock,
      heartbeatSeconds: 5,
      application: {
        onApplication: (message, seq) => {
          taken.push(message.int(11) as number);
          nextIn = seq + 1;
        },
      },
      ...options,
    });

  const self: Party = {
    session: live(),
    taken,
    sent: () => lastId,
    send() {
      append((seq) => {
        const kept = { id: ++lastId, instant: at.clock.wall() };
        log.set(seq, kept);
        self.session.sendApplication(seq, 'D', order(kept.id, kept.instant));
      });
    },
    restart() {
      life++;
      pending = [];
      self.session = live();
    },
    initiate(end) {
      const { session } = self;
      end.onBytes = (chunk) => session.received(end.link, chunk);
      end.onClosed = () => session.disconnected(end.link);
      session.connect(end.link, end.decoder);
    },
    await(end) {
      const { session } = self;
      let accepted = false;
      end.onBytes = (chunk) => {
        if (accepted) {
          session.received(end.link, chunk);
          return;
        }
        end.decoder.push(chunk);
        const decoded = end.decoder.next();
        if (decoded === Decoded.more) return;
        accepted = decoded === Decoded.message && session.accept(end.link, end.decoder) === undefined;
        if (accepted) session.pump();
        else end.link.close('logon-refused');
      };
      end.onClosed = () => session.disconnected(end.link);
    },
  };
  return self;
}
