import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejectionText } from './rejection.ts';

const refusal = {
  ...{ code: 'LEASE_STATIC', unit: 'amount', currency: 'CNY', cell: 3, limit: '30000000' },
  ...{ used: '29999123.45', requested: '1200.5', wouldPass: '12000' },
} as const;

test('[RC-g] a refusal says its money in threes with the currency behind it, in both languages; its figures stay plain', () => {
  const { detail, limit, used } = rejectionText(refusal as unknown as Parameters<typeof rejectionText>[0]);
  for (const text of [detail.zh, detail.en])
    for (const said of ['30,000,000 CNY', '29,999,123.45 CNY', '1,200.5 CNY', '12,000'])
      assert.ok(text.includes(said), `${said} in ${text}`);
  assert.deepEqual([limit, used], ['30000000', '29999123.45']);
});

test('digits below a thousand, behind the point and of a negative amount are not parted', () => {
  const few = { ...refusal, limit: '999', used: '-123456', requested: '0.123456', wouldPass: null };
  const { detail } = rejectionText(few as unknown as Parameters<typeof rejectionText>[0]);
  for (const said of ['999 CNY', '-123,456 CNY', '0.123456 CNY']) assert.ok(detail.en.includes(said), detail.en);
});
