import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { applyCatalogue } from '@meridian/catalog';
import { type Database, type ScratchDatabase, scratchDatabase } from '@meridian/store';
import fc from 'fast-check';
import { type AuditLog, auditParams, openAuditLog } from './index.ts';

let scratch: ScratchDatabase;
let database: Database;
let keys: string;
let log: AuditLog;

auditParams('test', {
  mic: 'text',
  rows: 'integer',
  account: { type: 'text', sensitive: true, pi: 'spi', jrt0158: 3, jrt0197: 3, mask: 'account' },
});

before(async () => {
  scratch = await scratchDatabase([path.join(import.meta.dirname, '..', 'migrations')]);
  database = scratch.database;
});
after(() => scratch.remove());

/** Runs SQL as the owner of the database could: with the triggers off. */
const tamper = (sql: string) =>
  database.connection((c) => c.script(`BEGIN; SET LOCAL session_replication_role = replica; ${sql}; COMMIT`));

beforeEach(async () => {
  await tamper('DELETE FROM security.audit_entry; DELETE FROM security.audit_head');
  keys = fs.mkdtempSync(path.join(scratch.dataDir, 'keys-'));
  log = openAuditLog(database, keys);
});

const command = (n: number) => ({
  actor: '王小明',
  duty: 'operator' as const,
  action: 'clear run',
  target: `XNYS day ${n}`,
  params: { mic: 'XNYS', rows: n },
  outcome: 'done',
});

async function record(count: number): Promise<void> {
  for (let n = 1; n <= count; n++) await log.record(command(n));
}

test('entries follow each other without gaps and prove themselves, also when appended at once', async () => {
  assert.deepEqual(await log.verify(), { entries: 0n, fault: undefined });
  await Promise.all(Array.from({ length: 11 }, (_, n) => database.transaction((tx) => log.append(tx, command(n)))));
  await log.checkpoint();
  assert.deepEqual(await log.verify(), { entries: 11n, fault: undefined });
  assert.equal(fs.statSync(path.join(keys, 'audit.key')).mode & 0o777, 0o600);
});

test('an entry is there exactly when what it records is', async () => {
  await record(1);
  await assert.rejects(
    database.transaction(async (tx) => {
      await log.append(tx, command(2));
      throw new Error('the command failed');
    }),
  );
  assert.deepEqual(await log.verify(), { entries: 1n, fault: undefined });
});

test('[DS-7] undeclared parameters are refused, sensitive ones are recorded masked', async () => {
  await assert.rejects(log.record({ ...command(1), params: { password: 'x' } }), (e) => isProblem(e, 'AUDIT_PARAM_UNDECLARED'));
  await assert.rejects(log.record({ ...command(1), params: { mic: {} as never } }), (e) =>
    isProblem(e, 'AUDIT_PARAM_UNDECLARED'),
  );
  await log.record({ ...command(1), params: { account: '6222020012345678' } });
  assert.deepEqual((await database.query('SELECT params FROM security.audit_entry')).rows, [
    { params: { account: '****5678' } },
  ]);
});

test('entries can be neither changed nor deleted nor truncated by statements', async () => {
  await record(2);
  for (const sql of [
    'UPDATE security.audit_entry SET outcome = $$x$$',
    'DELETE FROM security.audit_entry',
    'TRUNCATE security.audit_entry',
    'DELETE FROM security.audit_head',
  ])
    await assert.rejects(database.query(sql), /append-only/);
  assert.deepEqual(await log.verify(), { entries: 2n, fault: undefined });
});

const TAMPERINGS: Record<string, [sql: string, no: bigint, kind: string]> = {
  'actor edited': [`UPDATE security.audit_entry SET actor = 'x' WHERE no = 3`, 3n, 'edited'],
  'duty edited': [`UPDATE security.audit_entry SET duty = 'system' WHERE no = 3`, 3n, 'edited'],
  'action edited': [`UPDATE security.audit_entry SET action = 'x' WHERE no = 3`, 3n, 'edited'],
  'target edited': [`UPDATE security.audit_entry SET target = 'x' WHERE no = 1`, 1n, 'edited'],
  'parameter edited': [`UPDATE security.audit_entry SET params = '{"mic":"XNYS","rows":4}' WHERE no = 3`, 3n, 'edited'],
  'outcome edited': [`UPDATE security.audit_entry SET outcome = 'refused' WHERE no = 6`, 6n, 'edited'],
  'time moved by a microsecond': [
    `UPDATE security.audit_entry SET at = at + interval '1 microsecond' WHERE no = 2`,
    2n,
    'edited',
  ],
  'hash edited': [`UPDATE security.audit_entry SET hash = repeat('0', 64) WHERE no = 2`, 2n, 'edited'],
  'link edited': [`UPDATE security.audit_entry SET prev_hash = repeat('1', 64) WHERE no = 2`, 2n, 'edited'],
  'first deleted': ['DELETE FROM security.audit_entry WHERE no = 1', 1n, 'missing'],
  'middle deleted': ['DELETE FROM security.audit_entry WHERE no = 4', 4n, 'missing'],
  'middle deleted, rest renumbered': [
    'DELETE FROM security.audit_entry WHERE no = 4; UPDATE security.audit_entry SET no = no - 1 WHERE no > 4',
    4n,
    'edited',
  ],
  'two exchanged': [
    'UPDATE security.audit_entry SET no = CASE no WHEN 2 THEN 103 ELSE 102 END WHERE no IN (2, 3); UPDATE security.audit_entry SET no = no - 100 WHERE no > 100',
    2n,
    'edited',
  ],
  'end cut off': ['DELETE FROM security.audit_entry WHERE no > 4', 5n, 'truncated'],
  'all deleted': ['DELETE FROM security.audit_entry', 1n, 'truncated'],
  'all deleted, head, too': ['DELETE FROM security.audit_entry; DELETE FROM security.audit_head', 6n, 'note'],
  'head deleted': ['DELETE FROM security.audit_head', 6n, 'head'],
  'end cut off, head moved': [
    'DELETE FROM security.audit_entry WHERE no > 4; UPDATE security.audit_head SET no = 4, hash = (SELECT hash FROM security.audit_entry WHERE no = 4)',
    4n,
    'head',
  ],
  'head signed by nobody': [`UPDATE security.audit_head SET signature = 'AAAA'`, 6n, 'head'],
  'entry inserted at the end': [
    `INSERT INTO security.audit_entry SELECT 7, at, actor, duty, action, target, params, outcome, hash, hash FROM security.audit_entry WHERE no = 6`,
    7n,
    'edited',
  ],
};

