import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { applyCatalogue } from '@meridian/catalog';
import { conflictOf, DUTIES, type UserDuty } from '../duty.ts';
import '../index.ts';
import { openUserDirectory } from './directory.ts';
import { HOME, OPERATOR, PASSWORD, type ScratchDirectory, scratchDirectory, TWO } from './scratch-directory.ts';

let house: ScratchDirectory;
before(async () => {
  house = await scratchDirectory();
});
after(() => house.remove());

const refused = (code: string) => (error: unknown) => isProblem(error, code);
const pairs = DUTIES.flatMap((one) => DUTIES.filter((other) => other !== one).map((other) => [one, other] as const));
const conflicting = pairs.filter((pair) => conflictOf(pair) !== undefined);
const title = { zh: '用户', en: 'user' };
const scope = { jurisdictions: ['CN'], clients: [], entities: [] };
const newUser = (name: string, duties: readonly UserDuty[]) => ({ name, title, duties, ...scope });

test('[DS-1] every column of the directory is declared', async () => {
  await house.scratch.database.transaction((tx) => applyCatalogue((sql) => tx.query(sql)));
});

test('[DS-10] the table of duties held apart is the one in code', async () => {
  const { rows } = await house.scratch.database.query<{ one: UserDuty; other: UserDuty }>(
    'SELECT one, other FROM security.duty_conflict',
  );
  const named = (list: readonly (readonly [string, string])[]) => list.map((pair) => pair.join(' ')).sort();
  assert.deepEqual(named(rows.map(({ one, other }) => [one, other])), named(conflicting));
  assert.ok(conflicting.length > 60, 'both ways round');
  for (const sql of [`INSERT INTO security.duty_conflict VALUES ('x', 'y')`, 'DELETE FROM security.duty_conflict'])
    await assert.rejects(house.scratch.database.query(sql), /append-only/);
});

test('[DS-10] conflicting duties are refused in code, for every pair', async () => {
  for (const duties of conflicting)
    await assert.rejects(house.directory.create(newUser('nobody', duties), TWO), refused('DUTIES_CONFLICT'), duties.join());
  assert.equal(await house.directory.user('nobody'), undefined);
});

test('[DS-10] conflicting duties are refused by the database, for every pair, in one statement or in two', async () => {
  const { database } = house.scratch;
  const insertUser = `INSERT INTO security.user (name, title_zh, title_en, jurisdictions, clients, entities, created_at)
                      VALUES ('by-hand', 'x', 'x', '{CN}', $1, '{}', now())`;
  for (const [one, other] of pairs) {
    const isApart = conflictOf([one, other]) !== undefined;
    for (const statements of [[[one, other]], [[one], [other]]]) {
      const attempt = database.transaction(async (tx) => {
        await tx.query(insertUser, [one === 'client' || other === 'client' ? [7n] : []]);
        for (const duties of statements)
          await tx.query(`INSERT INTO security.user_duty SELECT 'by-hand', unnest($1::text[])`, [duties]);
        throw new Error('fine so far');
      });
      await assert.rejects(attempt, isApart ? /one person does not hold/ : /fine so far/, `${one} ${other}`);
    }
  }
});

test('[DS-10] two transactions that each add half of a conflict do not both succeed', async () => {
  const { database } = house.scratch;
  await house.add('half', ['model-validator']);
  const add = (duty: string) =>
    database.query(`INSERT INTO security.user_duty VALUES ('half', $1)`, [duty]).then(
      () => duty,
      () => undefined,
    );
  const done = (await Promise.all([add('trader'), add('clearing')])).filter((duty) => duty !== undefined);
  assert.equal(done.length, 1);
});

test('a user without a duty, a firm user with clients and a client user without one are refused by the database', async () => {
  const { database } = house.scratch;
  await house.add('whole', ['trader']);
  await house.add('whole-client', ['client']);
  for (const sql of [
    `DELETE FROM security.user_duty WHERE user_name = 'whole'`,
    `UPDATE security.user SET clients = '{7}' WHERE name = 'whole'`,
    `UPDATE security.user SET clients = '{}' WHERE name = 'whole-client'`,
  ])
    await assert.rejects(database.query(sql), /has no duty, or clients/, sql);
});

