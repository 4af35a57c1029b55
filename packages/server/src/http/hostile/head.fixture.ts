import { type Hostile, MARK } from './input.fixture.ts';

/** Everything wrong that may stand before a body: paths, headers, cookies, and where one request ends. */

const PATH = { status: 400, code: 'PATH_REFUSED' };
const ABSENT = { status: 404, code: 'NO_SUCH_RESOURCE' };
const MALFORMED = { status: 400, code: 'REQUEST_MALFORMED' };

export const paths = (): Hostile[] => {
  const at = (target: string, more: Partial<Hostile>): Hostile => ({
    ...{ what: `path ${target.slice(0, 60)}`, as: 'auditor', target },
    ...ABSENT,
    ...more,
  });
  const absent = [
    ...[
      '/v1/../etc/passwd',
      '/v1/orders/../../etc/passwd',
      '/../../etc/passwd',
      '/%2e%2e/%2e%2e/etc/passwd',
      '/v1/%2e%2e/house',
    ],
    ...[
      '//v1/house',
      '/v1//house',
      '/v1/house/',
      '/v1/house//',
      '/v1/./house',
      '/V1/house',
      '/v1/House',
      '/v1/HOUSE',
      '/v1/house;x=1',
    ],
    ...['/v1/house.json', '/v1/house%20', '/v1/house/%20', '/v1', '/v1/', '/v2/house', '/', '/.git/config', '/.env', '/admin'],
    ...['/v1/orders/XNYS', '/v1/orders/XNYS/1/2', '/v1/accounts/1/2', '/v1/users/risk', '/wp-login.php', '/server-status'],
    ...['/%2e/v1/house', '/v1/house:', '/v1/{master}', '/v1/%68ouse/x', '/v1/openapi.json/'],
    ...['/v1/kill/preview/', '/v1/approvals//decision', '/v1/sessions//', '/v1/log/XNYS', '/metrics/', '/health/x'],
  ];
  const refused = [
    ...['/v1/accounts/%00', '/v1/accounts/1%00', '/v1/accounts/1%2f2', '/v1/accounts/1%2F..%2F2', '/v1/accounts/..%5c1'],
    ...['/v1/accounts/%252e%252e', '/v1/accounts/%', '/v1/accounts/%zz', '/v1/accounts/%e0%80', '/v1/accounts/%c0%af'],
    ...['/v1/accounts/%ff', '/v1/house%00', '/%', '/v1\\house', '/v1/accounts/1\\..\\2', '/v1/accounts/%u0031'],
    ...[
      `/v1/accounts/${'1'.repeat(201)}`,
      `/${'a'.repeat(8_300)}`,
      '/v1/accounts/%2e%2e',
      '/v1/accounts/',
      '/v1/reports//content',
      '/v1/trace//',
      '/v1/accounts/..;',
      '/v1/accounts/1;a=b',
    ],
  ];
  const methods = [
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'SEARCH',
    'PURGE',
    'LOCK',
    'MKCOL',
    'QUERY',
    'POST',
  ];
  return [
    ...absent.map((target) => at(target, {})),
    ...refused.map((target) => at(target, PATH)),
    ...methods.map((method) =>
      at('/v1/house', { what: `${method} /v1/house`, method, status: 405, code: 'METHOD_NOT_ALLOWED' }),
    ),
    ...['/v1/orders', '/v1/kill', '/v1/session', '/v1/openapi.json', '/health', '/metrics', '/v1/stream'].map((target) =>
      at(target, { what: `PATCH ${target}`, method: 'PATCH', status: 405, code: 'METHOD_NOT_ALLOWED' }),
    ),
  ];
};

