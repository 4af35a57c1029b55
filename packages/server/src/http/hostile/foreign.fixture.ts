import { ROUTES, type Route, type RouteName } from '@meridian/api';
import type { Resource } from '@meridian/security';
import { documentName } from '../../reading/document.ts';
import type { Shape } from '../contract.ts';
import { expected } from '../matrix/who-may.fixture.ts';
import { sampleOf } from '../sample.fixture.ts';
import { targetOf } from './body.fixture.ts';
import { type HostileHouse, OWN_CLIENT, type UserName } from './house.fixture.ts';
import { type Hostile, MARK, send } from './input.fixture.ts';

/** Things of other clients and entities, asked for by their right ids; and ids that are none. */

const REFUSALS = { 403: undefined, 404: 'NO_SUCH_RESOURCE' } as const;
type Params = Readonly<Record<string, string>>;

interface Foreign {
  readonly name: RouteName;
  readonly params: Params;
  readonly thing: Resource;
  /** Where a body names it; without one a sample. */
  readonly body?: object;
}

type Owner = { readonly client: bigint | null; readonly entity: bigint | null };
type Rows = (sql: string) => Promise<readonly (Owner & { readonly id: string })[]>;
type Put = (name: RouteName, params: Params, owner: Owner, more?: Partial<Foreign>) => void;

/** The books' own rows, with whom they belong to. */
async function rowsOf({ database }: HostileHouse): Promise<Foreign[]> {
  const rows: Rows = async (sql) => (await database.query<Owner & { id: string }>(sql)).rows;
  const things: Foreign[] = [];
  const put: Put = (name, params, { client, entity }, more = {}) =>
    things.push({
      ...{ name, params },
      thing: { kind: 'thing', ...(client === null ? {} : { client }), ...(entity === null ? {} : { entity }) },
      ...more,
    });
  await ofClients(rows, put);
  await ofTrading(rows, put);
  await ofTheBooks(rows, put);
  return things;
}

async function ofClients(rows: Rows, put: Put): Promise<void> {
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
}

async function ofTrading(rows: Rows, put: Put): Promise<void> {
  // Orders of ARCX are known from their fills; those of the house's other market only its node could tell.
  for (const row of await rows(
    `SELECT DISTINCT f.order_id::text AS id, b.client, b.entity FROM accounts.fill f
       JOIN accounts.business_account b USING (account) WHERE f.market = 'ARCX'`,
  )) {
    put('GET /v1/orders/{market}/{order}', { market: 'ARCX', order: row.id }, row);
    put('DELETE /v1/orders/{market}/{order}', { market: 'ARCX', order: row.id }, row);
  }
  for (const row of await rows('SELECT account::text AS id, client, entity FROM accounts.business_account'))
    for (const [market, listing] of [
      ['ARCX', '1'],
      ['XNYS', '2'],
    ] as const) {
      put('POST /v1/orders', {}, row, { body: { ...ENTRY, market, listing, account: row.id } });
      put('POST /v1/orders/check', {}, row, { body: { ...ENTRY, market, listing, account: row.id } });
    }
}

async function ofTheBooks(rows: Rows, put: Put): Promise<void> {
  for (const row of await rows(
    'SELECT s.sub::text AS id, m.client, s.entity FROM accounts.sub_account s JOIN accounts.master_account m USING (master)',
  )) {
    const to = String(Number(row.id) + (row.id.endsWith('1') ? 1 : -1));
    put('POST /v1/transfers', {}, row, { body: { kind: 'transfer', from: row.id, to, currency: 'CNY', amount: '1.00' } });
    put('POST /v1/transfers', {}, row, { body: { kind: 'withdraw', from: row.id, currency: 'USD', amount: '1.00' } });
  }
  for (const row of await rows('SELECT id::text, NULL::bigint AS client, NULL::bigint AS entity FROM accounts.journal')) {
    put('GET /v1/ledger/journals/{journal}', { journal: row.id }, row);
    put('POST /v1/ledger/journals/{journal}/reverse', { journal: row.id }, row);
  }
  for (const row of await rows(
    `SELECT c.cell::text AS id, m.client, m.entity FROM accounts.limit_cell c
       LEFT JOIN accounts.sub_account s ON c.scope = 'sub' AND s.sub = c.scope_id
       LEFT JOIN accounts.master_account m ON m.master = CASE c.scope WHEN 'sub' THEN s.master WHEN 'master' THEN c.scope_id END`,
  )) {
    put('GET /v1/limits/{cell}', { cell: row.id }, row);
    put('PUT /v1/limits/{cell}', { cell: row.id }, row);
  }
}

