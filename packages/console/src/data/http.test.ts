import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { fillPath, request, setCsrfToken, whenSignedOut } from './http.ts';
import { Refusal } from './problem.ts';

const sent: { url: string; init: RequestInit }[] = [];
let answer: () => Response | Promise<Response>;

beforeEach(() => {
  sent.length = 0;
  answer = () => Response.json({ ok: true }, { headers: { etag: '"7"' } });
  mock.method(globalThis, 'fetch', async (url: string, init: RequestInit) => {
    sent.push({ url, init });
    return answer();
  });
});
afterEach(() => {
  mock.restoreAll();
  setCsrfToken(null);
  whenSignedOut(() => {});
});
const headers = () => sent.at(-1)?.init.headers as Headers;
const refused = async (work: Promise<unknown>): Promise<Refusal> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof Refusal) return error;
  }
  return assert.fail('not refused');
};

test('braces of a path are filled with escaped values, a missing one is a fault, absent query values are left out', () => {
  assert.equal(
    fillPath('/v1/orders/{market}/{order}', { market: 'XNYS', order: 'a/b' }, { q: 'x y', none: undefined, n: 0 }),
    '/v1/orders/XNYS/a%2Fb?q=x+y&n=0',
  );
  assert.throws(() => fillPath('/v1/orders/{order}'), TypeError);
});

test('reading carries neither key nor token; a change carries both, and the ETag it was made upon', async () => {
  setCsrfToken('token');
  const { body, etag } = await request<{ ok: boolean }>('GET', '/v1/house');
  assert.deepEqual([body.ok, etag], [true, '"7"']);
  assert.deepEqual([headers().get('idempotency-key'), headers().get('x-csrf-token')], [null, null]);
  await request('PUT', '/v1/limits/7', { body: { limit: '1' }, etag: '"7"' });
  assert.match(headers().get('idempotency-key') ?? '', /^[0-9a-f-]{36}$/);
  assert.deepEqual([headers().get('x-csrf-token'), headers().get('if-match')], ['token', '"7"']);
});

test('each change has its own key, and a retry may give the first one again', async () => {
  await request('POST', '/v1/orders', { body: {} });
  const first = headers().get('idempotency-key');
  await request('POST', '/v1/orders', { body: {} });
  assert.notEqual(headers().get('idempotency-key'), first);
  await request('POST', '/v1/orders', { body: {}, idempotencyKey: first as string });
  assert.equal(headers().get('idempotency-key'), first);
});

test('a refusal is the house’s problem document as it stands', async () => {
  const problem = {
    type: '',
    code: 'LIMIT_EXCEEDED',
    title: '超限',
    status: 422,
    detail: '…',
    remedy: '…',
    params: { fits: '1700' },
    trace: 't',
  };
  answer = () => Response.json(problem, { status: 422, headers: { 'content-type': 'application/problem+json' } });
  assert.deepEqual((await refused(request('POST', '/v1/orders', { body: {} }))).problem, problem);
});

test('silence is told apart from refusal: the outcome is unknown', async () => {
  answer = () => Promise.reject(new TypeError('fetch failed'));
  const { problem } = await refused(request('POST', '/v1/orders', { body: {} }));
  assert.deepEqual([problem.code, problem.status], ['HOUSE_UNREACHABLE', 0]);
});

test('an answer that is no problem document is not passed off as one', async () => {
  answer = () => new Response('<html>bad gateway</html>', { status: 502 });
  const { problem } = await refused(request('GET', '/v1/house'));
  assert.deepEqual([problem.code, problem.status], ['ANSWER_UNREADABLE', 502]);
  answer = () => Response.json({ message: 'no' }, { status: 500 });
  assert.equal((await refused(request('GET', '/v1/house'))).problem.code, 'ANSWER_UNREADABLE');
});

test('the end of a session is told once to whoever keeps it', async () => {
  let ended = 0;
  whenSignedOut(() => {
    ended += 1;
  });
  answer = () =>
    Response.json(
      { type: '', code: 'SIGNED_OUT', title: '', status: 401, detail: '', remedy: '', params: {} },
      { status: 401 },
    );
  await refused(request('GET', '/v1/house'));
  assert.equal(ended, 1);
});
