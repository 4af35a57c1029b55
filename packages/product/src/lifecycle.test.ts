import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Currency, divide, isProblem, type Money, parseDecimal } from '@meridian/base';
import { type FeeLine, feeAmount } from '@meridian/market';
import fc from 'fast-check';
import { backToBack } from './back-to-back.ts';
import { bookingUnits } from './booking.ts';
import { commissionMinor, estimateFees } from './commission.ts';
import { notionalMinor, openQuantity, referencePrice } from './contract.ts';
import {
  compositeSwap,
  compositeTerms,
  day,
  fxRate,
  localSwap,
  localTerms,
  lot,
  percent,
  price,
  seen,
  spy,
  tencent,
} from './examples.fixture.ts';
import { accrue, dividend, increase, openContract, payDividends, reset, split, unwind } from './lifecycle.ts';
import { marginOf } from './margin.ts';
import { resolveSwap } from './terms.ts';
import { value } from './valuation.ts';

const cents = (text: string) => parseDecimal(text, 2);
const minor = (amount: Money) => amount.minor;

/** 8 bp, and stamp duty of 0.10 % up to the whole dollar. */
const commission = { currency: 'HKD' as Currency, rate: percent('0.08'), minMinor: 0n, rounding: 'half-up' } as const;
const stamp: FeeLine = {
  code: 'STAMP',
  name: 'stamp duty',
  factId: 'test',
  currency: 'HKD' as Currency,
  basis: { kind: 'rate', rate: parseDecimal('0.001', 12) },
  rounding: 'up',
  level: 'note',
  unitMinor: 100n,
  minMinor: null,
  maxMinor: null,
  source: 'test',
  confidence: 'seen',
};
const charge = (quantity: bigint, at: string) => ({ quantity, value: quantity * price(at) });

/**
 * The life of a swap over nine days, every figure computed by hand beside it. Financing of a night is the step of the
 * rounded sum: the nights' amounts carry the remainder and add up to what is settled, to the cent.
 */
