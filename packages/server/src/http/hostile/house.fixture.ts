import '../../rooms.ts';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openAccountCentre } from '@meridian/accounts';
import { dateText, silentLogger } from '@meridian/base';
import { loadMarketFacts, type MarketFacts } from '@meridian/market';
import { decodeCommand, type NumberedEvent, writeEvent } from '@meridian/messages';
import { recordReference } from '@meridian/reference';
import {
  type AuditLog,
  DUTIES,
  openAuditLog,
  openAuthority,
  type Principal,
  type UserDirectory,
  type UserDuty,
} from '@meridian/security';
import type { Database } from '@meridian/store';
import { type MarketService, openMarketNode } from '@meridian/trading';
import { createFolders, dataFolder, writeWhole } from '../../data-folder.ts';
import { demoReference, GEARED } from '../../demo/cast.ts';
import { demoUsersFile } from '../../demo/users.ts';
import { doorTables } from '../../door-tables.ts';
import { openHouse } from '../../house.ts';
import { openHouseDoor } from '../../house-door.ts';
import { connectProcess, type Position, type ProcessClient, type ProcessService, serve } from '../../link/rpc.ts';
import { marketDoor } from '../../market-door.ts';
import { MIGRATIONS } from '../../migrations.ts';
import { nodeDoor } from '../../node-door.ts';
import { askDesk } from '../../node-request.ts';
import { type ProcessSettings, portsFrom } from '../../process/settings.ts';
import { MARKETS, NOW, type ScratchReading, scratchReading } from '../../reading/scratch-reading.ts';

/**
 * A house to be attacked: house and door as the server process composes them, over a real database with the books of three
 * clients and two entities after two sessions of ARCX and XNYS, and a real market node for XNAS, whose log has just begun. One
 * thing stands in, at the edge: the nodes that traded those sessions are away. Nobody listens where XNYS's was, and what answers
 * for ARCX is a recording that tells its events and does nothing else. All are reached over the house's own links. What needs
 * a node that is away is answered by the documented 503.
 */
