import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type EventSink, openSequencer, replay } from '@meridian/log';
import fc from 'fast-check';
import { snapshotOf } from './exposure.ts';
import { RiskFold } from './fold.ts';
import { encodeInput, MarginSignal, type RiskInput } from './input.ts';

interface Signal {
  readonly kind: number;
  readonly master: number;
  readonly amount: number;
}

/** Applies inputs one microsecond apart and keeps what the fold says. */
function drive(fold = new RiskFold(), from = 1_000) {
  const signals: Signal[] = [];
  const bytes = new DataView(new ArrayBuffer(8_192));
  let time = from;
  const out: EventSink = {
    nextK: 0,
    emit: () => assert.fail('the fold writes signals only'),
    begin: () => 0,
    end: () => void signals.push(MarginSignal.read(bytes, 0)),
    view: bytes,
  };
  return {
    fold,
    now: () => time,
    tell(...inputs: RiskInput[]) {
      for (const input of inputs) {
        const frame = encodeInput(input, ++time);
        fold.apply(new DataView(frame.buffer, frame.byteOffset, frame.length), 0, 1, out);
      }
      return signals.splice(0).map(({ kind, master, amount }) => ({ kind, master, amount }));
    },
    figures: (master: number) => {
      const { equity, requirement, exposure } = fold.book.masters.get(master) as NonNullable<
        ReturnType<typeof fold.book.masters.get>
      >;
      return { equity, requirement, exposure };
    },
  };
}

const ONE = 100_000_000;
const terms = { callPpm: 1_000_000, targetPpm: 1_100_000, amountMin: 100 };
const master = (id: number, currency: string): RiskInput => ({
  name: 'master',
  body: { master: id, client: id, currency, minorDigits: 2, ...terms },
});
const account = (id: number, owner: number, settlementCurrency: string, marginPpm = 200_000): RiskInput => ({
  name: 'account',
  body: { account: id, master: owner, marginPpm, commissionPpm: 0, minorDigits: 2, settlementCurrency },
});
const listing = (id: number, currency: string, market = 'XNYS', more: object = {}): RiskInput => ({
  name: 'listing',
  body: { listing: id, issuer: 10 + id, quoteUnits: 1, minorDigits: 2, currency, market, ...more },
});
const cash = (id: number, currency: string, amount: number, claims = 0): RiskInput => ({
  name: 'cash',
  body: { master: id, currency, minorDigits: 2, amount, claims },
});
const rates = (set: number, perEuro: Readonly<Record<string, number>>): RiskInput[] => [
  ...Object.entries(perEuro).map(
    ([currency, rate]): RiskInput => ({ name: 'rate', body: { currency, rate: Math.round(rate * 1e10) } }),
  ),
  { name: 'rates', body: { rateSet: set, publishedAt: set } },
];
const price = (id: number, of: number): RiskInput => ({ name: 'price', body: { listing: id, price: Math.round(of * ONE) } });
const fill = (
  seq: number,
  of: { account: number; listing: number; quantity: number; cost: number; fees?: number },
): RiskInput => ({
  name: 'fill',
  body: { fees: 0, ...of, seq, k: 0, market: 'XNYS' },
});
const position = (of: { account: number; listing: number; quantity: number; cost: number }): RiskInput => ({
  name: 'position',
  body: { fees: 0, ...of },
});
const book = (...inputs: RiskInput[]): RiskInput[] => [{ name: 'rebase', body: {} }, ...inputs, { name: 'rebased', body: {} }];
const RATES = { USD: 1.3572, CNY: 8.3055, GBP: 0.8446, JPY: 131.66 };

/** Master 1 trades composite in CNY, master 2 locally in USD; 10,000.00 each. */
const BASE: RiskInput[] = [
  ...[master(1, 'CNY'), master(2, 'USD'), account(1, 1, 'CNY'), account(2, 2, 'USD')],
  ...[listing(1, 'USD'), listing(2, 'USD', 'ARCX')],
  ...[cash(1, 'CNY', 1_000_000), cash(2, 'USD', 1_000_000), ...rates(1, RATES)],
];

