import '../../rooms.ts';
import fs from 'node:fs';
import path from 'node:path';
import { ROUTES, type Route, type RouteName, VIEWS, type ViewName } from '@meridian/api';
import { silentLogger } from '@meridian/base';
import {
  openAuditLog,
  openAuthorizer,
  openUserDirectory,
  type Principal,
  type UserDirectory,
  type UserDuty,
} from '@meridian/security';
import { scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from '../../migrations.ts';
import { type ScratchReading, scratchReading } from '../../reading/scratch-reading.ts';
import type { Shape } from '../contract.ts';
import { openCursors } from '../cursor.ts';
import { openHttpDoor } from '../door.ts';
import type { Endpoint, Endpoints } from '../endpoint.ts';
import { auditEndpoints } from '../routes/audit.ts';
import { readingEndpoints } from '../routes/reading.ts';
import { sessionEndpoints } from '../routes/session.ts';
import { sampleOf } from '../sample.fixture.ts';
import { STATUS } from '../scratch-door.fixture.ts';
import type { LiveView } from '../stream/live-view.ts';

/**
 * A house to be attacked: the real user directory with real cookies and tokens, the real read side over books of three
 * clients and two entities, and behind every other route a thing that belongs to another client and another entity.
 */
export interface HostileHouse {
  readonly port: number;
  readonly origin: string;
  readonly reading: ScratchReading;
  readonly directory: UserDirectory;
  readonly sessions: Readonly<Record<UserName, OpenSession>>;
  /** Routes whose work was reached since it was last looked at; only those without a real endpoint here. */
  readonly reached: RouteName[];
  /** Lines that are open at the door. */
  lines(): Promise<number>;
  newKey(): string;
  signIn(user: UserName): Promise<OpenSession>;
  close(): Promise<void>;
}

export interface OpenSession {
  readonly cookie: string;
  readonly csrf: string;
  readonly token: string;
  readonly principal: Principal;
}

/** Client 1 belongs to entity 1, client 2 to entity 2. */
const USERS = {
  client: { duties: ['client'], clients: [1n], entities: [1n] },
  trader: { duties: ['trader'], clients: [], entities: [1n, 2n] },
  'trader-two': { duties: ['trader'], clients: [], entities: [2n] },
  risk: { duties: ['risk'], clients: [], entities: [1n, 2n] },
  clearing: { duties: ['clearing'], clients: [], entities: [1n, 2n] },
  auditor: { duties: ['auditor'], clients: [], entities: [1n, 2n] },
  administrator: { duties: ['administrator'], clients: [], entities: [1n] },
} as const satisfies Readonly<
  Record<string, { duties: readonly UserDuty[]; clients: readonly bigint[]; entities: readonly bigint[] }>
>;
export type UserName = keyof typeof USERS;
export const PASSWORD = 'granite lantern 42 orchard';
/** What stands behind routes that are not really there: of a client and an entity that nobody above sees. */
export const FOREIGN = { kind: 'thing', id: 'foreign', client: 3n, entity: 3n, maker: 'another', user: 'another' } as const;
export const VIEW_ROW = 'CANARY-ROW';

/** Behind a route that is not really there: what is named is a stranger's; what is not named is answered by a sample. */
function strangers(reached: RouteName[]): Record<string, Endpoint<RouteName>> {
  const all: Record<string, Endpoint<RouteName>> = {};
  for (const route of ROUTES as readonly Route[]) {
    const name = `${route.method} ${route.path}` as RouteName;
    const isNamed = route.params !== undefined || /^POST \/v1\/(orders(\/check)?|transfers)$/.test(name);
    all[name] = {
      ...(isNamed ? { resource: async () => ({ ...FOREIGN, kind: route.tag }) } : {}),
      handle: async () => {
        reached.push(name);
        return { body: sampleOf(route.answer as Shape) } as never;
      },
    };
  }
  return all;
}

const views: readonly LiveView[] = (Object.keys(VIEWS) as ViewName[]).map((name) => ({
  ...{ name, seq: 1, keys: () => [VIEW_ROW], has: () => true, value: (_: string, column: string) => column },
  // Of another client than any user here.
  isVisible: (_: string, { duties }: Principal) => !duties.includes('client'),
  onChange: () => () => {},
}));

export async function hostileHouse(): Promise<HostileHouse> {
  const [reading, scratch] = await Promise.all([scratchReading(), scratchDatabase(MIGRATIONS)]);
  const { database } = scratch;
  const keys = fs.mkdtempSync(path.join(scratch.dataDir, 'keys-'));
  const audit = openAuditLog(database, keys);
  const directory = openUserDirectory({ database, audit, keys, policy: { secondFactor: 'optional' } });
  const authorizer = openAuthorizer();
  const allowed = (principal: Principal) => authorizer.allowedActions(principal, { secondFactor: 'optional' });
  const reached: RouteName[] = [];
  const door = await openHttpDoor({
    ...{ port: 0, directory, authorizer, secondFactor: 'optional', audit, database, logger: silentLogger },
    endpoints: {
      ...strangers(reached),
      ...readingEndpoints(reading.house),
      ...auditEndpoints({ database, audit, cursors: openCursors() }),
      ...sessionEndpoints({
        database,
        directory,
        environment: 'demo',
        businessNow: () => reading.house.businessNow(),
        allowed,
      }),
    } as unknown as Endpoints,
    status: { status: async () => STATUS, ready: async () => true },
    limits: { perAddress: 1_000_000, perUser: 1_000_000, signIns: 1_000_000 },
    stream: { views, pulse: () => ({ businessTime: 0, seq: {}, approvals: 0, alerts: 0 }) },
  });
  const origin = `http://127.0.0.1:${door.port}`;

  async function signIn(user: UserName): Promise<OpenSession> {
    const { token, session } = await directory.signIn({ user, password: PASSWORD, address: '127.0.0.1' });
    const principal = await directory.authenticate(token);
    if (principal === undefined) throw new Error(`${user} is not signed in`);
    return { cookie: `meridian=${token}`, token, csrf: directory.csrfToken(session.id), principal };
  }
  const sessions: Partial<Record<UserName, OpenSession>> = {};
  for (const [name, { duties, clients, entities }] of Object.entries(USERS)) {
    const title = { zh: '用户', en: 'User' };
    const by = { maker: 'administrator-1', checker: 'administrator-2' };
    await directory.create({ name, title, duties, clients, entities, jurisdictions: ['CN'] }, by, { password: PASSWORD });
    sessions[name as UserName] = await signIn(name as UserName);
  }
  let no = 0;
  return {
    ...{ port: door.port, origin, reading, directory, reached, signIn },
    sessions: sessions as Record<UserName, OpenSession>,
    newKey: () => `hostile-${++no}-key`,
    lines: () =>
      new Promise((resolve, reject) =>
        door.app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    async close() {
      await door.close();
      await reading.remove();
      await scratch.remove();
    },
  };
}
