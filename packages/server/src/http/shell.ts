import { randomBytes } from 'node:crypto';
import type net from 'node:net';
import helmet from '@fastify/helmet';
import { isProblem, type Logger, Problem } from '@meridian/base';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { reasonOf } from '../process/child.ts';
import { languageOf } from './answering.ts';
import { problem } from './problems.ts';
import { BODY_BYTES_MAX } from './request-body.ts';
import { checkHead, HEADER_BYTES_MAX, HEADERS_MAX, hasBody, requireJson } from './request-head.ts';
import { isLoopbackHost, type Site, type SiteRules, siteRules } from './site.ts';
import { STATUS_PATHS, type StatusSource, statusRoutes } from './status-routes.ts';

export interface ShellOptions {
  readonly status: StatusSource;
  readonly logger: Logger;
  readonly site?: Site;
  /** Addresses whose X-Forwarded-For is believed; by default nobody's is. */
  readonly trustedProxies?: readonly string[];
}

/** The door's frame: bounds, names, headers and refusals, the same for whatever is served inside. */
export interface Shell {
  readonly app: FastifyInstance;
  readonly rules: SiteRules;
  /** Knows the methods of a path, for refusals that say so. */
  allow(path: string, method: string): void;
  /** Why nothing answers: no such path, or not by this method. */
  missing(request: FastifyRequest): Problem;
  /** @throws Problem PORT_IN_USE */
  listen(port: number): Promise<number>;
}

const CONNECTIONS_MAX = 2_048;
/** For headers and body together; a slow sender is cut off. */
const REQUEST_MS_MAX = 10_000;
/** Without a byte in either direction; work that takes longer is an operation. */
const SILENT_MS_MAX = 60_000;

export async function openShell({ status, logger, site = {}, trustedProxies = [] }: ShellOptions): Promise<Shell> {
  const rules = siteRules(site);
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionTimeout: SILENT_MS_MAX,
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    genReqId: () => randomBytes(8).toString('hex'),
    requestIdHeader: false,
    routerOptions: { maxParamLength: 200, caseSensitive: true },
    http: { maxHeaderSize: HEADER_BYTES_MAX, connectionsCheckingInterval: 2_000, requireHostHeader: false },
    ...(site.tls === undefined ? {} : { https: { ...site.tls, maxHeaderSize: HEADER_BYTES_MAX } }),
    clientErrorHandler: refuseBroken,
    // A path that decodes to nothing never reaches the handlers below.
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) =>
      refuse(request, reply, problem('PATH_REFUSED', { reason: 'not well encoded' })),
  } as object) as unknown as FastifyInstance;
  app.server.maxConnections = CONNECTIONS_MAX;
  app.server.maxHeadersCount = HEADERS_MAX * 4;
  app.server.headersTimeout = REQUEST_MS_MAX;
  // Node would refuse an expectation by itself, and say nothing; here it is a header like others.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  const methods: Methods = new Map();

  await app.register(helmet, headers(rules.secure));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('meridian-trace', request.id);
    checkHead(request, rules.isOurs);
    if (STATUS_PATHS.includes(request.routeOptions.url ?? '') && !isLoopbackHost(request.headers.host ?? ''))
      throw problem('FOREIGN_HOST');
    if (request.is404) throw missing(request, methods);
    if (hasBody(request)) takeBody(request);
  });
  // Bodies are read strictly, by the route that takes them.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((request) => {
    throw missing(request, methods);
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => refuse(request, reply, known(error, logger)));
  statusRoutes(app, status);
  const allow = (path: string, method: string) => {
    const shape = path.replace(/\{\w+\}/g, '{}');
    const pattern = new RegExp(`^${shape.replaceAll('.', '\\.').replaceAll('{}', '[^/]+')}$`);
    methods.set(shape, { pattern, allowed: [...(methods.get(shape)?.allowed ?? []), method] });
  };
  for (const path of STATUS_PATHS) allow(path, 'GET');
  return {
    app,
    rules,
    allow,
    missing: (request) => missing(request, methods),
    async listen(port) {
      try {
        await app.listen({ host: '127.0.0.1', port });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new Problem('PORT_IN_USE', { port });
        throw error;
      }
      return (app.server.address() as net.AddressInfo).port;
    },
  };
}

function headers(secure: boolean): Parameters<typeof helmet>[1] {
  return {
    global: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'connect-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'frame-ancestors': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
      },
    },
    strictTransportSecurity: secure ? { maxAge: 63_072_000, includeSubDomains: false } : false,
    xFrameOptions: { action: 'deny' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
  };
}

/** @throws Problem where nothing takes a body, or it is not JSON, or says that it is too long */
function takeBody(request: FastifyRequest): void {
  if (!['POST', 'PUT'].includes(request.method)) throw problem('BODY_REFUSED', { field: '/', reason: 'none is taken here' });
  requireJson(request);
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX)
    throw problem('BODY_TOO_LARGE', { bytesMax: BODY_BYTES_MAX });
}

type Methods = Map<string, { readonly pattern: RegExp; readonly allowed: readonly string[] }>;

function missing(request: FastifyRequest, methods: Methods): Problem {
  const path = request.url.split('?', 1)[0] ?? '';
  for (const { pattern, allowed } of methods.values())
    if (pattern.test(path)) return problem('METHOD_NOT_ALLOWED', { allow: allowed.join(', ') });
  return problem('NO_SUCH_RESOURCE');
}

/** Where the framework refuses, or we failed: what happened is for the log, not for the caller. */
function known(error: Error & { statusCode?: number; code?: string }, logger: Logger): Problem {
  if (isProblem(error)) {
    if (error.status >= 500) logger.error('request failed', { reason: reasonOf(error) });
    return error;
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return problem('BODY_TOO_LARGE', { bytesMax: BODY_BYTES_MAX }, error);
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) return problem('REQUEST_MALFORMED', { reason: 'not understood' }, error);
  logger.error('request failed', { reason: reasonOf(error) });
  return problem('INTERNAL_FAULT', {}, error);
}

function refuse(request: FastifyRequest, reply: FastifyReply, refusal: Problem): FastifyReply {
  const { allow, retry_after: later } = refusal.params;
  if (refusal.code === 'METHOD_NOT_ALLOWED') reply.header('allow', String(allow));
  if (later !== undefined) reply.header('retry-after', String(later));
  // Refusals of the framework come before every hook.
  reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
  // What was sent with a refusal may still be on its way; the connection is not used again.
  if (refusal.status === 413) reply.header('connection', 'close');
  return reply
    .code(refusal.status)
    .type('application/problem+json; charset=utf-8')
    .send({ ...refusal.document(languageOf(request)), trace: request.id });
}

/** Bytes that are no HTTP: said once, then the line is cut. */
function refuseBroken(error: NodeJS.ErrnoException, socket: net.Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const refusal =
    error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
      ? problem('REQUEST_TIMEOUT')
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? problem('HEADERS_TOO_LARGE', { countMax: HEADERS_MAX, bytesMax: HEADER_BYTES_MAX })
        : problem('REQUEST_MALFORMED', { reason: 'syntax' });
  const body = JSON.stringify({ ...refusal.document('en'), trace: randomBytes(8).toString('hex') });
  if (socket.writable)
    socket.write(
      `HTTP/1.1 ${refusal.status} Refused\r\ncontent-type: application/problem+json; charset=utf-8\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  socket.destroySoon();
}
