import rateLimit from '@fastify/rate-limit';
import { asyncapi, openapi, ROUTES } from '@meridian/api';
import { type Instant, wallClock } from '@meridian/base';
import type { AuditLog, Authorizer, DecisionContext, Principal } from '@meridian/security';
import type { Database } from '@meridian/store';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import './declarations.ts';
import { reasonOf } from '../process/child.ts';
import { answering } from './answering.ts';
import { type Asker, isEntry, NOBODY, requireAsker, requireOrigin, requireOwnPage, type Sessions, whoAsks } from './asker.ts';
import { isCleared } from './clearance.ts';
import { consoleFiles } from './console-files.ts';
import { type BoundRoute, bindRoutes } from './contract.ts';
import { type Decisions, openDecisions } from './decision.ts';
import type { Endpoints } from './endpoint.ts';
import { openFirstAnswers } from './idempotency.ts';
import { problem } from './problems.ts';
import { openShell, type Shell, type ShellOptions } from './shell.ts';
import { type StreamOptions, serveStream } from './stream/stream.ts';

/** How often somebody may ask, per minute. */
export interface DoorLimits {
  readonly perAddress: number;
  readonly perUser: number;
  /** Signing in and its second step, by address; the user directory counts failures besides. */
  readonly signIns: number;
}

export const DOOR_LIMITS: DoorLimits = { perAddress: 6_000, perUser: 3_000, signIns: 60 };

export interface HttpDoorOptions extends ShellOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly endpoints: Endpoints;
  readonly directory: Sessions;
  readonly authorizer: Authorizer;
  readonly secondFactor: DecisionContext['secondFactor'];
  readonly audit: AuditLog;
  readonly database: Database;
  readonly limits?: DoorLimits;
  /** Every answer says when it was read by the clock of the business, beside the wall clock's; without it the two are one. */
  readonly businessNow?: () => Instant;
  /** Where the console was built to; without it the door serves no pages. */
  readonly staticDir?: string;
  /** What /v1/stream shows; without it there is no stream. */
  readonly stream?: Pick<StreamOptions, 'views' | 'pulse' | 'counts'>;
}

export interface HttpDoor {
  readonly app: FastifyInstance;
  readonly port: number;
  close(): Promise<void>;
}

/** Who asks is known from here on; see {@link Asker}. */
const askers = new WeakMap<FastifyRequest, Asker>();

/**
 * The house's door for people and their programs: every route of the public interface, the stream, the console's files and
 * the status of the machine, on loopback. DS-3, DS-7.
 * @throws InvariantError when a route cannot be served as declared @throws Problem PORT_IN_USE
 */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const bound = bindRoutes(options.endpoints);
  const shell = await openShell(options);
  const { app } = shell;
  const decisions = openDecisions(options.authorizer, { secondFactor: options.secondFactor });
  await limitRates(app, options.limits ?? DOOR_LIMITS);
  await tableRoutes(shell, bound, decisions, options);
  documents(shell);
  if (options.stream !== undefined) await streamRoute(shell, decisions, options, options.stream);
  if (options.staticDir !== undefined) consoleFiles(shell, options.staticDir);
  return { app, port: await shell.listen(options.port), close: () => app.close() };
}

async function limitRates(app: FastifyInstance, limits: DoorLimits): Promise<void> {
  await app.register(rateLimit, { global: false });
  const window = { timeWindow: 60_000, cache: 20_000 };
  const byAddress = app.createRateLimit({ ...window, max: limits.perAddress, keyGenerator: (request) => `ip ${request.ip}` });
  const bySignIn = app.createRateLimit({ ...window, max: limits.signIns, keyGenerator: (request) => `sign-in ${request.ip}` });
  const refuseBeyond = async (check: typeof byAddress, request: FastifyRequest) => {
    const counted = await check(request);
    if (!counted.isAllowed && counted.isExceeded) throw problem('TOO_MANY_REQUESTS', { retry_after: counted.ttlInSeconds });
  };
  app.addHook('onRequest', async (request) => {
    await refuseBeyond(byAddress, request);
    const isSignIn = /^\/v1\/session(\/second-factor|\/federation)?$/.test(request.routeOptions.url ?? '');
    if (isSignIn && ['POST', 'PUT'].includes(request.method)) await refuseBeyond(bySignIn, request);
  });
}

