import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { HOME, PASSWORD, type ScratchDirectory, scratchDirectory, TWO } from './scratch-directory.ts';
import { type SoftwarePasskey, softwarePasskey } from './software-passkey.ts';
import { codeOf, stepAt } from './totp.ts';

const SITE = { id: 'desk.example', name: 'Meridian', origins: ['https://desk.example:8443'] };
const [ORIGIN] = SITE.origins as [string];

let house: ScratchDirectory;
before(async () => {
  house = await scratchDirectory({ site: SITE });
});
after(() => house.remove());

const refused = (code: string) => (error: unknown) => isProblem(error, code);

/** The secret as an authenticator program holds it. */
function typedIn(secret: string): Buffer {
  const bits = [...secret]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) as string[]).map((byte) => Number.parseInt(byte, 2)));
}

const codeNow = (secret: Buffer, off = 0) => codeOf(secret, stepAt(house.now()) + off);

async function withTotp(name: string) {
  await house.add(name, ['risk']);
  const { directory } = house;
  const { token } = await house.signIn(name);
  const secret = typedIn((await directory.beginTotp(token)).secret);
  const enrolled = await directory.confirmTotp(token, codeNow(secret));
  house.wait(60);
  return { secret, token, ...enrolled };
}

async function withPasskey(name: string, passkey: SoftwarePasskey = softwarePasskey()) {
  await house.add(name, ['risk']);
  const { directory } = house;
  const { token } = await house.signIn(name);
  const { challenge } = await directory.beginPasskey(token);
  const enrolled = await directory.confirmPasskey(token, passkey.create(challenge, ORIGIN, SITE.id), 'laptop');
  return { passkey, ...enrolled };
}

test('[DS-7] a one-time code is asked for after the password, makes the session strong and renews its token', async () => {
  const { secret, token, signedIn } = await withTotp('coded');
  const { directory } = house;
  assert.equal(await directory.session(token), undefined, 'the token from before enrolling is dead');
  assert.equal((await directory.authenticate(signedIn.token))?.strong, true);
  const first = await house.signIn('coded');
  assert.equal(first.session.stage, 'second-factor');
  assert.equal(await directory.authenticate(first.token), undefined);
  for (const step of [
    () => directory.beginTotp(first.token),
    () => directory.changePassword(first.token, PASSWORD, 'another long phrase 9'),
    () => directory.confirmTotp(first.token, codeNow(secret)),
  ])
    await assert.rejects(step, refused('SESSION_STAGE'));
  const second = await directory.secondFactor(first.token, { kind: 'totp', code: codeNow(secret) });
  assert.notEqual(second.token, first.token);
  assert.notEqual(second.session.id, first.session.id);
  assert.equal(await directory.session(first.token), undefined);
  assert.equal((await directory.authenticate(second.token))?.strong, true);
  assert.equal((await directory.user('coded'))?.hasSecondFactor, true);
});

test('[DS-10] every step of a factor stands in the audit chain, and nothing of its secret does', async () => {
  const { secret } = await withTotp('chained');
  const { rows } = await house.scratch.database.query<{ action: string; outcome: string; params: Record<string, unknown> }>(
    `SELECT action, outcome, params FROM security.audit_entry WHERE actor = 'chained' AND action LIKE 'factor%' ORDER BY no`,
  );
  assert.deepEqual(
    rows.map(({ action, outcome, params }) => [action, outcome, params['factor']]),
    [
      ['factor-begin', 'done', 'totp'],
      ['factor-enrol', 'done', 'totp'],
    ],
  );
  assert.ok(!JSON.stringify(rows).includes(secret.toString('hex')));
  assert.equal((await house.audit.verify()).fault, undefined);
});

