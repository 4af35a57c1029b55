import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem } from '@meridian/base';
import fc from 'fast-check';
import { checkPassword, generatePassword, isPossiblePassword, openPasswordHasher } from './password.ts';

const pepper = Buffer.alloc(32, 7);
const cheap = { pepper, memoryKib: 64, passes: 1 };

test('a password opens its own user only, and only under the same pepper', async () => {
  const hasher = openPasswordHasher(cheap);
  const stored = await hasher.hash('risk', 'granite lantern 42');
  const judged = async (user: string, password: string, by = hasher) =>
    (await by.verify(user, password, async () => stored)).matches;
  assert.equal(await judged('risk', 'granite lantern 42'), true);
  assert.equal(await judged('risk', 'granite lantern 43'), false);
  assert.equal(await judged('trader', 'granite lantern 42'), false);
  assert.equal(
    await judged('risk', 'granite lantern 42', openPasswordHasher({ ...cheap, pepper: Buffer.alloc(32, 8) })),
    false,
  );
  // One text in two encodings: what a keyboard in another country sends.
  const composed = await hasher.hash('risk', 'caf\u00e9 granite lantern');
  assert.equal((await hasher.verify('risk', 'cafe\u0301 granite lantern', async () => composed)).matches, true);
});

test('risen parameters are noticed, stored ones still open', async () => {
  const stored = await openPasswordHasher(cheap).hash('risk', 'granite lantern 42');
  const risen = openPasswordHasher({ pepper, memoryKib: 128, passes: 2 });
  assert.deepEqual(await risen.verify('risk', 'granite lantern 42', async () => stored), { matches: true, isOutdated: true });
  const fresh = await risen.hash('risk', 'granite lantern 42');
  assert.deepEqual([fresh.memoryKib, fresh.passes], [128, 2]);
});

test('by default a hash is argon2id over 19 MiB, two passes, and one is computed where there is nothing to compare', async () => {
  const hasher = openPasswordHasher({ pepper });
  const { memoryKib, passes, hash, salt } = await hasher.hash('risk', 'granite lantern 42');
  assert.deepEqual([memoryKib, passes, hash.length, salt.length], [19_456, 2, 32, 16]);
  assert.equal((await hasher.verify('ghost', 'granite lantern 42', async () => undefined)).matches, false);
  assert.equal(hasher.computed(), 2);
});

test('two are computed at a time, 64 wait, the rest is turned away at once; whoever waited is asked again', async () => {
  const hasher = openPasswordHasher(cheap);
  let [working, most] = [0, 0];
  const gate = Promise.withResolvers<void>();
  const tries = Array.from({ length: 100 }, () =>
    hasher.verify('risk', 'granite lantern 42', async () => {
      most = Math.max(most, ++working);
      await gate.promise;
      working--;
      return undefined;
    }),
  );
  gate.resolve();
  const results = await Promise.allSettled(tries);
  const busy = results.filter((each) => each.status === 'rejected' && isProblem(each.reason, 'SIGN_IN_BUSY'));
  assert.deepEqual([busy.length, most, hasher.computed()], [34, 2, 66]);
  await assert.rejects(
    hasher.verify('risk', 'granite lantern 42', () => Promise.reject(new Error('locked meanwhile'))),
    /locked meanwhile/,
  );
  assert.equal(hasher.computed(), 66, 'nothing is computed for it');
});

test('what cannot be a password is seen without computing; generated ones pass every check', () => {
  for (const [password, isPossible] of [
    ['x'.repeat(11), false],
    ['x'.repeat(12), true],
    ['口'.repeat(200), true],
    ['口'.repeat(201), false],
    ['x'.repeat(10_000_000), false],
  ] as const)
    assert.equal(isPossiblePassword(password), isPossible);
  fc.assert(
    fc.property(fc.constant(null), () => {
      checkPassword('trader', generatePassword());
    }),
    { numRuns: 300 },
  );
});