test('[RC-c] equity is money plus what positions gained less fees; the requirement follows their worth', () => {
  const { tell, figures } = drive();
  tell(...book(...BASE), price(1, 100), fill(1, { account: 2, listing: 1, quantity: 100, cost: 1_000_000, fees: 500 }));
  assert.deepEqual(figures(2), { equity: 999_500, requirement: 200_000, exposure: 1_000_000 });
  tell(price(1, 90));
  assert.deepEqual(figures(2), { equity: 899_500, requirement: 180_000, exposure: 900_000 });
  tell(fill(2, { account: 2, listing: 1, quantity: -150, cost: -1_350_000 }));
  assert.deepEqual(figures(2), { equity: 899_500, requirement: 90_000, exposure: 450_000 });
  tell(price(1, 80));
  assert.deepEqual(figures(2), { equity: 949_500, requirement: 80_000, exposure: 400_000 });
});

test('[RC-k] a change of the exchange rate moves composite contracts and leaves local ones alone', () => {
  const { tell, figures } = drive();
  const fx = RATES.CNY / RATES.USD;
  const cost = Math.round(1_000_000 * fx);
  tell(...book(...BASE), price(1, 100));
  tell(
    fill(1, { account: 1, listing: 1, quantity: 100, cost }),
    fill(2, { account: 2, listing: 1, quantity: 100, cost: 1_000_000 }),
  );
  assert.ok(Math.abs(figures(1).equity - 1_000_000) < 1);
  tell(...rates(2, { ...RATES, CNY: RATES.CNY * 1.01 }));
  assert.ok(Math.abs(figures(1).equity - (1_000_000 + cost * 0.01)) < 1);
  assert.deepEqual(figures(2), { equity: 1_000_000, requirement: 200_000, exposure: 1_000_000 });
});

test('money in another currency counts at the rate in force, and claims with it', () => {
  const { tell, figures } = drive();
  tell(...book(...BASE, cash(1, 'USD', 100_000, -1_000)));
  assert.ok(Math.abs(figures(1).equity - (1_000_000 + 99_000 * (RATES.CNY / RATES.USD))) < 1e-6);
});

test('minor digits and quote units are those of the currencies: yen without decimals, London pence', () => {
  const { tell, figures } = drive();
  const yen = {
    name: 'account',
    body: { account: 3, master: 1, marginPpm: 0, commissionPpm: 0, minorDigits: 0, settlementCurrency: 'JPY' },
  };
  const pence = { quoteUnits: 100 };
  tell(
    ...book(
      ...BASE,
      yen as RiskInput,
      account(4, 1, 'GBP', 0),
      listing(3, 'JPY', 'XTKS', { minorDigits: 0 }),
      listing(4, 'GBP', 'XLON', pence),
    ),
    price(3, 5_000),
    price(4, 250),
  );
  tell(fill(1, { account: 3, listing: 3, quantity: 100, cost: 500_000 }));
  assert.ok(Math.abs(figures(1).exposure - 50_000_000 * (RATES.CNY / RATES.JPY)) < 1e-3, '500,000 yen in fen');
  assert.ok(Math.abs(figures(1).equity - 1_000_000) < 1e-6);
  tell(
    fill(2, { account: 3, listing: 3, quantity: -100, cost: -500_000 }),
    fill(3, { account: 4, listing: 4, quantity: 100, cost: 25_000 }),
  );
  assert.ok(Math.abs(figures(1).exposure - 25_000 * (RATES.CNY / RATES.GBP)) < 1e-6, '250.00 pounds in fen');
});

