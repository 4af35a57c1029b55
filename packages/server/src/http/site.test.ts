import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ProblemDocument } from '@meridian/base';
import { type Answer, ask, csrfOf, person, type ScratchDoor, sampleEndpoints, scratchDoor } from './scratch-door.fixture.ts';
import { siteRules } from './site.ts';

let door: ScratchDoor;
const seen: string[] = [];
before(async () => {
  door = await scratchDoor({
    site: { origin: 'https://desk.example' },
    trustedProxies: ['127.0.0.1'],
    endpoints: sampleEndpoints({}, (_name, asking) => seen.push(asking.ip)),
  });
});
after(() => door?.close());

const HOST = { host: 'desk.example', 'x-forwarded-for': '203.0.113.9' };
const codeOf = (answer: Answer) => (JSON.parse(answer.body) as ProblemDocument).code;

test('behind TLS the cookie is bound to the host, and browsers are told to stay with TLS', async () => {
  const cookie = `__Host-meridian=${door.sessions.admit(person('trader', ['trader']))}`;
  const own = { ...HOST, cookie, origin: 'https://desk.example', 'x-csrf-token': csrfOf('session-trader') };
  const answer = await ask(door.port, 'GET', '/v1/house', own);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['strict-transport-security'], 'max-age=63072000');
  const plain = { ...own, cookie: cookie.replace('__Host-', '') };
  assert.equal(
    codeOf(await ask(door.port, 'GET', '/v1/house', plain)),
    'NOT_SIGNED_IN',
    'the plain name is nobody’s cookie here',
  );
  assert.equal((await ask(door.port, 'DELETE', '/v1/session', own)).status, 200);
  assert.equal(
    codeOf(await ask(door.port, 'DELETE', '/v1/session', { ...own, origin: 'http://desk.example' })),
    'ORIGIN_REFUSED',
  );
  assert.equal(
    codeOf(await ask(door.port, 'DELETE', '/v1/session', { ...own, origin: 'https://desk.example.evil' })),
    'ORIGIN_REFUSED',
  );
});

test('only the configured name and this machine are answered; the machine’s own status to this machine alone', async () => {
  for (const host of ['desk.example.evil', 'evil.example', 'desk.example:444', 'localhost.evil'])
    assert.equal(codeOf(await ask(door.port, 'GET', '/v1/openapi.json', { host })), 'FOREIGN_HOST', host);
  assert.equal((await ask(door.port, 'GET', '/v1/openapi.json', HOST)).status, 200);
  for (const target of ['/health', '/ready', '/metrics', '/v1/status']) {
    assert.equal(codeOf(await ask(door.port, 'GET', target, HOST)), 'FOREIGN_HOST', target);
    assert.equal((await ask(door.port, 'GET', target)).status, 200, target);
  }
});

test('an address is believed of a trusted proxy, and of nobody else', async () => {
  const headers = { ...HOST, cookie: `__Host-meridian=${door.sessions.admit(person('risk', ['risk']))}` };
  seen.length = 0;
  await ask(door.port, 'GET', '/v1/house', headers);
  assert.deepEqual(seen, ['203.0.113.9']);
  const direct = await scratchDoor({ endpoints: sampleEndpoints({}, (_name, asking) => seen.push(asking.ip)) });
  try {
    const cookie = direct.cookie(direct.sessions.admit(person('risk', ['risk'])));
    await ask(direct.port, 'GET', '/v1/house', { ...cookie, 'x-forwarded-for': '203.0.113.9' });
    assert.deepEqual(seen, ['203.0.113.9', '127.0.0.1']);
  } finally {
    await direct.close();
  }
});

test('another port of this machine is another origin', () => {
  const { origins } = siteRules({});
  assert.deepEqual(origins('localhost:7600'), ['http://localhost:7600']);
  assert.deepEqual(origins('127.0.0.1:7601'), ['http://127.0.0.1:7601']);
  assert.deepEqual(siteRules({ origin: 'https://desk.example' }).origins('desk.example'), ['https://desk.example']);
});
