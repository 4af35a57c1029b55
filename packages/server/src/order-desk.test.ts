import './rooms.ts';
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { openAccountCentre } from '@meridian/accounts';
import { currency, dateText, isProblem, Problem, parseInstant, problemKind, validateConfig } from '@meridian/base';
import type { RateSet } from '@meridian/market';
import { REJECTION, type RejectionCode } from '@meridian/messages';
import { recordRateSet, recordReference } from '@meridian/reference';
import type { PositionSnapshot } from '@meridian/risk';
import { type ScratchDatabase, scratchDatabase } from '@meridian/store';
import {
  DESK_ID_CHARS_MAX,
  DeskCancel,
  DeskOrder,
  type OrderVerdict,
  type VerdictAmount,
  type VerdictCheck,
} from '@meridian/trading';
import { demoAccounts, demoReference } from './demo/cast.ts';
import { person } from './http/scratch-door.fixture.ts';
import type { ProcessClient } from './link/rpc.ts';
import { MIGRATIONS } from './migrations.ts';
import { type OrderDesk, type OrderEntry, openOrderDesk } from './order-desk.ts';

const ENTRY: OrderEntry = {
  ...{ market: 'XNYS', account: '3', listing: '2', clOrdId: 'my-order-7', side: 'buy', effect: 'open', type: 'limit' },
  ...{ timeInForce: 'day', quantity: '100', price: '182.50' },
};

let scratch: ScratchDatabase;
let desk: OrderDesk;
let asked: { what: string; body: unknown }[] = [];
let fail: Error | undefined;
let verdict: OrderVerdict | undefined;
let positions: PositionSnapshot[] = [];
before(async () => {
  scratch = await scratchDatabase(MIGRATIONS);
  const node = {
    async ask(what: string, body: unknown) {
      asked.push({ what, body });
      if (fail !== undefined) throw fail;
      return what === 'check' ? verdict : { order: 11, seq: 11, state: 'pending', rejection: null };
    },
  };
  const nodes = new Map([['XNYS', node as unknown as ProcessClient]]);
  desk = openOrderDesk(scratch.database, nodes, { positions: () => positions });
});
after(() => scratch?.remove());
beforeEach(() => {
  asked = [];
  fail = undefined;
});
const refused = (code: string, field?: string) => (error: unknown) =>
  isProblem(error, code) && (field === undefined || error.params['field'] === field);

test('an order reaches the node in the words that the node takes, and its answer comes back', async () => {
  assert.deepEqual(await desk.enter(ENTRY), { market: 'XNYS', order: '11', seq: 11, state: 'pending', rejection: null });
  const [{ what, body }] = asked as [{ what: string; body: object }];
  assert.equal(what, 'order');
  assert.deepEqual(validateConfig(DeskOrder, body), {
    ...{ account: 3, listing: 2, side: 'buy', effect: 'open', type: 'limit', tif: 'day', quantity: 100, price: '182.5' },
    clOrdId: 'my-order-7',
  });
  const { price: _, ...market } = { ...ENTRY, type: 'market' as const };
  await desk.enter(market);
  assert.equal(validateConfig(DeskOrder, asked.at(-1)?.body).price, null);
});

test('a cancel asked for again is the same cancel; another request or person makes another', async () => {
  const trader = person('trader', ['trader']);
  for (const [by, key] of [
    [trader, 'key-0001'],
    [trader, 'key-0001'],
    [trader, 'key-0002'],
    [person('other', ['trader']), 'key-0001'],
  ] as const)
    await desk.cancel('XNYS', '11', '3', by, key);
  const [first, again, second, others] = asked.map(({ body }) => validateConfig(DeskCancel, body).clOrdId);
  assert.equal(first, again);
  assert.equal(new Set([first, second, others]).size, 3);
  assert.ok((first as string).length <= DESK_ID_CHARS_MAX);
});

test('bad input: what no node takes is refused by its place, and no node is asked', async () => {
  const cases: [Partial<OrderEntry>, string, string?][] = [
    [{ price: '182.50001' }, 'BODY_REFUSED', '/price'],
    [{ price: '123456789012' }, 'BODY_REFUSED', '/price'],
    [{ type: 'market' }, 'BODY_REFUSED', '/price'],
    [{ account: '99999999999' }, 'BODY_REFUSED', '/account'],
    [{ listing: '4294967296' }, 'BODY_REFUSED', '/listing'],
    [{ clOrdId: '订单' }, 'BODY_REFUSED', '/clOrdId'],
    [{ clOrdId: 'a b' }, 'BODY_REFUSED', '/clOrdId'],
    [{ market: 'XHKG' }, 'NO_SUCH_RESOURCE'],
  ];
  for (const [change, code, field] of cases)
    await assert.rejects(desk.enter({ ...ENTRY, ...change }), refused(code, field), JSON.stringify(change));
  const { price: _, ...noPrice } = ENTRY;
  await assert.rejects(desk.enter(noPrice), refused('BODY_REFUSED', '/price'));
  assert.deepEqual(asked, []);
  assert.equal(await desk.owner('1', 'XHKG'), undefined);
  assert.equal(await desk.owner('404', 'XNYS'), undefined);
});

