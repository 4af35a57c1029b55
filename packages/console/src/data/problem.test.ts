import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spokenProblem } from './problem.ts';

const body = { code: 'STEP_FAILED', title: '步骤失败', status: 500, detail: '第三步', remedy: '重跑' };

test('a problem that carries both languages is read in the one that is shown; without them it stays as it came', () => {
  const en = { title: 'A step failed', detail: 'The third step', remedy: 'Run it again' };
  const told = spokenProblem({ ...body, texts: { zh: body, en } }, 'en');
  assert.deepEqual([told?.title, told?.detail, told?.remedy], ['A step failed', 'The third step', 'Run it again']);
  assert.equal(spokenProblem({ ...body, texts: { zh: body, en } }, 'zh')?.title, '步骤失败');
  assert.equal(spokenProblem(body, 'en')?.title, '步骤失败');
  assert.equal(spokenProblem(null, 'en'), undefined);
});
