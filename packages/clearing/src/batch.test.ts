import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ledgerVerify } from '@meridian/accounts';
import { isProblem } from '@meridian/base';
import type { Clearing } from './clearing.ts';
import { DUE, playDay, type ScratchDay, scratchDay } from './scratch-day.ts';

let day: ScratchDay;
let clearing: Clearing;
before(async () => {
  day = await scratchDay();
  clearing = day.open();
  await playDay(day, '2013-10-07');
});
after(async () => {
  await clearing?.close();
  await day?.remove();
});

test('[CL-7] without its completed broker file a batch waits, and the other market is published', async () => {
  day.drop('XNYS', '2013-10-07');
  const progress = await clearing.advance(DUE('2013-10-07'));
  assert.deepEqual(
    progress.failed.map((outcome) => outcome.faults),
    [],
  );
  assert.deepEqual(
    progress.published.map((outcome) => outcome.batch),
    ['XNYS.swap.2013-10-07.1'],
  );
  assert.deepEqual(progress.waiting.map((waiting) => [waiting.batch, waiting.reason.code]).sort(), [
    ['-.swap.2013-10-08.1', 'BATCH_WAITS_FOR_BATCH'],
    ['ARCX.swap.2013-10-07.1', 'BATCH_WAITS_FOR_FILE'],
  ]);
});

test('[CL-b] when the file is there the batch and then the client day follow by themselves', async () => {
  day.drop('ARCX', '2013-10-07');
  const progress = await clearing.advance(DUE('2013-10-07'));
  assert.deepEqual(
    progress.failed.map((outcome) => outcome.faults),
    [],
  );
  assert.deepEqual(
    progress.published.map((outcome) => outcome.batch),
    ['ARCX.swap.2013-10-07.1', '-.swap.2013-10-08.1'],
  );
  assert.deepEqual(progress.waiting, []);
  assert.equal((await ledgerVerify(day.database)).fault, null);
});

test('[CL-c] a published batch is not run again by hand', async () => {
  await assert.rejects(clearing.run('ARCX', '2013-10-07', 'zhang', DUE('2013-10-07')), (error) =>
    isProblem(error, 'BATCH_ALREADY_PUBLISHED'),
  );
});
