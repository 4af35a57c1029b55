import '../../rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { AnswerOf } from '@meridian/api';
import { type ProblemDocument, silentLogger } from '@meridian/base';
import { openAuditLog, openAuthorizer, openUserDirectory, type UserDirectory } from '@meridian/security';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from '../../migrations.ts';
import { type HttpDoor, openHttpDoor } from '../door.ts';
import { oneTimeCode, stepNow } from '../one-time-code.fixture.ts';
import { type Answer, ask, STATUS, sampleEndpoints } from '../scratch-door.fixture.ts';
import { sessionEndpoints } from './session.ts';

type Session = AnswerOf<'GET /v1/session'>;

let scratch: ScratchDatabase;
let directory: UserDirectory;
let door: HttpDoor;
let origin: string;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  const keys = fs.mkdtempSync(path.join(scratch.dataDir, 'keys-'));
  const { database } = scratch;
  const audit = openAuditLog(database, keys);
  directory = openUserDirectory({ database, audit, keys, policy: { secondFactor: 'required' } });
  const authorizer = openAuthorizer();
  const allowed = (principal: Parameters<typeof authorizer.allowedActions>[0]) =>
    authorizer.allowedActions(principal, { secondFactor: 'required' });
  door = await openHttpDoor({
    ...{ port: 0, directory, authorizer, secondFactor: 'required', audit, database, logger: silentLogger },
    endpoints: {
      ...sampleEndpoints(),
      ...sessionEndpoints({ database, directory, environment: 'demo', businessNow: () => 0, allowed }),
    },
    status: { status: async () => STATUS, ready: async () => true },
  });
  origin = `http://127.0.0.1:${door.port}`;
});
after(async () => {
  await door?.close();
  await scratch?.remove();
});

/** A browser: one cookie, one token. */
class Browser {
  cookie = '';
  csrf = '';
  session: Session | undefined;

  async ask(method: string, target: string, body?: unknown): Promise<Answer> {
    const headers = { origin, ...(this.cookie === '' ? {} : { cookie: this.cookie }), 'x-csrf-token': this.csrf };
    const answer = await ask(door.port, method, target, headers, body);
    const [set] = answer.headers['set-cookie'] ?? [];
    if (set !== undefined) {
      assert.match(set, /; Path=\/; HttpOnly; SameSite=Strict/);
      this.cookie = set.split(';', 1)[0] as string;
    }
    if (answer.status === 200 && answer.body.includes('"csrf"')) {
      this.session = JSON.parse(answer.body) as Session;
      this.csrf = this.session.csrf;
    }
    return answer;
  }
}

const codeOf = (answer: Answer) => (JSON.parse(answer.body) as ProblemDocument).code;

const NEW_PASSWORD = 'orchard lantern 42 granite';
let secret = '';
let recovery: readonly string[] = [];

test('[DS-10] a new user changes the password, enrols a device and is in; every step has a cookie of its own', async () => {
  const user = { name: 'trader', title: { zh: '交易员', en: 'Trader' }, duties: ['trader' as const], jurisdictions: ['CN'] };
  const { password } = await directory.create({ ...user, clients: [], entities: [1n] }, { maker: 'operator' });
  const browser = new Browser();
  assert.equal((await browser.ask('POST', '/v1/session', { user: 'trader', password })).status, 200);
  assert.deepEqual([browser.session?.pending, browser.session?.allowed], ['change-password', []]);
  assert.equal(codeOf(await browser.ask('GET', '/v1/orders')), 'SIGN_IN_UNFINISHED');
  assert.equal(codeOf(await browser.ask('POST', '/v1/session/totp', {})), 'SESSION_STAGE');

  const first = browser.cookie;
  assert.equal((await browser.ask('POST', '/v1/session/password', { current: password, next: NEW_PASSWORD })).status, 200);
  assert.equal(browser.session?.pending, 'enrol');
  assert.equal((await ask(door.port, 'GET', '/v1/session', { cookie: first })).status, 401, 'the cookie before is dead');

  const enrolment = await browser.ask('POST', '/v1/session/totp', {});
  ({ secret } = JSON.parse(enrolment.body) as AnswerOf<'POST /v1/session/totp'>);
  assert.equal(codeOf(await browser.ask('PUT', '/v1/session/totp', { code: '000000' })), 'FACTOR_REFUSED');
  assert.equal((await browser.ask('PUT', '/v1/session/totp', { code: oneTimeCode(secret, stepNow()) })).status, 200);
  assert.deepEqual(
    [browser.session?.pending, browser.session?.strong, browser.session?.factors],
    ['none', true, ['totp', 'recovery']],
  );
  recovery = browser.session?.recovery ?? [];
  assert.equal(recovery.length, 10);
  assert.ok(browser.session?.allowed.includes('order.enter') && !browser.session.allowed.includes('limit.change'));
  assert.equal((await browser.ask('GET', '/v1/house')).status, 200);
  await browser.ask('GET', '/v1/session');
  assert.equal(browser.session?.recovery, undefined, 'told once');
});

