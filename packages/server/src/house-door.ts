import { fileURLToPath } from 'node:url';
import { wallClock } from '@meridian/base';
import { openClearing } from '@meridian/clearing';
import {
  type Action,
  type DecisionContext,
  type OidcOptions,
  openApprovals,
  openAuthorizer,
  openOidc,
  openUserDirectory,
  type Principal,
  type UserDirectory,
} from '@meridian/security';
import type { ApprovalDesk } from './approval/approval-desk.ts';
import { keepApprovals } from './approval/approval-keeper.ts';
import { houseExecutors } from './approval/executors.ts';
import { handOverIn } from './approval/first-password.ts';
import { openDeskBoard } from './board/desk-board.ts';
import { riskViews } from './board/risk-views.ts';
import { houseClearingRules } from './clearing-rules.ts';
import { GEARED, OVERSEAS, PARENT, SUBSIDIARY } from './demo/cast.ts';
import { ensureDemoUsers } from './demo/users.ts';
import { openModelDesk } from './early-warning.ts';
import type { House, HouseOptions } from './house.ts';
import { openCursors } from './http/cursor.ts';
import { type DoorLimits, type HttpDoor, openHttpDoor } from './http/door.ts';
import type { Endpoints } from './http/endpoint.ts';
import { openOperations } from './http/operations.ts';
import { approvalEndpoints } from './http/routes/approval.ts';
import { auditEndpoints } from './http/routes/audit.ts';
import { modelEndpoints } from './http/routes/model.ts';
import { operationEndpoints } from './http/routes/operation.ts';
import { orderEndpoints } from './http/routes/order.ts';
import { readingEndpoints } from './http/routes/reading.ts';
import { requestEndpoints } from './http/routes/request.ts';
import { type SessionHouse, sessionEndpoints } from './http/routes/session.ts';
import { transferEndpoints } from './http/routes/transfer.ts';
import { userEndpoints } from './http/routes/user.ts';
import { siteRules } from './http/site.ts';
import { openKillSwitch } from './kill-switch.ts';
import { readClosingHistory } from './mark-history.ts';
import { eventsAt } from './market-events.ts';
import { openOrderDesk } from './order-desk.ts';
import { waitingFor } from './pulse.ts';
import { type ReadingHouse, snapshotReader } from './reading/house.ts';
import { type Federation, readSite } from './site-file.ts';

/** What the house was opened with, and the house. */
export interface HouseDoorOptions extends Omit<HouseOptions, 'story'> {
  readonly house: Pick<House, 'risk' | 'now' | 'booksChanged' | 'status' | 'ready'>;
  /** How often somebody may ask; without it as often as the door lets anybody. */
  readonly limits?: DoorLimits;
  /** Where the console was built to; null: no pages are served. */
  readonly consoleDir?: string | null;
}

export interface HouseDoor {
  readonly http: Pick<HttpDoor, 'app' | 'port'>;
  readonly directory: UserDirectory;
  close(): Promise<void>;
}

/** Where the console is built to. */
const CONSOLE = fileURLToPath(new URL('../../console/dist', import.meta.url));