test('[DS-10] maker and checker are two others, in code and in the database', async () => {
  const make = (maker: string, checker?: string) =>
    house.directory.create(newUser('pair', ['trader']), checker === undefined ? { maker } : { maker, checker });
  await assert.rejects(make('administrator', 'administrator'), refused('USER_FOUR_EYES'));
  await assert.rejects(make('administrator'), refused('USER_FOUR_EYES'));
  await assert.rejects(make('pair', 'administrator'), refused('USER_FOUR_EYES'));
  await assert.rejects(make('administrator', 'pair'), refused('USER_FOUR_EYES'));
  const note = (maker: string, checker: string | null) =>
    house.scratch.database.query(
      `INSERT INTO security.user_change (at, user_name, kind, detail, maker, checker) VALUES (now(), 'pair', 'duties', '{}', $1, $2)`,
      [maker, checker],
    );
  await assert.rejects(note('administrator', 'administrator'), /four_eyes/);
  await assert.rejects(note('administrator', null), /checked/);
  await assert.rejects(note('pair', 'administrator'), /user_change_maker_check|user_change_check/);
  for (const sql of [
    'DELETE FROM security.user_change',
    `UPDATE security.user_change SET maker = 'x'`,
    'DELETE FROM security.user',
  ])
    await assert.rejects(house.scratch.database.query(sql), /append-only/);
});

test('[DS-10] the operator sets the house up alone until two administrators can check each other, then only takes away', async () => {
  const own = await scratchDirectory();
  try {
    const { directory } = own;
    for (const name of ['desk', 'administrator', 'administrator-2'])
      await directory.create(newUser(name, [name === 'desk' ? 'trader' : 'administrator']), OPERATOR);
    await assert.rejects(directory.create(newUser('late', ['trader']), OPERATOR), refused('USER_FOUR_EYES'));
    await assert.rejects(directory.changeDuties('desk', ['risk'], OPERATOR), refused('USER_FOUR_EYES'));
    await assert.rejects(directory.resetPassword('administrator', OPERATOR), refused('USER_FOUR_EYES'));
    assert.equal(await directory.user('late'), undefined);
    await directory.disable('administrator-2', OPERATOR);
    // One administrator is not two: whoever holds the machine may set the house up again.
    await directory.resetPassword('administrator', OPERATOR);
    assert.deepEqual((await directory.user('administrator-2'))?.state, 'disabled');
    assert.equal((await own.audit.verify()).fault, undefined);
  } finally {
    await own.remove();
  }
});

test('a generated password must be changed before anything else can be done', async () => {
  const { directory } = house;
  const { password } = await directory.create(newUser('fresh', ['trader']), TWO);
  const first = await directory.signIn({ user: 'fresh', password, address: HOME });
  assert.equal(first.session.stage, 'change-password');
  assert.equal(await directory.authenticate(first.token), undefined);
  await assert.rejects(directory.beginTotp(first.token), refused('SESSION_STAGE'));
  await assert.rejects(directory.changePassword(first.token, 'not what it is at all', PASSWORD), refused('SIGN_IN_REFUSED'));
  for (const weak of [
    password,
    'short',
    'password123456',
    '123456789012345',
    'aaaaaaaaaaaaaa',
    'abcdefghijklmn',
    'my fresh horse 77',
  ])
    await assert.rejects(directory.changePassword(first.token, password, weak), refused('PASSWORD_WEAK'), weak);
  const second = await directory.changePassword(first.token, password, PASSWORD);
  assert.notEqual(second.token, first.token);
  assert.equal(await directory.session(first.token), undefined);
  assert.equal((await directory.authenticate(second.token))?.user, 'fresh');
  await assert.rejects(house.signIn('fresh', { password }), refused('SIGN_IN_REFUSED'));
});

test('[DS-7] a principal says who asks, in which duty, from where and for whom', async () => {
  await house.add('portal', ['client'], { jurisdictions: ['HK'], clients: [7n, 9n] });
  const { token, session } = await house.signIn('portal');
  assert.deepEqual(await house.directory.authenticate(token), {
    ...{ user: 'portal', duties: ['client'], jurisdiction: 'HK', clients: [7n, 9n], entities: [1n] },
    ...{ session: session.id, since: house.now(), strong: false },
  });
});

