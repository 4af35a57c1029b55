import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AccountCentre } from '@meridian/accounts';
import { isProblem, silentLogger } from '@meridian/base';
import fc from 'fast-check';
import { openCursors } from '../http/cursor.ts';
import { accountEndpoints } from '../http/routes/account.ts';
import { snapshotReader } from '../reading/house.ts';
import { asker } from '../reading/scratch-asking.ts';
import { keepApprovals } from './approval-keeper.ts';
import {
  ADMINISTRATOR,
  CLEARING,
  CLEARING_TWO,
  CLIENT,
  ISSUER,
  OTHER_CLIENT,
  person,
  RISK,
  RISK_TWO,
  type ScratchDesk,
  SECURITY,
  scratchDesk,
} from './scratch-desk.fixture.ts';

let house: ScratchDesk;
before(async () => {
  house = await scratchDesk();
});
after(async () => {
  assert.equal((await house.audit.verify()).fault, undefined);
  await house.remove();
});

const fails = (code: string) => (error: unknown) => isProblem(error, code);
const approve = { verdict: 'approve', reason: 'looked at' } as const;

async function cell(no: number): Promise<{ lim: bigint; version: bigint; state: string; maker: string; checker: string }> {
  const { rows } = await house.database.query<{ lim: bigint; version: bigint; state: string; maker: string; checker: string }>(
    'SELECT lim, version, state, maker, checker FROM accounts.limit_cell WHERE cell = $1',
    [no],
  );
  return rows[0] as (typeof rows)[number];
}

async function askLimit(no: number, limit: string, maker = RISK): Promise<string> {
  const { version } = await cell(no);
  const waits = await house.ask('PUT /v1/limits/{cell}', maker, {
    ...{ params: { cell: String(no) }, body: { limit, reason: 'more room' }, ifMatch: String(version) },
  });
  assert.equal(waits.state, 'waiting');
  return waits.approval;
}

const read = (approval: string, by = RISK_TWO) => house.ask('GET /v1/approvals/{approval}', by, { params: { approval } });

async function decide(
  approval: string,
  by = RISK_TWO,
  body: { verdict: 'approve' | 'refuse' | 'return'; reason: string } = approve,
) {
  const { version } = await house.approvals.get(approval).then(() => read(approval, by));
  return house.ask('POST /v1/approvals/{approval}/decision', by, { params: { approval }, body, ifMatch: String(version) });
}

const auditOf = async (approval: string) =>
  (
    await house.database.query<{ line: string }>(
      `SELECT actor || ' ' || action || ' ' || outcome AS line FROM security.audit_entry
        WHERE params ->> 'approval' = $1 ORDER BY no`,
      [approval],
    )
  ).rows.map(({ line }) => line);

