import type { Logger } from '@meridian/base';
import { type Acceptor, type AcceptorTls, type Dictionary, type FixMessage, listen, Session, Tag } from '@meridian/fix';
import type { NumberedEvent } from '@meridian/messages';
import { type ClientDirectory, readClientMessage } from './client-message.ts';
import { encodeClientEvent, type ReportDirectory } from './execution-report.ts';
import { createLogSessionStore, type LogSessionStore } from './log-session-store.ts';
import type { NodeLog } from './node-log.ts';

/** A client's FIX session: its CompID and what it calls its accounts. Both stay at the door. */
export interface ClientSessionTerms {
  /** Dense id, as in `define-session`. */
  readonly session: number;
  readonly compId: string;
  /** FIX 1 → dense id of the business account. */
  readonly accounts: Readonly<Record<string, number>>;
}

export interface ClientFixOptions {
  /** Our CompID towards clients. */
  readonly compId: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly host?: string;
  readonly tls?: AcceptorTls;
  readonly authorize?: (compId: string, fingerprint256: string | undefined) => boolean;
  readonly sessions: readonly ClientSessionTerms[];
}

/** Clients' side of the node: FIX 4.4 acceptor, D G F H in; 8, 9 and j out. */
export interface ClientGateway {
  /** A committed event: reports of client sessions are sent, everything else passes by. `live` false only files it. */
  take(event: NumberedEvent, live: boolean): void;
  listen(): Promise<Acceptor>;
  sessions(): { readonly session: number; readonly compId: string; readonly up: boolean }[];
  logout(): void;
}

export function createClientGateway(
  log: NodeLog,
  options: ClientFixOptions,
  directory: ClientDirectory & ReportDirectory,
  dictionary: Dictionary,
  logger: Logger,
): ClientGateway {
  const doors = new Map<number, { readonly terms: ClientSessionTerms; readonly store: LogSessionStore; session: Session }>();
  for (const terms of options.sessions) {
    const store = createLogSessionStore(log, terms.session, outSeqFor(terms.session), (event) =>
      encodeClientEvent(event, directory),
    );
    doors.set(terms.session, { terms, store, session: undefined as unknown as Session });
  }

  function open(terms: ClientSessionTerms, store: LogSessionStore): Session {
    const onApplication = (message: FixMessage, seq: number, session: Session): void => {
      const command = readClientMessage(message, terms.session, seq, directory, log.sequencer.backlogged);
      if (command !== undefined) log.tell(command);
      else refuseType(message.textAt(0), seq, store, session);
    };
    return new Session({
      ...{ dictionary, senderCompId: options.compId, targetCompId: terms.compId, store, logger },
      application: { onApplication },
    });
  }

  return {
    take(event, live) {
      if (event.name !== 'order-report' && event.name !== 'client-fill' && event.name !== 'cancel-rejected') return;
      const { session, outSeq } = event.body;
      const door = doors.get(session);
      if (door === undefined || outSeq === 0) return;
      door.store.sent(outSeq, event.header.seq);
      if (!live) return;
      const { type, write } = encodeClientEvent(event, directory);
      door.session.sendApplication(outSeq, type, write);
    },
    listen() {
      // Numbers are asked for when a session is made: after recovery, not before.
      for (const door of doors.values()) door.session = open(door.terms, door.store);
      const { port, host, tls, authorize } = options;
      return listen({
        port,
        sessions: [...doors.values()].map((door) => door.session),
        logger,
        ...(host === undefined ? {} : { host }),
        ...(tls === undefined ? {} : { tls }),
        ...(authorize === undefined
          ? {}
          : { authorize: (session: Session, print: string | undefined) => authorize(session.targetCompId, print) }),
      });
    },
    sessions: () =>
      [...doors.values()].map(({ terms, session }) => ({
        session: terms.session,
        compId: terms.compId,
        up: session?.isUp ?? false,
      })),
    logout() {
      for (const { session } of doors.values()) session?.logout('node closes');
    },
  };
}

export function outSeqFor(session: number): (event: NumberedEvent) => number {
  return ({ body }) => ('outSeq' in body && body.session === session ? body.outSeq : 0);
}

/** BusinessMessageReject: a type this door does not take. Not kept; filled when it is asked for again. */
export function refuseType(type: string, seq: number, store: LogSessionStore, session: Session): void {
  store.advanceIn(seq + 1);
  store.allocate('j', (given) => {
    session.sendApplication(given, 'j', (writer) => {
      writer.int(Tag.RefSeqNum, seq).text(Tag.RefMsgType, type).int(Tag.BusinessRejectReason, 3);
      writer.text(Tag.Text, 'message type is not taken on this session');
    });
  });
}
