import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { DATA_FIELDS } from '../message.ts';
import { generate } from './generate.ts';
import { readXml } from './xml.ts';

const xml = readFileSync(new URL('../../../../data/fix/FIX44.xml', import.meta.url), 'utf8');

test('the committed tables and tags are what the dictionary generates', () => {
  for (const [name, source] of Object.entries(generate(xml)))
    assert.equal(
      readFileSync(new URL(name, import.meta.url), 'utf8'),
      source,
      `run npm run generate -w @meridian/fix: ${name}`,
    );
});

test('every data field of the dictionary is known to the parser with the length field before it', () => {
  const fields = readXml(xml).children.find((child) => child.name === 'fields')?.children ?? [];
  const data = fields.filter((field) => field.attributes['type'] === 'DATA').map((field) => Number(field.attributes['number']));
  assert.deepEqual(
    DATA_FIELDS.map(([, tag]) => tag).sort((a, b) => a - b),
    data.sort((a, b) => a - b),
  );
});

test('an element that is closed without being open, or never closed, is refused', () => {
  assert.throws(() => readXml('<a></b>'), SyntaxError);
  assert.throws(() => readXml('<a><b></a>'), SyntaxError);
  assert.throws(() => readXml('<a>'), SyntaxError);
});