describe('a limit', () => {
  test('[UA-6] [DS-10] changes once, when another person of risk has approved it, and every step is audited', async () => {
    const was = await cell(11);
    const approval = await askLimit(11, '4000000.00');
    assert.equal((await cell(11)).lim, was.lim);
    const seen = await read(approval);
    assert.deepEqual(seen.diff[0], { field: 'limit', before: '3200000.00', after: '4000000.00' });
    assert.deepEqual([seen.title.zh, seen.duty, seen.mine, seen.mayDecide], ['额度调整', 'risk', false, true]);
    assert.deepEqual([(await read(approval, RISK)).mine, (await read(approval, RISK)).mayDecide], [true, false]);

    assert.equal((await decide(approval)).state, 'executed');
    const now = await cell(11);
    assert.deepEqual([now.lim, now.version, now.maker, now.checker], [400_000_000n, was.version + 1n, 'risk', 'risk-2']);
    assert.deepEqual(await auditOf(approval), [
      ...['risk approval.request waiting', 'risk-2 approval.decide approve', 'system limit.change done'],
      'system approval.settle executed',
    ]);
  });

  test('[DS-10] is not changed by its maker, nor by anybody of another duty', async () => {
    const approval = await askLimit(11, '4100000.00');
    await assert.rejects(decide(approval, RISK), fails('OWN_REQUEST'));
    await assert.rejects(read(approval, CLEARING), fails('NO_SUCH_RESOURCE'));
    await assert.rejects(house.approvals.decide(RISK, approval, approve), fails('APPROVAL_OWN'));
    await assert.rejects(house.approvals.decide(CLEARING, approval, approve), fails('APPROVAL_DUTY'));
    const body = { limit: '1', reason: 'mine' };
    const asking = { params: { cell: '11' }, body, ifMatch: '1' };
    await assert.rejects(house.ask('PUT /v1/limits/{cell}', CLEARING, asking), fails('DUTY_NOT_PERMITTED'));
    assert.equal(
      (await house.ask('POST /v1/approvals/{approval}/withdraw', RISK, { params: { approval } })).state,
      'withdrawn',
    );
    await assert.rejects(decide(approval), fails('APPROVAL_SETTLED'));
  });

  test('that moved since the maker looked is not changed: the request goes back', async () => {
    const [first, second] = [await askLimit(12, '100000.00'), await askLimit(12, '200000.00')];
    assert.equal((await decide(second)).state, 'executed');
    const returned = await decide(first);
    assert.equal(returned.state, 'returned');
    assert.equal((await cell(12)).lim, 20_000_000n);
    assert.equal((await house.approvals.get(first)).note, 'CONFLICT');
  });

  test('is asked for against the version that was seen, and a decision names the one of the request', async () => {
    const asking = { params: { cell: '11' }, body: { limit: '5.00', reason: 'x' }, ifMatch: '999' };
    await assert.rejects(house.ask('PUT /v1/limits/{cell}', RISK, asking), fails('VERSION_MISMATCH'));
    const approval = await askLimit(31, '2500000.00');
    const stale = { params: { approval }, body: approve, ifMatch: '7' };
    await assert.rejects(house.ask('POST /v1/approvals/{approval}/decision', RISK_TWO, stale), fails('VERSION_MISMATCH'));
    assert.equal((await decide(approval, RISK_TWO, { verdict: 'return', reason: 'say why' })).state, 'returned');
  });

  test('below what is in use is said to be over-leased beforehand', async () => {
    await house.database.query('UPDATE accounts.limit_cell SET booked = 1000 WHERE cell = 21');
    const { diff } = await read(await askLimit(21, '1.00'));
    assert.deepEqual(diff.at(-1), { field: 'state', before: 'active', after: 'over-leased' });
    assert.deepEqual(diff[1], { field: 'free', before: '199990.00', after: '-9.00' });
  });

  test('text that is no amount of its currency, or changes nothing, is refused at once', async () => {
    await assert.rejects(askLimit(31, '1.005'), fails('DECIMAL_SCALE'));
    await assert.rejects(askLimit(31, '-1.00'), fails('REQUEST_CONTENT_REFUSED'));
    await assert.rejects(askLimit(31, '2400000.00'), fails('REQUEST_CONTENT_REFUSED'));
    await assert.rejects(askLimit(31, '999999999999999999.00'), fails('REQUEST_CONTENT_REFUSED'));
  });
});