export const headers = (): Hostile[] => {
  const over = (what: string, headers: Hostile['headers'] & {}, more: Partial<Hostile>): Hostile => ({
    ...{ what, as: 'auditor', target: '/v1/house', headers, status: 400, code: 'HEADER_REFUSED' },
    ...more,
  });
  const foreign = { status: 403, code: 'FOREIGN_HOST' };
  const hosts = [
    ...[
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '127.0.0.1@evil.example',
      'evil.example:80',
      '0.0.0.0',
    ],
    ...[
      '127.0.0.2',
      '169.254.169.254',
      '127.1',
      '2130706433',
      '0x7f000001',
      '[::]',
      '[::ffff:127.0.0.1]',
      'localhost.',
      'LOCALHOST',
    ],
    ...['localhost:123456', 'localhost:80:80', 'localhost:', 'localhost/', 'localhost#', 'user@localhost', ' ', '*', `${MARK}`],
    ...['127.0.0.1, evil.example', '127.0.0.1 evil.example', '127.0.0.1x', 'xn--localhost', 'meridian'],
  ];
  const once = [
    'origin',

    'x-csrf-token',
    'idempotency-key',
    'if-match',
    'sec-fetch-site',
    'accept-language',
    'range',
  ];
  const harmless = {
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'https',
    forwarded: 'for=1.2.3.4;host=evil.example',
    'x-original-url': '/v1/audit',
    'x-rewrite-url': '/v1/audit',
    'x-real-ip': '127.0.0.1',
    'x-user': 'risk',
    'x-request-id': `${MARK}`,
    authorization: 'Bearer x',
    range: 'bytes=0-0',
    'accept-encoding': 'gzip;q=0, *',
    'accept-language': `zh-${MARK}, en;q=9`,
  };
  const overridden = ['x-http-method-override', 'x-method-override', 'x-http-method'];
  return [
    ...hosts.map((host) => over(`Host ${host}`, { host }, foreign)),
    over('no Host', { host: null }, foreign),
    ...hosts.slice(0, 3).map((host) => over(`Host ${host} on the stream`, { host }, { ...foreign, target: '/v1/stream' })),
    ...hosts.slice(0, 3).map((host) => over(`Host ${host} on the status`, { host }, { ...foreign, target: '/v1/status' })),
    ...['127.0.0.1', '10.0.0.1', '1.2.3.4, 127.0.0.1'].map((address) =>
      over(`X-Forwarded-For ${address} says nothing`, { 'x-forwarded-for': address }, { status: 200, code: undefined }),
    ),
    ...Object.entries(harmless).map(([name, value]) =>
      over(`${name} says nothing`, { [name]: value }, { status: 200, code: undefined }),
    ),
    ...overridden.map((name) =>
      over(`${name} makes no other method`, { [name]: 'DELETE' }, { target: '/v1/session', status: 200, code: undefined }),
    ),
    ...once.map((name) => over(`${name} twice`, { [name]: ['a', 'b'] }, {})),
    over('65 headers', Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`x-${i}`, '1'])), TOO_LARGE),
    over('300 headers', Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`y-${i}`, '1'])), TOO_LARGE),
    over('a header of 17 KB', { 'x-filler': MARK.repeat(2_500) }, TOO_LARGE),
    over('a cookie of 20 KB', { cookie: `meridian=${'x'.repeat(20_000)}` }, TOO_LARGE),
    ...['W/"7"', '*', '7', '"7", "8"', '""', '"a b"', `"${'x'.repeat(65)}"`, "'7'"].map((tag) =>
      over(`If-Match ${tag.slice(0, 12)}`, { 'if-match': tag }, {}),
    ),
    ...['', 'short', 'x'.repeat(101), 'with blanks', "a'; DROP TABLE--", '????-????', '../../../x'].map((key) =>
      over(
        `Idempotency-Key ${key.slice(0, 20)}`,
        { 'idempotency-key': key },
        {
          ...{ method: 'POST', target: '/v1/kill', body: { scope: 'firm', reason: 'drill' }, as: 'risk' },
          code: 'IDEMPOTENCY_KEY_NEEDED',
        },
      ),
    ),
    over(
      'no If-Match where one is needed',
      { 'if-match': null },
      {
        ...{ as: 'risk', method: 'PUT', target: '/v1/limits/1', body: { limit: '1', reason: 'x' } },
        ...{ status: 428, code: 'VERSION_NEEDED' },
      },
    ),
    ...['websocket', 'h2c', 'HTTP/2.0', 'TLS/1.0', MARK].map((upgrade) =>
      over(`Upgrade: ${upgrade} elsewhere`, { upgrade, connection: 'close' }, { status: 200, code: undefined }),
    ),
  ];
};

const TOO_LARGE = { status: 431, code: 'HEADERS_TOO_LARGE' };

