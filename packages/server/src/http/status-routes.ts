import { jsonText } from '@meridian/base';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { HouseStatus } from '../status.ts';

/** What supervisors and monitors see; gathered anew for each question, so it is never older than its answer. */
export interface StatusSource {
  status(): Promise<HouseStatus>;
  ready(): Promise<boolean>;
}

/** For the machine's own supervisors: no session, no client data, loopback names only. */
export const STATUS_PATHS: readonly string[] = ['/health', '/ready', '/v1/status', '/metrics'];

export function statusRoutes(app: FastifyInstance, source: StatusSource): void {
  const metrics = houseMetrics(source);
  app.get('/health', async () => ({ status: 'up' }));
  app.get('/ready', async (_, reply) => {
    const ready = await source.ready();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  app.get('/v1/status', async (_, reply) => reply.type('application/json').send(jsonText(await source.status())));
  app.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.read()));
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
