import websocket from '@fastify/websocket';
import type { ServerMessage, ViewName } from '@meridian/api';
import { formatInstant, type Instant, type Logger, wallClock } from '@meridian/base';
import type { Principal } from '@meridian/security';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { reasonOf } from '../../process/child.ts';
import { Connection, MESSAGE_CHARS_MAX, WINDOW_MS_MAX, WINDOW_MS_MIN } from './connection.ts';
import type { LiveView } from './live-view.ts';

/** Readers at once; one more is turned away. */
const READERS_MAX = 512;
const TICK_MS = WINDOW_MS_MIN;
/** Telling readers takes at most this part of the loop: where a round of them takes long, windows widen, and narrow slowly. */
const SHARE_MAX = 0.25;
const NARROWING = 0.99;

/** What the beat tells of the house besides the stream itself. */
export interface Pulse {
  readonly businessTime: Instant;
  readonly seq: Readonly<Record<string, number>>;
  readonly approvals: number;
  readonly alerts: number;
}

export interface StreamOptions {
  readonly views: readonly LiveView[];
  /** Who opened the line; asked again as long as it is open. Undefined: nobody who is signed in. */
  readonly principalOf: (request: FastifyRequest) => () => Principal | undefined;
  readonly mayRead: (principal: Principal, action: string) => boolean;
  readonly pulse: () => Pulse;
  /** What waits for one reader, in place of the pulse's own counts. */
  readonly counts?: (principal: Principal) => Pick<Pulse, 'approvals' | 'alerts'>;
  readonly logger: Logger;
}

/** Serves /v1/stream on an application whose hooks have checked host, origin and session already. */
export async function serveStream(app: FastifyInstance, options: StreamOptions): Promise<void> {
  const views = new Map<ViewName, LiveView>(options.views.map((view) => [view.name, view]));
  const readers = new Set<Connection>();
  const clock = () => performance.now();
  let lastBeat = 0;
  let counted = { changes: 0, told: 0 };
  let lateMs = 0;

  await app.register(websocket, { options: { maxPayload: MESSAGE_CHARS_MAX * 4, perMessageDeflate: false } });
  app.get('/v1/stream', { websocket: true }, (socket, request) => {
    if (readers.size >= READERS_MAX) {
      socket.close(1013, 'try again later');
      return;
    }
    const connection = new Connection({
      line: {
        get bufferedAmount() {
          return socket.bufferedAmount;
        },
        send: (text) => socket.send(text),
        close: (code, reason) => socket.close(code, reason),
      },
      views,
      principal: options.principalOf(request),
      mayRead: options.mayRead,
      ...(options.counts === undefined ? {} : { counts: options.counts }),
      language: /^\s*zh/i.test(request.headers['accept-language'] ?? '') ? 'zh' : 'en',
      trace: String(request.id),
      clock,
    });
    readers.add(connection);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) {
        socket.close(1003, 'text only');
        return;
      }
      try {
        connection.receive(data.toString('utf8'));
      } catch (error) {
        options.logger.error('stream message failed', { reason: reasonOf(error) });
        socket.close(1011, 'failed');
      }
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      readers.delete(connection);
      connection.close();
    });
  });

  function beat(now: number): void {
    const total = { changes: 0, told: 0 };
    for (const reader of readers)
      for (const { changes, told } of reader.viewports) {
        total.changes += changes;
        total.told += told;
      }
    const seconds = (now - lastBeat) / 1_000;
    const changes = Math.max(0, total.changes - counted.changes);
    const told = Math.max(0, total.told - counted.told);
    counted = total;
    lastBeat = now;
    const { businessTime, seq, approvals, alerts } = options.pulse();
    const message: ServerMessage = {
      op: 'beat',
      at: formatInstant(wallClock.now()),
      businessTime: formatInstant(businessTime),
      seq: { ...seq },
      lagMs: Math.round(lateMs * 10) / 10,
      ratePerSecond: Math.round(changes / seconds),
      conflation: told === 0 ? 1 : Math.round((changes / told) * 10) / 10,
      approvals,
      alerts,
    };
    lateMs = 0;
    for (const reader of readers) reader.beat(message);
  }

  let due = clock() + TICK_MS;
  let paceMs = WINDOW_MS_MIN;
  const timer = setInterval(() => {
    const now = clock();
    lateMs = Math.max(lateMs, now - due);
    due = now + TICK_MS;
    const at = formatInstant(wallClock.now());
    for (const reader of readers) reader.flush(now, at, paceMs);
    paceMs = Math.min(WINDOW_MS_MAX, Math.max(WINDOW_MS_MIN, (clock() - now) / SHARE_MAX, paceMs * NARROWING));
    if (now - lastBeat >= 1_000) beat(now);
  }, TICK_MS);
  app.addHook('onClose', async () => {
    clearInterval(timer);
    for (const reader of readers) reader.close();
  });
}
