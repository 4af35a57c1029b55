import assert from 'node:assert/strict';
import { test } from 'node:test';
import './rooms.ts';
import { applyCatalogue, checkDatabase } from '@meridian/catalog';
import { applyRowSecurity, rowSecurityFaults } from '@meridian/security';
import { scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from './migrations.ts';

test('[DS-7] catalogue and row-level security of the whole house agree, at every start', async () => {
  const scratch = await scratchDatabase(MIGRATIONS);
  try {
    const { database } = scratch;
    for (let start = 1; start <= 2; start++)
      await database.transaction(async (tx) => {
        await applyCatalogue(tx.query);
        await applyRowSecurity(tx.query);
      });
    assert.deepEqual(await checkDatabase(database.query), []);
    assert.deepEqual(await rowSecurityFaults(database.query), []);
    const { rows } = await database.query(
      `SELECT count(*) AS guarded FROM pg_policy WHERE polname = 'client_own' AND 'meridian_client'::regrole = ANY (polroles)`,
    );
    assert.deepEqual(rows, [{ guarded: 15n }]);
  } finally {
    await scratch.remove();
  }
});
