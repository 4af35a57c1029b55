import '../rooms.ts';
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { silentLogger } from '@meridian/base';
import { type AuditLog, openAuditLog, openAuthorizer } from '@meridian/security';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { MIGRATIONS } from '../migrations.ts';
import { endpointsWithEffect, ROUTE } from './crash-effect.fixture.ts';
import { type HttpDoor, openHttpDoor } from './door.ts';
import { UNKNOWN } from './idempotency.ts';
import { ask, csrfOf, person, STATUS, scratchSessions } from './scratch-door.fixture.ts';

const KILL = { scope: 'firm', reason: 'fat finger' };
let scratch: ScratchDatabase;
let keys: string;
let audit: AuditLog;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  keys = fs.mkdtempSync(path.join(scratch.dataDir, 'keys-'));
  audit = openAuditLog(scratch.database, keys);
});
after(() => scratch?.remove());

const headersOf = (port: number, token: string, key: string) => ({
  ...{ cookie: `meridian=${token}`, origin: `http://127.0.0.1:${port}`, 'x-csrf-token': csrfOf('session-risk') },
  'idempotency-key': key,
});

/** A server of its own process, asked for one change, that dies at `moment`. */
async function dyingServer(moment: string, key: string): Promise<void> {
  const child = fork(path.join(import.meta.dirname, 'crash.fixture.ts'), [scratch.postgres.url, keys, moment], {
    stdio: 'inherit',
  });
  const [{ port, token }] = (await once(child, 'message')) as [{ port: number; token: string }];
  const died = once(child, 'exit') as Promise<[number | null, string | null]>;
  await assert.rejects(ask(port, 'POST', '/v1/kill', headersOf(port, token, key), KILL));
  assert.equal((await died)[1], 'SIGKILL');
}

const nextLife = (sessions = scratchSessions()): Promise<HttpDoor> =>
  openHttpDoor({
    ...{
      port: 0,
      directory: sessions,
      authorizer: openAuthorizer(),
      secondFactor: 'optional',
      audit: openAuditLog(scratch.database, keys),
    },
    ...{ database: scratch.database, endpoints: endpointsWithEffect(scratch.database, () => {}), logger: silentLogger },
    status: { status: async () => STATUS, ready: async () => true },
  });

interface Noted {
  readonly actor: string;
  readonly duty: string;
  readonly action: string;
  readonly outcome: string;
  readonly params: Readonly<Record<string, string>>;
}
let seen = 0n;
async function newEntries(): Promise<Noted[]> {
  const { rows } = await scratch.database.query<Noted & { no: bigint }>(
    'SELECT no, actor, duty, action, outcome, params FROM security.audit_entry WHERE no > $1 ORDER BY no',
    [seen],
  );
  seen = rows.at(-1)?.no ?? seen;
  return rows.map(({ no: _, ...entry }) => entry);
}
const effects = async (key: string) =>
  (await scratch.database.query('SELECT 1 FROM server.duty_done WHERE duty = $1', [key])).rowCount;

describe('a server that is killed over a change', () => {
  for (const [moment, effect, outcome] of [
    ['before', 0, UNKNOWN],
    ['after', 1, UNKNOWN],
    ['noting', 1, UNKNOWN],
    ['noted', 1, 'done'],
  ] as const)
    test(`[DS-10] leaves it in the audit chain, once (${moment} its effect${moment === 'noting' || moment === 'noted' ? ' in the chain' : ''})`, async () => {
      const key = `killed-${moment}`;
      await dyingServer(moment, key);
      assert.equal(await effects(key), effect);

      const sessions = scratchSessions();
      const doors = await Promise.all([nextLife(sessions), nextLife()]);
      try {
        const [entry, ...more] = await newEntries();
        assert.equal(more.length, 0);
        assert.deepEqual(
          [entry?.actor, entry?.duty, entry?.action, entry?.outcome, entry?.params['route']],
          ['risk', 'risk', 'kill.engage', outcome, ROUTE],
        );
        assert.match(entry?.params['trace'] ?? '', /./);
        assert.match(entry?.params['key_hash'] ?? '', /^[0-9a-f]{16}$/);
        assert.equal((await audit.verify()).fault, undefined);

        const [{ port }] = doors;
        const token = sessions.admit(person('risk', ['risk']));
        const again = await ask(port, 'POST', '/v1/kill', headersOf(port, token, key), KILL);
        assert.equal(again.status, 200);
        const [retried, ...none] = await newEntries();
        assert.deepEqual(
          [retried?.outcome, retried?.params['key_hash'], none.length, await effects(key)],
          [outcome === 'done' ? 'replayed' : 'done', entry?.params['key_hash'], 0, 1],
        );
      } finally {
        for (const door of doors) await door.close();
      }
      await (await nextLife()).close();
      assert.deepEqual(await newEntries(), []);
      assert.equal((await audit.verify()).fault, undefined);
    });
});
