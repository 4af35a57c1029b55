import { createServer as createPlainServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { invariant, type Logger, silentLogger } from '@meridian/base';
import { Decoded, Decoder } from './decoder.ts';
import type { CloseReason, SessionLink } from './link.ts';
import { problem } from './problems.ts';
import type { Session } from './session.ts';
import { socketLink, UNREAD_BYTES_MAX } from './socket-link.ts';

/** Certificate and key of a listening side, PEM. */
export interface AcceptorTls {
  readonly key: string;
  readonly cert: string;
  /** Certificates that may sign a peer's. */
  readonly ca?: string;
  /** Peers without a certificate signed by `ca` are refused. Default false. */
  readonly requireClientCertificate?: boolean;
}

export interface AcceptorOptions {
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly tls?: AcceptorTls;
  readonly sessions: readonly Session[];
  /**
   * Whether a peer may use a session; `fingerprint256` is that of its TLS certificate. Pin CompIDs to certificates
   * here. Default: any peer that reaches the port.
   */
  readonly authorize?: (session: Session, fingerprint256: string | undefined) => boolean;
  /** Connections that have not logged on. Default 64; more are dropped. */
  readonly waitingMax?: number;
  /** Default 10. */
  readonly logonTimeoutSeconds?: number;
  /** Bytes a connection may send before its Logon is complete. Default 8,192. */
  readonly logonBytesMax?: number;
  /** Longest message. Default 65,536 bytes; longer ones are garbled. */
  readonly messageBytesMax?: number;
  readonly unreadBytesMax?: number;
  readonly logger?: Logger;
}

export interface Acceptor {
  readonly port: number;
  /** Serves one more session from now on. */
  add(session: Session): void;
  /** Closes the port and every connection, without Logout: log sessions out before if their peers should know. */
  close(): Promise<void>;
}

const TICK_MILLIS = 100;
const WAITING_MAX = 64;
const LOGON_SECONDS = 10;

/**
 * Listens for FIX peers. A connection belongs to nobody until a valid Logon names a session that is not in use;
 * anything else is dropped without an answer.
 * @throws Problem FIX_PORT_IN_USE, FIX_LISTEN_REFUSED
 */
export async function listen(options: AcceptorOptions): Promise<Acceptor> {
  const host = options.host ?? '127.0.0.1';
  const logger = options.logger ?? silentLogger;
  const sessions = new Map(options.sessions.map((session) => [key(session.senderCompId, session.targetCompId), session]));
  const sockets = new Set<Socket>();
  let waiting = 0;

  const onConnection = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', (error: NodeJS.ErrnoException) => logger.warn('fix transport error', { code: error.code ?? 'unknown' }));
    if (waiting >= (options.waitingMax ?? WAITING_MAX)) {
      logger.warn('fix connection dropped', { reason: 'too-many-waiting' });
      socket.destroy();
      return;
    }
    waiting++;
    awaitLogon(socket, options, sessions, logger, () => waiting--);
  };

  const server = makeServer(options, onConnection, logger);
  await opened(server, options.port, host);
  const timer = setInterval(() => {
    for (const session of sessions.values()) session.tick();
  }, TICK_MILLIS);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    add(session) {
      const name = key(session.senderCompId, session.targetCompId);
      invariant(!sessions.has(name), 'a session is served once');
      sessions.set(name, session);
    },
    close: async () => {
      clearInterval(timer);
      const done = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await done;
    },
  };
}

/** Reads a connection until its Logon and gives it to the session that the Logon names. */
function awaitLogon(
  socket: Socket,
  options: AcceptorOptions,
  sessions: ReadonlyMap<string, Session>,
  logger: Logger,
  decided: () => void,
): void {
  const decoder = new Decoder(undefined, options.messageBytesMax);
  let received = 0;
  let session: Session | undefined;
  let link: SessionLink | undefined;
  let lost: CloseReason | undefined;
  let open = true;
  socket.setNoDelay(true);

  const settle = () => {
    if (!open) return;
    open = false;
    clearTimeout(timeout);
    decided();
  };
  const drop = (reason: string) => {
    logger.warn('fix connection dropped', { reason });
    settle();
    socket.destroy();
  };
  const timeout = setTimeout(() => drop('logon-timeout'), (options.logonTimeoutSeconds ?? LOGON_SECONDS) * 1000);
  timeout.unref();

  const onLogon = () => {
    const message = decoder.message;
    const named = sessions.get(key(message.text(56) ?? '', message.text(49) ?? ''));
    const fingerprint = socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : undefined;
    if (named === undefined) drop('unknown-session');
    else if (options.authorize?.(named, fingerprint) === false) drop('not-authorized');
    else {
      link = socketLink(socket, {
        unreadBytesMax: options.unreadBytesMax ?? UNREAD_BYTES_MAX,
        copies: options.tls !== undefined,
        onTaken: () => named.drained(),
        onSlow: () => {
          logger.warn('fix connection dropped', { reason: 'slow-consumer' });
          lost = 'slow-consumer';
          socket.destroy();
        },
      });
      const refusal = named.accept(link, decoder);
      if (refusal !== undefined) drop(refusal);
      else {
        session = named;
        settle();
        named.pump();
      }
    }
  };

  socket.on('data', (chunk: Buffer) => {
    if (session !== undefined && link !== undefined) {
      session.received(link, chunk);
      return;
    }
    if (!open) return;
    received += chunk.length;
    decoder.push(chunk);
    const decoded = decoder.next();
    if (decoded === Decoded.message) onLogon();
    else if (decoded === Decoded.garbled) drop('garbled');
    else if (received > (options.logonBytesMax ?? 8192)) drop('logon-over-long');
  });
  socket.on('drain', () => session?.drained());
  socket.on('error', () => {
    lost ??= 'transport-error';
  });
  socket.on('close', () => {
    settle();
    if (link !== undefined) session?.disconnected(link, lost);
  });
}

function key(senderCompId: string, targetCompId: string): string {
  return `${senderCompId}\x01${targetCompId}`;
}

function makeServer(options: AcceptorOptions, onConnection: (socket: Socket) => void, logger: Logger): Server {
  const { tls } = options;
  if (tls === undefined) return createPlainServer({ noDelay: true }, onConnection);
  const required = tls.requireClientCertificate === true;
  const server = createTlsServer(
    {
      key: tls.key,
      cert: tls.cert,
      minVersion: 'TLSv1.3',
      handshakeTimeout: (options.logonTimeoutSeconds ?? LOGON_SECONDS) * 1000,
      requestCert: required || tls.ca !== undefined,
      rejectUnauthorized: required,
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    },
    onConnection,
  );
  // Every connection comes to exactly one of secureConnection and tlsClientError.
  let handshakes = 0;
  server.on('connection', (socket: Socket) => {
    handshakes++;
    if (handshakes <= (options.waitingMax ?? WAITING_MAX)) return;
    logger.warn('fix connection dropped', { reason: 'too-many-waiting' });
    socket.destroy();
  });
  server.on('secureConnection', () => {
    handshakes--;
  });
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    handshakes--;
    logger.warn('fix transport error', { code: error.code ?? 'unknown' });
  });
  return server;
}

async function opened(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? problem('FIX_PORT_IN_USE', { host, port }, error)
          : problem('FIX_LISTEN_REFUSED', { host, port, reason: error.code ?? 'unknown' }, error),
      ),
    );
    server.listen({ port, host, exclusive: true }, () => resolve());
  });
}
