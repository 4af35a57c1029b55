import { formatInstant, type Instant, parseInstant } from '@meridian/base';
import { exposures } from '../../reading/exposure.ts';
import type { ReadingHouse } from '../../reading/house.ts';
import { alertCount } from '../../reading/house-state.ts';
import { refuseUnkeepable } from '../../reading/page.ts';
import { clocks, deskDay, ribbon } from '../../reading/ribbon.ts';
import { search } from '../../reading/search.ts';
import { isClient, sightOf } from '../../reading/sight.ts';
import type { NodeStatus } from '../../status.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

type OverviewRoutes = 'GET /v1/house' | 'GET /v1/ribbon' | 'GET /v1/exposures' | 'GET /v1/search';

const nodeLine = ({ market, seq, stateHash, leader, lag, orders }: NodeStatus) => ({
  ...{ market, seq, stateHash: stateHash || '-', leader, lag, orders },
});

/** The pattern of an instant lets the 30th of February through. @throws Problem QUERY_REFUSED */
function instantOf(text: string): Instant {
  try {
    return parseInstant(text);
  } catch {
    throw problem('QUERY_REFUSED', { field: 'from', reason: 'not an instant' });
  }
}

export function overviewEndpoints(house: ReadingHouse): Pick<Endpoints, OverviewRoutes> {
  return {
    'GET /v1/house': {
      handle: async ({ principal }) => {
        const now = house.businessNow();
        const sees = house.allowed(principal).has('overview.read');
        const alerts =
          sees || isClient(principal) ? await house.read(principal, (db) => alertCount(db, principal, sightOf(principal))) : 0;
        const approvals = await house.approvals(principal);
        // How much the house trades is nobody's business but of those who do its business.
        const all = await house.nodes();
        const traded = new Set(all.map(({ market }) => market));
        const nodes = sees ? all.slice(0, 50).map(nodeLine) : [];
        const state = { environment: house.mode, businessTime: formatInstant(now), clocks: clocks(house.facts, now, traded) };
        return { body: { ...state, nodes, approvals, alerts } };
      },
    },
    'GET /v1/ribbon': {
      handle: async ({ principal, query }) => {
        const now = house.businessNow();
        const from = query.from === undefined ? deskDay(now) : instantOf(query.from);
        const body = await house.read(principal, (db) => ribbon(db, house.facts, from, now, house.mode));
        const may = house.allowed(principal);
        if (may.has('overview.read') || may.has('batch.read')) return { body };
        // Everybody may read the calendar; batches are the house's work.
        const lanes = body.lanes.filter(({ markets }) => markets.length > 0).map((lane) => ({ ...lane, batches: [] }));
        return { body: { ...body, lanes } };
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
      handle: async ({ principal, query }) => {
        refuseUnkeepable(query);
        const found = await house.read(principal, (db) =>
          search(db, principal, house.allowed(principal), house.orders, query.q),
        );
        return { body: found };
      },
    },
  };
}
