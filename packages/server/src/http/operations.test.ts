import '../rooms.ts';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isProblem, Problem, silentLogger } from '@meridian/base';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from '../migrations.ts';
import { openOperations } from './operations.ts';

let scratch: ScratchDatabase;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS.filter((folder) => folder.includes('/server/')));
});
after(() => scratch?.remove());

const JOB = { kind: 'batch.run', target: 'XNYS 2013-10-07', by: 'clearing' };

test('a job tells its progress and its log, and what came of it', async () => {
  const operations = await openOperations(scratch.database, silentLogger);
  let finish: () => void = () => {};
  const started = await operations.start({
    ...JOB,
    async work(progress) {
      progress.say({ zh: '开始', en: 'begins' });
      progress.at(0.5);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { rows: 7 };
    },
  });
  assert.deepEqual([started.state, started.progress, started.by], ['running', null, 'clearing']);
  finish();
  await operations.idle();
  const done = await operations.get(started.operation);
  assert.deepEqual([done?.state, done?.progress, done?.result], ['done', 1, { rows: 7 }]);
  assert.deepEqual(
    done?.log.map(({ text }) => text.en),
    ['begins'],
  );
  assert.equal((await operations.list('clearing')).length, 1);
  assert.equal((await operations.list('trader')).length, 0);
});

test('a job that fails says so in plain words; a fault of ours tells nothing of itself', async () => {
  const operations = await openOperations(scratch.database, silentLogger);
  const problemOf = async (error: Error) => {
    const { operation } = await operations.start({ ...JOB, work: () => Promise.reject(error) });
    await operations.idle();
    const { state, problem } = (await operations.get(operation)) as { state: string; problem: Record<string, unknown> };
    assert.equal(state, 'failed');
    return problem;
  };
  assert.equal((await problemOf(new Problem('NO_SUCH_RESOURCE')))['code'], 'NO_SUCH_RESOURCE');
  const fault = await problemOf(new Error('password is swordfish'));
  assert.equal(fault['code'], 'INTERNAL_FAULT');
  assert.doesNotMatch(JSON.stringify(fault), /swordfish/);
});

test('what went wrong with a job is told in the language asked for, and in both', async () => {
  const operations = await openOperations(scratch.database, silentLogger);
  const { operation } = await operations.start({
    ...JOB,
    work: () => Promise.reject(new Problem('OPERATIONS_TOO_MANY', { max: 16 })),
  });
  await operations.idle();
  const [zh, en] = [await operations.get(operation, 'zh'), await operations.get(operation, 'en')];
  assert.match(String(zh?.problem?.['detail']), /[\u4e00-\u9fff].*16|16.*[\u4e00-\u9fff]/);
  assert.doesNotMatch(String(en?.problem?.['detail']), /[\u4e00-\u9fff]/);
  for (const { problem } of [zh, en].map((each) => each as NonNullable<typeof zh>)) {
    const texts = problem?.['texts'] as Record<'zh' | 'en', { title: string; detail: string; remedy: string }>;
    assert.deepEqual([texts.zh.detail, texts.en.detail], [zh?.problem?.['detail'], en?.problem?.['detail']]);
    assert.match(texts.zh.remedy, /[\u4e00-\u9fff]/);
  }
  assert.deepEqual((await operations.list(undefined, 'zh')).find((each) => each.operation === operation)?.problem, zh?.problem);
});

test('a job that was running when the house went down is found interrupted', async () => {
  const earlier = await openOperations(scratch.database, silentLogger);
  let finish: () => void = () => {};
  const { operation } = await earlier.start({
    ...JOB,
    work: () =>
      new Promise((resolve) => {
        finish = () => resolve({});
      }),
  });
  const later = await openOperations(scratch.database, silentLogger);
  const found = await later.get(operation);
  assert.deepEqual([found?.state, found?.problem?.['code']], ['failed', 'OPERATION_INTERRUPTED']);
  finish();
  await earlier.idle();
  assert.equal((await later.get(operation))?.state, 'failed', 'what was said stays said');
});

test('more jobs at once than the house bears are refused, and the next is taken when one has ended', async () => {
  const operations = await openOperations(scratch.database, silentLogger);
  const ends: (() => void)[] = [];
  const start = () => operations.start({ ...JOB, work: () => new Promise((resolve) => ends.push(() => resolve({}))) });
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, start));
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 16);
  assert.ok(outcomes.every((each) => each.status === 'fulfilled' || isProblem(each.reason, 'OPERATIONS_TOO_MANY')));
  for (const end of ends) end();
  await operations.idle();
  assert.equal(await operations.get('nonsense'), undefined);
});