test('[DS-9] a session stands where the address says, else where its user says, and never wider than permitted', async () => {
  await house.add('traveller', ['trader'], { jurisdictions: ['CN', 'HK'] });
  const places = house.another({ jurisdictionOf: (address) => ({ '192.0.2.1': 'HK', '192.0.2.2': 'US' })[address] });
  const from = (address: string, jurisdiction?: string) =>
    places.signIn({
      ...{ user: 'traveller', password: PASSWORD, address },
      ...(jurisdiction === undefined ? {} : { jurisdiction }),
    });
  assert.equal((await from('192.0.2.1')).session.jurisdiction, 'HK');
  assert.equal((await from('192.0.2.9', 'CN')).session.jurisdiction, 'CN');
  await assert.rejects(from('192.0.2.9'), refused('JURISDICTION_UNCLEAR'));
  await assert.rejects(from('192.0.2.1', 'CN'), refused('JURISDICTION_REFUSED'));
  await assert.rejects(from('192.0.2.2'), refused('JURISDICTION_REFUSED'));
  await assert.rejects(from('192.0.2.9', 'US'), refused('JURISDICTION_REFUSED'));
});

test('signing in again ends the session the browser held; a token from before is never taken over', async () => {
  await house.add('fixed', ['trader']);
  const other = house.another();
  const planted = await house.signIn('fixed');
  for (const each of [house.directory, other]) assert.equal((await each.authenticate(planted.token))?.user, 'fixed');
  const again = await house.directory.signIn({ user: 'fixed', password: PASSWORD, address: HOME, earlier: planted.token });
  assert.notEqual(again.token, planted.token);
  house.letEpochPass();
  for (const each of [house.directory, other]) assert.equal(await each.authenticate(planted.token), undefined);
  const invented = 'A'.repeat(43);
  const third = await house.directory.signIn({ user: 'fixed', password: PASSWORD, address: HOME, earlier: invented });
  assert.notEqual(third.token, invented);
  assert.equal(await house.directory.authenticate(invented), undefined);
});

test('a token replayed after sign-out is nobody, in this process and in another', async () => {
  await house.add('leaver', ['trader']);
  const other = house.another();
  const { token } = await house.signIn('leaver');
  assert.equal((await house.directory.authenticate(token))?.user, 'leaver');
  assert.equal((await other.authenticate(token))?.user, 'leaver');
  await house.directory.signOut(token);
  await house.directory.signOut(token);
  assert.equal(await house.directory.authenticate(token), undefined);
  house.letEpochPass();
  assert.equal(await other.authenticate(token), undefined);
});

test('[DS-7] revocation, disabling and a change of duties are felt at once here and within one look by another process', async () => {
  const other = house.another();
  const { directory } = house;
  await house.add('felt', ['trader', 'model-owner']);
  const by = { user: 'security', duty: 'security' as const };
  const open = async () => {
    const { token } = await house.signIn('felt');
    for (const each of [directory, other]) assert.equal((await each.authenticate(token))?.user, 'felt');
    return token;
  };
  const first = await open();
  await directory.changeDuties('felt', ['risk', 'model-validator'], TWO);
  assert.deepEqual((await directory.authenticate(first))?.duties, ['risk', 'model-validator']);
  house.letEpochPass();
  assert.deepEqual((await other.authenticate(first))?.duties, ['risk', 'model-validator']);
  const second = await open();
  const [session] = await directory.listSessions('felt');
  assert.equal((await directory.listSessions('felt')).length, 2);
  await directory.revokeSession(session?.id as string, by);
  await assert.rejects(directory.revokeSession(session?.id as string, by), refused('SESSION_UNKNOWN'));
  assert.equal(await directory.revokeAll('felt', by), 1);
  house.letEpochPass();
  for (const each of [directory, other])
    for (const token of [first, second]) assert.equal(await each.authenticate(token), undefined);
  const third = await open();
  await directory.changeScope('felt', { ...scope, jurisdictions: ['HK'] }, TWO);
  assert.equal(await directory.authenticate(third), undefined, 'no session where its user may not be');
  await directory.changeScope('felt', scope, TWO);
  const fourth = await open();
  await directory.disable('felt', TWO);
  assert.equal(await directory.authenticate(fourth), undefined);
  house.letEpochPass();
  for (const token of [third, fourth]) assert.equal(await other.authenticate(token), undefined);
  await assert.rejects(house.signIn('felt'), refused('SIGN_IN_REFUSED'));
  await directory.enable('felt', TWO);
  assert.equal(await directory.authenticate(fourth), undefined, 'what ended does not come back');
});

