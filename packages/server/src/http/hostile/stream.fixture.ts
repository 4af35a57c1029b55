import assert from 'node:assert/strict';
import { type ServerMessage, VIEWS } from '@meridian/api';
import type { HostileHouse, UserName } from './house.fixture.ts';
import { MARK } from './input.fixture.ts';
import { handshake, type Line, openLine } from './line.fixture.ts';

/** What is hostile on the stream: how it is opened, what is framed, what is said. */
export interface HostileLine {
  readonly what: string;
  /** Tells one input from another. */
  readonly identity: string;
  readonly as?: UserName | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly without?: readonly string[] | undefined;
  readonly target?: string | undefined;
  /** What is sent once the line stands. */
  readonly act?: ((line: Line) => void) | undefined;
  /** "403 ORIGIN_REFUSED": the answer to the handshake. "close 1002": the line's end. "error CODE": said on the line. */
  readonly wanted: string;
}

const opening = (what: string, wanted: string, more: Partial<HostileLine> = {}): HostileLine => ({
  ...{ what, as: 'risk', wanted },
  identity: JSON.stringify([what, more.headers, more.without, more.target]),
  ...more,
});

export const openings = (): HostileLine[] => [
  ...['https://evil.example', 'null', 'http://127.0.0.1:1', 'http://localhost', 'http://127.0.0.1', ''].map((origin) =>
    opening(`origin ${origin}`, '403 ORIGIN_REFUSED', { headers: { origin } }),
  ),
  opening('no origin', '403 ORIGIN_REFUSED', { without: ['origin'] }),
  ...['cross-site', 'same-site', 'none'].map((site) =>
    opening(`sec-fetch-site ${site}`, '403 ORIGIN_REFUSED', { headers: { 'sec-fetch-site': site } }),
  ),
  opening('nobody', '401 NOT_SIGNED_IN', { as: undefined }),
  ...['x', 'x'.repeat(43), ''].map((token) =>
    opening(`a token made up: ${token.length}`, '401 NOT_SIGNED_IN', { headers: { cookie: `meridian=${token}` } }),
  ),
  opening('the session twice', '400 HEADER_REFUSED', { headers: { cookie: 'meridian=a; meridian=b' } }),
  ...['evil.example', 'localhost.evil.example'].map((host) =>
    opening(`host ${host}`, '403 FOREIGN_HOST', { headers: { host } }),
  ),
  ...['?token=x', `?${MARK}=1`, '?v=1&v=2'].map((query) =>
    opening(`a query ${query}`, '400 QUERY_REFUSED', { target: `/v1/stream${query}` }),
  ),
  ...['h2c', MARK, 'websocket2'].map((upgrade) =>
    opening(`upgrade ${upgrade}`, '400 HEADER_REFUSED', { headers: { upgrade } }),
  ),
  opening('no upgrade', '400 HEADER_REFUSED', { without: ['upgrade', 'connection'] }),
  ...['/v1/stream/', '/v1/streams', '/v1/nothing', '/stream'].map((target) =>
    opening(`an upgrade of ${target}`, '404 NO_SUCH_RESOURCE', { target }),
  ),
  ...['12', '14', '0', MARK].map((version) =>
    opening(`version ${version}`, '400', { headers: { 'sec-websocket-version': version } }),
  ),
  ...['', 'short', 'x'.repeat(24), MARK].map((key) => opening(`key ${key}`, '400', { headers: { 'sec-websocket-key': key } })),
];

const SUB = { op: 'sub', id: 1, view: 'orders', v: 1, range: [0, 10], columns: ['market', 'state'] };
const said = (what: string, message: unknown, wanted: string, as: UserName = 'risk'): HostileLine => ({
  ...{ what, as, wanted, act: (line: Line) => line.say(message) },
  identity: `said ${as} ${typeof message === 'string' ? message.slice(0, 200) : JSON.stringify(message)}`,
});
const framed = (what: string, wanted: string, act: (line: Line) => void): HostileLine => ({
  ...{ what, as: 'risk', wanted, act, identity: `framed ${what}` },
});

