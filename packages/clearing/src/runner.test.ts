import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { declareProblems, isProblem } from '@meridian/base';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { fence } from './attempt.ts';
import { type BatchRun, runBatch } from './runner.ts';
import { type BatchKey, batchId, hashOf, type Step, StepFailed } from './step.ts';

declareProblems({
  TEST_FAULT: {
    status: 422,
    title: { zh: '测试', en: 'Test' },
    detail: { zh: '测试错误 {n}', en: 'Test fault {n}' },
    remedy: { zh: '更正', en: 'Mend it' },
  },
});

let scratch: ScratchDatabase;
before(async () => {
  scratch = await scratchDatabase([path.join(import.meta.dirname, '..', 'migrations')]);
  await scratch.database.query('CREATE TABLE clearing.test_row (batch text, attempt int, step text, value int)');
});
after(() => scratch.remove());

interface Context {
  factor: number;
  broken: boolean;
  readonly ran: string[];
}

/** Three steps: a constant, its product with the configured factor, the sum of both. */
const steps: readonly Step<Context>[] = ['first', 'second', 'third'].map((name) => ({
  name,
  async run(tx, scope) {
    scope.context.ran.push(name);
    const before = name === 'first' ? 7 : Number(scope.summary(name === 'second' ? 'first' : 'second')['value']);
    const value = name === 'second' ? before * scope.context.factor : before;
    await tx.query('INSERT INTO clearing.test_row VALUES ($1, $2, $3, $4)', [scope.batch, scope.attempt, name, value]);
    if (name === 'second' && scope.context.broken)
      throw new StepFailed([
        { rule: 'TEST_FAULT', severity: 'fatal', params: { n: 1 }, file: 'f', line: 3, byte: 40, field: 'qty', value: 'x' },
      ]);
    return { outputHash: hashOf(value), rowsIn: 1, rowsOut: 1, summary: { value } };
  },
}));

const keyOf = (date: string): BatchKey => ({ kind: 'market', market: 'TEST', business: 'swap', clearingDate: date, seq: 1 });
const runOf = (date: string, context: Partial<Context> = {}): BatchRun<Context> => ({
  ...{ key: keyOf(date), steps, context: { factor: 3, broken: false, ran: [], ...context }, at: 1_000 },
  ...{ configHash: 'c', codeVersion: '1', holder: 'test', trigger: 'auto', actor: 'planner', reason: 'due' },
});

test('[CL-d] a failed step leaves no data, and its reason is located to file, line, byte and field', async () => {
  const outcome = await runBatch(scratch.database, runOf('2013-10-01', { broken: true }));
  assert.equal(outcome.state, 'failed');
  assert.equal(outcome.failedStep, 'second');
  const rows = await scratch.database.query('SELECT step FROM clearing.test_row WHERE batch = $1', [outcome.batch]);
  assert.deepEqual(rows.rows, [{ step: 'first' }]);
  const errors = await scratch.database.query(
    'SELECT step, rule, file, line, byte, field, value, reason_en, advice_en FROM clearing.batch_error WHERE batch = $1',
    [outcome.batch],
  );
  assert.deepEqual(errors.rows, [
    {
      ...{ step: 1, rule: 'TEST_FAULT', file: 'f', line: 3, byte: 40n, field: 'qty', value: 'x' },
      ...{ reason_en: 'Test fault 1', advice_en: 'Mend it' },
    },
  ]);
});

test('[CL-e] re-clearing from step k inherits the steps before it and gives the same output hash', async () => {
  const once = await runBatch(scratch.database, runOf('2013-10-02'));
  const again = runOf('2013-10-02');
  const redone = await runBatch(scratch.database, { ...again, fromStep: 1, trigger: 'manual', actor: 'zhang' });
  assert.equal(redone.attempt, 2);
  assert.equal(redone.outputHash, once.outputHash);
  assert.deepEqual(again.context.ran, ['second', 'third']);
  const { rows } = await scratch.database.query(
    'SELECT step, state, data_attempt FROM clearing.step_run WHERE batch = $1 AND attempt = 2 ORDER BY step',
    [once.batch],
  );
  assert.deepEqual(rows, [
    { step: 0, state: 'inherited', data_attempt: 1 },
    { step: 1, state: 'done', data_attempt: 2 },
    { step: 2, state: 'done', data_attempt: 2 },
  ]);
  const changed = await runBatch(scratch.database, { ...runOf('2013-10-02', { factor: 4 }), fromStep: 1 });
  assert.notEqual(changed.outputHash, once.outputHash);
});