describe('a process that dies between approval and execution', () => {
  const dying = (when: 'before' | 'after'): Pick<AccountCentre, 'execute'> => ({
    async execute(...command) {
      if (when === 'after') await house.centre.execute(...command);
      throw new Error('the process died');
    },
  });

  for (const when of ['before', 'after'] as const)
    test(`[DS-10] leaves the change to the next life, which makes it once (${when} the books had it)`, async () => {
      const was = await cell(32);
      const approval = await askLimit(32, when === 'before' ? '2410000.00' : '2420000.00');
      const first = house.life({ accounts: dying(when) });
      assert.equal((await first.decide(RISK_TWO, approval, approve)).state, 'approved');
      assert.equal((await cell(32)).version, was.version + (when === 'after' ? 1n : 0n));

      const next = house.life();
      assert.equal(await next.resume(), 1);
      assert.equal((await next.get(approval)).state, 'executed');
      assert.equal(await next.resume(), 0);
      const now = await cell(32);
      assert.deepEqual([now.version, now.maker, now.checker], [was.version + 1n, 'risk', 'risk-2']);
      const done = (await auditOf(approval)).filter((line) => line === 'system limit.change done');
      assert.equal(done.length, 1);
    });

  test('[DS-10] is made once also by two lives that come back together', async () => {
    const was = await cell(32);
    const approval = await askLimit(32, '2425000.00');
    await house.life({ accounts: dying('before') }).decide(RISK_TWO, approval, approve);
    await Promise.all([house.life(), house.life(), house.approvals].map((each) => each.resume()));
    assert.equal((await house.approvals.get(approval)).state, 'executed');
    assert.equal((await cell(32)).version, was.version + 1n);
  });

  test('[DS-10] [UA-6] whatever is asked, approved and interrupted in whatever order, a cell has changed once for each executed request', async () => {
    const seed = Date.now() % 1_000_000_007;
    console.log(`seed ${seed}`);
    const step = fc.record({
      limit: fc.bigInt({ min: 0n, max: 10n ** 9n }),
      stale: fc.boolean(),
      verdict: fc.constantFrom('approve', 'approve', 'approve', 'refuse', 'return'),
      death: fc.constantFrom('none', 'none', 'before', 'after'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const was = await cell(22);
        let wanted = was.lim;
        let executed = 0n;
        const waiting: { id: string; lim: bigint; version: bigint }[] = [];
        for (const { limit, stale, verdict, death } of steps) {
          const { lim, version } = await cell(22);
          if (lim === limit) continue;
          waiting.push({
            id: await askLimit(22, `${limit / 100n}.${String(limit % 100n).padStart(2, '0')}`),
            lim: limit,
            version,
          });
          // Left for later: by then somebody else's change may have made it stale.
          if (stale) continue;
          const request = waiting.shift() as (typeof waiting)[number];
          const life = death === 'none' ? house.approvals : house.life({ accounts: dying(death) });
          await life.decide(RISK_TWO, request.id, { verdict: verdict as 'approve', reason: 'drawn' });
          await house.life().resume();
          const { state } = await house.approvals.get(request.id);
          const isCurrent = request.version === was.version + executed;
          const expected =
            verdict === 'approve' ? (isCurrent ? 'executed' : 'returned') : verdict === 'refuse' ? 'refused' : 'returned';
          assert.equal(state, expected);
          if (state !== 'executed') continue;
          wanted = request.lim;
          executed++;
        }
        for (const { id } of waiting) await house.approvals.withdraw(RISK, id);
        const now = await cell(22);
        assert.deepEqual([now.lim, now.version], [wanted, was.version + executed]);
      }),
      { seed, numRuns: 25 },
    );
  });

  test('is followed by one that looks after the inbox by itself', async () => {
    const approval = await askLimit(32, '2430000.00');
    await house.life({ accounts: dying('before') }).decide(RISK_TWO, approval, approve);
    const keeper = keepApprovals(house.life(), silentLogger);
    await keeper.sweep();
    await keeper.close();
    assert.equal((await house.approvals.get(approval)).state, 'executed');
  });
});

