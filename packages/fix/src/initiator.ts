import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { type Logger, silentLogger } from '@meridian/base';
import { Decoder } from './decoder.ts';
import type { CloseReason, SessionLink } from './link.ts';
import type { Session } from './session.ts';
import { socketLink, UNREAD_BYTES_MAX } from './socket-link.ts';

export interface InitiatorTls {
  /** Certificates that may sign the acceptor's, PEM. Default: those of the system. */
  readonly ca?: string;
  /** Our own certificate and key, PEM, where the acceptor asks for one. */
  readonly key?: string;
  readonly cert?: string;
  /** The name the acceptor's certificate must bear. Default: the host. */
  readonly servername?: string;
}

export interface InitiatorOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: InitiatorTls;
  readonly session: Session;
  /** First and longest pause before a new attempt, in milliseconds; it doubles until a logon succeeds. Default 200 and 30,000. */
  readonly retryMillisMin?: number;
  readonly retryMillisMax?: number;
  readonly messageBytesMax?: number;
  readonly unreadBytesMax?: number;
  readonly logger?: Logger;
}

export interface Initiator {
  /** Logs out, closes the connection and tries no more. */
  close(): Promise<void>;
}

const TICK_MILLIS = 100;
/** How long a connection may take to stand, TLS included. */
const DIAL_MILLIS = 10_000;

/** Keeps a session connected to its acceptor, for ever or until closed. */
export function connect(options: InitiatorOptions): Initiator {
  const { session } = options;
  const logger = options.logger ?? silentLogger;
  const pauseMin = options.retryMillisMin ?? 200;
  const pauseMax = options.retryMillisMax ?? 30_000;
  let pause = pauseMin;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  let socket: Socket | undefined;
  let finished = () => {};

  const timer = setInterval(() => {
    session.tick();
    if (session.isUp) pause = pauseMin;
  }, TICK_MILLIS);

  const again = () => {
    socket = undefined;
    if (closed) {
      finished();
      return;
    }
    retry = setTimeout(dial, pause);
    pause = Math.min(pause * 2, pauseMax);
  };
  const dial = () => {
    retry = undefined;
    socket = open(options, logger, again);
  };
  dial();

  return {
    close: async () => {
      if (closed) return;
      closed = true;
      clearTimeout(retry);
      const open = socket;
      if (open !== undefined) {
        const done = new Promise<void>((resolve) => {
          finished = resolve;
        });
        if (session.isUp) session.logout();
        else open.destroy();
        await done;
      }
      clearInterval(timer);
    },
  };
}

function open(options: InitiatorOptions, logger: Logger, onClosed: () => void): Socket {
  const { host, port, session, tls } = options;
  const socket = tls === undefined ? connectPlain({ host, port }) : connectTls(tlsOptions(host, port, tls));
  let lost: CloseReason | undefined;
  let link: SessionLink | undefined;
  socket.setNoDelay(true);
  const dialling = setTimeout(() => socket.destroy(), DIAL_MILLIS);
  socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
    clearTimeout(dialling);
    link = socketLink(socket, {
      unreadBytesMax: options.unreadBytesMax ?? UNREAD_BYTES_MAX,
      copies: tls !== undefined,
      onTaken: () => session.drained(),
      onSlow: () => {
        logger.warn('fix connection dropped', { reason: 'slow-consumer' });
        lost = 'slow-consumer';
        socket.destroy();
      },
    });
    session.connect(link, new Decoder(undefined, options.messageBytesMax));
  });
  socket.on('data', (chunk: Buffer) => {
    if (link !== undefined) session.received(link, chunk);
  });
  socket.on('drain', () => session.drained());
  socket.on('error', (error: NodeJS.ErrnoException) => {
    lost ??= 'transport-error';
    logger.warn('fix transport error', { code: error.code ?? 'unknown' });
  });
  socket.on('close', () => {
    clearTimeout(dialling);
    if (link !== undefined) session.disconnected(link, lost);
    onClosed();
  });
  return socket;
}

function tlsOptions(host: string, port: number, tls: InitiatorTls): ConnectionOptions {
  return {
    host,
    port,
    minVersion: 'TLSv1.3',
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  };
}