test('a node that does not answer is told of as such; what it refuses keeps its own words', async () => {
  fail = Object.assign(new Error('14 UNAVAILABLE'), { code: 14 });
  await assert.rejects(desk.enter(ENTRY), refused('MARKET_AWAY'));
  fail = new Problem('DESK_BUSY', { limit: 4_096 });
  await assert.rejects(desk.enter(ENTRY), refused('DESK_BUSY'));
});

const AT = parseInstant('2013-10-08T14:00:00Z');
/** 1 EUR = 1.25 USD = 7.50 CNY: 1 USD = 6 CNY. */
const SIX: RateSet = {
  ...{ id: 'six', source: 'test', base: currency('EUR'), date: dateText('2013-10-07'), publishedAt: AT - 1 },
  rates: new Map([
    ['USD', 12_500_000_000n],
    ['CNY', 75_000_000_000n],
  ]),
};
const BY = { maker: 'maker', checker: 'checker' };
const judged = (checks: readonly VerdictCheck[], notional: VerdictAmount | null): OrderVerdict => ({
  ...{ market: 'XNYS', seq: 7, at: AT, outcome: 'accept', checks, rejection: null, wouldPass: 100, notional, margin: null },
});
const passing = (rule: RejectionCode, more: Partial<VerdictCheck> = {}): VerdictCheck => ({
  ...{ rule, node: 'client', passed: true, unit: null, currency: null, cell: null },
  ...{ limit: null, used: null, requested: null, wouldPass: null, ...more },
});
const held = (account: number, listing: number, code: string, worth: number): PositionSnapshot => ({
  ...{ account, listing, quantity: 1, currency: code, cost: worth, worth, profit: 0 },
});

describe('a verdict', () => {
  before(async () => {
    await recordReference(scratch.database, demoReference(['ARCX', 'XNYS']), BY);
    await scratch.database.transaction((tx) => recordRateSet(tx, SIX, BY));
    const centre = openAccountCentre({ pool: scratch.database });
    for (const command of demoAccounts(['ARCX', 'XNYS'])) await centre.execute(command);
    await centre.close();
  });

  test('[RC-i] names what was checked, not what would be wrong, in both languages, and of a limit whose it is', async () => {
    const { rows } = await scratch.database.query<{ cell: bigint; scope: string }>(
      `SELECT cell, scope FROM accounts.limit_cell WHERE measure = 'initial-margin' AND scope = 'sub' LIMIT 1`,
    );
    verdict = judged(
      [
        ...(Object.keys(REJECTION) as RejectionCode[]).map((rule) => passing(rule)),
        passing('LEASE_STATIC', {
          cell: Number(rows[0]?.cell),
          currency: 'CNY',
          unit: 'amount',
          limit: '9',
          used: '1',
          requested: '2',
        }),
        passing('THROTTLED', { node: 'hedge', unit: 'orders', limit: '9', used: '1', requested: '1' }),
        passing('WASH_TRADE', { passed: null }),
      ],
      null,
    );
    const { checks, concentrationPpm } = await desk.check(ENTRY);
    assert.equal(concentrationPpm, null);
    for (const { code, title, passed } of checks) {
      assert.equal(passed, true);
      assert.match(title.zh, /[\u4e00-\u9fff]/, code);
      assert.doesNotMatch(title.en, /[\u4e00-\u9fff_]/, code);
      const refusal = problemKind(code)?.title;
      assert.notDeepEqual(title, { zh: refusal?.zh, en: refusal?.en }, code);
      assert.doesNotMatch(
        `${title.zh} ${title.en}`,
        /不足|不存在|不符|过大|过快|超过|已停止|未开市|refused|unknown|exceed|wrong|too /i,
        code,
      );
    }
    assert.deepEqual(
      checks.slice(-2).map(({ title }) => title),
      [
        { zh: '可用保证金（子资金账户）', en: 'Available margin (sub account)' },
        { zh: '报单频率（交易账户）', en: 'Order rate (trading account)' },
      ],
    );
  });

  test('[RC-i] says how much of what the client holds would be of the issuer', async () => {
    const ask = async (order: Partial<OrderEntry>, usd: string) => {
      verdict = judged([], { amount: usd, currency: 'USD' });
      return (await desk.check({ ...ENTRY, account: '1', ...order })).concentrationPpm;
    };
    // 300,000.00 CNY of IBM; another client's are not counted.
    positions = [held(1, 2, 'CNY', 30_000_000), held(2, 1, 'USD', 900_000_000)];
    // 600,000.00 CNY of SPY beside it: two thirds.
    assert.equal(await ask({ listing: '1' }, '100000.00'), 666_667);
    assert.equal(await ask({ listing: '1', side: 'sell-short' }, '100000.00'), 666_667);
    assert.equal(await ask({ listing: '2' }, '100000.00'), 1_000_000);
    positions = [held(1, 2, 'CNY', 30_000_000), held(1, 1, 'CNY', 60_000_000)];
    // Half of SPY is sold.
    assert.equal(await ask({ listing: '1', side: 'sell', effect: 'close' }, '50000.00'), 500_000);
    positions = [held(1, 1, 'CNY', 60_000_000)];
    assert.equal(await ask({ listing: '1', side: 'sell', effect: 'close' }, '100000.00'), null, 'nothing is left');
    positions = [held(1, 1, 'JPY', 60_000_000)];
    assert.equal(await ask({ listing: '1' }, '100000.00'), null, 'no rate');
  });
});