test('[RC-e] nine days of a Hong Kong swap: open, accrue, add, unwind first-in-first-out, dividend, reset, split', () => {
  // D0: 10,000 @ 500
  let { state } = openContract(localSwap, day('2026-11-16'), lot('L1', 10_000n, '500'));
  assert.equal(notionalMinor(state), cents('5000000.00'));
  assert.deepEqual(estimateFees(commission, [stamp], charge(10_000n, '500')), [
    { code: 'COMMISSION', minor: cents('4000.00') },
    { code: 'STAMP', minor: cents('5000.00') },
  ]);
  assert.equal(minor(marginOf(localSwap, 10_000n, seen('500')).initial), cents('1250000.00'));

  // D1: 5,000,000 × 4.60 % / 365 = 630.136986
  let night = accrue(state, day('2026-11-17'), percent('4.60'));
  state = night.state;
  assert.equal(minor(night.amount), -cents('630.14'));
  const first = value(state, seen('510'));
  assert.equal(minor(first.markToMarket), cents('100000.00'));
  // collateral 1,250,000 + 100,000 − 630.14 − commission 4,000 − stamp 5,000
  assert.equal(cents('1250000.00') + minor(first.net) - cents('9000.00'), cents('1340369.86'));

  // D2: 1,260.273973 in all, of which 630.14 is posted
  night = accrue(state, day('2026-11-18'), percent('4.60'));
  assert.equal(minor(night.amount), -cents('630.13'));
  state = increase(night.state, day('2026-11-18'), lot('L2', 5_000n, '508')).state;
  assert.equal(commissionMinor(commission, charge(5_000n, '508')), cents('2032.00'));
  assert.equal(feeAmount(stamp, charge(5_000n, '508')), cents('2540.00'));
  assert.equal(minor(value(state, seen('505')).markToMarket), cents('35000.00'));

  // D3: 7,540,000 × 4.60 % / 365 = 950.246575; then 6,000 of L1 @ 512
  night = accrue(state, day('2026-11-19'), percent('4.60'));
  assert.equal(minor(night.amount), -cents('950.25'));
  const closed = unwind(night.state, { date: day('2026-11-19'), quantity: 6_000n, value: 6_000n * price('512'), fx: null });
  state = closed.state;
  assert.equal(minor(closed.realised), cents('72000.00'));
  assert.equal(minor(closed.financing), -cents('1134.25')); // 60 % of L1's 1,890.410959
  assert.equal(commissionMinor(commission, charge(6_000n, '512')), cents('2457.60'));
  assert.equal(feeAmount(stamp, charge(6_000n, '512')), cents('3072.00'));
  assert.equal(notionalMinor(state), cents('4540000.00'));
  assert.equal(minor(value(state, seen('511')).markToMarket), cents('59000.00'));

  // D4: 4,540,000 × 4.60 % / 365 = 572.164384, with the carried 0.004 → 572.17; dividend 2.00 on 9,000
  night = accrue(state, day('2026-11-20'), percent('4.60'));
  assert.equal(minor(night.amount), -cents('572.17'));
  const ex = dividend(night.state, { exDate: day('2026-11-20'), payDate: null, perUnit: price('2'), fx: null });
  state = ex.state;
  assert.equal(minor(ex.amount), cents('18000.00'));
  assert.equal(minor(value(state, seen('509.5')).markToMarket), cents('45500.00'));

  // D7: 4,540,000 × 4.70 % × 3 / 365 = 1,753.808219; reset @ 515
  night = accrue(state, day('2026-11-23'), percent('4.70'));
  assert.equal(minor(night.amount), -cents('1753.81'));
  assert.equal(minor(value(night.state, seen('515')).financing), -cents('3402.25'));
  const renewed = reset(night.state, day('2026-11-23'), seen('515'));
  state = renewed.state;
  assert.equal(minor(renewed.net), cents('109597.75')); // 95,000.00 + 18,000.00 − 3,402.25
  assert.equal(notionalMinor(state), cents('4635000.00')); // 4,540,000 + 95,000
  assert.deepEqual(
    renewed.events.map((e) => (e.kind === 'Transfer' ? [e.purpose, e.amount.minor] : e.kind)),
    ['Reset', ['equity', cents('95000.00')], ['financing', -cents('3402.25')], ['dividend', cents('18000.00')]],
  );
  // what the nights posted is what was settled
  const nights = ['630.14', '630.13', '950.25', '572.17', '1753.81'].reduce((sum, n) => sum + cents(n), 0n);
  assert.equal(nights, cents('1134.25') + cents('3402.25'));

  // D8: 5 for 1, then a bonus of 1 for 10
  state = accrue(state, day('2026-11-24'), percent('4.70')).state;
  state = split(state, day('2026-11-24'), 5n, 1n).state;
  assert.deepEqual([openQuantity(state), state.lots[0] && referencePrice(state.lots[0])], [45_000n, price('103')]);
  state = split(state, day('2026-11-24'), 11n, 10n).state;
  assert.equal(openQuantity(state), 49_500n);
  assert.equal(state.lots[0] && referencePrice(state.lots[0]), price('93.63636364'));
  assert.equal(notionalMinor(state), cents('4635000.00'));
});

test('nine tenths of a dividend are passed through and paid on the pay date', () => {
  const swap = resolveSwap({ ...localTerms, dividendPassthrough: percent('90') }, tencent);
  const opened = openContract(swap, day('2026-11-20'), lot('L1', 9_000n, '500')).state;
  const ex = dividend(opened, { exDate: day('2026-11-20'), payDate: day('2026-12-04'), perUnit: price('2'), fx: null });
  assert.equal(minor(ex.amount), cents('16200.00'));
  assert.deepEqual(payDividends(ex.state, day('2026-12-03')).events, []);
  const paid = payDividends(ex.state, day('2026-12-04'));
  assert.equal(paid.state.dividends.length, 0);
  assert.equal(paid.events.length, 1);
  assert.equal(minor(value(ex.state, seen('500')).net), cents('16200.00'));
});

