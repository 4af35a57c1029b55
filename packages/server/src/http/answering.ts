import type { RouteName } from '@meridian/api';
import { formatInstant, type Instant, jsonText, type Logger } from '@meridian/base';
import type { AuditLog, Principal } from '@meridian/security';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { reasonOf } from '../process/child.ts';
import { maskingOf } from './answer.ts';
import type { Asker } from './asker.ts';
import { isCleared } from './clearance.ts';
import type { BoundRoute, Shape } from './contract.ts';
import { readBrowser, writeBrowser, writeToken } from './cookie.ts';
import { type Decisions, entryOf, houseOrOwn } from './decision.ts';
import type { Asking, Reply } from './endpoint.ts';
import { type Claim, type FirstAnswers, IDEMPOTENCY_KEY, type KeptAnswer, outcomeOf } from './idempotency.ts';
import { problem } from './problems.ts';
import { readBody } from './request-body.ts';
import { readQuery } from './request-query.ts';
import { seenVersion } from './version.ts';

export interface AnsweringOptions {
  readonly decisions: Decisions;
  readonly firstAnswers: FirstAnswers;
  readonly audit: AuditLog;
  readonly logger: Logger;
  readonly secure: boolean;
  readonly now: () => Instant;
  readonly businessNow: () => Instant;
}

type Asked = Asking<RouteName>;
type Answered = Reply<RouteName>;

/**
 * Answers one route: what was asked is checked against its schemas, decided, done once, checked against the answer's schema,
 * and shown as far as whoever asks is cleared. Who asks, and from which page, is known before.
 */
export function answering(bound: BoundRoute, options: AnsweringOptions) {
  const { decisions, audit, firstAnswers, logger } = options;
  const { route, endpoint, name } = bound;
  const mask = route.media === undefined ? maskingOf(route.answer as Shape) : undefined;
  const isNoted = bound.changes || bound.sensitive;
  // One's own session has its own protection against repetition: a step of signing in is good once.
  const isOnce = bound.changes && route.tag !== 'session';

  function read(request: FastifyRequest, principal: Principal, asker: Asker): Asked {
    const query = route.query === undefined ? emptyQuery(request) : readQuery(request.url, route.query);
    bound.check('query', query);
    bound.check('params', request.params);
    const body = readBody(request.body as Buffer | undefined, route.body);
    bound.check('body', body);
    const ifMatch = seenVersion(request.headers['if-match']);
    if (route.versioned === true && ifMatch === undefined) throw problem('VERSION_NEEDED');
    const key = request.headers['idempotency-key'];
    if (isOnce && (typeof key !== 'string' || !IDEMPOTENCY_KEY.test(key))) throw problem('IDEMPOTENCY_KEY_NEEDED');
    return {
      ...{ params: request.params, query, body, principal, language: languageOf(request), ifMatch, token: asker.token },
      browser: readBrowser(request.headers.cookie, options.secure),
      ...{ key: typeof key === 'string' ? key : '', at: options.now(), ip: request.ip, trace: request.id },
    } as Asked;
  }

  /** @returns what the request acts on, where policies decide on it */
  async function admitted(asking: Asked, asker: Asker) {
    const { principal, query } = asking;
    // Whoever is on the way of signing in is decided on by the user directory, which knows the stages; having no duties is
    // another matter.
    if (bound.action === null || asker.principal === undefined) return undefined;
    decisions.requireAction(bound, principal, query);
    const resource =
      endpoint.resource === undefined ? houseOrOwn(route.tag, principal, query) : await endpoint.resource(asking);
    return { resource, decision: decisions.requireThing(bound, principal, resource) };
  }

  async function done(
    asking: Asked,
    entry: Claim['entry'],
  ): Promise<KeptAnswer & { readonly reply?: Answered; readonly replayed: boolean }> {
    let reply: Answered | undefined;
    const work = async (): Promise<KeptAnswer> => {
      reply = await endpoint.handle(asking);
      const fault = reply.file === undefined ? bound.faultOf(reply.body) : undefined;
      if (fault !== undefined) throw new TypeError(`${name} answers what it does not declare: ${fault}`);
      return {
        status: route.status ?? 200,
        etag: reply.version === undefined ? undefined : String(reply.version),
        body: reply.body,
      };
    };
    if (!isOnce) return { ...(await work()), ...(reply === undefined ? {} : { reply: reply as Answered }), replayed: false };
    const { key, params, query, body, ifMatch } = asking;
    const claim = { user: asking.principal.user, route: name, key, content: { params, query, body, ifMatch }, entry };
    return { ...(await firstAnswers.once(claim, asking.at, work)), ...(reply === undefined ? {} : { reply }) };
  }

  function send(reply: FastifyReply, asking: Asked, answer: Awaited<ReturnType<typeof done>>): FastifyReply {
    const { status, etag, body, replayed } = answer;
    reply.code(status);
    reply.header('meridian-business-time', formatInstant(options.businessNow()));
    reply.header('meridian-wall-time', formatInstant(options.now()));
    if (etag !== undefined) reply.header('etag', `"${etag}"`);
    if (replayed) reply.header('idempotent-replayed', 'true');
    const { token, browser, file } = answer.reply ?? {};
    if (token !== undefined) reply.header('set-cookie', writeToken(token, options.secure));
    if (browser !== undefined) reply.header('set-cookie', writeBrowser(browser, options.secure));
    if (file !== undefined) {
      const plain = file.name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 120);
      return reply
        .type(file.media)
        .header('content-disposition', `attachment; filename="${plain}"`)
        .send(Buffer.from(file.bytes));
    }
    const isShown = mask === undefined || isCleared(asking.principal, route.tag);
    return reply.type('application/json; charset=utf-8').send(jsonText(isShown ? body : mask(body)));
  }

  return async (request: FastifyRequest, reply: FastifyReply, principal: Principal, asker: Asker): Promise<FastifyReply> => {
    let what: Awaited<ReturnType<typeof admitted>>;
    const entry = (key: string) =>
      entryOf({
        ...{ bound, principal, resource: what?.resource, decision: what?.decision },
        ...{ path: request.url.split('?', 1)[0] ?? '', address: request.ip, trace: request.id, key },
      });
    /** Refused before anything was claimed: nothing was done that a crash could hide. */
    const refuse = async (error: unknown): Promise<never> => {
      if (isNoted)
        await audit
          .record({ ...entry(''), outcome: outcomeOf(error) })
          .catch((cause: unknown) => logger.error('refusal not audited', { reason: reasonOf(cause) }));
      throw error;
    };
    let asking: Asked;
    try {
      asking = read(request, principal, asker);
      what = await admitted(asking, asker);
    } catch (error) {
      return refuse(error);
    }
    if (isOnce) return send(reply, asking, await done(asking, entry(asking.key)));
    // Here are reads, and the session's own changes: those the user directory notes itself, each in its own transaction.
    const answer = await done(asking, entry('')).catch(refuse);
    if (isNoted) await audit.record({ ...entry(''), outcome: 'done' });
    return send(reply, asking, answer);
  };
}

function emptyQuery(request: FastifyRequest): undefined {
  readQuery(request.url, undefined);
  return undefined;
}

export const languageOf = (request: FastifyRequest): 'zh' | 'en' =>
  /^\s*zh/i.test(request.headers['accept-language'] ?? '') ? 'zh' : 'en';