export const frames = (): HostileLine[] => [
  framed('binary', 'close 1003', (line) => line.frame(0x2, Buffer.from([1, 2, 3]))),
  framed('unmasked', 'close 1002', (line) => line.frame(0x1, '{}', { isMasked: false })),
  ...[0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf].map((opcode) =>
    framed(`opcode ${opcode}`, 'close 1002', (line) => line.frame(opcode, 'x')),
  ),
  ...[0x40, 0x20, 0x10, 0x70].map((bits) =>
    framed(`reserved bits ${bits.toString(16)}`, 'close 1002', (line) => line.frame(0x1, '{}', { first: 0x81 | bits })),
  ),
  framed('a continuation of nothing', 'close 1002', (line) => line.frame(0x0, '{}')),
  framed('a message in the middle of another', 'close 1002', (line) => {
    line.frame(0x1, '{', { first: 0x01 });
    line.frame(0x1, '{}');
  }),
  framed('a ping in parts', 'close 1002', (line) => line.frame(0x9, 'x', { first: 0x09 })),
  framed('a ping of 126 bytes', 'close 1002', (line) => line.frame(0x9, 'x'.repeat(126))),
  framed('a close of one byte', 'close 1002', (line) => line.frame(0x8, 'x')),
  framed('a close by a number that is none', 'close 1002', (line) => line.frame(0x8, Buffer.from([0, 1]))),
  framed('a close with no UTF-8', 'close 1007', (line) => line.frame(0x8, Buffer.from([3, 232, 0xff, 0xfe]))),
  framed('no UTF-8', 'close 1007', (line) => line.frame(0x1, Buffer.from([0xff, 0xfe, 0xfd]))),
  framed('a message of 40 KB', 'close 1009', (line) => line.frame(0x1, 'x'.repeat(40_000))),
  framed('a message that says it is a petabyte', 'close 1009', (line) =>
    line.bytes(Buffer.from([0x81, 0xff, 0, 3, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])),
  ),
  framed('a message that says it is beyond every number', 'close 1009', (line) =>
    line.bytes(Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4])),
  ),
  framed('a message in 40,000 parts', 'close 1009', (line) => {
    line.frame(0x1, 'x', { first: 0x01 });
    for (let i = 0; i < 400; i++) line.frame(0x0, 'x'.repeat(100), { first: 0x00 });
  }),
  framed('a flood', 'close 1008', (line) => {
    for (let i = 0; i < 1_000; i++) line.say({ op: 'ack', id: 1, n: 1 });
  }),
  framed('a flood of nonsense', 'close 1008', (line) => {
    for (let i = 0; i < 1_000; i++) line.say(MARK);
  }),
  framed('HTTP on the line', 'close 1002', (line) =>
    line.bytes(Buffer.from('GET /v1/audit HTTP/1.1\r\nHost: localhost\r\n\r\n')),
  ),
];