test('composite: Q(P1·F1 − P0·F0); the lot keeps its opening rate through an unwind', () => {
  const opened = openContract(compositeSwap, day('2013-10-08'), lot('L1', 1_000n, '167.42', fxRate('6.1195844385'))).state;
  // 1,000 × 167.42 × 6.1195844385 = 1,024,540.8266
  assert.equal(notionalMinor(opened), cents('1024540.83'));
  const mark = value(opened, seen('165.475', fxRate('6.1235268120')));
  // 1,000 × (165.475 × 6.1235268120 − 167.42 × 6.1195844385) = 1,013,290.5992 − 1,024,540.8267
  assert.equal(minor(mark.markToMarket), cents('-11250.23'));
  assert.equal(minor(mark.exposure), cents('1013290.60'));
  const closed = unwind(opened, {
    date: day('2013-10-08'),
    quantity: 400n,
    value: 400n * price('165.475'),
    fx: fxRate('6.1235268120'),
  });
  assert.equal(minor(closed.realised), cents('-4500.09'));
  assert.deepEqual(closed.state.lots[0]?.fx, fxRate('6.1195844385'));
  // one night at 0.75 % + 2.25 % on 1,024,540.8266, ACT/360 = 85.378402
  assert.equal(minor(accrue(opened, day('2013-10-09'), percent('0.75')).amount), -cents('85.38'));
});

test('a price that does not move still pays the exchange rate in a composite contract, and nothing in a quanto one', () => {
  const composite = openContract(compositeSwap, day('2013-10-08'), lot('L1', 100n, '100', fxRate('6'))).state;
  assert.equal(minor(value(composite, seen('100', fxRate('6.1'))).markToMarket), cents('1000.00'));
  const quanto = resolveSwap({ ...compositeTerms, basis: 'quanto', quantoRate: fxRate('6').rate }, spy);
  const opened = openContract(quanto, day('2013-10-08'), lot('L1', 100n, '100')).state;
  assert.equal(minor(value(opened, seen('100')).markToMarket), 0n);
  assert.equal(minor(value(opened, seen('101')).markToMarket), cents('600.00'));
});

test('a short counterparty gains when the price falls, receives index − spread and pays dividends', () => {
  const swap = resolveSwap({ ...compositeTerms, side: 'short' }, spy);
  const opened = openContract(swap, day('2013-10-08'), lot('L1', 100n, '100', fxRate('6'))).state;
  assert.equal(minor(value(opened, seen('99', fxRate('6'))).markToMarket), cents('600.00'));
  // 60,000 × (3.60 % − 2.25 %) / 360 = 2.25 to the short
  assert.equal(minor(accrue(opened, day('2013-10-09'), percent('3.60')).amount), cents('2.25'));
  const ex = dividend(opened, { exDate: day('2013-10-08'), payDate: null, perUnit: price('0.5'), fx: fxRate('6') });
  assert.equal(minor(ex.amount), cents('-300.00'));
});

test('prices are signed: a mark below zero is worth less than nothing and its exposure stays positive', () => {
  const opened = openContract(localSwap, day('2026-11-16'), lot('L1', 10n, '20')).state;
  const mark = value(opened, seen('-37.63'));
  assert.equal(minor(mark.markToMarket), cents('-576.30'));
  assert.equal(minor(mark.exposure), cents('376.30'));
});

test('property: nights of any lengths and rates add up to the amount of the period, to the minor unit', () => {
  const nights = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.bigInt(-percent('2'), percent('9'))), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(nights, fc.bigInt(1n, 1_000_000n), fc.bigInt(1n, price('900')), (steps, quantity, at) => {
      let state = openContract(localSwap, day('2024-01-01'), { lotId: 'L1', quantity, value: quantity * at, fx: null }).state;
      let posted = 0n;
      let exact = 0n;
      for (const [days, rate] of steps) {
        const to = Temporal.PlainDate.from(state.accruedTo).add({ days }).toString();
        const night = accrue(state, day(to), rate);
        posted += night.amount.minor;
        exact += quantity * at * rate * BigInt(days);
        state = night.state;
      }
      // Σ N·r·days / 365 in cents, rounded once
      assert.equal(posted, -divide(exact, 365n * 10n ** 16n, 'half-even'));
    }),
  );
});

