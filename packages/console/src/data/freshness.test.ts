import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { asked, newerOf } from './freshness.ts';

const line = { market: 'XNYS', net: '5.0', limit: 3 };

test('an answer asked for after the stream last spoke covers its row; one asked for before is covered by it', () => {
  const live = { net: '4.0' };
  assert.deepEqual(newerOf(line, live, { askedAt: 2_001 }, 2_000), line);
  assert.deepEqual(newerOf(line, live, { askedAt: 2_000 }, 2_000), { ...line, net: '4.0' });
  assert.deepEqual(newerOf(line, live, { askedAt: 1_000 }, 2_000), { ...line, net: '4.0' });
});

test('without a row, or without a word of the stream, the answer stands', () => {
  assert.deepEqual(newerOf(line, undefined, { askedAt: 0 }, 2_000), line);
  assert.deepEqual(newerOf(line, { net: '4.0' }, { askedAt: 0 }, null), line);
});

test('an answer is as old as its question, however long it takes', async () => {
  let time = 100;
  const answer = await asked(
    async () => {
      time = 900;
      return { net: '5.0' };
    },
    () => time,
  );
  assert.deepEqual(answer, { net: '5.0', askedAt: 100 });
});

// A house whose state is the time itself: an answer tells a time not before its question, a row one not after it was heard.
test('whatever answers and rows cross, what is shown never goes back before the newer of their bounds', () => {
  const time = fc.integer({ min: 0, max: 10_000 });
  fc.assert(
    fc.property(time, fc.nat(3_000), time, (askedAt, took, vouchedAt) => {
      const answered = { state: askedAt + took };
      const shown = newerOf(answered, { state: vouchedAt }, { askedAt }, vouchedAt);
      assert.ok(shown.state >= Math.max(askedAt, vouchedAt));
    }),
  );
});
