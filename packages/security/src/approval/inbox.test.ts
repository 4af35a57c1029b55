import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { isProblem } from '@meridian/base';
import { type Database, type ScratchDatabase, scratchDatabase, sqlState } from '@meridian/store';
import { openAuthorizer } from '../authorization/authorizer.ts';
import { type Approval, type ApprovalExecutor, approvalResource } from './approval.ts';
import { type ApprovalDraft, openApprovals } from './inbox.ts';
import {
  assertProved,
  COMPLIANCE,
  createLimits,
  effectsOf,
  HOUR,
  type Inbox,
  keyFolder,
  limitExecutor,
  limitNamed,
  openInbox,
  person,
  RISK,
  RISK_TWO,
  START,
  TRADER,
} from './limit.fixture.ts';

let scratch: ScratchDatabase;
let database: Database;
let inbox: Inbox;
let n = 0;

before(async () => {
  scratch = await scratchDatabase([path.join(import.meta.dirname, '..', '..', 'migrations')]);
  database = scratch.database;
  await createLimits(database);
  inbox = openInbox(database, keyFolder(scratch.dataDir));
});
after(async () => {
  await assertProved(inbox.audit);
  await scratch.remove();
});

const fails = (code: string) => (error: unknown) => isProblem(error, code);

async function draft(more: Partial<ApprovalDraft> = {}): Promise<ApprovalDraft> {
  const no = ++n;
  const target = `limit ${no}`;
  await limitNamed(database, target);
  return { kind: 'one', target, payload: { amount: '250' }, reason: 'more room', idempotencyKey: `key ${no}`, ...more };
}

const requested = async (more: Partial<ApprovalDraft> = {}) => inbox.approvals.request(TRADER, await draft(more));
const approve = { verdict: 'approve', reason: 'fine' } as const;
const amountOf = async ({ target }: Approval) =>
  (await database.query<{ amount: bigint }>('SELECT amount FROM test.lim WHERE name = $1', [target])).rows[0]?.amount;

describe('a request', () => {
  test('shows its checker what would change, against what, and until when it waits', async () => {
    const request = await requested();
    assert.deepEqual(request.diff, [{ field: 'amount', before: '100', after: '250' }]);
    assert.deepEqual(request.before, { amount: '100' });
    assert.deepEqual([request.state, request.duties, request.maker], ['waiting', ['risk'], 'trader']);
    assert.deepEqual([request.madeAt, request.expiresAt], [START, START + HOUR]);
    assert.deepEqual(await inbox.approvals.get(request.id), request);
    assert.equal(await amountOf(request), 100n);
  });

  test('repeated with its key is the same request; with another content it is refused', async () => {
    const first = await draft();
    const [one, two] = await Promise.all([inbox.approvals.request(TRADER, first), inbox.approvals.request(TRADER, first)]);
    assert.equal(one.id, two.id);
    await inbox.approvals.decide(RISK, one.id, approve);
    assert.equal((await inbox.approvals.request(TRADER, first)).state, 'executed');
    const other = inbox.approvals.request(TRADER, { ...first, payload: { amount: '251' } });
    await assert.rejects(other, fails('APPROVAL_KEY_REUSED'));
    assert.notEqual((await inbox.approvals.request(person('trader-two', 'trader'), first)).id, one.id);
  });

  test('is refused when malformed, of an unknown kind, or about nothing', async () => {
    const good = await draft();
    const refused = (more: object, code: string) =>
      assert.rejects(inbox.approvals.request(TRADER, { ...good, ...more }), fails(code));
    await refused({ kind: 'three' }, 'APPROVAL_KIND_UNKNOWN');
    await refused({ kind: 'constructor' }, 'APPROVAL_KIND_UNKNOWN');
    await refused({ payload: { amount: '1', more: 1 } }, 'TEST_LIMIT_REFUSED');
    await refused({ payload: undefined }, 'APPROVAL_MALFORMED');
    await refused({ payload: { amount: 'x'.repeat(70_000) } }, 'APPROVAL_MALFORMED');
    await refused({ payload: { amount: '\0' } }, 'APPROVAL_MALFORMED');
    await refused({ payload: { amount: '\ud800' } }, 'APPROVAL_MALFORMED');
    await refused({ idempotencyKey: '' }, 'APPROVAL_MALFORMED');
    await refused({ reason: 'x'.repeat(1_001) }, 'APPROVAL_MALFORMED');
    await refused({ target: 'no such limit' }, 'TEST_LIMIT_REFUSED');
  });

  test('is one too many when 200 of its maker wait', async () => {
    const busy = person('busy', 'trader');
    const first = await draft();
    for (let i = 0; i < 200; i++) await inbox.approvals.request(busy, { ...first, idempotencyKey: `busy ${i}` });
    await assert.rejects(inbox.approvals.request(busy, { ...first, idempotencyKey: 'one more' }), fails('APPROVALS_TOO_MANY'));
    await inbox.approvals.request(busy, { ...first, idempotencyKey: 'busy 7' });
  });
});