test('property: unwinding in any pieces leaves nothing behind and realises the whole performance', () => {
  const pieces = fc.array(fc.bigInt(1n, 5_000n), { minLength: 1, maxLength: 12 });
  const lots = fc.array(fc.tuple(fc.bigInt(1n, 5_000n), fc.bigInt(price('1'), price('900'))), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(lots, pieces, fc.bigInt(price('1'), price('900')), (opens, cuts, at) => {
      const date = day('2024-01-01');
      const [head, ...rest] = opens.map(([quantity, p], i) => ({ lotId: `L${i}`, quantity, value: quantity * p, fx: null }));
      assert.ok(head);
      let state = openContract(localSwap, date, head).state;
      for (const more of rest) state = increase(state, date, more).state;
      state = accrue(state, day('2024-01-31'), percent('5')).state;
      const whole = value(state, { price: at, fx: null });
      let realised = 0n;
      let financing = 0n;
      let steps = 0n;
      for (const cut of [...cuts, 10n ** 9n]) {
        const open = openQuantity(state);
        if (open === 0n) break;
        const quantity = cut < open ? cut : open;
        const done = unwind(state, { date: day('2024-01-31'), quantity, value: quantity * at, fx: null });
        realised += done.realised.minor;
        financing += done.financing.minor;
        state = done.state;
        steps++;
      }
      assert.deepEqual([state.status, state.lots.length, state.financingMinor], ['closed', 0, 0n]);
      assert.equal(financing, whole.financing.minor);
      const gap = realised - whole.markToMarket.minor;
      assert.ok((gap < 0n ? -gap : gap) <= steps, `${gap} after ${steps} unwinds`);
    }),
  );
});

test('wrong quantities, dates, rates and terms are refused and change nothing', () => {
  const opened = openContract(localSwap, day('2026-11-16'), lot('L1', 100n, '500')).state;
  const refused = (code: string, run: () => unknown) => assert.throws(run, (e) => isProblem(e, code));
  const date = day('2026-11-16');
  refused('CONTRACT_QUANTITY', () => unwind(opened, { date, quantity: 101n, value: 0n, fx: null }));
  refused('CONTRACT_QUANTITY', () => unwind(opened, { date, quantity: 0n, value: 0n, fx: null }));
  refused('CONTRACT_QUANTITY', () => increase(opened, date, lot('L2', 0n, '1')));
  refused('CONTRACT_QUANTITY', () => split(opened, date, 1n, 3n));
  refused('CONTRACT_DATE', () => increase(opened, day('2026-11-17'), lot('L2', 1n, '1')));
  refused('CONTRACT_DATE', () => accrue(opened, date, 0n));
  refused('CONTRACT_FX', () => increase(opened, date, lot('L2', 1n, '1', fxRate('6'))));
  refused('CONTRACT_FX', () => openContract(compositeSwap, date, lot('L1', 1n, '1')));
  const closed = unwind(opened, { date, quantity: 100n, value: 100n * price('500'), fx: null });
  assert.equal(closed.events.at(-1)?.kind, 'Termination');
  refused('CONTRACT_CLOSED', () => increase(closed.state, date, lot('L2', 1n, '1')));
  refused('CONTRACT_CLOSED', () => accrue(closed.state, day('2026-11-17'), 0n));
  const terms = (change: object) => () => resolveSwap({ ...localTerms, ...change }, tencent);
  refused('SWAP_TERMS_INVALID', terms({ settlementCurrency: 'CNY' }));
  refused('SWAP_TERMS_INVALID', terms({ basis: 'composite' }));
  refused('SWAP_TERMS_INVALID', terms({ basis: 'quanto' }));
  refused('SWAP_TERMS_INVALID', terms({ dividendPassthrough: percent('101') }));
  refused('SWAP_TERMS_INVALID', terms({ margin: { initial: percent('10'), maintenance: percent('20'), closeOut: 0n } }));
  refused('SWAP_TERMS_INVALID', terms({ listingId: 'other' }));
  assert.equal(openQuantity(opened), 100n);
});