for (const [name, [sql, no, kind]] of Object.entries(TAMPERINGS)) {
  test(`tampering is found and located: ${name}`, async () => {
    await record(6);
    await tamper(sql);
    assert.deepEqual((await log.verify()).fault, { no, kind });
  });
}

test('entries with right hashes beyond the signed head, and a note that was garbled, are found', async () => {
  await record(2);
  const { rows } = await database.query<{ hash: string; signature: string }>('SELECT hash, signature FROM security.audit_head');
  await database.transaction((tx) => log.append(tx, command(3)));
  await tamper(`UPDATE security.audit_head SET no = 2, hash = '${rows[0]?.hash}', signature = '${rows[0]?.signature}'`);
  assert.deepEqual((await log.verify()).fault, { no: 3n, kind: 'beyond' });
  await tamper('DELETE FROM security.audit_entry WHERE no = 3');
  assert.equal((await log.verify()).fault, undefined);
  fs.writeFileSync(path.join(keys, 'audit.head'), 'garbled');
  assert.deepEqual((await log.verify()).fault, { no: 0n, kind: 'note' });
});

test('a chain and head rolled back together to an earlier signed state are found by the note outside the database', async () => {
  await record(3);
  const { rows } = await database.query<{ no: bigint; hash: string; signature: string }>(
    'SELECT no, hash, signature FROM security.audit_head',
  );
  const old = rows[0] as { no: bigint; hash: string; signature: string };
  await record(3);
  await tamper(
    `DELETE FROM security.audit_entry WHERE no > 3; UPDATE security.audit_head SET no = 3, hash = '${old.hash}', signature = '${old.signature}'`,
  );
  assert.deepEqual((await log.verify()).fault, { no: 6n, kind: 'note' });
});

test('a whole chain rewritten with right hashes, by somebody without the key, is found', async () => {
  await record(3);
  const entries = (await database.query('SELECT * FROM security.audit_entry ORDER BY no')).rows;
  assert.equal(entries.length, 3);
  const forger = openAuditLog(database, fs.mkdtempSync(path.join(scratch.dataDir, 'forger-')));
  await tamper('DELETE FROM security.audit_entry; DELETE FROM security.audit_head');
  for (let n = 1; n <= 3; n++) await forger.record({ ...command(n), outcome: 'refused' });
  assert.deepEqual((await forger.verify()).fault, undefined);
  assert.deepEqual((await log.verify()).fault, { no: 3n, kind: 'head' });
  await assert.rejects(log.record(command(4)), (e) => isProblem(e, 'AUDIT_BROKEN'));
});

test('random edits of random entries are all found', async () => {
  await record(8);
  const columns = ['actor', 'duty', 'action', 'target', 'outcome', 'hash', 'prev_hash'];
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom(...columns),
      fc.stringMatching(/^[a-z]{1,4}$/),
      async (no, column, text) => {
        const { rows } = await database.query<{ value: string }>(
          `SELECT ${column} AS value FROM security.audit_entry WHERE no = $1`,
          [no],
        );
        await tamper(`UPDATE security.audit_entry SET ${column} = ${column} || '${text}' WHERE no = ${no}`);
        assert.deepEqual((await log.verify()).fault, { no: BigInt(no), kind: 'edited' });
        await tamper(`UPDATE security.audit_entry SET ${column} = '${rows[0]?.value}' WHERE no = ${no}`);
        assert.equal((await log.verify()).fault, undefined);
      },
    ),
    { numRuns: 25 },
  );
});

test('[DS-1] everything this room stores is declared', async () => {
  await database.transaction((tx) => applyCatalogue(tx.query));
});
