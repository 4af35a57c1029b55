import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import type { HostileHouse, UserName } from './house.fixture.ts';

/** One hostile input and what the door answers to it, as documented in docs/bad-input.md. */
export interface Hostile {
  readonly what: string;
  readonly method?: string;
  readonly target?: string;
  /** Whose session; without one nobody is signed in. */
  readonly as?: UserName;
  /** Over what a good client of that user would send; null takes a header away. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** Text as it is, or JSON. */
  readonly body?: unknown;
  /** The whole request in bytes instead of all that; `HOST` and `COOKIE` in it stand for the door's and the user's own. */
  readonly raw?: string | Buffer;
  readonly status: number;
  /** The problem's code; undefined where the answer is no refusal, and harmless. */
  readonly code: string | undefined;
  /** What else must hold of the answer. */
  readonly also?: (said: Said) => void;
}

export interface Said {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Stands in hostile texts; no answer may bring it back. */
export const MARK = 'h0stile';

/** What a browser of the house's own pages sends with a request of this method. */
function goodHeaders(house: HostileHouse, { as, method = 'GET', body, target = '' }: Hostile): http.OutgoingHttpHeaders {
  const session = as === undefined ? undefined : house.sessions[as];
  const isChange = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
  return {
    host: `127.0.0.1:${house.port}`,
    ...(session === undefined ? {} : { cookie: session.cookie }),
    ...(isChange ? { origin: house.origin, 'idempotency-key': house.newKey() } : {}),
    ...(isChange && session !== undefined ? { 'x-csrf-token': session.csrf } : {}),
    ...(/limits\/|decision$/.test(target) && isChange ? { 'if-match': '"7"' } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}

export async function send(house: HostileHouse, input: Hostile): Promise<Said> {
  if (input.raw !== undefined) return sendBytes(house, input);
  const headers: http.OutgoingHttpHeaders = goodHeaders(house, input);
  for (const [name, value] of Object.entries(input.headers ?? {})) {
    if (value === null) delete headers[name];
    else headers[name] = value as string | string[];
  }
  const { body } = input;
  const content = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  // Node sends the body of a DELETE without saying how long it is, unless it is told to.
  if (content !== undefined && headers['transfer-encoding'] === undefined)
    headers['content-length'] ??= Buffer.byteLength(content);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        ...{ host: '127.0.0.1', port: house.port, method: input.method ?? 'GET', path: input.target ?? '/v1/house', headers },
        ...{ agent: false, setHost: false },
      },
      (response) => {
        let said = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          said += part;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: said }));
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(content);
  });
}

/** Bytes that no client of HTTP would send; the first answer to them. Status 0: the line was cut without a word. */
function sendBytes(house: HostileHouse, { raw = '', as }: Hostile): Promise<Said> {
  const cookie = as === undefined ? '' : `Cookie: ${house.sessions[as].cookie}\r\n`;
  const bytes = Buffer.isBuffer(raw)
    ? raw
    : Buffer.from(raw.replaceAll('HOST', `Host: 127.0.0.1:${house.port}\r\n`).replaceAll('COOKIE', cookie), 'latin1');
  return new Promise((resolve) => {
    let held = Buffer.alloc(0) as Buffer;
    const socket = net.connect(house.port, '127.0.0.1', () => socket.write(bytes));
    const done = () => {
      socket.destroy();
      resolve(answerIn(held));
    };
    socket.setTimeout(15_000, done);
    socket.on('data', (part: Buffer) => {
      held = Buffer.concat([held, part]);
      const { status, headers, body } = answerIn(held);
      if (status >= 200 && Buffer.byteLength(body) >= Number(headers['content-length'] ?? Number.POSITIVE_INFINITY)) done();
    });
    socket.on('error', () => {});
    socket.on('close', done);
  });
}

function answerIn(bytes: Buffer): Said {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, headers: {}, body: '' };
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers: http.IncomingHttpHeaders = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: bytes.subarray(end + 4).toString('utf8') };
}

const INSIDES = /\bat .{1,80}:\d+:\d+|node:internal|node_modules|\.ts\b|SELECT |relation "/;

/** @throws AssertionError unless the answer is the documented one and tells nothing of our insides or of what was sent */
export function checkAnswer(input: Hostile, said: Said): void {
  const { status, headers, body } = said;
  assert.equal(status, input.status, body.slice(0, 300));
  for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^access-control-/);
  assert.doesNotMatch(body, INSIDES, 'our insides');
  assert.ok(!body.includes(MARK), 'what was sent comes back');
  if (status === 0) return;
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  input.also?.(said);
  if (input.code === undefined || input.method === 'HEAD') return;
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
  assert.ok(body.length < 1_500, `${body.length} characters`);
  const document = JSON.parse(body) as Record<string, unknown>;
  assert.deepEqual([document['code'], document['status']], [input.code, status]);
  for (const member of ['title', 'detail', 'remedy', 'trace']) assert.equal(typeof document[member], 'string', member);
  assert.equal('stack' in document || 'cause' in document, false);
}

/**
 * What any answer to work must be, whatever came of it: headers that keep it to whoever asked, nothing of our insides, and
 * a refusal that is a whole problem document. @returns its code @throws AssertionError
 */
export function checkWork({ status, headers, body }: Said): string | undefined {
  for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^access-control-/);
  assert.doesNotMatch(body, INSIDES, 'our insides');
  assert.equal(headers['cache-control'], 'no-store');
  if (status < 400) return undefined;
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
  const document = JSON.parse(body) as Record<string, unknown>;
  assert.equal(document['status'], status);
  for (const member of ['code', 'title', 'detail', 'remedy', 'trace']) assert.equal(typeof document[member], 'string', member);
  return document['code'] as string;
}

/** What tells one input from another: keys and cookies that are new every time do not. */
export const identityOf = (input: Hostile): string => {
  const { what: _, status: __, code: ___, also: ____, raw, ...sent } = input;
  return JSON.stringify({ ...sent, raw: Buffer.isBuffer(raw) ? raw.toString('hex') : raw });
};