describe('deciding', () => {
  test('the last approval needed executes at once, and once', async () => {
    const request = await requested({ kind: 'two' });
    const half = await inbox.approvals.decide(RISK, request.id, approve);
    assert.deepEqual([half.state, await amountOf(request)], ['waiting', 100n]);
    const whole = await inbox.approvals.decide(RISK_TWO, request.id, approve);
    assert.deepEqual([whole.state, await amountOf(request)], ['executed', 250n]);
    assert.deepEqual(
      whole.decisions.map(({ checker, duty, verdict }) => [checker, duty, verdict]),
      [
        ['risk', 'risk', 'approve'],
        ['risk-two', 'risk', 'approve'],
      ],
    );
    assert.equal((await inbox.approvals.decide(RISK, request.id, approve)).state, 'executed');
    assert.equal(await effectsOf(database, request.id), 1);
  });

  test('[DS-10] nobody checks their own request, by whatever letters they write their name', async () => {
    const riskMade = await inbox.approvals.request(RISK, await draft());
    await assert.rejects(inbox.approvals.decide(RISK, riskMade.id, approve), fails('APPROVAL_OWN'));
    await assert.rejects(inbox.approvals.decide(person('Risk', 'risk'), riskMade.id, approve), fails('APPROVAL_OWN'));
    assert.equal((await inbox.approvals.decide(RISK_TWO, riskMade.id, approve)).state, 'executed');
  });

  test('one checker is not two, and two of one duty are not one of each', async () => {
    const two = await requested({ kind: 'two' });
    await inbox.approvals.decide(RISK, two.id, approve);
    assert.equal((await inbox.approvals.decide(RISK, two.id, approve)).state, 'waiting');
    await assert.rejects(inbox.approvals.decide(RISK, two.id, { verdict: 'refuse', reason: '' }), fails('APPROVAL_DECIDED'));
    const both = await requested({ kind: 'both' });
    await inbox.approvals.decide(RISK, both.id, approve);
    await assert.rejects(inbox.approvals.decide(RISK_TWO, both.id, approve), fails('APPROVAL_DUTY'));
    assert.equal((await inbox.approvals.decide(COMPLIANCE, both.id, approve)).state, 'executed');
  });

  test('somebody who holds both duties counts for one of them', async () => {
    const both = await requested({ kind: 'both' });
    const all = person('officer', 'risk', 'compliance');
    assert.equal((await inbox.approvals.decide(all, both.id, approve)).state, 'waiting');
    await assert.rejects(inbox.approvals.decide(RISK, both.id, approve), fails('APPROVAL_DUTY'));
    assert.equal((await inbox.approvals.decide(COMPLIANCE, both.id, approve)).state, 'executed');
  });

  test('is for its duty only', async () => {
    const request = await requested();
    for (const who of [COMPLIANCE, person('another-trader', 'trader'), person('nobody')])
      await assert.rejects(inbox.approvals.decide(who, request.id, approve), fails('APPROVAL_DUTY'));
  });

  test('refused, returned and withdrawn requests are settled', async () => {
    for (const verdict of ['refuse', 'return'] as const) {
      const request = await requested({ kind: 'two' });
      await inbox.approvals.decide(RISK, request.id, approve);
      const settled = await inbox.approvals.decide(RISK_TWO, request.id, { verdict, reason: 'no' });
      assert.equal(settled.state, verdict === 'refuse' ? 'refused' : 'returned');
      await assert.rejects(inbox.approvals.decide(person('r3', 'risk'), request.id, approve), fails('APPROVAL_SETTLED'));
      await assert.rejects(inbox.approvals.withdraw(TRADER, request.id), fails('APPROVAL_SETTLED'));
    }
    const request = await requested();
    await assert.rejects(inbox.approvals.withdraw(RISK, request.id), fails('APPROVAL_NOT_MAKER'));
    assert.equal((await inbox.approvals.withdraw(TRADER, request.id)).state, 'withdrawn');
    assert.equal((await inbox.approvals.withdraw(TRADER, request.id)).state, 'withdrawn');
    await assert.rejects(inbox.approvals.decide(RISK, request.id, approve), fails('APPROVAL_SETTLED'));
  });

  test('what has changed underneath is returned, not executed', async () => {
    const [one, two] = await Promise.all([requested(), requested()]);
    await database.query('UPDATE test.lim SET version = 2, amount = 300 WHERE name = $1', [one.target]);
    const stale = await inbox.approvals.decide(RISK, one.id, approve);
    assert.deepEqual([stale.state, stale.note, await amountOf(one)], ['returned', 'CONFLICT', 300n]);
    assert.equal((await inbox.approvals.decide(RISK, two.id, approve)).state, 'executed');
  });

  test('what the executor refuses has failed, without a trace of its attempt', async () => {
    const request = await requested({ payload: { amount: '13' } });
    const failed = await inbox.approvals.decide(RISK, request.id, approve);
    assert.deepEqual([failed.state, failed.note, await amountOf(request)], ['failed', 'TEST_LIMIT_REFUSED', 100n]);
  });

  test('in a batch: of one kind, each by itself', async () => {
    const requests = await Promise.all([requested(), requested(), inbox.approvals.request(RISK, await draft())]);
    const ids = requests.map(({ id }) => id);
    const other = await requested({ kind: 'two' });
    await assert.rejects(inbox.approvals.decideAll(RISK, [...ids, other.id], approve), fails('APPROVAL_BATCH'));
    assert.equal((await inbox.approvals.get(ids[0] as string)).state, 'waiting');
    const outcomes = await inbox.approvals.decideAll(RISK, ids, approve);
    assert.deepEqual(
      outcomes.map((each) => ('problem' in each ? each.problem.code : each.approval.state)),
      ['executed', 'executed', 'APPROVAL_OWN'],
    );
  });

  test('an unknown request is unknown', async () => {
    for (const id of ['1', "' OR 1=1 --", '00000000-0000-0000-0000-000000000000'])
      await assert.rejects(inbox.approvals.get(id), fails('APPROVAL_UNKNOWN'));
  });
});

