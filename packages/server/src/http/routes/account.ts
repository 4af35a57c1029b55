import { dateIn } from '@meridian/base';
import { accountLine, accountTree, clientName, clientOwner, masterRow, masters } from '../../reading/account.ts';
import type { ReadingHouse } from '../../reading/house.ts';
import { HOUSE_ZONE } from '../../reading/lane.ts';
import { confirmOwn } from '../../reading/own-rows.ts';
import { newestCommand, pageOf } from '../../reading/page.ts';
import { isClient, listed, owned, sightOf } from '../../reading/sight.ts';
import { transferLine, transfers } from '../../reading/transfer.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

type AccountRoutes = 'GET /v1/accounts' | 'GET /v1/accounts/{master}' | 'GET /v1/clients/{client}/name' | 'GET /v1/transfers';

export function accountEndpoints(house: ReadingHouse): Pick<Endpoints, AccountRoutes> {
  return {
    'GET /v1/accounts': {
      resource: async ({ principal, query }) => listed('account', principal, query.client),
      handle: async (asking) => {
        const risk = house.risk.snapshot();
        const sight = sightOf(asking.principal);
        return {
          body: await pageOf(house, 'GET /v1/accounts', asking, {
            rows: (db, ask) => masters(db, sight, asking.query.client, ask),
            key: ({ master }) => [master],
            own: (rows) => ({ table: 'accounts.master_account', ids: rows.map(({ master }) => master) }),
            items: (rows) => rows.map((row) => accountLine(row, risk)),
          }),
        };
      },
    },
    'GET /v1/accounts/{master}': {
      resource: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const row = await masterRow(db, params.master);
          return row && owned('account', params.master, row);
        }),
      handle: async ({ principal, params }) => {
        await confirmOwn(house.database, principal, { table: 'accounts.master_account', ids: [params.master] });
        return house.read(principal, async (db) => {
          const row = await masterRow(db, params.master);
          if (row === undefined) throw problem('NO_SUCH_RESOURCE');
          const tree = await accountTree(db, row, house.risk.snapshot(), house.risk.positions());
          const on = dateIn(house.businessNow(), HOUSE_ZONE);
          // Whoever is the client reads its own name; for everybody else it stands behind a route of its own.
          const own = isClient(principal) ? await clientName(db, String(row.client), on) : undefined;
          const version = await newestCommand(db);
          return { body: { ...tree, name: own?.name_zh ?? null, version }, version };
        });
      },
    },
    'GET /v1/clients/{client}/name': {
      resource: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const owner = await clientOwner(db, params.client);
          return owner && owned('client', params.client, owner);
        }),
      handle: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const name = await clientName(db, params.client, dateIn(house.businessNow(), HOUSE_ZONE));
          if (name === undefined) throw problem('NO_SUCH_RESOURCE');
          return { body: { client: params.client, zh: name.name_zh, en: name.name_en } };
        }),
    },
    'GET /v1/transfers': {
      resource: async ({ principal, query }) => {
        const { master } = query;
        if (master === undefined) return listed('account', principal);
        const row = await house.read(principal, (db) => masterRow(db, master));
        return row && owned('account', master, row);
      },
      handle: async (asking) => ({
        body: await pageOf(house, 'GET /v1/transfers', asking, {
          rows: (db, ask) => transfers(db, sightOf(asking.principal), asking.query.master, ask),
          key: ({ no }) => [no],
          own: (rows) => ({ table: 'accounts.sub_account', ids: rows.flatMap(({ from, to }) => [from, to]) }),
          items: (rows) => rows.map(transferLine),
        }),
      }),
    },
  };
}
