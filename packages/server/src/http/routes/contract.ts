import { contractDetail, contractLine, contractOwner, contractRow, contracts } from '../../reading/contract.ts';
import type { ReadingHouse } from '../../reading/house.ts';
import { confirmOwn } from '../../reading/own-rows.ts';
import { pageOf } from '../../reading/page.ts';
import { listed, owned, sightOf } from '../../reading/sight.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

export function contractEndpoints(house: ReadingHouse): Pick<Endpoints, 'GET /v1/contracts' | 'GET /v1/contracts/{contract}'> {
  return {
    'GET /v1/contracts': {
      resource: async ({ principal, query }) => listed('contract', principal, query.client),
      handle: async (asking) => ({
        body: await pageOf(house, 'GET /v1/contracts', asking, {
          rows: (db, ask) => contracts(db, sightOf(asking.principal), asking.query, ask),
          key: ({ contract }) => [contract],
          own: (rows) => ({ table: 'accounts.contract', ids: rows.map(({ contract }) => contract) }),
          items: (rows) => rows.map(contractLine),
        }),
      }),
    },
    'GET /v1/contracts/{contract}': {
      resource: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const owner = await contractOwner(db, params.contract);
          return owner && owned('contract', params.contract, owner);
        }),
      handle: async ({ principal, params }) => {
        await confirmOwn(house.database, principal, { table: 'accounts.contract', ids: [params.contract] });
        return house.read(principal, async (db) => {
          const row = await contractRow(db, params.contract);
          if (row === undefined) throw problem('NO_SUCH_RESOURCE');
          return { body: await contractDetail(db, row), version: row.version };
        });
      },
    },
  };
}
