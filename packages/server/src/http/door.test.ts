import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { RouteName } from '@meridian/api';
import { declareProblems, type ProblemDocument, parseInstant } from '@meridian/base';
import { bindRoutes } from './contract.ts';
import type { Asking } from './endpoint.ts';
import { type Answer, ask, csrfOf, person, type ScratchDoor, sampleEndpoints, scratchDoor } from './scratch-door.fixture.ts';

const { problem } = declareProblems({
  TEST_REFUSED: {
    status: 422,
    title: { zh: '测试', en: 'Test' },
    detail: { zh: '第 {no} 次', en: 'Time {no}' },
    remedy: { zh: '无', en: 'None' },
  },
});

let door: ScratchDoor;
let calls: { name: RouteName; asking: Asking<RouteName> }[] = [];
let work: (asking: Asking<RouteName>) => Promise<never>;
const RISK = person('risk', ['risk']);
const KILL = { scope: 'firm', reason: 'drill', confirm: 'firm' };
const PREVIEW = { scope: 'firm', name: 'firm', orders: 1, children: 1, quantity: '1', asOf: [], engaged: true };

before(async () => {
  door = await scratchDoor({
    endpoints: sampleEndpoints(
      {
        'POST /v1/kill': { handle: (asking) => work(asking as Asking<RouteName>) },
        'GET /v1/accounts/{master}': {
          resource: async ({ params }) =>
            params.master === '9' ? undefined : { kind: 'account', id: params.master, client: BigInt(params.master) },
          handle: async ({ params }) => ({ body: { ...TREE, master: params.master } }),
        },
      },
      (name, asking) => calls.push({ name, asking }),
    ),
  });
});
after(() => door?.close());
beforeEach(() => {
  calls = [];
  work = async () => ({ body: PREVIEW }) as never;
});

const TREE = {
  ...{
    master: '1',
    client: '12345678901',
    token: 'CLIENT-TOKEN-0007',
    name: '张三',
    entity: '1',
    currency: 'CNY',
    state: 'open',
  },
  ...{
    jurisdiction: 'CN',
    equity: '1234567.89',
    requirement: null,
    ratioPpm: null,
    leveragePpm: null,
    subs: [],
    version: 1,
    asOf: null,
  },
} as const;

const documentOf = (answer: Answer) => JSON.parse(answer.body) as ProblemDocument & { trace: string };
const entries = async () =>
  (
    await door.scratch.database.query<{ actor: string; action: string; outcome: string; duty: string; target: string }>(
      'SELECT actor, action, outcome, duty, target FROM security.audit_entry ORDER BY no',
    )
  ).rows;

test('[DS-7] what a route cannot serve as declared stops the start', () => {
  const { 'GET /v1/house': _, ...missing } = sampleEndpoints();
  assert.throws(() => bindRoutes(missing as never), /GET \/v1\/house has no endpoint/);
  const route = { method: 'GET', path: '/v1/house', summary: { zh: '', en: '' }, tag: 'x' } as const;
  assert.throws(
    () => bindRoutes(sampleEndpoints(), [{ ...route, action: 'house.burn', answer: { type: 'object' } as never }]),
    /unknown action/,
  );
  const named = { ...route, path: '/v1/house/{room}', params: { type: 'object', properties: {}, additionalProperties: false } };
  assert.throws(
    () => bindRoutes({ 'GET /v1/house/{room}': { handle: async () => ({ body: {} }) } } as never, [named as never]),
    /GET \/v1\/house\/\{room\} does not say what it acts on/,
  );
  const open = { type: 'object', properties: { a: { type: 'object', properties: {} } }, additionalProperties: false };
  assert.throws(() => bindRoutes(sampleEndpoints(), [{ ...route, action: null, answer: open as never }]), /open at answer\.a/);
});