async function tableRoutes(
  { app, rules, allow }: Shell,
  routes: readonly BoundRoute[],
  decisions: Decisions,
  options: HttpDoorOptions,
): Promise<void> {
  const { database, audit, logger, directory } = options;
  const firstAnswers = openFirstAnswers({ database, audit, logger });
  // A chain that cannot be written keeps every change out; who reads it must get in to see so.
  await firstAnswers
    .noteInterrupted()
    .catch((error: unknown) => logger.error('interrupted changes not audited', { reason: reasonOf(error) }));
  const perUser = app.createRateLimit({
    ...{ timeWindow: 60_000, cache: 20_000, max: (options.limits ?? DOOR_LIMITS).perUser },
    keyGenerator: (request) => `user ${askers.get(request)?.principal?.user ?? request.ip}`,
  });
  for (const bound of routes) {
    const { route, name } = bound;
    const answer = answering(bound, {
      decisions,
      firstAnswers,
      audit,
      logger,
      secure: rules.secure,
      now: () => wallClock.now(),
      businessNow: options.businessNow ?? (() => wallClock.now()),
    });
    allow(route.path, route.method);
    app.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      // Who asks, and from which page, is settled before a body is read.
      onRequest: async (request) => {
        const asker = await whoAsks(directory, request.headers.cookie, rules.secure);
        askers.set(request, asker);
        requireAsker(asker, bound);
        const counted = await perUser(request);
        if (!counted.isAllowed && counted.isExceeded) throw problem('TOO_MANY_REQUESTS', { retry_after: counted.ttlInSeconds });
        if (route.method === 'GET') return;
        requireOwnPage(request, rules.origins(request.headers.host ?? ''), directory, asker, isEntry(name));
      },
      handler: (request, reply) => {
        const asker = askers.get(request) as Asker;
        return answer(request, reply, requireAsker(asker, bound), asker);
      },
    });
  }
}

/** What the interface is, for programs: the same for everybody, so nobody need have signed in. */
function documents({ app, allow }: Shell): void {
  for (const [path, document] of [
    ['/v1/openapi.json', openapi(ROUTES)],
    ['/v1/asyncapi.json', asyncapi()],
  ] as const) {
    const text = JSON.stringify(document);
    allow(path, 'GET');
    app.get(path, async (_, reply) => reply.type('application/json; charset=utf-8').send(text));
  }
}

/** How long somebody who was signed out may go on reading the stream. */
const AGAIN_MS = 500;

async function streamRoute(
  { app, rules, allow }: Shell,
  decisions: Decisions,
  { directory, logger }: HttpDoorOptions,
  stream: Pick<StreamOptions, 'views' | 'pulse' | 'counts'>,
): Promise<void> {
  allow('/v1/stream', 'GET');
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.url !== '/v1/stream') return;
    if (!/^websocket$/i.test(request.headers.upgrade ?? ''))
      throw problem('HEADER_REFUSED', { header: 'upgrade', reason: 'websocket, and nothing else' });
    const asker = await whoAsks(directory, request.headers.cookie, rules.secure);
    if (asker.principal === undefined) throw problem('NOT_SIGNED_IN');
    // A page elsewhere may open sockets to us with the browser's cookies: its origin gives it away.
    requireOrigin(request, rules.origins(request.headers.host ?? ''));
    if (request.url.includes('?')) throw problem('QUERY_REFUSED', { field: '*', reason: 'none is taken here' });
    askers.set(request, asker);
  });
  // Whatever was answered to an upgrade, no HTTP is read from that line any more: unless it is cut, it stays open for ever.
  app.addHook('onResponse', async (request) => {
    if (request.headers.upgrade !== undefined) request.raw.socket.destroySoon();
  });
  await serveStream(app, {
    ...stream,
    logger,
    // Nothing of a stream is masked: whoever would be shown masks is not let in.
    mayRead: (principal, action) => isCleared(principal, 'stream') && decisions.mayRead(principal, action),
    principalOf(request) {
      const { token, principal } = askers.get(request) ?? { token: undefined, principal: NOBODY };
      let latest: Principal | undefined = principal;
      let askedAt = performance.now();
      return () => {
        if (performance.now() - askedAt >= AGAIN_MS && token !== undefined) {
          askedAt = performance.now();
          directory.authenticate(token).then(
            (now) => {
              latest = now;
            },
            () => {
              latest = undefined;
            },
          );
        }
        return latest;
      };
    },
  });
}
