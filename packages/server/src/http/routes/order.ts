import type { OrderSource } from '../../board/order-source.ts';
import type { KillSwitch } from '../../kill-switch.ts';
import type { OrderDesk } from '../../order-desk.ts';
import type { Cursors } from '../cursor.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

/** What orders and the kill switch stand on. */
export interface OrderHouse {
  readonly orders: OrderSource;
  readonly desk: OrderDesk;
  readonly kill: KillSwitch;
  readonly cursors: Cursors;
}

type OrderRoutes = Exclude<
  Extract<keyof Endpoints, `${string} /v1/orders${string}` | `${string} /v1/kill${string}`>,
  'GET /v1/tradable' | 'POST /v1/kill/release'
>;

/** Orders of a page when nobody says how many. */
const PAGE_ORDERS = 100;

export function orderEndpoints({ orders, desk, kill, cursors }: OrderHouse): Pick<Endpoints, OrderRoutes> {
  return {
    'GET /v1/orders': {
      handle: async ({ principal, query }) => {
        const { cursor, limit = PAGE_ORDERS } = query;
        const walk = { route: 'GET /v1/orders', user: principal.user, query };
        const begun = cursor === undefined ? undefined : cursors.open(walk, cursor);
        const asOf = begun?.asOf ?? orders.seq;
        const { items, last } = orders.list(principal, query, begun?.position, limit);
        return {
          body: { items: [...items], asOf, next: last === undefined ? null : cursors.seal(walk, { asOf, position: last }) },
        };
      },
    },
    'GET /v1/orders/{market}/{order}': {
      resource: async ({ params }) => orders.resource(params.market, params.order),
      handle: async ({ params }) => {
        const detail = await orders.detail(params.market, params.order);
        if (detail === undefined) throw problem('NO_SUCH_RESOURCE');
        return { body: detail, version: detail.order.seq };
      },
    },
    'POST /v1/orders': {
      resource: ({ body }) => desk.owner(body.account, body.market),
      handle: async ({ body }) => ({ body: await desk.enter(body) }),
    },
    'POST /v1/orders/check': {
      resource: ({ body }) => desk.owner(body.account, body.market),
      handle: async ({ body }) => ({ body: await desk.check(body) }),
    },
    'DELETE /v1/orders/{market}/{order}': {
      resource: async ({ params }) => orders.resource(params.market, params.order),
      handle: async ({ params, principal, key }) => {
        const detail = await orders.detail(params.market, params.order);
        if (detail === undefined) throw problem('NO_SUCH_RESOURCE');
        return { body: await desk.cancel(params.market, params.order, detail.order.account, principal, key) };
      },
    },
    'POST /v1/kill/preview': {
      resource: ({ body }) => kill.resource(body),
      handle: async ({ body }) => ({ body: await kill.preview(body) }),
    },
    'POST /v1/kill': {
      resource: ({ body }) => kill.resource(body),
      handle: async ({ body, principal }) => ({ body: await kill.engage(body, principal) }),
    },
    'GET /v1/kill': { handle: async () => ({ body: await kill.engaged() }) },
  };
}
