import { ROUTES, type Route, type RouteName } from '@meridian/api';
import type { Resource } from '@meridian/security';
import { documentName } from '../../reading/document.ts';
import type { Shape } from '../contract.ts';
import { expected } from '../matrix/who-may.fixture.ts';
import { sampleOf } from '../sample.fixture.ts';
import { targetOf } from './body.fixture.ts';
import { FOREIGN, type HostileHouse, type UserName } from './house.fixture.ts';
import { type Hostile, MARK } from './input.fixture.ts';

/** Things of other clients and entities, asked for by their right ids; and ids that are none. */

const REFUSALS = { 403: undefined, 404: 'NO_SUCH_RESOURCE' } as const;
type Params = Readonly<Record<string, string>>;

interface Foreign {
  readonly name: RouteName;
  readonly params: Params;
  readonly thing: Resource;
}

/** The books' own rows, with whom they belong to. */
async function rowsOf({ reading }: HostileHouse): Promise<Foreign[]> {
  const rows = async (sql: string) =>
    (await reading.database.query<{ id: string; client: bigint | null; entity: bigint | null }>(sql)).rows;
  const things: Foreign[] = [];
  const put = (name: RouteName, params: Params, { client, entity }: { client: bigint | null; entity: bigint | null }) =>
    things.push({
      ...{ name, params },
      thing: { kind: 'thing', ...(client === null ? {} : { client }), ...(entity === null ? {} : { entity }) },
    });
  const masters = await rows('SELECT master::text AS id, client, entity FROM accounts.master_account');
  for (const row of masters) {
    put('GET /v1/accounts/{master}', { master: row.id }, row);
    put('GET /v1/clients/{client}/name', { client: String(row.client) }, row);
    put('GET /v1/trace/{level}/{id}', { level: 'master', id: row.id }, row);
    put('GET /v1/trace/{level}/{id}', { level: 'client', id: String(row.client) }, row);
  }
  for (const row of await rows('SELECT contract::text AS id, client, entity FROM accounts.contract')) {
    put('GET /v1/contracts/{contract}', { contract: row.id }, row);
    put('GET /v1/trace/{level}/{id}', { level: 'contract', id: row.id }, row);
  }
  for (const row of await rows(
    `SELECT d.id, d.client, m.entity FROM clearing.document d LEFT JOIN accounts.master_account m ON m.client = d.client`,
  ))
    put('GET /v1/reports/{document}/content', { document: documentName(row.id) }, row);
  return things;
}

/** Of routes that have no real endpoint here: what they name is a stranger's. */
const strangers = (): Foreign[] =>
  (ROUTES as readonly Route[])
    .filter((route) =>
      /\/v1\/(orders|limits|approvals|operations|users|models|decisions|mails|batches|transfers|ledger)/.test(route.path),
    )
    .filter((route) => route.params !== undefined || /^POST \/v1\/(orders|transfers)/.test(`${route.method} ${route.path}`))
    .filter((route) => !/^GET \/v1\/(limits|batches|ledger)|\/run$|\/resend$/.test(`${route.method} ${route.path}`))
    .map((route) => ({
      name: `${route.method} ${route.path}` as RouteName,
      params: {},
      thing: { ...FOREIGN, kind: route.tag },
    }));

const routeOf = (name: RouteName) =>
  (ROUTES as readonly Route[]).find((each) => `${each.method} ${each.path}` === name) as Route;

function asking(name: RouteName, params: Params, as: UserName, more: Partial<Hostile>): Hostile {
  const route = routeOf(name);
  return {
    ...{
      what: `${as}: ${name} ${Object.values(params).join(' ').slice(0, 40)}`,
      method: route.method,
      as,
      target: targetOf(route, params),
    },
    ...(route.body === undefined ? {} : { body: sampleOf(route.body as Shape) }),
    ...{ status: 404, code: 'NO_SUCH_RESOURCE' },
    ...more,
  };
}

export async function foreignThings(house: HostileHouse): Promise<Hostile[]> {
  const found: Hostile[] = [];
  for (const { name, params, thing } of [...(await rowsOf(house)), ...strangers()])
    for (const as of ['client', 'trader-two'] as const) {
      const who = { ...house.sessions[as].principal, strong: true };
      const wanted = expected({ stage: 'open', who, name, thing });
      if (wanted === 'done' || wanted === 401) continue;
      found.push(
        asking(name, params, as, { status: wanted, code: REFUSALS[wanted], ...(wanted === 403 ? { also: isRefusal } : {}) }),
      );
    }
  const { rows } = await house.reading.database.query<{ master: string }>(
    'SELECT master::text AS master FROM accounts.master_account WHERE client <> 1',
  );
  const lists: Hostile[] = ['2', '3', '999'].flatMap((client) =>
    ['/v1/accounts', '/v1/contracts', '/v1/orders'].map((target) => ({
      ...{ what: `client: ${target} of client ${client}`, as: 'client' as const, target: `${target}?client=${client}` },
      ...{ status: 404, code: 'NO_SUCH_RESOURCE' },
    })),
  );
  return [
    ...found,
    ...lists,
    ...rows.map(
      ({ master }): Hostile => ({
        ...{ what: `client: transfers of ${master}`, as: 'client', target: `/v1/transfers?master=${master}`, status: 404 },
        code: 'NO_SUCH_RESOURCE',
      }),
    ),
  ];
}

function isRefusal({ body }: { readonly body: string }): void {
  const { code } = JSON.parse(body) as { code: string };
  if (!/^(DUTY_NOT_PERMITTED|NOT_OF_A_CLIENT|OWN_REQUEST)$/.test(code)) throw new Error(`refused as ${code}`);
}

/** Ids that name nothing: where only digits are an id the path is refused, elsewhere there is no such thing. */
export const madeUpIds = (): Hostile[] => {
  const texts = [
    ...["1'", "1' OR '1'='1", '1;DROP TABLE x', '1--', '1/**/OR/**/1', '-1', '0', '01', '1e3', '1.0', '+1', ' 1', '0x1', 'NaN'],
    ...['9999999999999999999', '１２', '١', 'null', 'undefined', '*', '..', '$gt', '[object Object]', '{}', '{{7*7}}', MARK],
  ];
  const reading = (ROUTES as readonly Route[]).filter((route) => route.method === 'GET' && route.params !== undefined);
  return reading.flatMap((route) => {
    const properties = (route.params as Shape).properties ?? {};
    return Object.entries(properties).flatMap(([key, schema]) => {
      const { pattern, maxLength = 200 } = schema as { pattern?: string; maxLength?: number };
      return texts
        .filter((text) => pattern === undefined || !new RegExp(pattern).test(text))
        .filter((text) => text !== '..' && !/[/]/.test(text))
        .map((text) =>
          asking(`${route.method} ${route.path}` as RouteName, { [key]: text }, 'auditor', {
            what: `${route.path} with ${key} ${text}`,
            ...(pattern === undefined && text.length <= maxLength ? {} : { status: 400, code: 'PATH_REFUSED' }),
          }),
        );
    });
  });
};
