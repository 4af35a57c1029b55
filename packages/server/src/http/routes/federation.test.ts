import '../../rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { AnswerOf } from '@meridian/api';
import { type ProblemDocument, silentLogger } from '@meridian/base';
import {
  type AuditLog,
  openAuditLog,
  openAuthorizer,
  openOidc,
  openUserDirectory,
  type ScratchIssuer,
  scratchIssuer,
  type UserDirectory,
  type UserDuty,
} from '@meridian/security';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from '../../migrations.ts';
import { type HttpDoor, openHttpDoor } from '../door.ts';
import { type Answer, ask, STATUS, sampleEndpoints } from '../scratch-door.fixture.ts';
import { sessionEndpoints } from './session.ts';

/** The firm's sign-in through the door itself: a provider that listens on this machine, real policies, a real directory. */

const ORIGIN = 'https://desk.example';
const REDIRECT = `${ORIGIN}/sign-in/return`;
const SUBJECT = 'subject-1';
const NAME = { zh: '本单位', en: 'the firm' };
const CHECKED = { maker: 'administrator', checker: 'administrator-2' };
const ROUTE = '/v1/session/federation';

let scratch: ScratchDatabase;
let audit: AuditLog;
let issuer: ScratchIssuer;
let directory: UserDirectory;
const doors: HttpDoor[] = [];

async function openDoor(issuerUrl: string | undefined, signIns = 10_000): Promise<HttpDoor> {
  const { database } = scratch;
  const authorizer = openAuthorizer();
  const allowed = (principal: Parameters<typeof authorizer.allowedActions>[0]) =>
    authorizer.allowedActions(principal, { secondFactor: 'optional' });
  const oidc = (url: string) =>
    openOidc({ ...{ issuer: url, clientId: 'meridian', redirectUri: REDIRECT }, ...{ database, audit, directory } });
  const opened = await openHttpDoor({
    ...{ port: 0, directory, authorizer, secondFactor: 'optional', audit, database, logger: silentLogger },
    site: { origin: ORIGIN },
    endpoints: {
      ...sampleEndpoints(),
      ...sessionEndpoints({
        ...{ database, directory, environment: 'production', businessNow: () => 0, allowed },
        federation: issuerUrl === undefined ? undefined : { oidc: oidc(issuerUrl), name: NAME },
      }),
    },
    status: { status: async () => STATUS, ready: async () => true },
    limits: { perAddress: 10_000, perUser: 10_000, signIns },
  });
  doors.push(opened);
  return opened;
}

async function addUser(name: string, duties: readonly UserDuty[], subject: string): Promise<void> {
  const user = { name, title: { zh: '用户', en: 'user' }, duties, jurisdictions: ['CN'], clients: [], entities: [1n] };
  await directory.create(user, CHECKED, { password: 'orchard lantern 42 granite' });
  await directory.linkFederated(name, { issuer: issuer.url, subject }, CHECKED);
}

let door: HttpDoor;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  const keys = fs.mkdtempSync(path.join(scratch.dataDir, 'keys-'));
  audit = openAuditLog(scratch.database, keys);
  directory = openUserDirectory({ database: scratch.database, audit, keys, policy: { secondFactor: 'optional' } });
  issuer = await scratchIssuer({ clientId: 'meridian', redirectUri: REDIRECT, subject: SUBJECT });
  await addUser('compliance', ['compliance'], SUBJECT);
  await addUser('leaver', ['trader'], 'subject-of-the-leaver');
  door = await openDoor(issuer.url);
});
after(async () => {
  for (const each of doors) await each.close();
  await issuer?.close();
  await scratch?.remove();
});

/** A browser of our page: keeps cookies by name, sends them all, sends our origin. */
class Browser {
  readonly cookies = new Map<string, string>();
  readonly lines: string[] = [];
  readonly #door: HttpDoor;

  constructor(at = door) {
    this.#door = at;
  }

