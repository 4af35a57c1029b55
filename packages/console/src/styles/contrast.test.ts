import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** The colours of one theme, as tokens.css declares them: light only where it differs from dark. */
function theme(name: 'dark' | 'light'): Map<string, string> {
  const tokens = new Map<string, string>();
  for (const [, selector = '', body = ''] of css.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    if (!/:root\s*$/.test(selector) && !(name === 'light' && selector.includes('"light"'))) continue;
    for (const [, token = '', value = ''] of body.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6})\s*;/g)) tokens.set(token, value);
  }
  return tokens;
}

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const channel = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const GROUNDS = ['--ground', '--panel', '--hover', '--selected'];
const TEXTS = ['--text', '--text-2', '--text-3', '--accent', '--warn', '--bad', '--good', '--red', '--green'];
/** Text on something else than a ground. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['--live-text', '--live'],
  ['--bar-text', '--bar'],
  ['--now-text', '--warn'],
  ['--text', '--flash'],
  ['--text-2', '--flash'],
  ['--text', '--accent-ground'],
  ['--text-2', '--accent-ground'],
  ['--bad', '--bad-ground'],
];
/** Shapes that carry meaning, and borders by which a control is known: 3 to 1. */
const SHAPES = ['--control', '--running', '--bad', '--warn', '--accent', '--done'];

for (const name of ['dark', 'light'] as const) {
  const tokens = theme(name);
  const colour = (token: string) => tokens.get(token) ?? assert.fail(`${token} is no colour of the ${name} theme`);
  const check = (front: string, back: string, least: number) => {
    const found = ratio(colour(front), colour(back));
    assert.ok(found >= least, `${name}: ${front} on ${back} is ${found.toFixed(2)}:1, ${least}:1 is needed`);
  };

  test(`every text of the ${name} theme stands at 4.5:1 on every ground (WCAG 1.4.3)`, () => {
    for (const front of TEXTS) for (const back of GROUNDS) check(front, back, 4.5);
    for (const [front, back] of PAIRS) check(front, back, 4.5);
  });

  test(`every shape of the ${name} theme that means something stands at 3:1 (WCAG 1.4.11)`, () => {
    for (const front of SHAPES) for (const back of ['--ground', '--panel']) check(front, back, 3);
  });
}
