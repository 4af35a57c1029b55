import assert from 'node:assert/strict';
import { oneTimeCode, stepNow } from '../one-time-code.fixture.ts';
import { type HostileHouse, type OpenSession, PASSWORD, type UserName } from './house.fixture.ts';
import { type Hostile, MARK, type Said, send } from './input.fixture.ts';

/** What was good once, or for somebody else, or for something else. */

const NOT_SIGNED_IN = { status: 401, code: 'NOT_SIGNED_IN' };
const KILL = { scope: 'firm', reason: 'drill', confirm: 'firm' };

const kill = (what: string, key: string, more: Partial<Hostile> = {}): Hostile => ({
  ...{ what, method: 'POST', target: '/v1/kill', as: 'risk', body: KILL, headers: { 'idempotency-key': key } },
  ...{ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' },
  ...more,
});

/** One answer that must be good, for what comes after. */
async function good(house: HostileHouse, input: Partial<Hostile>, status = 200): Promise<Said> {
  const said = await send(house, { what: 'good', status, code: undefined, ...input });
  assert.equal(said.status, status, said.body.slice(0, 200));
  return said;
}

const READ = [
  '/v1/house',
  '/v1/accounts',
  '/v1/contracts',
  '/v1/audit',
  '/v1/session',
  '/v1/sessions',
  '/v1/orders',
  '/v1/reports',
];

async function endedSessions(house: HostileHouse): Promise<Hostile[]> {
  const ended = await house.signIn('auditor');
  await good(house, { method: 'DELETE', target: '/v1/session', headers: headersOf(house, ended) });
  const revoked = await house.signIn('auditor');
  await house.directory.revokeSession(revoked.principal.session, { user: 'auditor', duty: 'auditor' });
  const twice: Hostile = {
    ...{
      what: 'signed out twice',
      method: 'DELETE',
      target: '/v1/session',
      headers: headersOf(house, ended),
      ...NOT_SIGNED_IN,
    },
  };
  return [
    ...[ended, revoked].flatMap((session, i) =>
      READ.map(
        (target): Hostile => ({
          ...{
            what: `${target} by a session that was ${i === 0 ? 'left' : 'revoked'}`,
            target,
            headers: { cookie: session.cookie },
          },
          ...NOT_SIGNED_IN,
        }),
      ),
    ),
    twice,
    kill('a change by a session that was left', 'left-session-key', { headers: headersOf(house, ended), ...NOT_SIGNED_IN }),
  ];
}

const headersOf = (house: HostileHouse, { cookie, csrf }: OpenSession) => ({
  ...{ cookie, 'x-csrf-token': csrf, origin: house.origin, 'idempotency-key': house.newKey() },
});

/** Money moved once must not move again: the key is of who asked, for what, and where. */
async function keysAgain(house: HostileHouse): Promise<Hostile[]> {
  const key = 'replayed-key-1';
  const MOVE = { kind: 'transfer', from: '11', to: '12', currency: 'CNY', amount: '1.00', reason: 'reserve' };
  const move = (what: string, more: Partial<Hostile> = {}): Hostile => ({
    ...{ what, method: 'POST', target: '/v1/transfers', as: 'clearing', body: MOVE, headers: { 'idempotency-key': key } },
    ...{ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' },
    ...more,
  });
  await good(house, move('first'), 201);
  const isFirst = ({ headers }: Said) => assert.equal(headers['idempotent-replayed'], undefined, 'another user’s answer');
  const isAgain = ({ headers }: Said) => assert.equal(headers['idempotent-replayed'], 'true');
  const { reason: _, ...less } = MOVE;
  const { rows } = await house.database.query<{ id: string }>('SELECT batch AS id FROM clearing.batch LIMIT 1');
  return [
    move('the key with another reason', { body: { ...MOVE, reason: MARK } }),
    move('the key with another amount', { body: { ...MOVE, amount: '1000.00' } }),
    move('the key with another account', { body: { ...MOVE, from: '31', to: '32' } }),
    move('the key with a member less', { body: less }),
    move('the same once more is not done again', { status: 201, code: undefined, also: isAgain }),
    move("another user's key is their own", { as: 'clearing-2', status: 201, code: undefined, also: isFirst }),
    move('the key on another route', {
      ...{ target: `/v1/batches/${rows[0]?.id}/run`, body: { fromStep: 1, reason: 'x' } },
      ...{ status: 202, code: undefined, also: isFirst },
    }),
  ];
}

async function cursorsElsewhere(house: HostileHouse): Promise<Hostile[]> {
  const refused = { status: 400, code: 'CURSOR_REFUSED' };
  const nextOf = async (as: UserName, target: string) =>
    (JSON.parse((await good(house, { as, target })).body) as { next: string | null }).next ?? '';
  const cursor = await nextOf('auditor', '/v1/accounts?limit=1');
  const ofAudit = await nextOf('auditor', '/v1/audit?limit=1');
  assert.ok(cursor.length > 24 && ofAudit.length > 24);
  const at = (what: string, target: string, as: UserName = 'auditor'): Hostile => ({ what, target, as, ...refused });
  const flipped = [0, 5, 20, 22, 23, 30, cursor.length - 1].map((i) => {
    const letter = cursor[i] === 'A' ? 'B' : 'A';
    return at(`a cursor changed at ${i}`, `/v1/accounts?cursor=${cursor.slice(0, i)}${letter}${cursor.slice(i + 1)}`);
  });
  const madeUp = [
    'x',
    'A'.repeat(24),
    'A'.repeat(400),
    '....',
    `${cursor}A`,
    cursor.slice(0, -1),
    cursor.slice(4),
    `${cursor}%3d`,
    '%20',
  ];
  return [
    ...['trader', 'clearing', 'trader-two'].map((as) =>
      at(`a cursor of another user, by ${as}`, `/v1/accounts?cursor=${cursor}`, as as UserName),
    ),
    ...[
      '/v1/contracts',
      '/v1/transfers',
      '/v1/limits',
      '/v1/reports',
      '/v1/batches',
      '/v1/ledger/journals',
      '/v1/audit',
      '/v1/mails',
    ].map((target) => at(`a cursor of another route on ${target}`, `${target}?cursor=${cursor}`)),
    at('a cursor of another query', `/v1/accounts?client=1&cursor=${cursor}`),
    at('a cursor of the audit log on accounts', `/v1/accounts?cursor=${ofAudit}`),
    at('a cursor of the audit log with another filter', `/v1/audit?actor=risk&cursor=${ofAudit}`),
    ...flipped,
    ...madeUp.map((text) => at(`a cursor made up: ${text.slice(0, 12)}${text.length}`, `/v1/accounts?cursor=${text}`)),
  ];
}

async function tokensElsewhere(house: HostileHouse): Promise<Hostile[]> {
  const forged = { status: 403, code: 'CSRF_REFUSED' };
  const another = await house.signIn('risk');
  return [
    ...(['trader', 'auditor', 'client'] as const).map((other) =>
      kill(`the token of ${other}`, house.newKey(), { ...forged, headers: { 'x-csrf-token': house.sessions[other].csrf } }),
    ),
    kill('the token of another session of one’s own', house.newKey(), { ...forged, headers: { 'x-csrf-token': another.csrf } }),
    kill('the session instead of the token', house.newKey(), {
      ...forged,
      headers: { 'x-csrf-token': house.sessions.risk.token },
    }),
  ];
}

async function stepsAgain(house: HostileHouse): Promise<Hostile[]> {
  const by = { maker: 'administrator-1', checker: 'administrator-2' };
  const user = { name: 'twofold', title: { zh: '用户', en: 'User' }, duties: ['risk' as const], jurisdictions: ['CN'] };
  await house.directory.create({ ...user, clients: [], entities: [1n] }, by, { password: PASSWORD });
  const arrival = { user: 'twofold', password: PASSWORD, address: '127.0.0.1' };
  const first = await house.directory.signIn(arrival);
  const { secret } = await house.directory.beginTotp(first.token);
  const code = oneTimeCode(secret, stepNow());
  const enrolled = await house.directory.confirmTotp(first.token, code);
  const [recovery = ''] = enrolled.recoveryCodes ?? [];
  const begin = async () => {
    const { token, session } = await house.directory.signIn(arrival);
    return { token, session, headers: { cookie: `meridian=${token}`, 'x-csrf-token': house.directory.csrfToken(session.id) } };
  };
  const used = await begin();
  await house.directory.secondFactor(used.token, { kind: 'recovery', code: recovery });
  const late = await begin();
  const step = (what: string, body: object, headers: Hostile['headers'] & {}, more: Partial<Hostile>): Hostile => ({
    ...{ what, method: 'POST', target: '/v1/session/second-factor', body, headers },
    ...{ status: 401, code: 'SECOND_FACTOR_REFUSED' },
    ...more,
  });
  const unfinished = READ.filter((target) => target !== '/v1/session').map(
    (target): Hostile => ({
      ...{ what: `${target} before the second factor`, target, headers: { cookie: late.headers.cookie } },
      ...{ status: 403, code: 'SIGN_IN_UNFINISHED' },
    }),
  );
  return [
    ...unfinished,
    step('a code that was used to enrol', { kind: 'totp', code }, late.headers, {}),
    step('a recovery code that was used', { kind: 'recovery', code: recovery }, late.headers, {}),
    step('the session before the step', { kind: 'totp', code: '000000' }, used.headers, NOT_SIGNED_IN),
    {
      what: 'the token from before enrolling',
      target: '/v1/house',
      headers: { cookie: `meridian=${first.token}` },
      ...NOT_SIGNED_IN,
    },
    step('a step without a session', { kind: 'totp', code }, {}, NOT_SIGNED_IN),
    {
      ...{ what: 'a password that is wrong', method: 'POST', target: '/v1/session', status: 401, code: 'SIGN_IN_REFUSED' },
      body: { user: 'trader', password: `${MARK}${MARK}` },
    },
    {
      ...{ what: 'a user that is not there', method: 'POST', target: '/v1/session', status: 401, code: 'SIGN_IN_REFUSED' },
      body: { user: MARK, password: PASSWORD },
    },
    {
      ...{
        what: 'a place that is not the user’s',
        method: 'POST',
        target: '/v1/session',
        status: 403,
        code: 'JURISDICTION_REFUSED',
      },
      body: { user: 'trader', password: PASSWORD, jurisdiction: 'US' },
    },
  ];
}

/** A session that somebody else planted is not the one that signing in opens. */
async function fixation(house: HostileHouse): Promise<Hostile[]> {
  const planted = 'A'.repeat(43);
  const { headers } = await good(house, {
    ...{ method: 'POST', target: '/v1/session', body: { user: 'trader', password: PASSWORD } },
    headers: { cookie: `meridian=${planted}` },
  });
  const [set = ''] = headers['set-cookie'] ?? [];
  assert.match(set, /^meridian=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
  assert.ok(!set.includes(planted));
  return [{ what: 'a planted session', target: '/v1/house', headers: { cookie: `meridian=${planted}` }, ...NOT_SIGNED_IN }];
}

export const replays = async (house: HostileHouse): Promise<Hostile[]> => [
  ...(await endedSessions(house)),
  ...(await keysAgain(house)),
  ...(await cursorsElsewhere(house)),
  ...(await tokensElsewhere(house)),
  ...(await stepsAgain(house)),
  ...(await fixation(house)),
];
