import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { openAuditLog, openUserDirectory, type UserDirectory } from '@meridian/security';
import { type Database, openDatabase } from '@meridian/store';
import { demoUsersFile, ensureDemoUsers } from '../demo/users.ts';
import { command, type ScratchHouse, scratchHouse } from './scratch-house.ts';

let house: ScratchHouse;
let database: Database;
let directory: UserDirectory;
before(async () => {
  house = await scratchHouse();
  database = openDatabase({ url: (await house.openBooks()).url });
  const { keys } = house.folder;
  const audit = openAuditLog(database, keys);
  directory = openUserDirectory({ database, audit, keys, policy: { secondFactor: 'optional' } });
});
after(async () => {
  await database?.close();
  await house?.remove();
});

async function run(...args: readonly string[]): Promise<{ exit: number | null; told: Record<string, unknown> }> {
  const { code, out } = await command(['user', ...args, '--json', '--data', house.folder.root]);
  return { exit: code, told: JSON.parse(out) as Record<string, unknown> };
}

test('[DS-10] the command line sets a house up, shows each password once and takes rights away', async () => {
  const added = await run('add', 'desk', '--duty', 'trader,model-owner');
  assert.deepEqual([added.exit, added.told['duties'], added.told['mustChangePassword']], [0, ['trader', 'model-owner'], true]);
  const password = added.told['password'] as string;
  const { session } = await directory.signIn({ user: 'desk', password, address: '192.0.2.1' });
  assert.equal(session.stage, 'change-password');
  const listed = await command(['user', 'list', '--data', house.folder.root]);
  assert.match(listed.out, /desk\s+Trader, Model owner\s+trader model-owner\s+active\s+CN/);
  assert.ok(!listed.out.includes(password));
  const sessions = await command(['user', 'sessions', 'desk', '--json', '--data', house.folder.root]);
  assert.deepEqual(
    (JSON.parse(sessions.out) as { id: string }[]).map(({ id }) => id),
    [session.id],
  );
  assert.equal((await run('revoke', 'desk')).exit, 0);
  assert.deepEqual(await directory.listSessions('desk'), []);
  assert.deepEqual([(await run('disable', 'desk')).exit, (await directory.user('desk'))?.state], [0, 'disabled']);
  assert.deepEqual([(await run('enable', 'desk')).exit, (await directory.user('desk'))?.state], [0, 'active']);
  const reset = await run('password', 'desk');
  assert.notEqual(reset.told['password'], password);
  assert.equal((await openAuditLog(database, house.folder.keys).verify()).fault, undefined);
});

test('bad input: conflicting duties, unknown users and malformed options are refused by name', async () => {
  for (const [args, exit, code] of [
    [['add', 'both', '--duty', 'trader,risk'], 3, 'DUTIES_CONFLICT'],
    [['add', 'Desk 1', '--duty', 'trader'], 3, 'USER_MALFORMED'],
    [['add', 'desk', '--duty', 'trader'], 5, 'USER_EXISTS'],
    [['add', 'portal', '--duty', 'client'], 3, 'USER_MALFORMED'],
    [['add', 'desk-2', '--duty', 'chief'], 2, 'USAGE'],
    [['add', 'desk-2', '--duty', 'client', '--client', 'x'], 2, 'USAGE'],
    [['add', 'desk-2'], 2, 'USAGE'],
    [['disable', 'ghost'], 2, 'USER_UNKNOWN'],
    [['password', 'ghost'], 2, 'USER_UNKNOWN'],
    [['revoke', 'ghost'], 2, 'USER_UNKNOWN'],
  ] as const) {
    const refused = await run(...args);
    assert.deepEqual([refused.exit, refused.told['code']], [exit, code], args.join(' '));
  }
});

test('[DS-7] [DS-10] the command line links a subject of the firm’s provider to a user, and takes it away', async () => {
  const siteFile = path.join(house.folder.root, 'site.json');
  assert.deepEqual((await run('link', 'desk', 'subject-1')).told['code'], 'OIDC_OFF');
  const oidc = { issuer: 'https://login.example', clientId: 'meridian', name: { zh: '本单位', en: 'the firm' } };
  fs.writeFileSync(siteFile, JSON.stringify({ origin: 'https://desk.example', oidc }));
  try {
    const subject = { issuer: oidc.issuer, subject: 'subject-1' };
    const arrival = { address: '192.0.2.1' };
    const linked = await run('link', 'desk', 'subject-1');
    assert.deepEqual([linked.exit, linked.told], [0, { name: 'desk', ...subject }]);
    const { token, session } = await directory.signInFederated(subject, arrival);
    assert.equal(session.user, 'desk');
    const again = await run('link', 'desk', 'subject-1');
    assert.deepEqual([again.exit, again.told['code']], [5, 'USER_EXISTS']);
    assert.equal((await run('link', 'nobody-here', 'subject-2')).told['code'], 'USER_UNKNOWN');
    assert.equal((await run('link', 'desk', 'x'.repeat(256))).told['code'], 'USAGE');
    assert.equal((await run('unlink', 'desk', 'subject-1')).exit, 0);
    assert.equal(await directory.session(token), undefined);
    await assert.rejects(directory.signInFederated(subject, arrival), (error) => isProblem(error, 'SUBJECT_UNKNOWN'));
    assert.equal((await run('unlink', 'desk', 'subject-1')).told['code'], 'USER_UNKNOWN');
  } finally {
    fs.rmSync(siteFile);
  }
});

test('the demo has a user for each duty whose password stands in its folder, the same after every start', async () => {
  const scope = { entities: [1n, 2n], clients: [11n, 12n] } as const;
  const first = await ensureDemoUsers(directory, house.folder, scope);
  assert.equal(first.length, 15);
  assert.deepEqual(await ensureDemoUsers(directory, house.folder, scope), first);
  const file = demoUsersFile(house.folder);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.equal(new Set(first.map(({ password }) => password)).size, first.length);
  const signIn = async (name: string, users: typeof first) => {
    const password = users.find((user) => user.name === name)?.password as string;
    const { token } = await directory.signIn({ user: name, password, address: '192.0.2.9' });
    return directory.authenticate(token);
  };
  assert.deepEqual((await signIn('risk-2', first))?.duties, ['risk']);
  assert.deepEqual([(await signIn('client', first))?.clients, (await signIn('client-2', first))?.clients], [[11n], [12n]]);
  fs.rmSync(file);
  const again = await ensureDemoUsers(directory, house.folder, scope);
  assert.equal((await signIn('trader', again))?.user, 'trader');
  const refused = await run('add', 'late', '--duty', 'trader');
  assert.deepEqual([refused.exit, refused.told['code']], [3, 'USER_FOUR_EYES'], 'two administrators are there now');
});