test('[DS-7] nobody signed in: 401 in the language asked for, with a trace, before anything else is read', async () => {
  const answer = await ask(door.port, 'GET', '/v1/orders?nonsense=1', { 'accept-language': 'zh-CN' });
  assert.equal(answer.status, 401);
  assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
  const { code, title, trace } = documentOf(answer);
  assert.deepEqual([code, title, trace], ['NOT_SIGNED_IN', '未登录', answer.headers['meridian-trace']]);
  assert.equal((await ask(door.port, 'POST', '/v1/kill', { origin: door.origin }, '{'.repeat(100))).status, 401);
});

test('[DS-7] a change needs origin, token and key, each by itself', async () => {
  const token = door.sessions.admit(RISK);
  const whole = door.change(token, 'risk');
  assert.equal((await ask(door.port, 'POST', '/v1/kill', whole, KILL)).status, 200);
  for (const [left, code] of [
    ['origin', 'ORIGIN_REFUSED'],
    ['x-csrf-token', 'CSRF_REFUSED'],
    ['idempotency-key', 'IDEMPOTENCY_KEY_NEEDED'],
  ] as const) {
    const { [left]: _, ...rest } = door.change(token, 'risk');
    assert.equal(documentOf(await ask(door.port, 'POST', '/v1/kill', rest, KILL)).code, code);
  }
  const { origin: _, ...own } = door.change(token, 'risk');
  assert.equal((await ask(door.port, 'POST', '/v1/kill', { ...own, 'sec-fetch-site': 'same-origin' }, KILL)).status, 200);
  assert.equal(
    (await ask(door.port, 'POST', '/v1/kill', { ...door.change(token, 'risk'), 'sec-fetch-site': 'cross-site' }, KILL)).status,
    403,
  );
});

test('the same change with the same key is done once; another content is refused; a refusal is the first answer, too', async () => {
  const token = door.sessions.admit(RISK);
  let no = 0;
  work = async () => ({ body: { ...PREVIEW, orders: ++no } }) as never;
  const headers = door.change(token, 'risk');
  const first = await ask(door.port, 'POST', '/v1/kill', headers, KILL);
  const again = await ask(door.port, 'POST', '/v1/kill', headers, KILL);
  assert.deepEqual(
    [again.status, JSON.parse(again.body), again.headers['idempotent-replayed']],
    [200, JSON.parse(first.body), 'true'],
  );
  assert.equal(
    documentOf(await ask(door.port, 'POST', '/v1/kill', headers, { ...KILL, reason: 'other' })).code,
    'IDEMPOTENCY_KEY_REUSED',
  );
  assert.equal(no, 1);

  work = async () => {
    throw problem('TEST_REFUSED', { no: ++no });
  };
  const refused = door.change(token, 'risk');
  assert.equal(documentOf(await ask(door.port, 'POST', '/v1/kill', refused, KILL)).detail, 'Time 2');
  assert.equal(documentOf(await ask(door.port, 'POST', '/v1/kill', refused, KILL)).detail, 'Time 2');

  // A fault of ours is no answer: the same key tries again.
  work = async () => {
    no++;
    if (no === 3) throw new Error('password is swordfish');
    return { body: PREVIEW } as never;
  };
  const faulty = door.change(token, 'risk');
  const fault = await ask(door.port, 'POST', '/v1/kill', faulty, KILL);
  assert.equal(fault.status, 500);
  assert.doesNotMatch(fault.body, /swordfish/);
  assert.equal((await ask(door.port, 'POST', '/v1/kill', faulty, KILL)).status, 200);
});

test('a change in flight is not done a second time meanwhile', async () => {
  const token = door.sessions.admit(RISK);
  let release: () => void = () => {};
  let arrived: () => void = () => {};
  const there = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  work = async () => {
    arrived();
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    return { body: PREVIEW } as never;
  };
  const headers = door.change(token, 'risk');
  const first = ask(door.port, 'POST', '/v1/kill', headers, KILL);
  await there;
  assert.equal(documentOf(await ask(door.port, 'POST', '/v1/kill', headers, KILL)).code, 'IDEMPOTENCY_IN_FLIGHT');
  release();
  assert.equal((await first).status, 200);
  assert.equal((await ask(door.port, 'POST', '/v1/kill', headers, KILL)).headers['idempotent-replayed'], 'true');
});

