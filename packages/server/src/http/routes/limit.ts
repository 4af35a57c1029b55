import { dateIn } from '@meridian/base';
import type { ReadingHouse } from '../../reading/house.ts';
import { HOUSE_ZONE } from '../../reading/lane.ts';
import { limitLines, limitRow, limits } from '../../reading/limit.ts';
import { listEntries, listLine } from '../../reading/list-entry.ts';
import { pageOf } from '../../reading/page.ts';
import { listed, owned, sightOf } from '../../reading/sight.ts';
import { tradable } from '../../reading/tradable.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

type LimitRoutes = 'GET /v1/limits' | 'GET /v1/limits/{cell}' | 'GET /v1/lists' | 'GET /v1/tradable';

export function limitEndpoints(house: ReadingHouse): Pick<Endpoints, LimitRoutes> {
  return {
    'GET /v1/limits': {
      resource: async ({ principal }) => listed('limit', principal),
      handle: async (asking) => ({
        body: await pageOf(house, 'GET /v1/limits', asking, {
          rows: (db, ask) => limits(db, sightOf(asking.principal), asking.query.scope, ask),
          key: ({ cell }) => [cell],
          items: (rows, db) => limitLines(db, rows),
        }),
      }),
    },
    'GET /v1/limits/{cell}': {
      resource: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const row = await limitRow(db, params.cell);
          return row && owned('limit', params.cell, row);
        }),
      handle: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const row = await limitRow(db, params.cell);
          const [line] = row === undefined ? [] : await limitLines(db, [row]);
          if (line === undefined) throw problem('NO_SUCH_RESOURCE');
          return { body: line, version: line.version };
        }),
    },
    'GET /v1/lists': {
      resource: async ({ principal }) => listed('limit', principal),
      handle: async (asking) => ({
        body: await pageOf(house, 'GET /v1/lists', asking, {
          rows: (db, ask) => listEntries(db, sightOf(asking.principal), dateIn(house.businessNow(), HOUSE_ZONE), ask),
          key: ({ entry, valid_from }) => [entry, valid_from],
          items: (rows) => rows.map(listLine),
        }),
      }),
    },
    'GET /v1/tradable': {
      resource: async ({ principal }) => listed('order', principal),
      handle: async ({ principal }) => ({
        body: await house.read(principal, (db) => {
          const on = dateIn(house.businessNow(), HOUSE_ZONE);
          return tradable(db, sightOf(principal), house.facts, house.risk.snapshot(), on);
        }),
      }),
    },
  };
}
