import type { ReadingHouse } from '../../reading/house.ts';
import { logEntry, logOwner } from '../../reading/market-log.ts';

import { sightOf } from '../../reading/sight.ts';
import { trace, traceOwner } from '../../reading/trace.ts';
import type { Measure } from '../../reading/trace-measure.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

export function traceEndpoints(
  house: ReadingHouse,
): Pick<Endpoints, 'GET /v1/trace/{level}/{id}' | 'GET /v1/log/{market}/{seq}'> {
  return {
    'GET /v1/trace/{level}/{id}': {
      resource: ({ principal, params }) =>
        house.read(principal, (db) => traceOwner(db, params.level, params.id, house.eventsAt)),
      handle: ({ principal, params, query }) =>
        house.read(principal, async (db) => {
          const measure = String(query.measure ?? 'notional') as Measure;
          const body = await trace(db, house, { ...params, measure, sight: sightOf(principal) });
          if (body === undefined) throw problem('NO_SUCH_RESOURCE');
          return { body };
        }),
    },
    'GET /v1/log/{market}/{seq}': {
      resource: async ({ principal, params }) => {
        const events = await house.eventsAt(params.market, Number(params.seq));
        if (events === undefined) return undefined;
        return house.read(principal, (db) => logOwner(db, `${params.market}-${params.seq}`, events));
      },
      handle: async ({ params }) => {
        const seq = Number(params.seq);
        const events = await house.eventsAt(params.market, seq);
        if (events === undefined) throw problem('NO_SUCH_RESOURCE');
        return { body: logEntry(params.market, seq, events) };
      },
    },
  };
}
