import assert from 'node:assert/strict';
import { test } from 'node:test';
import { takeAnswer, takeAnswerFrom } from './federation.ts';

/** What the address shows after a return to `pathname`, when `wanted` was remembered; and what was taken out of it. */
function returned(pathname: string, search: string, wanted: string | null) {
  let shown: unknown = `${pathname}${search}`;
  const kept = new Map(wanted === null ? [] : [['meridian.sign-in.wanted', wanted]]);
  takeAnswerFrom(
    { pathname, search },
    {
      replaceState(_data, _unused, url) {
        shown = url;
      },
    },
    { getItem: (key) => kept.get(key) ?? null, removeItem: (key) => void kept.delete(key) },
  );
  return { shown, answer: takeAnswer(), again: takeAnswer(), kept: kept.size };
}

test('[DS-7] the provider’s answer leaves the address before anything else sees it, and is taken once', () => {
  assert.deepEqual(returned('/sign-in/return', '?code=a&state=b', '/orders?market=XNYS'), {
    ...{ shown: '/orders?market=XNYS', answer: 'code=a&state=b', again: undefined, kept: 0 },
  });
  assert.deepEqual(returned('/orders', '?code=a&state=b', '/x'), {
    ...{ shown: '/orders?code=a&state=b', answer: undefined, again: undefined, kept: 1 },
  });
});

test('[DS-7] whatever was remembered, the address stays one of the house’s own', () => {
  for (const wanted of [null, '', '//evil.example/', 'https://evil.example/', 'orders', '/sign-in/return?code=x'])
    assert.equal(returned('/sign-in/return', '?code=a', wanted).shown, '/', String(wanted));
  assert.equal(returned('/sign-in/return', '', null).answer, undefined);
});