export interface HostileHouse {
  readonly port: number;
  readonly origin: string;
  readonly database: Database;
  readonly audit: AuditLog;
  readonly directory: UserDirectory;
  readonly sessions: Readonly<Record<UserName, OpenSession>>;
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

/** The house's last session. */
const DATE = dateText('2013-10-08');

/** Besides the demo's users, one for each duty: somebody of entity 2 only, and somebody whose session may be spoilt. */
const MORE_USERS = {
  'trader-two': { duties: ['trader'], entities: [2n] },
  spare: { duties: ['risk'], entities: [1n, 2n] },
} as const satisfies Readonly<Record<string, { duties: readonly UserDuty[]; entities: readonly bigint[] }>>;
export type UserName = UserDuty | 'client-2' | 'risk-2' | 'clearing-2' | keyof typeof MORE_USERS;
const DEMO_USERS: readonly UserName[] = [...DUTIES, 'client-2', 'risk-2', 'clearing-2'];
export const PASSWORD = 'granite lantern 42 orchard';
/** The client of 'client', of entity 1. That of 'client-2' is of entity 2. */
export const OWN_CLIENT = BigInt(GEARED.client);

/** What a node's events are on the wire, one batch. */
function recorded(events: readonly NumberedEvent[], { seq, k }: Position): Uint8Array {
  const view = new DataView(new ArrayBuffer(1 << 16));
  let end = 0;
  for (const event of events) {
    const { header } = event;
    const isNew = header.seq > seq || (header.seq === seq && header.k > k);
    if (isNew) end = writeEvent(view, end, event, header.seq, header.k, header.time);
  }
  return new Uint8Array(view.buffer, 0, end);
}

/** A node that tells what was and takes nothing: every other request is answered by "unimplemented". */
const recording = (events: readonly NumberedEvent[]): ProcessService => ({
  async *tail({ from }, signal) {
    yield recorded(events, from);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  },
});

/** One more market, with IBM on it. */
async function listOnXnas(database: Database): Promise<void> {
  const reference = demoReference([...MARKETS, 'XNAS']);
  const listings = reference.listings.flatMap((row) =>
    row.mic === 'XNYS' ? [row, { ...row, listing: 3n, mic: 'XNAS' }] : [row],
  );
  const listEntries = reference.listEntries.flatMap((row) =>
    row.listing === 2n ? [row, { ...row, entry: 3n, listing: 3n }] : [row],
  );
  await recordReference(database, { ...reference, listings, listEntries }, { maker: 'maker', checker: 'checker' });
}

/** A market node as its own process runs it, but for the clock and the lines to clients and venue: no session has begun. */
async function openXnas({ database, facts, dir }: { database: Database; facts: MarketFacts; dir: string }) {
  const tables = await doorTables(database, 'XNAS', DATE);
  const nowhere = { host: '127.0.0.1', orderPort: 1, marketDataPort: 1 };
  const node = await openMarketNode({
    ...{ dir, market: 'XNAS', clock: { now: () => 0 }, logger: silentLogger, log: { consumers: [], segmentBytes: 1 << 20 } },
    ...marketDoor('XNAS', tables, nowhere, 0, facts, () => node.log.time),
  });
  const service: ProcessService = {
    async submit(frame) {
      const { name, body } = decodeCommand(new DataView(frame.buffer, frame.byteOffset, frame.byteLength), 0);
      return node.submit({ name, body } as Parameters<MarketService['submit']>[0]);
    },
    async *tail({ from }) {
      for await (const batch of node.events(from)) yield batch.bytes;
    },
    acknowledge: async () => null,
    ask: ({ what, body }) => askDesk(node, what, body),
  };
  return { node, service };
}

async function openNodes(keys: string, dir: string, { database, events }: ScratchReading, facts: MarketFacts) {
  const authority = await openAuthority(keys);
  const server = await authority.issue('server', 'main');
  const serveAs = async (market: string, service: ProcessService) =>
    serve(service, await authority.issue('node', market), ['server'], 0, silentLogger);
  await listOnXnas(database);
  const { node, service } = await openXnas({ database, facts, dir });
  const told = await serveAs('ARCX', recording(events.get('ARCX') as readonly NumberedEvent[]));
  const gone = await serveAs('XNYS', {});
  await gone.close();
  const real = await serveAs('XNAS', service);
  const link = ({ port }: { readonly port: number }) => connectProcess(port, server, ['node']);
  const nodes = new Map([
    ['ARCX', link(told)],
    ['XNYS', link(gone)],
    ['XNAS', link(real)],
  ]);
  await nodeDoor('XNAS', database, nodes.get('XNAS') as ProcessClient, facts, () => NOW).introduce(DATE);
  return {
    nodes,
    async close() {
      for (const each of nodes.values()) each.close();
      await told.close();
      await real.close();
      await node.close();
    },
  };
}

export async function hostileHouse(): Promise<HostileHouse> {
  const reading = await scratchReading(MIGRATIONS);
  const { database } = reading;
  const folder = dataFolder(fs.mkdtempSync(path.join(os.tmpdir(), 'meridian-hostile-')));
  createFolders(folder);
  writeWhole(
    demoUsersFile(folder),
    DEMO_USERS.map((name) => ({ name, duties: [], password: PASSWORD })),
  );
  const audit = openAuditLog(database, folder.keys);
  const facts = loadMarketFacts();
  const accounts = openAccountCentre({ pool: database });
  const { nodes, ...links } = await openNodes(folder.keys, folder.node('XNAS'), reading, facts);
  const settings: ProcessSettings = {
    ...{
      data: folder.root,
      mode: 'demo' as const,
      markets: [...MARKETS, 'XNAS'],
      speed: 1,
      role: 'server' as const,
      databaseUrl: '',
    },
    ports: { ...portsFrom(1, [...MARKETS, 'XNAS']), http: 0 },
  };
  const parts = { settings, folder, database, facts, accounts, audit, nodes, logger: silentLogger };
  const house = await openHouse({ ...parts, story: () => {} });
  const limits = { perAddress: 1_000_000, perUser: 1_000_000, signIns: 1_000_000 };
  const door = await openHouseDoor({ ...parts, house, limits, consoleDir: null });
  const { directory } = door;
  const { app, port } = door.http;

  async function signIn(user: UserName): Promise<OpenSession> {
    const { token, session } = await directory.signIn({ user, password: PASSWORD, address: '127.0.0.1' });
    const principal = await directory.authenticate(token);
    if (principal === undefined) throw new Error(`${user} is not signed in`);
    return { cookie: `meridian=${token}`, token, csrf: directory.csrfToken(session.id), principal };
  }
  const by = { maker: 'administrator', checker: 'administrator-2' };
  for (const [name, { duties, entities }] of Object.entries(MORE_USERS)) {
    const title = { zh: '用户', en: 'User' };
    await directory.create({ name, title, duties, clients: [], entities, jurisdictions: ['CN'] }, by, { password: PASSWORD });
  }
  const sessions: Partial<Record<UserName, OpenSession>> = {};
  for (const name of [...DEMO_USERS, ...Object.keys(MORE_USERS)] as UserName[]) sessions[name] = await signIn(name);
  let no = 0;
  return {
    ...{ port, origin: `http://127.0.0.1:${port}`, database, audit, directory, signIn },
    sessions: sessions as Record<UserName, OpenSession>,
    newKey: () => `hostile-${++no}-key`,
    lines: () =>
      new Promise((resolve, reject) =>
        app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
    async close() {
      await door.close();
      await house.close();
      await links.close();
      await reading.remove();
      fs.rmSync(folder.root, { recursive: true, force: true });
    },
  };
}
