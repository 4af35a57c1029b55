import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isProblem, type Problem } from '@meridian/base';
import { loadIdentityKeys } from './identity-keys.ts';
import { openPasswordHasher } from './password.ts';
import { HOME, PASSWORD, type ScratchDirectory, scratchDirectory, TWO } from './scratch-directory.ts';

let house: ScratchDirectory;
before(async () => {
  house = await scratchDirectory();
});
after(() => house.remove());

const refused = (code: string) => (error: unknown) => isProblem(error, code);
const failure = (work: Promise<unknown>): Promise<Problem> =>
  work.then(
    () => assert.fail('it succeeded'),
    (error: Problem) => error,
  );
const WRONG = 'granite lantern 42 meadow';

async function audited(): Promise<{ action: string; actor: string; outcome: string; params: Record<string, string> }[]> {
  const { rows } = await house.scratch.database.query<never>(
    'SELECT action, actor, outcome, params FROM security.audit_entry ORDER BY no DESC LIMIT 40',
  );
  return rows;
}

test('[DS-7] unknown user, wrong password and disabled user get one answer for one work', async () => {
  await house.add('known', ['trader']);
  await house.add('gone', ['trader']);
  await house.directory.disable('gone', TWO);
  const answers: unknown[] = [];
  const costs: number[] = [];
  for (const [user, password] of [
    ['known', WRONG],
    ['nobody-here', WRONG],
    ['gone', PASSWORD],
    ['gone', WRONG],
  ] as const) {
    const before = house.hasher.computed();
    answers.push((await failure(house.signIn(user, { password }))).document('en'));
    costs.push(house.hasher.computed() - before);
  }
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal((answers[0] as { code: string }).code, 'SIGN_IN_REFUSED');
  assert.deepEqual(costs, [1, 1, 1, 1]);
  // So do passwords that cannot be anybody's, for nothing.
  const before = house.hasher.computed();
  for (const password of ['', 'short', 'x'.repeat(1_000_000)])
    assert.deepEqual((await failure(house.signIn('known', { password, address: '192.0.2.200' }))).document('en'), answers[0]);
  assert.equal(house.hasher.computed(), before);
});

test('[DS-7] 10,000 wrong tries on one account from everywhere compute five hashes, and the right one does not help then', async () => {
  await house.add('hammered', ['trader']);
  const before = house.hasher.computed();
  const outcomes = new Map<string, number>();
  for (let n = 0; n < 10_000; n += 100) {
    const batch = Array.from({ length: 100 }, (_, i) =>
      failure(house.signIn('hammered', { password: WRONG, address: `198.51.${Math.floor((n + i) / 250)}.${(n + i) % 250}` })),
    );
    for (const { code } of await Promise.all(batch)) outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
  }
  assert.equal(house.hasher.computed() - before, 5);
  assert.equal(outcomes.get('SIGN_IN_REFUSED'), 5);
  assert.equal((outcomes.get('SIGN_IN_LOCKED') ?? 0) + (outcomes.get('SIGN_IN_BUSY') ?? 0), 9_995);
  await assert.rejects(house.signIn('hammered'), refused('SIGN_IN_LOCKED'));
  assert.equal((await house.directory.user('hammered'))?.state, 'locked');
  const entries = (await audited()).filter(({ actor }) => actor === 'hammered');
  assert.deepEqual(
    entries.map(({ outcome }) => outcome),
    Array(5).fill('refused: password'),
  );
  assert.equal(entries[0]?.params['reason'], 'locked from now on');
});

test('the lock grows from a minute to an hour, holds for another process, and ends with the right password', async () => {
  await house.add('clumsy', ['trader']);
  const other = house.another();
  const attempt = (password: string) => other.signIn({ user: 'clumsy', password, address: '203.0.113.9' });
  for (let n = 0; n < 5; n++) await assert.rejects(house.signIn('clumsy', { password: WRONG }), refused('SIGN_IN_REFUSED'));
  for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) {
    assert.equal((await failure(attempt(PASSWORD))).params['retry_after'], minutes * 60);
    house.wait(minutes * 60);
    if (minutes < 60) await assert.rejects(attempt(WRONG), refused('SIGN_IN_REFUSED'));
    else if ((await failure(attempt(WRONG))).code !== 'SIGN_IN_REFUSED') assert.fail();
  }
  house.wait(3_600);
  await attempt(PASSWORD);
  await assert.rejects(attempt(WRONG), refused('SIGN_IN_REFUSED'));
  await attempt(PASSWORD);
});

