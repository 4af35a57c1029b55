import '../rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { isProblem, MICROS_PER_DAY, silentLogger } from '@meridian/base';
import { type AuditLog, openAuditLog } from '@meridian/security';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from '../migrations.ts';
import { openFirstAnswers, UNKNOWN } from './idempotency.ts';
import { problem } from './problems.ts';

let scratch: ScratchDatabase;
let audit: AuditLog;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS.filter((folder) => /\/(server|security)\//.test(folder)));
  audit = openAuditLog(scratch.database, fs.mkdtempSync(path.join(scratch.dataDir, 'keys-')));
});
after(async () => {
  assert.equal((await audit.verify()).fault, undefined);
  await scratch?.remove();
});

const firstAnswers = (keysMax?: number, log: AuditLog = audit) =>
  openFirstAnswers({
    ...{ database: scratch.database, audit: log, logger: silentLogger },
    ...(keysMax === undefined ? {} : { keysMax }),
  });
const claim = (key: string, user = 'risk') => ({
  ...{ user, route: 'POST /v1/kill', key, content: { scope: 'firm' } },
  entry: { actor: user, duty: 'risk', action: 'kill.engage', target: key, params: { route: 'POST /v1/kill' } } as const,
});
/** How a change went, as the audit log says. */
const outcomesOf = async (target: string) =>
  (
    await scratch.database.query<{ outcome: string }>(
      'SELECT outcome FROM security.audit_entry WHERE target = $1 ORDER BY no',
      [target],
    )
  ).rows.map(({ outcome }) => outcome);
const AT = 1_700_000_000_000_000;
const answer = (body: unknown) => async () => ({ status: 200, etag: undefined, body });
const refused = (code: string) => (error: unknown) => isProblem(error, code);

test('of many at once with one key exactly one works', async () => {
  const answers = firstAnswers();
  let worked = 0;
  const work = async () => {
    worked++;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return { status: 200, etag: '7', body: { worked } };
  };
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => answers.once(claim('parallel-1'), AT, work)));
  assert.equal(worked, 1);
  for (const each of outcomes)
    if (each.status === 'fulfilled') assert.deepEqual(each.value.body, { worked: 1 });
    else assert.ok(isProblem(each.reason, 'IDEMPOTENCY_IN_FLIGHT'));
  assert.deepEqual(await answers.once(claim('parallel-1'), AT, work), {
    status: 200,
    etag: '7',
    body: { worked: 1 },
    replayed: true,
  });
});

test('a key belongs to a user and a route', async () => {
  const answers = firstAnswers();
  await answers.once(claim('shared-key'), AT, answer(1));
  assert.equal((await answers.once(claim('shared-key', 'trader'), AT, answer(2))).body, 2);
  assert.equal((await answers.once({ ...claim('shared-key'), route: 'POST /v1/orders' }, AT, answer(3))).body, 3);
  await assert.rejects(answers.once({ ...claim('shared-key'), content: {} }, AT, answer(4)), refused('IDEMPOTENCY_KEY_REUSED'));
});

test('what a crash left undone is done by the next life, once', async () => {
  const crashed = firstAnswers();
  void crashed.once(claim('crashed-1'), AT, () => new Promise(() => {}));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await assert.rejects(crashed.once(claim('crashed-1'), AT, answer(1)), refused('IDEMPOTENCY_IN_FLIGHT'));
  const next = firstAnswers();
  let worked = 0;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, () =>
      next.once(claim('crashed-1'), AT, async () => ({ ...(await answer('done')()), body: ++worked })),
    ),
  );
  assert.equal(worked, 1);
  assert.ok(outcomes.some((each) => each.status === 'fulfilled'));
  const noted = await outcomesOf('crashed-1');
  assert.deepEqual(
    [noted[0], noted[1], noted.filter((each) => each === 'done').length],
    ['refused: IDEMPOTENCY_IN_FLIGHT', UNKNOWN, 1],
    'the first attempt is noted before the second begins',
  );
  assert.equal(await next.noteInterrupted(), 0);
});

test('[DS-10] an answer is kept and its outcome noted, both or neither; what could not be noted is noted later', async () => {
  let isAway = true;
  const flaky: AuditLog = {
    ...audit,
    async append(tx, record) {
      const entry = await audit.append(tx, record);
      if (isAway) throw new Error('the database went away');
      return entry;
    },
  };
  const answers = firstAnswers(undefined, flaky);
  await assert.rejects(answers.once(claim('unnoted-1'), AT, answer('made')), /went away/);
  const refusing = async () => {
    throw problem('TOO_MANY_REQUESTS', { retry_after: 1 });
  };
  await assert.rejects(answers.once(claim('unnoted-2'), AT, refusing), refused('TOO_MANY_REQUESTS'));
  assert.deepEqual(await outcomesOf('unnoted-1'), []);
  isAway = false;
  assert.equal(await answers.noteInterrupted(), 2);
  assert.equal(await answers.noteInterrupted(), 0);
  assert.deepEqual(await outcomesOf('unnoted-1'), [UNKNOWN]);
  assert.equal((await answers.once(claim('unnoted-1'), AT, answer('made again'))).body, 'made again');
  assert.deepEqual(await outcomesOf('unnoted-1'), [UNKNOWN, 'done']);
  assert.deepEqual(await outcomesOf('unnoted-2'), [UNKNOWN]);
});

test('[DS-10] what no answer was given to is not forgotten before it is noted', async () => {
  void firstAnswers().once(claim('old-one-1'), AT, () => new Promise(() => {}));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await firstAnswers().once(claim('sweeping-1'), AT + 9 * MICROS_PER_DAY, answer(1));
  assert.deepEqual(await outcomesOf('old-one-1'), [UNKNOWN]);
});

test('answers are kept for a day, and no user keeps more than the house bears', async () => {
  const answers = firstAnswers(3);
  for (const key of ['bound-01', 'bound-02', 'bound-03']) await answers.once(claim(key, 'busy'), AT, answer(key));
  await assert.rejects(answers.once(claim('bound-04', 'busy'), AT, answer(4)), refused('IDEMPOTENCY_KEYS_TOO_MANY'));
  assert.equal((await answers.once(claim('bound-01', 'busy'), AT + MICROS_PER_DAY, answer(0))).body, 'bound-01');
  const later = AT + 2 * MICROS_PER_DAY;
  assert.equal((await answers.once(claim('bound-04', 'busy'), later, answer(4))).body, 4);
});