const REFUSED = 'error STREAM_MESSAGE_REFUSED';
export const messages = (): HostileLine[] => [
  ...[null, 1, true, 'x', [], {}, [SUB], { op: 'sub' }, { op: MARK }, { op: ['sub'] }, { op: '__proto__' }].map((message) =>
    said('no message of the protocol', JSON.stringify(message), REFUSED),
  ),
  ...Object.keys(SUB).map((key) => said(`without ${key}`, { ...SUB, [key]: undefined }, REFUSED)),
  ...Object.keys(SUB).flatMap((key) =>
    [null, {}, -1, 1.5, MARK, [MARK]].map((value) =>
      said(`${key} is ${JSON.stringify(value)}`, { ...SUB, [key]: value }, REFUSED),
    ),
  ),
  ...['users', 'audit', '__proto__', 'constructor', 'toString', 'ORDERS', 'orders ', '', 'x'.repeat(33), '../orders'].map(
    (view) => said(`view ${view}`, { ...SUB, view }, REFUSED),
  ),
  ...['secret', 'client', 'constructor', '__proto__', '*', 'market,state', ''].flatMap((column) => [
    said(`column ${column}`, { ...SUB, columns: ['market', column] }, REFUSED),
    said(`sorted by ${column}`, { ...SUB, sort: { column, descending: true } }, REFUSED),
    said(`filtered by ${column}`, { ...SUB, filter: [{ column, value: MARK }] }, REFUSED),
  ]),
  ...[[0, 501], [5], [0, 1, 2], ['0', '5'], [0, 10_000_001], [-5, 5], [0.5, 2], { 0: 0, 1: 1 }].map((range) =>
    said(`range ${JSON.stringify(range)}`, { ...SUB, range }, REFUSED),
  ),
  ...[0, 65, -1, 1.5, '1', 2 ** 53].map((id) => said(`id ${id}`, { ...SUB, id }, REFUSED)),
  ...['role', 'client', 'principal', 'extra'].map((key) => said(`also sets ${key}`, { ...SUB, [key]: '2' }, REFUSED)),
  said('nine filters', { ...SUB, filter: Array.from({ length: 9 }, () => ({ column: 'state', value: 'x' })) }, REFUSED),
  said('a move of nothing', { op: 'range', id: 9, v: 2, range: [0, 1] }, REFUSED),
  ...[
    '{"op":"sub","op":"ack"}',
    '{"__proto__":{}}',
    '['.repeat(50),
    '{',
    '{}{}',
    '{"op":"ack",}',
    'x'.repeat(9_000),
    "{'op':1}",
    '',
  ].map((text) => said('no JSON', text, 'error JSON_REFUSED')),
  ...(['margins', 'exposures'] as const).map((view) =>
    said(
      `a view of the house, by a client: ${view}`,
      { ...SUB, view, columns: [VIEWS[view].columns[0]] },
      'error STREAM_NOT_ALLOWED',
      'client',
    ),
  ),
  ...(['orders', 'margins', 'exposures'] as const).flatMap((view) =>
    (['clearing', 'administrator'] as const).map((as) =>
      said(`${view} by ${as}`, { ...SUB, view, columns: [VIEWS[view].columns[0]] }, 'error STREAM_NOT_ALLOWED', as),
    ),
  ),
  ...(['client', 'client-2', 'trader-two'] as const).map((as) =>
    said('orders of others among them', { ...SUB, filter: [{ column: 'market', value: 'ARCX' }] }, 'own rows', as),
  ),
  // Client 1's alone: what was entered before.
  ...(['client-2', 'trader-two'] as const).map((as) =>
    said('orders of another market, all of others', { ...SUB, filter: [{ column: 'market', value: 'XNAS' }] }, 'no rows', as),
  ),
  ...['FUND-B', 'FUND-C'].map((clientToken) =>
    said(
      `orders of ${clientToken}`,
      { ...SUB, columns: ['market', 'clientToken'], filter: [{ column: 'clientToken', value: clientToken }] },
      'no rows',
      'client',
    ),
  ),
];

/** Orders of ARCX by whom may see them, as the sessions' script has them. */
const OWN_ORDERS: Readonly<Record<string, readonly string[]>> = {
  client: ['ARCX-5', 'ARCX-10005'],
  'client-2': ['ARCX-20'],
  'trader-two': ['ARCX-20'],
};

function whose(keys: readonly string[], as = ''): string {
  if (keys.length === 0) return 'no rows';
  const own = OWN_ORDERS[as] ?? [];
  return keys.length === own.length && keys.every((key) => own.includes(key)) ? 'own rows' : `foreign rows ${keys.join()}`;
}

/** What came of it, in the words of `wanted`. */
export async function outcomeOf(house: HostileHouse, input: HostileLine): Promise<string> {
  const { as, headers = {}, without = [], target, act } = input;
  const cookie: Record<string, string> = as === undefined ? {} : { cookie: house.sessions[as].cookie };
  const all: Record<string, string> = handshake(`127.0.0.1:${house.port}`, { origin: house.origin, ...cookie, ...headers });
  for (const name of without) delete all[name];
  const line = await openLine(house.port, all, target);
  try {
    assert.ok(!line.answer.includes(MARK), 'what was sent comes back');
    if (line.status !== 101) {
      const code = /"code":"(\w+)"/.exec(line.answer)?.[1];
      return code === undefined ? String(line.status) : `${line.status} ${code}`;
    }
    act?.(line);
    for (let frame = await line.next(); frame !== undefined; frame = await line.next()) {
      const text = frame.payload.toString();
      assert.ok(!text.includes(MARK), 'what was sent comes back');
      if (frame.opcode === 0x8) return `close ${frame.payload.length < 2 ? 'without a number' : frame.payload.readUInt16BE(0)}`;
      if (frame.opcode !== 0x1) continue;
      const message = JSON.parse(text) as ServerMessage;
      if (message.op === 'snap') return whose(message.keys, as);
      if (message.op === 'error' && !input.wanted.startsWith('close')) return `error ${message.problem.code}`;
    }
    return 'cut';
  } finally {
    line.end();
  }
}
