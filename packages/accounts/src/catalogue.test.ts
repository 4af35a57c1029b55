import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkDatabase } from '@meridian/catalog';
import { scratchDatabase } from '@meridian/store';
import './index.ts';

test('[DS-1] every column of the room is declared with its type and class', async (t) => {
  const scratch = await scratchDatabase([fileURLToPath(new URL('../migrations', import.meta.url))]);
  t.after(() => scratch.remove());
  const drifts = await checkDatabase((sql: string) => scratch.database.query(sql));
  const own = drifts.filter(
    (d) => d.name.startsWith('accounts.') && ['undeclared', 'absent', 'type', 'relation'].includes(d.kind),
  );
  assert.deepEqual(own, []);
});
