import type { Logger } from '@meridian/base';
import { connect, type Dictionary, type FixMessage, type Initiator, type InitiatorTls, Session } from '@meridian/fix';
import type { NumberedEvent } from '@meridian/messages';
import { outSeqFor, refuseType } from './client-gateway.ts';
import { encodeHedgeOrder, type HedgeDirectory, readVenueMessage } from './hedge-message.ts';
import { createLogSessionStore } from './log-session-store.ts';
import type { NodeLog } from './node-log.ts';

export interface VenueOrderOptions {
  /** Dense id, as in `define-session` with role hedge. */
  readonly session: number;
  /** Ours and the venue's CompID. */
  readonly compId: string;
  readonly venueCompId: string;
  readonly host: string;
  readonly port: number;
  readonly tls?: InitiatorTls;
  readonly heartbeatSeconds?: number;
}

/** The venue's side of the node: FIX 4.4 initiator, D G F out; 8 and 9 in. What either side missed is sent again. */
export interface HedgeGateway {
  take(event: NumberedEvent, live: boolean): void;
  connect(): Initiator;
  readonly up: boolean;
}

export function createHedgeGateway(
  log: NodeLog,
  options: VenueOrderOptions,
  directory: HedgeDirectory,
  dictionary: Dictionary,
  logger: Logger,
): HedgeGateway {
  const encode = (event: NumberedEvent) => {
    if (event.name !== 'hedge-order') throw new Error(`${event.name} is not for venues`);
    return encodeHedgeOrder(event.body, event.header, directory);
  };
  const store = createLogSessionStore(log, options.session, outSeqFor(options.session), encode);
  let session: Session | undefined;

  return {
    take(event, live) {
      if (event.name !== 'hedge-order' || event.body.session !== options.session) return;
      store.sent(event.body.outSeq, event.header.seq);
      if (!live || session === undefined) return;
      const { type, write } = encode(event);
      session.sendApplication(event.body.outSeq, type, write);
    },
    connect() {
      const onApplication = (message: FixMessage, seq: number, from: Session): void => {
        const command = readVenueMessage(message, options.session, seq);
        if (command !== undefined) log.tell(command);
        else refuseType(message.textAt(0), seq, store, from);
      };
      session = new Session({
        ...{ dictionary, senderCompId: options.compId, targetCompId: options.venueCompId, store, logger },
        ...(options.heartbeatSeconds === undefined ? {} : { heartbeatSeconds: options.heartbeatSeconds }),
        application: { onApplication },
      });
      const { host, port, tls } = options;
      return connect({ host, port, session, logger, ...(tls === undefined ? {} : { tls }) });
    },
    get up() {
      return session?.isUp ?? false;
    },
  };
}