test('a lock is the same for a name that nobody has, and a security officer lifts one', async () => {
  for (let n = 0; n < 5; n++) await assert.rejects(house.signIn('phantom', { password: WRONG, address: '192.0.2.60' }));
  assert.equal((await failure(house.signIn('phantom', { address: '192.0.2.61' }))).code, 'SIGN_IN_LOCKED');
  await house.add('freed', ['trader']);
  for (let n = 0; n < 5; n++) await assert.rejects(house.signIn('freed', { password: WRONG, address: '192.0.2.60' }));
  await house.directory.unlock('freed', { user: 'security', duty: 'security' });
  await house.signIn('freed', { address: '192.0.2.61' });
});

test('different users tried from one network are limited together; signing in rightly is not counted', async () => {
  const address = (n: number) => `2001:db8:77:1::${n.toString(16)}`;
  await house.add('neighbour', ['trader']);
  for (let n = 0; n < 30; n++) await house.signIn('neighbour', { address: address(n) });
  const before = house.hasher.computed();
  const codes: string[] = [];
  for (let n = 0; n < 60; n++)
    codes.push((await failure(house.signIn(`sprayed-${n}`, { password: WRONG, address: address(n + 100) }))).code);
  assert.deepEqual([codes.filter((code) => code === 'SIGN_IN_REFUSED').length, house.hasher.computed() - before], [20, 20]);
  await assert.rejects(house.signIn('neighbour', { address: address(7) }), refused('SIGN_IN_LOCKED'));
  await house.signIn('neighbour', { address: '2001:db8:77:2::1' });
});

test('a password of older parameters is hashed anew when it is shown', async () => {
  await house.add('veteran', ['trader']);
  const hasher = openPasswordHasher({ pepper: loadIdentityKeys(house.keys).pepper, memoryKib: 128, passes: 2 });
  const other = house.another({ hasher });
  const stored = async () =>
    (await house.scratch.database.query(`SELECT memory_kib, passes FROM security.password WHERE user_name = 'veteran'`))
      .rows[0];
  assert.deepEqual(await stored(), { memory_kib: 64, passes: 1 });
  await other.signIn({ user: 'veteran', password: PASSWORD, address: '192.0.2.80' });
  assert.deepEqual(await stored(), { memory_kib: 128, passes: 2 });
  await house.signIn('veteran', { address: '192.0.2.80' });
});

test('[DS-7] neither passwords nor tokens, nor a password typed as a name, stand in the audit log, a table or the server log', async () => {
  const canary = 'canary7 wisteria 9 zephyr';
  await house.directory.create(
    {
      ...{ name: 'singer', title: { zh: '用户', en: 'user' }, duties: ['trader'] },
      ...{ jurisdictions: ['CN'], clients: [], entities: [] },
    },
    TWO,
    { password: canary },
  );
  const { token } = await house.signIn('singer', { password: canary, address: '192.0.2.90' });
  const { secret } = await house.directory.beginTotp(token);
  await house.directory.authenticate(token);
  const problems = [
    await failure(house.signIn('singer', { password: `${canary}x`, address: '192.0.2.90' })),
    await failure(house.signIn(canary, { password: canary, address: '192.0.2.90' })),
    await failure(house.directory.confirmTotp(token, '000000')),
    await failure(house.directory.changePassword(token, canary, canary)),
  ];
  await house.directory.signOut(token);
  const { rows: tables } = await house.scratch.database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('security', 'store')`,
  );
  const kept: string[] = problems.map((each) => `${each.stack} ${JSON.stringify(each.document('zh'))}`);
  for (const { name } of tables) {
    const { rows } = await house.scratch.database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    kept.push(...rows.map(({ row }) => row));
  }
  for (const file of fs.readdirSync(house.scratch.dataDir, { recursive: true, encoding: 'utf8' }))
    if (/\.(log|json|csv)$/.test(file)) kept.push(fs.readFileSync(path.join(house.scratch.dataDir, file), 'utf8'));
  assert.ok(kept.some((text) => text.includes('singer')) && kept.length > 30);
  const forms = [canary, token, secret].flatMap((text) => [
    text,
    Buffer.from(text).toString('hex'),
    Buffer.from(text).toString('base64'),
  ]);
  for (const text of kept) for (const form of forms) assert.ok(!text.includes(form), text.slice(0, 200));
});

test('who cannot be let in for another reason than the password is told only after showing it', async () => {
  await house.add('placed', ['trader']);
  const attempt = (password: string) => house.directory.signIn({ user: 'placed', password, address: HOME, jurisdiction: 'US' });
  await assert.rejects(attempt(WRONG), refused('SIGN_IN_REFUSED'));
  await assert.rejects(attempt(PASSWORD), refused('JURISDICTION_REFUSED'));
  assert.equal((await audited())[0]?.outcome, 'refused: JURISDICTION_REFUSED');
});
