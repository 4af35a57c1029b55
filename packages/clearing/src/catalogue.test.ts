import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { checkDatabase } from '@meridian/catalog';
import { scratchDatabase } from '@meridian/store';
import { reportField } from './catalogue.ts';

test('[DS-1] every column of the room is declared with its type and class', async (t) => {
  const scratch = await scratchDatabase([path.join(import.meta.dirname, '..', 'migrations')]);
  t.after(() => scratch.remove());
  const drifts = await checkDatabase((sql: string) => scratch.database.query(sql));
  const own = drifts.filter(
    (drift) => drift.name.startsWith('clearing.') && ['undeclared', 'absent', 'type', 'relation'].includes(drift.kind),
  );
  assert.deepEqual(own, []);
});

test('[DS-1] a report column that nobody declared has no key', () => {
  assert.equal(reportField('of which margin'), 'of_which_margin');
  assert.equal(reportField('secret'), undefined);
});
