import { formatInstant, parseInstant } from '@meridian/base';
import { exposures } from '../../reading/exposure.ts';
import type { ReadingHouse } from '../../reading/house.ts';
import { alertCount } from '../../reading/house-state.ts';
import { clocks, deskDay, ribbon } from '../../reading/ribbon.ts';
import { search } from '../../reading/search.ts';
import { isClient, sightOf } from '../../reading/sight.ts';
import type { Endpoints } from '../endpoint.ts';

type OverviewRoutes = 'GET /v1/house' | 'GET /v1/ribbon' | 'GET /v1/exposures' | 'GET /v1/search';

export function overviewEndpoints(house: ReadingHouse): Pick<Endpoints, OverviewRoutes> {
  return {
    'GET /v1/house': {
      handle: async ({ principal }) => {
        const now = house.businessNow();
        const alerts = await house.read(principal, (db) => alertCount(db, principal, sightOf(principal)));
        const approvals = await house.approvals(principal);
        // How much the house trades is nobody's business outside it.
        const nodes = isClient(principal) ? [] : (await house.nodes()).slice(0, 50).map((node) => ({ ...node }));
        const environment = house.mode;
        return {
          body: { environment, businessTime: formatInstant(now), nodes, approvals, alerts, clocks: clocks(house.facts, now) },
        };
      },
    },
    'GET /v1/ribbon': {
      handle: async ({ principal, query }) => {
        const now = house.businessNow();
        const from = query.from === undefined ? deskDay(now) : parseInstant(query.from);
        // Batches are the house's work: a client's user sees sessions only.
        const body = await house.read(principal, (db) => ribbon(db, house.facts, from, now, house.mode));
        const lanes = body.lanes.filter(({ markets }) => markets.length > 0).map((lane) => ({ ...lane, batches: [] }));
        return { body: house.allowed(principal).has('batch.read') || !isClient(principal) ? body : { ...body, lanes } };
      },
    },
    'GET /v1/exposures': {
      handle: async ({ principal }) => {
        const risk = { snapshot: house.risk.snapshot(), positions: house.risk.positions() };
        return {
          body: await house.read(principal, (db) => exposures(db, sightOf(principal), risk, house.businessNow())),
        };
      },
    },
    'GET /v1/search': {
      handle: async ({ principal, query }) => ({
        body: await house.read(principal, (db) => search(db, sightOf(principal), house.allowed(principal), query.q)),
      }),
    },
  };
}