test('[RC-i] a margin call is raised once below the line, and again only after the target was reached', () => {
  const { tell } = drive();
  tell(...book(...BASE), price(1, 100), fill(1, { account: 2, listing: 1, quantity: 400, cost: 4_000_000 }));
  assert.deepEqual(tell(price(1, 94)), [], 'equity 760,000 is above the requirement 752,000');
  const raised = tell(price(1, 93));
  assert.deepEqual(raised, [{ kind: 1, master: 2, amount: 98_400 }], '744,000 × 1.1 − 720,000');
  assert.deepEqual(tell(price(1, 92), price(1, 94), price(1, 90)), [], 'not again while it is open');
  const recovered = tell(price(1, 97));
  assert.deepEqual(recovered, [{ kind: 2, master: 2, amount: 0 }], '880,000 reaches 776,000 × 1.1');
  assert.deepEqual(
    tell(price(1, 93)).map(({ kind }) => kind),
    [1],
  );
});

test('a shortfall below the least amount is no call', () => {
  const { tell } = drive();
  const small: RiskInput = {
    name: 'master',
    body: { master: 3, client: 3, currency: 'USD', minorDigits: 2, ...terms, targetPpm: 1_000_000 },
  };
  const told = tell(...book(...BASE, small, account(3, 3, 'USD'), cash(3, 'USD', 200_000 - 99)), price(1, 100));
  assert.deepEqual([...told, ...tell(fill(1, { account: 3, listing: 1, quantity: 100, cost: 1_000_000 }))], []);
  assert.deepEqual(tell(fill(2, { account: 3, listing: 1, quantity: 0, cost: 0, fees: 1 })), [
    { kind: 1, master: 3, amount: 100 },
  ]);
});

test('nobody is judged by half a book or by half a set of rates', () => {
  const { tell, figures } = drive();
  const position2 = position({ account: 2, listing: 1, quantity: 400, cost: 4_000_000 });
  tell(...book(...BASE, position2), price(1, 100));
  const stood = figures(2);
  const [begin, ...rest] = book(...BASE.filter(({ name }) => name !== 'cash'), position2);
  const cured = [cash(2, 'USD', 900_000), cash(1, 'CNY', 1_000_000)];
  const told = tell(begin as RiskInput, ...rest.slice(0, -1), ...cured);
  assert.deepEqual([told, figures(2)], [[], stood], 'the old book stands until the new one is whole');
  assert.deepEqual(tell(rest.at(-1) as RiskInput), []);
  assert.equal(figures(2).equity, 900_000);
  assert.deepEqual(tell({ name: 'rate', body: { currency: 'USD', rate: 1 } }), []);
  assert.equal(figures(2).equity, 900_000);
});

test('a call that the books have not heard of survives a rebase; one they have met may be raised again', () => {
  const { tell } = drive();
  const short = position({ account: 2, listing: 1, quantity: 600, cost: 6_000_000 });
  const call = (raisedAt: number, state: number): RiskInput => ({ name: 'call', body: { master: 2, raisedAt, state } });
  assert.equal(tell(...book(...BASE, short), price(1, 100)).length, 1);
  assert.deepEqual(tell(...book(...BASE, short)), [], 'on its way to the books');
  assert.deepEqual(tell(...book(...BASE, short, call(5_000, 1))), [], 'open in the books');
  assert.deepEqual(tell(...book(...BASE, short, call(5_000, 3))), [], 'breached, not recovered');
});

test('a call met in the books while equity is short again is raised anew', () => {
  const { tell, fold } = drive();
  const short = position({ account: 2, listing: 1, quantity: 600, cost: 6_000_000 });
  tell(...book(...BASE, short), price(1, 100));
  const raisedAt = fold.book.masters.get(2)?.callAt as number;
  const again = tell(...book(...BASE, short, { name: 'call', body: { master: 2, raisedAt, state: 2 } }));
  assert.deepEqual(
    again.map(({ kind }) => kind),
    [1],
  );
});

test('a fill that the books held is not folded again', () => {
  const { tell, fold } = drive();
  tell(...book(...BASE, { name: 'place', body: { market: 'XNYS', seq: 7, k: 1 } }));
  tell(fill(7, { account: 2, listing: 1, quantity: 5, cost: 1 }), fill(8, { account: 2, listing: 1, quantity: 3, cost: 1 }));
  tell(fill(8, { account: 2, listing: 1, quantity: 3, cost: 1 }));
  assert.equal(fold.book.positions.get('2/1')?.quantity, 3);
});

