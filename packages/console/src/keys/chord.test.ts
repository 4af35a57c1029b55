import assert from 'node:assert/strict';
import { test } from 'node:test';
import { belongsToTyping, chordReader, strokeName } from './chord.ts';

const stroke = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) =>
  strokeName({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });
const bindings = [{ keys: 'g o' }, { keys: 'g a' }, { keys: '?' }, { keys: 'Ctrl+K' }];

test('a key is named by what it prints, wherever it sits on the keyboard', () => {
  assert.equal(stroke('?', { shiftKey: true }), '?');
  assert.equal(stroke('k', { ctrlKey: true }), 'Ctrl+K');
  assert.equal(stroke('k', { metaKey: true }), 'Ctrl+K');
  assert.equal(stroke('F12', { shiftKey: true }), 'Shift+F12');
});

test('two strokes within the time are one binding, and a stray one is nothing', () => {
  const read = chordReader(() => bindings, 1000);
  assert.deepEqual(read('g', 0).kind, 'begun');
  assert.deepEqual(read('o', 900), { kind: 'run', binding: bindings[0] });
  assert.deepEqual(read('o', 1000).kind, 'none');
  read('g', 2000);
  assert.deepEqual(read('a', 3001).kind, 'none');
  read('g', 4000);
  assert.deepEqual(read('?', 4100).kind, 'none');
  assert.deepEqual(read('?', 4200).kind, 'run');
});

test('the later of two equal bindings wins: a page covers the console', () => {
  const page = { keys: '?' };
  assert.deepEqual(chordReader(() => [...bindings, page])('?', 0), { kind: 'run', binding: page });
});

test('letters belong to whoever types; function keys and the palette do not', () => {
  assert.deepEqual(['g', '?', '/', 'Ctrl+C', 'Enter'].map(belongsToTyping), [true, true, true, true, true]);
  assert.deepEqual(['F9', 'Shift+F12', 'Ctrl+K'].map(belongsToTyping), [false, false, false]);
});
