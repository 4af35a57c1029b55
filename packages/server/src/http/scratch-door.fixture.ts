import '../rooms.ts';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { ROUTES, type RouteName } from '@meridian/api';
import { silentLogger } from '@meridian/base';
import {
  type AuditLog,
  openAuditLog,
  openAuthorizer,
  type Principal,
  type SessionView,
  type UserDuty,
} from '@meridian/security';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from '../migrations.ts';
import type { HouseStatus } from '../status.ts';
import type { Sessions } from './asker.ts';
import type { Shape } from './contract.ts';
import { houseOrOwn } from './decision.ts';
import { type HttpDoor, type HttpDoorOptions, openHttpDoor } from './door.ts';
import type { Asking, Endpoint, Endpoints } from './endpoint.ts';
import { sampleOf } from './sample.fixture.ts';

/** A whole door over a real database and real policies; who signs in, and what is behind the routes, is the test's. */

export const STATUS: HouseStatus = {
  mode: 'demo',
  businessTime: '2013-10-07T14:00:00.000Z',
  processes: [],
  nodes: [{ market: 'ARCX', seq: 7, stateHash: 'ab', leader: 'ARCX/1', lag: 2, orders: 3 }],
  orders: 3,
  fills: 2,
  contracts: { open: 1, closed: 0, backToBack: 1 },
  exceptions: 0,
  marginCalls: { raised: 0, met: 0, breached: 0 },
  batches: [],
  clientDays: 0,
  mails: { queued: 0, sent: 0 },
};

export const person = (user: string, duties: readonly UserDuty[], more: Partial<Principal> = {}): Principal => ({
  ...{ user, duties, jurisdiction: 'CN', clients: [], entities: [1n], session: `session-${user}`, since: 0, strong: true },
  ...more,
});

export interface ScratchSessions extends Sessions {
  /** Lets somebody in; the token. */
  admit(principal: Principal): string;
  /** Somebody whose next step is `stage`. */
  begin(user: string, stage: SessionView['stage']): string;
  end(token: string): void;
}

export const csrfOf = (session: string): string => `token-of-${session}`;

export function scratchSessions(): ScratchSessions {
  const principals = new Map<string, Principal>();
  const pending = new Map<string, SessionView>();
  let no = 0;
  const token = (user: string) =>
    `${user}-${++no}`
      .replace(/[^A-Za-z0-9_-]/g, '_')
      .padEnd(43, '0')
      .slice(0, 43);
  return {
    admit(principal) {
      const fresh = token(principal.user);
      principals.set(fresh, Object.freeze(principal));
      return fresh;
    },
    begin(user, stage) {
      const fresh = token(user);
      pending.set(fresh, {
        ...{ id: `session-${user}`, user, stage, jurisdiction: 'CN', address: '127.0.0.1', strong: false },
        ...{ since: 0, seenAt: 0, expiresAt: 1 },
      });
      return fresh;
    },
    end(gone) {
      principals.delete(gone);
      pending.delete(gone);
    },
    authenticate: async (known) => principals.get(known),
    session: async (known) => pending.get(known),
    isCsrf: (session, given) => given === csrfOf(session),
  };
}

/** Endpoints that answer a sample of their schema; `over` replaces some. */
export function sampleEndpoints(
  over: { readonly [N in RouteName]?: Endpoint<N> } = {},
  onCall: (name: RouteName, asking: Asking<RouteName>) => void = () => {},
): Endpoints {
  const all: Record<string, Endpoint<RouteName>> = {};
  for (const route of ROUTES) {
    const name = `${route.method} ${route.path}` as RouteName;
    const body = sampleOf(route.answer as Shape);
    const file = { media: 'text/plain', name: 'report.txt', bytes: Buffer.from('report') };
    all[name] = {
      ...('params' in route ? { resource: async ({ principal }) => houseOrOwn(route.tag, principal, undefined) } : {}),
      async handle(asking) {
        onCall(name, asking);
        return { body, ...('versioned' in route ? { version: 7 } : {}), ...('media' in route ? { file } : {}) } as never;
      },
    };
  }
  return { ...all, ...over } as unknown as Endpoints;
}

export interface ScratchDoor extends HttpDoor {
  readonly sessions: ScratchSessions;
  readonly audit: AuditLog;
  readonly scratch: ScratchDatabase;
  readonly origin: string;
  /** Headers of a change by whoever holds the token. */
  change(token: string, user: string, key?: string): Record<string, string>;
  cookie(token: string): Record<string, string>;
}

export async function scratchDoor(options: Partial<HttpDoorOptions> = {}): Promise<ScratchDoor> {
  const scratch = await scratchDatabase(MIGRATIONS);
  const keys = fs.mkdtempSync(path.join(scratch.dataDir, 'keys-'));
  const audit = openAuditLog(scratch.database, keys);
  const sessions = scratchSessions();
  const door = await openHttpDoor({
    port: 0,
    endpoints: sampleEndpoints(),
    directory: sessions,
    authorizer: openAuthorizer(),
    secondFactor: 'optional',
    audit,
    database: scratch.database,
    logger: silentLogger,
    status: { status: async () => STATUS, ready: async () => true },
    limits: { perAddress: 1_000_000, perUser: 1_000_000, signIns: 1_000_000 },
    ...options,
  });
  const origin = `http://127.0.0.1:${door.port}`;
  let key = 0;
  return {
    ...{ ...door, sessions, audit, scratch, origin },
    async close() {
      await door.close();
      await scratch.remove();
    },
    cookie: (token) => ({ cookie: `meridian=${token}` }),
    change: (token, user, own = `key-${++key}-${process.pid}`) => ({
      ...{ cookie: `meridian=${token}`, origin, 'x-csrf-token': csrfOf(`session-${user}`), 'idempotency-key': own },
    }),
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Asks over a real socket; JSON where `body` is no text. */
export function ask(
  port: number,
  method: string,
  target: string,
  headers: http.OutgoingHttpHeaders = {},
  body?: unknown,
): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const type = text === undefined || 'content-type' in headers ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, method, path: target, agent: false, headers: { ...type, ...headers } },
      (response) => {
        let said = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          said += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: said }));
      },
    );
    request.on('error', reject);
    request.end(text);
  });
}

/** Bytes as they are; what comes back until the line ends. */
export function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.setTimeout(15_000, () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}
