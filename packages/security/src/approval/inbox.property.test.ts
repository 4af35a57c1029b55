import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { type Instant, isProblem } from '@meridian/base';
import { type Database, type ScratchDatabase, scratchDatabase } from '@meridian/store';
import fc from 'fast-check';
import type { UserDuty } from '../duty.ts';
import type { Principal } from '../principal.ts';
import type { Verdict } from './approval.ts';
import {
  assertProved,
  COMPLIANCE,
  createLimits,
  HOUR,
  type Inbox,
  keyFolder,
  limitNamed,
  openInbox,
  person,
  RISK,
  RISK_TWO,
} from './limit.fixture.ts';

let scratch: ScratchDatabase;
let database: Database;

before(async () => {
  scratch = await scratchDatabase([path.join(import.meta.dirname, '..', '..', 'migrations')]);
  database = scratch.database;
  await createLimits(database);
});
after(() => scratch.remove());

type Command =
  | { readonly do: 'request'; readonly by: number; readonly kind: string; readonly key: number }
  | { readonly do: 'decide'; readonly by: number; readonly which: number; readonly verdict: Verdict }
  | { readonly do: 'withdraw'; readonly by: number; readonly which: number }
  | { readonly do: 'wait'; readonly minutes: number }
  | { readonly do: 'change' | 'break' | 'mend' | 'resume' | 'expire' };

const people: readonly Principal[] = [RISK, RISK_TWO, COMPLIANCE, person('officer', 'risk', 'compliance')];
const NEEDED: Readonly<Record<string, readonly UserDuty[]>> = {
  one: ['risk'],
  two: ['risk', 'risk'],
  both: ['compliance', 'risk'],
};

const who = fc.nat(people.length - 1);
const which = fc.nat(2);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      by: who,
      kind: fc.constantFrom(...Object.keys(NEEDED)),
      key: fc.nat(2),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      ...{ do: fc.constant('decide' as const), by: who, which },
      verdict: fc.constantFrom<Verdict>('approve', 'approve', 'approve', 'approve', 'refuse', 'return'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), by: who, which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 30, 60) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('change' as const, 'break', 'mend', 'resume', 'expire') }) },
);

interface Effect {
  readonly id: string;
  readonly maker: string;
  readonly checkers: string[];
}

/** Runs the commands against an inbox of their own; problems are answers. */
async function run(
  inbox: Inbox,
  target: string,
  commands: readonly Command[],
): Promise<{ ids: string[]; at: Map<string, Instant> }> {
  const { approvals, clock, switches } = inbox;
  const ids: string[] = [];
  const at = new Map<string, Instant>();
  switches.before = (id) => void at.set(id, clock.at);
  const steps: { readonly [K in Command['do']]: (c: Extract<Command, { do: K }>) => Promise<unknown> | unknown } = {
    request: async ({ by, kind, key }) => {
      const draft = { kind, target, payload: { amount: String(200 + key) }, reason: '', idempotencyKey: `${target} ${key}` };
      const { id } = await approvals.request(people[by] as Principal, draft);
      if (!ids.includes(id)) ids.push(id);
    },
    decide: ({ by, which: n, verdict }) => approvals.decide(people[by] as Principal, ids[n] ?? 'none', { verdict, reason: '' }),
    withdraw: ({ by, which: n }) => approvals.withdraw(people[by] as Principal, ids[n] ?? 'none'),
    wait: ({ minutes }) => {
      clock.at += (minutes * HOUR) / 60;
    },
    change: () => database.query('UPDATE test.lim SET version = version + 1 WHERE name = $1', [target]),
    break: () => {
      switches.after = () => {
        throw new Error('the process is gone');
      };
    },
    mend: () => {
      delete switches.after;
    },
    resume: () => approvals.resume(),
    expire: () => approvals.expire(),
  };
  for (const each of commands)
    try {
      await (steps[each.do] as (c: Command) => unknown)(each);
    } catch (error) {
      if (!isProblem(error) || error.status >= 500) throw error;
    }
  return { ids, at };
}

test('[DS-10] whatever is done in whatever order: two persons, once, in time', async (t) => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
  let [runs, executed, commandsRun] = [0, 0, 0];
  const inbox = openInbox(database, keyFolder(scratch.dataDir));
  // The note of the chain's end is synced to disk after every entry; the chain itself is what counts here.
  Object.assign(inbox.audit, { checkpoint: async () => {} });
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 3, maxLength: 9 }), async (commands) => {
      const target = `run ${++runs}`;
      commandsRun += commands.length;
      await limitNamed(database, target);
      // Requests of earlier runs stay behind as they are; theirs are settled before this run begins.
      const { ids, at } = await run(inbox, target, [{ do: 'request', by: 0, kind: 'one', key: 9 }, ...commands]);
      delete inbox.switches.after;
      await inbox.approvals.resume();
      const { rows: effects } = await database.query<Effect>('SELECT id, maker, checkers FROM test.effect WHERE name = $1', [
        target,
      ]);
      for (const id of ids) {
        const own = effects.filter((effect) => effect.id === id);
        const request = await inbox.approvals.get(id);
        assert.equal(own.length, request.state === 'executed' ? 1 : 0, `${id} is ${request.state}`);
        assert.ok(request.state !== 'approved');
        for (const { checker } of request.decisions) assert.notEqual(checker, request.maker);
        assert.equal(new Set(request.decisions.map(({ checker }) => checker)).size, request.decisions.length);
        if (request.state !== 'executed') continue;
        executed++;
        assert.deepEqual(request.decisions.map(({ duty }) => duty).sort(), NEEDED[request.kind]);
        assert.ok(request.decisions.every(({ verdict }) => verdict === 'approve'));
        assert.deepEqual(
          own[0]?.checkers,
          request.decisions.map(({ checker }) => checker),
        );
        assert.ok((at.get(id) as Instant) < request.expiresAt && request.stateAt < request.expiresAt);
      }
      assert.equal(effects.length, ids.length === 0 ? 0 : effects.filter(({ id }) => ids.includes(id)).length);
    }),
    { seed, numRuns: Number(process.env['RUNS'] ?? 2_000) },
  );
  await assertProved(inbox.audit);
  t.diagnostic(`seed ${seed}: ${runs} runs, ${commandsRun} commands, ${executed} executed`);
  assert.ok(executed > runs / 20);
});