const ENTRY = {
  ...{ clOrdId: 'hostile-order', side: 'buy', effect: 'open', type: 'limit', timeInForce: 'day', quantity: '1' },
  price: '167.50',
};

/** What is nobody's but the house's, or somebody's own: a request, a job, a session, users, batches, mails, models. */
async function housesOwn(house: HostileHouse): Promise<Foreign[]> {
  const one = async (sql: string) => (await house.database.query<{ id: string }>(sql)).rows[0]?.id ?? 'none';
  const asked = await send(house, {
    ...{ what: 'a request', as: 'risk', method: 'PUT', target: '/v1/limits/1', status: 202, code: undefined },
    ...{ body: { limit: '70000000.00', reason: 'more flow' }, headers: { 'if-match': '"1"' } },
  });
  const { approval } = JSON.parse(asked.body) as { approval: string };
  const batch = await one('SELECT batch AS id FROM clearing.batch LIMIT 1');
  const begun = await send(house, {
    ...{ what: 'a job', as: 'clearing', method: 'POST', target: `/v1/batches/${batch}/run`, status: 200, code: undefined },
    body: { fromStep: 1, reason: 'look again' },
  });
  const { operation } = JSON.parse(begun.body) as { operation: string };
  const mail = await one('SELECT id FROM clearing.notification LIMIT 1');
  const user = 'risk';
  const session = house.sessions.risk.principal.session;
  const own = { kind: 'thing', maker: user, duty: 'risk' };
  const [version, decision] = ['early-warning-1', '1'];
  const named: readonly (readonly [RouteName, Params, Resource])[] = [
    ['GET /v1/approvals/{approval}', { approval }, own],
    ['POST /v1/approvals/{approval}/decision', { approval }, own],
    ['POST /v1/approvals/{approval}/withdraw', { approval }, own],
    ['GET /v1/operations/{operation}', { operation }, { kind: 'operation', maker: 'clearing' }],
    ['DELETE /v1/sessions/{session}', { session }, { kind: 'session', user }],
    ['POST /v1/users/{user}/revoke', { user }, { kind: 'user', user }],
    ['GET /v1/batches/{batch}', { batch }, { kind: 'batch' }],
    ['POST /v1/batches/{batch}/run', { batch }, { kind: 'batch' }],
    ['POST /v1/mails/{mail}/resend', { mail }, { kind: 'mail' }],
    ['GET /v1/models/{version}', { version }, { kind: 'model' }],
    ...(['register', 'validate', 'approve', 'deploy', 'suspend'] as const).map(
      (step) => [`POST /v1/models/{version}/${step}`, { version }, { kind: 'model' }] as const,
    ),
    ['POST /v1/decisions/{decision}/review', { decision }, { kind: 'decision' }],
  ];
  return named.map(([name, params, thing]) => ({ name, params, thing }));
}

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
  for (const { name, params, thing, body } of [...(await rowsOf(house)), ...(await housesOwn(house))])
    for (const as of ['client', 'client-2', 'trader-two'] as const) {
      const who = { ...house.sessions[as].principal, strong: true };
      const wanted = expected({ stage: 'open', who, name, thing });
      if (wanted === 'done' || wanted === 401) continue;
      const more = wanted === 403 ? { also: isRefusal } : {};
      found.push(
        asking(name, params, as, {
          ...{ status: wanted, code: REFUSALS[wanted], ...more },
          ...(body === undefined ? {} : { body }),
        }),
      );
    }
  const { rows } = await house.database.query<{ master: string }>(
    'SELECT master::text AS master FROM accounts.master_account WHERE client <> $1',
    [OWN_CLIENT],
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
