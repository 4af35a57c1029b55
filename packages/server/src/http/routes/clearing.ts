import { batchDetail, batches, batchLine, batchRow } from '../../reading/batch.ts';
import type { ReadingHouse } from '../../reading/house.ts';
import { pageOf } from '../../reading/page.ts';
import { listed } from '../../reading/sight.ts';
import type { Endpoints } from '../endpoint.ts';
import { problem } from '../problems.ts';

type ClearingRoutes = 'GET /v1/batches' | 'GET /v1/batches/{batch}' | 'POST /v1/batches/{batch}/run';

export function clearingEndpoints(house: ReadingHouse): Pick<Endpoints, ClearingRoutes> {
  return {
    'GET /v1/batches': {
      resource: async ({ principal }) => listed('batch', principal),
      handle: async (asking) => ({
        body: await pageOf(house, 'GET /v1/batches', asking, {
          rows: (db, ask) => batches(db, asking.query, ask),
          key: ({ clearing_date, market, batch }) => [clearing_date, market, batch],
          items: (rows) => rows.map(batchLine),
        }),
      }),
    },
    'GET /v1/batches/{batch}': {
      resource: ({ principal, params }) =>
        house.read(principal, async (db) => (await batchRow(db, params.batch)) && { kind: 'batch', id: params.batch }),
      handle: ({ principal, params }) =>
        house.read(principal, async (db) => {
          const row = await batchRow(db, params.batch);
          if (row === undefined) throw problem('NO_SUCH_RESOURCE');
          const body = await batchDetail(db, row, house.businessNow(), house.mode);
          return { body, version: `${row.attempt}-${row.step ?? ''}-${row.state}` };
        }),
    },
    'POST /v1/batches/{batch}/run': {
      resource: ({ principal, params }) =>
        house.read(principal, async (db) => (await batchRow(db, params.batch)) && { kind: 'batch', id: params.batch }),
      handle: async ({ principal, params, body }) => {
        const row = await house.read(principal, (db) => batchRow(db, params.batch));
        if (row === undefined) throw problem('NO_SUCH_RESOURCE');
        const { fromStep, reason } = body;
        const operation = await house.operations.start({
          ...{ kind: 'batch.run', target: row.batch, by: principal.user },
          work: async (progress) => {
            progress.say({ zh: `自步骤 ${fromStep} 运行 ${row.batch}`, en: `Runs ${row.batch} from step ${fromStep}` });
            const at = house.businessNow();
            // The room's own locks decide: a batch that is held, published or not cut refuses with its problem.
            const outcome = await house.clearing.run(row.market, row.clearing_date, principal.user, at, { fromStep, reason });
            progress.say({
              zh: `第 ${outcome.attempt} 次：${outcome.state}`,
              en: `Attempt ${outcome.attempt}: ${outcome.state}`,
            });
            return JSON.parse(JSON.stringify(outcome, plain)) as Record<string, unknown>;
          },
        });
        return { body: operation };
      },
    },
  };
}

const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
