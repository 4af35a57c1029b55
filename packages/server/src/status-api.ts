import { declareProblems, isProblem, jsonText, type Logger, Problem } from '@meridian/base';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { reasonOf } from './process/child.ts';
import type { HouseStatus } from './status.ts';

const { problem } = declareProblems({
  NO_SUCH_RESOURCE: {
    status: 404,
    title: { zh: '资源不存在', en: 'No such resource' },
    detail: { zh: '没有 {path}', en: 'There is no {path}' },
    remedy: { zh: '可用：/v1/status /health /ready /metrics', en: 'There are /v1/status /health /ready /metrics' },
  },
  READ_ONLY: {
    status: 405,
    title: { zh: '只读接口', en: 'Read only' },
    detail: { zh: '该接口只接受 GET', en: 'This interface takes GET only' },
    remedy: { zh: '用命令行操作', en: 'Operate through the command line' },
  },
  FOREIGN_HOST: {
    status: 403,
    title: { zh: '主机名不被接受', en: 'Host refused' },
    detail: { zh: '只应答本机名称', en: 'Only names of this machine are answered' },
    remedy: { zh: '以 127.0.0.1 或 localhost 访问', en: 'Ask 127.0.0.1 or localhost' },
  },
});

/** What the API shows; gathered anew for each question, so it is never older than its answer. */
export interface StatusSource {
  status(): Promise<HouseStatus>;
  ready(): Promise<boolean>;
}

/** The read-only status interface: loopback only, GET only, no client data. */
export async function serveStatus(source: StatusSource, port: number, logger: Logger): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    bodyLimit: 1_024,
    requestTimeout: 10_000,
    connectionTimeout: 10_000,
    // A path that decodes to nothing never reaches the handlers below.
    frameworkErrors: (error, _, reply) => {
      const status = error.statusCode ?? 400;
      (reply as FastifyReply).code(status).type('application/problem+json').send(plainDocument(status));
    },
  });
  const metrics = houseMetrics(source);

  app.addHook('onRequest', async (request, reply) => {
    reply
      .header('x-content-type-options', 'nosniff')
      .header('cache-control', 'no-store')
      .header('referrer-policy', 'no-referrer');
    reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    // A page elsewhere may point its own name at 127.0.0.1; it may not read us through it.
    const hosts = request.raw.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
    const isOurs = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(request.headers.host ?? '');
    if (hosts !== 1 || !isOurs) throw problem('FOREIGN_HOST');
    if (request.method !== 'GET' && request.method !== 'HEAD') throw problem('READ_ONLY');
  });
  app.setNotFoundHandler((request) => {
    throw problem('NO_SUCH_RESOURCE', { path: request.url.slice(0, 100) });
  });
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const language = /^\s*zh/i.test(request.headers['accept-language'] ?? '') ? 'zh' : 'en';
    if (isProblem(error)) return reply.code(error.status).type('application/problem+json').send(error.document(language));
    const status = error.statusCode ?? 500;
    if (status >= 500) logger.error('status request failed', { reason: reasonOf(error) });
    return reply.code(status).type('application/problem+json').send(plainDocument(status));
  });

  app.get('/health', async () => ({ status: 'up' }));
  app.get('/ready', async (_, reply) => {
    const ready = await source.ready();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  app.get('/v1/status', async (_, reply) => reply.type('application/json').send(jsonText(await source.status())));
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.read()));
  try {
    await app.listen({ host: '127.0.0.1', port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new Problem('PORT_IN_USE', { port });
    throw error;
  }
  return app;
}

/** Where the framework refuses, or we failed: what happened is for the log, not for the caller. */
function plainDocument(status: number): object {
  return { type: 'about:blank', status, title: status >= 500 ? 'Internal error' : 'Bad request' };
}

interface HouseMetrics {
  readonly contentType: string;
  /** The text of the metrics with the house's present figures in it. */
  read(): Promise<string>;
}

function houseMetrics(source: StatusSource): HouseMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'meridian_' });
  const perMarket = (name: string, help: string) => new Gauge({ name, help, labelNames: ['market'], registers: [registry] });
  const orders = perMarket('meridian_orders', 'Client orders by market');
  const seq = perMarket('meridian_node_seq', 'Committed sequence number of the market node');
  const lag = perMarket('meridian_accounts_lag', 'Commands the books are behind the node');
  return {
    contentType: registry.contentType,
    async read() {
      const { nodes } = await source.status();
      for (const node of nodes) {
        orders.set({ market: node.market }, node.orders);
        seq.set({ market: node.market }, node.seq);
        lag.set({ market: node.market }, node.lag);
      }
      return registry.metrics();
    },
  };
}