test('[DS-10] signing in again takes the second factor; a code is good once, a recovery code as well', async () => {
  const browser = new Browser();
  await browser.ask('POST', '/v1/session', { user: 'trader', password: NEW_PASSWORD });
  assert.equal(browser.session?.pending, 'second-factor');
  const used = { kind: 'totp', code: oneTimeCode(secret, stepNow()) };
  const answers = [await browser.ask('POST', '/v1/session/second-factor', used)];
  // The code that enrolled may be of the step before by now, and then this one is fresh.
  if (answers[0]?.status !== 200) {
    assert.equal(codeOf(answers[0] as Answer), 'SECOND_FACTOR_REFUSED');
    const proof = { kind: 'recovery', code: recovery[0] };
    assert.equal((await browser.ask('POST', '/v1/session/second-factor', proof)).status, 200);
  }
  assert.equal(browser.session?.pending, 'none');
  const again = new Browser();
  await again.ask('POST', '/v1/session', { user: 'trader', password: NEW_PASSWORD });
  assert.equal(codeOf(await again.ask('POST', '/v1/session/second-factor', used)), 'SECOND_FACTOR_REFUSED');
  const other = { kind: 'recovery', code: recovery[1] };
  assert.equal((await again.ask('POST', '/v1/session/second-factor', other)).status, 200);

  const lines = JSON.parse((await again.ask('GET', '/v1/sessions')).body) as AnswerOf<'GET /v1/sessions'>;
  const theOther = lines.find(({ current }) => !current)?.session as string;
  assert.equal((await again.ask('DELETE', `/v1/sessions/${theOther}`)).status, 200);
  assert.equal(codeOf(await again.ask('DELETE', `/v1/sessions/${theOther}`)), 'NO_SUCH_RESOURCE');
  const { cookie } = again;
  assert.equal((await again.ask('DELETE', '/v1/session')).status, 200);
  assert.equal(again.cookie, 'meridian=');
  assert.equal((await ask(door.port, 'GET', '/v1/session', { cookie })).status, 401, 'signed out is signed out');
});

test('[DS-7] an unknown user and a wrong password are told alike; a page elsewhere cannot sign anybody in', async () => {
  const attempt = (user: string) => new Browser().ask('POST', '/v1/session', { user, password: 'not the password' });
  const [unknown, wrong] = [await attempt('nobody-here'), await attempt('trader')];
  const plain = ({ body }: Answer) => body.replace(/"trace":"\w+"/, '');
  assert.deepEqual([unknown.status, plain(unknown)], [wrong.status, plain(wrong)]);
  assert.equal(codeOf(wrong), 'SIGN_IN_REFUSED');
  const body = { user: 'trader', password: NEW_PASSWORD };
  for (const headers of [
    {},
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: `http://localhost:${door.port}` },
  ])
    assert.equal(codeOf(await ask(door.port, 'POST', '/v1/session', headers, body)), 'ORIGIN_REFUSED');
});