describe('cash', () => {
  const move = (by: typeof CLIENT, body: object, key?: string) =>
    house.ask('POST /v1/transfers', by, { body: body as never, ...(key === undefined ? {} : { key }) });
  const free = async (sub: number) => {
    const { rows } = await house.database.query<{ posted: bigint }>(
      `SELECT coalesce(-sum(posted), 0)::bigint AS posted FROM accounts.ledger_account WHERE sub = $1 AND code = '2010'`,
      [sub],
    );
    return rows[0]?.posted;
  };

  test('[UA-5] moves between the sub accounts of one master at once, and once for a key', async () => {
    const body = { kind: 'transfer', from: '11', to: '12', currency: 'CNY', amount: '1000.00' };
    const done = await move(CLIENT, body, 'key-move-0001');
    assert.deepEqual([done.state, done.amount, done.maker, done.approval], ['done', '1000.00', 'client', null]);
    assert.deepEqual(await move(CLIENT, body, 'key-move-0001'), done);
    assert.equal(await free(12), 100_000n);
    await assert.rejects(move(CLIENT, { ...body, amount: '2.00' }, 'key-move-0001'), fails('IDEMPOTENCY_KEY_REUSED'));
  });

  test('[UA-5] does not move between masters', async () => {
    const body = { kind: 'transfer', from: '11', to: '31', currency: 'CNY', amount: '1.00' };
    await assert.rejects(move(CLEARING, body), fails('OTHER_MASTER'));
    // A client does not learn that the other account exists.
    await assert.rejects(move(CLIENT, body), fails('NO_SUCH_RESOURCE'));
    await assert.rejects(move(CLIENT, { ...body, to: '99' }), fails('NO_SUCH_RESOURCE'));
  });

  test("[UA-2] [DS-7] leaves no other client's account", async () => {
    const body = { kind: 'withdraw', from: '31', currency: 'CNY', amount: '1.00' };
    await assert.rejects(move(CLIENT, body), fails('NO_SUCH_RESOURCE'));
    await assert.rejects(move(CLIENT, { ...body, kind: 'transfer', to: '11' }), fails('NO_SUCH_RESOURCE'));
    await assert.rejects(move(person('trader', 'trader'), body), fails('DUTY_NOT_PERMITTED'));
  });

  test('in amounts that are none, or beyond all bounds, is refused as such', async () => {
    const body = { kind: 'withdraw', from: '11', currency: 'CNY' };
    for (const amount of ['0', '-1.00', '9'.repeat(24)])
      await assert.rejects(move(CLIENT, { ...body, amount }), fails('BODY_REFUSED'));
    await assert.rejects(move(CLIENT, { ...body, amount: '0.001' }), fails('DECIMAL_SCALE'));
    await assert.rejects(move(CLIENT, { ...body, amount: '1', currency: 'ZZZ' }), fails('CURRENCY_UNKNOWN'));
    await assert.rejects(move(CLIENT, { ...body, amount: '1', to: '12' }), fails('BODY_REFUSED'));
    await assert.rejects(
      move(CLIENT, { ...body, kind: 'transfer', amount: '9'.repeat(15), to: '12' }),
      fails('AMOUNT_REFUSED'),
    );
  });

  test('[UA-4] leaves at once in small amounts; in large ones when clearing has looked', async () => {
    const was = (await free(11)) as bigint;
    const small = await move(CLIENT, { kind: 'withdraw', from: '11', currency: 'CNY', amount: '99999.99' });
    assert.deepEqual([small.state, small.approval], ['waiting', null]);
    const large = await move(CLIENT, { kind: 'withdraw', from: '11', currency: 'CNY', amount: '100000.00' });
    assert.deepEqual([large.state, large.maker], ['awaiting-approval', 'client']);
    assert.equal(await free(11), was - 9_999_999n);
    const approval = large.approval as string;
    // Its maker sees it, another client does not, and neither decides.
    assert.equal((await read(approval, CLIENT)).mayDecide, false);
    await assert.rejects(read(approval, OTHER_CLIENT), fails('NO_SUCH_RESOURCE'));
    await assert.rejects(decide(approval, RISK), fails('NO_SUCH_RESOURCE'));
    assert.equal((await decide(approval, CLEARING)).state, 'executed');
    assert.equal(await free(11), was - 9_999_999n - 10_000_000n);
    const { rows } = await house.database.query<{ maker: string; checker: string }>(
      'SELECT maker, checker FROM accounts.command WHERE id = $1',
      [`approval:${approval}`],
    );
    assert.deepEqual(rows, [{ maker: 'client', checker: 'clearing' }]);
  });

  test('[UA-4] [DS-10] that waits for a second person stands in the list as such, to those who see the account', async () => {
    const reading = { database: house.database, read: snapshotReader(house.database), cursors: openCursors() };
    const desk = asker(accountEndpoints(reading as never));
    const list = async (by: typeof CLIENT) => (await desk.ask('GET /v1/transfers', by)).items;
    const { approval } = await move(CLIENT, { kind: 'withdraw', from: '11', currency: 'CNY', amount: '123456.78' });
    const [first, ...others] = await list(CLIENT);
    assert.deepEqual(first, {
      ...{ id: approval, kind: 'withdraw', at: '2013-10-07T14:00:00.000Z', from: '11', to: null, currency: 'CNY' },
      ...{ amount: '123456.78', state: 'awaiting-approval', maker: 'client', checker: null, approval },
    });
    assert.ok(others.every(({ state }) => state !== 'awaiting-approval'));
    assert.equal((await list(CLEARING))[0]?.id, approval);
    assert.ok((await list(OTHER_CLIENT)).every(({ from, to }) => from !== '11' && to !== '11'));
    const elsewhere = { ...CLEARING, entities: [2n] };
    assert.ok((await list(elsewhere)).every(({ from }) => from !== '11'));

    // Page by page the same; then it is approved, and is a command that waits for the bank.
    const walked: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { limit: 1, ...(cursor === undefined ? {} : { cursor }) };
      const page = await desk.ask('GET /v1/transfers', CLIENT, { query });
      walked.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    }
    assert.deepEqual(walked, [approval, ...others.map(({ id }) => id)]);
    await decide(approval as string, CLEARING);
    const [booked] = await list(CLIENT);
    assert.deepEqual([booked?.state, booked?.approval, booked?.checker], ['waiting', null, 'clearing']);
  });

  test('[DS-10] that clearing sends out for a client is checked by another of clearing', async () => {
    const { approval } = await move(CLEARING, { kind: 'withdraw', from: '21', currency: 'USD', amount: '100000.00' });
    await assert.rejects(decide(approval as string, CLEARING), fails('OWN_REQUEST'));
    assert.equal((await decide(approval as string, CLEARING_TWO)).state, 'executed');
  });

  test('[UA-4] that is not there is refused before anybody is asked, with what would pass; if it goes meanwhile, the request fails', async () => {
    const body = { kind: 'withdraw', from: '31', currency: 'CNY', amount: '99999999.00' };
    await assert.rejects(
      move(CLEARING, body),
      (error) => isProblem(error, 'FUNDS_SHORT') && error.params['wouldPass'] === 240_000_000n,
    );
    const [one, two] = [
      await move(CLEARING, { ...body, amount: '1500000.00' }),
      await move(CLEARING, { ...body, amount: '1500000.00' }),
    ];
    assert.equal((await decide(one.approval as string, CLEARING_TWO)).state, 'executed');
    assert.equal((await decide(two.approval as string, CLEARING_TWO)).state, 'failed');
    assert.equal((await house.approvals.get(two.approval as string)).note, 'FUNDS_SHORT');
  });
});

