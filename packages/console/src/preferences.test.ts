import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPreferences, type Preferences, preferences, sanePreferences } from './preferences.ts';

const fallback: Preferences = { language: 'zh', theme: 'dark', signs: 'cn', density: 'dense', scale: 'wan', zone: 'UTC' };
const kept = (value: string | null) => ({ getItem: () => value });

test('of what the browser kept only known choices are taken', () => {
  const odd = { language: 'fr', theme: 'light', signs: 7, zone: 'Mars/Olympus', extra: true };
  assert.deepEqual(sanePreferences(odd, fallback), { ...fallback, theme: 'light' });
  assert.deepEqual(sanePreferences('x', fallback), fallback);
  assert.equal(sanePreferences({ zone: 'Europe/London' }, fallback).zone, 'Europe/London');
});

test('the address says the language before what was kept, and that before the browser’s own', () => {
  loadPreferences(kept(null), '', ['de-DE']);
  assert.equal(preferences().language, 'en');
  loadPreferences(kept('{"language":"zh"}'), '', ['en-GB']);
  assert.equal(preferences().language, 'zh');
  loadPreferences(kept('{"language":"zh"}'), '?lang=en', ['zh-CN']);
  assert.equal(preferences().language, 'en');
  loadPreferences(kept('{not json'), '?lang=klingon', ['zh-TW']);
  assert.equal(preferences().language, 'zh');
});