/** Opens the house to people: who they are, what they may, what they see and what they can set going. */
export async function openHouseDoor(options: HouseDoorOptions): Promise<HouseDoor> {
  const { settings, folder, database, facts, accounts, audit, nodes, house, logger, consoleDir = CONSOLE } = options;
  const { site, trustedProxies, federation } = readSite(folder);
  const secondFactor: DecisionContext['secondFactor'] = settings.mode === 'demo' ? 'optional' : 'required';
  const directory = await openDirectory(options, secondFactor);
  const authorizer = openAuthorizer();
  const allowed = (principal: Principal): readonly Action[] => authorizer.allowedActions(principal, { secondFactor });

  const desk: ApprovalDesk = {
    ...{ database, accounts, audit, facts, users: directory, nodes, handOver: handOverIn(folder), logger },
    ...{ businessNow: house.now, booksChanged: house.booksChanged },
  };
  const { executors, title } = houseExecutors(desk);
  const onFault = (_id: string, error: unknown) => logger.warn('request not carried out yet', { reason: String(error) });
  const approvals = openApprovals({ database, audit, clock: wallClock, executors, onFault });
  const keeper = keepApprovals(approvals, logger);

  const clearing = openClearing({
    ...{ pool: database, accountCentre: accounts, dropDir: folder.drop, outDir: folder.reports, logger },
    facts: { market: facts, rules: houseClearingRules(folder, settings.markets) },
  });
  const [cursors, operations, board] = [
    openCursors(),
    await openOperations(database, logger),
    await openDeskBoard(nodes, database, logger),
  ];
  const waits = waitingFor({ database, approvals });
  const reading: ReadingHouse = {
    ...{ mode: settings.mode, database, facts, risk: house.risk, cursors, operations, clearing, logger },
    ...{ read: snapshotReader(database), businessNow: house.now, approvals: waits.approvals },
    orders: board.source,
    nodes: async () => (await house.status()).nodes,
    eventsAt: (market, seq) => eventsAt(nodes, market, seq),
    allowed: (principal) => new Set(allowed(principal)),
  };
  const models = openModelDesk({
    ...{ database, audit, facts, risk: house.risk, businessNow: house.now, logger },
    history: readClosingHistory(folder, logger),
  });
  const newest = () => Math.max(0, ...Object.values(board.seq()));
  const views = riskViews(reading, newest);

  const kill = openKillSwitch({ database, nodes, audit, orders: board.source, now: () => wallClock.now() });
  // What a dead server threw and could not note is noted; markets that are away are asked when the switches are next looked at.
  void kill.engaged().catch((error: unknown) => logger.warn('switches not looked at', { reason: String(error) }));
  const seesAll = ({ duties }: Principal) => duties.includes('clearing') || duties.includes('auditor');
  const endpoints: Endpoints = {
    ...sessionEndpoints({
      ...{ database, directory, environment: settings.mode, businessNow: house.now, allowed },
      ...(federation === undefined ? {} : { federation: federationOf(federation, { database, audit, directory }) }),
    }),
    ...readingEndpoints(reading),
    ...orderEndpoints({ orders: board.source, desk: openOrderDesk(database, nodes, house.risk), kill, cursors }),
    ...approvalEndpoints({ approvals, authorizer, context: { secondFactor }, cursors, title }),
    ...requestEndpoints({ database, approvals, issuer: federation?.issuer }),
    ...transferEndpoints({ desk, approvals }),
    ...auditEndpoints({ database, audit, cursors }),
    ...userEndpoints({ database, directory, authorizer, cursors }),
    ...operationEndpoints(operations, seesAll),
    ...modelEndpoints({ ai: models.ai, replayed: models.replayed, reading, businessNow: house.now }),
  };
  const door = await openHttpDoor({
    ...{ port: settings.ports.http, endpoints, directory, authorizer, secondFactor, audit, database, logger },
    ...{ site, trustedProxies, status: house, businessNow: house.now },
    ...(consoleDir === null ? {} : { staticDir: consoleDir }),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    stream: {
      views: [board.view, ...views.views],
      pulse: () => ({ businessTime: house.now(), seq: board.seq(), approvals: 0, alerts: 0 }),
      counts: waits.counts,
    },
  });
  return {
    http: door,
    directory,
    async close() {
      await door.close();
      views.close();
      await models.close();
      await board.close();
      await operations.idle();
      await keeper.close();
      await clearing.close();
    },
  };
}

/** The firm's provider, asked for the first time when somebody signs in by it: the house stands without it. */
function federationOf(
  { issuer, clientId, clientSecret, redirectUri, name, origins }: Federation,
  house: Pick<OidcOptions, 'database' | 'audit' | 'directory'>,
): NonNullable<SessionHouse['federation']> {
  const secret = clientSecret === undefined ? {} : { clientSecret };
  return { name, oidc: openOidc({ ...house, issuer, clientId, redirectUri, allow: { origins }, ...secret }) };
}

/** The users; of the demo's, one for each duty, whose passwords stand in its folder. */
async function openDirectory(
  { settings, folder, database, audit }: HouseDoorOptions,
  secondFactor: DecisionContext['secondFactor'],
): Promise<UserDirectory> {
  const { site } = readSite(folder);
  const origin = site.origin ?? `http://localhost:${settings.ports.http}`;
  const directory = openUserDirectory({
    ...{ database, audit, keys: folder.keys, policy: { secondFactor: secondFactor === 'optional' ? 'optional' : 'required' } },
    site: { id: new URL(origin).hostname, name: 'Meridian', origins: [...siteRules(site).origins(new URL(origin).host)] },
  });
  if (settings.mode === 'demo') {
    const entities = [BigInt(PARENT), BigInt(SUBSIDIARY)];
    await ensureDemoUsers(directory, folder, { entities, clients: [BigInt(GEARED.client), BigInt(OVERSEAS.client)] });
  }
  return directory;
}