test('versioned things: 428 without If-Match, the version reaches the work, the ETag comes back', async () => {
  const token = door.sessions.admit(person('compliance', ['compliance']));
  const target = '/v1/approvals/some/decision';
  const headers = door.change(token, 'compliance');
  assert.equal(
    documentOf(await ask(door.port, 'POST', target, headers, { verdict: 'approve', reason: 'r' })).code,
    'VERSION_NEEDED',
  );
  assert.equal(
    (await ask(door.port, 'POST', target, { ...headers, 'if-match': 'W/"7"' }, { verdict: 'approve', reason: 'r' })).status,
    400,
  );
});

test('[DS-7] sensitive fields are masked to whoever is not cleared: by duty and by place', async () => {
  const at = async (principal: ReturnType<typeof person>, master = '1') => {
    const answer = await ask(door.port, 'GET', `/v1/accounts/${master}`, door.cookie(door.sessions.admit(principal)));
    return answer.status === 200 ? (JSON.parse(answer.body) as typeof TREE) : documentOf(answer).code;
  };
  const masked = { token: '****0007', client: '****8901', name: '张**', equity: '1e6..1e7', master: '****' };
  const pick = ({ token, client, name, equity, master }: typeof TREE) => ({ token, client, name, equity, master });
  assert.deepEqual(await at(person('clearing', ['clearing'])), TREE);
  assert.equal(await at(person('administrator', ['administrator'])), 'NO_BUSINESS_DATA');
  assert.equal(await at(person('abroad', ['trader'], { jurisdiction: 'HK' })), 'FROM_ABROAD');
  const abroad = person('client-hk', ['client'], { jurisdiction: 'HK', clients: [1n] });
  assert.deepEqual(await at(abroad), TREE, "a client's own data are its own wherever it is");
  assert.equal(await at(abroad, '2'), 'NO_SUCH_RESOURCE');
  assert.equal(await at(abroad, '9'), 'NO_SUCH_RESOURCE');
  const owner = await ask(
    door.port,
    'GET',
    '/v1/models/some',
    door.cookie(door.sessions.admit(person('owner', ['model-owner']))),
  );
  assert.match(owner.body, /"by":"\*\*\*\*"/);
  const { maskingOf } = await import('./answer.ts');
  const { AccountTree } = await import('@meridian/api');
  assert.deepEqual(pick(maskingOf(AccountTree as never)(TREE) as typeof TREE), masked);
});

test('an answer with a field that is not declared is a fault, and is not sent', async () => {
  work = async () => ({ body: { ...PREVIEW, secret: 'swordfish' } }) as never;
  const token = door.sessions.admit(RISK);
  const answer = await ask(door.port, 'POST', '/v1/kill', door.change(token, 'risk'), KILL);
  assert.equal(answer.status, 500);
  assert.doesNotMatch(answer.body, /swordfish/);
});

test('[DS-7] every change and every sensitive read stands in the audit log with its outcome, refusals as well', async () => {
  const before = (await entries()).length;
  const auditor = door.sessions.admit(person('auditor', ['auditor']));
  await ask(door.port, 'GET', '/v1/audit', door.cookie(auditor));
  await ask(door.port, 'GET', '/v1/orders', door.cookie(auditor));
  await ask(door.port, 'POST', '/v1/kill', door.change(auditor, 'auditor'), KILL);
  await ask(door.port, 'POST', '/v1/kill', door.change(door.sessions.admit(RISK), 'risk'), KILL);
  assert.deepEqual(
    (await entries()).slice(before).map(({ actor, duty, action, outcome }) => [actor, duty, action, outcome]),
    [
      ['auditor', 'auditor', 'audit.read', 'done'],
      ['auditor', 'auditor', 'kill.engage', 'refused: DUTY_NOT_PERMITTED'],
      ['risk', 'risk', 'kill.engage', 'done'],
    ],
  );
  assert.equal((await door.audit.verify()).fault, undefined);
});