test('[RC-o] [RC-n] exposures agree over client, underlying, market and firm', () => {
  const { tell, fold } = drive();
  tell(...book(...BASE), price(1, 182.5), price(2, 168.25));
  const fx = RATES.CNY / RATES.USD;
  tell(
    fill(1, { account: 1, listing: 1, quantity: 300, cost: Math.round(5_475_000 * fx) }),
    fill(2, { account: 2, listing: 1, quantity: -100, cost: -1_825_000 }),
    fill(3, { account: 2, listing: 2, quantity: 70, cost: 1_177_750 }),
  );
  const { firm, clients, issuers, markets, masters, underlyings } = snapshotOf(fold.book, 0);
  const sum = (of: readonly { readonly gross: number | null; readonly net: number | null }[]) => [
    of.reduce((s, { gross }) => s + (gross ?? Number.NaN), 0),
    of.reduce((s, { net }) => s + (net ?? Number.NaN), 0),
  ];
  const close = (of: readonly (number | undefined)[], what: string) =>
    [firm.gross, firm.net].forEach((whole, i) => {
      assert.ok(Math.abs((whole ?? Number.NaN) - (of[i] ?? Number.NaN)) <= 4, `${what}: ${of[i]} is not ${whole}`);
    });
  for (const [what, of] of Object.entries({ clients, issuers, markets })) close(sum(of), what);
  close(
    sum(underlyings).map((usd) => usd * fx),
    'underlyings, in dollars',
  );
  const gross = masters.reduce((s, { exposure, currency }) => s + exposure * (currency === 'USD' ? fx : 1), 0);
  close([gross, firm.net ?? undefined], 'masters');
  assert.deepEqual([firm.currency, firm.underlying?.id, firm.counterparty?.id], ['CNY', 11, 1]);
  assert.equal(underlyings[0]?.net, 3_650_000, '200 × 182.50 net');
});

type Held = Readonly<Record<'account' | 'listing' | 'quantity' | 'cost' | 'fees', number>>;

/** What was told so far, kept as plainly as can be. */
interface Told {
  seq: number;
  cash: number;
  rates: Record<string, number>;
  readonly prices: Map<number, number>;
  readonly held: Map<string, Held>;
}

