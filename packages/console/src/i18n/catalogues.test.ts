import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import type { Catalogue } from './text.ts';

const source = new URL('..', import.meta.url).pathname;
const files = globSync('**/*text.ts', { cwd: source }).filter((file) => !file.startsWith('i18n/'));

/** Words that are the other language's own name, or the house's, or a unit in both. */
const MAY_BE_HAN = new Set(['中文']);

function* sentences(catalogue: Catalogue, path = ''): Generator<readonly [path: string, value: unknown]> {
  for (const [name, value] of Object.entries(catalogue)) {
    if (typeof value === 'object' && value !== null) yield* sentences(value, `${path}${name}.`);
    else yield [path + name, value];
  }
}

for (const file of files) {
  const module = (await import(`${source}${file}`)) as Record<string, { readonly zh: Catalogue; readonly en: Catalogue }>;

  test(`${file} says the same things in Chinese and in English, and leaves none empty`, () => {
    const catalogues = Object.values(module).filter((each) => typeof each === 'object' && 'zh' in each && 'en' in each);
    assert.ok(catalogues.length > 0, 'no catalogue');
    for (const { zh, en } of catalogues) {
      const english = new Map(sentences(en));
      const chinese = new Map(sentences(zh));
      assert.deepEqual([...english.keys()].sort(), [...chinese.keys()].sort());
      for (const [path, value] of english) {
        const other = chinese.get(path);
        assert.equal(typeof value, typeof other, path);
        if (typeof value !== 'string') {
          assert.equal((value as () => string).length, (other as () => string).length, `${path} takes other values`);
          continue;
        }
        assert.notEqual(value.trim(), '', `${path} is empty in English`);
        assert.notEqual(String(other).trim(), '', `${path} is empty in Chinese`);
        assert.ok(
          !/\p{Script=Han}/u.test(value) || MAY_BE_HAN.has(value),
          `${path} is Chinese in the English catalogue: ${value}`,
        );
      }
    }
  });
}
