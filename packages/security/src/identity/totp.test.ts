import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MICROS_PER_SECOND } from '@meridian/base';
import { base32, codeOf, enrolmentUri, stepAt, stepOf } from './totp.ts';

/** RFC 6238 appendix B, SHA-1: Unix seconds and eight-digit codes of the secret "12345678901234567890". */
const VECTORS: readonly (readonly [seconds: number, code: string])[] = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
];
/** RFC 4226 appendix D: six-digit codes of the first ten counters. */
const COUNTED = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'];
const SECRET = Buffer.from('12345678901234567890');
const at = (seconds: number) => seconds * MICROS_PER_SECOND;

test('codes are those of RFC 6238 and RFC 4226', () => {
  for (const [seconds, code] of VECTORS) assert.equal(codeOf(SECRET, stepAt(at(seconds)), 8), code);
  for (const [counter, code] of COUNTED.entries()) assert.equal(codeOf(SECRET, counter), code);
});

test('a code holds for its step and the one on either side, and only when it is later than the last one shown', () => {
  const now = at(1_234_567_890);
  const step = stepAt(now);
  for (const [off, found] of [
    [-2, undefined],
    [-1, step - 1],
    [0, step],
    [1, step + 1],
    [2, undefined],
  ] as const)
    assert.equal(stepOf(SECRET, codeOf(SECRET, step + off), now, 0), found, `${off}`);
  assert.equal(stepOf(SECRET, codeOf(SECRET, step), now, step), undefined);
  assert.equal(stepOf(SECRET, codeOf(SECRET, step - 1), now, step), undefined);
  for (const malformed of ['', '12345', '1234567', '12345a', '１２３４５６', ' 12345'])
    assert.equal(stepOf(SECRET, malformed, now, 0), undefined);
});

test('secrets are written as RFC 4648 has it', () => {
  for (const [text, written] of [
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const)
    assert.equal(base32(Buffer.from(text)), written);
  assert.equal(
    enrolmentUri('Meridian 子午', 'risk', 'MZXW6'),
    'otpauth://totp/Meridian%20%E5%AD%90%E5%8D%88:risk?secret=MZXW6&issuer=Meridian%20%E5%AD%90%E5%8D%88&algorithm=SHA1&digits=6&period=30',
  );
});