test('who has shown the password before a revocation finds no session after it', async () => {
  await house.add('racing', ['trader']);
  const [session] = await Promise.allSettled([
    house.signIn('racing'),
    house.directory.revokeAll('racing', { user: 'security', duty: 'security' }),
  ]);
  // Either order is right; a session that is alive was opened after the revocation.
  if (session.status === 'fulfilled') {
    const alive = await house.directory.authenticate(session.value.token);
    const { rows } = await house.scratch.database.query<{ ok: boolean }>(
      `SELECT s.credential_epoch = u.credential_epoch AS ok FROM security.session s JOIN security.user u ON u.name = s.user_name
        WHERE s.id = $1`,
      [session.value.session.id],
    );
    assert.equal(alive !== undefined, rows[0]?.ok);
  }
});

test('a session ends after half an hour of silence and after twelve hours whatever happens', async () => {
  await house.add('sleeper', ['trader']);
  const silent = await house.signIn('sleeper');
  house.wait(29 * 60);
  assert.equal((await house.directory.authenticate(silent.token))?.user, 'sleeper');
  house.wait(31 * 60);
  assert.equal(await house.directory.authenticate(silent.token), undefined);
  const busy = await house.signIn('sleeper');
  const other = house.another();
  for (let minutes = 20; minutes < 12 * 60; minutes += 20) {
    house.wait(20 * 60);
    // Seen here, now there: neither takes the other's silence for the user's.
    const each = minutes % 40 === 0 ? house.directory : other;
    assert.equal((await each.authenticate(busy.token))?.user, 'sleeper', `after ${minutes} minutes`);
  }
  house.wait(20 * 60);
  assert.equal(await house.directory.authenticate(busy.token), undefined);
  assert.deepEqual(await house.directory.listSessions('sleeper'), []);
});

test('a user holds twenty sessions; one more ends the oldest', async () => {
  await house.add('collector', ['trader']);
  const tokens: string[] = [];
  for (let n = 0; n < 21; n++) {
    const { token } = await house.signIn('collector');
    assert.equal((await house.directory.authenticate(token))?.user, 'collector');
    tokens.push(token);
    house.wait(1);
  }
  const alive = await Promise.all(tokens.map((token) => house.directory.authenticate(token)));
  assert.deepEqual(
    alive.map((principal) => principal !== undefined),
    [false, ...Array(20).fill(true)],
  );
  assert.equal((await house.directory.listSessions('collector')).length, 20);
});

test('where the policy asks for a second factor, who has none may only enrol one', async () => {
  await house.add('bare', ['risk']);
  const strict = house.another({ policy: { secondFactor: 'required', requiredOf: ['risk', 'administrator'] } });
  const { token, session } = await strict.signIn({ user: 'bare', password: PASSWORD, address: HOME });
  assert.equal(session.stage, 'enrol');
  assert.equal(await strict.authenticate(token), undefined);
  await assert.rejects(strict.changePassword(token, PASSWORD, 'another long phrase 9'), refused('SESSION_STAGE'));
  await house.add('spared', ['trader']);
  assert.equal((await strict.signIn({ user: 'spared', password: PASSWORD, address: HOME })).session.stage, 'open');
});

test('the token against forged requests belongs to one session', async () => {
  const { directory } = house;
  const token = directory.csrfToken('one');
  assert.equal(directory.isCsrf('one', token), true);
  for (const [session, given] of [
    ['other', token],
    ['one', `${token}x`],
    ['one', ''],
    ['one', directory.csrfToken('other')],
  ])
    assert.equal(directory.isCsrf(session as string, given as string), false);
});

test('[DS-11] another key is said, not taken for wrong passwords', async () => {
  const { database } = house.scratch;
  const keys = `${house.keys}-other`;
  const stranger = openUserDirectory({ database, audit: house.audit, keys, policy: { secondFactor: 'optional' } });
  await assert.rejects(stranger.signIn({ user: 'whole', password: PASSWORD, address: HOME }), refused('IDENTITY_KEY_LOST'));
});