describe('a journal', () => {
  test('[CL-e] [DS-10] is reversed once, by its mirror image, when another of clearing has approved', async () => {
    const { rows } = await house.database.query<{ id: bigint }>(
      `SELECT j.id FROM accounts.journal j JOIN accounts.command c ON c.no = j.command_no WHERE c.id = 'demo:deposit:21' LIMIT 1`,
    );
    const journal = String(rows[0]?.id);
    const reverse = () =>
      house.ask('POST /v1/ledger/journals/{journal}/reverse', CLEARING, {
        params: { journal },
        body: { reason: 'wrong client' },
      });
    const { approval } = await reverse();
    const { diff } = await read(approval, CLEARING_TWO);
    assert.deepEqual(diff.map(({ before, after }) => [before, after]).sort(), [
      ['-250000.00 USD', '250000.00 USD'],
      ['250000.00 USD', '-250000.00 USD'],
    ]);
    // The money was withdrawn meanwhile: the books refuse to go below nothing.
    assert.equal((await decide(approval, CLEARING_TWO)).state, 'failed');
    await house.centre.execute({
      ...{ kind: 'deposit', id: 'again:21', at: 1_381_154_400_000_000, maker: 'maker', checker: 'checker' },
      body: { sub: 21, currency: 'USD', amount: '25000000', businessDate: '2013-10-08' as never, bankReference: 'R' },
    });
    const { approval: second } = await reverse();
    assert.equal((await decide(second, CLEARING_TWO)).state, 'executed');
    await assert.rejects(reverse(), fails('REVERSAL_REFUSED'));
    const unknown = { params: { journal: '999999' }, body: { reason: 'x' } };
    await assert.rejects(house.ask('POST /v1/ledger/journals/{journal}/reverse', CLEARING, unknown), fails('NO_SUCH_RESOURCE'));
  });
});