/** Bytes: where two readers would see two different requests, and what is no HTTP at all. */
export const smuggling = (): Hostile[] => {
  const bytes = (what: string, raw: string, more: Partial<Hostile> = MALFORMED): Hostile => ({
    ...{ what, raw, as: 'auditor', ...MALFORMED },
    ...more,
  });
  const get = 'GET /v1/house HTTP/1.1\r\n';
  const post = 'POST /v1/kill HTTP/1.1\r\nHOSTCOOKIEContent-Type: application/json\r\n';
  const header = { status: 400, code: 'HEADER_REFUSED' };
  return [
    bytes('length and chunks', `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    bytes('chunks and length', `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`),
    bytes('two lengths', `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x`),
    bytes('two equal lengths', `${post}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`),
    bytes('a list of lengths', `${post}Content-Length: 2, 2\r\n\r\n{}`),
    bytes('a length below nothing', `${post}Content-Length: -1\r\n\r\n{}`),
    bytes('a length with a sign', `${post}Content-Length: +2\r\n\r\n{}`),
    bytes('a length in hex', `${post}Content-Length: 0x2\r\n\r\n{}`),
    bytes('a length beyond every number', `${post}Content-Length: 99999999999999999999\r\n\r\n{}`),
    bytes('a length with a blank inside', `${post}Content-Length: 1 2\r\n\r\n{}`),
    bytes('a header name with a blank before the colon', `${post}Content-Length : 2\r\n\r\n{}`),
    bytes('chunked twice', `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
    bytes('two cookie lines', `${get}HOSTCOOKIECOOKIE\r\n`, header),
    bytes('a coding nobody knows', `${post}Transfer-Encoding: ${MARK}\r\n\r\n0\r\n\r\n`),
    bytes('chunked, then identity', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`),
    bytes('xchunked', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`),
    bytes('a vertical tab before chunked', `${post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`),
    bytes('a folded header', `${get}HOSTCOOKIEX-A: 1\r\n 2\r\n\r\n`),
    bytes('a folded coding', `${post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`),
    bytes('a chunk size that is none', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`),
    bytes('a chunk size below nothing', `${post}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n`),
    bytes('a chunk size beyond every number', `${post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n`),
    bytes('a bare line feed ends a header', `${get}HOSTCOOKIEX-A: 1\nX-B: 2\r\n\r\n`),
    bytes('a carriage return in a value', `${get}HOSTCOOKIEX-A: 1\rX-B: 2\r\n\r\n`),
    bytes('NUL in a value', `${get}HOSTCOOKIEX-A: 1\0\r\n\r\n`),
    bytes('NUL in a name', `${get}HOSTCOOKIEX\0A: 1\r\n\r\n`),
    bytes('a blank in a name', `${get}HOSTCOOKIEX A: 1\r\n\r\n`),
    bytes('no colon', `${get}HOSTCOOKIEnonsense\r\n\r\n`),
    bytes('an empty name', `${get}HOSTCOOKIE: 1\r\n\r\n`),
    bytes('two hosts', `${get}HOSTHost: evil.example\r\nCOOKIE\r\n`, { status: 403, code: 'FOREIGN_HOST' }),
    bytes('two hosts, both ours', `${get}HOSTHOSTCOOKIE\r\n`, { status: 403, code: 'FOREIGN_HOST' }),
    bytes('an address of somebody else', `GET http://evil.example/v1/house HTTP/1.1\r\nHOSTCOOKIE\r\n`, PATH),
    bytes('an address of our own', `GET http://127.0.0.1/v1/house HTTP/1.1\r\nHOSTCOOKIE\r\n`, PATH),
    bytes('a path without slash', `GET v1/house HTTP/1.1\r\nHOSTCOOKIE\r\n`),
    bytes('a star', `OPTIONS * HTTP/1.1\r\nHOSTCOOKIE\r\n`, PATH),
    bytes('a raw blank in the path', `GET /v1/ho use HTTP/1.1\r\nHOSTCOOKIE\r\n`),
    bytes('raw UTF-8 in the path', `GET /v1/h\xc3\xb6use HTTP/1.1\r\nHOSTCOOKIE\r\n`),
    bytes('a tab in the request line', `GET\t/v1/house HTTP/1.1\r\nHOSTCOOKIE\r\n`),
    bytes('two blanks', `GET  /v1/house  HTTP/1.1\r\nHOSTCOOKIE\r\n`, { status: 200, code: undefined }),
    bytes('HTTP/9.9', `GET /v1/house HTTP/9.9\r\nHOSTCOOKIE\r\n`),
    bytes('HTTP/0.9', 'GET /v1/house\r\n\r\n', { status: 403, code: 'FOREIGN_HOST' }),
    bytes('HTTP/2 without a word', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    bytes('a method in small letters', `get /v1/house HTTP/1.1\r\nHOSTCOOKIE\r\n`),
    bytes('a method that is none', `HACK /v1/house HTTP/1.1\r\nHOSTCOOKIE\r\n`),
    bytes('TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
    bytes('FIX', '8=FIX.4.4\x019=5\x0135=A\x0110=000\x01\r\n\r\n'),
    bytes('nothing but line ends and noise', '\r\n\r\n\x00\x01\x02\x03\r\n\r\n'),
    bytes('CONNECT', `CONNECT evil.example:443 HTTP/1.1\r\nHOSTCOOKIE\r\n`, { status: 0, code: undefined }),
    bytes('an expectation nobody meets', `${get}HOSTCOOKIEExpect: ${MARK}\r\n\r\n`, header),
    bytes('16 KB of one header', `${get}HOSTCOOKIEX-A: ${'x'.repeat(17_000)}\r\n\r\n`, TOO_LARGE),
    bytes('10,000 headers', `${get}HOSTCOOKIE${'A: b\r\n'.repeat(10_000)}\r\n`, TOO_LARGE),
    bytes('a request line of 100 KB', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHOSTCOOKIE\r\n`, TOO_LARGE),
    bytes('a body behind a GET', `${get}HOSTCOOKIEContent-Length: 2\r\n\r\n{}`, { status: 400, code: 'BODY_REFUSED' }),
    bytes('chunks behind a GET', `${get}HOSTCOOKIETransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, {
      status: 400,
      code: 'BODY_REFUSED',
    }),
  ];
};

/** Cookies: planted, doubled, made up. */
export const cookies = (): Hostile[] => {
  const none = { status: 401, code: 'NOT_SIGNED_IN' };
  const values = [
    ...[
      'x',
      'x'.repeat(42),
      'x'.repeat(43),
      'x'.repeat(44),
      'null',
      'undefined',
      'true',
      '""',
      '%00',
      `${'x'.repeat(42)}%41`,
      '../../x',
    ],
    ...[
      "' OR 1=1 --",
      '{}',
      '[object Object]',
      'eyJhbGciOiJub25lIn0.eyJzdWIiOiJyaXNrIn0.',
      'risk',
      '1',
      '0',
      '-',
      MARK,
      'x'.repeat(4_000),
    ],
  ];
  const cookie = (what: string, value: string, more: Partial<Hostile> = none): Hostile => ({
    ...{ what, target: '/v1/house', headers: { cookie: value } },
    ...none,
    ...more,
  });
  return [
    ...values.map((value) => cookie(`a token ${value.slice(0, 16)}`, `meridian=${value}`)),
    cookie('no value', 'meridian='),
    cookie('no name', `=${MARK}`),
    cookie('nothing but separators', ';;;;'),
    cookie('another name', 'session=x; sid=y; JSESSIONID=z'),
    cookie('the name of TLS on HTTP', `__Host-meridian=${'x'.repeat(43)}`),
    cookie('another case', `Meridian=${'x'.repeat(43)}`),
    cookie('an attribute as a cookie', `$Version=1; meridian=${'x'.repeat(43)}; $Path=/`),
    cookie('1,000 others', Array.from({ length: 1_000 }, (_, i) => `c${i}=1`).join('; ')),
    cookie('the session twice', `meridian=${'x'.repeat(43)}; meridian=${'y'.repeat(43)}`, {
      status: 400,
      code: 'HEADER_REFUSED',
    }),
    cookie('the session twice, once empty', `meridian=; meridian=${'y'.repeat(43)}`, { status: 400, code: 'HEADER_REFUSED' }),
    cookie('the session twice without blank', `meridian=a;meridian=a`, { status: 400, code: 'HEADER_REFUSED' }),
  ];
};
