import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import { scratchDatabase } from '@meridian/store';
import { assertProved, createLimits, effectsOf, keyFolder, limitNamed, openInbox, TRADER } from './limit.fixture.ts';

test('killed between approval and execution, or in it, a request is executed exactly once', async () => {
  const scratch = await scratchDatabase([path.join(import.meta.dirname, '..', '..', 'migrations')]);
  try {
    const { database } = scratch;
    await createLimits(database);
    const keys = keyFolder(scratch.dataDir);
    const { approvals, audit } = openInbox(database, keys);
    for (const moment of ['approved', 'before', 'after']) {
      await limitNamed(database, moment);
      const draft = { kind: 'one', target: moment, payload: { amount: '7' }, reason: '', idempotencyKey: moment };
      const { id } = await approvals.request(TRADER, draft);
      const child = spawn(process.execPath, [
        path.join(import.meta.dirname, 'crash.fixture.ts'),
        ...[scratch.postgres.url, keys, id, moment],
      ]);
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      assert.equal(signal, 'SIGKILL', moment);
      assert.deepEqual([(await approvals.get(id)).state, await effectsOf(database, id)], ['approved', 0], moment);
      await Promise.all([approvals.resume(), openInbox(database, keys).approvals.resume()]);
      assert.deepEqual([(await approvals.get(id)).state, await effectsOf(database, id)], ['executed', 1], moment);
      assert.equal(await approvals.resume(), 0);
    }
    await assertProved(audit);
  } finally {
    await scratch.remove();
  }
});
