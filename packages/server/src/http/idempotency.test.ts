import '../rooms.ts';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem, MICROS_PER_DAY } from '@meridian/base';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from '../migrations.ts';
import { openFirstAnswers } from './idempotency.ts';

let scratch: ScratchDatabase;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS.filter((folder) => folder.includes('/server/')));
});
after(() => scratch?.remove());

const claim = (key: string, user = 'risk') => ({ user, route: 'POST /v1/kill', key, content: { scope: 'firm' } });
const AT = 1_700_000_000_000_000;
const answer = (body: unknown) => async () => ({ status: 200, etag: undefined, body });
const refused = (code: string) => (error: unknown) => isProblem(error, code);

test('of many at once with one key exactly one works', async () => {
  const answers = openFirstAnswers(scratch.database);
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
  const answers = openFirstAnswers(scratch.database);
  await answers.once(claim('shared-key'), AT, answer(1));
  assert.equal((await answers.once(claim('shared-key', 'trader'), AT, answer(2))).body, 2);
  assert.equal((await answers.once({ ...claim('shared-key'), route: 'POST /v1/orders' }, AT, answer(3))).body, 3);
  await assert.rejects(answers.once({ ...claim('shared-key'), content: {} }, AT, answer(4)), refused('IDEMPOTENCY_KEY_REUSED'));
});

test('what a crash left undone is done by the next life, once', async () => {
  const crashed = openFirstAnswers(scratch.database);
  void crashed.once(claim('crashed-1'), AT, () => new Promise(() => {}));
  await new Promise((resolve) => setTimeout(resolve, 100));
  await assert.rejects(crashed.once(claim('crashed-1'), AT, answer(1)), refused('IDEMPOTENCY_IN_FLIGHT'));
  const next = openFirstAnswers(scratch.database);
  let worked = 0;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, () =>
      next.once(claim('crashed-1'), AT, async () => ({ ...(await answer('done')()), body: ++worked })),
    ),
  );
  assert.equal(worked, 1);
  assert.ok(outcomes.some((each) => each.status === 'fulfilled'));
});

test('answers are kept for a day, and no user keeps more than the house bears', async () => {
  const answers = openFirstAnswers(scratch.database, 3);
  for (const key of ['bound-01', 'bound-02', 'bound-03']) await answers.once(claim(key, 'busy'), AT, answer(key));
  await assert.rejects(answers.once(claim('bound-04', 'busy'), AT, answer(4)), refused('IDEMPOTENCY_KEYS_TOO_MANY'));
  assert.equal((await answers.once(claim('bound-01', 'busy'), AT + MICROS_PER_DAY, answer(0))).body, 'bound-01');
  const later = AT + 2 * MICROS_PER_DAY;
  assert.equal((await answers.once(claim('bound-04', 'busy'), later, answer(4))).body, 4);
});
