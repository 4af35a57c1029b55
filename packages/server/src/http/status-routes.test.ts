import '../rooms.ts';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem, type ProblemDocument, silentLogger } from '@meridian/base';
import { ask, raw, STATUS } from './scratch-door.fixture.ts';
import { openShell, type Shell } from './shell.ts';
import type { StatusSource } from './status-routes.ts';

let shell: Shell;
let port: number;
let ready = true;
let asked = 0;
before(async () => {
  const source = {
    status: async () => {
      asked++;
      return STATUS;
    },
    ready: async () => ready,
  };
  shell = await openShell({ status: source, logger: silentLogger });
  port = await shell.listen(0);
});
after(() => shell?.app.close());

async function serve(status: StatusSource, at: number) {
  const other = await openShell({ status, logger: silentLogger });
  return { at: await other.listen(at), close: () => other.app.close() };
}

const get = (path: string) => ask(port, 'GET', path);
/** The status line; '' when the connection just ends. */
const statusLine = async (bytes: string) => (await raw(port, bytes)).split('\r\n')[0] ?? '';

test('what there is to ask is answered, with headers that keep browsers out', async () => {
  const status = await get('/v1/status');
  assert.deepEqual([status.status, JSON.parse(status.body)], [200, STATUS]);
  assert.equal(status.headers['x-content-type-options'], 'nosniff');
  assert.equal(status.headers['cache-control'], 'no-store');
  assert.match(String(status.headers['content-security-policy']), /default-src 'none'/);
  assert.equal(status.headers['access-control-allow-origin'], undefined);
  assert.equal((await get('/health')).status, 200);
  assert.equal((await get('/ready')).status, 200);
  ready = false;
  assert.equal((await get('/ready')).status, 503);
  ready = true;
  const metrics = await get('/metrics');
  assert.match(metrics.body, /^meridian_node_seq\{market="ARCX"\} 7$/m);
  assert.match(metrics.body, /^meridian_accounts_lag\{market="ARCX"\} 2$/m);
});

test('bad input: each is refused with its documented status and a problem document in the language asked for', async () => {
  const before = asked;
  const json = { 'content-type': 'application/json' };
  const cases: [number, string, string, { method?: string; headers?: Record<string, string> }, string?][] = [
    [403, 'FOREIGN_HOST', '/v1/status', { headers: { host: 'evil.example' } }],
    [403, 'FOREIGN_HOST', '/v1/status', { headers: { host: 'localhost.evil.example:80' } }],
    [403, 'FOREIGN_HOST', '/v1/status', { headers: { host: '127.0.0.1@evil.example' } }],
    [405, 'METHOD_NOT_ALLOWED', '/v1/status', { method: 'POST', headers: json }, '{}'],
    [405, 'METHOD_NOT_ALLOWED', '/v1/status', { method: 'POST', headers: json }, '['.repeat(100_000)],
    [405, 'METHOD_NOT_ALLOWED', '/v1/status', { method: 'PUT', headers: json }, `"${'x'.repeat(1 << 20)}"`],
    [405, 'METHOD_NOT_ALLOWED', '/v1/status', { method: 'DELETE' }],
    [405, 'METHOD_NOT_ALLOWED', '/v1/status', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }],
    [404, 'NO_SUCH_RESOURCE', '/', {}],
    [404, 'NO_SUCH_RESOURCE', '/v1/orders', {}],
    [404, 'NO_SUCH_RESOURCE', '/v1/status/../../etc/passwd', {}],
    [404, 'NO_SUCH_RESOURCE', '/%2e%2e/%2e%2e/etc/passwd', {}],
    [404, 'NO_SUCH_RESOURCE', `/${'a'.repeat(8_000)}`, {}],
    [400, 'PATH_REFUSED', '/%zz', {}],
  ];
  for (const [status, code, path, options, body] of cases) {
    for (const language of ['en', 'zh']) {
      const headers = { ...options.headers, 'accept-language': language };
      const answer = await ask(port, options.method ?? 'GET', path, headers, body);
      const what = `${options.method ?? 'GET'} ${path.slice(0, 40)} ${JSON.stringify(options.headers ?? {})}: ${answer.body.slice(0, 300)}`;
      assert.equal(answer.status, status, what);
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/, what);
      const document = JSON.parse(answer.body) as ProblemDocument;
      assert.equal(document.status, status);
      assert.ok(answer.body.length < 1_000, 'what was sent does not come back');
      assert.equal(document.code, code, what);
      assert.equal(/\p{Script=Han}/u.test(document.title), language === 'zh');
    }
  }
  assert.equal(asked, before, 'nothing refused was looked up');
});

test('bad input: huge headers, long URLs, smuggled and broken requests get a 4xx or no answer, never a 5xx', async () => {
  const head = 'Host: 127.0.0.1\r\n';
  const cases: [string, RegExp][] = [
    [`GET /v1/status HTTP/1.1\r\n${head}X-Filler: ${'x'.repeat(100_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [`GET /${'a'.repeat(100_000)} HTTP/1.1\r\n${head}\r\n`, /^HTTP\/1\.1 (414|431) /],
    [`GET /v1/status HTTP/1.1\r\n${head}${'A: b\r\n'.repeat(5_000)}\r\n`, /^HTTP\/1\.1 4\d\d /],
    [
      `POST /v1/status HTTP/1.1\r\n${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 4\d\d /,
    ],
    [`GET /v1/status HTTP/1.1\r\n\r\n`, /^HTTP\/1\.1 4\d\d /],
    [`GET /v1/status HTTP/1.1\r\n${head}Host: evil.example\r\n\r\n`, /^HTTP\/1\.1 4\d\d |^$/],
    [`GET /v1/status HTTP/9.9\r\n${head}\r\n`, /^HTTP\/1\.1 [45]0[05] |^$/],
    ['\u0016\u0003\u0001 this is TLS', /^HTTP\/1\.1 400 |^$/],
    [`GET /v1/status HTTP/1.1\r\n${head}Bad\u0000Header: x\r\n\r\n`, /^HTTP\/1\.1 400 |^$/],
    [`CONNECT 127.0.0.1:1 HTTP/1.1\r\n${head}\r\n`, /^HTTP\/1\.1 4\d\d |^$/],
    [`GET /v1/status HTTP/1.1\r\n${head}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, /^HTTP\/1\.1 (200|4\d\d) /],
  ];
  for (const [bytes, expected] of cases) assert.match(await statusLine(bytes), expected, bytes.slice(0, 120));
  assert.equal((await get('/health')).status, 200, 'it goes on answering');
});

test('a fault behind it is a 500 that tells nothing', async () => {
  const broken = await serve(
    {
      status: async () => {
        throw new Error('password is swordfish');
      },
      ready: async () => false,
    },
    0,
  );
  try {
    const answer = await ask(broken.at, 'GET', '/v1/status');
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.body, /swordfish/);
  } finally {
    await broken.close();
  }
});

test('bad input: a port in use is named by a problem', async () => {
  await assert.rejects(
    serve({ status: async () => STATUS, ready: async () => true }, port),
    (error) => isProblem(error, 'PORT_IN_USE') && error.params['port'] === port,
  );
});
