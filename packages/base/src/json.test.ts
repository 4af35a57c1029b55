import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  canonicalJson,
  closed,
  declareProblems,
  InvariantError,
  isProblem,
  parseJson,
  StateHash,
  Type,
  validateConfig,
} from './index.ts';

const BOUNDS = { charsMax: 1_000_000, depthMax: 32 };

test('deep, huge, duplicate-key and polluting JSON is refused', () => {
  const hostile = {
    deep: `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
    huge: `"${'x'.repeat(1_000_001)}"`,
    duplicate: '{"amount":1,"amount":2}',
    'duplicate behind many blanks': `{"amount":1,"amount"${' '.repeat(200)}:2}`,
    'duplicate by escape': '{"amount":1,"\\u0061mount":2}',
    'duplicate, deep': '{"a":[{"b":1,"b" :2}]}',
    pollution: '{"__proto__":{"admin":true}}',
    'pollution by escape': '{"\\u005f_proto__":{}}',
    syntax: '{"a":1',
    empty: '',
  };
  for (const [name, text] of Object.entries(hostile)) {
    assert.throws(
      () => parseJson(text, BOUNDS),
      (error) => isProblem(error, 'JSON_REFUSED'),
      name,
    );
  }
});

test('a text that only looks like a duplicate key is accepted', () => {
  assert.deepEqual(parseJson('{"a":"a","b":["a","a"],"c":{"a":1}}', BOUNDS), { a: 'a', b: ['a', 'a'], c: { a: 1 } });
});

test('canonical JSON gives equal bytes for equal values', () => {
  assert.equal(canonicalJson({ b: 1n, a: [undefined, 'x'], c: undefined }), '{"a":[null,"x"],"b":"1"}');
  assert.throws(() => canonicalJson({ a: Number.NaN }), RangeError);
});

test('an unknown or misspelt setting is refused with its path', () => {
  const schema = closed({ port: Type.Integer({ minimum: 1, maximum: 65_535 }), mail: closed({ host: Type.String() }) });
  assert.deepEqual(validateConfig(schema, { port: 1, mail: { host: 'h' } }), { port: 1, mail: { host: 'h' } });
  for (const [value, path] of [
    [{ port: 1, mail: { host: 'h', hots: 'x' } }, '/mail/hots'],
    [{ port: 70_000, mail: { host: 'h' } }, '/port'],
  ] as const) {
    assert.throws(
      () => validateConfig(schema, value),
      (error) => isProblem(error, 'CONFIG_INVALID') && error.params['path'] === path,
    );
  }
});

test('a problem speaks both languages and names its parameters', () => {
  const { problem } = declareProblems({
    TEST_LIMIT: {
      status: 422,
      title: { zh: '超限', en: 'Over limit' },
      detail: { zh: '上限 {limit}，请求 {requested}', en: 'Limit {limit}, requested {requested}' },
      remedy: { zh: '减小数量', en: 'Lower the quantity' },
    },
  });
  const document = problem('TEST_LIMIT', { limit: 5n, requested: 7 }).document('zh');
  assert.equal(document.detail, '上限 5，请求 7');
  assert.deepEqual(document.params, { limit: '5', requested: 7 });
  assert.throws(
    () =>
      declareProblems({
        TEST_LIMIT: { status: 1, title: { zh: '', en: '' }, detail: { zh: '', en: '' }, remedy: { zh: '', en: '' } },
      }),
    InvariantError,
  );
});

test('the state hash tells orders, lengths and large numbers apart, and restores', () => {
  const digest = (feed: (hash: StateHash) => void) => {
    const hash = new StateHash();
    feed(hash);
    return hash.digest();
  };
  const distinct = new Set([
    digest(() => {}),
    digest((h) => h.number(1)),
    digest((h) => h.number(2 ** 32 + 1)),
    digest((h) => h.number(-1)),
    digest((h) => h.text('ab')),
    digest((h) => h.text('ba')),
    digest((h) => h.bytes(new Uint8Array([0]))),
    digest((h) => h.bytes(new Uint8Array([0, 0]))),
    digest((h) => h.bytes(new Uint8Array(5))),
  ]);
  assert.equal(distinct.size, 9);
  const one = new StateHash();
  one.text('first half');
  const two = new StateHash();
  two.restore(one.save());
  one.number(9);
  two.number(9);
  assert.equal(one.digest(), two.digest());
});