test('booking policies: one unit a fill, an order, or a day of one side and effect; averages stay exact', () => {
  const fill = (fillId: string, orderId: string, quantity: bigint, at: string, more: object = {}) => ({
    fillId,
    orderId,
    agreement: 'A-1',
    listingId: spy.id,
    date: day('2013-10-08'),
    side: 'long' as const,
    effect: 'open' as const,
    quantity,
    price: price(at),
    ...more,
  });
  const fills = [
    fill('1', 'o1', 1n, '10'),
    fill('2', 'o1', 2n, '10.01'),
    fill('3', 'o2', 3n, '10'),
    fill('4', 'o2', 1n, '11', { effect: 'close' }),
  ];
  assert.deepEqual(
    bookingUnits('per-fill', fills).map((u) => u.fillIds),
    [['1'], ['2'], ['3'], ['4']],
  );
  assert.deepEqual(
    bookingUnits('per-order', fills).map((u) => u.fillIds),
    [['1', '2'], ['3'], ['4']],
  );
  const days = bookingUnits('day-average', fills);
  assert.deepEqual(
    days.map((u) => u.fillIds),
    [['1', '2', '3'], ['4']],
  );
  assert.deepEqual([days[0]?.quantity, days[0]?.value], [6n, price('60.02')]);
  assert.equal(new Set(days.map((u) => u.unitId)).size, 2);
});

test('a back-to-back mirrors the economics, knows no client, and the pair nets to the spread difference', () => {
  const transfer = { agreement: 'IG-1', bookingEntity: 'ONSHORE', hedgingEntity: 'OVERSEAS', spread: percent('0.25') };
  const { mirror, link } = backToBack(compositeTerms, transfer, 'M-2');
  assert.deepEqual(link, { clientContract: 'C-2', mirrorContract: 'M-2' });
  const text = JSON.stringify(mirror, (_, v) => (typeof v === 'bigint' ? String(v) : v));
  for (const secret of ['T-9', 'A-1', 'C-2', 'client']) assert.ok(!text.includes(secret), secret);
  assert.deepEqual([mirror.entity, mirror.side, mirror.basis], ['OVERSEAS', 'long', 'composite']);

  const first = lot('L1', 1_000n, '167.42', fxRate('6.1195844385'));
  const date = day('2013-10-08');
  const client = accrue(openContract(compositeSwap, date, first).state, day('2013-10-09'), percent('0.75')).state;
  const house = accrue(openContract(resolveSwap(mirror, spy), date, first).state, day('2013-10-09'), percent('0.75')).state;
  const observed = seen('165.475', fxRate('6.123526812'));
  assert.deepEqual(value(house, observed).markToMarket, value(client, observed).markToMarket);
  // 1,024,540.8266 × (2.25 % − 0.25 %) / 360 = 56.918935 stays with the booking entity
  assert.equal(client.financingMinor - house.financingMinor, cents('56.92'));

  const refused = (run: () => unknown) => assert.throws(run, (e) => isProblem(e, 'BACK_TO_BACK_INVALID'));
  refused(() => backToBack(mirror, transfer, 'M-3'));
  refused(() => backToBack(compositeTerms, { ...transfer, bookingEntity: 'OTHER' }, 'M-3'));
  refused(() => backToBack(compositeTerms, { ...transfer, hedgingEntity: 'ONSHORE' }, 'M-3'));
  refused(() => backToBack(compositeTerms, transfer, 'C-2'));
});