describe('a user', () => {
  const change = (body: object, by = ADMINISTRATOR) => house.ask('POST /v1/users', by, { body: body as never });
  const create = {
    change: 'create',
    user: 'desk-9',
    duties: ['trader'],
    jurisdictions: ['CN'],
    entities: ['1'],
    reason: 'joins',
  };

  test('[DS-10] is made by an administrator and a security officer, and given duties that go together', async () => {
    const { approval } = await change(create);
    assert.equal(await house.users.user('desk-9'), undefined);
    await assert.rejects(decide(approval, ADMINISTRATOR), fails('NO_BUSINESS_DATA'));
    assert.equal((await decide(approval, SECURITY)).state, 'executed');
    const made = await house.users.user('desk-9');
    assert.deepEqual([made?.duties, made?.entities, made?.mustChangePassword], [['trader'], [1n], true]);
    assert.match(house.passwords.get('desk-9') ?? '', /.{12,}/);

    await assert.rejects(change({ ...create, user: 'desk-8', duties: ['trader', 'risk'] }), fails('REQUEST_CONTENT_REFUSED'));
    await assert.rejects(change(create), fails('REQUEST_CONTENT_REFUSED'));
    await assert.rejects(change({ ...create, user: 'Desk 7' }), fails('REQUEST_CONTENT_REFUSED'));
    await assert.rejects(change({ ...create, user: 'desk-7', clients: ['1'] }), fails('REQUEST_CONTENT_REFUSED'));
    await assert.rejects(change({ change: 'enable', user: 'nobody-here', reason: 'x' }), fails('REQUEST_CONTENT_REFUSED'));
    const moved = await change({ change: 'duties', user: 'desk-9', duties: ['compliance'], reason: 'moves' });
    assert.deepEqual((await read(moved.approval, SECURITY)).diff, [{ field: 'duties', before: 'trader', after: 'compliance' }]);
    assert.equal((await decide(moved.approval, SECURITY)).state, 'executed');
    const off = await change({ change: 'disable', user: 'desk-9', reason: 'leaves' });
    assert.equal((await decide(off.approval, SECURITY)).state, 'executed');
    assert.deepEqual((await house.users.user('desk-9'))?.state, 'disabled');
    const { rows } = await house.database.query<{ maker: string; checker: string; kind: string }>(
      `SELECT kind, maker, checker FROM security.user_change WHERE user_name = 'desk-9' ORDER BY at`,
    );
    assert.deepEqual(
      rows.map(({ kind, maker, checker }) => `${kind} ${maker} ${checker}`),
      ['create administrator security', 'duties administrator security', 'disable administrator security'],
    );
  });

  test('[DS-7] [DS-10] is linked to a subject of the firm’s provider by two people, and to no other’s', async () => {
    await decide((await change({ ...create, user: 'desk-10' })).approval, SECURITY);
    await decide((await change({ ...create, user: 'desk-11' })).approval, SECURITY);
    const subject = 'subject-10';
    const arrival = { address: '192.0.2.1' };
    const signIn = () => house.users.signInFederated({ issuer: ISSUER, subject }, arrival);
    const link = await change({ change: 'link', user: 'desk-10', subject, reason: 'joins the directory' });
    assert.deepEqual((await read(link.approval, SECURITY)).diff, [
      { field: 'subject', before: null, after: 'https://login.example subject-10' },
    ]);
    await assert.rejects(signIn(), fails('SUBJECT_UNKNOWN'));
    assert.equal((await decide(link.approval, SECURITY)).state, 'executed');
    assert.equal((await signIn()).session.user, 'desk-10');

    for (const body of [
      { change: 'link', user: 'desk-10', subject },
      { change: 'unlink', user: 'desk-11', subject },
      { change: 'link', user: 'nobody-here', subject },
      { change: 'link', user: 'desk-11' },
      { change: 'disable', user: 'desk-11', subject },
      { change: 'link', user: 'desk-11', subject, duties: ['risk'] },
    ])
      await assert.rejects(change({ ...body, reason: 'x' }), fails('REQUEST_CONTENT_REFUSED'), JSON.stringify(body));
    const taken = await change({ change: 'link', user: 'desk-11', subject, reason: 'by mistake' });
    assert.notEqual((await decide(taken.approval, SECURITY)).state, 'executed');
    const { token, session } = await signIn();
    assert.equal(session.user, 'desk-10');

    const unlink = await change({ change: 'unlink', user: 'desk-10', subject, reason: 'leaves' });
    assert.equal((await decide(unlink.approval, SECURITY)).state, 'executed');
    assert.equal(await house.users.session(token), undefined);
    await assert.rejects(signIn(), fails('SUBJECT_UNKNOWN'));
  });

  test('[DS-10] changes nothing about themselves, neither as maker nor as checker', async () => {
    await assert.rejects(change({ change: 'disable', user: 'administrator', reason: 'x' }), fails('OWN_REQUEST'));
    const { approval } = await change({ ...create, user: 'security' });
    assert.equal((await read(approval, SECURITY)).mayDecide, false);
    await assert.rejects(decide(approval, SECURITY), fails('OWN_REQUEST'));
  });
});