const OWNERS = [...BASE, account(3, 1, 'USD', 300_000)].filter(({ name }) => !['cash', 'rate', 'rates'].includes(name));
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ listing: fc.constantFrom(1, 2), price: fc.integer({ min: -500, max: 40_000 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...{ account: fc.constantFrom(1, 2, 3), listing: fc.constantFrom(1, 2), fees: fc.nat(1e6) },
      ...{ quantity: fc.integer({ min: -5_000, max: 5_000 }), cost: fc.integer({ min: -1e9, max: 1e9 }) },
    }),
  },
  { weight: 1, arbitrary: fc.record({ usd: fc.integer({ min: 90, max: 180 }), cny: fc.integer({ min: 700, max: 900 }) }) },
  { weight: 1, arbitrary: fc.record({ cash: fc.integer({ min: 0, max: 1e9 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** The inputs of a step, and the step remembered. */
function inputsOf(told: Told, next: Step): RiskInput[] {
  if ('price' in next) {
    told.prices.set(next.listing, next.price / 100);
    return [price(next.listing, next.price / 100)];
  }
  if ('quantity' in next) {
    const key = `${next.account}/${next.listing}`;
    const was = told.held.get(key) ?? { quantity: 0, cost: 0, fees: 0 };
    const sums = { quantity: was.quantity + next.quantity, cost: was.cost + next.cost, fees: was.fees + next.fees };
    told.held.set(key, { ...next, ...sums });
    return [fill(++told.seq, next)];
  }
  if ('usd' in next) told.rates = { ...told.rates, USD: next.usd / 100, CNY: next.cny / 100 };
  else told.cash = next.cash;
  const inForce = rates(1, told.rates);
  if ('usd' in next) return inForce;
  const held = [...told.held.values()].map((body): RiskInput => ({ name: 'position', body }));
  const place: RiskInput = { name: 'place', body: { market: 'XNYS', seq: told.seq, k: 0 } };
  return book(...OWNERS, cash(1, 'CNY', told.cash), cash(2, 'USD', told.cash), ...held, ...inForce, place);
}

/** A master's figures from scratch, and the size of what was added up. */
function naive(told: Told, id: number) {
  const cross = (told.rates['CNY'] as number) / (told.rates['USD'] as number);
  const sums = { equity: told.cash, requirement: 0, scale: told.cash + 1 };
  for (const { account: of, listing: what, quantity, cost, fees } of told.held.values()) {
    if ((of === 2) !== (id === 2)) continue;
    const at = told.prices.get(what);
    const worth = at === undefined ? cost : quantity * at * 100 * (of === 1 ? cross : 1);
    const toBase = of === 3 ? cross : 1;
    sums.equity += (worth - cost - fees) * toBase;
    sums.requirement += Math.abs(worth) * toBase * (of === 3 ? 0.3 : 0.2);
    sums.scale += (Math.abs(worth) + Math.abs(cost) + fees) * toBase;
  }
  return sums;
}

test('[RC-i] folded step by step = worked out from scratch to 1e-9; saved and restored = never stopped', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), fc.nat(59), (steps, cut) => {
      const told: Told = { seq: 0, cash: 1_000_000, rates: { ...RATES }, prices: new Map(), held: new Map() };
      const one = drive();
      one.tell(...inputsOf(told, { cash: told.cash }));
      let other: ReturnType<typeof drive> | undefined;
      for (const [i, next] of steps.entries()) {
        const inputs = inputsOf(told, next);
        const said = one.tell(...inputs);
        if (other !== undefined) assert.deepEqual(other.tell(...inputs), said);
        if (i === cut) {
          other = drive(new RiskFold(), one.now());
          other.fold.restore(one.fold.save());
        }
        for (const id of [1, 2]) {
          const { equity, requirement, scale } = naive(told, id);
          const figures = one.figures(id);
          assert.ok(Math.abs(figures.equity - equity) <= 1e-9 * scale, `equity ${figures.equity} is not ${equity}`);
          assert.ok(Math.abs(figures.requirement - requirement) <= 1e-9 * scale);
        }
      }
      if (other === undefined) return;
      assert.deepEqual(other.fold.save(), one.fold.save());
      assert.deepEqual([other.figures(1), other.figures(2)], [one.figures(1), one.figures(2)], 'to the bit');
    }),
    { numRuns: 300 },
  );
});

test('[RC-i] the log replays to the same hash and state, across a snapshot and a rebase cut short', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'meridian-risk-'));
  try {
    const inputs = [
      ...book(...BASE),
      ...Array.from({ length: 300 }, (_, n) => [
        price(1 + (n % 2), 100 + ((n * 37) % 23)),
        fill(n + 1, { account: 1 + (n % 2), listing: 1 + (n % 2), quantity: (n % 7) - 2, cost: ((n % 7) - 2) * 10_000 }),
      ]).flat(),
      ...book(...BASE).slice(0, 5),
    ];
    const open = (machine: RiskFold) =>
      openSequencer({ dir, market: 'RISK', machine, syncPolicy: 'page-cache', segmentBytes: 16 << 10, snapshotEvery: 250 });
    const live = new RiskFold();
    const first = await open(live);
    for (const [n, input] of inputs.entries()) first.submit(encodeInput(input, n + 1));
    await first.close();
    const again = new RiskFold();
    const second = await open(again);
    assert.ok(second.recovery.snapshotSeq > 0, 'it began at a snapshot');
    assert.equal(second.stateHash, first.stateHash);
    assert.deepEqual(again.save(), live.save());
    assert.ok(again.rebasing);
    await second.close();
    const replayed = new RiskFold();
    assert.equal((await replay(dir, replayed)).stateHash, first.stateHash);
    assert.deepEqual(replayed.save(), live.save());
  } finally {
    rmSync(dir, { recursive: true });
  }
});
