import '../rooms.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declareProblems, Problem, problemCodes, problemKind } from '@meridian/base';
import { REJECTION } from '@meridian/messages';
import { EXIT } from './command.ts';
import { exitCodeOf } from './exit-code.ts';

declareProblems({
  WAITS_FOR_CHECKER: {
    status: 202,
    title: { zh: '', en: '' },
    detail: { zh: '', en: '' },
    remedy: { zh: '', en: '' },
  },
});

test('each kind of problem has the exit code that scripts are promised', () => {
  const expected: Record<string, number> = {
    DATE_MALFORMED: EXIT.usage,
    CALENDAR_UNKNOWN: EXIT.usage,
    CALENDAR_NOT_COVERED: EXIT.refused,
    LEASE_STATIC: EXIT.refusedByRisk,
    DUPLICATE_ID: EXIT.refusedByRisk,
    PORT_IN_USE: EXIT.conflict,
    BATCH_ALREADY_PUBLISHED: EXIT.conflict,
    WAITS_FOR_CHECKER: EXIT.waitsForApproval,
    DATABASE_AWAY: EXIT.tryAgain,
    LOG_BUSY: EXIT.tryAgain,
    LOG_CORRUPT: EXIT.fault,
    LOG_DISK_FULL: EXIT.fault,
    DISK_FULL: EXIT.fault,
  };
  for (const [code, exit] of Object.entries(expected)) assert.equal(exitCodeOf(new Problem(code)), exit, code);
});

test('no problem of any room exits 0, and every refusal of an order is one by risk', () => {
  assert.ok(problemCodes().length > 100);
  for (const code of problemCodes()) assert.notEqual(exitCodeOf(new Problem(code)), EXIT.ok, code);
  for (const code of Object.keys(REJECTION)) assert.equal(exitCodeOf(new Problem(code)), EXIT.refusedByRisk, code);
});

test('every problem of every room speaks both languages, with the same parameters in both', () => {
  const parameters = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort();
  for (const code of problemCodes().filter((each) => each !== 'WAITS_FOR_CHECKER')) {
    const kind = problemKind(code);
    assert.ok(kind !== undefined && kind.status >= 200 && kind.status < 600, code);
    for (const text of [kind.title, kind.detail, kind.remedy]) {
      assert.match(text.en, /\S/, code);
      assert.match(text.zh, /\S/, code);
      assert.deepEqual(parameters(text.zh), parameters(text.en), code);
    }
    assert.match(kind.title.zh + kind.remedy.zh, /\p{Script=Han}/u, code);
  }
});
