import type { AcceptorOptions } from '../acceptor.ts';
import { listen } from '../acceptor.ts';
import { compileDictionary } from '../dictionary/dictionary.ts';
import { FIX44 } from '../dictionary/fix44.ts';
import * as Tag from '../dictionary/tags.ts';
import { MemorySessionStore } from '../memory-store.ts';
import type { FixMessage } from '../message.ts';
import { FieldRecord } from '../record.ts';
import { Session } from '../session.ts';

/** Standard header fields and PossDup's: the echo gets its own. */
const NOT_ECHOED: ReadonlySet<number> = new Set([
  Tag.MsgSeqNum,
  Tag.SenderCompID,
  Tag.TargetCompID,
  Tag.SendingTime,
  Tag.PossDupFlag,
  Tag.OrigSendingTime,
]);

/**
 * The session the acceptance definitions assume: ISLD, opposite TW44, numbers reset at each logon, and an application
 * that sends NewOrderSingle (D) and SecurityDefinition (d) back, drops a PossResend order whose ClOrdID it has seen,
 * and answers everything else with a BusinessMessageReject.
 */
export function echoSession(): Session {
  const store = new MemorySessionStore();
  let seen = new Set<string>();

  const echo = (message: FixMessage, session: Session) => {
    const id = message.text(Tag.ClOrdID);
    if (message.textAt(0) === 'D' && id !== undefined) {
      if (message.flag(Tag.PossResend) && seen.has(id)) return;
      seen.add(id);
    }
    const record = FieldRecord.of(message, NOT_ECHOED);
    store.send(session, message.textAt(0), (writer) => record.writeTo(writer));
  };

  return new Session({
    dictionary: compileDictionary(FIX44),
    senderCompId: 'ISLD',
    targetCompId: 'TW44',
    resetOnLogon: true,
    store,
    application: {
      onLogon: () => {
        seen = new Set();
      },
      onApplication: (message, seq, session) => {
        const type = message.textAt(0);
        if (type === 'D' || type === 'd') echo(message, session);
        else
          store.send(session, 'j', (writer) =>
            writer
              .int(Tag.RefSeqNum, seq)
              .text(Tag.RefMsgType, type)
              .int(Tag.BusinessRejectReason, 3)
              .text(Tag.Text, 'Unsupported Message Type'),
          );
        store.advanceIn(seq + 1);
      },
    },
  });
}

/** The stand-alone acceptor the definitions are run against. */
export function echoAcceptor(options: Pick<AcceptorOptions, 'port' | 'host'>) {
  return listen({ ...options, sessions: [echoSession()] });
}
