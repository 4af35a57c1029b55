import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DUE, RULES, scratchDay } from './scratch-day.ts';

const DATE = '2013-10-07';
const buy = (quantity: number, price: string, order: number) => ({
  ...{ account: 201, listing: 1, side: 1 as const, effect: 1 as const, quantity, price, order },
});
/** Two fills of one order around one of another. Cost in cents. */
const FILLS = [buy(600, '167.43', 5), buy(100, '167.50', 6), buy(400, '167.47', 5)];
const COST = 600n * 16_743n + 100n * 16_750n + 400n * 16_747n;

interface Lot {
  readonly quantity: bigint;
  readonly price: bigint;
  readonly value: string;
}

async function lotsUnder(policy: 'fill' | 'order' | 'day'): Promise<{ lots: Lot[]; mtm: bigint }> {
  const day = await scratchDay({ ...RULES, bookingPolicy: { '*': 'order', NAFMII: policy } });
  try {
    const clearing = day.open();
    await day.openDay(DATE);
    await day.trade('ARCX', DATE, FILLS, { 1: '167.42' });
    day.drop('ARCX', DATE);
    const { state, faults } = await clearing.run('ARCX', DATE, 'test', DUE(DATE));
    await clearing.close();
    assert.deepEqual([state, faults], ['succeeded', []]);
    const { rows: lots } = await day.database.query<Lot>(
      'SELECT quantity, price, value::text FROM clearing.lot_state ORDER BY lot',
    );
    const { rows } = await day.database.query<{ mtm: bigint }>('SELECT mtm FROM clearing.valuation');
    assert.equal(rows.length, 1);
    return { lots, mtm: (rows[0] as { mtm: bigint }).mtm };
  } finally {
    await day.remove();
  }
}

/** A lot of that many cents in all; the shown price is the quotient to the nearest 1e-8, ties to even. */
function lot(quantity: bigint, cents: bigint): Lot {
  const value = cents * 1_000_000n;
  const [whole, rest] = [value / quantity, (value % quantity) * 2n];
  const up = rest > quantity || (rest === quantity && whole % 2n === 1n);
  return { quantity, price: whole + (up ? 1n : 0n), value: String(value) };
}

const EXPECTED = {
  fill: [lot(600n, 600n * 16_743n), lot(100n, 100n * 16_750n), lot(400n, 400n * 16_747n)],
  order: [lot(1000n, 600n * 16_743n + 400n * 16_747n), lot(100n, 100n * 16_750n)],
  // 184,191.00 ÷ 1,100 does not end: the lot keeps the sum, the price is for showing.
  day: [lot(1100n, COST)],
};

for (const policy of ['fill', 'order', 'day'] as const)
  test(`booking per ${policy}: its lots, their exact average, and the same worth whatever the policy`, async () => {
    const { lots, mtm } = await lotsUnder(policy);
    assert.deepEqual(lots, EXPECTED[policy]);
    assert.equal(mtm, 1100n * 16_742n - COST);
  });