test('a request past its time is neither decided nor withdrawn nor counted as waiting', async () => {
  const late = person('late', 'trader');
  const [one, two] = [await inbox.approvals.request(late, await draft()), await inbox.approvals.request(late, await draft())];
  const countWaiting = () => inbox.approvals.count({ maker: 'late', state: 'waiting' });
  assert.equal(await countWaiting(), 2);
  inbox.clock.at = START + HOUR;
  try {
    assert.equal(await countWaiting(), 0);
    assert.equal((await inbox.approvals.list({ maker: 'late' })).approvals[0]?.state, 'expired');
    await assert.rejects(inbox.approvals.decide(RISK, one.id, approve), fails('APPROVAL_EXPIRED'));
    await assert.rejects(inbox.approvals.decide(RISK, one.id, approve), fails('APPROVAL_SETTLED'));
    await assert.rejects(inbox.approvals.withdraw(late, two.id), fails('APPROVAL_EXPIRED'));
    await inbox.approvals.expire();
    assert.equal(await inbox.approvals.expire(), 0);
    assert.equal((await inbox.approvals.get(two.id)).state, 'expired');
  } finally {
    inbox.clock.at = START;
  }
});

test('an approval whose execution broke down is executed later, unless its time is over', async () => {
  const fault = () => {
    throw new Error('the disk is gone');
  };
  const [one, two] = [await requested(), await requested()];
  inbox.switches.after = fault;
  assert.equal((await inbox.approvals.decide(RISK, one.id, approve)).state, 'approved');
  assert.equal((await inbox.approvals.decide(RISK, two.id, approve)).state, 'approved');
  assert.deepEqual([await amountOf(one), inbox.faults.length], [100n, 2]);
  assert.equal(await inbox.approvals.resume(), 0);
  inbox.switches.after = undefined as never;
  assert.equal((await inbox.approvals.decide(RISK, one.id, approve)).state, 'executed');
  inbox.clock.at = START + HOUR;
  assert.equal(await inbox.approvals.resume(), 1);
  inbox.clock.at = START;
  assert.deepEqual([(await inbox.approvals.get(two.id)).state, await amountOf(two)], ['expired', 100n]);
});

