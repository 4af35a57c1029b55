import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { isProblem, wallClock } from '@meridian/base';
import * as jose from 'jose';
import { IssuerAway, issuerFetch } from './issuer-fetch.ts';
import { type Oidc, type OidcOptions, openOidc } from './oidc.ts';
import { HOME, type ScratchDirectory, scratchDirectory, TWO } from './scratch-directory.ts';
import { type ScratchIssuer, scratchIssuer } from './scratch-issuer.ts';

const CLIENT = 'meridian';
const REDIRECT = 'https://desk.example/oidc';
const SUBJECT = 'subject-1';

let house: ScratchDirectory;
let issuer: ScratchIssuer;
let rightly: ScratchIssuer['token'];
before(async () => {
  house = await scratchDirectory({ clock: wallClock });
  issuer = await scratchIssuer({ clientId: CLIENT, redirectUri: REDIRECT, subject: SUBJECT });
  rightly = issuer.token;
  await house.add('federated', ['compliance']);
  await house.directory.linkFederated('federated', { issuer: issuer.url, subject: SUBJECT }, TWO);
});
after(async () => {
  await issuer?.close();
  await house?.remove();
});
beforeEach(() => {
  issuer.token = rightly;
  issuer.document = {};
});

const open = (more: Partial<OidcOptions> = {}): Oidc =>
  openOidc({
    ...{ issuer: issuer.url, clientId: CLIENT, redirectUri: REDIRECT },
    ...{ database: house.scratch.database, audit: house.audit, directory: house.directory },
    ...more,
  });
const refused = (code: string) => (error: unknown) => isProblem(error, code);
const arrival = { address: HOME };

async function signIn(oidc: Oidc = open()) {
  const { url, browser } = await oidc.begin();
  return oidc.finish(issuer.visit(url), browser, arrival);
}

test('whom the issuer proves signs in as the user linked to that subject, and nobody else', async () => {
  const { token, session } = await signIn();
  assert.deepEqual([session.user, session.stage, session.strong], ['federated', 'open', false]);
  assert.equal((await house.directory.authenticate(token))?.user, 'federated');
  issuer.token = (claims) => rightly({ ...claims, sub: 'subject-2' });
  await assert.rejects(signIn(), refused('SUBJECT_UNKNOWN'), 'no user is made');
  issuer.token = rightly;
  await house.directory.disable('federated', TWO);
  await assert.rejects(signIn(), refused('SUBJECT_UNKNOWN'));
  await house.directory.enable('federated', TWO);
});

test('a subject belongs to one user, and taking it away ends what it opened', async () => {
  await house.add('second', ['trader']);
  const subject = { issuer: issuer.url, subject: SUBJECT };
  await assert.rejects(house.directory.linkFederated('second', subject, TWO), refused('USER_EXISTS'));
  await assert.rejects(house.directory.unlinkFederated('second', subject, TWO), refused('USER_UNKNOWN'));
  const { token } = await signIn();
  await house.directory.unlinkFederated('federated', subject, TWO);
  assert.equal(await house.directory.authenticate(token), undefined);
  await assert.rejects(signIn(), refused('SUBJECT_UNKNOWN'));
  await house.directory.linkFederated('federated', subject, TWO);
});

test('the second factor of the house is asked for after another issuer, too', async () => {
  const strict = house.another({ policy: { secondFactor: 'required' } });
  assert.equal((await signIn(open({ directory: strict }))).session.stage, 'enrol');
});