test('[CL-e] a step whose predecessors no attempt has finished cannot be the start', async () => {
  await runBatch(scratch.database, runOf('2013-10-03', { broken: true }));
  const run = { ...runOf('2013-10-03'), fromStep: 2 };
  await assert.rejects(runBatch(scratch.database, run), (e) => isProblem(e, 'BATCH_STEP_UNKNOWN'));
});

test('[CL-g] of thirty who start one batch at once exactly one runs it; the others are told who holds it', async () => {
  const context: Context = { factor: 3, broken: false, ran: [] };
  let release: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const gated = steps.map((step) => ({
    ...step,
    async run(...args: Parameters<typeof step.run>) {
      await gate;
      return step.run(...args);
    },
  }));
  let refused = 0;
  const starts = Array.from({ length: 30 }, async (_, n) => {
    const run = { ...runOf('2013-10-04'), context, steps: gated, actor: `operator ${n}`, trigger: 'manual' as const };
    const told = await runBatch(scratch.database, run).catch((error: unknown) => error);
    if (isProblem(told, 'BATCH_HELD') && ++refused === 29) release();
    return told;
  });
  const outcomes = await Promise.all(starts);
  const held = outcomes.filter((outcome) => isProblem(outcome, 'BATCH_HELD'));
  assert.equal(held.length, 29);
  assert.ok(held.every((problem) => /operator \d+/.test(String(problem.params['holder']))));
  assert.deepEqual(context.ran, ['first', 'second', 'third']);
});

test('[CL-g] a zombie of an earlier epoch writes nothing', async () => {
  const key = keyOf('2013-10-07');
  const batch = batchId(key);
  let zombieSaw: unknown;
  const slow: Step<Context> = {
    name: 'slow',
    async run(tx) {
      // Somebody else took the attempt over while this process was away.
      await scratch.database.query('SELECT 1');
      await tx.query('INSERT INTO clearing.test_row VALUES ($1, 1, $2, 0)', [batch, 'zombie']);
      return { outputHash: 'h', rowsIn: 0, rowsOut: 0, summary: {} };
    },
  };
  const stolen: Step<Context> = {
    name: 'stolen',
    run: () => assert.fail('the fence stands before the step'),
    async commit(scope, within) {
      await scratch.database.query('UPDATE clearing.attempt SET epoch = epoch + 1 WHERE batch = $1', [scope.batch]);
      await scratch.database.transaction(within);
    },
  };
  await runBatch(scratch.database, { ...runOf('2013-10-07'), steps: [slow, stolen] }).catch((error: unknown) => {
    zombieSaw = error;
  });
  assert.ok(isProblem(zombieSaw, 'BATCH_FENCED'));
  const done = await scratch.database.query('SELECT step FROM clearing.step_run WHERE batch = $1', [batch]);
  assert.deepEqual(done.rows, [{ step: 0 }]);
  await assert.rejects(
    scratch.database.transaction((tx) => fence(tx, { batch, key, attempt: 1, epoch: 1, at: 0 })),
    (error) => isProblem(error, 'BATCH_FENCED'),
  );
});

test('[CL-g] an attempt left by a dead process is taken over and goes on at its first unfinished step', async () => {
  const key = keyOf('2013-10-08');
  const dying = runOf('2013-10-08');
  const crash = new Error('the process died');
  const crashing = steps.map((step) =>
    step.name === 'third' ? { ...step, run: () => Promise.reject(crash) as ReturnType<typeof step.run> } : step,
  );
  await assert.rejects(runBatch(scratch.database, { ...dying, steps: crashing }), crash);
  const next = runOf('2013-10-08');
  const outcome = await runBatch(scratch.database, next);
  assert.deepEqual(next.context.ran, ['third']);
  assert.equal(outcome.attempt, 1);
  const { rows } = await scratch.database.query('SELECT epoch, state FROM clearing.attempt WHERE batch = $1', [batchId(key)]);
  assert.deepEqual(rows, [{ epoch: 2, state: 'succeeded' }]);
});
