import './rooms.ts';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type AccountCentre, type AccountCommand, openAccountCentre } from '@meridian/accounts';
import { isProblem } from '@meridian/base';
import { recordReference } from '@meridian/reference';
import { type AuditLog, openAuditLog } from '@meridian/security';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { demoAccounts, demoReference } from './demo/cast.ts';
import { ask, type Desk } from './desk.ts';
import { MIGRATIONS } from './migrations.ts';

let scratch: ScratchDatabase;
let audit: AuditLog;
let centre: AccountCentre;
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  audit = openAuditLog(scratch.database, fs.mkdtempSync(path.join(scratch.dataDir, 'keys-')));
  centre = openAccountCentre({ pool: scratch.database });
  await recordReference(scratch.database, demoReference(['ARCX']), { maker: 'maker', checker: 'checker' });
  for (const command of demoAccounts(['ARCX'])) await centre.execute(command);
});
after(async () => {
  assert.equal((await audit.verify()).fault, undefined);
  await centre?.close();
  await scratch?.remove();
});

const desk = (accounts: Pick<AccountCentre, 'execute'> = centre): Desk =>
  ({
    ...{ database: scratch.database, accounts, audit, now: () => 1_381_154_400_000_000, booksChanged: async () => {} },
    duties: { settleCalls: async () => {} },
  }) as unknown as Desk;
const deposit = (id: string, amount: string): AccountCommand =>
  ({
    ...{ kind: 'deposit', id, at: 1_381_154_400_000_000, maker: 'maker', checker: 'checker' },
    body: { sub: 11, currency: 'CNY', amount, businessDate: '2013-10-08', bankReference: id },
  }) as AccountCommand;
const linesOf = async (target: string) =>
  (
    await scratch.database.query<{ line: string }>(
      `SELECT actor || ' ' || duty || ' ' || action || ' ' || outcome AS line FROM security.audit_entry WHERE target = $1 ORDER BY no`,
      [target],
    )
  ).rows.map(({ line }) => line);

test('[DS-10] an operator’s command stands in the audit chain before it is done, and after', async () => {
  await ask(desk(), { what: 'execute', body: deposit('D1', '100') });
  assert.deepEqual(await linesOf('D1'), ['maker operator execute begun', 'maker operator execute done']);
  await assert.rejects(ask(desk(), { what: 'execute', body: deposit('D2', '-5') }), (error) => isProblem(error));
  const [begun, refused, ...more] = await linesOf('D2');
  assert.equal(begun, 'maker operator execute begun');
  assert.match(refused ?? '', /^maker operator execute refused: /);
  assert.equal(more.length, 0);
});

test('[DS-10] of a command over which the server dies the chain knows that it was begun', async () => {
  let reached = () => {};
  const done = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const dying = {
    async execute(...command: Parameters<AccountCentre['execute']>) {
      await centre.execute(...command);
      reached();
      return new Promise<never>(() => {});
    },
  };
  void ask(desk(dying), { what: 'execute', body: deposit('D3', '100') });
  await done;
  assert.deepEqual(await linesOf('D3'), ['maker operator execute begun']);
  assert.equal((await scratch.database.query(`SELECT 1 FROM accounts.command WHERE id = 'D3'`)).rowCount, 1);
});