  async ask(method: string, target: string, body?: unknown, more: Record<string, string> = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { host: 'desk.example', origin: ORIGIN, ...(cookie === '' ? {} : { cookie }), ...more };
    const answer = await ask(this.#door.port, method, target, headers, body);
    for (const line of answer.headers['set-cookie'] ?? []) {
      this.lines.push(line);
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  /** Begins, and goes to the provider, which sends it back with the query answered. */
  async leave(): Promise<string> {
    const answer = await this.ask('POST', ROUTE, {});
    assert.equal(answer.status, 200, answer.body);
    return issuer.visit((JSON.parse(answer.body) as AnswerOf<'POST /v1/session/federation'>).url);
  }

  comeBack(query: string): Promise<Answer> {
    return this.ask('PUT', ROUTE, { query });
  }
}

const codeOf = (answer: Answer) => [answer.status, (JSON.parse(answer.body) as ProblemDocument).code];
const lastAudit = async () => {
  const { rows } = await scratch.database.query<{
    action: string;
    actor: string;
    outcome: string;
    params: Record<string, unknown>;
  }>('SELECT action, actor, outcome, params FROM security.audit_entry ORDER BY no DESC LIMIT 1');
  return rows[0];
};
const SESSION = '__Host-meridian';
const ON_THE_WAY = '__Host-meridian-sign-in';

test('[DS-7] begun at the door, proven by the provider, finished at the door: the session works, as the house’s own user', async () => {
  const browser = new Browser();
  assert.deepEqual(JSON.parse((await browser.ask('GET', ROUTE)).body), { name: NAME });
  const query = await browser.leave();
  assert.deepEqual([...browser.cookies.keys()], [ON_THE_WAY]);
  assert.match(
    browser.lines[0] ?? '',
    /^__Host-meridian-sign-in=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure; Max-Age=600$/,
  );
  const back = await browser.comeBack(query);
  assert.equal(back.status, 200, back.body);
  const session = JSON.parse(back.body) as AnswerOf<'GET /v1/session'>;
  assert.deepEqual([session.user, session.duties, session.pending], ['compliance', ['compliance'], 'none']);
  assert.deepEqual([...browser.cookies.keys()], [SESSION], 'what tied the way to the browser is gone');
  const entry = await lastAudit();
  assert.deepEqual([entry?.action, entry?.actor, entry?.outcome], ['sign-in', 'compliance', 'done']);
  assert.equal(entry?.params['factor'], 'federation');
  assert.equal((await browser.ask('GET', '/v1/house')).status, 200);
  assert.equal((await browser.ask('GET', '/v1/ledger/journals')).status, 403, 'its duties are the directory’s, and no more');
  const token = { 'x-csrf-token': session.csrf };
  assert.equal((await browser.ask('DELETE', '/v1/session', undefined, token)).status, 200);
  assert.deepEqual(codeOf(await browser.ask('GET', '/v1/session')), [401, 'NOT_SIGNED_IN']);
});

test('[DS-7] whoever signs in by the firm over a session leaves it behind', async () => {
  const browser = new Browser();
  await browser.comeBack(await browser.leave());
  const earlier = browser.cookies.get(SESSION) as string;
  assert.equal((await browser.comeBack(await browser.leave())).status, 200);
  assert.notEqual(browser.cookies.get(SESSION), earlier);
  assert.equal(await directory.session(earlier), undefined);
});

test('[DS-7] a sign-in begun in another browser, a state made up and an answer used before are refused', async () => {
  const [victim, attacker] = [new Browser(), new Browser()];
  await victim.leave();
  // Somebody is led to the address with which another's sign-in ends.
  assert.deepEqual(codeOf(await victim.comeBack(await attacker.leave())), [401, 'OIDC_STALE']);
  const bare = new Browser();
  assert.deepEqual(codeOf(await bare.comeBack(await attacker.leave())), [401, 'OIDC_STALE'], 'without the cookie');
  const query = new URLSearchParams(await victim.leave());
  query.set('state', 'x'.repeat(43));
  assert.deepEqual(codeOf(await victim.comeBack(query.toString())), [401, 'OIDC_STALE']);
  const entry = await lastAudit();
  assert.deepEqual(
    [entry?.action, entry?.actor, entry?.outcome],
    ['sign-in', 'unknown', 'refused: this sign-in was not begun here, or is over'],
  );

  const replayer = new Browser();
  const used = await replayer.leave();
  const cookie = replayer.cookies.get(ON_THE_WAY) as string;
  assert.equal((await replayer.comeBack(used)).status, 200);
  replayer.cookies.set(ON_THE_WAY, cookie);
  assert.deepEqual(codeOf(await replayer.comeBack(used)), [401, 'OIDC_STALE'], 'the same answer again');
  const next = new URLSearchParams(await replayer.leave());
  next.set('code', new URLSearchParams(used).get('code') as string);
  assert.deepEqual(codeOf(await replayer.comeBack(next.toString())), [401, 'OIDC_REFUSED'], 'a code used before');
  const refused = new URLSearchParams(await replayer.leave());
  refused.delete('code');
  refused.set('error', 'access_denied');
  assert.deepEqual(codeOf(await replayer.comeBack(refused.toString())), [401, 'OIDC_REFUSED'], 'the provider declined');
});

test('[DS-7] [DS-10] a token makes no user: a subject that nobody is linked to, and a disabled user, are refused alike', async () => {
  const rightly = issuer.token;
  const { length } = await directory.users();
  try {
    issuer.token = (claims) => rightly({ ...claims, sub: 'subject-of-nobody' });
    const stranger = new Browser();
    const unknown = await stranger.comeBack(await stranger.leave());
    assert.deepEqual(codeOf(unknown), [401, 'SUBJECT_UNKNOWN']);
    assert.deepEqual([(await lastAudit())?.actor, (await lastAudit())?.outcome], ['unknown', 'refused: unknown user']);
    assert.equal(stranger.cookies.has(SESSION), false);

    issuer.token = (claims) => rightly({ ...claims, sub: 'subject-of-the-leaver' });
    const leaver = new Browser();
    assert.equal((await leaver.comeBack(await leaver.leave())).status, 200);
    await directory.disable('leaver', CHECKED);
    assert.deepEqual(codeOf(await leaver.ask('GET', '/v1/session')), [401, 'NOT_SIGNED_IN'], 'its session has ended');
    const disabled = await leaver.comeBack(await leaver.leave());
    const plain = ({ body }: Answer) => body.replace(/"trace":"\w+"/, '');
    assert.equal(plain(disabled), plain(unknown));
    assert.deepEqual([(await lastAudit())?.actor, (await lastAudit())?.outcome], ['leaver', 'refused: disabled']);
  } finally {
    issuer.token = rightly;
  }
  assert.equal((await directory.users()).length, length);
});

test('[DS-7] a provider that is away, and a house without one, say so in both languages; passwords still serve', async () => {
  const away = await scratchIssuer({ clientId: 'meridian', redirectUri: REDIRECT, subject: SUBJECT });
  const lost = new Browser(await openDoor(away.url));
  const { url } = JSON.parse((await lost.ask('POST', ROUTE, {})).body) as { url: string };
  const query = away.visit(url);
  await away.close();
  const answer = await lost.ask('PUT', ROUTE, { query }, { 'accept-language': 'zh-CN' });
  assert.deepEqual(codeOf(answer), [503, 'OIDC_AWAY']);
  assert.equal((JSON.parse(answer.body) as ProblemDocument).title, '单点登录暂不可用');
  assert.equal((await lastAudit())?.outcome, 'refused: the issuer is away');
  const never = new Browser(await openDoor(away.url));
  assert.deepEqual(codeOf(await never.ask('POST', ROUTE, {})), [503, 'OIDC_AWAY']);
  const signIn = { user: 'compliance', password: 'orchard lantern 42 granite' };
  assert.equal((await never.ask('POST', '/v1/session', signIn)).status, 200);

  const without = new Browser(await openDoor(undefined));
  assert.deepEqual(JSON.parse((await without.ask('GET', ROUTE)).body), { name: null });
  assert.deepEqual(codeOf(await without.ask('POST', ROUTE, {})), [409, 'OIDC_OFF']);
  assert.deepEqual(codeOf(await without.comeBack('code=x&state=y')), [409, 'OIDC_OFF']);
});

test('[DS-7] pages elsewhere begin and finish nothing; bodies are as declared; asking has its rate', async () => {
  const browser = new Browser();
  for (const method of ['POST', 'PUT'])
    for (const origin of ['https://evil.example', 'null', 'http://desk.example', issuer.url])
      assert.deepEqual(
        codeOf(await browser.ask(method, ROUTE, {}, { origin })),
        [403, 'ORIGIN_REFUSED'],
        `${method} ${origin}`,
      );
  for (const body of [{ redirectUri: 'https://evil.example' }, { issuer: 'https://evil.example' }])
    assert.deepEqual(codeOf(await browser.ask('POST', ROUTE, body)), [400, 'BODY_REFUSED']);
  for (const body of [{}, { query: '' }, { query: 7 }, { query: 'x'.repeat(8_193) }, { query: 'x', user: 'risk' }])
    assert.deepEqual(codeOf(await browser.ask('PUT', ROUTE, body)), [400, 'BODY_REFUSED']);
  for (const query of ['x', '&&&', '%00=%ff', 'state=a&state=b&code=c', `state=${'x'.repeat(8_000)}`])
    assert.deepEqual(codeOf(await browser.comeBack(query)), [401, 'OIDC_STALE'], query.slice(0, 20));
  const planted = `${ON_THE_WAY}=a; ${ON_THE_WAY}=b`;
  assert.deepEqual(codeOf(await browser.ask('PUT', ROUTE, { query: 'x' }, { cookie: planted })), [400, 'HEADER_REFUSED']);
  assert.deepEqual(codeOf(await browser.ask('GET', `${ROUTE}?code=x&state=y`)), [400, 'QUERY_REFUSED']);

  const busy = new Browser(await openDoor(issuer.url, 2));
  assert.deepEqual([(await busy.ask('POST', ROUTE, {})).status, (await busy.comeBack('x')).status], [200, 401]);
  assert.deepEqual(codeOf(await busy.ask('POST', ROUTE, {})), [429, 'TOO_MANY_REQUESTS']);
  assert.equal((await busy.ask('GET', ROUTE)).status, 200);
});