test('[DS-10] on the way of signing in nothing but the next step is open', async () => {
  const token = door.sessions.begin('late', 'second-factor');
  const headers = { cookie: `meridian=${token}`, origin: door.origin, 'x-csrf-token': csrfOf('session-late') };
  assert.equal(documentOf(await ask(door.port, 'GET', '/v1/orders', headers)).code, 'SIGN_IN_UNFINISHED');
  assert.equal((await ask(door.port, 'GET', '/v1/session', headers)).status, 200);
  assert.equal(
    (await ask(door.port, 'POST', '/v1/session/second-factor', headers, { kind: 'totp', code: '123456' })).status,
    200,
  );
});

test('pages are ours alone: policy, no store, no CORS, no frame', async () => {
  const { headers } = await ask(door.port, 'GET', '/v1/openapi.json', { origin: 'https://evil.example' });
  assert.equal(
    headers['content-security-policy'],
    "default-src 'none';script-src 'self';style-src 'self';connect-src 'self';img-src 'self' data:;font-src 'self';frame-ancestors 'none';base-uri 'none';form-action 'self'",
  );
  assert.deepEqual(
    [
      'cache-control',
      'x-frame-options',
      'cross-origin-opener-policy',
      'cross-origin-resource-policy',
      'access-control-allow-origin',
      'strict-transport-security',
    ].map((name) => headers[name]),
    ['no-store', 'DENY', 'same-origin', 'same-origin', undefined, undefined],
  );
});

test('too many requests of one user, and of one address, are turned away with the time to wait', async () => {
  const small = await scratchDoor({ limits: { perAddress: 30, perUser: 5, signIns: 2 } });
  try {
    const cookie = small.cookie(small.sessions.admit(RISK));
    const codes: number[] = [];
    for (let i = 0; i < 7; i++) codes.push((await ask(small.port, 'GET', '/v1/house', cookie)).status);
    assert.deepEqual(codes, [200, 200, 200, 200, 200, 429, 429]);
    const signIn = () =>
      ask(
        small.port,
        'POST',
        '/v1/session',
        { origin: small.origin, 'x-forwarded-for': `10.0.0.${Math.random()}` },
        { user: 'a', password: 'b' },
      );
    assert.deepEqual([(await signIn()).status, (await signIn()).status, (await signIn()).status], [200, 200, 429]);
    for (let i = 0; i < 30; i++) await ask(small.port, 'GET', '/v1/openapi.json');
    const turned = await ask(small.port, 'GET', '/health');
    assert.deepEqual([turned.status, Number(turned.headers['retry-after']) > 0], [429, true]);
  } finally {
    await small.close();
  }
});

test('an answer says when it was read by both clocks, which a demo keeps apart', async () => {
  const BUSINESS = parseInstant('2013-10-07T14:00:00Z');
  const demo = await scratchDoor({ businessNow: () => BUSINESS });
  try {
    const token = demo.sessions.admit(RISK);
    const from = Date.now();
    const answers = [
      await ask(demo.port, 'GET', '/v1/house', demo.cookie(token)),
      await ask(demo.port, 'GET', '/v1/accounts', demo.cookie(token)),
      await ask(demo.port, 'POST', '/v1/kill', demo.change(token, 'risk'), KILL),
    ];
    for (const { status, headers } of answers) {
      assert.equal(status, 200);
      assert.equal(headers['meridian-business-time'], '2013-10-07T14:00:00.000Z');
      const wall = Date.parse(String(headers['meridian-wall-time']));
      assert.ok(wall >= from && wall <= Date.now(), String(headers['meridian-wall-time']));
    }
  } finally {
    await demo.close();
  }
});