test('what an executor did in a transaction of its own is neither lost nor done again', async () => {
  const { audit, clock } = inbox;
  const faults: unknown[] = [];
  const open = (more: Partial<ApprovalExecutor>) => {
    const executor = { ...limitExecutor('outside', 'risk', 1), ...more };
    return openApprovals({ database, audit, clock, executors: [executor], onFault: (_id, error) => faults.push(error) });
  };
  let asked = 0;
  const outside = open({
    async execute(_tx, _payload, { id, target }) {
      asked++;
      await database.query('UPDATE test.lim SET amount = 5, version = version + 1 WHERE name = $1', [target]);
      await database.query(`INSERT INTO test.effect VALUES ($1, $2, 5, '', '{}')`, [id, target]);
      throw new Error('gone before the request was settled');
    },
    async read(target, over) {
      // Not locked here: the executor's own transaction changes it.
      const { rows } = await over.query<{ version: bigint }>('SELECT version FROM test.lim WHERE name = $1', [target]);
      return { state: { amount: '100' }, version: String(rows[0]?.version) };
    },
    isDone: async (id) => (await effectsOf(database, id)) > 0,
  });
  const request = await outside.request(TRADER, await draft({ kind: 'outside' }));
  assert.equal((await outside.decide(RISK, request.id, approve)).state, 'approved');
  assert.equal((await outside.decide(RISK, request.id, approve)).state, 'executed');
  assert.deepEqual([asked, faults.length, await effectsOf(database, request.id)], [1, 1, 1]);
});

test('a request that nobody executes any more stays approved and is reported', async () => {
  const { audit, clock } = inbox;
  const request = await requested();
  inbox.switches.after = () => {
    throw new Error('the disk is gone');
  };
  await inbox.approvals.decide(RISK, request.id, approve);
  inbox.switches.after = undefined as never;
  const faults: unknown[] = [];
  const onFault = (_id: string, error: unknown) => faults.push(error);
  assert.equal(await openApprovals({ database, audit, clock, executors: [], onFault }).resume(), 0);
  assert.match(String(faults[0]), /nobody executes one/);
  assert.equal(await inbox.approvals.resume(), 1);
});

test('lists show what waits for a duty and a checker, page by page', async () => {
  const lister = person('lister', 'risk');
  const made: Approval[] = [];
  for (let i = 0; i < 5; i++) made.push(await inbox.approvals.request(lister, await draft({ kind: 'both' })));
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await inbox.approvals.list({ maker: 'lister', limit: 2, ...(cursor === undefined ? {} : { cursor }) });
    ids.push(...page.approvals.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== undefined);
  assert.deepEqual(ids, made.map(({ id }) => id).reverse());
  const waiting = (forDuty: 'risk' | 'compliance' | 'clearing', checker: string) =>
    inbox.approvals.count({ maker: 'lister', state: 'waiting', forDuty, checker });
  assert.deepEqual([await waiting('risk', 'risk'), await waiting('clearing', 'c'), await waiting('risk', 'LISTER')], [5, 0, 0]);
  await inbox.approvals.decide(RISK, ids[0] as string, approve);
  assert.deepEqual([await waiting('risk', 'risk-two'), await waiting('compliance', 'compliance')], [4, 5]);
  await assert.rejects(async () => inbox.approvals.list({ cursor: 'x' }), fails('APPROVAL_MALFORMED'));
});

test('the policies see a request by the duty that the asker holds', async () => {
  const authorizer = openAuthorizer();
  const request = await requested({ kind: 'both' });
  for (const [who, allow] of [
    [RISK, true],
    [COMPLIANCE, true],
    [TRADER, false],
    [person('c', 'clearing'), false],
  ] as const)
    assert.equal(authorizer.decide(who, 'approval.decide', approvalResource(request, who)).allow, allow, who.user);
});