test('tokens that prove nobody are refused', async () => {
  const unsigned = (header: object, claims: object) =>
    [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const other = await jose.generateKeyPair('RS256');
  const without = (key: string) => (claims: jose.JWTPayload) => rightly({ ...claims, [key]: undefined });
  const now = Math.floor(Date.now() / 1_000);
  const hostile: Record<string, ScratchIssuer['token']> = {
    'alg none': async (claims) => `${unsigned({ alg: 'none' }, claims)}.`,
    'HS256 with the public key': async (claims) => {
      const text = unsigned({ alg: 'HS256', kid: 'one' }, claims);
      return `${text}.${createHmac('sha256', issuer.publicPem).update(text).digest('base64url')}`;
    },
    'HS256 with the client secret': async (claims) =>
      new jose.SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from('shared-secret-of-the-client-0123')),
    'another key under the same name': (claims) =>
      new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(other.privateKey),
    'a key file named': (claims) =>
      new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: '../../etc/passwd' }).sign(other.privateKey),
    'a key brought along': async (claims) =>
      new jose.SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', jwk: await jose.exportJWK(other.publicKey) })
        .sign(other.privateKey),
    'no exp': without('exp'),
    'no iat': without('iat'),
    'no nonce': without('nonce'),
    'no aud': without('aud'),
    'no sub': without('sub'),
    'no iss': without('iss'),
    'wrong aud': (claims) => rightly({ ...claims, aud: 'other' }),
    'two audiences, made for the other': (claims) => rightly({ ...claims, aud: [CLIENT, 'other'], azp: 'other' }),
    'wrong iss': (claims) => rightly({ ...claims, iss: 'https://evil.test' }),
    'wrong nonce': (claims) => rightly({ ...claims, nonce: 'x' }),
    expired: (claims) => rightly({ ...claims, iat: now - 500, exp: now - 100 }),
    'issued long ago': (claims) => rightly({ ...claims, iat: now - 3_600 }),
    'issued tomorrow': (claims) => rightly({ ...claims, iat: now + 86_400, exp: now + 90_000 }),
    'not a token': async () => 'x.y.z',
  };
  for (const [what, token] of Object.entries(hostile)) {
    issuer.token = token;
    await assert.rejects(signIn(open({ clientSecret: 'shared-secret-of-the-client-0123' })), refused('OIDC_REFUSED'), what);
  }
  const { rows } = await house.scratch.database.query<{ outcome: string; actor: string }>(
    'SELECT outcome, actor FROM security.audit_entry ORDER BY no DESC LIMIT 1',
  );
  assert.deepEqual(rows[0], { outcome: 'refused: the answer of the issuer does not prove anybody', actor: 'unknown' });
});

test('a token, a code and a state of an earlier sign-in are no use in another', async () => {
  const kept: string[] = [];
  issuer.token = async (claims) => {
    const token = await rightly(claims);
    kept.push(token);
    return token;
  };
  const oidc = open();
  const first = await oidc.begin();
  const query = issuer.visit(first.url);
  await oidc.finish(query, first.browser, arrival);
  await assert.rejects(oidc.finish(query, first.browser, arrival), refused('OIDC_STALE'), 'the same state');
  issuer.token = async () => kept[0] as string;
  await assert.rejects(signIn(oidc), refused('OIDC_REFUSED'), 'the same token: its nonce is another');
  issuer.token = rightly;
  const next = await oidc.begin();
  const mixed = new URLSearchParams(issuer.visit(next.url));
  mixed.set('code', new URLSearchParams(query).get('code') as string);
  await assert.rejects(oidc.finish(mixed.toString(), next.browser, arrival), refused('OIDC_REFUSED'), 'the same code');
});

test('a sign-in ends in the browser in which it began, and within ten minutes', async () => {
  const oidc = open();
  const [victim, attacker] = [await oidc.begin(), await oidc.begin()];
  await assert.rejects(oidc.finish(issuer.visit(attacker.url), victim.browser, arrival), refused('OIDC_STALE'));
  for (const query of ['', 'code=x', 'state=x&code=y', `state=${'x'.repeat(100_000)}`])
    await assert.rejects(oidc.finish(query, victim.browser, arrival), refused('OIDC_STALE'));
  const denied = new URLSearchParams({
    state: new URL(victim.url).searchParams.get('state') as string,
    error: 'access_denied',
  });
  await assert.rejects(oidc.finish(denied.toString(), victim.browser, arrival), refused('OIDC_REFUSED'));
  let now = wallClock.now();
  const slow = open({ clock: { now: () => now } });
  const late = await slow.begin();
  now += 601_000_000;
  await assert.rejects(slow.finish(issuer.visit(late.url), late.browser, arrival), refused('OIDC_STALE'));
});

test('only the configured issuer is ever asked: not where its document points, not where it redirects', async () => {
  for (const document of [
    { jwks_uri: 'http://169.254.169.254/keys' },
    { token_endpoint: 'http://127.0.0.1:1/token' },
    { authorization_endpoint: 'https://evil.test/door' },
    { issuer: 'https://evil.test' },
  ]) {
    issuer.document = document;
    await assert.rejects(open().begin(), refused('OIDC_AWAY'), JSON.stringify(document));
  }
  const ask = issuerFetch(issuer.url, []);
  for (const url of [
    `${issuer.url}/elsewhere`,
    'http://169.254.169.254/',
    'http://[::1]/',
    'file:///etc/passwd',
    `${issuer.url}@evil.test/`,
  ])
    await assert.rejects(ask(url), IssuerAway, url);
  assert.throws(() => issuerFetch('http://login.example', []), IssuerAway);
  await assert.rejects(open({ issuer: 'https://127.0.0.1:1' }).begin(), refused('OIDC_AWAY'));
});