test('[DS-7] the same code twice is refused, also the one that enrolled and by two at once', async () => {
  await house.add('twice', ['risk']);
  const { directory } = house;
  const { token } = await house.signIn('twice');
  const secret = typedIn((await directory.beginTotp(token)).secret);
  const prove = async (code: string) => directory.secondFactor((await house.signIn('twice')).token, { kind: 'totp', code });
  const code = codeNow(secret);
  await directory.confirmTotp(token, code);
  await assert.rejects(prove(code), refused('SECOND_FACTOR_REFUSED'));
  house.wait(60);
  const next = codeNow(secret);
  const both = await Promise.allSettled([prove(next), prove(next)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  await assert.rejects(prove(codeNow(secret, -1)), refused('SECOND_FACTOR_REFUSED'), 'an older code after a later one');
});

test('wrong codes lock the second factor, and the right password does not forgive them', async () => {
  const { secret } = await withTotp('guessed');
  const { directory } = house;
  for (let n = 0; n < 5; n++) {
    const { token } = await house.signIn('guessed', { address: `192.0.2.${100 + n}` });
    await assert.rejects(directory.secondFactor(token, { kind: 'totp', code: '000000' }), refused('SECOND_FACTOR_REFUSED'));
  }
  const { token } = await house.signIn('guessed');
  await assert.rejects(directory.secondFactor(token, { kind: 'totp', code: codeNow(secret) }), refused('SIGN_IN_LOCKED'));
  house.wait(60);
  await directory.secondFactor(token, { kind: 'totp', code: codeNow(secret) });
});

test('ten recovery codes open once each, and stand nowhere in the database', async () => {
  const { recoveryCodes = [] } = await withTotp('lost-phone');
  const { directory } = house;
  assert.equal(new Set(recoveryCodes).size, 10);
  const prove = async (code: string) =>
    directory.secondFactor((await house.signIn('lost-phone')).token, { kind: 'recovery', code });
  const [first = '', second = ''] = recoveryCodes;
  await prove(first);
  await assert.rejects(prove(first), refused('SECOND_FACTOR_REFUSED'));
  assert.equal((await prove(second.toLowerCase().replaceAll('-', ' '))).session.strong, true);
  await house.add('other-phone', ['risk']);
  const { rows } = await house.scratch.database.query<{ row: string }>('SELECT t::text AS row FROM security.recovery_code t');
  for (const { row } of rows) assert.ok(!recoveryCodes.some((code) => row.includes(Buffer.from(code).toString('hex'))));
});

test('[DS-6] secrets are sealed for their user: exchanged between two users neither opens', async () => {
  const { secret } = await withTotp('sealed-one');
  await withTotp('sealed-two');
  const { database } = house.scratch;
  const { rows } = await database.query<{ sealed: Buffer }>('SELECT sealed FROM security.totp WHERE sealed IS NOT NULL');
  assert.ok(rows.every(({ sealed }) => !sealed.includes(secret)));
  await database.query(
    `UPDATE security.totp t SET sealed = o.sealed FROM security.totp o
      WHERE t.user_name = 'sealed-two' AND o.user_name = 'sealed-one'`,
  );
  const { token } = await house.signIn('sealed-two');
  await assert.rejects(house.directory.secondFactor(token, { kind: 'totp', code: codeNow(secret) }), /authenticate data/);
});

test('[DS-7] a passkey signs in, and its counter only rises', async () => {
  const { passkey } = await withPasskey('keyed');
  const { directory } = house;
  const prove = async (counter: number) => {
    const { token } = await house.signIn('keyed');
    const { challenge, allowCredentials } = await directory.askPasskey(token);
    assert.deepEqual(
      allowCredentials?.map(({ id }) => id),
      [passkey.id],
    );
    return directory.secondFactor(token, { kind: 'passkey', response: passkey.get(challenge, ORIGIN, SITE.id, counter) });
  };
  const { token, session } = await prove(5);
  assert.deepEqual([session.stage, session.strong], ['open', true]);
  assert.equal((await directory.authenticate(token))?.user, 'keyed');
  await prove(6);
  await assert.rejects(prove(6), refused('SECOND_FACTOR_REFUSED'), 'a copy of the authenticator');
  await assert.rejects(prove(5), refused('SECOND_FACTOR_REFUSED'));
  await prove(7);
  assert.deepEqual(
    (await directory.passkeys('keyed')).map(({ label }) => label),
    ['laptop'],
  );
});

test('a passkey answer of another origin, site, challenge, type or user is refused, and a challenge is taken once', async () => {
  const { passkey } = await withPasskey('aimed');
  const { passkey: stranger } = await withPasskey('stranger');
  const { directory } = house;
  let counter = 10;
  const attempt = async (answer: (challenge: string) => ReturnType<SoftwarePasskey['get']>) => {
    await directory.unlock('aimed', { user: 'security', duty: 'security' });
    const { token } = await house.signIn('aimed');
    const { challenge } = await directory.askPasskey(token);
    return directory.secondFactor(token, { kind: 'passkey', response: answer(challenge) });
  };
  const older = (await directory.askPasskey((await house.signIn('aimed')).token)).challenge;
  const hostile: Record<string, (challenge: string) => ReturnType<SoftwarePasskey['get']>> = {
    origin: (challenge) => passkey.get(challenge, 'https://desk.example.evil.test', SITE.id, counter++),
    port: (challenge) => passkey.get(challenge, 'https://desk.example:9443', SITE.id, counter++),
    site: (challenge) => passkey.get(challenge, ORIGIN, 'evil.test', counter++),
    'challenge of another session': () => passkey.get(older, ORIGIN, SITE.id, counter++),
    'other user': (challenge) => stranger.get(challenge, ORIGIN, SITE.id, counter++),
    'other key under the own name': (challenge) => ({
      ...stranger.get(challenge, ORIGIN, SITE.id, counter++),
      id: passkey.id,
      rawId: passkey.id,
    }),
    type: (challenge) => {
      const answer = passkey.get(challenge, ORIGIN, SITE.id, counter++);
      const client = JSON.stringify({ type: 'webauthn.create', challenge, origin: ORIGIN });
      return { ...answer, response: { ...answer.response, clientDataJSON: Buffer.from(client).toString('base64url') } };
    },
    shape: () => ({ id: passkey.id, rawId: 7, response: null }) as never,
  };
  for (const [what, answer] of Object.entries(hostile))
    await assert.rejects(attempt(answer), refused('SECOND_FACTOR_REFUSED'), what);
  const { token } = await house.signIn('aimed');
  const { challenge } = await directory.askPasskey(token);
  const wrong = passkey.get(challenge, 'https://evil.test', SITE.id, counter++);
  await assert.rejects(directory.secondFactor(token, { kind: 'passkey', response: wrong }), refused('SECOND_FACTOR_REFUSED'));
  const right = passkey.get(challenge, ORIGIN, SITE.id, counter++);
  await assert.rejects(
    directory.secondFactor(token, { kind: 'passkey', response: right }),
    refused('SECOND_FACTOR_REFUSED'),
    'replayed',
  );
});

test('enrolling a passkey needs this site, this challenge once, and a credential nobody has', async () => {
  const { passkey: taken } = await withPasskey('first-owner');
  await house.add('enrolling', ['risk']);
  const { directory } = house;
  const { token } = await house.signIn('enrolling');
  const confirm = async (passkey: SoftwarePasskey, origin: string, site: string, given?: string) => {
    const { challenge } = await directory.beginPasskey(token);
    return directory.confirmPasskey(token, passkey.create(given ?? challenge, origin, site), 'laptop');
  };
  const used = (await directory.beginPasskey(token)).challenge;
  await assert.rejects(confirm(softwarePasskey(), 'https://evil.test', SITE.id), refused('FACTOR_REFUSED'));
  await assert.rejects(confirm(softwarePasskey(), ORIGIN, 'evil.test'), refused('FACTOR_REFUSED'));
  await assert.rejects(confirm(softwarePasskey(), ORIGIN, SITE.id, used), refused('FACTOR_REFUSED'));
  await assert.rejects(confirm(taken, ORIGIN, SITE.id), refused('FACTOR_REFUSED'));
  await assert.rejects(
    directory.confirmPasskey(token, softwarePasskey().create(used, ORIGIN, SITE.id), 'laptop'),
    refused('FACTOR_REFUSED'),
    'no challenge is left',
  );
  assert.equal((await confirm(softwarePasskey(), ORIGIN, SITE.id)).recoveryCodes?.length, 10);
});

test('where a factor is required its enrolment opens the session; a lost one is taken away by two others', async () => {
  await house.add('starter', ['risk']);
  const strict = house.another({ policy: { secondFactor: 'required' } });
  const { token } = await strict.signIn({ user: 'starter', password: PASSWORD, address: HOME });
  const secret = typedIn((await strict.beginTotp(token)).secret);
  const { signedIn } = await strict.confirmTotp(token, codeNow(secret));
  assert.deepEqual([signedIn.session.stage, signedIn.session.strong], ['open', true]);
  await strict.resetSecondFactor('starter', TWO);
  assert.equal(await strict.authenticate(signedIn.token), undefined);
  const again = await strict.signIn({ user: 'starter', password: PASSWORD, address: HOME });
  assert.equal(again.session.stage, 'enrol');
});

test('[DS-10] a live session without a second factor ends when its user is given a duty that asks for one', async () => {
  await house.add('promoted', ['trader']);
  const strict = house.another({ policy: { secondFactor: 'required', requiredOf: ['risk'] } });
  const { token } = await strict.signIn({ user: 'promoted', password: PASSWORD, address: HOME });
  assert.equal((await strict.authenticate(token))?.user, 'promoted');
  await strict.changeDuties('promoted', ['risk'], TWO);
  assert.equal(await strict.authenticate(token), undefined);
});

test('new credentials end every other session, and are made soon after signing in', async () => {
  await house.add('mover', ['trader']);
  const { directory } = house;
  const elsewhere = await house.signIn('mover', { address: '192.0.2.50' });
  const here = await house.signIn('mover');
  const moved = await directory.changePassword(here.token, PASSWORD, 'another long phrase 9');
  assert.equal(await directory.authenticate(elsewhere.token), undefined);
  assert.equal((await directory.authenticate(moved.token))?.user, 'mover');
  house.wait(16 * 60);
  assert.equal((await directory.authenticate(moved.token))?.user, 'mover');
  await assert.rejects(directory.beginTotp(moved.token), refused('SIGN_IN_STALE'));
});

test('a step of signing in is taken within a quarter of an hour', async () => {
  const { secret } = await withTotp('slow');
  const { token } = await house.signIn('slow');
  house.wait(15 * 60);
  await assert.rejects(
    house.directory.secondFactor(token, { kind: 'totp', code: codeNow(secret) }),
    refused('SESSION_UNKNOWN'),
  );
});
