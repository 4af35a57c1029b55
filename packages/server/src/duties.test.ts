import './rooms.ts';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type AccountCommand, openAccountCentre } from '@meridian/accounts';
import { parseInstant, silentLogger } from '@meridian/base';
import { loadMarketFacts } from '@meridian/market';
import { recordReference } from '@meridian/reference';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import { demoAccounts, demoReference } from './demo/cast.ts';
import { type Duties, houseDuties } from './duties.ts';
import { MIGRATIONS } from './migrations.ts';

const MARKETS = ['ARCX', 'XNYS'] as const;
const RAISED = parseInstant('2013-10-08T14:00:00Z');
const MINUTE = 60_000_000;
const CALL = 'call:1:test';

let scratch: ScratchDatabase;
let execute: (command: AccountCommand) => Promise<unknown>;
let openDuties: () => Duties;
/** Attempts at the books, and what the centre logged of those that were refused. */
let attempts: string[] = [];
let warned = 0;

before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  const { database } = scratch;
  const centre = openAccountCentre({ pool: database, logger: { ...silentLogger, warn: () => void warned++ } });
  await recordReference(database, demoReference(MARKETS), { maker: 'maker', checker: 'checker' });
  for (const command of demoAccounts(MARKETS)) await centre.execute(command);
  execute = (command) => centre.execute(command);
  warned = 0;
  const accounts = {
    ...centre,
    execute: (command: AccountCommand) => {
      attempts.push(command.kind);
      return centre.execute(command);
    },
  };
  openDuties = () =>
    houseDuties({
      ...{ markets: MARKETS, facts: loadMarketFacts(), database, accounts, nodes: new Map(), logger: silentLogger },
      ...{ onChange: async () => {}, story: () => {} },
    });
});
after(() => scratch?.remove());

const deposit = (id: string, amount: string, at: number) =>
  execute({
    ...{ kind: 'deposit', id, at, maker: 'maker', checker: 'checker' },
    body: { sub: 11, currency: 'CNY', amount, businessDate: '2013-10-08' as never, bankReference: id },
  });
const stateOf = async (call: string) =>
  (await scratch.database.query<{ state: string }>('SELECT state FROM accounts.margin_call WHERE id = $1', [call])).rows[0]
    ?.state;
const raise = (call: string, at: number, dueAt: number) =>
  execute({
    ...{ kind: 'raise-margin-call', id: call, at, maker: 'risk monitor' },
    body: { call, client: 1, currency: 'CNY', amount: '10000000', dueAt, equity: '1', requirement: '2', cause: {} as never },
  });

test('[RC-j] the books are asked of an open call once, and again when money came: nothing repeats while it waits', async () => {
  const duties = openDuties();
  await raise(CALL, RAISED, RAISED + 60 * MINUTE);
  const tick = async (from: number, times: number) => {
    for (let n = 0; n < times; n++) await duties.settleCalls(RAISED + (from + n) * MINUTE);
  };
  await tick(1, 20);
  assert.deepEqual(attempts, ['meet-margin-call']);
  assert.ok(warned <= 1);
  await deposit('part', '4000000', RAISED + 21 * MINUTE);
  await tick(21, 20);
  assert.deepEqual(attempts, ['meet-margin-call', 'meet-margin-call']);
  assert.ok(warned <= 2);
  await deposit('rest', '6000000', RAISED + 42 * MINUTE);
  await tick(42, 3);
  assert.equal(attempts.length, 3);
  assert.equal(await stateOf(CALL), 'met');
});

test('[RC-j] a call that nothing covers is breached at its deadline, also by the next life of the server', async () => {
  attempts = [];
  const at = RAISED + 120 * MINUTE;
  await raise('call:1:late', at, at + 30 * MINUTE);
  await openDuties().settleCalls(at + MINUTE);
  const next = openDuties();
  await next.settleCalls(at + 29 * MINUTE);
  assert.equal(await stateOf('call:1:late'), 'raised');
  await next.settleCalls(at + 30 * MINUTE);
  assert.equal(await stateOf('call:1:late'), 'breached');
  assert.deepEqual(attempts, ['meet-margin-call', 'meet-margin-call', 'breach-margin-call']);
});