describe('a kill switch', () => {
  const on = (seq: number, scope: 'firm' | 'client' = 'firm', id: number | null = null) =>
    ({ scope, id, state: 'halted', maker: 'trader', seq }) as const;
  const release = (body: object) => house.ask('POST /v1/kill/release', RISK, { body: { reason: 'over', ...body } as never });
  const side = (market: string) => house.switches.get(market) as { engaged: object[]; isAway: boolean };

  test('[RC-l] [DS-10] is released in every market when another of risk has approved', async () => {
    side('ARCX').engaged = [on(7), on(8, 'client', 1)];
    side('XNYS').engaged = [on(3)];
    const { approval } = await release({ scope: 'firm' });
    assert.deepEqual((await read(approval)).diff, [
      { field: 'ARCX', before: 'halted', after: 'active' },
      { field: 'XNYS', before: 'halted', after: 'active' },
    ]);
    await assert.rejects(decide(approval, RISK), fails('OWN_REQUEST'));
    assert.equal((await decide(approval)).state, 'executed');
    assert.deepEqual([side('ARCX').engaged, side('XNYS').engaged], [[on(8, 'client', 1)], []]);
    await assert.rejects(release({ scope: 'firm' }), fails('KILL_NOT_ENGAGED'));
    await assert.rejects(release({ scope: 'order', id: '5' }), fails('BODY_REFUSED'));
  });

  test('[RC-l] thrown again since stays on; a market that is away is asked again', async () => {
    side('ARCX').engaged = [on(10, 'client', 1)];
    const stale = await release({ scope: 'client', id: '1' });
    side('ARCX').engaged = [on(11, 'client', 1), on(12)];
    // What was asked about is off; what was thrown since is not touched.
    assert.equal((await decide(stale.approval)).state, 'executed');
    assert.equal(side('ARCX').engaged.length, 2);
    const held = await release({ scope: 'client', id: '1' });
    side('XNYS').isAway = true;
    assert.equal((await decide(held.approval)).state, 'approved');
    side('XNYS').isAway = false;
    assert.equal(await house.approvals.resume(), 1);
    assert.deepEqual(side('ARCX').engaged, [on(12)]);
  });
});

test('[DS-10] the inbox shows everybody their own requests and those of their duty, page by page', async () => {
  const list = (by: typeof RISK, query: object = {}) => house.ask('GET /v1/approvals', by, { query: query as never });
  const kinds = async (by: typeof RISK, query: object = {}) => new Set((await list(by, query)).items.map(({ kind }) => kind));
  assert.deepEqual(await kinds(CLIENT), new Set(['withdrawal']));
  assert.deepEqual(await kinds(SECURITY), new Set(['user.manage']));
  assert.deepEqual(await kinds(RISK_TWO), new Set(['limit.change', 'kill.release']));
  assert.deepEqual((await list(OTHER_CLIENT)).items, []);
  assert.ok((await list(RISK, { mine: 'true' })).items.every(({ mine }) => mine));
  assert.ok(
    (await list(RISK_TWO, { state: 'waiting' })).items.every(({ state, mayDecide }) => state === 'waiting' && mayDecide),
  );
  await assert.rejects(list(RISK, { state: 'lost' }), fails('QUERY_REFUSED'));

  const whole = (await list(person('auditor', 'auditor'), { limit: 200 })).items.map(({ approval }) => approval);
  assert.equal(whole.length, await house.approvals.count());
  const walked: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await list(person('auditor', 'auditor'), { limit: 3, ...(cursor === undefined ? {} : { cursor }) });
    walked.push(...page.items.map(({ approval }) => approval));
    cursor = page.next;
  }
  assert.deepEqual(walked, whole);
});