describe('[DS-10] the database refuses by itself, with the rights of the programs', () => {
  let waiting: Approval;
  let executed: Approval;
  before(async () => {
    await database.connection((c) =>
      c.script(`DO $$ BEGIN IF to_regrole('meridian_app') IS NULL THEN CREATE ROLE meridian_app NOLOGIN; END IF; END $$;
                GRANT USAGE ON SCHEMA security TO meridian_app;
                GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON security.approval, security.approval_decision TO meridian_app`),
    );
    waiting = await requested({ kind: 'two' });
    await inbox.approvals.decide(RISK, waiting.id, approve);
    executed = await requested();
    executed = await inbox.approvals.decide(RISK, executed.id, approve);
  });

  const asProgram = (sql: string) =>
    database.transaction(async (tx) => {
      await tx.query('SET LOCAL ROLE meridian_app');
      await tx.query(sql);
    });
  const decision = (of: Approval, checker: string, more: { duty?: string; verdict?: string; at?: string } = {}) =>
    `INSERT INTO security.approval_decision (approval, checker, duty, verdict, reason, at)
     VALUES ('${of.id}', '${checker}', '${more.duty ?? 'risk'}', '${more.verdict ?? 'approve'}', '',
             ${more.at ?? `'2026-01-05 01:00:01Z'`})`;
  const moved = (of: Approval, set: string) => `UPDATE security.approval SET ${set} WHERE id = '${of.id}'`;
  const copied = (columns: string, values: string) =>
    `INSERT INTO security.approval (id, ${columns}, kind, target, duties, payload, before, version, diff, request_hash,
                                    idempotency_key, reason, maker, made_at, expires_at)
     SELECT gen_random_uuid(), ${values}, kind, target, duties, payload, before, version, diff, request_hash,
            'copy', reason, maker, made_at, expires_at FROM security.approval WHERE id = '${waiting.id}'`;

  const attempts: Readonly<Record<string, () => string>> = {
    'its maker checks it': () => decision(waiting, 'trader'),
    'its maker checks it in other letters': () => decision(waiting, 'TRADER'),
    'a checker decides twice': () => decision(waiting, 'risk'),
    'a checker decides twice in other letters': () => decision(waiting, 'Risk'),
    'another duty decides': () => decision(waiting, 'x', { duty: 'compliance' }),
    'decided before it was made': () => decision(waiting, 'x', { at: `'2026-01-05 00:59:59Z'` }),
    'decided past its time': () => decision(waiting, 'x', { at: `'2026-01-05 02:00:00Z'` }),
    'decided when settled': () => decision(executed, 'x'),
    'an unknown verdict': () => decision(waiting, 'x', { verdict: 'perhaps' }),
    'decided for nothing': () => decision({ ...waiting, id: '00000000-0000-0000-0000-000000000000' }, 'x'),
    'approved with a checker missing': () => moved(waiting, `state = 'approved'`),
    'executed without approval': () => moved(waiting, `state = 'executed'`),
    'refused by nobody': () => moved(waiting, `state = 'refused'`),
    'returned by nobody': () => moved(waiting, `state = 'returned'`),
    'expired before its time': () => moved(waiting, `state = 'expired'`),
    'failed before it was approved': () => moved(waiting, `state = 'failed', note = 'x'`),
    'a settled one waits again': () => moved(executed, `state = 'waiting'`),
    'a settled one fails': () => moved(executed, `state = 'failed', note = 'x'`),
    'time runs backwards': () => moved(waiting, `state = 'withdrawn', state_at = made_at - interval '1 s'`),
    'another payload': () => moved(waiting, `payload = '{"amount": "999"}'`),
    'another maker': () => moved(waiting, `maker = 'x'`),
    'fewer checkers': () => moved(waiting, `duties = '{risk}'`),
    'more time': () => moved(waiting, `expires_at = expires_at + interval '1 year'`),
    'another payload of a settled one': () => moved(executed, `payload = '{}'`),
    'a request born approved': () => copied('state, state_at', `'approved', made_at`),
    'a request born executed': () => copied('state, state_at', `'executed', made_at`),
    'a request deleted': () => `DELETE FROM security.approval WHERE id = '${waiting.id}'`,
    'a decision changed': () => `UPDATE security.approval_decision SET verdict = 'refuse' WHERE approval = '${waiting.id}'`,
    'a decision deleted': () => `DELETE FROM security.approval_decision WHERE approval = '${waiting.id}'`,
    'all forgotten': () => 'TRUNCATE security.approval, security.approval_decision',
    'the triggers off': () => 'ALTER TABLE security.approval DISABLE TRIGGER ALL',
    'a session that ignores triggers': () => 'SET session_replication_role = replica',
  };
  for (const [name, sql] of Object.entries(attempts))
    test(name, async () => {
      await assert.rejects(asProgram(sql()), (error) =>
        ['23001', '23514', '23505', '23503', '42501'].includes(sqlState(error) ?? ''),
      );
    });
  test('and lets pass what is right', async () => {
    await asProgram(decision(waiting, 'risk-two'));
    await asProgram(moved(waiting, `state = 'approved', state_at = '2026-01-05 01:00:01Z'`));
    await asProgram(copied('state, state_at', `'waiting', made_at`));
  });
});
